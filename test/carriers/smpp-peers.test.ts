import type { AddressInfo, Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import smpp, { type PDU, type Session } from 'smpp'
import { createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { QUICK, TEXT, configFor, inAnHour, type Settings } from '../support/smpp-account.ts'
import { createWatch } from '../support/watch.ts'

/** A message centre by the `smpp` package. What it does with a PDU is the test's; it binds anyone and answers the rest. */
interface ForeignCentre {
  readonly port: number
  /** By the bind's kind, those that are bound or were. */
  readonly sessions: { as: string; session: Session; heard: string[] }[]
  until: ReturnType<typeof createWatch>['until']
}

interface Reactions {
  bind?(pdu: PDU): number
  submit?(session: Session, pdu: PDU): void
}

async function startForeignCentre({ bind, submit }: Reactions = {}): Promise<ForeignCentre> {
  const watch = createWatch()
  const sessions: ForeignCentre['sessions'] = []
  let lastId = 0
  const server: Server = smpp.createServer(session => {
    const heard: string[] = []
    session.on('error', () => undefined)
    session.on('pdu', (pdu: PDU) => {
      heard.push(pdu.command)
      watch.changed()
    })
    for (const as of ['transceiver', 'transmitter', 'receiver']) {
      session.on(`bind_${as}`, (pdu: PDU) => {
        const command_status = bind?.(pdu) ?? 0
        session.send(pdu.response({ command_status }))
        if (command_status === 0) sessions.push({ as, session, heard })
        watch.changed()
      })
    }
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()))
    session.on('unbind', (pdu: PDU) => session.send(pdu.response()))
    session.on('submit_sm', (pdu: PDU) => {
      if (submit !== undefined) submit(session, pdu)
      else session.send(pdu.response({ message_id: `f${++lastId}` }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const { session } of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sessions, until: watch.until }
}

async function bindTo({ port }: ForeignCentre, settings: Settings = {}) {
  const carrier = createSmppCarrier(configFor(port, settings), QUICK)
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
  await carrier.open(events, AbortSignal.timeout(5_000))
  const submit = (ref: number, text = TEXT) =>
    carrier.submit({ to: '+15550000001', text, expiresAt: inAnHour() }, ref)
  return { carrier, events, submit }
}

/** What goes back to who sent a message. */
const backOf = (pdu: PDU) => ({
  source_addr_ton: 1,
  source_addr: pdu.destination_addr,
  destination_addr: pdu.source_addr,
})
const receiptFor = (pdu: PDU, id: string) => ({
  ...backOf(pdu),
  esm_class: 4,
  short_message: `id:${id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:`,
})

test('a message centre that is not ours takes texts, and sends receipts and replies back', async () => {
  const texts: string[] = []
  const answers: string[] = []
  const centre = await startForeignCentre({
    submit(session, pdu) {
      texts.push(String(pdu.short_message?.message))
      const id = `f${texts.length}`
      session.send(pdu.response({ message_id: id }))
      session.deliver_sm(receiptFor(pdu, id), answer => answers.push(answer.command))
      session.deliver_sm({ ...backOf(pdu), short_message: '1 €' }, answer =>
        answers.push(answer.command),
      )
    },
  })
  const { carrier, events, submit } = await bindTo(centre)
  const sent = ['Flood {now} €5', 'Überflutung ’jetzt’ 😀', `${'long '.repeat(60)}end`]
  for (const [ref, text] of sent.entries()) submit(ref, encodeText(text))
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
  expect(events.replies[0]).toMatchObject({ from: '+15550000001', to: '72345', text: '1 €' })
  for (const one of [...events.receipts, ...events.replies]) one.acknowledge(true)
  await carrier.close(AbortSignal.timeout(5_000))
  expect(answers).toEqual(Array.from({ length: 8 }, () => 'deliver_sm_resp'))
})

test('it binds our transmitters and receivers, and each hears what is its own', async () => {
  const centre = await startForeignCentre({
    submit(session, pdu) {
      session.send(pdu.response({ message_id: 'f1' }))
      const receiver = centre.sessions.find(({ as }) => as === 'receiver')!
      receiver.session.deliver_sm(receiptFor(pdu, 'f1'))
    },
  })
  const { carrier, events, submit } = await bindTo(centre, { bindType: 'transmitter-receiver' })
  await centre.until('both bound', () => centre.sessions.length === 2)
  submit(1)
  // In either order: they come on different connections.
  await events.until('both', () => events.receipts.length + events.outcomes.length === 2)
  expect(events.outcomes).toEqual([{ ref: 1, outcome: { messageIds: ['f1'] } }])
  events.receipts[0]!.acknowledge(true)
  await carrier.close(AbortSignal.timeout(5_000))
  const heardAs = (as: string) => centre.sessions.find(session => session.as === as)!.heard
  expect(heardAs('transmitter')).toEqual(['bind_transmitter', 'submit_sm', 'unbind'])
  expect(heardAs('receiver')).toEqual(['bind_receiver', 'deliver_sm_resp', 'unbind'])
})

test('it takes messages of a transmitter alone', async () => {
  const centre = await startForeignCentre()
  const { events, submit } = await bindTo(centre, { bindType: 'transmitter' })
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(centre.sessions.map(({ as }) => as)).toEqual(['transmitter'])
})

test('each asks the other whether it is there, and each answers', async () => {
  const centre = await startForeignCentre()
  const { carrier, events } = await bindTo(centre, { enquireLinkMs: 50, responseTimeoutMs: 500 })
  const [{ session, heard }] = centre.sessions as [ForeignCentre['sessions'][number]]
  for (let i = 0; i < 3; i++) {
    const answer = await new Promise<PDU>(resolve => session.enquire_link({}, resolve))
    expect(answer).toMatchObject({ command: 'enquire_link_resp', command_status: 0 })
  }
  await centre.until('asked in turn', () => heard.filter(c => c === 'enquire_link').length >= 5)
  expect(events.states).toMatchObject([{ state: 'bound' }])
  expect([carrier.room, centre.sessions.length]).toEqual([10, 1])
})

test('it may send us away, and we come back', async () => {
  const centre = await startForeignCentre()
  const { carrier, events, submit } = await bindTo(centre)
  const [{ session }] = centre.sessions as [ForeignCentre['sessions'][number]]
  const answer = await new Promise<PDU>(resolve => session.unbind({}, resolve))
  expect(answer).toMatchObject({ command: 'unbind_resp', command_status: 0 })
  await events.until('gone', () => events.states.at(-1)?.state === 'unbound')
  await events.until('bound again', () => carrier.room === 10)
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(centre.sessions.length).toBe(2)
})

test('what it refuses is told by its name: a bind, a message, the speed of messages', async () => {
  const statuses = [COMMAND_STATUS.ESME_RTHROTTLED, COMMAND_STATUS.ESME_RINVDSTADR, 0]
  const binds = [COMMAND_STATUS.ESME_RALYBND, 0]
  const centre = await startForeignCentre({
    bind: () => binds.shift() ?? 0,
    submit: (session, pdu) => session.send(pdu.response({ command_status: statuses.shift() ?? 0 })),
  })
  const { events, submit } = await bindTo(centre)
  for (let ref = 0; ref < 3; ref++) submit(ref)
  await events.until('all ended', () => events.outcomes.length === 3)
  expect(events.outcomes.map(({ outcome }) => outcome)).toEqual([
    { kind: 'throttled', reason: 'ESME_RTHROTTLED', messageIds: [] },
    { kind: 'permanent', reason: 'ESME_RINVDSTADR', messageIds: [] },
    // Taken under no id: it is sent, and no receipt can name it.
    { messageIds: [''] },
  ])
  expect(events.states.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
    'unbound ESME_RALYBND',
    'bound ',
    'throttled ESME_RTHROTTLED',
  ])
})
