import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import type { Database } from '../../src/store/database.ts'
import { insertHistory } from '../../src/store/history.ts'
import { anAlert, compose } from '../alerts/people.ts'
import { test } from '../support/edge.ts'
import { aCarrier, anOrganisation, aPhone, aSentAlert } from '../support/sent-alert.ts'

const options = [
  { code: '1', label: 'Safe', words: ['safe'] },
  { code: '2', label: 'Need help', words: ['help me'] },
]

/** Six recipients in two areas, each another way along; the fifth, of whom nobody knows, has answered. */
async function anAlertSent(db: Database) {
  const carrierId = await aCarrier(db)
  const phones = Array.from({ length: 6 }, aPhone)
  const states = ['queued', 'submitted', 'delivered', 'failed', 'unknown', 'submitted']
  const alertId = await aSentAlert(db, {
    options,
    areas: ['The valley', 'The hill'],
    recipients: phones.map((phone, i) => ({
      phone,
      state: states[i]!,
      ...(i !== 0 && { carrierId }),
      areaNo: i % 2,
    })),
  })
  await recordReplies(db, carrierId, [{ from: phones[4]!, to: '72345', text: '2' }])
  return { alertId, carrierId, phones }
}

test('the report says how far it reached, and of how many nobody can say', async ({ db, edge }) => {
  const { alertId, carrierId } = await anAlertSent(db)
  const viewer = await edge.caller()
  const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  const reach = {
    recipients: 6,
    attempted: 5,
    taken: 3,
    confirmed: 1,
    answered: 1,
    reached: 2,
    failed: 1,
    unknown: 2,
    notSent: 1,
  }
  expect(body).toMatchObject({
    alert: { id: alertId },
    progress: { recipients: 6, queued: 1 },
    tally: { recipients: 6, noReply: 5 },
    texts: [{ language: 'en-US', recipients: 6, segments: 6 }],
    reach: { inArea: null, total: reach },
    causes: [
      { state: 'failed', reason: null, carrierId, recipients: 1, cause: 'other' },
      { state: 'unknown', reason: null, carrierId, recipients: 1, cause: 'noAnswer' },
    ],
  })
  expect(body.reach.byArea.map((one: { areaDesc: string }) => one.areaDesc)).toEqual([
    'The valley',
    'The hill',
  ])
  expect(body.reach.byArea[0]).toMatchObject({ recipients: 3, reached: 2, notSent: 1 })
  expect(body.reach.byCarrier[0]).toMatchObject({ carrierId, recipients: 5, taken: 3 })
  expect(body.reach.byCarrier[1]).toMatchObject({ carrierId: null, name: null, notSent: 1 })
  expect(body.timesTo.submitted).toMatchObject({ half: 0, ninety: null })
})

test('who is counted and not laid out yet was not sent to', async ({ db, edge }) => {
  const alertId = await aSentAlert(db, { recipients: [{}] })
  await db.execute(sql`update alerts set recipients = 5 where id = ${alertId}::uuid`)
  const viewer = await edge.caller()
  const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  expect(body.reach.total).toMatchObject({ recipients: 5, taken: 1, unknown: 1, notSent: 4 })
})

test('the timeline names who did what, and how long it took', async ({ db, edge }) => {
  const { alertId } = await anAlertSent(db)
  const { operatorId } = await anOrganisation(db)
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23, 1, 0, seconds))
  const by = { from: null, to: null, detail: null }
  await insertHistory(db, alertId, { at: at(0), action: 'created', operatorId, ...by })
  await insertHistory(db, alertId, { at: at(90), action: 'ended', operatorId: null, ...by })
  await db.execute(sql`
    update alerts set first_submitted_at = ${at(30).toISOString()} where id = ${alertId}::uuid`)
  const viewer = await edge.caller()
  const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  expect(body.timeline).toEqual([
    {
      at: at(0).toISOString(),
      event: 'created',
      operatorId,
      operatorName: 'A. Author',
      detail: null,
      afterSeconds: null,
    },
    expect.objectContaining({ event: 'firstSubmitted', operatorName: null, afterSeconds: 30 }),
    expect.objectContaining({ event: 'ended', operatorName: null, afterSeconds: 60 }),
  ])
})

test('of a draft there is a report, of nobody', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const alertId = await compose(author, anAlert({ maxRecipients: 10 }))
  const { status, body } = await author.call('GET', `/v1/alerts/${alertId}/report`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    timeline: [{ event: 'created', operatorName: 'Somebody' }],
    texts: [{ recipients: 0 }],
    reach: { total: { recipients: 0 }, byArea: [] },
    curve: [],
    plan: { seconds: null },
  })
})

test('texts and areas that are not what was signed are left out; the figures stand', async ({
  db,
  edge,
}) => {
  const { alertId } = await anAlertSent(db)
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`
      update alerts set content = set_byte(content, 0, 1) where id = ${alertId}::uuid`)
  })
  const viewer = await edge.caller()
  const { status, body } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  expect(status).toBe(200)
  expect(body.texts).toEqual([])
  expect(body.reach).toMatchObject({ total: { recipients: 6 }, byArea: [{ areaDesc: null }, {}] })
})

test('it comes as JSON or CSV, by Accept', async ({ db, edge }) => {
  const { alertId, phones } = await anAlertSent(db)
  const author = await edge.caller({ roles: ['author'] })
  const report = (accept: string) =>
    author.call('GET', `/v1/alerts/${alertId}/report`, { headers: { Accept: accept } })
  expect((await report('*/*')).body).toMatchObject({ alert: { id: alertId }, timeline: [] })
  const csv = await report('text/html;q=0.2, text/csv')
  expect(csv.headers.get('Content-Type')).toMatch(/^text\/csv/)
  expect(csv.headers.get('Content-Disposition')).toBe(`attachment; filename="alert-${alertId}.csv"`)
  expect(csv.headers.get('X-Content-Type-Options')).toBe('nosniff')
  const rows = parse(csv.body as string, { columns: true }) as Record<string, string>[]
  expect(rows).toHaveLength(6)
  expect(rows[3]).toMatchObject({ seq: '4', phone: phones[3], state: 'failed', reply: '' })
  const viewer = await edge.caller()
  const masked = await viewer.call('GET', `/v1/alerts/${alertId}/report`, {
    headers: { Accept: 'text/csv' },
  })
  expect(masked.body).toContain(`"…${phones[3]!.slice(-3)}"`)
  for (const phone of phones) expect(masked.body).not.toContain(phone)
  expect((await report('application/json;q=0.5, text/csv;q=0.4')).body).toMatchObject({
    timeline: [],
  })
  expect(await report('application/msword')).toMatchObject({
    status: 406,
    body: { code: 'not_acceptable' },
  })
  expect((await report('text/csv;q=0')).status).toBe(406)
  const bomOf = async (query: string) => {
    const answer = await edge.app.request(`/v1/alerts/${alertId}/report${query}`, {
      headers: { Authorization: `Bearer ${author.token}`, Accept: 'text/csv' },
    })
    return Buffer.from(await answer.arrayBuffer()).toString('hex', 0, 3)
  }
  expect(await bomOf('?bom=true')).toBe('efbbbf')
  expect(await bomOf('')).not.toBe('efbbbf')
  const nobodys = await author.call('GET', `/v1/alerts/${randomUUID()}/report`, {
    headers: { Accept: 'text/csv' },
  })
  expect(nobodys.status).toBe(404)
})

test('the CSV report is read from the database as fast as it is taken, and no faster', async ({
  db,
  edge,
}) => {
  const carrierId = await aCarrier(db)
  const recipients = Array.from({ length: 12_000 }, () => ({ carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  const author = await edge.caller({ roles: ['author'] })
  const get = () =>
    edge.app.request(`/v1/alerts/${alertId}/report`, {
      headers: { Authorization: `Bearer ${author.token}`, Accept: 'text/csv' },
    })
  const pieces: number[] = []
  for await (const piece of (await get()).body as unknown as AsyncIterable<Uint8Array>) {
    pieces.push(new TextDecoder().decode(piece).split('\r\n').length - 1)
  }
  expect(pieces).toEqual([1, 5_000, 5_000, 2_000])
  const half = await get()
  const reader = half.body!.getReader()
  await reader.read()
  await reader.cancel()
})

test('a note stands in the report, with who wrote it, and is audited without its words', async ({
  db,
  edge,
}) => {
  const { alertId } = await anAlertSent(db)
  const author = await edge.caller({ roles: ['author'], name: 'Rosa Alvarez' })
  const path = `/v1/alerts/${alertId}/notes`
  const text = 'Two sirens stayed silent.\n<b>Mend them.</b>'
  const noted = await author.call('POST', path, { json: { text } })
  expect(noted).toMatchObject({ status: 201, body: { operatorId: author.id, text } })
  const { body } = await author.call('GET', `/v1/alerts/${alertId}/report`)
  expect(body.alert.revision).toBe(1)
  expect(body.timeline).toMatchObject([
    { event: 'noted', operatorName: 'Rosa Alvarez', detail: text },
  ])
  const page = await author.call('GET', `/v1/alerts/${alertId}/report`, {
    headers: { Accept: 'text/html' },
  })
  expect(page.body).toContain(
    'Two sirens stayed silent.\n&lt;b&gt;Mend them.&lt;/b&gt;</blockquote>',
  )
  const auditor = await edge.caller({ roles: ['auditor'] })
  const trail = await auditor.call('GET', '/v1/audit?limit=5')
  const [entry] = trail.body.items.filter((one: { action: string }) => one.action === 'alert.noted')
  expect(entry).toMatchObject({ subject: alertId, operatorId: author.id, detail: {} })

  const viewer = await edge.caller()
  expect((await viewer.call('POST', path, { json: { text } })).status).toBe(403)
  const drilling = await edge.caller({ roles: ['author'], mode: 'exercise' })
  expect((await drilling.call('POST', path, { json: { text } })).body.code).toBe('wrong_mode')
  expect((await author.call('POST', path, { json: { text: ' ' } })).status).toBe(400)
  expect((await author.call('POST', path, { json: { text: 'x'.repeat(2_001) } })).status).toBe(400)
  const nowhere = `/v1/alerts/${randomUUID()}/notes`
  expect((await author.call('POST', nowhere, { json: { text } })).status).toBe(404)
})
