import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { remindNext } from '../../src/alerts/remind.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { type Database, type OpenDatabase, transact } from '../../src/store/database.ts'
import { claimRanges } from '../../src/store/ranges.ts'
import { aDrill, aListedGroup, aSigner, compose, contactsAt } from '../alerts/people.ts'
import {
  aFlood,
  correct,
  dispatch,
  dispatched,
  type Duty,
  end,
  handOver,
  onDuty,
  phonesOf,
  planAll,
  textsOf,
} from '../support/corrections.ts'
import { type Edge, test } from '../support/edge.ts'
import { aCarrier } from '../support/sent-alert.ts'

const MINUTE = 60_000
const reminders = { afterMinutes: 5, times: 2 }
const atMinute = (minutes: number) => new Date(Date.now() + minutes * MINUTE)

/** Makes what is due at a moment. @returns the ids of all reminders so far, the oldest first */
async function remindersAt(db: Database, id: string, minutes: number): Promise<string[]> {
  while (await remindNext(db, atMinute(minutes)));
  const rows = await db.execute<{ id: string }>(
    sql`select id from alerts where reminder_of = ${id}::uuid order by dispatched_at`,
  )
  return rows.map(row => row.id)
}

/** Four people in the valley; the alert is laid out for them, and has left for the first three. */
async function threeReached(database: OpenDatabase, duty: Duty, changes: object = {}) {
  const { db } = database
  await db.execute(sql`delete from contacts`)
  await contactsAt(db, [
    [-96.5, 30.1],
    [-96.5, 30.2, 'es-US'],
    [-96.5, 30.3],
    [-96.5, 30.4],
  ])
  const id = await dispatched(duty, aFlood({ reminders, ...changes }))
  await planAll(database)
  const phones = await phonesOf(db, id)
  const carrierId = await aCarrier(db)
  await handOver(db, id, phones.slice(0, 3), carrierId)
  const says = (no: number, text: string) =>
    recordReplies(db, carrierId, [{ from: phones[no]!, to: '72345', text }])
  return { id, phones, carrierId, says }
}

test(
  'who has not answered is reminded in their language as often as was approved, and what they answer counts for the alert',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, carrierId, says } = await threeReached(database, duty)
    const sent = await textsOf(db, id)
    await says(0, '1')
    expect(await remindersAt(db, id, 4)).toEqual([])
    const [first] = await remindersAt(db, id, 6)
    await planAll(database)
    const silent = phones.slice(1, 3)
    expect(await textsOf(db, first!)).toEqual(
      new Map(silent.map(phone => [phone, sent.get(phone)])),
    )
    await handOver(db, first!, silent, carrierId)
    await says(1, '2')
    const { body: tally } = await duty.author.call('GET', `/v1/alerts/${id}/tally`)
    expect(tally).toMatchObject({ replied: 2, noReply: 2, requests: { open: 1 } })
    const { body: own } = await duty.author.call('GET', `/v1/alerts/${first}/tally`)
    expect(own.replied).toBe(0)

    const both = await remindersAt(db, id, 12)
    expect(both).toEqual([first, expect.any(String)])
    await planAll(database)
    expect(await phonesOf(db, both[1]!)).toEqual([phones[2]])
    const { body: progress } = await duty.author.call('GET', `/v1/alerts/${id}/progress`)
    expect(progress.reminders).toEqual([
      { alertId: first, round: 1, state: 'sending', recipients: 2, left: 2, delivered: 0 },
      { alertId: both[1], round: 2, state: 'sending', recipients: 1, left: 0, delivered: 0 },
    ])
    expect(progress.nextReminderAt).toBeNull()
    expect(await remindersAt(db, id, 50)).toHaveLength(2)

    const { body: reminder } = await duty.author.call('GET', `/v1/alerts/${first}`)
    expect(reminder).toMatchObject({
      reminderOf: id,
      references: [id],
      signatures: [],
      replies: { options: [] },
      history: [{ action: 'dispatched', operatorId: null }],
    })
    const { body: alert } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect(alert.correctedBy).toEqual([])
    expect(alert.history.slice(-2)).toMatchObject([
      { action: 'reminded', operatorId: null, detail: first },
      { action: 'reminded', operatorId: null, detail: both[1] },
    ])
  },
)

test(
  'a reminder goes by another carrier than the alert went, where one is free in time',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, carrierId: north } = await threeReached(database, duty)
    const south = await aCarrier(db)
    await handOver(db, id, phones.slice(3), south)
    const [reminder] = await remindersAt(db, id, 6)
    await planAll(database)
    const claim = (carrierId: string) =>
      transact(db, tx =>
        claimRanges(tx, {
          dispatcherId: randomUUID(),
          carrierId,
          classes: classes.map(routeClass => ({ routeClass, after: [], waitSeconds: 0 })),
          patienceSeconds: 10,
          limit: 20,
        }),
      )
    const classes = (
      await db.execute<{ of: string }>(
        sql`select distinct route_class as of from ranges where alert_id = ${reminder!}::uuid`,
      )
    ).map(({ of }) => of)
    const planned = await phonesOf(db, reminder!)
    const claimedBy = async (carrierId: string) =>
      (await claim(carrierId))
        .filter(({ alertId }) => alertId === reminder)
        .flatMap(({ fromSeq, toSeq }) => planned.slice(fromSeq - 1, toSeq))
        .toSorted()
    expect(await claimedBy(south)).toEqual(phones.slice(0, 3).toSorted())
    expect(await claimedBy(north)).toEqual(phones.slice(3))
    // Nobody waits for long where there is no other.
    await db.execute(sql`
      update ranges set state = 'ready', owner = null, lease_until = null,
        due_at = now() - interval '3 seconds'
      where alert_id = ${reminder!}::uuid`)
    expect(await claimedBy(north)).toEqual(phones.toSorted())
  },
)

test(
  'many nodes look at once, and each round goes out once',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const { id } = await threeReached(database, await onDuty(edge))
    const made = await Promise.all(Array.from({ length: 8 }, () => remindNext(db, atMinute(6))))
    expect(made).toContain(true)
    expect(await remindersAt(db, id, 6)).toHaveLength(1)
  },
)

test(
  'a reminder waits while messages leave, and has texts of its own where some were approved',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const texts = [
      { language: 'en-US', sms: 'Please answer: 1 SAFE, 2 NEED HELP.' },
      { language: 'es-US', sms: 'Responda: 1 BIEN, 2 AYUDA.' },
    ]
    const duty = await onDuty(edge)
    const { id, phones } = await threeReached(database, duty, {
      reminders: { ...reminders, texts },
    })
    const isSpanish = [...(await textsOf(db, id))].filter(([, text]) => text === 'INUNDACION.')
    await db.execute(
      sql`update alerts set last_submitted_at = ${atMinute(4).toISOString()} where id = ${id}`,
    )
    expect(await remindersAt(db, id, 6)).toEqual([])
    const [first] = await remindersAt(db, id, 10)
    await planAll(database)
    expect(await textsOf(db, first!)).toEqual(
      new Map(
        phones
          .slice(0, 3)
          .map(phone => [phone, texts[isSpanish.some(([one]) => one === phone) ? 1 : 0]!.sms]),
      ),
    )
  },
)

test(
  'nobody is reminded of what was stopped, taken back, over or updated; what is under way is stopped',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { author } = duty
    const ends: [string, (id: string) => Promise<unknown>][] = [
      ['stopped', id => author.call('POST', `/v1/alerts/${id}/stop`, {})],
      ['cancelled', id => correct(author, id, 'cancel')],
      ['over', id => correct(author, id, 'all-clear')],
      [
        'updated',
        async id => {
          const { body } = await author.call('POST', `/v1/alerts/${id}/update`)
          await author.submit(body.id)
          await duty.approver.approve(body.id)
          await dispatch(author, body.id)
        },
      ],
    ]
    for (const [how, ending] of ends) {
      const { id } = await threeReached(database, duty)
      const [first] = await remindersAt(db, id, 6)
      await ending(id)
      const { body } = await author.call('GET', `/v1/alerts/${first}`)
      expect([how, body.state]).toEqual([how, 'stopped'])
      expect(await remindersAt(db, id, 12)).toEqual([first])
    }
    const { id } = await threeReached(database, duty)
    expect(await remindersAt(db, id, 61)).toEqual([])
    const paused = await threeReached(database, duty)
    await author.call('POST', `/v1/alerts/${paused.id}/pause`, {})
    await remindNext(db, atMinute(6))
    const { body: progress } = await author.call('GET', `/v1/alerts/${paused.id}/progress`)
    expect([progress.state, progress.reminders]).toEqual(['paused', []])
    expect(progress.nextReminderAt).not.toBeNull()
  },
)

test(
  'the all-stop ends the reminders of what was sent before, and one that is being made',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const stop = () => duty.approver.call('POST', '/v1/stop', { json: { reason: 'a hoax' } })
    const { id } = await threeReached(database, duty)
    await end(db, id)
    expect((await stop()).status).toBe(202)
    expect(await remindersAt(db, id, 6)).toEqual([])
    const { body } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect([body.state, body.history.at(-1)]).toMatchObject([
      'sent',
      { action: 'remindersEnded', operatorId: duty.approver.id, detail: 'a hoax' },
    ])

    const other = await threeReached(database, duty)
    await end(db, other.id)
    await Promise.all([remindNext(db, atMinute(6)), stop()])
    const states = await db.execute<{ state: string }>(
      sql`select state from alerts where reminder_of = ${other.id}::uuid`,
    )
    expect(states.filter(({ state }) => state !== 'stopped')).toEqual([])
    expect(await remindersAt(db, other.id, 20)).toHaveLength(states.length)
  },
)

test(
  'a reminder that is not what was approved is refused',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id } = await threeReached(database, duty)
    const [first] = await remindersAt(db, id, 6)
    const [row] = await db.execute<{ content: Uint8Array }>(
      sql`select content from alerts where id = ${first}::uuid`,
    )
    const altered = Buffer.from(row!.content).toString().replace('FLASH FLOOD.', 'FALSE ALARM.')
    await db.transaction(async tx => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`
        update alerts set content = ${Buffer.from(altered)},
          content_digest = encode(sha256(${Buffer.from(altered)}::bytea), 'hex')
        where id = ${first}::uuid`)
    })
    await planAll(database)
    const { body } = await duty.author.call('GET', `/v1/alerts/${first}/progress`)
    expect([body.state, body.alarms[0].code]).toEqual(['stopped', 'integrity_violation'])

    const other = await threeReached(database, duty)
    await db.execute(sql`update alerts set max_recipients = 9999 where id = ${other.id}::uuid`)
    expect(await remindersAt(db, other.id, 6)).toEqual([])
    const { body: warned } = await duty.author.call('GET', `/v1/alerts/${other.id}/progress`)
    expect(warned.alarms.map(({ code }: { code: string }) => code)).toContain('reminder_refused')
  },
)

test(
  'by hand: a draft to those who have not answered, approved as any alert',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { author, approver } = duty
    const { id, phones, says, carrierId } = await threeReached(database, duty, {
      reminders: undefined,
    })
    await says(0, '1')
    await end(db, id)
    const { status, body: draft, headers } = await author.call('POST', `/v1/alerts/${id}/remind`)
    expect([status, draft.state, draft.reminderOf]).toEqual([201, 'draft', id])
    expect(headers.get('Location')).toBe(`/v1/alerts/${draft.id}`)
    expect(draft).toMatchObject({ audience: { only: 'noReply' }, maxRecipients: 3 })
    const { body: estimate } = await author.call('GET', `/v1/alerts/${draft.id}/estimate`)
    expect(estimate.recipients).toBe(2)

    const refused = await author.call('PATCH', `/v1/alerts/${draft.id}`, {
      json: { audience: {}, replies: { options: [{ code: '1', label: 'Yes' }] } },
    })
    expect([
      refused.status,
      refused.body.errors.map((one: { pointer: string }) => one.pointer),
    ]).toEqual([422, ['/audience/only']])
    const asking = await author.call('PATCH', `/v1/alerts/${draft.id}`, {
      json: { replies: { options: [{ code: '1', label: 'Yes' }] }, reminders },
    })
    expect(asking.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual([
      '/replies/options',
      '/reminders',
    ])
    expect((await author.submit(draft.id)).status).toBe(200)
    const early = await author.call('POST', `/v1/alerts/${draft.id}/dispatch`, {
      headers: { 'Idempotency-Key': randomUUID() },
    })
    expect(early.status).toBe(409)
    await approver.approve(draft.id)
    await says(1, '1')
    await dispatch(author, draft.id)
    await planAll(database)
    expect(await phonesOf(db, draft.id)).toEqual([phones[2]])
    await handOver(db, draft.id, [phones[2]!], carrierId)
    await says(2, '2')
    const { body: tally } = await author.call('GET', `/v1/alerts/${id}/tally`)
    expect(tally).toMatchObject({ replied: 3 })
    const again = await author.call('POST', `/v1/alerts/${draft.id}/remind`)
    expect([again.status, again.body.code]).toEqual([409, 'wrong_state'])
  },
)

test(
  'a reminder by hand that was approved is not dispatched after the alert was taken back',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const duty = await onDuty(edge)
    const { author, approver } = duty
    const { id } = await threeReached(database, duty)
    const { body: draft } = await author.call('POST', `/v1/alerts/${id}/remind`)
    await author.submit(draft.id)
    await approver.approve(draft.id)
    await correct(author, id, 'all-clear')
    const { status, body } = await author.call('POST', `/v1/alerts/${draft.id}/dispatch`, {
      headers: { 'Idempotency-Key': randomUUID() },
    })
    expect([status, body.code]).toEqual([409, 'wrong_state'])
    const late = await author.call('POST', `/v1/alerts/${id}/remind`)
    expect(late.status).toBe(409)
  },
)

async function aDrillOf(edge: Edge, db: Database) {
  const roster = await aListedGroup(db, await contactsAt(db, [[-10, 10]]))
  const author = await aSigner(edge, ['author'], { mode: 'exercise' })
  const approver = await aSigner(edge, ['approver'], { mode: 'exercise' })
  const texts = [{ language: 'en-US', sms: 'Please answer.' }]
  const id = await dispatched(
    { author, approver },
    aDrill(roster, { reminders: { ...reminders, texts } }),
  )
  return id
}

test(
  'a reminder of a drill begins with the drill word, and goes to the roster alone',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    await db.execute(sql`delete from contacts`)
    const id = await aDrillOf(edge, db)
    await planAll(database)
    const phones = await phonesOf(db, id)
    await handOver(db, id, phones)
    const [first] = await remindersAt(db, id, 6)
    await planAll(database)
    expect(await textsOf(db, first!)).toEqual(new Map([[phones[0]!, 'EXERCISE: Please answer.']]))
  },
)

test('what can not be meant is refused, each fault at its place', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const shape = await author.call('POST', '/v1/alerts', {
    json: aFlood({
      reminders: { afterMinutes: 0, times: 11, to: 'all', texts: [] },
      audience: { only: 'everybody' },
    }),
  })
  expect([shape.status, shape.body.errors.map((one: { pointer: string }) => one.pointer)]).toEqual([
    400,
    [
      '/audience/only',
      '/reminders/afterMinutes',
      '/reminders/times',
      '/reminders/to',
      '/reminders/texts',
    ],
  ])
  const meaning = await author.call('POST', '/v1/alerts', {
    json: aFlood({
      replies: {},
      reminders: { ...reminders, texts: [{ language: 'en', sms: 'x'.repeat(2000) }] },
    }),
  })
  expect(meaning.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual([
    '/reminders',
    '/reminders/texts/0/sms',
  ])
  const only = await author.call('POST', '/v1/alerts', {
    json: aFlood({ audience: { only: 'noReply' } }),
  })
  expect(only.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(
    '/audience/only',
  )
  const warned = await author.call('POST', '/v1/alerts', {
    json: aFlood({ reminders: { ...reminders, texts: [{ language: 'en-US', sms: 'Answer.' }] } }),
  })
  expect(warned.body.warnings).toContainEqual({
    pointer: '/reminders/texts',
    detail: 'has no text in es-US',
    code: 'no_text_in',
    values: { language: 'es-US' },
  })
  await compose(author, aFlood({ reminders }))
})
