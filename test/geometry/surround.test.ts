import { expect, test } from 'vitest'
import type { Position, Rings } from '../../src/geometry/geojson.ts'
import { viewOver } from '../../src/geometry/surround.ts'
import { fc } from '../support/property.ts'

const KM = 1 / 111.195

/** Sides in km from 0° N, of a longitude. */
const rectangle = (west: number, south: number, east: number, north: number, at = 0): Rings => {
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return [corners.map(([x, y]): Position => [at + x! * KM, y! * KM])]
}

const degrees = (radians: number) => Math.round((radians * 180) / Math.PI)

test('one sees free what no ground lies in, as far as one looks', () => {
  const east = rectangle(5, -5, 6, 5)
  const view = (outlines: Rings[], reach = 20) => degrees(viewOver(outlines)([0, 0], reach))
  expect(view([])).toBe(360)
  expect(view([east])).toBe(270)
  expect(view([east, rectangle(-6, -5, -5, 5)])).toBe(90)
  // Farther than one looks nothing is; of what is partly so near a part.
  expect(view([east], 4)).toBe(360)
  expect(view([rectangle(3, -50, 60, 50)], 5)).toBe(254) // 360 − 2 · acos 3/5

  expect(view([rectangle(-9, 1, 9, 2)], 1e4)).toBe(193) // 360 − 2 · atan 9

  const round = [rectangle(-5, 4, 5, 5), rectangle(-5, -5, 5, -4), east, rectangle(-6, -5, -5, 5)]
  expect(view(round)).toBe(0)
})

test('one looks over ±180°', () => {
  const across = [rectangle(5, -5, 6, 5, 180), rectangle(-6, -5, -5, 5, 180)]
  for (const longitude of [180, -180]) {
    expect(degrees(viewOver(across)([longitude, 0], 20))).toBe(90)
  }
  expect(degrees(viewOver([rectangle(5, -5, 6, 5, -180)])([180, 0], 20))).toBe(270)
})

test('what is seen is what one meets on the way', () => {
  const side = fc.integer({ min: -30, max: 30 })
  const rectangles = fc
    .tuple(side, side, fc.integer({ min: 2, max: 25 }), fc.integer({ min: 2, max: 25 }))
    .map(([x, y, width, height]) => [x, y, x + width, y + height] as const)
    .filter(([west, south, east, north]) => {
      const nearest = Math.hypot(Math.max(west, -east, 0), Math.max(south, -north, 0))
      // Not around the point, nor where a step more or less decides whether one sees it at all.
      return nearest > 0 && Math.abs(nearest - 20) > 0.5
    })
  const DIRECTIONS = 180
  fc.assert(
    fc.property(fc.array(rectangles, { maxLength: 4 }), all => {
      const meets = (angle: number) => {
        for (let far = 0.05; far <= 20; far += 0.05) {
          const [x, y] = [far * Math.cos(angle), far * Math.sin(angle)]
          if (all.some(([w, s, e, n]) => x >= w && x <= e && y >= s && y <= n)) return true
        }
        return false
      }
      const met = Array.from({ length: DIRECTIONS }, (_, no) =>
        meets((no / DIRECTIONS) * 2 * Math.PI),
      )
      let [widest, free] = [0, 0]
      for (const one of [...met, ...met]) {
        free = one ? 0 : free + 1
        widest = Math.max(widest, Math.min(free, DIRECTIONS))
      }
      const outlines = all.map(([w, s, e, n]) => rectangle(w, s, e, n))
      const view = viewOver(outlines)([0, 0], 20)
      // Where a corner lies at the end of one's view, steps may pass it by.
      expect(Math.abs(view - (widest / DIRECTIONS) * 2 * Math.PI)).toBeLessThan(0.16)
    }),
    { numRuns: 100 },
  )
})
