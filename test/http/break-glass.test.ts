import { randomUUID } from 'node:crypto'
import { sql, type SQL } from 'drizzle-orm'
import { expect, vi } from 'vitest'
import { verifyForSending } from '../../src/alerts/verify.ts'
import { checkEvidence } from '../../src/reports/evidence-check.ts'
import { openEvidence } from '../../src/signing/evidence.ts'
import { signAlert } from '../../src/signing/jws.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { correctionContent } from '../../src/cap/correction.ts'
import { digestOfBytes, readContent } from '../../src/cap/content.ts'
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
import { aFlood, corrected, dispatch, planAll } from '../support/corrections.ts'
import { type Answer, type Edge, test } from '../support/edge.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

interface Cast {
  readonly author: Signer
  readonly approver: Signer
}

/** Each test's own: the clock goes on, and nobody stays signed in for ever. */
async function aCast(edge: Edge, db: Database): Promise<Cast> {
  await contactsAt(db, [[-96.5, 30.5]])
  return {
    author: await aSigner(edge, ['author'], { name: 'Ana Ruiz' }),
    approver: await aSigner(edge, ['approver'], { name: 'Mei Chen' }),
  }
}

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]

async function allow(db: Database, seconds: number | null): Promise<void> {
  await db.execute(sql`
    update organisation
    set policy = jsonb_set(policy, '{breakGlassAfterSeconds}', ${JSON.stringify(seconds)}::jsonb)`)
}

/** Composes and signs an alert under a policy that holds for nothing else. */
async function submitted(
  db: Database,
  author: Signer,
  seconds: number | null,
  alert: object = anAlert(),
): Promise<string> {
  await allow(db, seconds)
  const id = await compose(author, alert)
  expect(said(await author.submit(id))).toEqual([200, 'submitted'])
  await allow(db, null)
  return id
}

/** What only somebody with the database in their hands can do: past the triggers that guard it. */
async function tamper(db: Database, change: SQL): Promise<void> {
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(change)
  })
}

const contentOf = async (edge: Edge, who: Signer, id: string) =>
  JSON.parse(Buffer.from(await contentBytes(edge, who, id)).toString())

test('it is off: nobody sends an alert alone that was submitted while policy did not allow it', async ({
  edge,
  db,
}) => {
  const { author, approver } = await aCast(edge, db)
  const administrator = await edge.caller({ roles: ['administrator'] })
  const { body } = await administrator.call('GET', '/v1/organisation')
  expect(body.policy.breakGlassAfterSeconds).toBeNull()
  for (const seconds of [0, 59, 3601, 60.5, '180']) {
    const json = { policy: { breakGlassAfterSeconds: seconds } }
    expect((await administrator.call('PATCH', '/v1/organisation', { json })).status).toBe(400)
  }
  const json = { policy: { breakGlassAfterSeconds: 60 } }
  const changed = await administrator.call('PATCH', '/v1/organisation', { json })
  expect(changed.body.policy).toMatchObject({ breakGlassAfterSeconds: 60, secondPerson: 'actual' })
  const id = await submitted(db, author, null)
  expect(await contentOf(edge, author, id)).not.toHaveProperty('breakGlassAfterSeconds')
  // Switched on afterwards, and long waited for: it was not signed.
  await allow(db, 60)
  edge.pass(600)
  expect(said(await author.breakGlass(id))).toEqual([403, 'forbidden'])
  expect(said(await approver.approve(id))).toEqual([200, 'approved'])
  await allow(db, null)
})

test('after the time that its author signed, an author sends it, and everybody hears of it', async ({
  edge,
  db,
  database,
}) => {
  const { author, approver } = await aCast(edge, db)
  const gone = await edge.caller({ roles: ['viewer'], email: 'gone@county.example' })
  const administrator = await edge.caller({ roles: ['administrator'] })
  await administrator.call('POST', `/v1/operators/${gone.id}/disable`)
  const alert = aFlood()
  const id = await submitted(db, author, 180, alert)
  expect(await contentOf(edge, author, id)).toMatchObject({ breakGlassAfterSeconds: 180 })
  const { body: waiting } = await author.call('GET', `/v1/alerts/${id}`)

  edge.pass(179)
  const early = await author.breakGlass(id)
  expect(said(early)).toEqual([409, 'wrong_state'])
  const from = new Date(Date.parse(waiting.sent) + 180_000).toISOString()
  expect(early.body.detail).toContain(from)
  expect(early.body.errors).toMatchObject([{ code: 'approver_awaited', values: { until: from } }])
  edge.pass(1)
  for (const reason of [undefined, '', 'ab', '   ', 'x'.repeat(501)]) {
    const json = { signature: await author.sign(id, 'breakGlass'), reason }
    expect((await author.call('POST', `/v1/alerts/${id}/break-glass`, { json })).status).toBe(400)
  }
  const stale = await author.call('POST', `/v1/alerts/${id}/break-glass`, {
    json: { signature: await author.sign(id, 'breakGlass'), reason: 'Nobody answers.' },
    headers: { 'If-Match': '"1"' },
  })
  expect(said(stale)).toEqual([412, 'stale_revision'])
  const reason = 'The river is over the road, and nobody answers.'
  const sent = await author.breakGlass(id, reason)
  expect(said(sent)).toEqual([200, 'approved'])
  expect(sent.body).toMatchObject({
    brokeGlass: true,
    signatures: [
      { role: 'author', operatorId: author.id },
      { role: 'breakGlass', operatorId: author.id },
    ],
  })
  expect(sent.body.history.at(-1)).toMatchObject({
    action: 'brokeGlass',
    from: 'submitted',
    to: 'approved',
    operatorId: author.id,
    detail: reason,
  })
  expect(said(await approver.approve(id))).toEqual([409, 'wrong_state'])
  expect(said(await author.breakGlass(id))).toEqual([409, 'wrong_state'])

  const letters = await db.execute<{ address: string; subject: string; body: string }>(sql`
    select address, subject, body from operator_letters order by address`)
  const people = await db.execute<{ email: string }>(sql`
    select email from operators where disabled_at is null and feed_id is null order by email`)
  expect(letters.map(({ address }) => address)).toEqual(people.map(({ email }) => email))
  expect(letters.map(({ address }) => address)).not.toContain('gone@county.example')
  expect(letters[0]!.subject).toBe('Sent without an approver: Flash Flood Warning')
  expect(letters[0]!.body).toContain(
    'Ana Ruiz sends the alert “Flash Flood Warning” (Extreme) alone',
  )
  expect(letters[0]!.body).toContain('after 3 minutes')
  expect(letters[0]!.body).toContain(reason)
  expect(letters[0]!.body).toContain(`http://tocsin.test/console/live/alerts/${id}`)
  expect(letters[0]!.body).not.toContain('higher ground')

  const [entry] = await db.execute<{ detail: object }>(sql`
    select detail from audit where subject = ${id} and action = 'alert.brokeGlass'`)
  expect(entry!.detail).toMatchObject({ reason, from: 'submitted', to: 'approved' })

  await dispatch(author, id)
  await planAll(database)
  const { body: list } = await author.call('GET', '/v1/alerts?limit=1')
  expect(list.items).toMatchObject([{ id, brokeGlass: true, state: 'sending' }])
  const { body: progress } = await author.call('GET', `/v1/alerts/${id}/progress`)
  expect(progress.alarms ?? progress.progress?.alarms).toMatchObject([
    { code: 'sent_alone', detail: `Ana Ruiz: ${reason}` },
  ])
  await verifyForSending(db, id)

  // Afterwards it is said wherever anybody looks for who has sent it.
  const page = async (language: string) => {
    const headers = { Accept: 'text/html', 'Accept-Language': language }
    return (await author.call('GET', `/v1/alerts/${id}/report`, { headers })).body as string
  }
  expect(await page('en')).toContain('It was sent by one person, without an approver: Ana Ruiz.')
  // The alarm in words, not by its code.
  expect(await page('en')).toContain(`Sent by one person, without an approver: Ana Ruiz: ${reason}`)
  expect(await page('es')).toContain(
    `Enviada por una sola persona, sin aprobador: Ana Ruiz: ${reason}`,
  )
  expect(await page('es')).toContain('La envió una sola persona, sin aprobador: Ana Ruiz.')
  const auditor = await edge.caller({ roles: ['auditor'] })
  const { body: file } = await auditor.call('GET', `/v1/alerts/${id}/evidence`)
  const { payload } = await openEvidence(JSON.stringify(file))
  const findings = await checkEvidence(payload)
  expect(findings.filter(({ isGood }) => !isGood)).toEqual([])
  const lines = findings.map(({ what }) => what).join('\n')
  expect(lines).toContain(`sent by one person, without an approver: Ana Ruiz: ${reason}`)
  expect(lines).toContain('signed to be allowed after 180 s; it had waited for 180 s')
  const changed = JSON.parse(Buffer.from(payload).toString())
  changed.signatures[0].at = new Date(Date.parse(changed.signatures[0].at) - 60_000).toISOString()
  const bad = (await checkEvidence(Buffer.from(JSON.stringify(changed)))).filter(
    ({ isGood }) => !isGood,
  )
  expect(bad.map(({ what }) => what)).toEqual([expect.stringContaining('NOT allowed')])

  // What was prepared with it follows from it, and needs nobody else either.
  const cancelled = await corrected(author, id)
  expect(await contentOf(edge, author, cancelled)).not.toHaveProperty('breakGlassAfterSeconds')
})

test('it is of authors alone, where the alert is, and within their bounds', async ({
  edge,
  db,
}) => {
  const { author, approver } = await aCast(edge, db)
  const id = await submitted(db, author, 60)
  edge.pass(60)
  const json = { signature: 'a.b.c', reason: 'Nobody answers.' }
  for (const role of ['approver', 'viewer', 'auditor', 'administrator'] as const) {
    const other = await edge.caller({ roles: [role] })
    const answer = await other.call('POST', `/v1/alerts/${id}/break-glass`, { json })
    expect([role, ...said(answer)]).toEqual([role, 403, 'forbidden'])
  }
  const driller = await aSigner(edge, ['author'], { mode: 'exercise' })
  expect(said(await driller.breakGlass(id))).toEqual([403, 'wrong_mode'])
  const far = await aSigner(edge, ['author'], { jurisdiction: { geometry: square(10, 50) } })
  expect(said(await far.breakGlass(id))).toEqual([403, 'outside_jurisdiction'])
  const mild = await aSigner(edge, ['author'], { limits: { severities: ['Minor'] } })
  expect(said(await mild.breakGlass(id))).toEqual([403, 'over_limits'])

  // Signed for something else, or by somebody else.
  for (const role of ['author', 'approver'] as const) {
    const signature = await author.sign(id, role)
    const answer = await author.call('POST', `/v1/alerts/${id}/break-glass`, {
      json: { ...json, signature },
    })
    expect(said(answer)).toEqual([422, 'invalid_signature'])
  }
  const second = await aSigner(edge, ['author'])
  const stolen = await author.sign(id, 'breakGlass')
  const answer = await second.call('POST', `/v1/alerts/${id}/break-glass`, {
    json: { ...json, signature: stolen },
  })
  expect(said(answer)).toEqual([422, 'invalid_signature'])
  const approval = await author.call('POST', `/v1/alerts/${id}/approve`, {
    json: { signature: stolen },
  })
  expect(said(approval)).toEqual([403, 'forbidden'])
  const asApproval = await approver.call('POST', `/v1/alerts/${id}/approve`, {
    json: { signature: await approver.sign(id, 'breakGlass') },
  })
  expect(said(asApproval)).toEqual([422, 'invalid_signature'])

  // Another author may be the one who is there.
  expect(said(await second.breakGlass(id))).toEqual([200, 'approved'])
})

test('what was given back, or has run out, is not sent; submitted again it waits anew', async ({
  edge,
  db,
}) => {
  const { author, approver } = await aCast(edge, db)
  const id = await submitted(db, author, 60)
  edge.pass(60)
  await approver.call('POST', `/v1/alerts/${id}/return`, { json: { reason: 'wrong river' } })
  const early = await author.sign(id, 'breakGlass')
  const old = { json: { signature: early, reason: 'Nobody answers.' } }
  expect(said(await author.call('POST', `/v1/alerts/${id}/break-glass`, old))).toEqual([
    409,
    'wrong_state',
  ])
  await allow(db, 60)
  await author.submit(id)
  expect(said(await author.breakGlass(id))).toEqual([409, 'wrong_state'])
  edge.pass(59)
  expect(said(await author.breakGlass(id))).toEqual([409, 'wrong_state'])
  edge.pass(1)
  // Signed before it was submitted anew: the bytes are others.
  expect(said(await author.call('POST', `/v1/alerts/${id}/break-glass`, old))).toEqual([
    422,
    'invalid_signature',
  ])
  expect(said(await author.breakGlass(id))).toEqual([200, 'approved'])

  // Taken back, it has no alarm, and nobody's signature.
  expect(said(await approver.call('POST', `/v1/alerts/${id}/withdraw`))).toEqual([200, 'draft'])
  const { body: draft } = await author.call('GET', `/v1/alerts/${id}`)
  expect(draft).toMatchObject({ brokeGlass: false, signatures: [] })
  expect(await db.execute(sql`select alarms from alerts where id = ${id}::uuid`)).toEqual([
    { alarms: [] },
  ])
  await author.submit(id)
  expect(said(await approver.approve(id))).toEqual([200, 'approved'])
  await allow(db, null)

  const soon = anAlert({ info: { expires: new Date(Date.now() + 3_600_000).toISOString() } })
  const late = await submitted(db, author, 60, soon)
  await tamper(db, sql`update alerts set expires = now() where id = ${late}::uuid`)
  edge.pass(60)
  expect(said(await author.breakGlass(late))).toEqual([422, 'expired'])
  const rejected = await submitted(db, author, 60)
  edge.pass(60)
  await approver.call('POST', `/v1/alerts/${rejected}/reject`, { json: { reason: 'no' } })
  expect(said(await author.breakGlass(rejected))).toEqual([409, 'wrong_state'])
})

test('what needs no second person, or is no real alert, has nobody to wait for', async ({
  edge,
  db,
}) => {
  const roster = await aListedGroup(db, await contactsAt(db, [[-96.5, 30.5]]))
  const set = (secondPerson: string) =>
    db.execute(sql`
      update organisation set policy = jsonb_set(policy, '{secondPerson}', to_jsonb(${secondPerson}::text))`)
  await allow(db, 60)
  const author = await aSigner(edge, ['author'])
  await set('none')
  const alone = await compose(author, anAlert())
  expect(said(await author.submit(alone))).toEqual([200, 'approved'])
  expect(await contentOf(edge, author, alone)).not.toHaveProperty('breakGlassAfterSeconds')
  await set('all')
  const driller = await aSigner(edge, ['author'], { mode: 'exercise' })
  const drill = await compose(driller, aDrill(roster))
  expect(said(await driller.submit(drill))).toEqual([200, 'submitted'])
  expect(await contentOf(edge, driller, drill)).not.toHaveProperty('breakGlassAfterSeconds')
  edge.pass(60)
  expect(said(await driller.breakGlass(drill))).toEqual([403, 'forbidden'])
  await set('actual')
  await allow(db, null)

  // No hand puts it into bytes where it may not be.
  const bytes = await contentBytes(edge, author, alone)
  const content = JSON.parse(Buffer.from(bytes).toString())
  for (const change of [
    {},
    { secondPerson: true, byRuleOf: randomUUID() },
    { secondPerson: true, breakGlassAfterSeconds: 59 },
  ]) {
    const forged = canonicalBytes({ ...content, breakGlassAfterSeconds: 60, ...change })
    expect(() => readContent(forged)).toThrow('the stored content')
  }
  const allowed = readContent(
    canonicalBytes({ ...content, breakGlassAfterSeconds: 60, secondPerson: true }),
  )
  const prepared = { ...allowed, corrections: aFlood().corrections }
  const correction = correctionContent(prepared, digestOfBytes(bytes), 'cancel')!
  expect(readContent(canonicalBytes(correction))).not.toHaveProperty('breakGlassAfterSeconds')
})

test('a dispatcher sends nothing that one person let go otherwise than was signed', async ({
  edge,
  db,
  database,
}) => {
  const { author, approver } = await aCast(edge, db)
  /** Let go rightly, then altered, then dispatched: nobody sends it. */
  const refused = async (what: string, change: (id: string) => SQL, seconds = 60) => {
    const id = await submitted(db, author, seconds)
    edge.pass(seconds)
    expect(said(await author.breakGlass(id))).toEqual([200, 'approved'])
    await verifyForSending(db, id)
    await tamper(db, change(id))
    const headers = { 'Idempotency-Key': randomUUID() }
    const answer = await approver.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
    expect([what, ...said(answer)]).toEqual([what, 409, 'integrity_violation'])
  }
  await refused(
    'its signature was made too early',
    id => sql`
      update signatures set at = at - interval '1 second'
      where alert_id = ${id}::uuid and role = 'breakGlass'`,
  )
  await refused(
    'both signatures were moved',
    id => sql`
      update signatures set at = at - case role when 'author' then interval '1 hour' else interval '59 minutes' end
      where alert_id = ${id}::uuid`,
  )
  await refused(
    'the trail has nothing of it',
    id => sql`delete from audit where subject = ${id} and action = 'alert.brokeGlass'`,
  )
  await refused(
    'the trail was altered',
    id => sql`
      update audit set detail = detail || '{"reason": "none"}'
      where subject = ${id} and action = 'alert.brokeGlass'`,
  )
  await refused(
    'somebody is said to have approved it',
    id =>
      sql`update signatures set role = 'approver' where alert_id = ${id}::uuid and role = 'breakGlass'`,
  )
  await refused(
    'who let it go is no author any more',
    () => sql`update operators set roles = '{viewer}' where id = ${author.id}::uuid`,
  )
  await tamper(db, sql`update operators set roles = '{author}' where id = ${author.id}::uuid`)

  // Signed well, by an author with the database in their hands, before its time or where it may not be at all.
  const forge = async (seconds: number | null) => {
    const id = await submitted(db, author, seconds)
    const bytes = await contentBytes(edge, author, id)
    const jws = await signAlert(bytes, author.key, { role: 'breakGlass', form: 'detached' })
    await tamper(
      db,
      sql`
        insert into signatures (alert_id, revision, role, operator_id, kid, jws, at)
        select alert_id, revision, 'breakGlass', operator_id, kid, ${jws}, at + interval '1 hour'
        from signatures where alert_id = ${id}::uuid`,
    )
    await tamper(db, sql`update alerts set state = 'approved' where id = ${id}::uuid`)
    const headers = { 'Idempotency-Key': randomUUID() }
    return said(await approver.call('POST', `/v1/alerts/${id}/dispatch`, { headers }))
  }
  expect(await forge(60)).toEqual([409, 'integrity_violation'])
  expect(await forge(null)).toEqual([409, 'integrity_violation'])

  // An approver's, and one in its place: the database takes no two.
  const both = await submitted(db, author, 60)
  await approver.approve(both)
  await expect(
    tamper(
      db,
      sql`
        insert into signatures (alert_id, revision, role, operator_id, kid, jws, at)
        select alert_id, revision, 'breakGlass', operator_id, kid, jws, at
        from signatures where alert_id = ${both}::uuid and role = 'author'`,
    ),
  ).rejects.toMatchObject({ constraint: 'signatures_second' })

  // Altered once it is on its way, it is stopped before the first message.
  const id = await submitted(db, author, 60)
  edge.pass(60)
  await author.breakGlass(id)
  await dispatch(author, id)
  await tamper(
    db,
    sql`update signatures set at = at - interval '1 minute' where alert_id = ${id}::uuid and role = 'breakGlass'`,
  )
  await planAll(database)
  const { body } = await author.call('GET', `/v1/alerts/${id}`)
  expect(body).toMatchObject({ state: 'stopped' })
  expect(await db.execute(sql`select 1 from blocks where alert_id = ${id}::uuid`)).toEqual([])
})
