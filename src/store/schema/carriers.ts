/** Carriers, their links and their pace. */
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { at, bytea, oneOf } from './columns.ts'
import { exercises } from './exercises.ts'

export const CARRIER_USES = ['live', 'exercise', 'both'] as const

export const carriers = pgTable(
  'carriers',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull().unique(),
    protocol: text('protocol').notNull(),
    segmentsPerSecond: integer('segments_per_second').notNull(),
    window: integer('window').notNull(),
    binds: integer('binds').notNull(),
    sourceAddress: text('source_address').notNull(),
    /** The protocol's settings without its secrets. */
    settings: jsonb('settings').notNull(),
    /** Password and the like as JSON, sealed under the master key. */
    sealedSecrets: bytea('sealed_secrets'),
    /** `[{prefix, weight, preference?, cost?}]`; empty: takes every number. */
    routes: jsonb('routes').notNull(),
    enabled: boolean('enabled').notNull(),
    /** Takes no further alerts' messages, and stays bound for what comes back. */
    draining: boolean('draining').notNull().default(false),
    /** Which alerts' messages it takes. */
    use: text('use').notNull().default('both'),
    /** Of a simulated carrier: the exercise whose alerts it takes, and no others. */
    exerciseId: uuid('exercise_id').references(() => exercises.id),
    createdAt: at('created_at').notNull().defaultNow(),
    deletedAt: at('deleted_at'),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    uniqueIndex('carriers_exercise').on(t.exerciseId),
    check('carriers_use', oneOf('use', CARRIER_USES)),
    check('carriers_simulated', sql`(protocol = 'simulated') = (exercise_id is not null)`),
  ],
)

/** What each dispatcher reports of its connection, about once a second. */
export const carrierLinks = pgTable(
  'carrier_links',
  {
    carrierId: uuid('carrier_id')
      .notNull()
      .references(() => carriers.id, { onDelete: 'cascade' }),
    dispatcherId: uuid('dispatcher_id').notNull(),
    state: text('state').notNull(),
    perSecond: real('per_second').notNull(),
    inFlight: integer('in_flight').notNull(),
    lastError: text('last_error'),
    /** How much of its work it may be given, 0 … 1: less while it is in trouble or coming back from it. */
    health: real('health').notNull().default(1),
    /** The share of the messages of the last seconds that went wrong, 0 … 1. */
    trouble: real('trouble').notNull().default(0),
    /** `LaneFigures`; null of a dispatcher that has no lane for it. */
    figures: jsonb('figures'),
    reportedAt: at('reported_at').notNull().defaultNow(),
  },
  t => [
    primaryKey({ columns: [t.carrierId, t.dispatcherId] }),
    check('carrier_links_health', sql`health between 0 and 1 and trouble between 0 and 1`),
  ],
)

/** The account's one budget: a GCRA theoretical arrival time on the database's clock, shared by all. */
export const carrierPace = pgTable('carrier_pace', {
  carrierId: uuid('carrier_id')
    .primaryKey()
    .references(() => carriers.id, { onDelete: 'cascade' }),
  /** When the next segment is due. */
  tat: at('tat').notNull(),
  /** Share of the configured rate that the carrier lets through now, 0 … 1; falls when it throttles. */
  factor: doublePrecision('factor').notNull().default(1),
  /** The share at which it last throttled, and the one that it took in the second before. */
  ceiling: doublePrecision('ceiling').notNull().default(1),
  taken: doublePrecision('taken').notNull().default(0),
  /** Rises each time that it throttles. */
  episode: integer('episode').notNull().default(0),
  throttledAt: at('throttled_at'),
  /** Until then slots go to alerts of this priority first, and to less urgent ones only where these leave them. */
  precedence: smallint('precedence'),
  precedenceUntil: at('precedence_until'),
})

/** Binds are leased like work, for the account limits them over all dispatchers. */
export const bindSlots = pgTable(
  'bind_slots',
  {
    carrierId: uuid('carrier_id')
      .notNull()
      .references(() => carriers.id, { onDelete: 'cascade' }),
    slot: smallint('slot').notNull(),
    dispatcherId: uuid('dispatcher_id').notNull(),
    leaseUntil: at('lease_until').notNull(),
  },
  t => [primaryKey({ columns: [t.carrierId, t.slot] })],
)
