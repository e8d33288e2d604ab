import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { distanceKm } from '../../src/geometry/sphere.ts'
import { anAlert, aSigner, compose, contactsAt, square } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

const drawn = (...polygon: object[]) => ({ polygon })
type Ring = [number, number][]

test('areas are joined, taken away and kept in common, and people are counted', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [
    [0.5, 0.5],
    [1.5, 0.5],
    [1.25, 0.5],
    [2.5, 0.5],
  ])
  const author = await aSigner(edge, ['author'])
  const areas = [drawn(square(0, 0, 2)), drawn(square(1, 0, 2))]
  const tried = async (operation: string) => {
    const { status, body } = await author.call('POST', '/v1/areas', { json: { areas, operation } })
    expect(status).toBe(200)
    return [body.people, Math.round(body.areaKm2 / 1000), body.warnings.length]
  }
  // A degree by a degree at the equator has 12,364 km².
  expect(await tried('union')).toEqual([4, 74, 0])
  expect(await tried('difference')).toEqual([1, 25, 0])
  expect(await tried('intersection')).toEqual([2, 25, 0])
  const nothing = await author.call('POST', '/v1/areas', {
    json: { areas: [areas[0], drawn(square(50, 50))], operation: 'intersection' },
  })
  expect(nothing.body).toMatchObject({ polygon: null, people: 0, corners: 0 })
  expect(nothing.body.warnings[0].detail).toMatch(/reaches nobody/)
})

test('a buffer reaches as far as asked on every side, and hardly farther; a negative one holds back', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const buffered = async (bufferMetres: number) => {
    const { body } = await author.call('POST', '/v1/areas', {
      json: { areas: [drawn(square(-97, 30))], bufferMetres },
    })
    return body.polygon.coordinates.flat().flat() as Ring
  }
  // From the southern edge, and round the corner.
  const wide = await buffered(1000)
  const south = Math.min(...wide.map(([, y]) => y))
  expect(distanceKm([-96.5, south], [-96.5, 30])).toBeGreaterThanOrEqual(1)
  expect(distanceKm([-96.5, south], [-96.5, 30])).toBeLessThan(1.03)
  const corner = wide.filter(([x, y]) => x < -97 && y < 30)
  expect(corner.length).toBeGreaterThan(2)
  for (const place of corner) expect(distanceKm(place, [-97, 30])).toBeLessThan(1.05)
  const narrow = await buffered(-1000)
  expect(distanceKm([-96.5, Math.min(...narrow.map(([, y]) => y))], [-96.5, 30])).toBeGreaterThan(1)
})

test('areas meet over ±180°', async ({ edge, db }) => {
  await contactsAt(db, [
    [179.5, -17.5],
    [-179.5, -17.5],
  ])
  const author = await aSigner(edge, ['author'])
  const { body } = await author.call('POST', '/v1/areas', {
    json: { areas: [drawn(square(179, -18)), drawn(square(-180, -18))] },
  })
  expect([body.polygon.coordinates.length, body.people]).toEqual([1, 2])
})

test('a gap is where people live within the perimeter and no alert reaches them', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [
    [20.5, 20.5],
    [21.5, 20.5],
    [22.5, 20.5],
    [22.6, 20.5],
    [23.5, 20.5],
  ])
  const author = await aSigner(edge, ['author'])
  // In force for the second square; the third and fourth have nobody's word.
  const area = [{ areaDesc: 'The second', polygon: [square(21, 20)] }]
  const inForce = await compose(author, anAlert({ info: { area } }))
  const approver = await aSigner(edge, ['approver'])
  await author.submit(inForce)
  await approver.approve(inForce)
  const sent = await author.call('POST', `/v1/alerts/${inForce}/dispatch`, {
    headers: { 'Idempotency-Key': inForce },
  })
  expect(sent.status).toBe(202)
  const json = {
    areas: [
      drawn(square(20, 20)),
      drawn({
        type: 'Polygon',
        coordinates: [
          [
            [22.9, 20],
            [24, 20],
            [24, 21],
            [22.9, 21],
            [22.9, 20],
          ],
        ],
      }),
    ],
    perimeter: drawn({
      type: 'Polygon',
      coordinates: [
        [
          [20, 20],
          [24, 20],
          [24, 21],
          [20, 21],
          [20, 20],
        ],
      ],
    }),
  }
  const first = await author.call('POST', '/v1/areas', { json })
  expect(first.body.gaps.map((gap: { people: number }) => gap.people)).toEqual([2])
  expect(first.body.overlaps).toEqual([])
  const over = { areas: [drawn(square(20.5, 20))] }
  const overlapping = await author.call('POST', '/v1/areas', { json: over })
  expect(overlapping.body.overlaps).toEqual([{ alertId: inForce, areaDesc: 'The second' }])

  // Taken back, it covers nobody any more.
  await db.execute(sql`
    insert into alerts overriding user value select * from jsonb_populate_record(null::alerts, (
      select to_jsonb(a) || jsonb_build_object('id', ${randomUUID()}::text, 'msg_type', 'Cancel',
        'references', jsonb_build_array(a.id)) from alerts a where id = ${inForce}::uuid))`)
  const after = await author.call('POST', '/v1/areas', { json })
  expect(after.body.gaps.map((gap: { people: number }) => gap.people)).toEqual([3])
})

test('faults are named at their places, a circle is said to become a ring, and viewers only view', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const bad = await author.call('POST', '/v1/areas', {
    json: { areas: [drawn(square(0, 0)), { geocode: [{ valueName: 'SAME', value: '048999' }] }] },
  })
  expect([bad.status, bad.body.code, bad.body.errors[0].pointer]).toEqual([
    422,
    'unknown_geocode',
    '/areas/1/geocode/0',
  ])
  const round = await author.call('POST', '/v1/areas', {
    json: { areas: [{ circle: [{ center: [0, 0], radiusKm: 5 }] }] },
  })
  expect(round.body.warnings[0].pointer).toBe('/areas/0/circle/0')
  expect(round.body.areaKm2).toBeGreaterThan(Math.PI * 25)
  expect(round.body.areaKm2).toBeLessThan(Math.PI * 25 * 1.005)
  const viewer = await edge.caller({ roles: ['viewer'] })
  const refused = await viewer.call('POST', '/v1/areas', { json: { areas: [drawn(square(0, 0))] } })
  expect(refused.status).toBe(403)
})
