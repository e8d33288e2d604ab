/** Letters, beside the text messages. */
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { alerts } from './alerts.ts'
import { at, oneOf } from './columns.ts'

export const LETTER_STATES = [
  'waiting',
  'leased',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'unknown',
] as const

/** An alert that goes as letters too, with its counters: moved in the statement that moves its letters. */
export const mailings = pgTable('mailings', {
  alertId: uuid('alert_id')
    .primaryKey()
    .references(() => alerts.id),
  /** The last `seq` whose letter is laid out. */
  laidOut: integer('laid_out').notNull().default(0),
  /** All of the alert's recipients have been gone through. */
  whole: boolean('whole').notNull().default(false),
  /** When letters of it were last laid out, or ended. */
  movedAt: at('moved_at').notNull().defaultNow(),
  letters: integer('letters').notNull().default(0),
  sent: integer('sent').notNull().default(0),
  failed: integer('failed').notNull().default(0),
  expired: integer('expired').notNull().default(0),
  cancelled: integer('cancelled').notNull().default(0),
  unknown: integer('unknown').notNull().default(0),
  possibleDuplicates: integer('possible_duplicates').notNull().default(0),
})

export const letters = pgTable(
  'letters',
  {
    alertId: uuid('alert_id').notNull(),
    /** The recipient's; of several who share the address the first one's. */
    seq: integer('seq').notNull(),
    contactId: uuid('contact_id').notNull(),
    /** Whose opt-outs it heeds. */
    phone: text('phone').notNull(),
    /** The contact's, as it was when the letter was laid out. */
    address: text('address').notNull(),
    textNo: smallint('text_no').notNull(),
    expires: at('expires').notNull(),
    state: text('state').notNull().default('waiting'),
    attempts: smallint('attempts').notNull().default(0),
    possibleDuplicate: boolean('possible_duplicate').notNull().default(false),
    reason: text('reason'),
    carrierId: uuid('carrier_id'),
    /** Rises at every claim: an owner that comes back late writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** The next attempt; while it is leased, the end of the lease. */
    dueAt: at('due_at').notNull().defaultNow(),
    settledAt: at('settled_at'),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.seq] }),
    uniqueIndex('letters_address').on(t.alertId, t.address, t.textNo),
    index('letters_open')
      .on(t.alertId, t.state, t.dueAt, t.seq)
      .where(sql`state in ('waiting', 'leased')`),
    index('letters_expires')
      .on(t.alertId, t.expires)
      .where(sql`state = 'waiting'`),
    check('letters_state', oneOf('state', LETTER_STATES)),
  ],
)
