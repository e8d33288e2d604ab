/** What came back: receipts, replies, requests for help, and what is answered. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { at, oneOf } from './columns.ts'

export const HELP_REQUEST_STATES = ['open', 'taken', 'closed'] as const
/** How a request ended: helped by us, passed on to others, safe by itself, not reached, none at all. */
export const HELP_OUTCOMES = ['helped', 'passedOn', 'safe', 'unreachable', 'mistake'] as const
export const HELP_STEPS = [
  'taken',
  'noted',
  'handedOver',
  'closed',
  'reopened',
  'askedAgain',
] as const
export const REPLY_KINDS = ['option', 'optOut', 'optIn', 'help', 'other'] as const

/** Long texts of phones, of which parts have come: joined when they are whole, or have waited long enough. */
export const textsInParts = pgTable(
  'texts_in_parts',
  {
    carrierId: uuid('carrier_id').notNull(),
    phone: text('phone').notNull(),
    to: text('to').notNull(),
    /** The reference that the phone gave it. */
    key: text('key').notNull(),
    total: smallint('total').notNull(),
    /** Texts in their places; null where one is missing. */
    parts: jsonb('parts').notNull(),
    /** Recorded: kept for a while, to know what the carrier sends again. */
    joined: boolean('joined').notNull().default(false),
    /** Since when it is waited for, or kept. */
    since: at('since').notNull(),
  },
  t => [
    primaryKey({ columns: [t.carrierId, t.phone, t.to, t.key, t.total] }),
    index('texts_in_parts_since').on(t.carrierId, t.since),
  ],
)

/** What gateways told by webhook: stored before it is answered, and gone once a dispatcher has recorded it. */
export const callbacks = pgTable(
  'callbacks',
  {
    no: bigint('no', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    carrierId: uuid('carrier_id').notNull(),
    /** A `Callback` of the carriers' room. */
    callback: jsonb('callback').notNull(),
    at: at('at').notNull().defaultNow(),
    claimedBy: uuid('claimed_by'),
    claimedUntil: at('claimed_until'),
  },
  t => [index('callbacks_carrier').on(t.carrierId, t.no)],
)

export const inbound = pgTable(
  'inbound',
  {
    id: uuid('id').primaryKey(),
    carrierId: uuid('carrier_id').notNull(),
    phone: text('phone').notNull(),
    to: text('to').notNull(),
    text: text('text').notNull(),
    partial: boolean('partial').notNull().default(false),
    receivedAt: at('received_at').notNull(),
    kind: text('kind').notNull(),
    /** What it counts for: an option's code, with kind `option`, or `help` while an alert offers help. */
    option: text('option'),
    /** Somebody needs help, or may: read first. */
    urgent: boolean('urgent').notNull().default(false),
    /** People must say whether it is that; null: nothing to say, or said. */
    review: text('review'),
    /** A machine wrote it: it counts for nothing. */
    automatic: boolean('automatic').notNull().default(false),
    /** The alert that it answers; null: none was open for that phone. */
    alertId: uuid('alert_id'),
    seq: integer('seq'),
    /** After the alert's expiry: counted, and marked. */
    late: boolean('late').notNull().default(false),
    /** The carrier's own id of it, where it gave one. */
    sourceId: text('source_id'),
    /** By the link in their text, and not as a text. */
    web: boolean('web').notNull().default(false),
  },
  t => [
    uniqueIndex('inbound_source')
      .on(t.carrierId, t.sourceId)
      .where(sql`source_id is not null`),
    index('inbound_phone').on(t.phone, t.receivedAt),
    index('inbound_alert').on(t.alertId, t.receivedAt),
    index('inbound_urgent')
      .on(t.alertId, t.receivedAt)
      .where(sql`urgent`),
    index('inbound_review')
      .on(t.receivedAt)
      .where(sql`review is not null`),
    check('inbound_kind', oneOf('kind', REPLY_KINDS)),
    check('inbound_review_of', oneOf('review', ['optOut'])),
  ],
)

/**
 * A recipient who asked for help, or may have: one row each and alert, made by the reply itself and worked through by
 * people. Who asks again after it was closed opens it again.
 */
export const helpRequests = pgTable(
  'help_requests',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    alertId: uuid('alert_id').notNull(),
    seq: integer('seq').notNull(),
    phone: text('phone').notNull(),
    /** Index of the first signed area that holds the recipient; −1: none. */
    areaNo: smallint('area_no').notNull(),
    state: text('state').notNull().default('open'),
    /** By an urgent option or a call for help; else a text that may be one. */
    certain: boolean('certain').notNull(),
    askedAt: at('asked_at').notNull(),
    lastAt: at('last_at').notNull(),
    /** The latest text that asks. */
    inboundId: uuid('inbound_id').notNull(),
    /** Texts that ask. */
    texts: integer('texts').notNull(),
    /** Who has it, or closed it. */
    operatorId: uuid('operator_id'),
    outcome: text('outcome'),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    uniqueIndex('help_requests_recipient').on(t.alertId, t.seq),
    index('help_requests_state').on(t.alertId, t.state, t.id),
    check('help_requests_state_of', oneOf('state', HELP_REQUEST_STATES)),
    check('help_requests_outcome_of', oneOf('outcome', HELP_OUTCOMES)),
    check('help_requests_closed', sql`(state = 'closed') = (outcome is not null)`),
    check('help_requests_taken', sql`(state = 'open') = (operator_id is null)`),
  ],
)

/** What was done about a request, in its order; never changed. */
export const helpSteps = pgTable(
  'help_steps',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    requestId: uuid('request_id')
      .notNull()
      .references(() => helpRequests.id, { onDelete: 'cascade' }),
    at: at('at').notNull(),
    /** Null: the person asked again. */
    operatorId: uuid('operator_id'),
    step: text('step').notNull(),
    /** To whom it was handed over. */
    toOperatorId: uuid('to_operator_id'),
    outcome: text('outcome'),
    note: text('note'),
  },
  t => [
    index('help_steps_request').on(t.requestId, t.id),
    check('help_steps_step', oneOf('step', HELP_STEPS)),
  ],
)

/** What a recipient has replied, of those who have: the last valid reply, and whether they have opted out by it. */
export const replies = pgTable(
  'replies',
  {
    alertId: uuid('alert_id').notNull(),
    seq: integer('seq').notNull(),
    /** An option's code or `other`. */
    option: text('option'),
    repliedAt: at('replied_at'),
    optedOut: boolean('opted_out').notNull().default(false),
  },
  t => [primaryKey({ columns: [t.alertId, t.seq] })],
)

/** Answers to people (HELP text, opt-out confirmation), waiting for a lane. */
export const answers = pgTable(
  'answers',
  {
    id: uuid('id').primaryKey(),
    phone: text('phone').notNull(),
    carrierId: uuid('carrier_id').notNull(),
    kind: text('kind').notNull(),
    text: text('text').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expires: at('expires').notNull(),
    claimedBy: uuid('claimed_by'),
    claimedAt: at('claimed_at'),
    sentAt: at('sent_at'),
    failure: text('failure'),
  },
  t => [
    index('answers_waiting')
      .on(t.carrierId, t.createdAt)
      .where(sql`sent_at is null`),
    index('answers_phone').on(t.phone, t.createdAt),
  ],
)
