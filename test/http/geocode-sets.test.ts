import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { countAudience } from '../../src/audience/count.ts'
import { resolveAudience } from '../../src/audience/resolve.ts'
import { readContent } from '../../src/cap/content.ts'
import { audienceOf } from '../../src/alerts/audience.ts'
import { anAlert, aSigner, compose, contactsAt, contentBytes, square } from '../alerts/people.ts'
import { type Caller, type Edge, test } from '../support/edge.ts'

type Feature = ReturnType<typeof ward>

const ward = (code: unknown, geometry: unknown = square(-97, 30), more: object = {}) => ({
  type: 'Feature',
  properties: { WARD: code, NAME: `Ward ${String(code)}`, ...more },
  geometry,
})

const load = (caller: Caller, method: string, path: string, features: readonly unknown[]) =>
  caller.call(method, `/v1/geocode-sets${path}`, {
    text: JSON.stringify({ type: 'FeatureCollection', features }),
    headers: { 'Content-Type': 'application/geo+json' },
  })
const create = (caller: Caller, valueName: string, features: readonly Feature[], query = '') =>
  load(caller, 'POST', `?valueName=${valueName}&code=WARD&name=NAME${query}`, features)
const replace = (caller: Caller, valueName: string, features: readonly Feature[]) =>
  load(caller, 'PUT', `/${valueName}?code=WARD&name=NAME`, features)
const administrator = (edge: Edge) => edge.caller({ roles: ['administrator'] })
const alertFor = (valueName: string, value: string) =>
  anAlert({ info: { area: [{ areaDesc: 'A ward', geocode: [{ valueName, value }] }] } })

test('a set is loaded, listed, read, named by an alert, and reaches who is inside', async ({
  edge,
  db,
}) => {
  const admin = await administrator(edge)
  const loaded = await create(admin, 'WARD', [ward(7), ward('8a', square(-90, 30))])
  expect(loaded.status).toBe(201)
  expect(loaded.body).toMatchObject({
    valueName: 'WARD',
    version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    codes: 2,
    corners: 8,
    warnings: [],
  })
  expect((await admin.call('GET', '/v1/geocode-sets')).body.items).toMatchObject([{ codes: 2 }])
  expect((await admin.call('GET', '/v1/geocode-sets/WARD/codes?limit=1')).body).toMatchObject({
    items: [{ code: '7', name: 'Ward 7' }],
    nextCursor: expect.any(String) as string,
  })
  await contactsAt(db, [
    [-96.5, 30.5],
    [-97, 30],
    [-90.5, 30.5],
  ])
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, alertFor('WARD', '7'))
  const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
  expect(body.recipients).toBe(2)
  const content = readContent(await contentBytes(edge, author, id))
  expect(content.geocodeSets).toEqual([{ valueName: 'WARD', version: loaded.body.version }])
})

test('an unknown code, and a set that nobody loaded, are refused by name', async ({ edge }) => {
  const admin = await administrator(edge)
  await create(admin, 'KNOWN', [ward('1')])
  const author = await aSigner(edge, ['author'])
  for (const [name, value, detail] of [
    ['KNOWN', '2', /names no code of the set/],
    ['UNKNOWN', '1', /no set of that name is loaded/],
    ['__proto__', 'x', /no set of that name/],
    ['same', '048201', /no set of that name/],
  ] as const) {
    const { status, body } = await author.call('POST', '/v1/alerts', {
      json: alertFor(name, value),
    })
    expect([status, body.code]).toEqual([422, 'unknown_geocode'])
    expect(body.errors[0].detail).toMatch(detail)
  }
})

test('a new version voids what was signed for the old one, and what is sending goes on with the old', async ({
  edge,
  db,
}) => {
  const admin = await administrator(edge)
  const first = await create(admin, 'ZONE', [ward('1', square(-80, 30))])
  await contactsAt(db, [
    [-79.5, 30.5],
    [-69.5, 30.5],
    [-69.4, 30.5],
  ])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await compose(author, { ...alertFor('ZONE', '1'), maxRecipients: 5 })
  expect((await author.submit(id)).status).toBe(200)
  expect((await approver.approve(id)).status).toBe(200)
  const content = readContent(await contentBytes(edge, author, id))

  const second = await replace(admin, 'ZONE', [ward('1', square(-70, 30))])
  expect(second.status).toBe(200)
  expect(second.body.version).not.toBe(first.body.version)
  const { status, body } = await author.call('POST', `/v1/alerts/${id}/dispatch`, {
    headers: { 'Idempotency-Key': 'once' },
  })
  expect([status, body.code]).toEqual([409, 'audience_changed'])
  expect(body.detail).toMatch(/ZONE/)
  // As the planner resolves it: by the version that was signed, which is kept for it.
  const signed = { ...audienceOf(content, new Date()), geocodeSets: content.geocodeSets }
  expect(await countAudience(db, await resolveAudience(db, signed))).toBe(1)
  expect(await countAudience(db, await resolveAudience(db, audienceOf(content, new Date())))).toBe(
    2,
  )

  // The same file again is the same version, and what was signed for it holds again.
  expect((await replace(admin, 'ZONE', [ward('1', square(-80, 30))])).body.version).toBe(
    first.body.version,
  )
  const sent = await author.call('POST', `/v1/alerts/${id}/dispatch`, {
    headers: { 'Idempotency-Key': 'twice' },
  })
  expect(sent.status).toBe(202)
})

test('a version that nothing was signed for goes with the next', async ({ edge, db }) => {
  const admin = await administrator(edge)
  await create(admin, 'OLD', [ward('1')])
  await replace(admin, 'OLD', [ward('1', square(1, 1))])
  await replace(admin, 'OLD', [ward('1', square(2, 2))])
  const rows = await db.execute(sql`select is_current from geocode_sets where value_name = 'OLD'`)
  expect(rows.map(row => row['is_current'])).toEqual([true])
})

test('a set goes only when nothing open names it', async ({ edge }) => {
  const admin = await administrator(edge)
  await create(admin, 'FLOOD', [ward('A')])
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, alertFor('FLOOD', 'A'))
  const remove = () => admin.call('DELETE', '/v1/geocode-sets/FLOOD')
  expect((await remove()).body).toMatchObject({ code: 'in_use', status: 409 })
  await author.call('DELETE', `/v1/alerts/${id}`)
  const group = {
    name: 'A flood zone',
    area: { areaDesc: 'A', geocode: [{ valueName: 'FLOOD', value: 'A' }] },
  }
  expect((await author.call('POST', '/v1/groups', { json: group })).status).toBe(201)
  expect((await remove()).body.detail).toMatch(/1 group/)
  const other = await create(admin, 'FREE', [ward('A')])
  expect(other.status).toBe(201)
  expect((await admin.call('DELETE', '/v1/geocode-sets/FREE')).status).toBe(204)
  expect((await admin.call('GET', '/v1/geocode-sets/FREE')).status).toBe(404)
  expect((await admin.call('DELETE', '/v1/geocode-sets/FREE')).status).toBe(404)
})

test('a group over a set that changed is another group', async ({ edge }) => {
  const admin = await administrator(edge)
  await create(admin, 'SCHOOL', [ward('A', square(-60, 40))])
  const area = { areaDesc: 'A', geocode: [{ valueName: 'SCHOOL', value: 'A' }] }
  const made = await admin.call('POST', '/v1/groups', { json: { name: 'District A', area } })
  await replace(admin, 'SCHOOL', [ward('A', square(-61, 40))])
  const after = await admin.call('GET', `/v1/groups/${made.body.id}`)
  expect(after.body.definitionDigest).not.toBe(made.body.definitionDigest)
})

test('sirens are points with a reach; a code of several features is their union', async ({
  edge,
  db,
}) => {
  const admin = await administrator(edge)
  const siren = (at: [number, number]) => ward('S', { type: 'Point', coordinates: at })
  const loaded = await create(admin, 'SIREN', [siren([10, 50]), siren([12, 50])], '&radiusKm=5')
  expect(loaded.body).toMatchObject({ codes: 1 })
  await contactsAt(db, [
    [10.05, 50],
    [12.05, 50],
    [11, 50],
  ])
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, alertFor('SIREN', 'S'))
  expect((await author.call('GET', `/v1/alerts/${id}/estimate`)).body.recipients).toBe(2)
})

test('forecast zones and parts of counties are of a loaded set; counties stay known', async ({
  edge,
  db,
}) => {
  const admin = await administrator(edge)
  await contactsAt(db, [[-50.5, 20.5]])
  expect((await create(admin, 'UGC', [ward('TXZ213', square(-51, 20))])).status).toBe(201)
  expect((await create(admin, 'SAME', [ward('148201', square(-51, 20))])).status).toBe(201)
  const refused = await create(admin, 'FIPS', [ward('TX')])
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/features/0/properties'])
  const author = await aSigner(edge, ['author'])
  for (const [name, value] of [
    ['UGC', 'TXZ213'],
    ['SAME', '148201'],
  ] as const) {
    const id = await compose(author, alertFor(name, value))
    expect((await author.call('GET', `/v1/alerts/${id}/estimate`)).body.recipients).toBe(1)
    const { geocodeSets } = readContent(await contentBytes(edge, author, id))
    expect(geocodeSets[0]!.version).toMatch(/^us-atlas .* \+ sha256:[0-9a-f]{64}$/)
  }
  await compose(author, alertFor('UGC', 'TXC201'))
})

test('every fault of a file is named by its feature, and nothing of it is kept', async ({
  edge,
  db,
}) => {
  const admin = await administrator(edge)
  const bowTie = [
    [0, 0],
    [4, 4],
    [4, 0],
    [0, 4],
    [0, 0],
  ]
  const answer = await create(admin, 'BROKEN', [
    ward('1'),
    ward('2', { type: 'Polygon', coordinates: [bowTie] }),
    ward(null),
    ward('4', { type: 'Point', coordinates: [1, 2] }),
    { ...ward('5'), type: 'Town' },
    ward('6', { type: 'Polygon', coordinates: [[[500_000, 4_000_000]]] }),
  ])
  expect([answer.status, answer.body.code]).toEqual([422, 'invalid_area'])
  expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
    '/features/1/geometry/coordinates/0',
    '/features/2/properties',
    '/features/3/geometry',
    '/features/4',
    '/features/5/geometry/coordinates/0',
    '/features/5/geometry/coordinates/0/0',
  ])
  expect(answer.body.errors[0].detail).toMatch(/crosses itself at \[2, 2\]/)
  const left = await db.execute(sql`select 1 from geocode_sets where value_name = 'BROKEN'`)
  expect(left).toHaveLength(0)
})

test('what is cleaned is said; names, methods and rights are as everywhere', async ({ edge }) => {
  const admin = await administrator(edge)
  const spiked = [
    [0, 0],
    [4, 0],
    [9, 0],
    [4, 0],
    [4, 4],
    [0, 0],
    [0, 0],
  ]
  const loaded = await create(admin, 'SPIKED', [
    ward('1', { type: 'Polygon', coordinates: [spiked] }),
  ])
  expect(loaded.body.warnings).toMatchObject([{ pointer: '/features/0/geometry/coordinates/0' }])
  expect((await create(admin, 'SPIKED', [ward('1')])).body.code).toBe('already_exists')
  expect((await replace(admin, 'NEVER', [ward('1')])).status).toBe(404)
  expect((await create(admin, '__proto__', [ward('1')])).status).toBe(400)
  const author = await aSigner(edge, ['author'])
  expect((await create(author, 'MINE', [ward('1')])).status).toBe(403)
  const asText = await admin.call('POST', '/v1/geocode-sets?valueName=T&code=WARD', { text: 'x' })
  expect(asText.status).toBe(415)
})
