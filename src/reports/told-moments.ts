interface Timed {
  readonly event: string
  /** RFC 3339. */
  readonly at: string
  readonly afterSeconds: number | null
}

/**
 * What stands in the table of what happened: notes have a section of their own. Times there are in whole seconds, and
 * so is what lies between them; else 10:00:01 would stand two seconds after 10:00:00.
 */
export function toldMoments<Moment extends Timed>(timeline: readonly Moment[]): Moment[] {
  return timeline
    .filter(({ event }) => event !== 'noted')
    .map((moment, no, told) => {
      const before = told[no - 1]
      const afterSeconds = before === undefined ? null : secondOf(moment) - secondOf(before)
      return { ...moment, afterSeconds }
    })
}

const secondOf = ({ at }: Timed) => Math.floor(Date.parse(at) / 1000)
