/**
 * On which side of a line a point lies, without rounding: the one primitive on which "inside", "on the
 * border" and "crosses" are built, so that no two places of this room ever disagree about a point.
 */

/** Bound on the rounding of the determinant below: (3 + 16ε)ε with ε = 2^-53 (Shewchuk 1997, §4.3). */
const ROUNDING = 3.3306690738754716e-16

/** 2^27 + 1 splits a double into two halves whose products are exact. */
const SPLITTER = 134217729

/**
 * The sign tells the side of the directed line a→b on which p lies: positive left, negative right, zero
 * exactly on it. The magnitude means nothing.
 */
export function orientation(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  px: number,
  py: number,
): number {
  const left = (bx - ax) * (py - ay)
  const right = (px - ax) * (by - ay)
  const determinant = left - right
  if (Math.abs(determinant) > ROUNDING * (Math.abs(left) + Math.abs(right))) return determinant
  // Mostly it is one of the corners: edges that follow one another share one.
  if ((px === ax && py === ay) || (px === bx && py === by)) return 0
  return exactOrientation(ax, ay, bx, by, px, py)
}

/** The determinant multiplied out, as a sum without error; its last component has the sign of the whole. */
function exactOrientation(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  px: number,
  py: number,
): number {
  let sum: number[] = []
  const terms = [
    [bx, py],
    [-bx, ay],
    [-ax, py],
    [-px, by],
    [px, ay],
    [ax, by],
  ] as const
  for (const [factor, other] of terms) {
    const product = factor * other
    sum = grow(sum, productError(factor, other, product))
    sum = grow(sum, product)
  }
  return sum.at(-1) ?? 0
}

function productError(a: number, b: number, product: number): number {
  const aHigh = SPLITTER * a - (SPLITTER * a - a)
  const bHigh = SPLITTER * b - (SPLITTER * b - b)
  const aLow = a - aHigh
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** Adds a number to a sum held as non-overlapping doubles in rising order (Shewchuk's grow-expansion). */
function grow(sum: readonly number[], value: number): number[] {
  const grown: number[] = []
  let carried = value
  for (const component of sum) {
    const total = carried + component
    const share = total - carried
    const error = carried - (total - share) + (component - share)
    if (error !== 0) grown.push(error)
    carried = total
  }
  if (carried !== 0) grown.push(carried)
  return grown
}
