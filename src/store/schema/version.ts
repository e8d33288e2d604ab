import { sql } from 'drizzle-orm'
import { check, integer, pgTable, smallint } from 'drizzle-orm/pg-core'

/**
 * One row: how many migrations a program must know to work on this database. While a new version takes the place of an
 * old one both run, and a migration that the old one can't work with, or does wrong with, raises it to its own number:
 * old programs then drain and end, and don't start any more.
 */
export const schemaFloor = pgTable(
  'schema_floor',
  {
    id: smallint('id').primaryKey().default(1),
    migrations: integer('migrations').notNull(),
  },
  () => [check('schema_floor_is_one', sql`id = 1`)],
)
