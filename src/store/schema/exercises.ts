/** Exercises: a name, a roster, a window that ends by itself, and how well it went. */
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'
import { operators } from './organisation.ts'

export const exercises = pgTable(
  'exercises',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    /** The listed group that its alerts reach, and nobody else. It may be removed once the exercise is over. */
    rosterId: uuid('roster_id').notNull(),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    /** Its alerts go to simulated phones over a simulated carrier, and over no other. */
    simulated: boolean('simulated').notNull(),
    /** Of its simulated carrier: `SimulatedFaults`. */
    faults: jsonb('faults').notNull(),
    /** One person's own, on phones that were made up for it. */
    practice: boolean('practice').notNull().default(false),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => operators.id),
    createdAt: at('created_at').notNull(),
    /** By hand, or when its window was over; null: it is planned or open. */
    endedAt: at('ended_at'),
    /** Null: it ended by itself. */
    endedBy: uuid('ended_by').references(() => operators.id),
    /** What was going out has been stopped, and its sign-ins have ended. */
    settledAt: at('settled_at'),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    index('exercises_unsettled')
      .on(t.endsAt)
      .where(sql`settled_at is null`),
    index('exercises_roster').on(t.rosterId),
    // A window that nobody closes would keep keys, sign-ins and a carrier of its own open.
    check(
      'exercises_window',
      sql`ends_at > starts_at and ends_at <= starts_at + interval '168 hours'`,
    ),
    check('exercises_settled', sql`settled_at is null or ended_at is not null`),
    check('exercises_ended', sql`ended_by is null or ended_at is not null`),
  ],
)
