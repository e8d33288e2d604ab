import { createRequire } from 'node:module'
import { type AddressInfo, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { SmppSettings } from '../../src/carriers/carrier.ts'
import { openCarrier } from '../../src/carriers/open.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { recordEvents } from '../support/carrier-events.ts'

/** The part of the `smpp` package that its types don't say, for it has none. */
interface ForeignPdu {
  readonly command: string
  readonly source_addr: string
  readonly destination_addr: string
  readonly short_message: { readonly message: string; readonly udh?: readonly Buffer[] }
  response(fields?: Record<string, unknown>): ForeignPdu
}
interface ForeignSession {
  on(event: string, listener: (pdu: ForeignPdu) => void): void
  send(pdu: ForeignPdu): void
  deliver_sm(fields: Record<string, unknown>, answered: (pdu: ForeignPdu) => void): void
  close(): void
}
interface ForeignSmpp {
  createServer(connected: (session: ForeignSession) => void): Server
}

const smpp = createRequire(import.meta.url)('smpp') as ForeignSmpp

const configFor = (port: number, settings: Partial<SmppSettings> = {}) =>
  ({
    id: '0',
    name: 'South',
    protocol: 'smpp',
    segmentsPerSecond: 100,
    window: 10,
    binds: 1,
    sourceAddress: 'ALERTS',
    routes: [],
    smpp: {
      host: '127.0.0.1',
      port,
      systemId: 'south',
      password: 'secret',
      systemType: '',
      bindType: 'transceiver',
      tls: false,
      enquireLinkMs: 10_000,
      responseTimeoutMs: 5_000,
      ...settings,
    },
  }) as const

async function listenOn(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('a message centre that is not ours takes texts, and sends receipts and replies back', async () => {
  const texts: string[] = []
  const answers: string[] = []
  const sessions: ForeignSession[] = []
  const server = smpp.createServer(session => {
    sessions.push(session)
    session.on('error', () => undefined)
    session.on('bind_transceiver', pdu => session.send(pdu.response()))
    session.on('unbind', pdu => session.send(pdu.response()))
    session.on('submit_sm', pdu => {
      texts.push(pdu.short_message.message)
      session.send(pdu.response({ message_id: `f${texts.length}` }))
      const back = {
        source_addr_ton: 1,
        source_addr: pdu.destination_addr,
        destination_addr: pdu.source_addr,
      }
      const receipt = {
        ...back,
        esm_class: 4,
        short_message: `id:f${texts.length} sub:001 dlvrd:001 stat:DELIVRD err:000 text:`,
      }
      session.deliver_sm(receipt, answer => answers.push(answer.command))
      session.deliver_sm({ ...back, short_message: '1 €' }, answer => answers.push(answer.command))
    })
  })
  const port = await listenOn(server)
  const carrier = openCarrier(configFor(port))
  const events = recordEvents()
  onTestFinished(async () => {
    await carrier.close(AbortSignal.timeout(1_000))
    for (const session of sessions) session.close()
    server.close()
  })
  await carrier.open(events, AbortSignal.timeout(5_000))

  const expiresAt = Date.now() + 60_000
  const sent = ['Flood {now} €5', 'Überflutung ’jetzt’ 😀', `${'long '.repeat(60)}end`]
  for (const [ref, text] of sent.entries()) {
    carrier.submit({ to: '+15550000001', text: encodeText(text), expiresAt }, ref)
  }
  await events.until('all ended', () => events.outcomes.length === 3)
  expect(texts.slice(0, 2)).toEqual(sent.slice(0, 2))
  expect(texts.slice(2).join('')).toBe(sent[2])
  expect(events.outcomes.map(({ outcome }) => outcome.messageIds)).toEqual([
    ['f1'],
    ['f2'],
    ['f3', 'f4'],
  ])

  await events.until('all came back', () => events.receipts.length + events.replies.length === 8)
  expect(events.receipts.map(({ messageId, state }) => `${messageId} ${state}`)).toEqual(
    ['f1', 'f2', 'f3', 'f4'].map(id => `${id} delivered`),
  )
  expect(events.replies[0]).toMatchObject({ from: '+15550000001', to: 'ALERTS', text: '1 €' })
  for (const one of [...events.receipts, ...events.replies]) one.acknowledge(true)
  await carrier.close(AbortSignal.timeout(5_000))
  expect(answers).toEqual(Array.from({ length: 8 }, () => 'deliver_sm_resp'))
})
