import { expect, test } from 'vitest'
import { hostileStream, poolOf, readHostile } from '../support/hostile-streams.ts'
import { fc } from '../support/property.ts'

// `npm run fuzz` does the same with a million PDUs and over sockets.
test.each(['sound', 'any'] as const)(
  '10,000 PDUs, mutated, glued and cut anywhere, are read or refused (lengths: %s)',
  { timeout: 60_000 },
  lengths => {
    let faulty = 0
    const stream = hostileStream(poolOf(20_261_128, 300), lengths)
    fc.assert(
      fc.property(stream, one => void (faulty += readHostile(one).faulty)),
      { numRuns: 200 },
    )
    // Else nothing was mutated.
    expect(faulty).toBeGreaterThan(100)
  },
)
