import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { contactFigures } from '../../src/audience/figures.ts'
import type { Database } from '../../src/store/database.ts'
import { aListedGroup, anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { test, type Caller } from '../support/edge.ts'

const DAY_MS = 24 * 3600 * 1000
const later = (days: number) => new Date(Date.now() + days * DAY_MS)
const HERE = [-96.5, 30.5] as const

async function importing(admin: Caller, text: string, query = '') {
  const headers = { 'Content-Type': 'text/csv' }
  const { body } = await admin.call('POST', `/v1/contacts/import${query}`, { text, headers })
  const read = async () => (await admin.call('GET', `/v1/imports/${body.id}`)).body
  await expect.poll(async () => (await read()).state, { timeout: 10_000 }).not.toBe('running')
  return read()
}

const updatedAt = async (db: Database, phone: string) => {
  const [row] = await db.execute<{ days: number; revision: number }>(sql`
    select round(extract(epoch from now() - updated_at) / 86400)::int as days, revision
    from contacts where phone = ${phone}`)
  return row
}

test('an estimate says whom no area would find, and how old the contacts are', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const [inside, ...rest] = await contactsAt(db, [HERE, HERE, HERE, HERE])
  await db.execute(sql`delete from locations where contact_id = any(${`{${rest.join()}}`}::uuid[])`)
  await db.execute(sql`
    update contacts set updated_at = now() - interval '366 days' where id = ${inside!}::uuid`)
  await db.execute(sql`update locations set sole = false where contact_id = ${inside!}::uuid`)
  await db.execute(sql`
    insert into locations (contact_id, position) values
      (${inside!}::uuid, point(1, 1)), (${rest[2]!}::uuid, point(2, 2)), (${rest[2]!}::uuid, point(3, 3))`)
  const group = await aListedGroup(db, rest)
  const id = await compose(author, anAlert({ audience: { groups: [group] } }))
  const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
  expect(body).toMatchObject({
    recipients: 4,
    unlocated: 2,
    contacts: { total: 4, unlocated: 2, stale: 1, staleAfterDays: 365 },
  })
  const apart = await compose(author, anAlert({ audience: { groups: [], excludeGroups: [group] } }))
  expect((await author.call('GET', `/v1/alerts/${apart}/estimate`)).body.unlocated).toBe(0)

  const admin = await edge.caller({ roles: ['administrator'] })
  const policy = { policy: { staleAfterDays: 400 } }
  expect((await admin.call('PATCH', '/v1/organisation', { json: policy })).status).toBe(200)
  const patient = await author.call('GET', `/v1/alerts/${id}/estimate`)
  expect(patient.body.contacts).toMatchObject({ stale: 0, staleAfterDays: 400 })
})

test('an estimate says who reads another language than theirs, and what they miss by', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const [x, y] = [-96.2, 30.2]
  for (const language of ['es', 'es', 'ES-mx', 'es-US', 'vi', 'en', 'en-GB', undefined]) {
    await contactsAt(db, [language === undefined ? [x, y] : [x, y, language]])
  }
  const area = [{ areaDesc: 'Here', circle: [{ center: [x, y], radiusKm: 1 }] }]
  const draft = anAlert({ info: { area } })
  const [english] = draft.info
  const spanish = { ...english, language: 'es-US', sms: 'INUNDACION. Suba a un lugar alto.' }
  const id = await compose(author, { ...draft, info: [english, spanish] })
  const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
  expect(body.inAnotherLanguage).toEqual([
    { language: 'es', text: 'en-US', near: 'es-US', recipients: 2 },
    { language: 'ES-mx', text: 'en-US', near: 'es-US', recipients: 1 },
    { language: 'vi', text: 'en-US', near: null, recipients: 1 },
  ])
  expect(body.recipients).toBe(8)
})

test('a change is answered with the estimate that is asked for after it, whomever it reaches', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const [x, y] = [-90.5, 41.5]
  const [opted, ...others] = await contactsAt(db, [
    [x, y],
    [x, y, 'es'],
    [x + 1, y],
    [x + 1, y, 'es'],
    [x + 1, y],
  ])
  await db.execute(sql`
    insert into opt_outs (phone, scope, source, at)
    select phone, 'all', 'test', now() from contacts where id = ${opted!}::uuid`)
  // One of them is there for a minute of the week that is days away, wherever one asks from.
  const minute = (Math.floor(Date.now() / 60_000) + 5_000) % 10_080
  const open = `{[${minute},${minute + 1})}`
  await db.execute(sql`
    update locations set hours = '[]', open_minutes = ${open}::int4multirange where contact_id = ${others[1]!}::uuid`)
  const group = await aListedGroup(db, others.slice(2))
  const around = (name: string, longitude: number) => ({
    areaDesc: name,
    circle: [{ center: [longitude, y], radiusKm: 1 }],
  })
  const draft = anAlert({ info: { area: [around('West', x)] } })
  const [english] = draft.info
  const spanish = { ...english, language: 'es-US', sms: 'INUNDACION. Suba a un lugar alto.' }
  const id = await compose(author, { ...draft, info: [english, spanish] })
  const changes = [
    [{ info: [{ ...english, area: [around('West', x)] }] }, 1],
    [{ info: [{ ...english, area: [around('West', x), around('East', x + 1)] }, spanish] }, 4],
    [{ audience: { groups: [group] } }, 4],
    [{ audience: { excludeGroups: [group] } }, 2],
    [{ audience: { locationHours: 'respect' } }, 3],
    [{ audience: {}, maxRecipients: 9, minRecipients: 1 }, 4],
  ] as const
  for (const [json, recipients] of changes) {
    const answer = await author.call('PATCH', `/v1/alerts/${id}?estimate=true`, { json })
    expect([answer.status, answer.body.errors]).toEqual([200, undefined])
    const { estimate, ...alert } = answer.body
    expect(estimate).toEqual((await author.call('GET', `/v1/alerts/${id}/estimate`)).body)
    expect(estimate.recipients).toBe(recipients)
    expect(alert).toEqual((await author.call('GET', `/v1/alerts/${id}`)).body)
    const plain = await author.call('PATCH', `/v1/alerts/${id}`, { json })
    expect(plain.body.maxRecipients).toBe(alert.maxRecipients)
    expect(plain.body.estimate).toBeUndefined()
  }
  const unknown = await author.call('PATCH', `/v1/alerts/${id}?estimate=yes`, { json: {} })
  expect([unknown.status, unknown.body.code]).toEqual([400, 'invalid_request'])
})

test('contacts are counted once a minute at the most, and not waited for until they are old', async ({
  db,
}) => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000)
  const first = await contactFigures(db, 200, at(0))
  await contactsAt(db, [HERE])
  expect(await contactFigures(db, 200, at(59))).toBe(first)
  // The next one finds what this one has set off.
  expect(await contactFigures(db, 200, at(61))).toBe(first)
  await expect.poll(async () => (await contactFigures(db, 200, at(62))).total).toBe(first.total + 1)
  await contactsAt(db, [HERE])
  expect((await contactFigures(db, 200, at(700))).total).toBe(first.total + 2)
})

test('an import confirms whom it names, and a whole list everybody', async ({ edge, db }) => {
  const admin = await edge.caller({ roles: ['administrator'] })
  const [same, changed, recent, absent] = ['+15550101', '+15550102', '+15550103', '+15550104'].map(
    phone => `${phone}111`,
  )
  const file = (name: string) =>
    ['phone,name', `${same},Ann`, `${changed},${name}`, `${recent},Cy`].join('\n')
  await importing(admin, `${file('Bo')}\n${absent},Di`)
  await db.execute(sql`
    update contacts set updated_at = now() - case when phone = ${recent} then interval '29 days'
      else interval '100 days' end where phone like '+15550%111'`)
  await importing(admin, file('Bea'))
  expect(await updatedAt(db, same!)).toEqual({ days: 0, revision: 1 })
  expect(await updatedAt(db, changed!)).toEqual({ days: 0, revision: 2 })
  // Written again it would say little more, and a list that comes daily would be written daily.
  expect(await updatedAt(db, recent!)).toEqual({ days: 29, revision: 1 })
  expect(await updatedAt(db, absent!)).toEqual({ days: 100, revision: 1 })

  expect((await contactFigures(db, 50, new Date())).stale).toBeGreaterThan(0)
  const { total } = await contactFigures(db, 51, new Date())
  const gone = `${file('Bea')}\n${absent},Di`
  const { state } = await importing(admin, gone, `?mode=replace&confirmRemove=${total - 4}`)
  expect(state).toBe('completed')
  expect(await contactFigures(db, 52, new Date())).toMatchObject({ total: 4, stale: 0 })
  expect((await contactFigures(db, 53, later(54))).stale).toBe(4)
})

test('cost is by carrier, of the segments that it is forecast to send; what is not said is not guessed', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const admin = await edge.caller({ roles: ['administrator'] })
  const carrier = (name: string, routes: object[]) =>
    admin.call('POST', '/v1/carriers', {
      json: {
        name,
        protocol: 'smpp',
        segmentsPerSecond: 10,
        window: 10,
        binds: 1,
        sourceAddress: '72345',
        smpp: {
          host: '127.0.0.1',
          port: 2775,
          systemId: 'x',
          password: 'x',
          bindType: 'transceiver',
        },
        routes,
      },
    })
  const north = await carrier('North', [
    { prefix: '+1', cost: 0.0075 },
    { prefix: '+44', cost: 0.04 },
  ])
  expect(north.status, JSON.stringify(north.body)).toBe(201)
  await contactsAt(db, [
    [-50.5, 10.5],
    [-50.5, 10.5],
    [-50.5, 10.5],
  ])
  await db.execute(sql`
    update contacts set phone = '+447700900123' where id = (
      select contact_id from locations where position ~= point(-50.5, 10.5) limit 1)`)
  const ground = {
    type: 'Polygon',
    coordinates: [
      [
        [-51, 10],
        [-50, 10],
        [-50, 11],
        [-51, 11],
        [-51, 10],
      ],
    ],
  }
  const info = { sms: 'a'.repeat(161), area: [{ areaDesc: 'Sea', polygon: [ground] }] }
  const id = await compose(author, anAlert({ info }))
  const estimate = async () => (await author.call('GET', `/v1/alerts/${id}/estimate`)).body
  // Two segments each, two people at the one price and one at the other.
  expect(await estimate()).toMatchObject({
    recipients: 3,
    segments: 6,
    cost: 0.11,
    byCarrier: [{ name: 'North', recipients: 3, cost: 0.11 }],
  })
  const silent = await carrier('Silent', [{ prefix: '+447', preference: 0 }])
  expect(silent.status).toBe(201)
  expect(await estimate()).toMatchObject({
    cost: null,
    byCarrier: [
      { name: 'North', cost: 0.03 },
      { name: 'Silent', cost: null },
    ],
  })
})
