/**
 * fuzz: PDUs mutated, glued and cut anywhere, down to an octet at a time, thrown at the framer and the reader, and
 * fewer of them over sockets at a bound account. Ends with an error where one throws, is misread, takes longer than
 * a second or makes the process grow.
 *
 * `--pdus 1000000`, of which the half has sound lengths; `--session 10000` over sockets; `--seed` of an earlier run.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { hostileStream, poolOf, readHostile } from '../test/support/hostile-streams.ts'
import { throwAtAccount } from '../test/support/hostile-peer.ts'

const { values } = parseArgs({
  options: {
    pdus: { type: 'string', default: '1000000' },
    session: { type: 'string', default: '10000' },
    seed: { type: 'string' },
  },
})
const PDUS_A_STREAM = 50
/** Past the first tenth, when everything has been compiled and the heap is as large as it needs to be. */
const MOST_GROWTH_MB = 64
const SLOWEST_MS = 1_000

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const say = (line: string) => process.stdout.write(`${line}\n`)
say(`seed ${seed}`)

const pool = poolOf(seed)
const residentMb = () => Math.round(process.memoryUsage().rss / 1e6)
const runs = Math.ceil(Number(values.pdus) / PDUS_A_STREAM / 2)
let done = 0
let frames = 0
let faulty = 0
let slowestMs = 0
let settledMb = 0
const startedAt = performance.now()
for (const lengths of ['sound', 'any'] as const) {
  fc.assert(
    fc.property(hostileStream(pool, lengths), stream => {
      const from = performance.now()
      const read = readHostile(stream)
      slowestMs = Math.max(slowestMs, performance.now() - from)
      frames += read.frames
      faulty += read.faulty
      if (++done === Math.ceil(runs / 5)) settledMb = residentMb()
    }),
    { seed, numRuns: runs },
  )
}
const seconds = (performance.now() - startedAt) / 1000
const grownMb = residentMb() - settledMb
say(
  `${(done * PDUS_A_STREAM).toLocaleString('en')} PDUs in ${done.toLocaleString('en')} streams, ${seconds.toFixed(0)} s: ` +
    `${frames.toLocaleString('en')} frames read, ${faulty.toLocaleString('en')} of them refused; ` +
    `slowest stream ${slowestMs.toFixed(0)} ms, memory ${grownMb > 0 ? '+' : ''}${grownMb} MB`,
)

const streams = Math.ceil(Number(values.session) / PDUS_A_STREAM)
const { closed, outOfStep } = await throwAtAccount(pool, { streams, seed })
say(
  `${(streams * PDUS_A_STREAM).toLocaleString('en')} PDUs at a bound account: ${closed} of ${streams} links closed ` +
    `(${outOfStep} out of step), the others alive, a message taken after all of it`,
)
if (grownMb > MOST_GROWTH_MB) throw new Error(`the process has grown by ${grownMb} MB`)
if (slowestMs > SLOWEST_MS) throw new Error(`a stream took ${slowestMs} ms`)
