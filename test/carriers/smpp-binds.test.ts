import { afterEach, expect, test, vi } from 'vitest'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { COMMAND, COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import { log } from '../../src/log.ts'
import { connect } from '../support/smpp-account.ts'
import type { SmscLink } from '../support/smsc.ts'

const { ESME_RALYBND, ESME_RBINDFAIL, ESME_RINVPASWD, ESME_RSYSERR } = COMMAND_STATUS

afterEach(() => void vi.restoreAllMocks())

const roleOf = ({ received }: SmscLink) => received[0]?.command.replace('bind_', '')

test('pitfall 8: a bind that is refused five times is tried again with growing pauses, and told each time', async () => {
  const refusals = [ESME_RSYSERR, ESME_RALYBND, ESME_RBINDFAIL, ESME_RSYSERR, ESME_RALYBND]
  const at: number[] = []
  const { smsc, carrier, events } = await connect(
    {
      bind() {
        at.push(performance.now())
        return refusals[at.length - 1] ?? 0
      },
    },
    {},
    { backoffBaseMs: 20, backoffCapMs: 10_000 },
  )
  expect(smsc.links.length).toBe(6)
  expect(carrier.room).toBe(10)
  // Half of 20, 40, 80 … 320 ms at least, and not the whole of it and as much again.
  for (const [i, time] of at.slice(1).entries()) {
    const pause = time - at[i]!
    expect(pause).toBeGreaterThanOrEqual(10 * 2 ** i - 1)
    expect(pause).toBeLessThan(20 * 2 ** i + 200)
  }
  expect(events.states.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
    'unbound ESME_RSYSERR',
    'unbound ESME_RALYBND',
    'unbound ESME_RBINDFAIL',
    'unbound ESME_RSYSERR',
    'unbound ESME_RALYBND',
    'bound ',
  ])
})

test('pitfall 8: binds that were refused together come back one by one', async () => {
  const at: number[] = []
  const { events, carrier } = await connect(
    {
      bind() {
        at.push(performance.now())
        return at.length <= 20 ? ESME_RSYSERR : 0
      },
    },
    { binds: 20 },
    { backoffBaseMs: 1_000, backoffCapMs: 1_000 },
  )
  await events.until('all bound', () => carrier.room === 200)
  const seconds = at.slice(20)
  expect(seconds.length).toBe(20)
  // Drawn from half a second; a spread of a fifth of that happens by chance once in 10¹².
  expect(Math.max(...seconds) - Math.min(...seconds)).toBeGreaterThan(100)
})

test('pitfall 8: wrong credentials alarm somebody, wait the longest pause, and still come back', async () => {
  const error = vi.spyOn(log, 'error')
  const at: number[] = []
  await connect(
    {
      bind() {
        at.push(performance.now())
        return at.length === 1 ? ESME_RINVPASWD : 0
      },
    },
    {},
    { backoffBaseMs: 1, backoffCapMs: 400 },
  )
  expect(at[1]! - at[0]!).toBeGreaterThan(190)
  expect(error.mock.calls).toEqual([
    [{ carrier: 'North', reason: 'ESME_RINVPASWD', count: 0 }, 'bind refused: check the account'],
  ])
})

test('a transmitter and its receiver share the work: what is sent leaves on one, what comes arrives on the other', async () => {
  const { smsc, carrier, events, submit } = await connect(
    {},
    { bindType: 'transmitter-receiver', binds: 2, window: 10 },
  )
  await smsc.until('all bound', () => smsc.links.length === 4 && carrier.room === 20)
  const roles = smsc.links.map(link => roleOf(link) ?? '').sort((a, b) => a.localeCompare(b))
  expect(roles).toEqual(['receiver', 'receiver', 'transmitter', 'transmitter'])
  for (let ref = 0; ref < 10; ref++) submit(ref)
  await events.until('all taken', () => events.outcomes.length === 10)
  for (const link of smsc.links) {
    const submits = link.received.filter(({ command }) => command === 'submit_sm').length
    expect(submits).toBe(roleOf(link) === 'transmitter' ? 5 : 0)
  }
  const receiver = smsc.links.find(link => roleOf(link) === 'receiver')!
  receiver.deliver({ esm_class: 4, short_message: Buffer.from('id:m1 stat:DELIVRD') }, 1)
  receiver.deliver({ short_message: Buffer.from('SAFE') }, 2)
  await events.until('both came', () => events.receipts.length + events.replies.length === 2)
  expect(events.receipts[0]).toMatchObject({ messageId: 'm1', state: 'delivered' })
  for (const one of [...events.receipts, ...events.replies]) one.acknowledge(true)
  await smsc.until('acknowledged on it', () => receiver.received.length === 3)
  await carrier.close(AbortSignal.timeout(5_000))
  for (const { received } of smsc.links) expect(received.at(-1)?.command).toBe('unbind')
})

test('a pair sends while its transmitter is bound; a lost receiver comes back by itself', async () => {
  const { smsc, carrier, events, submit } = await connect({}, { bindType: 'transmitter-receiver' })
  await smsc.until('both', () => smsc.links.filter(link => link.received.length > 0).length === 2)
  const find = (role: string) => smsc.links.find(link => roleOf(link) === role)!
  smsc.script = { bind: link => (roleOf(link) === 'receiver' ? ESME_RSYSERR : 0) }
  find('receiver').socket.destroy()
  await smsc.until('refused', () => smsc.links.length >= 4)
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(events.states).toMatchObject([{ state: 'bound' }])

  smsc.script = {}
  const before = smsc.links.length
  await smsc.until('a new receiver', () => smsc.links.slice(before).some(link => roleOf(link)))
  const receiver = smsc.links.at(-1)!
  receiver.deliver({ short_message: Buffer.from('SAFE') })
  await events.until('heard', () => events.replies.length === 1)

  find('transmitter').socket.destroy()
  await events.until('told', () => events.states.at(-1)?.state === 'unbound')
  expect(carrier.room).toBe(0)
  receiver.deliver({ short_message: Buffer.from('NEED HELP') }, 2)
  await events.until('heard meanwhile', () => events.replies.length === 2)
  await events.until('bound again', () => carrier.room === 10)
})

test('a pair is closed while one of the two is not bound', async () => {
  const { smsc, carrier } = await connect(
    { bind: link => (roleOf(link) === 'receiver' ? undefined : 0) },
    { bindType: 'transmitter-receiver' },
  )
  await smsc.until('asked', () => smsc.links.filter(link => link.received.length > 0).length === 2)
  await carrier.close(AbortSignal.timeout(5_000))
  await smsc.until('gone', () => smsc.links.every(({ socket }) => socket.destroyed))
})

test('a transmitter alone sends', async () => {
  const { smsc, events, submit } = await connect({}, { bindType: 'transmitter' })
  submit(1)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(smsc.links.map(roleOf)).toEqual(['transmitter'])
})

test('an answer to another kind of bind than ours binds nothing', async () => {
  let binds = 0
  const { events } = await connect(
    {
      bind(link) {
        if (++binds > 1) return 0
        link.send(encodeBare(COMMAND.bind_receiver_resp, 0, link.received[0]!.sequence_number))
        return undefined
      },
    },
    { responseTimeoutMs: 100 },
  )
  expect(events.states[0]).toMatchObject({ state: 'unbound', reason: 'bind_timeout' })
})
