import { expect, test } from 'vitest'
import { createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { COMMAND, COMMAND_STATUS, type Pdu } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { readUserDataHeader } from '../../src/encoding/udh.ts'
import { parseValidity } from '../../src/encoding/validity.ts'
import { QUICK, configFor, connect, inAnHour } from '../support/smpp-account.ts'
import { type SmscLink, startSmsc } from '../support/smsc.ts'
import { carrierConformance } from './conformance.ts'

carrierConformance(
  'SMPP',
  async () => {
    const held: [SmscLink, Pdu][] = []
    let isHolding = false
    const smsc = await startSmsc({
      submit(link, pdu) {
        if (isHolding) held.push([link, pdu])
        else link.answer(pdu)
      },
    })
    return {
      config: configFor(smsc.port, { window: 20, binds: 2 }),
      takes: 'segments',
      get received() {
        return smsc.submits.length
      },
      until: smsc.until,
      hold() {
        isHolding = true
      },
      resume() {
        isHolding = false
        for (const [link, pdu] of held.splice(0)) link.answer(pdu)
      },
      dropLinks() {
        for (const { socket } of smsc.links) socket.destroy()
      },
      close: smsc.close,
    }
  },
  config => createSmppCarrier(config, QUICK),
)

test('a bind names the account and a submit_sm says everything that a message centre needs', async () => {
  const { smsc, events, submit } = await connect()
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(smsc.links[0]!.received[0]).toMatchObject({
    command: 'bind_transceiver',
    system_id: 'north',
    password: 'secret',
    interface_version: 0x34,
  })
  const [pdu] = smsc.submits
  expect(pdu).toMatchObject({
    source_addr_ton: 3,
    source_addr_npi: 0,
    source_addr: '72345',
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: '15550000001',
    esm_class: 0,
    registered_delivery: 1,
    data_coding: 0,
  })
  expect(String(pdu!.short_message)).toBe('Flash flood. Move to higher ground.')
  const validUntil = parseValidity(pdu!.validity_period, Date.now())!
  expect(Math.abs(validUntil - inAnHour())).toBeLessThan(2_000)
  expect(pdu!.validity_period).toMatch(/^000000005959000R$|^00000000595[78]000R$/)
})

test('throttling is told apart, as an outcome and as the state of the account', async () => {
  let isThrottling = true
  const { events, submit } = await connect({
    submit(link, pdu) {
      link.answer(pdu, isThrottling ? { status: COMMAND_STATUS.ESME_RTHROTTLED } : {})
    },
  })
  submit(1)
  await events.until('throttled', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toEqual({
    kind: 'throttled',
    reason: 'ESME_RTHROTTLED',
    messageIds: [],
  })
  isThrottling = false
  submit(2)
  await events.until('recovered', () => events.states.at(-1)?.state === 'bound')
  expect(events.states.map(({ state }) => state)).toEqual(['bound', 'throttled', 'bound'])
})

test('pitfall 19: an error without a body, an empty id and a generic_nack are answers', async () => {
  const answers = [
    (link: SmscLink, pdu: Pdu) => link.answer(pdu, { status: COMMAND_STATUS.ESME_RINVDSTADR }),
    (link: SmscLink, pdu: Pdu) => link.answer(pdu, { messageId: '' }),
    (link: SmscLink, pdu: Pdu) =>
      link.send(
        encodeBare(COMMAND.generic_nack, COMMAND_STATUS.ESME_RINVCMDLEN, pdu.sequence_number),
      ),
    (link: SmscLink, pdu: Pdu) =>
      link.send(encodeBare(COMMAND.submit_sm_resp, 0, pdu.sequence_number)),
  ]
  const { events, submit } = await connect({ submit: (link, pdu) => answers.shift()!(link, pdu) })
  for (let ref = 0; ref < 4; ref++) submit(ref)
  await events.until('all ended', () => events.outcomes.length === 4)
  expect(events.outcomes.map(({ outcome }) => outcome)).toEqual([
    { kind: 'permanent', reason: 'ESME_RINVDSTADR', messageIds: [] },
    { messageIds: [''] },
    { kind: 'elsewhere', reason: 'ESME_RINVCMDLEN', messageIds: [] },
    { messageIds: [''] },
  ])
})

test('all segments of a message go over one bind, in order, under one reference', async () => {
  const { smsc, carrier, events } = await connect({}, { binds: 3, window: 4 })
  await events.until('all bound', () => carrier.room === 12)
  const long = encodeText('Б'.repeat(300))
  let next = 0
  const pump = () => {
    while (carrier.room > 0 && next < 40) {
      carrier.submit({ to: `+1555${2_000_000 + next}`, text: long, expiresAt: inAnHour() }, next++)
    }
  }
  events.onRoom = pump
  pump()
  await events.until('all taken', () => events.outcomes.length === 40)
  const seen = new Map<string, string>()
  for (const [index, link] of smsc.links.entries()) {
    for (const pdu of link.received) {
      if (pdu.command !== 'submit_sm') continue
      expect([pdu.esm_class, pdu.data_coding]).toEqual([0x40, 8])
      const { reference, part, total } = readUserDataHeader(pdu.short_message)!.concat!
      expect(total).toBe(5)
      const already = seen.get(pdu.destination_addr) ?? `${index} ${reference} `
      expect(already).toBe(`${index} ${reference} ${'12345'.slice(0, part - 1)}`)
      seen.set(pdu.destination_addr, already + part)
    }
  }
  expect(seen.size).toBe(40)
})

test('a segment that is refused ends its message with the ids of those before; those behind stay', async () => {
  let count = 0
  const { smsc, events, carrier } = await connect(
    {
      submit(link, pdu) {
        count++
        link.answer(
          pdu,
          count === 2 ? { status: COMMAND_STATUS.ESME_RSYSERR } : { messageId: `s${count}` },
        )
      },
    },
    { window: 1 },
  )
  const long = encodeText('a'.repeat(600))
  carrier.submit({ to: '+15550000001', text: long, expiresAt: inAnHour() }, 1)
  await events.until('ended', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toEqual({
    kind: 'elsewhere',
    reason: 'ESME_RSYSERR',
    messageIds: ['s1'],
  })
  expect(smsc.submits.length).toBe(2)
  expect([carrier.room, carrier.inFlight]).toEqual([1, 0])
})

test('a message on a lost link whose other segments never left is uncertain, one that never left goes elsewhere', async () => {
  const { smsc, events, carrier } = await connect({ submit: () => undefined }, { window: 2 })
  const long = encodeText('a'.repeat(400))
  carrier.submit({ to: '+15550000001', text: long, expiresAt: inAnHour() }, 1)
  await smsc.until('two came', () => smsc.submits.length === 2)
  smsc.links[0]!.socket.destroy()
  await events.until('ended', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toMatchObject({ kind: 'uncertain', reason: 'link_lost' })
  expect(carrier.inFlight).toBe(0)
})

test('a segment that waits for the window is not written after its time', async () => {
  const { smsc, events, carrier } = await connect({ submit: () => undefined }, { window: 1 })
  const long = encodeText('a'.repeat(400))
  const expiresAt = Date.now() + 1_200
  carrier.submit({ to: '+15550000001', text: long, expiresAt }, 1)
  await smsc.until('the first came', () => smsc.submits.length === 1)
  // It answers when the second's time is over.
  setTimeout(() => smsc.links[0]!.answer(smsc.submits[0]!), expiresAt - Date.now() + 20)
  await events.until('ended', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toEqual({
    kind: 'permanent',
    reason: 'expired',
    messageIds: ['m1'],
  })
  expect(smsc.submits).toHaveLength(1)
  expect([carrier.room, carrier.inFlight]).toEqual([1, 0])
})

test('a segment that has waited says how long it is good for when it leaves', async () => {
  const { smsc, events, carrier } = await connect({ submit: () => undefined }, { window: 1 })
  const long = encodeText('a'.repeat(300))
  carrier.submit({ to: '+15550000001', text: long, expiresAt: Date.now() + 60_000 }, 1)
  await smsc.until('the first came', () => smsc.submits.length === 1)
  setTimeout(() => smsc.links[0]!.answer(smsc.submits[0]!), 2_100)
  await smsc.until('the second came', () => smsc.submits.length === 2)
  const [first, second] = smsc.submits.map(pdu => parseValidity(pdu.validity_period, 0))
  expect(first! - second!).toBeGreaterThanOrEqual(2_000)
  expect(events.outcomes).toEqual([])
})

test('submit ids are spelled as the carrier is configured', async () => {
  const { events, submit } = await connect(
    { submit: (link, pdu) => link.answer(pdu, { messageId: '00B8BE19' }) },
    { messageIds: { response: 'hexadecimal', receipt: 'decimal' } },
  )
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome.messageIds).toEqual(['12107289'])
})

test('an account without its settings, or with a sender no network takes, is refused before it opens', () => {
  const { smpp, ...rest } = configFor(1)
  expect(smpp).toBeDefined()
  expect(() => createSmppCarrier(rest)).toThrow('has no smpp settings')
  expect(() => createSmppCarrier({ ...configFor(1), sourceAddress: '!' })).toThrow('sourceAddress')
})
