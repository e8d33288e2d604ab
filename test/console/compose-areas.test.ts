import { expect, test } from 'vitest'
import {
  areaFault,
  areaFrom,
  readCorners,
  replaced,
  ringOf,
} from '../../src/console/screens/compose/areas.ts'

test('corners are read as people write them, latitude first', () => {
  expect(readCorners('29.76, -95.37\n29.5 -95.1')).toEqual([
    [-95.37, 29.76],
    [-95.1, 29.5],
  ])
  expect(readCorners('29.76N 95.37W')).toEqual([[-95.37, 29.76]])
  expect(readCorners('95.37° W, 29.76° N')).toEqual([[-95.37, 29.76]])
})

test('a line of CAP 1.2 is read as corners, and its closing one left out', () => {
  expect(readCorners('38.47,-120.14 38.34,-119.95 38.52,-119.74 38.47,-120.14')).toEqual([
    [-120.14, 38.47],
    [-119.95, 38.34],
    [-119.74, 38.52],
  ])
})

test('what is no position on Earth is not taken for one', () => {
  expect(readCorners('95.37, 29.76\nnear the school')).toBeUndefined()
  expect(readCorners('-95.37, 29.76')).toBeUndefined()
  expect(readCorners('29.76')).toBeUndefined()
})

const area = (...coordinates: [number, number][]) => ({
  areaDesc: 'a',
  polygon: [{ type: 'Polygon' as const, coordinates: [coordinates] }],
})

test('a ring that crosses itself is told by the corners after which its lines cross', () => {
  const bow = area([0, 0], [2, 2], [2, 0], [0, 2], [0, 0])
  expect(areaFault(bow)).toEqual({ kind: 'crosses', edge: 1, other: 3 })
  expect(areaFault(area([0, 0], [2, 0], [2, 2], [0, 2], [0, 0]))).toBeUndefined()
  expect(areaFault(area([0, 0], [2, 0], [0, 0]))).toEqual({ kind: 'few corners' })
})

test('one ring without holes can be edited by its corners, anything else can not', () => {
  expect(ringOf(area([0, 0], [2, 0], [2, 2], [0, 0]))).toHaveLength(4)
  expect(ringOf({ areaDesc: 'a', circle: [{ center: [0, 0], radiusKm: 1 }] })).toBeUndefined()
})

test('what has come of areas stands where the first of them stood, and can be edited where it is one ring', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(areaDesc => ({
    ...area([0, 0], [2, 0], [2, 2], [0, 0]),
    areaDesc,
  }))
  const ring = [
    [
      [0, 0] as [number, number],
      [3, 0] as [number, number],
      [3, 3] as [number, number],
      [0, 0] as [number, number],
    ],
  ]
  const one = { type: 'MultiPolygon' as const, coordinates: [ring] }
  const joined = areaFrom([b!, c!], one, true)
  expect(joined.areaDesc).toBe('b, c')
  expect(ringOf(joined)).toHaveLength(4)
  expect(replaced([a!, b!, c!], [2, 1], joined).map(({ areaDesc }) => areaDesc)).toEqual([
    'a',
    'b, c',
  ])

  const two = { type: 'MultiPolygon' as const, coordinates: [ring, ring] }
  const left = areaFrom(
    [{ ...b!, altitude: 100, geocode: [{ valueName: 'SAME', value: '012345' }] }, a!],
    two,
    false,
  )
  expect(left).toEqual({ areaDesc: 'b', altitude: 100, polygon: [two] })
})
