import { type CarrierEvents, isSubmitError, type Outcome } from '../../src/carriers/carrier.ts'
import { openCarrier } from '../../src/carriers/open.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { LOOPS, measure, sendByHand, TEXT, WINDOW, type Run } from './hand-loop.ts'
import { startSinkProcess } from './sink-process.ts'

/**
 * The limit on this machine, and how near the SMPP carrier comes to it.
 *
 * The limit is the plain loop by hand (hand-loop.ts). The carrier does the same work through the seam that
 * the engine uses. Both against the same sink in a process of its own, in turns, in one run.
 */

const MESSAGES = Number(process.argv[2] ?? 400_000)
const ROUNDS = Number(process.argv[3] ?? 3)

async function byCarrier(port: number, binds: number): Promise<Run> {
  const carrier = openCarrier({
    id: '0',
    name: 'bench',
    protocol: 'smpp',
    segmentsPerSecond: 1_000_000,
    window: WINDOW / binds,
    binds,
    sourceAddress: '72345',
    routes: [],
    smpp: {
      host: '127.0.0.1',
      port,
      systemId: 'bench',
      password: 'bench',
      systemType: '',
      bindType: 'transceiver',
      tls: false,
      enquireLinkMs: 30_000,
      responseTimeoutMs: 30_000,
    },
  })
  const text = encodeText(TEXT)
  // As in the engine: the messages are there when their turn comes.
  const expiresAt = Date.now() + 3_600_000
  const messages = Array.from({ length: MESSAGES }, (_, i) => ({
    to: `+${15_550_000_000 + i}`,
    text,
    expiresAt,
  }))
  const unexpected = () => {
    throw new Error('the sink sends nothing of its own')
  }
  let pump = () => undefined as void
  let ended: (outcome: Outcome) => void = unexpected
  const events: CarrierEvents = {
    outcome: (_ref, outcome) => ended(outcome),
    receipt: unexpected,
    reply: unexpected,
    room: () => pump(),
    state: () => undefined,
  }
  await carrier.open(events, AbortSignal.timeout(5_000))
  const result = await measure(
    MESSAGES,
    () =>
      new Promise(resolve => {
        let sent = 0
        let answered = 0
        ended = outcome => {
          if (isSubmitError(outcome))
            throw new Error(`the sink refused a message: ${outcome.reason}`)
          if (++answered === MESSAGES) resolve()
        }
        pump = () => {
          while (carrier.room >= 1) {
            const message = messages[sent]
            if (message === undefined) return
            carrier.submit(message, sent++)
          }
        }
        pump()
      }),
  )
  await carrier.close(AbortSignal.timeout(5_000))
  return result
}

const sink = await startSinkProcess()
try {
  const runs: readonly [string, () => Promise<Run>, Run[]][] = [
    ['by hand, plain', () => sendByHand(sink.port, MESSAGES, LOOPS.plain), []],
    ['by hand, tight', () => sendByHand(sink.port, MESSAGES, LOOPS.tight), []],
    ['carrier, 1 bind', () => byCarrier(sink.port, 1), []],
    ['carrier, 2 binds', () => byCarrier(sink.port, 2), []],
  ]
  for (let round = 0; round < ROUNDS; round++) {
    for (const [, run, results] of runs) results.push(await run())
  }
  const fastest = (results: readonly Run[]) => Math.max(...results.map(run => run.perSecond))
  const limit = fastest(runs[0]?.[2] ?? [])
  for (const [name, , results] of runs) {
    const perSecond = fastest(results)
    const microseconds = Math.min(...results.map(run => run.microseconds))
    process.stdout.write(
      `${name.padEnd(18)} ${perSecond.toLocaleString('en').padStart(9)} a second` +
        ` ${microseconds.toFixed(2).padStart(6)} µs a message` +
        ` ${(perSecond / limit).toFixed(2).padStart(6)} of the limit\n`,
    )
  }
  const results = Object.fromEntries(runs.map(([name, , measured]) => [name, measured]))
  process.stdout.write(
    `${JSON.stringify({ bench: 'wire', messages: MESSAGES, window: WINDOW, results })}\n`,
  )
} finally {
  await sink.stop()
}
