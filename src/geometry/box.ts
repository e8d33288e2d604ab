import type { Box } from './geojson.ts'

export function boxesMeet(a: Box, b: Box): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

export function unionOf(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
}

/** What lies in both, a line or a point where they only touch. */
export function commonOf(a: Box, b: Box): Box | undefined {
  if (!boxesMeet(a, b)) return undefined
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]
}

/** The next double above: what makes "below the upper edge" include the edge. */
export function nextUp(value: number): number {
  const bits = new DataView(new ArrayBuffer(8))
  // Of the two zeros only the positive one is followed by a number above it.
  bits.setFloat64(0, value === 0 ? 0 : value)
  bits.setBigInt64(0, bits.getBigInt64(0) + (value >= 0 ? 1n : -1n))
  return bits.getFloat64(0)
}
