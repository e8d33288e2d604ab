import { expect } from 'vitest'
import { anAlert, aSigner, compose, contentBytes, contactsAt, square } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

const area = (fields: object) => [{ areaDesc: 'Here', ...fields }]
const drawn = (...rings: number[][][]) =>
  anAlert({ info: { area: area({ polygon: [{ type: 'Polygon', coordinates: rings }] }) } })
const spiked = [
  [-97, 30],
  [-96, 30],
  [-95, 30],
  [-96, 30],
  [-96, 31],
  [-96, 31],
  [-97, 31],
  [-97, 30],
]

test('a spike and a repeated corner are left out, said, and what is signed is what is stored', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const { status, body } = await author.call('POST', '/v1/alerts', { json: drawn(spiked) })
  expect(status).toBe(201)
  expect(body.warnings[0]).toEqual({
    pointer: '/info/0/area/0/polygon/0/coordinates/0',
    detail: 'had 1 position(s) given twice, a spike at [-95, 30]: left out',
  })
  const ring = [
    [-97, 30],
    [-96, 30],
    [-96, 31],
    [-97, 31],
    [-97, 30],
  ]
  expect(body.info[0].area[0].polygon[0].coordinates).toEqual([ring])
  const content = JSON.parse(Buffer.from(await contentBytes(edge, author, body.id)).toString())
  expect(content.areas[0].polygon[0].coordinates).toEqual([ring])
  const edited = await author.call('PATCH', `/v1/alerts/${body.id}`, {
    json: { info: drawn(spiked.toReversed()).info },
  })
  expect(edited.body.warnings[0].detail).toMatch(/a spike at \[-95, 30\]/)
  const read = await author.call('GET', `/v1/alerts/${body.id}`)
  expect(JSON.stringify(read.body.warnings)).not.toMatch(/spike/)

  const group = {
    name: 'Spiked',
    area: area({ polygon: [{ type: 'Polygon', coordinates: [spiked] }] })[0],
  }
  const made = await author.call('POST', '/v1/groups', { json: group })
  expect(made.body.warnings).toHaveLength(1)
  expect(made.body.area.polygon[0].coordinates).toEqual([ring])
})

test('a circle of radius 0 is valid, reaches nobody and says so', async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author'])
  const point = area({ circle: [{ center: [-96.5, 30.5], radiusKm: 0 }] })
  const { status, body } = await author.call('POST', '/v1/alerts', {
    json: anAlert({ info: { area: point } }),
  })
  expect(status).toBe(201)
  expect(body.warnings).toContainEqual({
    pointer: '/info/0/area/0/circle/0',
    detail: 'has a radius of 0: it reaches nobody',
    code: 'no_radius',
  })
  const estimate = await author.call('GET', `/v1/alerts/${body.id}/estimate`)
  expect(estimate.body.recipients).toBe(0)
  expect((await author.submit(body.id)).body.code).toBe('audience_empty')
})

test('a bow-tie is refused where it crosses', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const { status, body } = await author.call('POST', '/v1/alerts', {
    json: drawn([
      [-97, 30],
      [-96, 31],
      [-96, 30],
      [-97, 31],
      [-97, 30],
    ]),
  })
  expect([status, body.errors[0].detail]).toEqual([
    422,
    'crosses itself at [-96.5, 30.5]: edge 0 and edge 2',
  ])
})

test('an area round a pole reaches who lives there', async ({ edge, db }) => {
  await contactsAt(db, [
    [15.6, 78.2],
    [-179.99, 85],
    [15.6, 69],
  ])
  const author = await aSigner(edge, ['author'])
  const id = await compose(
    author,
    drawn([
      [-120, 70],
      [0, 72],
      [120, 70],
      [-120, 70],
    ]),
  )
  expect((await author.call('GET', `/v1/alerts/${id}/estimate`)).body.recipients).toBe(2)
})

test('corners and areas beyond the limits are refused, at the cost of counting them', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const many = Array.from({ length: 300_000 }, (_, no) => [-97 + no * 1e-6, 30])
  const startedAt = performance.now()
  const tooMany = await author.call('POST', '/v1/alerts', { json: drawn(many) })
  expect([tooMany.status, tooMany.body.errors[0].detail]).toEqual([
    422,
    'has 299999 corners in all; at most 100000 are allowed',
  ])
  const areas = Array.from({ length: 10_000 }, () => area({ polygon: [square(0, 0)] })[0])
  const list = await author.call('POST', '/v1/alerts', { json: anAlert({ info: { area: areas } }) })
  expect([list.status, list.body.errors[0].pointer]).toEqual([400, '/info/0/area'])
  // Reading and refusing eight megabytes takes a quarter of a second on an idle machine.
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
