/**
 * Breaks what RELIABILITY.md says may break, in whole systems on this machine: real processes, a real PostgreSQL,
 * message centres on loopback that keep a list of their own. Prints a ledger line a fault, and fails if one does not
 * hold. What Tocsin's processes said meanwhile is in data/chaos/.
 *
 *     npm run chaos -- [--quick] [--seed 1] [--runs 5] [--kills 20] [--recipients 20000] [--only F1,F3]
 */
import { parseArgs } from 'node:util'
import { sendAtMostOnce } from './chaos/at-most-once.ts'
import { garbleResponses, haltCarrier, refuseMuch, stallCarrier } from './chaos/carriers.ts'
import { killDatabase, takeDatabaseAway } from './chaos/database.ts'
import { freeze } from './chaos/frozen.ts'
import { endInstallations, install, type Installation } from './chaos/installation.ts'
import { fillVolume } from './chaos/full-volume.ts'
import { killEverybody } from './chaos/kills.ts'
import { printEntry, type Entry } from './chaos/ledger.ts'
import { shareAnAccount } from './chaos/many.ts'
import { partition } from './chaos/partition.ts'
import { floodWithReplies, garbleReceipts } from './chaos/returning.ts'
import type { Bounds, Scenario } from './chaos/scenario.ts'
import { runShort } from './chaos/short-of.ts'

const SCENARIOS: readonly Scenario[] = [
  {
    fault: 'F1',
    what: 'kill -9 of a dispatcher, the API, PostgreSQL, everything',
    run: killEverybody,
  },
  { fault: 'F2', what: 'a dispatcher frozen longer than its lease', run: freeze },
  { fault: 'F3', what: 'PostgreSQL killed under load', run: killDatabase },
  { fault: 'away', what: 'PostgreSQL gone for a minute', run: takeDatabaseAway(60) },
  { fault: 'once', what: 'deaths under an alert that goes out at most once', run: sendAtMostOnce },
  { fault: 'F5', what: 'a dispatcher cut off from the database', run: partition },
  { fault: 'F6', what: 'a link half open: nothing is read any more', run: haltCarrier },
  { fault: 'F7', what: 'a carrier that takes and never answers', run: stallCarrier },
  { fault: 'F8', what: 'responses late, out of order, twice, missing', run: garbleResponses },
  { fault: 'F9', what: 'storms of throttling, errors, refusals for good', run: refuseMuch },
  { fault: 'F10', what: 'receipts early, twice, contradicting', run: garbleReceipts },
  { fault: 'F11', what: 'a flood of replies and their repeats', run: floodWithReplies },
  ...(process.getuid?.() === 0
    ? [{ fault: 'F13', what: 'the volume of the database is full', run: fillVolume }]
    : []),
  { fault: 'F14', what: 'a dispatcher short of descriptors, of memory', run: runShort },
  { fault: 'many', what: 'one of three dispatchers on an account dies', run: shareAnAccount },
]

/** RELIABILITY.md's other faults, and why they are not injected here. */
const SKIPPED = [
  ['F4', 'fail-over to a standby: belongs to the issue on many machines'],
  ['F12', 'a clock that is an hour off: test/flows/clock-off.test.ts'],
  ...(process.getuid?.() === 0
    ? []
    : [['F13', 'disk full: only root may mount a volume to be filled'] as const]),
  ['F15', 'broker lost: there is none, belongs to the issue on many machines'],
  ['F16', 'two versions over one schema: test/flows/two-versions.test.ts'],
  ['F17', 'leases against a reference: test/store/leases-model.test.ts'],
  ['F18', 'poison alert: test/dispatch/poison.test.ts'],
] as const

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    kills: { type: 'string' },
    recipients: { type: 'string' },
    only: { type: 'string' },
  },
})
const startedAt = performance.now()
const seed = Number(values.seed)
let installed: Promise<Installation> | undefined
let valleys = 0
const bounds: Bounds = {
  runs: Number(values.runs ?? (values.quick ? 1 : 5)),
  kills: Number(values.kills ?? (values.quick ? 4 : 20)),
  recipients: Number(values.recipients ?? (values.quick ? 4_000 : 20_000)),
  seed,
  say: line =>
    process.stdout.write(
      `${String(Math.round((performance.now() - startedAt) / 1000)).padStart(5)} s  ${line}\n`,
    ),
  town: () => (installed ??= install('town', 'a database apart')),
  nextValley: () => valleys++,
}

const wanted = values.only?.split(',') ?? (values.quick ? ['F1'] : undefined)
const chosen = SCENARIOS.filter(({ fault }) => wanted?.includes(fault) ?? true)
if (chosen.length === 0) {
  process.stderr.write(`--only takes ${SCENARIOS.map(({ fault }) => fault).join(', ')}\n`)
  process.exit(1)
}

const leave = () => void endInstallations().finally(() => process.exit(1))
process.once('SIGINT', leave)
process.once('SIGTERM', leave)

const entries: Entry[] = []
for (const { fault, what, run } of chosen) {
  bounds.say(`${fault}: ${what}`)
  const found = await run(bounds).catch((error: unknown) => ({
    counts: {},
    wrong: [error instanceof Error ? error.message : 'it broke off'],
  }))
  const entry = { fault, what, ...found }
  entries.push(entry)
  process.stdout.write(`${printEntry(entry)}\n`)
}
await endInstallations()

process.stdout.write(`\nThe ledger, seed ${seed}:\n${entries.map(printEntry).join('\n')}\n`)
if (wanted === undefined) {
  for (const [fault, why] of SKIPPED) process.stdout.write(`${fault.padEnd(4)} skipped: ${why}\n`)
}
const isSound = entries.every(({ wrong }) => wrong.length === 0)
process.stdout.write(isSound ? '\nEverything held.\n' : '\nNOT everything held.\n')
process.exit(isSound ? 0 : 1)
