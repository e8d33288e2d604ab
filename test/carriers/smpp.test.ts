import { expect, onTestFinished, test } from 'vitest'
import type { Carrier, CarrierConfig, SmppSettings } from '../../src/carriers/carrier.ts'
import { type LinkTuning, createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import {
  COMMAND,
  COMMAND_STATUS,
  type Pdu,
  type ShortMessagePdu,
  encodeBare,
} from '../../src/encoding/pdu.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { readUserDataHeader } from '../../src/encoding/udh.ts'
import { parseValidity } from '../../src/encoding/validity.ts'
import { type RecordedEvents, recordEvents } from '../support/carrier-events.ts'
import {
  type Smsc,
  type SmscLink,
  type SmscScript,
  startSmsc,
  submitResp,
} from '../support/smsc.ts'
import { carrierConformance } from './conformance.ts'

const QUICK: LinkTuning = { backoffBaseMs: 20, backoffCapMs: 200, firstSequence: 1 }
const text = encodeText('Flash flood. Move to higher ground.')
const inAnHour = () => Date.now() + 3_600_000

interface Settings extends Partial<SmppSettings> {
  window?: number
  binds?: number
}

function configFor(
  port: number,
  { window = 10, binds = 1, ...smpp }: Settings = {},
): CarrierConfig {
  return {
    id: '0',
    name: 'North',
    protocol: 'smpp',
    segmentsPerSecond: 1_000,
    window,
    binds,
    sourceAddress: '72345',
    routes: [],
    smpp: {
      host: '127.0.0.1',
      port,
      systemId: 'north',
      password: 'secret',
      systemType: '',
      bindType: 'transceiver',
      tls: false,
      enquireLinkMs: 10_000,
      responseTimeoutMs: 5_000,
      ...smpp,
    },
  }
}

interface Setting {
  smsc: Smsc
  carrier: Carrier
  events: RecordedEvents
  submit(ref: number, to?: string): void
}

async function connect(
  script: SmscScript = {},
  settings: Settings = {},
  tuning: Partial<LinkTuning> = {},
): Promise<Setting> {
  const smsc = await startSmsc(script)
  const carrier = createSmppCarrier(configFor(smsc.port, settings), { ...QUICK, ...tuning })
  const events = recordEvents()
  onTestFinished(async () => {
    await carrier.close(AbortSignal.timeout(100))
    await smsc.close()
  })
  await carrier.open(events, AbortSignal.timeout(5_000))
  const submit = (ref: number, to = '+15550000001') =>
    carrier.submit({ to, text, expiresAt: inAnHour() }, ref)
  return { smsc, carrier, events, submit }
}

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

test('1,000 responses an octet at a time, or all in one chunk, are all matched', async () => {
  const held: Pdu[] = []
  const { smsc, carrier, events, submit } = await connect(
    { submit: (_link, pdu) => void held.push(pdu) },
    { window: 1_000 },
  )
  for (const [round, octets] of [1, Infinity].entries()) {
    for (let ref = 0; ref < 1_000; ref++) submit(round * 1_000 + ref)
    await smsc.until('all came', () => held.length === 1_000)
    const all = Buffer.concat(
      held.splice(0).map(pdu => submitResp(pdu.sequence_number, 0, `id${pdu.sequence_number}`)),
    )
    const { socket } = smsc.links[0]!
    for (let at = 0; at < all.length; at += octets) socket.write(all.subarray(at, at + octets))
    await events.until('all matched', () => events.outcomes.length === (round + 1) * 1_000, 20_000)
  }
  expect(new Set(events.outcomes.map(({ ref }) => ref)).size).toBe(2_000)
  expect(carrier.room).toBe(1_000)
})

test.each([0, 1, 4, 15, 2 ** 31, 2 ** 32 - 1])(
  'a frame of length %i closes that link within a second; its messages are uncertain, the other goes on',
  async length => {
    const { smsc, carrier, events, submit } = await connect(
      { submit: () => undefined },
      { binds: 2, window: 2 },
    )
    await events.until('both bound', () => carrier.room === 4)
    for (let ref = 0; ref < 4; ref++) submit(ref)
    await smsc.until('all came', () => smsc.submits.length === 4)
    const bad = Buffer.alloc(16)
    bad.writeUInt32BE(length)
    const before = process.memoryUsage().arrayBuffers
    const from = performance.now()
    const [broken, sound] = smsc.links
    broken!.send(bad)
    await events.until('given up', () => events.outcomes.length === 2)
    expect(performance.now() - from).toBeLessThan(1_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000)
    expect(events.outcomes.map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: 'uncertain', reason: 'link_lost', messageIds: [] })),
    )
    await smsc.until('nacked', () => broken!.received.at(-1)?.command === 'generic_nack')
    await smsc.until('bound again', () => smsc.links.length === 3)
    for (const pdu of sound!.received) if (pdu.command === 'submit_sm') sound!.answer(pdu)
    await events.until('taken', () => events.outcomes.length === 4)
  },
)

test('a bad body and an unknown command are answered by their sequence, and the link stays', async () => {
  const { smsc, events, submit } = await connect()
  const [link] = smsc.links
  const overrun = Buffer.from('00000011000000050000000000000009ff', 'hex')
  link!.send(overrun, encodeBare(0x0000_0999, 0, 10), encodeBare(COMMAND.query_sm_resp, 0, 11))
  await smsc.until('answered', () => link!.received.length === 3)
  expect(link!.received.slice(1)).toMatchObject([
    {
      command: 'deliver_sm_resp',
      command_status: COMMAND_STATUS.ESME_RINVSERTYP,
      sequence_number: 9,
    },
    { command: 'generic_nack', command_status: COMMAND_STATUS.ESME_RINVCMDID, sequence_number: 10 },
  ])
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
})

test('a message before the bind is answered is refused', async () => {
  const smsc = await startSmsc({
    bind(link) {
      link.deliver({ short_message: Buffer.from('SAFE') }, 8)
      return 0
    },
  })
  const carrier = createSmppCarrier(configFor(smsc.port), QUICK)
  const events = recordEvents()
  await carrier.open(events, AbortSignal.timeout(5_000))
  await smsc.until('answered', () => smsc.links[0]!.received.length === 2)
  expect(smsc.links[0]!.received[1]).toMatchObject({
    command: 'deliver_sm_resp',
    command_status: COMMAND_STATUS.ESME_RINVBNDSTS,
    sequence_number: 8,
  })
  expect(events.replies).toEqual([])
  await carrier.close(AbortSignal.timeout(100))
  await smsc.close()
})

test('a flood of texts that nobody stores stops being read, and goes on when they are', async () => {
  const { smsc, events } = await connect()
  const [link] = smsc.links
  const total = 20_000
  for (let i = 1; i <= total; i++) link!.deliver({ short_message: Buffer.from('SAFE') }, i)
  await events.until('held back', () => events.replies.length >= 5_000)
  await new Promise(resolve => setImmediate(resolve))
  expect(events.replies.length).toBeLessThan(10_000)
  let stored = 0
  const store = () => {
    for (; stored < events.replies.length; stored++) events.replies[stored]!.acknowledge(true)
  }
  const reply = events.reply
  events.reply = one => {
    reply(one)
    setImmediate(store)
  }
  store()
  const answered = () => link!.received.filter(pdu => pdu.command === 'deliver_sm_resp').length
  await smsc.until('all answered', () => answered() === total)
})

test('requests that only a client makes are refused, notices are ignored', async () => {
  const { smsc } = await connect()
  const [link] = smsc.links
  link!.send(encodeBare(COMMAND.unbind_resp, 0, 5), encodeBare(COMMAND.enquire_link_resp, 0, 5))
  const submit = Buffer.from('0000000400000000000000070000007777777700000000', 'hex')
  link!.send(Buffer.concat([Buffer.from('0000001b', 'hex'), submit]))
  await smsc.until('answered', () => link!.received.length === 2)
  expect(link!.received[1]).toMatchObject({ sequence_number: 7 })
  expect(link!.received[1]!.command_status).toBeGreaterThan(0)
})

test('a peer that keeps the connection and says nothing is dead after enquire_link and its timeout', async () => {
  const { smsc, carrier, events } = await connect(
    { enquireLink: () => undefined },
    { enquireLinkMs: 200, responseTimeoutMs: 150 },
  )
  const from = performance.now()
  await events.until('declared dead', () => events.states.at(-1)?.state === 'unbound')
  expect(events.states.at(-1)?.reason).toBe('enquire_link_timeout')
  expect(performance.now() - from).toBeLessThan(600)
  expect(carrier.room).toBe(0)
  await smsc.until('comes back', () => smsc.links.length === 2)
})

test('enquire_link is answered while the window is full, and asked as well', async () => {
  const { smsc, carrier, submit } = await connect(
    { submit: () => undefined },
    { window: 1, enquireLinkMs: 50 },
  )
  submit(1)
  const [link] = smsc.links
  link!.send(encodeBare(COMMAND.enquire_link, 0, 99))
  const got = (command: string) => link!.received.some(pdu => pdu.command === command)
  await smsc.until('answered', () => got('enquire_link_resp'))
  await smsc.until('asked', () => got('enquire_link'))
  expect(carrier.room).toBe(0)
})

test('refused binds are tried again with growing, jittered pauses and every refusal is told', async () => {
  const at: number[] = []
  const { smsc, carrier, events } = await connect(
    {
      bind() {
        at.push(performance.now())
        return at.length <= 5 ? COMMAND_STATUS.ESME_RBINDFAIL : 0
      },
    },
    {},
    { backoffBaseMs: 20, backoffCapMs: 10_000 },
  )
  expect(smsc.links.length).toBe(6)
  expect(carrier.room).toBe(10)
  const pauses = at.slice(1).map((time, i) => time - at[i]!)
  expect(pauses[4]!).toBeGreaterThan(pauses[0]! * 2)
  expect(events.states.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
    ...Array.from({ length: 5 }, () => 'unbound ESME_RBINDFAIL'),
    'bound ',
  ])
})

test('wrong credentials wait the longest pause, and still come back', async () => {
  const at: number[] = []
  await connect(
    {
      bind() {
        at.push(performance.now())
        return at.length === 1 ? COMMAND_STATUS.ESME_RINVPASWD : 0
      },
    },
    {},
    { backoffBaseMs: 1, backoffCapMs: 400 },
  )
  expect(at[1]! - at[0]!).toBeGreaterThan(190)
})

test('a bind without an answer is given up after the response timeout', async () => {
  let binds = 0
  const { events } = await connect(
    { bind: () => (++binds === 1 ? undefined : 0) },
    { responseTimeoutMs: 100 },
  )
  expect(events.states[0]).toMatchObject({ state: 'unbound', reason: 'bind_timeout' })
})

test('an unbind from the peer is answered, late responses are taken, and the account binds again', async () => {
  const held: Pdu[] = []
  const { smsc, carrier, events, submit } = await connect(
    { submit: (_link, pdu) => void held.push(pdu) },
    { window: 50 },
  )
  for (let ref = 0; ref < 50; ref++) submit(ref)
  await smsc.until('all came', () => held.length === 50)
  const [link] = smsc.links
  link!.send(encodeBare(COMMAND.unbind, 0, 3))
  await smsc.until('answered', () => link!.received.at(-1)?.command === 'unbind_resp')
  expect(carrier.room).toBe(0)
  for (const pdu of held) link!.answer(pdu)
  await events.until('all taken', () => events.outcomes.length === 50)
  expect(events.outcomes.every(({ outcome }) => !('kind' in outcome))).toBe(true)
  await events.until('bound again', () => carrier.room === 50)
  expect(smsc.links.length).toBe(2)
})

test('of n submits without an answer on a dropped link exactly n are uncertain', async () => {
  let answered = 0
  const { smsc, carrier, events, submit } = await connect(
    { submit: (link, pdu) => void (answered < 30 && ++answered && link.answer(pdu)) },
    { window: 100 },
  )
  for (let ref = 0; ref < 100; ref++) submit(ref)
  await events.until('answers', () => events.outcomes.length === 30)
  await smsc.until('all came', () => smsc.submits.length === 100)
  smsc.links[0]!.socket.resetAndDestroy()
  await events.until('all ended', () => events.outcomes.length === 100)
  const lost = events.outcomes.filter(({ outcome }) => 'kind' in outcome)
  expect(lost.length).toBe(70)
  expect(carrier.inFlight).toBe(0)
})

test('a response after its time frees nothing twice and ends nothing twice', async () => {
  const { carrier, smsc, events, submit } = await connect(
    { submit: () => undefined },
    { window: 3, responseTimeoutMs: 200 },
  )
  for (let ref = 0; ref < 3; ref++) submit(ref)
  await events.until('given up', () => events.outcomes.length === 3)
  expect(events.outcomes[0]!.outcome).toEqual({
    kind: 'uncertain',
    reason: 'response_timeout',
    messageIds: [],
  })
  const [link] = smsc.links
  const late = link!.received.filter(pdu => pdu.command === 'submit_sm')
  for (const pdu of late) link!.answer(pdu)
  smsc.script = {}
  await events.until('room again', () => carrier.room === 3)
  submit(3)
  await events.until('taken', () => events.outcomes.length === 4)
  expect([carrier.room, carrier.inFlight]).toEqual([3, 0])
})

test('no more is poured after a peer that owes responses and is silent', async () => {
  const { carrier, smsc, events, submit } = await connect(
    { submit: () => undefined, enquireLink: () => undefined },
    { window: 2, responseTimeoutMs: 100, enquireLinkMs: 5_000 },
  )
  events.onRoom = () => {
    while (carrier.room > 0) submit(9)
  }
  events.onRoom()
  await events.until('declared dead', () => events.states.at(-1)?.state === 'unbound')
  expect(events.states.at(-1)?.reason).toBe('enquire_link_timeout')
  expect(smsc.links[0]!.received.filter(pdu => pdu.command === 'submit_sm').length).toBe(2)
})

test('sequence numbers go from 0x7fffffff to 1, and twice or never asked responses are ignored', async () => {
  const { smsc, carrier, events, submit } = await connect(
    {
      submit(link, pdu) {
        link.answer(pdu)
        link.answer(pdu)
        link.answer({ ...pdu, sequence_number: pdu.sequence_number ^ 0x4000_0000 })
      },
    },
    { window: 100 },
    { firstSequence: 0x7fff_fff0 },
  )
  for (let ref = 0; ref < 100; ref++) submit(ref)
  await events.until('all taken', () => events.outcomes.length === 100)
  const sequences = smsc.submits.map(pdu => pdu.sequence_number)
  expect(sequences.slice(13, 17)).toEqual([0x7fff_fffe, 0x7fff_ffff, 1, 2])
  submit(100)
  await events.until('one more', () => events.outcomes.length === 101)
  expect([carrier.room, carrier.inFlight]).toEqual([100, 0])
})

test('responses in reversed blocks of 100, with deliver_sm between, find their messages', async () => {
  const held: ShortMessagePdu[] = []
  const { events, submit } = await connect(
    {
      submit(link, pdu) {
        held.push(pdu)
        if (held.length < 100) return
        for (const [i, one] of held.splice(0).toReversed().entries()) {
          link.answer(one, { messageId: one.destination_addr })
          if (i % 10 === 0) link.deliver({ short_message: Buffer.from('SAFE') }, i + 1)
        }
      },
    },
    { window: 300 },
  )
  for (let ref = 0; ref < 300; ref++) submit(ref, `+1555${2_000_000 + ref}`)
  await events.until('all taken', () => events.outcomes.length === 300)
  for (const { ref, outcome } of events.outcomes) {
    expect(outcome.messageIds).toEqual([`1555${2_000_000 + ref}`])
  }
  await events.until('replies', () => events.replies.length === 30)
})

// Without TCP_NODELAY each of these would wait 40 ms for a delayed acknowledgement: 12 s in all.
test('with window 1 and a receipt beside each response nothing waits for TCP', async () => {
  const receipt = Buffer.from('id:1 stat:DELIVRD')
  const { carrier, events, submit } = await connect(
    {
      submit(link, pdu) {
        link.answer(pdu)
        link.deliver({ esm_class: 4, short_message: receipt }, pdu.sequence_number)
      },
    },
    { window: 1 },
  )
  let next = 0
  events.onRoom = () => {
    while (carrier.room > 0 && next < 300) submit(next++)
  }
  events.receipt = one => one.acknowledge(true)
  events.onRoom()
  await events.until('all taken', () => events.outcomes.length === 300, 3_000)
})

test('while the peer does not read, memory stays flat and the link is found dead', async () => {
  const { smsc, carrier, events, submit } = await connect(
    {},
    { window: 1_000, enquireLinkMs: 300, responseTimeoutMs: 700 },
  )
  let next = 0
  const pump = () => {
    while (carrier.room > 0 && next < 1_000_000) submit(next++)
  }
  events.onRoom = pump
  smsc.links[0]!.socket.pause()
  smsc.script = { bind: () => undefined }
  pump()
  const before = process.memoryUsage().arrayBuffers
  await events.until('declared dead', () => events.states.at(-1)?.state === 'unbound')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  expect(next).toBe(1_000)
  expect(events.outcomes.length).toBe(1_000)
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

test('an error without a body, an empty id and a generic_nack are answers', async () => {
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

test('300 joined messages to one phone never use a reference twice', async () => {
  const { smsc, events, carrier } = await connect({}, { window: 1_000 })
  const long = encodeText('a'.repeat(170), 2)
  for (let ref = 0; ref < 300; ref++) {
    carrier.submit({ to: '+15550000001', text: long, expiresAt: inAnHour() }, ref)
  }
  await events.until('all taken', () => events.outcomes.length === 300)
  const firsts = smsc.submits.map(pdu => readUserDataHeader(pdu.short_message)!.concat!)
  expect(
    new Set(firsts.filter(({ part }) => part === 1).map(({ reference }) => reference)).size,
  ).toBe(300)
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
