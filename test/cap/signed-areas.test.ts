import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Area } from '../../src/cap/area.ts'
import { signedAreas } from '../../src/cap/content.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'

const ORIGIN: [number, number] = [0, 0]
const square = (x: number): [number, number][] => [
  [x, 0],
  [x + 1, 0],
  [x + 1, 1],
  [x, 0],
]
/** A few of each, so that the same ones come again, as do others with as many corners. */
const areas = fc.array(
  fc.record(
    {
      areaDesc: fc.constantFrom('The valley', 'El valle'),
      polygon: fc.array(
        fc
          .integer({ min: 0, max: 1 })
          .map(x => ({ type: 'Polygon' as const, coordinates: [square(x)] })),
        { maxLength: 2 },
      ),
      circle: fc.array(
        fc.constantFrom({ center: ORIGIN, radiusKm: 1 }, { center: ORIGIN, radiusKm: 2 }),
        {
          maxLength: 1,
        },
      ),
      geocode: fc.array(
        fc.constantFrom('048453', '048491').map(value => ({ valueName: 'SAME', value })),
        {
          maxLength: 1,
        },
      ),
      combine: fc.constantFrom('union' as const, 'intersection' as const),
    },
    { requiredKeys: ['areaDesc'] },
  ),
  { maxLength: 6 },
)

/** By all that it covers, written canonically. */
const byBytes = ({ areaDesc: _name, ...covered }: Area) =>
  Buffer.from(canonicalBytes(covered)).toString()

test('areas that differ by their names alone are one, whose first name stands; no others are', () => {
  fc.assert(
    fc.property(areas, named => {
      const { areas: signed, noOf } = signedAreas(named)
      const distinct = [...new Set(named.map(byBytes))]
      expect(signed.map(byBytes)).toEqual(distinct)
      expect(named.map(noOf)).toEqual(named.map(area => distinct.indexOf(byBytes(area))))
      for (const area of signed)
        expect(named.find(one => byBytes(one) === byBytes(area))).toBe(area)
    }),
    { numRuns: 500 },
  )
})
