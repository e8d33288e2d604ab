/** How long people took, and where: what an exercise is held for. */

interface Moment {
  readonly at: string
  readonly event: string
}

const STEPS = ['write', 'approve', 'send', 'first'] as const
export type HumanStep = (typeof STEPS)[number]

/** Somebody approved it, or somebody waited for that no longer. */
const LET_GO = ['approved', 'brokeGlass']

const ENDS: Readonly<Record<HumanStep, readonly [from: readonly string[], to: readonly string[]]>> =
  {
    write: [['created'], ['submitted']],
    approve: [['submitted'], LET_GO],
    send: [LET_GO, ['dispatched']],
    first: [['dispatched'], ['firstSubmitted']],
  }

/** Seconds of each step that was taken; of what was done again, the last time counts. */
export function humanSteps(
  timeline: readonly Moment[],
): readonly { readonly step: HumanStep; readonly seconds: number }[] {
  const last = (events: readonly string[]) =>
    timeline.findLast(({ event }) => events.includes(event))
  return STEPS.flatMap(step => {
    const [from, to] = ENDS[step]
    const [start, end] = [last(from), last(to)]
    if (start === undefined || end === undefined) return []
    const seconds = (Date.parse(end.at) - Date.parse(start.at)) / 1000
    return seconds < 0 ? [] : [{ step, seconds }]
  })
}
