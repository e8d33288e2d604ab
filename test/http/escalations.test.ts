import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { lookAtEscalations } from '../../src/alerts/escalate.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import type { Database, OpenDatabase } from '../../src/store/database.ts'
import { aDrill, aListedGroup, aSigner, contactsAt, type Signer, square } from '../alerts/people.ts'
import {
  aFlood,
  dispatched,
  type Duty,
  end,
  handOver,
  onDuty,
  phonesOf,
  planAll,
  textsOf,
} from '../support/corrections.ts'
import { test } from '../support/edge.ts'
import { layOut } from '../support/mailing.ts'
import { aCarrier } from '../support/sent-alert.ts'

const MINUTE = 60_000
const atMinute = (minutes: number) => new Date(Date.now() + minutes * MINUTE)
const texts = [{ language: 'en-US', sms: 'Call the command post. Reply 1 if you have it.' }]

/** Two on duty, far away, and five people in the valley whom the alert has reached. */
async function sent(database: OpenDatabase, duty: Duty, rules: readonly object[]) {
  const { db } = database
  await db.execute(sql`delete from contacts`)
  const members = await contactsAt(db, [
    [-10, 10],
    [-10, 11],
  ])
  const to = await aListedGroup(db, members)
  await contactsAt(
    db,
    Array.from({ length: 5 }, (_, i) => [-96.5, 30.1 + i / 10]),
  )
  const escalations = rules.map(rule => ({ texts, to, ...rule }))
  const id = await dispatched(duty, aFlood({ escalations }))
  await planAll(database)
  const phones = await phonesOf(db, id)
  const carrierId = await aCarrier(db)
  await handOver(db, id, phones, carrierId)
  const saysFrom = (from: string, text: string) =>
    recordReplies(db, carrierId, [{ from, to: '72345', text }])
  const says = (no: number, text: string) => saysFrom(phones[no]!, text)
  return { id, to, phones, carrierId, says, saysFrom }
}

const progressOf = async (who: Signer, id: string) =>
  (await who.call('GET', `/v1/alerts/${id}/progress`)).body
const codesOf = ({ alarms }: { alarms: { code: string }[] }) => alarms.map(({ code }) => code)
const escalationsOf = async (db: Database, id: string): Promise<string[]> => {
  const rows = await db.execute<{ id: string }>(
    sql`select id from alerts where escalation_of = ${id}::uuid order by escalation_rule`,
  )
  return rows.map(row => row.id)
}

test(
  'any need for help tells those on duty once, and one of them takes it',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { author } = duty
    const { id, says, saysFrom, carrierId } = await sent(database, duty, [
      { when: 'optionAbove', option: '2', count: 0 },
    ])
    await says(0, '1')
    expect(await lookAtEscalations(db, atMinute(0))).toBe(0)
    await says(1, '2')
    const looks = await Promise.all(
      Array.from({ length: 6 }, () => lookAtEscalations(db, atMinute(0))),
    )
    expect(looks.reduce((sum, one) => sum + one)).toBe(1)
    await says(2, '2')
    expect(await lookAtEscalations(db, atMinute(1))).toBe(0)
    const [escalation] = await escalationsOf(db, id)
    await planAll(database)
    const told = await textsOf(db, escalation!)
    expect([...told.values()]).toEqual([texts[0]!.sms, texts[0]!.sms])
    const waiting = await progressOf(author, id)
    expect(waiting.escalations).toMatchObject([{ rule: 1, alertId: escalation, takenAt: null }])
    expect(waiting.alarms.at(-1)).toMatchObject({
      code: 'escalated_1',
      detail: expect.stringContaining('1 of 5 have answered 2; nobody has taken it yet'),
    })

    const [first] = [...told.keys()]
    await handOver(db, escalation!, [...told.keys()], carrierId)
    await saysFrom(first!, '1')
    await lookAtEscalations(db, atMinute(2))
    const taken = await progressOf(author, id)
    expect(codesOf(taken)).not.toContain('escalated_1')
    expect(taken.escalations[0].takenAt).not.toBeNull()
    const { body: tally } = await author.call('GET', `/v1/alerts/${id}/tally`)
    expect(tally.replied).toBe(3)
    const { body: alert } = await author.call('GET', `/v1/alerts/${id}`)
    expect(alert.history.slice(-2)).toMatchObject([
      { action: 'escalated', operatorId: null, detail: escalation },
      { action: 'escalationTaken', operatorId: null, detail: 'rule 1' },
    ])
    const { body: own } = await author.call('GET', `/v1/alerts/${escalation}`)
    expect(own).toMatchObject({ escalationOf: id, scope: 'Private', signatures: [] })
    const auditor = await edge.caller({ roles: ['auditor'] })
    const trail = await auditor.call('GET', '/v1/audit?limit=50')
    expect(trail.body.items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['alert.escalated', 'alert.escalationTaken']),
    )
  },
)

test(
  'silence and a number that is not reached are asked after once, at their time',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, says } = await sent(database, duty, [
      { when: 'noReplyAbove', percent: 50, afterMinutes: 10 },
      { when: 'noReplyAbove', count: 3, afterMinutes: 10 },
      { when: 'optionBelow', option: '1', count: 5, afterMinutes: 20 },
    ])
    await says(0, '1')
    expect(await lookAtEscalations(db, atMinute(9))).toBe(0)
    expect(await lookAtEscalations(db, atMinute(11))).toBe(2)
    for (const no of [1, 2, 3, 4]) await says(no, '1')
    expect(await lookAtEscalations(db, atMinute(21))).toBe(0)
    await says(4, '2')
    expect(await lookAtEscalations(db, atMinute(22))).toBe(0)
    expect(await escalationsOf(db, id)).toHaveLength(2)
  },
)

test(
  'of what was stopped or is over nobody on duty is told; who is on duty by then is',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const rules = [{ when: 'noReplyAbove', count: 0, afterMinutes: 10 }]
    const stopped = await sent(database, duty, rules)
    await duty.author.call('POST', `/v1/alerts/${stopped.id}/stop`, {})
    expect(await lookAtEscalations(db, atMinute(11))).toBe(0)

    const clear = await sent(database, duty, rules)
    const signature = await duty.author.sign(clear.id, 'author', 'all-clear')
    await duty.author.call('POST', `/v1/alerts/${clear.id}/all-clear`, { json: { signature } })
    expect(await lookAtEscalations(db, atMinute(11))).toBe(0)

    const { id, to } = await sent(database, duty, rules)
    await end(db, id)
    const [relief] = await contactsAt(db, [[-11, 11]])
    await db.execute(sql`delete from group_members where group_id = ${to}::uuid`)
    await db.execute(
      sql`insert into group_members (group_id, contact_id) values (${to}, ${relief})`,
    )
    // After the expiry too: silence means as much then.
    expect(await lookAtEscalations(db, atMinute(70))).toBe(1)
    await planAll(database)
    const [escalation] = await escalationsOf(db, id)
    expect(await phonesOf(db, escalation!)).toHaveLength(1)
  },
)

test(
  'an escalation is sent only as it was approved with its alert',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const rules = [{ when: 'noReplyAbove', count: 0, afterMinutes: 10 }]
    const altered = await sent(database, duty, rules)
    // The row says otherwise than what was signed.
    await db.execute(sql`
      update escalations set terms = terms || '{"count": 99}', due_at = now()
      where alert_id = ${altered.id}::uuid`)
    for (const phone of [0, 1, 2, 3, 4]) await altered.says(phone, '1')
    expect(await lookAtEscalations(db, atMinute(0))).toBe(0)

    const { id } = await sent(database, duty, rules)
    await db.execute(sql`
      delete from signatures where alert_id = ${id}::uuid and role = 'approver'`)
    expect(await lookAtEscalations(db, atMinute(11))).toBe(0)
    expect(codesOf(await progressOf(duty.author, id))).toContain('escalation_refused')

    const made = await sent(database, duty, rules)
    await lookAtEscalations(db, atMinute(11))
    const [escalation] = await escalationsOf(db, made.id)
    await db.transaction(async tx => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`
        update alerts set content = convert_to(replace(convert_from(content, 'utf8'), 'command post', 'moon'), 'utf8'),
          content_digest = encode(sha256(convert_to(replace(convert_from(content, 'utf8'), 'command post', 'moon'), 'utf8')), 'hex')
        where id = ${escalation}::uuid`)
    })
    await planAll(database)
    const progress = await progressOf(duty.author, escalation!)
    expect([progress.state, codesOf(progress)]).toEqual(['stopped', ['integrity_violation']])
  },
)

test(
  'in a drill those on duty read the drill word',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    await db.execute(sql`delete from contacts`)
    const roster = await aListedGroup(db, await contactsAt(db, [[-96.5, 30.5]]))
    const to = await aListedGroup(db, await contactsAt(db, [[-10, 10]]))
    const given = { mode: 'exercise' } as const
    const duty = await onDuty(edge, given)
    const escalations = [{ when: 'noReplyAbove', count: 0, afterMinutes: 10, to, texts }]
    const id = await dispatched(duty, aDrill(roster, { escalations }))
    await planAll(database)
    expect(await lookAtEscalations(db, atMinute(11))).toBe(1)
    await planAll(database)
    const [escalation] = await escalationsOf(db, id)
    expect([...(await textsOf(db, escalation!)).values()]).toEqual([`EXERCISE: ${texts[0]!.sms}`])
  },
)

test(
  'a drill that names no end is watched for a day, as long as its texts are worth sending',
  { timeout: 60_000 },
  async ({ edge, db }) => {
    const duty = await onDuty(edge, { mode: 'exercise' })
    const roster = await aListedGroup(db, await contactsAt(db, [[50, 50]]))
    const rule = { when: 'optionAbove', option: '2', count: 0, texts, to: roster }
    const id = await dispatched(
      duty,
      aDrill(roster, { escalations: [rule], info: { expires: undefined } }),
    )
    const isClosed = async () => {
      const [row] = await db.execute<{ is_closed: boolean }>(
        sql`select is_closed from escalations where alert_id = ${id}::uuid`,
      )
      return row?.is_closed
    }
    await lookAtEscalations(db, atMinute(23 * 60))
    expect(await isClosed()).toBe(false)
    await lookAtEscalations(db, atMinute(25 * 60))
    expect(await isClosed()).toBe(true)
  },
)

test('what can not be meant is refused, each fault at its place', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const to = await aListedGroup(db, [])
  const { status, body } = await author.call('POST', '/v1/alerts', {
    json: aFlood({
      escalations: [
        { when: 'noReplyAbove', option: '1', afterMinutes: 5, to, texts },
        { when: 'optionBelow', count: 1, percent: 1, to, texts },
        { when: 'optionAbove', option: '9', count: 0, to, texts },
        { when: 'optionAbove', option: '2', count: 0, to: crypto.randomUUID(), texts },
        {
          when: 'optionAbove',
          option: '2',
          count: 0,
          to,
          texts: [{ language: 'en', sms: 'x'.repeat(2000) }],
        },
      ],
    }),
  })
  expect([status, body.errors.map((one: { pointer: string }) => one.pointer)]).toEqual([
    422,
    [
      '/escalations/0',
      '/escalations/0/option',
      '/escalations/1',
      '/escalations/1/option',
      '/escalations/1/afterMinutes',
      '/escalations/2/option',
      '/escalations/4/texts/0/sms',
      '/escalations/3/to',
    ],
  ])
})

test('those on duty are people whom the alert may reach when they are to be told', async ({
  edge,
  db,
}) => {
  const live = await aSigner(edge, ['author'])
  const area = { areaDesc: 'Wide', polygon: [square(0, 0)] }
  const { body: wide } = await live.call('POST', '/v1/groups', { json: { name: 'Wide', area } })
  const made = crypto.randomUUID()
  await db.execute(
    sql`insert into groups (id, name, simulated) values (${made}, 'Made-up phones', true)`,
  )
  const roster = await aListedGroup(db, [])
  const rules = [wide.id, made].map(to => ({
    when: 'optionAbove',
    option: '2',
    count: 0,
    to,
    texts,
  }))
  const at = async (who: Signer, alert: object) => {
    const { body } = await who.call('POST', '/v1/alerts', { json: alert })
    return (body.errors ?? []).map((one: { pointer: string }) => one.pointer)
  }
  expect(await at(live, aFlood({ escalations: rules }))).toEqual(['/escalations/1/to'])
  const driller = await aSigner(edge, ['author'], { mode: 'exercise' })
  const drill = aDrill(roster, { escalations: rules })
  expect(await at(driller, drill)).toEqual(['/escalations/0/to', '/escalations/1/to'])
})

test(
  'the group of those on duty stays as long as they may be told',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const rules = [{ when: 'noReplyAbove', count: 0, afterMinutes: 10 }]
    const { id, to } = await sent(database, duty, rules)
    const remove = () => duty.author.call('DELETE', `/v1/groups/${to}`)
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'in_use' } })
    await end(db, id)
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'in_use' } })
    await db.execute(sql`update escalations set is_closed = true where alert_id = ${id}::uuid`)
    expect((await remove()).status).toBe(204)
  },
)

test(
  'systems that dispatch help hear of each request, with whom to call and what was written',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const administrator = await edge.caller({ roles: ['administrator'] })
    const hook = await administrator.call('POST', '/v1/subscribers', {
      json: {
        url: 'https://cad.example.org/hook',
        description: 'Computer-aided dispatch',
        events: ['request.opened', 'request.taken', 'request.closed'],
      },
    })
    expect(hook.status).toBe(201)
    const duty = await onDuty(edge)
    const { id, phones, says } = await sent(database, duty, [
      { when: 'noReplyAbove', count: 5, afterMinutes: 10 },
    ])
    await says(0, '2')
    await says(0, 'HELP')
    await says(1, '1')
    const { body: list } = await duty.author.call('GET', `/v1/alerts/${id}/requests`)
    const path = `/v1/requests/${list.items[0].id}`
    await duty.author.call('POST', `${path}/take`, {})
    await duty.author.call('POST', `${path}/notes`, { json: { note: 'on the way' } })
    await duty.author.call('POST', `${path}/close`, { json: { outcome: 'helped' } })
    await says(0, '2')
    const rows = await db.execute<{ event: string; body: string }>(sql`
      select n.event, n.body from notices n join notice_deliveries d on d.notice_id = n.id
      where d.subscriber_id = ${hook.body.id}::uuid order by n.id`)
    expect(rows.map(({ event }) => event)).toEqual([
      'request.opened',
      'request.taken',
      'request.closed',
      'request.opened',
    ])
    expect(JSON.parse(rows[0]!.body)).toMatchObject({
      type: 'request.opened',
      data: {
        action: 'asked',
        alert: { id, status: 'Actual', event: 'Flash Flood Warning' },
        request: { phone: phones[0], text: '2', certain: true, state: 'open', reply: '2' },
      },
    })
  },
)

test(
  'those on duty who have an address are told by mail as well',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, to, says } = await sent(database, duty, [
      { when: 'optionAbove', option: '2', count: 0 },
    ])
    await db.execute(sql`
      update contacts set email = 'duty@county.example' where id = (
        select contact_id from group_members where group_id = ${to}::uuid limit 1)`)
    const post = await aCarrier(db, 'Post')
    await db.execute(sql`update carriers set protocol = 'smtp' where id = ${post}::uuid`)
    await says(0, '2')
    expect(await lookAtEscalations(db, atMinute(0))).toBe(1)
    const [escalation] = await escalationsOf(db, id)
    await planAll(database)
    await layOut(db)
    const letters = await db.execute<{ address: string }>(sql`
      select address from letters where alert_id = ${escalation!}::uuid`)
    expect([...letters]).toEqual([{ address: 'duty@county.example' }])
    expect((await textsOf(db, escalation!)).size).toBe(2)
  },
)
