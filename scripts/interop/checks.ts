/** What was exchanged with a peer, each line held against what it should be. */
export interface Checks {
  /** Notes a line; equal as JSON is equal. */
  equal(what: string, found: unknown, expected: unknown): void
  atLeast(what: string, found: number, least: number): void
  /** Prints the table. @returns how many lines differ */
  print(): number
}

interface Line {
  readonly what: string
  readonly found: string
  readonly expected: string
  readonly isGood: boolean
}

export function createChecks(): Checks {
  const lines: Line[] = []
  return {
    equal(what, found, expected) {
      const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
      lines.push({ what, found: one, expected: other, isGood: one === other })
    },
    atLeast(what, found, least) {
      lines.push({
        what,
        found: String(found),
        expected: `${least} or more`,
        isGood: found >= least,
      })
    },
    print() {
      const width = Math.max(...lines.map(({ what }) => what.length))
      for (const { what, found, expected, isGood } of lines) {
        const end = isGood ? brief(found) : `${found}, not ${expected}`
        process.stdout.write(`${isGood ? 'ok  ' : 'FAIL'} ${what.padEnd(width)}  ${end}\n`)
      }
      return lines.filter(({ isGood }) => !isGood).length
    },
  }
}

const brief = (text: string) => (text.length > 70 ? `${text.slice(0, 69)}…` : text)
