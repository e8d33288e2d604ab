/** Areas as an author draws and types them. Pure. */
import { findCrossings } from '../../../geometry/crossings.ts'
import type { Position, Rings } from '../../../geometry/geojson.ts'
import { shapeAreaKm2, shapeOf } from '../../../geometry/shape.ts'
import type { Area } from '../../lib/types.ts'

/** The one ring of an area that can be edited corner by corner. */
export function ringOf({ polygon = [], circle, geocode }: Area): readonly Position[] | undefined {
  const [only, ...more] = polygon
  if (only?.type !== 'Polygon' || more.length > 0 || circle || geocode) return undefined
  return only.coordinates.length === 1 ? only.coordinates[0] : undefined
}

export function withRing(area: Area, ring: readonly Position[]): Area {
  const coordinates = [ring.map(([x, y]): [number, number] => [x, y])]
  return { ...area, polygon: [{ type: 'Polygon', coordinates }] }
}

/** Characters. */
export const MOST_NAME = 500

/** What has come of areas: named as the first of them is, or as all of them where they were joined. */
export function areaFrom(
  [first, ...others]: readonly Area[],
  polygon: NonNullable<Area['polygon']>[number],
  isJoined: boolean,
): Area {
  const { areaDesc = '', altitude, ceiling } = first ?? {}
  const names = isJoined ? [areaDesc, ...others.map(area => area.areaDesc)] : [areaDesc]
  const [only, ...more] = polygon.type === 'MultiPolygon' ? polygon.coordinates : []
  return {
    areaDesc: [...new Set(names)].join(', ').slice(0, MOST_NAME),
    // With one ring its corners can be edited again.
    polygon: [
      only !== undefined && more.length === 0 ? { type: 'Polygon', coordinates: only } : polygon,
    ],
    ...(altitude !== undefined && { altitude }),
    ...(ceiling !== undefined && { ceiling }),
  }
}

/** What has come of some areas in the place of the first of them. */
export function replaced(areas: readonly Area[], nos: readonly number[], outcome: Area): Area[] {
  const place = Math.min(...nos)
  return areas.flatMap((area, no) => (no === place ? [outcome] : nos.includes(no) ? [] : [area]))
}

/** Corners without the last, which is the first again. */
export const cornersOf = (ring: readonly Position[]): readonly Position[] => ring.slice(0, -1)

export function closed(corners: readonly Position[]): readonly Position[] {
  const [first] = corners
  return first === undefined ? [] : [...corners, first]
}

export function areaKm2({ polygon = [], circle = [] }: Area): number {
  return shapeAreaKm2(shapeOf(polygon, circle))
}

export type AreaFault =
  | { readonly kind: 'no name' }
  | { readonly kind: 'few corners' }
  /** Edges are told by the corner that they begin at, from 1. */
  | { readonly kind: 'crosses'; readonly edge: number; readonly other: number }
  | { readonly kind: 'no radius' }

/** What the server would refuse, said while it is being drawn. */
export function areaFault({ areaDesc, polygon = [], circle = [] }: Area): AreaFault | undefined {
  if (areaDesc.trim() === '') return { kind: 'no name' }
  if (circle.some(({ radiusKm }) => !(radiusKm > 0))) return { kind: 'no radius' }
  for (const { type, coordinates } of polygon) {
    for (const rings of (type === 'Polygon' ? [coordinates] : coordinates) as Rings[]) {
      if (rings.some(ring => ring.length < 4)) return { kind: 'few corners' }
      const crossings = findCrossings(rings)
      const [first] = crossings === 'too intricate' ? [] : crossings
      if (first) return { kind: 'crosses', edge: first.edge + 1, other: first.otherEdge + 1 }
    }
  }
  return undefined
}

/**
 * `29.76, -95.37`, `29.76N 95.37W`, one corner a line, or CAP's `lat,lon lat,lon …`.
 *
 * @returns undefined where something is no position
 */
export function readCorners(text: string): readonly Position[] | undefined {
  const isCap = /^\s*(-?\d+(\.\d+)?,-?\d+(\.\d+)?\s*)+$/.test(text)
  const lines = (isCap ? text.trim().split(/\s+/) : text.split(/[\n;]/)).filter(
    line => line.trim() !== '',
  )
  const corners = lines.map(readCorner)
  if (corners.includes(undefined)) return undefined
  const read = corners.filter(one => one !== undefined)
  const [first, last] = [read[0], read.at(-1)]
  const isClosed = read.length > 3 && first?.[0] === last?.[0] && first?.[1] === last?.[1]
  return isClosed ? read.slice(0, -1) : read
}

function readCorner(line: string): Position | undefined {
  const numbers = [...line.matchAll(/(-?\d+(?:\.\d+)?)\s*°?\s*([NSEW])?/gi)]
  const [one, other] = numbers
  if (numbers.length !== 2 || one === undefined || other === undefined) return undefined
  const value = ([, number, side = '']: RegExpMatchArray) =>
    Number(number) * (/[sw]/i.test(side) ? -1 : 1)
  const isSwapped = /[ew]/i.test(one[2] ?? '')
  const [latitude, longitude] = isSwapped ? [value(other), value(one)] : [value(one), value(other)]
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return isOnEarth ? [longitude, latitude] : undefined
}
