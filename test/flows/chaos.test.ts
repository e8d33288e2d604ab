/** The faults of `npm run chaos` that nothing else here injects into a whole system, each small. */
import { afterAll, expect, test } from 'vitest'
import { takeDatabaseAway } from '../../scripts/chaos/database.ts'
import { freeze } from '../../scripts/chaos/frozen.ts'
import { install, type Installation } from '../../scripts/chaos/installation.ts'
import type { Bounds } from '../../scripts/chaos/scenario.ts'

let installed: Promise<Installation> | undefined
let valleys = 0
const bounds: Bounds = {
  runs: 1,
  kills: 1,
  recipients: 2_000,
  seed: 1,
  say: () => undefined,
  town: () => (installed ??= install('test', 'a database apart')),
  nextValley: () => valleys++,
}

afterAll(async () => (await installed)?.end())

test(
  'a dispatcher that was frozen past its lease changes nothing when it wakes',
  { timeout: 120_000 },
  async () => {
    const { counts, wrong } = await freeze(bounds)
    expect(wrong).toEqual([])
    expect(counts['handed over after waking']).toBe(0)
  },
)

test(
  'a database that is gone for a while costs nobody a message, a reply or a processor',
  { timeout: 120_000 },
  async () => {
    const { wrong } = await takeDatabaseAway(12)(bounds)
    expect(wrong).toEqual([])
  },
)
