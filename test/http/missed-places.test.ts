import { expect } from 'vitest'
import { anAlert, aSigner, compose, contactsAt, type Signer } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

const zone = (west: number, south: number, east: number, north: number, hole: number[][] = []) => ({
  areaDesc: 'Zone',
  polygon: [
    {
      type: 'Polygon',
      coordinates: [
        [
          [west, south],
          [east, south],
          [east, north],
          [west, north],
          [west, south],
        ],
        ...(hole.length === 0 ? [] : [hole]),
      ],
    },
  ],
})

const counties = (...codes: string[]) => ({
  areaDesc: 'Counties',
  geocode: codes.map(code => ({ valueName: 'SAME', value: `048${code}` })),
})

// Seguin, Texas, at 97.965° W, 29.569° N: New Braunfels lies to the north-west, Luling to the east.
const NORTH_WEST = zone(-98.3, 29.6, -98.05, 29.8)
const EAST = zone(-97.8, 29.5, -97.55, 29.75)
const SOUTH = zone(-98.1, 29.25, -97.85, 29.45)

interface Missed {
  readonly name: string
}

const estimating = async (author: Signer, ...area: object[]): Promise<Missed[]> => {
  const id = await compose(author, anAlert({ info: { area } }))
  const { status, body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
  expect(status).toBe(200)
  return body.missedPlaces
}

test('a town amid three zones is named, one beside them is not', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const missed = async (...area: object[]) =>
    (await estimating(author, ...area)).map(({ name }) => name)
  expect(await estimating(author, NORTH_WEST, EAST, SOUTH)).toContainEqual({
    name: 'Seguin',
    population: 27_864,
    longitude: -97.96473,
    latitude: 29.56884,
  })
  expect(await missed(NORTH_WEST)).toEqual([])
  // Both lie to the north of it.
  expect(await missed(NORTH_WEST, zone(-97.8, 29.65, -97.55, 29.85))).not.toContain('Seguin')
  const town = zone(-98, 29.55, -97.9, 29.6)
  expect(await missed(NORTH_WEST, EAST, SOUTH, town)).not.toContain('Seguin')
  // What ends 60 km away has nothing to do with it.
  expect(await missed(NORTH_WEST, zone(-97.2, 29.2, -97, 29.4))).not.toContain('Seguin')
})

test('a county that was forgotten among its neighbours is told by its towns', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const compared = async (...codes: string[]) => {
    const json = { areas: [counties(...codes)] }
    const { status, body } = await author.call('POST', '/v1/areas', { json })
    expect(status).toBe(200)
    return body.missedPlaces.map(({ name }: Missed) => name) as string[]
  }
  // Comal, Hays, Caldwell, Gonzales, Wilson, Bexar: Guadalupe lies amid them.
  const around = ['091', '209', '055', '177', '493', '029']
  const forgotten = await compared(...around)
  expect(forgotten.slice(0, 2)).toEqual(['Seguin', 'Cibolo'])
  expect(await compared(...around, '187')).not.toEqual(expect.arrayContaining(['Seguin']))
  // On one side of it alone.
  expect(await compared('091', '029')).not.toEqual(expect.arrayContaining(['Seguin']))
})

test('a town in a hole is named however wide the hole is, until another alert covers it', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const hole = [
    [-99.5, 28],
    [-96.5, 28],
    [-96.5, 31],
    [-99.5, 31],
    [-99.5, 28],
  ]
  const id = await compose(author, anAlert({ info: { area: [zone(-100, 27.5, -96, 31.5, hole)] } }))
  const named = async () => {
    const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
    return body.missedPlaces.map(({ name }: Missed) => name) as string[]
  }
  const before = await named()
  // The twenty largest.
  expect(before).toHaveLength(20)
  expect(before.slice(0, 2)).toEqual(['San Antonio', 'Austin'])
  await contactsAt(db, [[-98.49, 29.42]])
  const approver = await aSigner(edge, ['approver'])
  const other = await compose(author, anAlert({ info: { area: [counties('029')] } }))
  await author.submit(other)
  await approver.approve(other)
  const headers = { 'Idempotency-Key': other }
  const sent = await author.call('POST', `/v1/alerts/${other}/dispatch`, { headers })
  expect(sent.status).toBe(202)
  expect((await named())[0]).toBe('Austin')
})
