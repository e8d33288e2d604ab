import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { audienceOf } from '../../src/alerts/audience.ts'
import { verifyForSending } from '../../src/alerts/verify.ts'
import { signAlert } from '../../src/signing/jws.ts'
import type { Database } from '../../src/store/database.ts'
import {
  aDrill,
  aListedGroup,
  anAlert,
  aSigner,
  compose,
  contactsAt,
  contentBytes,
  type Signer,
  square,
} from '../alerts/people.ts'
import { type Answer, type Edge, test } from '../support/edge.ts'

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]

interface Duty {
  readonly author: Signer
  readonly approver: Signer
}

const onDuty = async (edge: Edge): Promise<Duty> => ({
  author: await aSigner(edge, ['author']),
  approver: await aSigner(edge, ['approver']),
})

async function approved({ author, approver }: Duty, alert: object): Promise<string> {
  const id = await compose(author, alert)
  const submitted = await author.submit(id)
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
  if (submitted.body.state === 'submitted') await approver.approve(id)
  return id
}

const dispatch = (who: Signer, id: string, json?: object) =>
  who.call('POST', `/v1/alerts/${id}/dispatch`, {
    headers: { 'Idempotency-Key': randomUUID() },
    ...(json && { json }),
  })

const stateOf = async (db: Database, id: string) => {
  const [row] = await db.execute<{
    state: string
    recipients: number | null
    plan_state: string | null
  }>(sql`select state, recipients, plan_state from alerts where id = ${id}::uuid`)
  return row
}

const aGeographicGroup = async (db: Database, polygon: object) => {
  const id = randomUUID()
  const ground = JSON.stringify({ areaDesc: 'Ground', polygon: [polygon] })
  await db.execute(sql`insert into groups (id, name, area) values (${id}, ${id}, ${ground}::jsonb)`)
  return id
}

test('a dispatch sets what the engine reads, and may be held', async ({ edge, db }) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [[-96.5, 30.5]])
  const id = await approved(duty, anAlert())
  expect((await dispatch(duty.author, id, { holdSeconds: 61 })).status).toBe(400)
  expect(said(await dispatch(duty.author, id, { holdSeconds: 60 }))).toEqual([202, 'sending'])
  const [row] = await db.execute(sql`
    select state, plan_state, priority, emergency, recipients, delivery, dispatched_by,
      extract(epoch from hold_until - dispatched_at)::int as held
    from alerts where id = ${id}::uuid`)
  expect(row).toEqual({
    state: 'sending',
    plan_state: 'pending',
    priority: 1,
    emergency: true,
    recipients: 1,
    delivery: 'at-least-once',
    dispatched_by: duty.author.id,
    held: 60,
  })
})

test('the audience must be the one that was signed', async ({ edge, db }) => {
  const duty = await onDuty(edge)
  const members = await contactsAt(db, [
    [20.5, 40.5],
    [20.6, 40.6],
  ])
  const here = { area: [{ areaDesc: 'Here', polygon: [square(20, 40)] }] }
  const nowhere = { area: [{ areaDesc: 'Sea', polygon: [square(-40, 30)] }] }
  const refused = async (id: string) => {
    expect(said(await dispatch(duty.author, id))).toEqual([409, 'audience_changed'])
    expect(await stateOf(db, id)).toEqual({ state: 'approved', recipients: null, plan_state: null })
  }

  const above = await approved(duty, anAlert({ info: here, maxRecipients: 2 }))
  await contactsAt(db, [[20.7, 40.7]])
  await refused(above)

  const joined = await aListedGroup(db, members)
  const toGroup = await approved(duty, anAlert({ info: nowhere, audience: { groups: [joined] } }))
  const [late] = await contactsAt(db, [[0, 0]])
  await db.execute(sql`delete from group_members where contact_id = ${members[0]}::uuid`)
  await db.execute(
    sql`insert into group_members (group_id, contact_id) values (${joined}::uuid, ${late}::uuid)`,
  )
  await refused(toGroup)

  const ground = await aGeographicGroup(db, square(20, 40))
  const toGround = await approved(duty, anAlert({ info: nowhere, audience: { groups: [ground] } }))
  const smaller = JSON.stringify({ areaDesc: 'Ground', polygon: [square(20, 40, 0.65)] })
  await db.execute(sql`update groups set area = ${smaller}::jsonb where id = ${ground}::uuid`)
  await refused(toGround)

  const excluded = await aListedGroup(db, members.slice(1))
  const without = await approved(
    duty,
    anAlert({ info: here, audience: { excludeGroups: [excluded] } }),
  )
  await db.execute(sql`delete from group_members where group_id = ${excluded}::uuid`)
  await refused(without)

  const gone = await aGeographicGroup(db, square(20, 40))
  const toGone = await approved(duty, anAlert({ info: nowhere, audience: { groups: [gone] } }))
  await db.execute(sql`delete from groups where id = ${gone}::uuid`)
  await refused(toGone)

  const empty = await approved(duty, anAlert({ info: here }))
  await db.execute(
    sql`delete from contacts where id in (select contact_id from locations where position <@ box '((20,40),(21,41))')`,
  )
  await refused(empty)
})

test('an audience that has shrunk below its floor is not sent to, and one within it is', async ({
  edge,
  db,
}) => {
  const duty = await onDuty(edge)
  const ids = await contactsAt(db, [
    [-10.5, 20.5],
    [-10.6, 20.6],
    [-10.7, 20.7],
    [-10.8, 20.8],
  ])
  const here = { area: [{ areaDesc: 'Here', polygon: [square(-11, 20)] }] }
  // Half of the four that the estimate had.
  const id = await approved(duty, anAlert({ info: here }))
  const lowered = await approved(duty, anAlert({ info: here, minRecipients: 1 }))
  const kept = await approved(duty, anAlert({ info: here }))
  const read = await duty.author.call('GET', `/v1/alerts/${id}`)
  expect(read.body).toMatchObject({ minRecipients: 2, maxRecipients: 5 })
  const remove = (gone: readonly string[]) =>
    db.execute(sql`delete from contacts where id = any(${`{${gone.join(',')}}`}::uuid[])`)
  await remove(ids.slice(0, 2))
  expect(said(await dispatch(duty.author, kept))).toEqual([202, 'sending'])
  await remove(ids.slice(2, 3))
  const refused = await dispatch(duty.author, id)
  expect(said(refused)).toEqual([409, 'audience_changed'])
  expect(refused.body.detail).toMatch(/it would reach 1 recipient, below the signed floor of 2/)
  expect(await stateOf(db, id)).toEqual({ state: 'approved', recipients: null, plan_state: null })
  expect(said(await dispatch(duty.author, lowered))).toEqual([202, 'sending'])
  expect(await stateOf(db, lowered)).toMatchObject({ recipients: 1 })
})

test('an edit of a contact’s place that keeps the ceiling is no change of the audience', async ({
  edge,
  db,
}) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [
    [30.5, 40.5],
    [30.6, 40.6],
  ])
  const here = { area: [{ areaDesc: 'Here', polygon: [square(30, 40)] }] }
  const id = await approved(duty, anAlert({ info: here, maxRecipients: 10 }))
  await contactsAt(db, [[30.7, 40.7]])
  expect(said(await dispatch(duty.approver, id))).toEqual([202, 'sending'])
  expect(await stateOf(db, id)).toMatchObject({ recipients: 3 })
})

test('a key that was revoked after it signed voids its signature', async ({ edge, db }) => {
  for (const role of ['author', 'approver'] as const) {
    const duty = await onDuty(edge)
    await contactsAt(db, [[-96.5, 30.5]])
    const id = await approved(duty, anAlert())
    await duty[role].call('POST', `/v1/me/keys/${duty[role].kid}/revoke`)
    expect(said(await dispatch(duty.author, id))).toEqual([409, 'signature_key_revoked'])
    expect(await stateOf(db, id)).toMatchObject({ state: 'approved' })
  }
})

test('an alert that has expired is approved and sent by nobody', async ({ edge, db }) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [[-96.5, 30.5]])
  const soon = anAlert({
    info: { expires: new Date(edge.deps.now().getTime() + 60_000).toISOString() },
  })
  const id = await approved(duty, soon)
  const waiting = await compose(duty.author, soon)
  await duty.author.submit(waiting)
  const signature = await duty.approver.sign(waiting, 'approver')
  edge.pass(61)
  expect(said(await dispatch(duty.author, id))).toEqual([422, 'expired'])
  const late = await duty.approver.call('POST', `/v1/alerts/${waiting}/approve`, {
    json: { signature },
  })
  expect(said(late)).toEqual([422, 'expired'])
})

test(
  'T4: any stored byte that changes after signing stops the alert',
  { timeout: 30_000 },
  async ({ edge, db }) => {
    const duty = await onDuty(edge)
    await contactsAt(db, [[-96.5, 30.5]])
    const id = await approved(duty, anAlert())
    const content = await verifyForSending(db, id)
    expect(content).toMatchObject({ id, status: 'Actual', mode: 'live' })
    const [{ size }] = (await db.execute<{ size: number }>(
      sql`select length(content) as size from alerts where id = ${id}::uuid`,
    )) as unknown as [{ size: number }]

    // As somebody with the database in their hands would: past the triggers, which would refuse it too.
    const altered = async (statement: ReturnType<typeof sql>, codes = ['integrity_violation']) => {
      const failure = await db
        .transaction(async tx => {
          await tx.execute(sql`set local session_replication_role = replica`)
          await tx.execute(statement)
          await verifyForSending(tx, id)
        })
        .catch((error: { code?: string }) => error)
      expect(codes).toContain((failure as { code?: string } | undefined)?.code)
    }
    const flipAt = [0, 1, size >> 2, size >> 1, size - 2, size - 1]
    for (const at of flipAt) {
      await altered(
        sql`update alerts set content = set_byte(content, ${at}, get_byte(content, ${at}) # 1) where id = ${id}::uuid`,
      )
      // With its digest mended, too.
      await altered(sql`
      update alerts set content = set_byte(content, ${at}, get_byte(content, ${at}) # 1),
        content_digest = encode(sha256(set_byte(content, ${at}, get_byte(content, ${at}) # 1)), 'hex')
      where id = ${id}::uuid`)
    }
    for (const column of [
      sql`content = null, state = 'draft'`,
      sql`content_digest = 'x'`,
      sql`status = 'Exercise'`,
      sql`mode = 'exercise'`,
      sql`severity = 'Minor'`,
      sql`delivery = 'at-most-once'`,
      sql`emergency = false`,
      sql`max_recipients = 1000000`,
      sql`expires = expires + interval '1 hour'`,
      sql`msg_type = 'Update'`,
    ]) {
      await altered(sql`update alerts set ${column} where id = ${id}::uuid`)
    }
    for (const role of ['author', 'approver'] as const) {
      const mine = sql`alert_id = ${id}::uuid and role = ${role}`
      const [{ jws }] = (await db.execute<{ jws: string }>(
        sql`select jws from signatures where ${mine}`,
      )) as unknown as [{ jws: string }]
      for (const at of [0, 20, jws.indexOf('..') + 2, jws.length - 10, jws.length - 1]) {
        const other = jws[at] === 'A' ? 'B' : 'A'
        const forged = jws.slice(0, at) + other + jws.slice(at + 1)
        await altered(sql`update signatures set jws = ${forged} where ${mine}`)
      }
      await altered(sql`delete from signatures where ${mine}`)
      await altered(sql`update signatures set voided_at = now() where ${mine}`)
      await altered(sql`update signatures set kid = 'other' where ${mine}`)
      await altered(sql`update signatures set revision = revision + 1 where ${mine}`)
      const someone = role === 'author' ? duty.approver : duty.author
      await altered(sql`update signatures set operator_id = ${someone.id}::uuid where ${mine}`)
      const kid = duty[role].kid
      const x = someone.key.x
      await altered(
        sql`update signing_keys set jwk = jsonb_set(jwk, '{x}', to_jsonb(${x}::text)) where kid = ${kid}`,
      )
      await altered(
        sql`update signing_keys set operator_id = ${someone.id}::uuid where kid = ${kid}`,
      )
      await altered(sql`update signing_keys set mode = 'exercise' where kid = ${kid}`)
      await altered(sql`update signing_keys set revoked_at = now() where kid = ${kid}`, [
        'signature_key_revoked',
      ])
      await altered(
        sql`update operators set disabled_at = now() where id = ${duty[role].id}::uuid`,
        ['signature_key_revoked'],
      )
    }
    expect(await verifyForSending(db, id)).toEqual(content)
  },
)

test('one person’s two signatures are not two people', async ({ edge, db }) => {
  const both = await aSigner(edge, ['author', 'approver'])
  await contactsAt(db, [[-96.5, 30.5]])
  const id = await compose(both, anAlert())
  const approval = await both.sign(id, 'approver')
  await both.submit(id)
  // Written straight into the database, past every rule of the service.
  await db.execute(sql`
    insert into signatures (alert_id, revision, role, operator_id, kid, jws, at)
    select alert_id, revision, 'approver', operator_id, kid, ${approval}, now() from signatures where alert_id = ${id}::uuid`)
  await db.execute(sql`update alerts set state = 'approved' where id = ${id}::uuid`)
  expect(said(await dispatch(both, id))).toEqual([409, 'integrity_violation'])
})

test('a drill reaches exactly its roster, and says that it is one', async ({ edge, db }) => {
  const driller = await aSigner(edge, ['author', 'approver'], { mode: 'exercise' })
  const members = await contactsAt(db, [
    [50.5, 10.5],
    [51.5, 10.5],
    [0, 0],
  ])
  const excluded = await aListedGroup(db, members.slice(0, 1))
  const ground = await aGeographicGroup(db, square(50, 10, 5))
  await contactsAt(db, [
    [50.6, 10.6],
    [50.7, 10.7],
  ])
  const roster = await aListedGroup(db, members)
  const alert = aDrill(roster, {
    audience: { roster, groups: [ground], excludeGroups: [excluded] },
    info: { area: [{ areaDesc: 'Here', polygon: [square(50, 10)] }], expires: undefined },
    corrections: { cancel: [{ language: 'es', sms: 'ENVIADO POR ERROR' }] },
  })
  const id = await compose(driller, alert)
  const estimate = await driller.call('GET', `/v1/alerts/${id}/estimate`)
  // If it were the real thing: four in the group's ground, less the one who is excluded.
  expect(estimate.body).toMatchObject({ recipients: 3, ifActual: 3 })
  expect(estimate.body.texts[0].sms).toMatch(/^EXERCISE: FLASH FLOOD/)
  expect(said(await driller.submit(id))).toEqual([200, 'approved'])
  const content = await verifyForSending(db, id)
  expect(content.texts.map(text => text.sms.slice(0, 10))).toEqual(['EXERCISE: '])
  expect(content.corrections.cancel[0]?.sms).toBe('EJERCICIO: ENVIADO POR ERROR')
  expect(audienceOf(content, new Date())).toMatchObject({
    roster,
    excludeGroups: [],
    emergency: false,
  })
  expect(said(await dispatch(driller, id))).toEqual([202, 'sending'])
  expect(await stateOf(db, id)).toMatchObject({ recipients: 3 })
  const [row] = await db.execute(sql`select priority from alerts where id = ${id}::uuid`)
  expect(row).toEqual({ priority: 6 })
})

test('bulk dispatch: one refusal leaves the others', async ({ edge, db }) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [[-96.5, 30.5]])
  const good = [await approved(duty, anAlert()), await approved(duty, anAlert())]
  const draft = await compose(duty.author, anAlert())
  const missing = randomUUID()
  const json = { alertIds: [good[0], draft, missing, good[1], good[0]] }
  const without = await duty.author.call('POST', '/v1/dispatches', { json })
  expect(said(without)).toEqual([400, 'idempotency_key_required'])
  const headers = { 'Idempotency-Key': randomUUID() }
  const { status, body } = await duty.author.call('POST', '/v1/dispatches', { json, headers })
  expect([status, body.results]).toEqual([
    200,
    [
      { alertId: good[0], status: 202 },
      expect.objectContaining({ alertId: draft, status: 409, code: 'wrong_state' }),
      expect.objectContaining({ alertId: missing, status: 404, code: 'not_found' }),
      { alertId: good[1], status: 202 },
      expect.objectContaining({ alertId: good[0], status: 409, code: 'wrong_state' }),
    ],
  ])
  const again = await duty.author.call('POST', '/v1/dispatches', { json, headers })
  expect(again.body).toEqual(body)
  const viewer = await aSigner(edge, ['viewer', 'administrator'])
  const refused = await viewer.call('POST', '/v1/dispatches', {
    json,
    headers: { 'Idempotency-Key': randomUUID() },
  })
  expect(said(refused)).toEqual([403, 'forbidden'])
})

test('the all-stop stops whatever is going out, and says why', async ({ edge, db }) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [[-96.5, 30.5]])
  const [sending, paused] = [await approved(duty, anAlert()), await approved(duty, anAlert())]
  const waiting = await approved(duty, anAlert())
  for (const id of [sending, paused]) await dispatch(duty.author, id)
  await duty.author.call('POST', `/v1/alerts/${paused}/pause`)
  const stop = (who: Signer, json: object = { reason: 'compromised account' }) =>
    who.call('POST', '/v1/stop', { json })
  expect((await stop(duty.author)).body.code).toBe('forbidden')
  expect((await stop(duty.approver, {})).status).toBe(400)
  const driller = await aSigner(edge, ['approver'], { mode: 'exercise' })
  await stop(driller)
  expect(await stateOf(db, sending)).toMatchObject({ state: 'sending' })
  const administrator = await aSigner(edge, ['administrator'])
  const answer = await stop(administrator)
  expect(said(answer)).toEqual([202, 'stopped'])
  expect(answer.body.alerts.map((one: { alertId: string }) => one.alertId)).toEqual(
    expect.arrayContaining([sending, paused]),
  )
  expect(await stateOf(db, sending)).toMatchObject({ state: 'stopped' })
  expect(await stateOf(db, paused)).toMatchObject({ state: 'stopped' })
  expect(await stateOf(db, waiting)).toMatchObject({ state: 'approved' })
  const { body } = await duty.author.call('GET', `/v1/alerts/${sending}`)
  expect(body.history.at(-1)).toMatchObject({ action: 'stopped', detail: 'compromised account' })
})

test('the estimate forecasts by area, group, language and carrier, and changes nothing', async ({
  edge,
  db,
}) => {
  const duty = await onDuty(edge)
  const viewer = await aSigner(edge, ['viewer'])
  const people = await contactsAt(db, [
    [60.5, 10.5, 'es-MX'],
    [60.6, 10.6, 'es'],
    [60.7, 10.7, 'en'],
    [61.5, 10.5],
    [0, 0, 'es'],
  ])
  const group = await aListedGroup(db, [people[4]!, people[0]!])
  const [optedOut] = await contactsAt(db, [[60.8, 10.8]])
  await db.execute(
    sql`insert into opt_outs (phone, scope, source) select phone, 'all', 'test' from contacts where id = ${optedOut}::uuid`,
  )
  const carrier = async (name: string, rate: number) => {
    const id = randomUUID()
    await db.execute(sql`
      insert into carriers (id, name, protocol, segments_per_second, "window", binds, source_address, settings, routes, enabled)
      values (${id}, ${name}, 'smpp', ${rate}, 10, 1, '72345', '{}', '[]', true)`)
    return id
  }
  const [quick, slow] = [await carrier('Quick', 3), await carrier('Slow', 1)]
  const areas = [
    { areaDesc: 'West', polygon: [square(60, 10)] },
    { areaDesc: 'East', polygon: [square(61, 10)] },
  ]
  const english = { ...anAlert().info[0], area: areas }
  const spanish = { ...english, language: 'es', sms: `INUNDACION ${'a'.repeat(200)}` }
  const alert = { ...anAlert({ audience: { groups: [group] } }), info: [english, spanish] }
  const id = await compose(duty.author, alert)
  const before = (await viewer.call('GET', `/v1/alerts/${id}`)).body
  const { body } = await viewer.call('GET', `/v1/alerts/${id}/estimate`)
  expect(body).toMatchObject({
    recipients: 5,
    ifActual: 5,
    optedOut: 1,
    byArea: [
      { areaDesc: 'West', recipients: 3 },
      { areaDesc: 'East', recipients: 1 },
    ],
    byGroup: [{ groupId: group, recipients: 2 }],
    // Three in Spanish at two segments, two in English at one.
    segments: 8,
    seconds: 2,
    unserved: 0,
    byCarrier: [
      { carrierId: quick, name: 'Quick', recipients: 4 },
      { carrierId: slow, name: 'Slow', recipients: 1 },
    ],
  })
  expect(body.byLanguage).toEqual(
    expect.arrayContaining([
      { language: 'es', recipients: 2 },
      { language: null, recipients: 1 },
    ]),
  )
  expect((await viewer.call('GET', `/v1/alerts/${id}`)).body).toEqual(before)
})

test('an If-Match that is stale keeps an alert from going out, on or out again, and never from being stopped', async ({
  edge,
  db,
}) => {
  const duty = await onDuty(edge)
  await contactsAt(db, [[-96.5, 30.5]])
  const id = await approved(duty, anAlert())
  const tag = async () => (await duty.author.call('GET', `/v1/alerts/${id}`)).headers.get('ETag')
  const act = (what: string, ifMatch: string | null) =>
    duty.author.call('POST', `/v1/alerts/${id}/${what}`, {
      headers: { 'Idempotency-Key': randomUUID(), 'If-Match': ifMatch ?? '' },
    })
  const stale = [412, 'stale_revision']

  expect(said(await act('dispatch', '"999"'))).toEqual(stale)
  expect((await stateOf(db, id))?.state).toBe('approved')
  expect(said(await act('dispatch', await tag()))).toEqual([202, 'sending'])
  expect(said(await act('pause', '"999"'))).toEqual([202, 'paused'])
  expect(said(await act('resume', '"999"'))).toEqual(stale)
  expect((await stateOf(db, id))?.state).toBe('paused')
  expect(said(await act('resume', await tag()))).toEqual([202, 'sending'])
  expect(said(await act('stop', '"999"'))).toEqual([202, 'stopped'])
  expect(said(await act('retry', '"999"'))).toEqual(stale)
  expect((await stateOf(db, id))?.state).toBe('stopped')
})

test('the ETag of the content is that of its bytes, and whoever read others does not sign', async ({
  edge,
}) => {
  const { author, approver } = await onDuty(edge)
  const area = (polygon: object) => ({ areaDesc: 'Low ground', polygon: [polygon] })
  const group = await author.call('POST', '/v1/groups', {
    json: { name: 'Low ground', area: area(square(-97, 30, 1)) },
  })
  await contactsAt(edge.deps.database.db, [[-96.5, 30.5]])
  const id = await compose(author, anAlert({ audience: { groups: [group.body.id] } }))
  const tagOf = async (path: string) =>
    (await author.call('GET', path)).headers.get('ETag') ?? 'none'
  const before = await tagOf(`/v1/alerts/${id}/content`)
  expect(await tagOf(`/v1/alerts/${id}/content`)).toBe(before)
  await author.call('PATCH', `/v1/groups/${group.body.id}`, {
    json: { area: area(square(-98, 29, 3)) },
  })
  const after = await tagOf(`/v1/alerts/${id}/content`)
  expect(after).not.toBe(before)

  const sign = async (who: Signer, what: 'submit' | 'approve', ifMatch: string) => {
    const role = what === 'submit' ? 'author' : 'approver'
    const bytes = await contentBytes(edge, who, id)
    const signature = await signAlert(bytes, who.key, { role, form: 'detached' })
    const headers = { 'If-Match': ifMatch }
    return said(
      await who.call('POST', `/v1/alerts/${id}/${what}`, { json: { signature }, headers }),
    )
  }
  const stale = [412, 'stale_revision']
  expect(await sign(author, 'submit', before)).toEqual(stale)
  expect(await sign(author, 'submit', after)).toEqual([200, 'submitted'])
  expect(await tagOf(`/v1/alerts/${id}/content`)).toBe(after)
  expect(await sign(approver, 'approve', before)).toEqual(stale)
  expect(await sign(approver, 'approve', await tagOf(`/v1/alerts/${id}`))).toEqual([
    200,
    'approved',
  ])
})
