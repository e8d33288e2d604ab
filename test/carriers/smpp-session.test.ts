import { afterEach, expect, test, vi } from 'vitest'
import { createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { NO_TLVS, encodePdu } from '../../src/encoding/pdu.ts'
import { COMMAND, COMMAND_STATUS, type Pdu, type ShortMessagePdu } from '../../src/encoding/smpp.ts'
import { log } from '../../src/log.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { QUICK, configFor, connect } from '../support/smpp-account.ts'
import { type SmscLink, deliverSm, startSmsc, submitResp } from '../support/smsc.ts'

const { ESME_RINVCMDID, ESME_RINVMSGLEN, ESME_RINVSERTYP, ESME_RINVTLVSTREAM } = COMMAND_STATUS
afterEach(() => void vi.restoreAllMocks())

const commandsOf = ({ received }: SmscLink) => received.map(pdu => pdu.command)

// Without TCP_NODELAY each of these would wait 40 ms for a delayed acknowledgement: 25 a second.
test('pitfall 1: with window 1 and a receipt beside each response nothing waits for TCP', async () => {
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
  events.receipt = one => one.acknowledge(true)
  const sentAt: number[] = []
  const took: number[] = []
  const send = () => {
    sentAt.push(performance.now())
    submit(sentAt.length)
  }
  events.onRoom = () => {
    if (sentAt.length === took.length) return
    took.push(performance.now() - sentAt.at(-1)!)
    // A turn later than the receipt's answer, so that they are two writes.
    if (took.length < 1_000) setImmediate(() => setImmediate(send))
  }
  expect(carrier.room).toBe(1)
  send()
  await events.until('all taken', () => events.outcomes.length === 1_000, 20_000)
  // So the wire takes more than 1,000 a second, however busy this machine is with other things.
  expect(took.toSorted((a, b) => a - b)[250]).toBeLessThan(1)
})

test('pitfall 2: 1,000 responses an octet at a time, or all in one chunk, are all matched', async () => {
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
  'pitfall 3: a frame of length %i closes that link within a second; its messages are uncertain, the other goes on',
  async length => {
    const warn = vi.spyOn(log, 'warn')
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
    expect(warn.mock.calls).toEqual([
      [{ carrier: 'North', reason: 'invalid_command_length', count: 0 }, 'link lost'],
    ])
    await smsc.until('nacked', () => broken!.received.at(-1)?.command === 'generic_nack')
    await events.until('bound again', () => carrier.room === 2)
    expect(smsc.links.length).toBe(3)
    for (const pdu of sound!.received) if (pdu.command === 'submit_sm') sound!.answer(pdu)
    await events.until('taken', () => events.outcomes.length === 4)
  },
)

/** A frame with its end cut off or extended, and its length set right: sound for a framer. */
function resized(frame: Buffer, more: Buffer): Buffer {
  const whole = Buffer.concat([frame, more])
  whole.writeUInt32BE(whole.length)
  return whole
}

const sound = deliverSm({ short_message: Buffer.from('SAFE') }, 9)
const withoutEnd = sound.subarray(0, 16)
const tooLong = Buffer.from(sound)
tooLong[tooLong.length - 5] = 200

test.each([
  [
    'a TLV that passes the end',
    resized(sound, Buffer.from('020400ff01', 'hex')),
    ESME_RINVTLVSTREAM,
  ],
  ['a text without its NUL', resized(withoutEnd, Buffer.alloc(30, 'a')), ESME_RINVSERTYP],
  ['an sm_length beyond the body', tooLong, ESME_RINVMSGLEN],
])(
  'pitfall 4: %s is refused under its sequence number, and the link stays',
  async (_what, frame, status) => {
    const { smsc, events, submit } = await connect()
    const [link] = smsc.links
    link!.send(frame)
    await smsc.until('answered', () => link!.received.length === 2)
    expect(link!.received[1]).toMatchObject({
      command: 'deliver_sm_resp',
      command_status: status,
      sequence_number: 9,
    })
    submit(1)
    await events.until('taken', () => events.outcomes.length === 1)
    expect([smsc.links.length, events.replies.length]).toEqual([1, 0])
  },
)

test('pitfall 5: an unknown command is nacked, an unknown TLV ignored, and submits go on', async () => {
  const { smsc, events, submit } = await connect({
    submit: (link, pdu) =>
      link.send(
        resized(submitResp(pdu.sequence_number, 0, 'm1'), Buffer.from('1abc000101', 'hex')),
      ),
  })
  const [link] = smsc.links
  link!.send(encodeBare(0x0000_0999, 0, 10), encodeBare(COMMAND.query_sm_resp, 0, 11))
  link!.send(resized(sound, Buffer.from('1abc000101', 'hex')))
  await events.until('heard', () => events.replies.length === 1)
  events.replies[0]!.acknowledge(true)
  await smsc.until('answered', () => link!.received.length === 3)
  expect(link!.received.slice(1)).toMatchObject([
    { command: 'generic_nack', command_status: ESME_RINVCMDID, sequence_number: 10 },
    { command: 'deliver_sm_resp', command_status: 0, sequence_number: 9 },
  ])
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toEqual({ messageIds: ['m1'] })
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

test('outbind and alert_notification ask for nothing and change nothing, before the bind and after', async () => {
  const outbind = Buffer.from('000000160000000b0000000000000005' + '736d7363' + '0000', 'hex')
  const alert = Buffer.from('0000001800000102000000000000000601013135000101' + '00', 'hex')
  const { smsc, events, submit } = await connect({
    bind(link) {
      link.send(outbind, alert)
      return 0
    },
  })
  const [link] = smsc.links
  link!.send(outbind, alert, encodeBare(COMMAND.enquire_link, 0, 7))
  await smsc.until('answered', () => link!.received.length === 2)
  expect(commandsOf(link!)).toEqual(['bind_transceiver', 'enquire_link_resp'])
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
})

// Periods that fall between two looks of a coarse timer.
test('pitfall 6: a peer that neither reads nor answers is dead within enquire_link period and timeout', async () => {
  const { smsc, carrier, events } = await connect(
    {},
    { enquireLinkMs: 1_610, responseTimeoutMs: 805 },
  )
  const from = performance.now()
  smsc.links[0]!.socket.pause()
  await events.until('declared dead', () => events.states.at(-1)?.state === 'unbound')
  expect(events.states.at(-1)?.reason).toBe('enquire_link_timeout')
  const took = performance.now() - from
  expect(took).toBeGreaterThan(805)
  expect(took).toBeLessThan(1_610 + 805 + 50)
  expect(carrier.room).toBe(0)
  await smsc.until('comes back', () => smsc.links.length === 2)
})

test('pitfall 7: enquire_link is answered while the window is full, and asked as well', async () => {
  const { smsc, carrier, events, submit } = await connect(
    { submit: () => undefined },
    { window: 1, enquireLinkMs: 50 },
  )
  submit(1)
  await smsc.until('came', () => smsc.submits.length === 1)
  const [link] = smsc.links
  const answers = () => commandsOf(link!).filter(command => command === 'enquire_link_resp').length
  for (let asked = 1; asked <= 10; asked++) {
    link!.send(encodeBare(COMMAND.enquire_link, 0, asked))
    await smsc.until('answered before the link would be dropped', () => answers() === asked, 2_000)
  }
  await smsc.until('asked', () => commandsOf(link!).includes('enquire_link'))
  expect([carrier.room, events.outcomes.length, smsc.links.length]).toEqual([0, 0, 1])
})

test('pitfall 7: nothing is asked before the bind is answered', async () => {
  const { smsc } = await connect(
    {
      bind(link) {
        const [bind] = link.received
        setTimeout(() => {
          link.send(
            encodePdu({
              command: 'bind_transceiver_resp',
              command_status: 0,
              sequence_number: bind!.sequence_number,
              system_id: '',
              tlvs: NO_TLVS,
            }),
          )
        }, 300)
        return undefined
      },
    },
    { enquireLinkMs: 50 },
  )
  const [link] = smsc.links
  expect(commandsOf(link!)).toEqual(['bind_transceiver'])
  await smsc.until('asked', () => commandsOf(link!).includes('enquire_link'))
})

test('a bind response that is a header alone says enough', async () => {
  const { carrier } = await connect({
    bind(link) {
      link.send(encodeBare(COMMAND.bind_transceiver_resp, 0, link.received[0]!.sequence_number))
      return undefined
    },
  })
  expect(carrier.room).toBe(10)
})

test('an unbind of ours that nobody answers is given up after the response timeout', async () => {
  const { smsc, carrier } = await connect({ unbind: () => undefined }, { responseTimeoutMs: 100 })
  await carrier.close(AbortSignal.timeout(5_000))
  expect(commandsOf(smsc.links[0]!)).toEqual(['bind_transceiver', 'unbind'])
})

test('a bind without an answer is given up after the response timeout', async () => {
  let binds = 0
  const { events } = await connect(
    { bind: () => (++binds === 1 ? undefined : 0) },
    { responseTimeoutMs: 100 },
  )
  expect(events.states[0]).toMatchObject({ state: 'unbound', reason: 'bind_timeout' })
})

test('pitfall 9: an unbind from the peer is answered, late responses are taken, and the account binds again', async () => {
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

test('pitfall 10: of n submits without an answer on a dropped link exactly n are uncertain', async () => {
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

test('pitfall 11: a response at one and a half times its deadline is the outcome, and frees its place once', async () => {
  const { carrier, smsc, events, submit } = await connect(
    { submit: (link, pdu) => void setTimeout(() => link.answer(pdu), 900) },
    { window: 3, responseTimeoutMs: 600 },
  )
  for (let ref = 0; ref < 3; ref++) submit(ref)
  expect([carrier.room, carrier.inFlight]).toEqual([0, 3])
  await events.until('places free again', () => carrier.room === 3)
  expect([events.outcomes.length, carrier.inFlight]).toEqual([0, 3])
  await events.until('answered', () => events.outcomes.length === 3)
  for (const { outcome } of events.outcomes) expect(outcome).not.toHaveProperty('kind')
  expect([carrier.room, carrier.inFlight, smsc.submits.length]).toEqual([3, 0, 3])
})

test('pitfall 11: after twice its deadline a submit is uncertain, once, whatever comes then', async () => {
  const { carrier, smsc, events, submit } = await connect(
    { submit: () => undefined },
    { window: 3, responseTimeoutMs: 200 },
  )
  const from = performance.now()
  for (let ref = 0; ref < 3; ref++) submit(ref)
  await events.until('given up', () => events.outcomes.length === 3)
  expect(performance.now() - from).toBeGreaterThan(399)
  expect(events.outcomes[0]!.outcome).toEqual({
    kind: 'uncertain',
    reason: 'response_timeout',
    messageIds: [],
  })
  for (const pdu of smsc.submits) smsc.links[0]!.answer(pdu)
  smsc.script = {}
  submit(3)
  await events.until('taken', () => events.outcomes.length === 4)
  expect([carrier.room, carrier.inFlight]).toEqual([3, 0])
})

test('pitfall 11: among many, each has the one outcome that its response or its absence makes', async () => {
  const total = 2_000
  const { carrier, events, submit } = await connect(
    {
      submit(link, pdu) {
        const kind = Number(pdu.destination_addr) % 10
        if (kind === 1) return
        if (kind === 0) setTimeout(() => link.answer(pdu), 625)
        else link.answer(pdu)
      },
    },
    { window: 50, responseTimeoutMs: 500 },
    { firstSequence: 0x7fff_fff0 },
  )
  let next = 0
  events.onRoom = () => {
    expect(carrier.room).toBeLessThanOrEqual(50)
    while (carrier.room > 0 && next < total) submit(next, `+1555${2_000_000 + next++}`)
  }
  events.onRoom()
  await events.until('all ended', () => events.outcomes.length >= total, 20_000)
  const refs = events.outcomes.map(({ ref }) => ref).toSorted((a, b) => a - b)
  expect(refs).toEqual(Array.from({ length: total }, (_, ref) => ref))
  const uncertain = events.outcomes.filter(({ outcome }) => 'kind' in outcome)
  expect(uncertain.map(({ ref }) => ref % 10)).toEqual(Array(total / 10).fill(1))
  expect([carrier.room, carrier.inFlight]).toEqual([50, 0])
})

test('what is late on a lost link is lost with it', async () => {
  const { carrier, smsc, events, submit } = await connect(
    { submit: () => undefined },
    { window: 2, responseTimeoutMs: 200 },
  )
  submit(1)
  submit(2)
  await events.until('late', () => carrier.room === 2)
  smsc.links[0]!.socket.destroy()
  await events.until('ended', () => events.outcomes.length === 2)
  expect(events.outcomes.map(({ outcome }) => outcome)).toMatchObject([
    { kind: 'uncertain', reason: 'link_lost' },
    { kind: 'uncertain', reason: 'link_lost' },
  ])
  expect(carrier.inFlight).toBe(0)
})

test('closing does not wait for what is late, and takes what comes before the end', async () => {
  const { carrier, smsc, events, submit } = await connect(
    {
      submit: () => undefined,
      unbind(link, pdu) {
        link.answer(smsc.submits[0]!)
        link.send(encodeBare(COMMAND.unbind_resp, 0, pdu.sequence_number))
      },
    },
    { window: 2, responseTimeoutMs: 1_000 },
  )
  submit(1)
  submit(2)
  await events.until('late', () => carrier.room === 2)
  const from = performance.now()
  await carrier.close(AbortSignal.timeout(5_000))
  expect(performance.now() - from).toBeLessThan(500)
  expect(events.outcomes).toEqual([
    { ref: 1, outcome: { messageIds: ['m1'] } },
    { ref: 2, outcome: { kind: 'uncertain', reason: 'link_lost', messageIds: [] } },
  ])
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

test('pitfall 12: sequence numbers go from 0x7fffffff to 1, and twice or never asked responses are ignored and counted', async () => {
  const info = vi.spyOn(log, 'info')
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
  await carrier.close(AbortSignal.timeout(5_000))
  expect(info).toHaveBeenLastCalledWith(
    { carrier: 'North', reason: 'unbound', count: 2 * 101 },
    'link closed',
  )
})

test('pitfall 13: responses in reversed blocks of 100, with deliver_sm between, find their messages', async () => {
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

test('pitfall 14: while the peer does not read, memory stays flat and the link is found dead', async () => {
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
