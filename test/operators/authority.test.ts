import { expect, test } from 'vitest'
import { shapeOf, type Shape } from '../../src/geometry/shape.ts'
import type { Polygon } from '../../src/geometry/geojson.ts'
import { assertMay, type Undertaking } from '../../src/operators/authority.ts'
import { liesWithin } from '../../src/operators/jurisdiction.ts'
import type { Operator } from '../../src/operators/operator.ts'

const box = (west: number, south: number, east: number, north: number): Polygon => ({
  type: 'Polygon',
  coordinates: [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ],
})
const shape = (...polygons: Polygon[]): Shape => shapeOf(polygons)
const circle = (longitude: number, latitude: number, radiusKm: number): Shape =>
  shapeOf([], [{ center: [longitude, latitude], radiusKm }])

const JURISDICTION = box(-96, 29, -95, 30)

test('a shape lies in itself, and in what holds it', async () => {
  expect(await liesWithin(shape(JURISDICTION), shape(JURISDICTION))).toBe(true)
  expect(await liesWithin(shape(box(-95.6, 29.4, -95.4, 29.6)), shape(JURISDICTION))).toBe(true)
})

test('a shape that reaches out by ten metres does not', async () => {
  expect(await liesWithin(shape(box(-95.6, 29.4, -94.9999, 29.6)), shape(JURISDICTION))).toBe(false)
  expect(await liesWithin(shape(box(10, 50, 11, 51)), shape(JURISDICTION))).toBe(false)
})

test('every part must lie within, and two neighbours hold what lies across their border', async () => {
  const inside = box(-95.9, 29.1, -95.8, 29.2)
  const outside = box(-94.9, 29.1, -94.8, 29.2)
  expect(await liesWithin(shape(inside, outside), shape(JURISDICTION))).toBe(false)
  const across = shape(box(-95.1, 29.4, -94.9, 29.6))
  expect(await liesWithin(across, shape(JURISDICTION, box(-95, 29, -94, 30)))).toBe(true)
  expect(await liesWithin(across, shape(JURISDICTION, box(-94.99, 29, -94, 30)))).toBe(false)
})

test('a hole in the jurisdiction is outside it', async () => {
  const [shell = []] = JURISDICTION.coordinates
  const [hole = []] = box(-95.55, 29.45, -95.45, 29.55).coordinates
  const holed: Polygon = { type: 'Polygon', coordinates: [shell, hole] }
  expect(await liesWithin(shape(box(-95.6, 29.4, -95.4, 29.6)), shape(holed))).toBe(false)
  expect(await liesWithin(shape(box(-95.9, 29.1, -95.6, 29.2)), shape(holed))).toBe(true)
})

test('circles are held whole: their rim, not a polygon drawn inside it', async () => {
  // At 29.5° N a degree of longitude is 96.8 km, of latitude 111.2 km: the nearest border is 48.4 km away.
  expect(await liesWithin(circle(-95.5, 29.5, 48), shape(JURISDICTION))).toBe(true)
  expect(await liesWithin(circle(-95.5, 29.5, 48.5), shape(JURISDICTION))).toBe(false)
})

test('longitudes meet across the antimeridian', async () => {
  const fiji = shape(box(177, -19, 180, -16), box(-180, -19, -178, -16))
  const across: Polygon = {
    type: 'Polygon',
    coordinates: [
      [
        [179, -18],
        [-179, -18],
        [-179, -17],
        [179, -17],
        [179, -18],
      ],
    ],
  }
  expect(await liesWithin(shape(across), fiji)).toBe(true)
  expect(await liesWithin(shape(across), shape(box(177, -19, 180, -16)))).toBe(false)
  expect(await liesWithin(circle(180, -17.5, 50), fiji)).toBe(true)
})

const operator = (change: Partial<Operator> = {}): Operator => ({
  id: 'x',
  email: 'x@example.org',
  name: 'X',
  roles: ['author'],
  jurisdiction: undefined,
  limits: undefined,
  createdAt: new Date(0),
  disabledAt: undefined,
  revision: 1,
  feedId: undefined,
  ...change,
})
const flood: Undertaking = {
  severity: 'Severe',
  events: ['Flood Warning'],
  recipients: 500,
  grounds: [shape(box(-95.6, 29.4, -95.4, 29.6))],
}
const may = (who: Operator, what: Undertaking = flood) =>
  assertMay(who, ['author'], what, () => shape(JURISDICTION))

test('without a jurisdiction or limits a role is enough, and another role is not', async () => {
  await may(operator())
  await expect(may(operator({ roles: ['administrator', 'approver'] }))).rejects.toThrow(
    expect.objectContaining({ code: 'forbidden' }),
  )
})

test('limits hold severity, event and number of recipients', async () => {
  const limits = { severities: ['Minor', 'Severe'], events: ['flood warning'], maxRecipients: 500 }
  await may(operator({ limits }))
  for (const change of [
    { severity: 'Extreme' },
    { events: ['Flood Warning', 'Tornado Warning'] },
    { recipients: 501 },
  ]) {
    await expect(may(operator({ limits }), { ...flood, ...change })).rejects.toThrow(
      expect.objectContaining({ code: 'over_limits' }),
    )
  }
  await expect(may(operator({ limits: { severities: [] } }))).rejects.toThrow(
    expect.objectContaining({ code: 'over_limits' }),
  )
})

test('a jurisdiction holds every ground of an alert', async () => {
  const jurisdiction = { geocodes: [{ valueName: 'SAME', value: '048201' }] }
  await may(operator({ jurisdiction }))
  const grounds = [...flood.grounds, circle(-95, 29.5, 1)]
  await expect(may(operator({ jurisdiction }), { ...flood, grounds })).rejects.toThrow(
    expect.objectContaining({ code: 'outside_jurisdiction' }),
  )
})

test('combs laid crosswise are given up in seconds, and hold up nobody meanwhile', async () => {
  const comb = (turned: boolean): Polygon => {
    const ring = Array.from({ length: 400 }, (_, tooth): [number, number][] => {
      const x = tooth / 400
      return [
        [x, 0],
        [x, 1],
        [x + 1 / 800, 1],
        [x + 1 / 800, 0.0001],
      ]
    }).flat()
    const closed: [number, number][] = [...ring, [1, -0.1], [0, -0.1], [0, 0]]
    return { type: 'Polygon', coordinates: [closed.map(([x, y]) => (turned ? [y, x] : [x, y]))] }
  }
  const judged = liesWithin(shape(comb(false)), shape(comb(true))).catch((error: unknown) => error)
  let turns = 0
  const ticking = setInterval(() => turns++, 10)
  expect(await judged).toMatchObject({ code: 'outside_jurisdiction' })
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(20)
})
