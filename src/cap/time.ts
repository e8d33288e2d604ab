import { z } from 'zod'

const FIRST = Date.UTC(1000, 0)
const END = Date.UTC(10_000, 0)

/** RFC 3339, of a year that a date with four digits has in UTC: the database reads no other. */
export const timeSchema = z.iso.datetime({ offset: true }).refine(
  text => {
    const at = Date.parse(text)
    return Number.isNaN(at) || (at >= FIRST && at < END)
  },
  { error: 'must be of the years 1000 to 9999' },
)
