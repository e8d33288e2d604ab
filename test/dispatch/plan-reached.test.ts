import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { contactsAt, square } from '../alerts/people.ts'
import {
  aFlood,
  corrected,
  CORRECTIONS,
  dispatch,
  dispatched,
  type Duty,
  end,
  handOver,
  onDuty,
  phonesOf,
  planAll,
  planTurn,
  textsOf,
} from '../support/corrections.ts'
import type { Database, OpenDatabase } from '../../src/store/database.ts'
import { test } from '../support/edge.ts'
import { capXml, type Change } from '../cap/messages.ts'

const [ENGLISH, SPANISH] = CORRECTIONS.cancel.map(({ sms }) => sms) as [string, string]

const alertOf = async (db: Database, id: string) => {
  const [row] = await db.execute<{
    state: string
    plan_state: string
    planned: number
    recipients: number
    alarms: { code: string }[]
  }>(sql`select state, plan_state, planned, recipients, alarms from alerts where id = ${id}::uuid`)
  return row!
}

const A_TEXT = '<parameter><valueName>tocsin:sms</valueName><value>Go up.</value></parameter>'

/** A message of now under this name, handed in by the author. */
async function imported({ author }: Duty, name: string, ...changes: Change[]) {
  const text = capXml(
    ['river-7', name],
    ['2026-11-22T18:00:00-06:00', new Date().toISOString()],
    ['2027-11-22T20:00:00-06:00', new Date(Date.now() + 3_600_000).toISOString()],
    ...changes,
  ).toString()
  const headers = { 'Content-Type': 'application/cap+xml' }
  const { status, body } = await author.call('POST', '/v1/alerts/import', { text, headers })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

async function send({ author, approver }: Duty, id: string) {
  await author.submit(id)
  await approver.approve(id)
  await dispatch(author, id)
}

/** People in the valley, every second of them Spanish-speaking; the alert is laid out for them. */
async function laidOut(database: OpenDatabase, duty: Duty, count: number, changes: object = {}) {
  const { db } = database
  await db.execute(sql`delete from contacts`)
  await contactsAt(
    db,
    Array.from({ length: count }, (_, i) => [-96.5, 30.1 + i / 1000, i % 2 ? 'es-US' : 'en-US']),
  )
  const id = await dispatched(duty, aFlood(changes))
  await planAll(database)
  const texts = await textsOf(db, id)
  const phones = [...texts.keys()]
  return { id, phones, isSpanish: (phone: string) => texts.get(phone) === 'INUNDACION.' }
}

test(
  'a retraction goes to exactly those whose message may have left, in their language',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, isSpanish } = await laidOut(database, duty, 40)
    const reached = phones.filter((_phone, i) => i % 3 !== 0)
    await handOver(db, id, reached)
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    expect(await textsOf(db, cancel)).toEqual(
      new Map(reached.map(phone => [phone, isSpanish(phone) ? SPANISH : ENGLISH])),
    )
    expect(await alertOf(db, cancel)).toMatchObject({
      planned: reached.length,
      recipients: reached.length,
      plan_state: 'done',
    })
    // The rest of the alert has its end too.
    const { body } = await duty.author.call('GET', `/v1/alerts/${id}/progress`)
    expect(body).toMatchObject({ state: 'stopped', queued: 0, cancelled: 40 - reached.length })
    // By the areas in which the alert counted them.
    const tally = await duty.author.call('GET', `/v1/alerts/${cancel}/tally`)
    expect(tally.body.byArea).toMatchObject([
      { areaDesc: 'The valley', recipients: reached.length },
    ])
    const estimate = await duty.author.call('GET', `/v1/alerts/${cancel}/estimate`)
    expect(estimate.body).toMatchObject({
      recipients: reached.length,
      reachedBefore: reached.length,
      ifActual: reached.length,
    })
  },
)

test(
  'it goes to the phone that got the alert, whatever has become of the contact',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 6)
    await handOver(db, id, phones)
    const [gone, changed, moved, nonEmergency, all, stays] = phones as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    await db.execute(sql`delete from contacts where phone = ${gone}`)
    await db.execute(
      sql`update contacts set phone = '+15559999999', language = 'es-US' where phone = ${changed}`,
    )
    await db.execute(sql`
    update locations set position = point(0, 0)
    where contact_id = (select id from contacts where phone = ${moved})`)
    // Of an emergency only who wants nothing at all is left out.
    await db.execute(sql`
    insert into opt_outs (phone, scope, source, at)
    values (${nonEmergency}, 'nonEmergency', 'test', now()), (${all}, 'all', 'test', now())`)
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    expect((await phonesOf(db, cancel)).toSorted()).toEqual(
      [gone, changed, moved, nonEmergency, stays].toSorted(),
    )
  },
)

test(
  'what may still leave while the alert comes to rest is in the correction too',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 30)
    await handOver(db, id, phones.slice(0, 10))
    // A dispatcher that lives holds all of it, and has messages in flight.
    await db.execute(sql`
    update ranges set state = 'leased', owner = ${randomUUID()}::uuid, hwm = to_seq,
      lease_until = now() + interval '1 minute'
    where alert_id = ${id}::uuid`)
    const cancel = await corrected(duty.author, id)
    // It begins with those who are known to have it …
    await planTurn(database)
    expect((await phonesOf(db, cancel)).toSorted()).toEqual(phones.slice(0, 10).toSorted())
    expect(await alertOf(db, cancel)).toMatchObject({ state: 'sending', plan_state: 'running' })
    // … and does not end while others may come to have it.
    await db.execute(sql`update ranges set state = 'done' where alert_id = ${cancel}::uuid`)
    await new Promise(resolve => setTimeout(resolve, 150))
    await planTurn(database)
    expect(await alertOf(db, cancel)).toMatchObject({ state: 'sending', planned: 10 })

    await handOver(db, id, phones.slice(10, 17))
    await db.execute(sql`
    update ranges set state = 'ready', owner = null, lease_until = null, hwm = 0
    where alert_id = ${id}::uuid`)
    await planAll(database)
    expect((await phonesOf(db, cancel)).toSorted()).toEqual(phones.slice(0, 17).toSorted())
    expect(await alertOf(db, cancel)).toMatchObject({ planned: 17, recipients: 17 })
  },
)

test(
  'what a dead dispatcher may have sent counts as left',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 12)
    const [range] = await db.execute<{ no: number; from: number; hwm: number }>(sql`
    update ranges set state = 'leased', owner = ${randomUUID()}::uuid, hwm = from_seq + 1,
      lease_until = now() - interval '1 second'
    where alert_id = ${id}::uuid and range_no = (select min(range_no) from ranges where alert_id = ${id}::uuid)
    returning range_no as no, from_seq as from, hwm`)
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    expect((await phonesOf(db, cancel)).toSorted()).toEqual(
      phones.slice(range!.from - 1, range!.hwm).toSorted(),
    )
  },
)

test(
  'whoever had it as a letter alone hears of the correction too',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 6)
    const states = ['sent', 'unknown', 'waiting', 'failed', 'cancelled', 'waiting'] as const
    for (const [i, state] of states.entries()) {
      await db.execute(sql`
        insert into letters (alert_id, seq, contact_id, phone, address, text_no, expires, state, possible_duplicate)
        values (${id}::uuid, ${i + 1}, ${randomUUID()}::uuid, ${phones[i]!}, ${`${i}@mail.example`}, 0,
          now() + interval '1 hour', ${state}, ${i === 5})`)
    }
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    expect((await phonesOf(db, cancel)).toSorted()).toEqual(
      [0, 1, 5].map(i => phones[i]!).toSorted(),
    )
  },
)

test(
  'an alert that reached nobody is taken back all the same, from nobody',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id } = await laidOut(database, duty, 3)
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    await end(db, cancel)
    expect(await alertOf(db, cancel)).toMatchObject({ state: 'sent', recipients: 0, planned: 0 })
  },
)

test(
  'an alert that is cancelled while it is still being laid out is laid out to its end',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    await db.execute(sql`delete from contacts`)
    await contactsAt(
      db,
      Array.from({ length: 8 }, () => [-96.5, 30.5] as const),
    )
    const id = await dispatched(duty, aFlood())
    const cancel = await corrected(duty.author, id)
    await planAll(database)
    expect(await phonesOf(db, id)).toHaveLength(8)
    expect(await phonesOf(db, cancel)).toEqual([])
    const { body } = await duty.author.call('GET', `/v1/alerts/${id}/progress`)
    expect(body).toMatchObject({ cancelled: 8, queued: 0 })
  },
)

test(
  'a correction is sent only as it was approved with its alert',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const tamper = {
      'the octets of the correction': (_id: string, cancel: string) => sql`
      update alerts set content = convert_to(replace(convert_from(content, 'utf8'), 'no flood', 'a flood'), 'utf8'),
        content_digest = encode(sha256(convert_to(replace(convert_from(content, 'utf8'), 'no flood', 'a flood'), 'utf8')), 'hex')
      where id = ${cancel}::uuid`,
      'the texts of the alert': (id: string, _cancel: string) => sql`
      update alerts set content = convert_to(replace(convert_from(content, 'utf8'), 'no flood', 'a flood'), 'utf8'),
        content_digest = encode(sha256(convert_to(replace(convert_from(content, 'utf8'), 'no flood', 'a flood'), 'utf8')), 'hex')
      where id = ${id}::uuid`,
      'the approval of the alert': (id: string, _cancel: string) => sql`
      delete from signatures where alert_id = ${id}::uuid and role = 'approver'`,
      'the signature of the correction': (id: string, cancel: string) => sql`
      update signatures set jws = (select jws from signatures where alert_id = ${id}::uuid and role = 'author')
      where alert_id = ${cancel}::uuid`,
      'whom it follows': (_id: string, cancel: string) => sql`
      update alerts set "references" = '{}' where id = ${cancel}::uuid`,
      'the role of who signed': (_id: string, _cancel: string) => sql`
      update operators set roles = '{viewer}' where id = ${duty.author.id}::uuid`,
    }
    for (const [what, change] of Object.entries(tamper)) {
      const { id, phones } = await laidOut(database, duty, 2)
      await handOver(db, id, phones)
      const cancel = await corrected(duty.author, id)
      // As somebody with the database in their hands would: past the triggers, which would refuse it too.
      await db.transaction(async tx => {
        await tx.execute(sql`set local session_replication_role = replica`)
        await tx.execute(change(id, cancel))
      })
      await planAll(database)
      const { state, alarms } = await alertOf(db, cancel)
      expect([what, state, alarms.map(({ code }) => code)]).toEqual([
        what,
        'stopped',
        ['integrity_violation'],
      ])
      expect(await phonesOf(db, cancel)).toEqual([])
    }
  },
)

test(
  'a key that is revoked before the first message takes the correction with it',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 2)
    await handOver(db, id, phones)
    const cancel = await corrected(duty.approver, id)
    edge.pass(1)
    await duty.approver.call('POST', `/v1/me/keys/${duty.approver.kid}/revoke`)
    await planAll(database)
    expect(await alertOf(db, cancel)).toMatchObject({
      state: 'stopped',
      alarms: [{ code: 'signature_key_revoked' }],
    })
  },
)

// ---- updates

/** An update of the alert for the square east of the valley, signed and approved. */
async function anUpdate(duty: Duty, id: string, changes: object = {}): Promise<string> {
  const { body: draft } = await duty.author.call('POST', `/v1/alerts/${id}/update`)
  const [english, spanish] = draft.info
  const area = [{ areaDesc: 'East of the valley', polygon: [square(-96, 30)] }]
  const info = [
    { ...english, sms: 'The water goes east.', area },
    { ...spanish, sms: 'El agua va al este.', area },
  ]
  const { status, body } = await duty.author.call('PATCH', `/v1/alerts/${draft.id}`, {
    json: { info, ...changes },
  })
  expect([status, body.errors]).toEqual([200, undefined])
  for (const answer of [
    await duty.author.submit(draft.id),
    await duty.approver.approve(draft.id),
  ]) {
    expect([answer.status, answer.body.code]).toEqual([200, undefined])
  }
  return draft.id
}

test(
  'an update is a draft made from the alert, which lasts as long from now',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 40)
    await handOver(db, id, phones)
    await end(db, id)
    edge.pass(600)
    const { status, headers, body } = await duty.author.call('POST', `/v1/alerts/${id}/update`)
    expect([status, headers.get('Location'), headers.get('ETag')]).toEqual([
      201,
      `/v1/alerts/${body.id}`,
      '"1"',
    ])
    const { body: alert } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect(body).toMatchObject({
      state: 'draft',
      msgType: 'Update',
      references: [id],
      maxRecipients: 42,
      replies: alert.replies,
      corrections: alert.corrections,
      createdBy: duty.author.id,
    })
    expect(body.info[0]).toEqual({ ...alert.info[0], expires: body.info[0].expires })
    const lasts = (until: string, from: number) => Date.parse(until) - from
    const lasted = lasts(alert.info[0].expires, Date.parse(alert.sent))
    const willLast = lasts(body.info[0].expires, edge.deps.now().getTime())
    expect(Math.abs(lasted - willLast)).toBeLessThanOrEqual(60_000)
    // Nothing is corrected by a draft.
    expect(alert.correctedBy).toEqual([])
    for (const who of [duty.approver, await edge.caller({ roles: ['viewer'] })]) {
      expect((await who.call('POST', `/v1/alerts/${id}/update`)).status).toBe(403)
    }
    // It stays an update, and a new alert is none.
    const patch = await duty.author.call('PATCH', `/v1/alerts/${body.id}`, {
      json: { msgType: 'Alert' },
    })
    expect(patch.status).toBe(422)
  },
)

test(
  'an update reaches those already reached and new ones, each phone once',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones, isSpanish } = await laidOut(database, duty, 20)
    const reached = phones.slice(0, 14)
    await handOver(db, id, reached)
    const east = await contactsAt(db, [
      [-95.5, 30.5, 'es-US'],
      [-95.4, 30.5],
    ])
    const newcomers = await db.execute<{ phone: string; language: string | null }>(sql`
    select phone, language from contacts where id in (${east[0]}, ${east[1]})`)
    // One of those reached has moved there, one opted out of everything, one is gone.
    const [moved, out, gone] = reached as [string, string, string]
    await db.execute(sql`
    update locations set position = point(-95.5, 30.5)
    where contact_id = (select id from contacts where phone = ${moved})`)
    await db.execute(
      sql`insert into opt_outs (phone, scope, source, at) values (${out}, 'all', 'test', now())`,
    )
    await db.execute(sql`delete from contacts where phone = ${gone}`)
    const update = await anUpdate(duty, id)
    const estimate = await duty.author.call('GET', `/v1/alerts/${update}/estimate`)
    expect(estimate.body).toMatchObject({ recipients: 15, reachedBefore: 14 })
    const { body: signed } = await duty.author.call('GET', `/v1/alerts/${update}/content`)
    const { body: alert } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect(signed.reached).toEqual([{ id, contentDigest: alert.contentDigest }])
    expect(signed.maxRecipients).toBe(Math.ceil((15 + 6) * 1.05))

    await dispatch(duty.author, update)
    expect((await alertOf(db, id)).state).toBe('stopped')
    await planAll(database)
    const expected = new Map([
      ...reached
        .filter(phone => phone !== out)
        .map((phone): [string, string] => [
          phone,
          isSpanish(phone) ? 'El agua va al este.' : 'The water goes east.',
        ]),
      ...newcomers.map(({ phone, language }): [string, string] => [
        phone,
        language === 'es-US' ? 'El agua va al este.' : 'The water goes east.',
      ]),
    ])
    expect(await textsOf(db, update)).toEqual(expected)
    expect(await phonesOf(db, update)).toHaveLength(15)
    expect(await alertOf(db, update)).toMatchObject({ planned: 15, recipients: 15 })
    const { body: after } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect(after.correctedBy).toMatchObject([{ id: update, kind: 'update', state: 'sending' }])
    expect(after.history.at(-1)).toMatchObject({ action: 'updated', to: 'stopped', detail: update })
    const retry = await duty.author.call('POST', `/v1/alerts/${id}/retry`)
    expect([retry.status, retry.body.code]).toEqual([409, 'wrong_state'])
  },
)

test(
  'the update of an update reaches whoever had either of them, and names both',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 6)
    await handOver(db, id, phones)
    await end(db, id)
    await contactsAt(db, [[-95.5, 30.5]])
    const first = await anUpdate(duty, id)
    await dispatch(duty.author, first)
    await planAll(database)
    const [newcomer] = (await phonesOf(db, first)).filter(phone => !phones.includes(phone))
    // It had come to the newcomer and to one other before it was stopped.
    await handOver(db, first, [newcomer!, phones[0]!])
    const second = await anUpdate(duty, first, {
      info: [
        {
          ...aFlood().info[0],
          sms: 'Stay where you are.',
          area: [{ areaDesc: 'Far away', polygon: [square(20, 20)] }],
        },
      ],
    })
    await dispatch(duty.author, second)
    await planAll(database)
    expect((await phonesOf(db, second)).toSorted()).toEqual([...phones, newcomer!].toSorted())
    const { body } = await duty.author.call('GET', `/v1/alerts/${second}`)
    expect(body.references).toEqual([id, first])
    const { body: xml } = await duty.author.call('GET', `/v1/alerts/${second}/cap`)
    const references = /<references>(.*?)<\/references>/.exec(xml as string)![1]!.split(' ')
    expect(references.map(one => one.split(',')[1])).toEqual([id, first])
  },
)

test(
  'whoever signs for an update answers for the places that it follows',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 2)
    await handOver(db, id, phones)
    const eastern = await onDuty(edge, { jurisdiction: { geometry: square(-96, 30) } })
    const refused = await eastern.author.call('POST', `/v1/alerts/${id}/update`)
    expect([refused.status, refused.body.code]).toEqual([403, 'outside_jurisdiction'])
    const { body: draft } = await duty.author.call('POST', `/v1/alerts/${id}/update`)
    const area = [{ areaDesc: 'East of the valley', polygon: [square(-96, 30)] }]
    const json = { info: [{ ...draft.info[0], area }] }
    await duty.author.call('PATCH', `/v1/alerts/${draft.id}`, { json })
    await duty.author.submit(draft.id)
    const approval = await eastern.approver.approve(draft.id)
    expect([approval.status, approval.body.code]).toEqual([403, 'outside_jurisdiction'])
  },
)

test(
  'an imported Cancel goes to exactly those whom the alert may have reached, whoever has come into its areas since',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    await db.execute(sql`delete from contacts`)
    await contactsAt(
      db,
      Array.from({ length: 9 }, () => [-96.5, 30.5]),
    )
    const texted: Change = ['</parameter>', `</parameter>${A_TEXT}`]
    const alert = await imported(duty, 'river-8', texted)
    await send(duty, alert.id)
    await planAll(database)
    const phones = await phonesOf(db, alert.id)
    expect(phones).toHaveLength(9)
    await handOver(db, alert.id, phones.slice(0, 4))
    await contactsAt(
      db,
      Array.from({ length: 5 }, () => [-96.5, 30.5]),
    )

    const { sender, identifier, sent } = alert.origin
    const cancel = await imported(
      duty,
      'river-9',
      ['<msgType>Alert', '<msgType>Cancel'],
      [
        '<incidents>',
        `<references>${sender},${identifier},${sent.replace(/\.\d+Z|Z/, '-00:00')}</references><incidents>`,
      ],
      texted,
    )
    expect(cancel).toMatchObject({
      references: [alert.id],
      audience: { groups: [], only: 'reached' },
    })
    // Nobody makes it reach others by a change.
    const json = { audience: { groups: [], excludeGroups: [] } }
    const widened = await duty.author.call('PATCH', `/v1/alerts/${cancel.id}`, { json })
    expect([widened.status, widened.body.errors]).toMatchObject([
      422,
      [{ pointer: '/audience/only' }],
    ])
    const estimate = await duty.author.call('GET', `/v1/alerts/${cancel.id}/estimate`)
    expect(estimate.body).toMatchObject({ recipients: 4, reachedBefore: 4 })
    await send(duty, cancel.id)
    await planAll(database)
    expect((await phonesOf(db, cancel.id)).toSorted()).toEqual(phones.slice(0, 4).toSorted())
    expect(await alertOf(db, cancel.id)).toMatchObject({ planned: 4, recipients: 4 })
    expect(await alertOf(db, alert.id)).toMatchObject({ state: 'stopped' })
  },
)

// ---- deaths

for (const what of ['cancel', 'update'] as const) {
  test(`a planner that dies anywhere in ${what === 'cancel' ? 'a cancel' : 'an update'} loses nobody, and plans nobody twice`, async ({
    edge,
    database,
    db,
  }) => {
    const duty = await onDuty(edge)
    const { id, phones } = await laidOut(database, duty, 700)
    const reached = phones.slice(0, 650)
    await handOver(db, id, reached)
    if (what === 'update')
      await contactsAt(
        db,
        Array.from({ length: 50 }, () => [-95.5, 30.5]),
      )
    const follows = what === 'cancel' ? await corrected(duty.author, id) : await anUpdate(duty, id)
    if (what === 'update') await dispatch(duty.author, follows)
    // Each planner is cut off after one slice: what it writes then meets no row, as after a death.
    await db.execute(
      sql.raw(`
      create function die() returns trigger language plpgsql as $$
      begin
        if new.planned > old.planned and new.planned < 640 and new.id = '${follows}' then
          new.planner := gen_random_uuid();
          new.planner_until := now() - interval '1 second';
        end if;
        return new;
      end $$`),
    )
    await db.execute(
      sql`create trigger die before update on alerts for each row execute function die()`,
    )
    const planners = new Set<string>()
    for (let turn = 0; turn < 5; turn++) {
      const planner = randomUUID()
      planners.add(planner)
      await planTurn(database, planner)
    }
    const half = await phonesOf(db, follows)
    expect(half.length).toBeGreaterThan(0)
    expect(half.length).toBeLessThan(650)
    await db.execute(sql`drop trigger die on alerts`)
    await db.execute(sql`drop function die`)
    await planAll(database)
    const planned = await phonesOf(db, follows)
    const expected = what === 'cancel' ? 650 : 700
    expect(new Set(planned).size).toBe(expected)
    expect(planned).toHaveLength(expected)
    expect(reached.every(phone => planned.includes(phone))).toBe(true)
    expect(await alertOf(db, follows)).toMatchObject({ planned: expected, recipients: expected })
  }, 120_000)
}
