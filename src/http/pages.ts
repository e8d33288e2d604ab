import { z } from 'zod'
import { AppError } from '../errors.ts'
import { parseStrictJson } from '../signing/canonical.ts'

const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** `?limit=&cursor=` of every list; filters come by `.extend({…})`, and unknown ones stay refused. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .refine(limit => limit <= MAX_LIMIT, `must be at most ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  cursor: z.string().max(512).optional().meta({ description: '`nextCursor` of the page before' }),
})

export interface Page<Item> {
  readonly items: Item[]
  /** Opaque; null at the end. */
  readonly nextCursor: string | null
}

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/**
 * Makes a page of rows that were read with `limit + 1`: the one too many says that there is more.
 *
 * @param positionOf the row's place in the list's order, which `readCursor` gives back for the next page
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  positionOf: (row: Row) => readonly (string | number)[],
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items: shown.map(itemOf), nextCursor: more ? writeCursor(positionOf(last)) : null }
}

function writeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * The place where a page begins, after the one that its cursor names.
 *
 * @param schema a tuple of what `positionOf` gave
 * @throws AppError `invalid_request` for a cursor that this list can't have given
 */
export function readCursor<Position>(
  cursor: string | undefined,
  schema: z.ZodType<Position>,
): Position | undefined {
  if (cursor === undefined) return undefined
  const bytes = Buffer.from(cursor, 'base64url')
  // No text that is stored holds U+0000, and the database can't read one.
  const isOurs = bytes.toString('base64url') === cursor && !bytes.includes('\\u0000')
  const position = isOurs ? schema.safeParse(parsed(bytes)) : undefined
  if (position?.success !== true) {
    const faults = [{ pointer: '/cursor', detail: 'query parameter: is no cursor of this list' }]
    throw new AppError('invalid_request', 'the cursor was not given by this list', { faults })
  }
  return position.data
}

/**
 * The one value by which a list is ordered, of the row that a page begins after.
 *
 * @throws AppError `invalid_request`, as `readCursor`
 */
export function readAfter<Value>(
  cursor: string | undefined,
  schema: z.ZodType<Value>,
): Value | undefined {
  return readCursor(cursor, z.tuple([schema]))?.[0]
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch {
    return undefined
  }
}
