import { expect, test } from 'vitest'
import { boxAround, featuresOf, type MapArea } from '../../src/console/map/area-features.ts'

const square = (west: number, east: number, name = 'a'): MapArea => ({
  areaDesc: name,
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [west, 10],
        [east, 10],
        [east, 20],
        [west, 20],
        [west, 10],
      ],
    ],
  },
})
const FILLS = { Extreme: 'e', Severe: 's', Moderate: 'm', Minor: 'n', Unknown: 'u' }

test('an area across the antimeridian is shown whole, not round the globe', () => {
  expect(boxAround([square(170, -170)])).toEqual([170, 10, 190, 20])
})

test('the box holds all areas; of none there is none', () => {
  expect(boxAround([square(1, 2), square(-5, -4)])).toEqual([-5, 10, 2, 20])
  expect(boxAround([])).toBeUndefined()
})

test('a share of zero is data; null is none', () => {
  const areas = [square(1, 2), square(3, 4), { ...square(5, 6), severity: 'Severe' as const }]
  const shown = featuresOf(areas, [0, null], FILLS).features.map(({ properties }) => properties)
  expect(shown).toEqual([
    { no: 0, areaDesc: 'a', share: 0 },
    { no: 1, areaDesc: 'a', noData: true },
    { no: 2, areaDesc: 'a', noData: true, fill: 's' },
  ])
})
