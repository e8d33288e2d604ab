/** Counters: moved in the same statement as the rows that they count, in slots so that writers don't queue. */
import { sql } from 'drizzle-orm'
import { check, integer, pgTable, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core'

/** How often everything was stopped there: `live`, `exercise`, or the id of an exercise. The first two are always there. */
export const allStops = pgTable('all_stops', {
  place: text('place').primaryKey(),
  count: integer('count').notNull().default(0),
})

/** Of recipients, by the carrier that has them; `queued` is what is left of the alert's recipients. */
export const progress = pgTable(
  'progress',
  {
    alertId: uuid('alert_id').notNull(),
    carrierId: uuid('carrier_id').notNull(),
    slot: smallint('slot').notNull(),
    submitted: integer('submitted').notNull().default(0),
    delivered: integer('delivered').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    expired: integer('expired').notNull().default(0),
    cancelled: integer('cancelled').notNull().default(0),
    unknown: integer('unknown').notNull().default(0),
    possibleDuplicates: integer('possible_duplicates').notNull().default(0),
    segments: integer('segments').notNull().default(0),
  },
  t => [primaryKey({ columns: [t.alertId, t.carrierId, t.slot] })],
)

/**
 * Of replies. `dimension` is `total`, `area` or `group`, `key` its index; `option` an option's code,
 * `other`, `optedOut`, or `recipients` for how many there are.
 */
export const tallies = pgTable(
  'tallies',
  {
    alertId: uuid('alert_id').notNull(),
    dimension: text('dimension').notNull(),
    key: smallint('key').notNull(),
    option: text('option').notNull(),
    slot: smallint('slot').notNull(),
    count: integer('count').notNull(),
  },
  t => [primaryKey({ columns: [t.alertId, t.dimension, t.key, t.option, t.slot] })],
)

/** Places of an option that only so many may have: moved in the transaction of the replies that take them. */
export const quotas = pgTable(
  'quotas',
  {
    alertId: uuid('alert_id').notNull(),
    option: text('option').notNull(),
    quota: integer('quota').notNull(),
    taken: integer('taken').notNull().default(0),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.option] }),
    check('quotas_kept', sql`taken between 0 and quota`),
  ],
)
