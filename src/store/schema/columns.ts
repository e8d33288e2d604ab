/** The types of columns that drizzle lacks, and words in one list. */
import { sql } from 'drizzle-orm'
import { customType, timestamp } from 'drizzle-orm/pg-core'

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
/** A place: x is the longitude, y the latitude, as PostgreSQL's native point. */
export const point = customType<{
  data: { longitude: number; latitude: number }
  driverData: string
}>({
  dataType: () => 'point',
  toDriver: value => `(${value.longitude},${value.latitude})`,
  fromDriver: value => {
    const [longitude, latitude] = value.slice(1, -1).split(',').map(Number)
    return { longitude: longitude ?? Number.NaN, latitude: latitude ?? Number.NaN }
  },
})
export const int4multirange = customType<{ data: string }>({ dataType: () => 'int4multirange' })
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
export const oneOf = (column: string, words: readonly string[]) =>
  sql.raw(`${column} in (${words.map(word => `'${word}'`).join(', ')})`)
