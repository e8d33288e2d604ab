/** The fan-out: whom an alert was approved for, frozen, and what has become of each. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { at, bytea, oneOf } from './columns.ts'

/** In this order: records write a state by its place. */
export const DELIVERY_STATES = [
  'queued',
  'submitted',
  'unknown',
  'failed',
  'delivered',
  'expired',
  'cancelled',
] as const
export const RANGE_STATES = ['ready', 'leased', 'done'] as const

/**
 * Recipients, a block of up to 500 of one text and one route class a row: whom the alert was approved for, frozen,
 * and what has become of each (`block.ts` says how the octets are laid out). A row a recipient took the database
 * five times the processor time and nine times the log (measured: 29 µs and 737 bytes a message). `seq` numbers an
 * alert's recipients densely from 1; a block holds `blockNo … blockNo + size − 1`.
 */
export const blocks = pgTable(
  'blocks',
  {
    alertId: uuid('alert_id').notNull(),
    /** The `seq` of its first recipient. */
    blockNo: integer('block_no').notNull(),
    size: smallint('size').notNull(),
    /** Index of the signed text. */
    textNo: smallint('text_no').notNull(),
    segments: smallint('segments').notNull(),
    /** The records' times count from here. */
    plannedAt: at('planned_at').notNull().defaultNow(),
    /** 8 octets each, ascending: E.164 digits as a number, big-endian. */
    phones: bytea('phones').notNull(),
    firstPhone: bigint('first_phone', { mode: 'number' }).notNull(),
    lastPhone: bigint('last_phone', { mode: 'number' }).notNull(),
    /** 16 octets each. */
    contactIds: bytea('contact_ids').notNull(),
    /** 2 octets each: index of the first area in signed order that holds the recipient; −1 none does. */
    areaNos: bytea('area_nos').notNull(),
    /** 2 octets each: index into `groupLists`. Null: none of them is in any group. */
    groupSets: bytea('group_sets'),
    /** Lists of indexes of the signed groups. */
    groupLists: jsonb('group_lists'),
    /** A record each; empty while nothing has become of anyone. */
    records: bytea('records').notNull(),
    /** What few have, of all or none; empty while nobody has any. */
    extras: bytea('extras').notNull(),
    /** Of a text of several segments: a bit for each that was delivered, of the latest try. */
    parts: bytea('parts'),
    /** The same of tries before the latest, by `offset.try`, in hex. */
    olderParts: jsonb('older_parts'),
    // What the records name by number, from 1.
    carriers: uuid('carriers').array().notNull().default([]),
    reasons: text('reasons').array().notNull().default([]),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.blockNo] }),
    // Its records stand in the row itself, which must fit a page.
    check('blocks_size', sql`size between 1 and 600`),
  ],
)

/**
 * Work, leased. A range covers `fromSeq … toSeq` of one route class (or the `seqs` of a retry); its fence
 * rises at every claim; `hwm` is the intent: whatever lies at or under it may have left.
 */
export const ranges = pgTable(
  'ranges',
  {
    alertId: uuid('alert_id').notNull(),
    rangeNo: integer('range_no').notNull(),
    /** Its recipients are in this block; those of a retry by hand or after a failure too. */
    blockNo: integer('block_no').notNull(),
    /** Only recipients that have moved to a new range as often as this are still in it. */
    generation: integer('generation').notNull().default(0),
    routeClass: text('route_class').notNull(),
    fromSeq: integer('from_seq').notNull(),
    toSeq: integer('to_seq').notNull(),
    /** Ascending; only a retry has them. */
    seqs: integer('seqs').array(),
    /** Carriers that failed these recipients: others are tried first. */
    notCarriers: uuid('not_carriers').array().notNull().default([]),
    state: text('state').notNull().default('ready'),
    fence: integer('fence').notNull().default(0),
    hwm: integer('hwm').notNull().default(0),
    owner: uuid('owner'),
    carrierId: uuid('carrier_id'),
    leaseUntil: at('lease_until'),
    dueAt: at('due_at').notNull().defaultNow(),
    /** The earliest `expires` of the texts in it. */
    expires: at('expires').notNull(),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.rangeNo] }),
    index('ranges_open')
      .on(t.alertId, t.expires)
      .where(sql`state <> 'done'`),
    // Whoever claims reads the first of each class and no more, however many wait behind them.
    index('ranges_ready')
      .on(t.alertId, t.routeClass, t.rangeNo)
      .where(sql`state = 'ready'`),
    index('ranges_leased')
      .on(t.alertId, t.routeClass)
      .where(sql`state = 'leased'`),
    check('ranges_state', oneOf('state', RANGE_STATES)),
  ],
)

/**
 * Message ids that a carrier gave: facts, written without a fence, a batch of one block a row. Receipts find
 * their recipient by them; the look-up is in memory (`inbound/message-ids.ts`).
 */
export const submissions = pgTable(
  'submissions',
  {
    carrierId: uuid('carrier_id').notNull(),
    no: bigint('no', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** Tells a batch that is written again, for nobody heard of its commit, from another. */
    batchId: uuid('batch_id').notNull(),
    alertId: uuid('alert_id').notNull(),
    blockNo: integer('block_no').notNull(),
    at: at('at').notNull().defaultNow(),
    /** When the carrier was asked last what has become of them; null: never. */
    lookedAt: at('looked_at'),
    /** Segments that a message of these took; null: as many as the block's text was approved with. */
    parts: smallint('parts'),
    /** One a line. */
    ids: text('ids').notNull(),
    /** 4 octets an id: the recipient's offset in the block (2), the segment, the try. */
    refs: bytea('refs').notNull(),
  },
  t => [
    primaryKey({ columns: [t.carrierId, t.no] }),
    index('submissions_batch').on(t.batchId),
    index('submissions_alert').on(t.alertId),
  ],
)

/** Receipts whose message id nobody has written yet: matched when it is, dropped after 72 h. */
export const orphanReceipts = pgTable(
  'orphan_receipts',
  {
    carrierId: uuid('carrier_id').notNull(),
    messageId: text('message_id').notNull(),
    state: text('state').notNull(),
    reason: text('reason').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  t => [primaryKey({ columns: [t.carrierId, t.messageId, t.state] })],
)
