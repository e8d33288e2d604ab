import { z } from 'zod'
import { readableText } from './readable.ts'

/**
 * `Area` (API.md): the union of all that it names, unless it says `combine: 'intersection'`. Coordinates are GeoJSON, `[longitude, latitude]` in
 * WGS 84. The schema holds the shape alone; rings, ranges and geocodes are judged by meaning (422).
 */

/** A third number, the altitude, is allowed and not read (RFC 7946 §3.1.1). */
const position = z.tuple([z.number(), z.number()], z.number())
type Position = z.infer<typeof position>

// Checked by hand: a schema a position takes a second for a million of them, which is what a body can hold.
const ring = z
  .custom<Position[]>(isListOfPositions, 'must be a list of positions, [longitude, latitude]')
  .meta({ type: 'array', items: { type: 'array', items: { type: 'number' }, minItems: 2 } })
const polygonCoordinates = z.array(ring).min(1)

function isListOfPositions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      one =>
        Array.isArray(one) &&
        one.length >= 2 &&
        one.every(number => typeof number === 'number' && Number.isFinite(number)),
    )
  )
}

export const polygonSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Polygon'), coordinates: polygonCoordinates }),
  z.strictObject({
    type: z.literal('MultiPolygon'),
    coordinates: z.array(polygonCoordinates).min(1),
  }),
])

const circleSchema = z.strictObject({ center: position, radiusKm: z.number() })

export const geocodeSchema = z.strictObject({
  /** Some countries name theirs by whole URLs. */
  valueName: z.string().min(1).max(200),
  value: z.string().min(1).max(50),
})

/** What an area covers, without its name. */
const shape = {
  polygon: z.array(polygonSchema).min(1).max(100).optional(),
  circle: z.array(circleSchema).min(1).max(100).optional(),
  geocode: z.array(geocodeSchema).min(1).max(1000).optional(),
}

/** CAP `altitude` and `ceiling`: feet above mean sea level. They say where it is dangerous, and choose nobody. */
const height = z.number().min(-100_000).max(1_000_000)

export const areaSchema = z.strictObject({
  areaDesc: readableText(500),
  ...shape,
  combine: z.enum(['union', 'intersection']).optional().meta({
    description:
      'Of an area that is drawn and names geocodes: whoever is in either (union, as CAP has it, and if left out) or in both',
  }),
  altitude: height.optional(),
  ceiling: height.optional(),
})

export type Area = z.infer<typeof areaSchema>
