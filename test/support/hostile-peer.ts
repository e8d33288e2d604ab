import fc from 'fast-check'
import { createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { COMMAND, HEADER_OCTETS, MAX_FRAME_OCTETS } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { recordEvents } from './carrier-events.ts'
import { hostileStream } from './hostile-streams.ts'
import { QUICK, configFor } from './smpp-account.ts'
import { type SmscLink, startSmsc } from './smsc.ts'

/** Far from any that a mutated PDU has by chance, and that we give ourselves. */
const PROBE = 0x7abc_def0
const STEP_MS = 2_000
/** As many as fill the longest frame, of which the stream may have sent the beginning. */
const PROBES = Buffer.concat(
  Array.from({ length: Math.ceil(MAX_FRAME_OCTETS / HEADER_OCTETS) + 1 }, () =>
    encodeBare(COMMAND.enquire_link, 0, PROBE),
  ),
)

/**
 * Streams thrown at a bound account over sockets. After each the link has closed, and is bound again in time, or it
 * answers enquire_link; in the end a message is taken. A length that lies may also have put the two out of step for
 * good, every octet of a header being the middle of a frame: then it is the peer who ends it.
 *
 * @returns how often a link was closed, and of these how often because they were out of step
 */
export async function throwAtAccount(
  pool: readonly Buffer[],
  { streams, seed }: { streams: number; seed: number },
): Promise<{ closed: number; outOfStep: number }> {
  const smsc = await startSmsc()
  const carrier = createSmppCarrier(configFor(smsc.port), QUICK)
  const events = recordEvents()
  // As if they were stored at once, and nothing kept.
  events.receipt = receipt => receipt.acknowledge(true)
  events.reply = reply => reply.acknowledge(true)
  let closed = 0
  let outOfStep = 0
  try {
    await carrier.open(events, AbortSignal.timeout(5_000))
    const drawn = (['sound', 'any'] as const).flatMap(lengths =>
      fc.sample(hostileStream(pool, lengths), { seed, numRuns: Math.ceil(streams / 2) }),
    )
    for (const { chunks } of drawn) {
      await events.until('a link', () => carrier.room > 0 && isOpen(smsc.links.at(-1)))
      const link = smsc.links.at(-1)!
      for (const chunk of chunks) link.send(chunk)
      link.send(PROBES)
      await smsc
        .until('an answer or an end', () => !isOpen(link) || hasAnswered(link), STEP_MS)
        .catch(() => {
          outOfStep++
          link.socket.destroy()
        })
      if (!isOpen(link)) closed++
      else link.received.length = 0
      events.outcomes.length = 0
      events.states.length = 0
    }
    await events.until('a link', () => carrier.room > 0)
    const message = { to: '+15550000001', text: encodeText('All clear.') }
    carrier.submit({ ...message, expiresAt: Date.now() + 60_000 }, 1)
    await events.until('it is taken', () => events.outcomes.length === 1)
    return { closed, outOfStep }
  } finally {
    await carrier.close(AbortSignal.timeout(500))
    await smsc.close()
  }
}

const isOpen = (link: SmscLink | undefined): boolean =>
  link !== undefined && !link.socket.destroyed && link.socket.readable && link.socket.writable

const hasAnswered = ({ received }: SmscLink): boolean =>
  received.some(
    ({ command, sequence_number }) => command === 'enquire_link_resp' && sequence_number === PROBE,
  )
