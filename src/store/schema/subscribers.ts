/** Outside systems that are told. */
import { sql } from 'drizzle-orm'
import {
  boolean,
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

/** Of posts to an aggregator also: taken by some of its channels, and posted without anybody knowing what came of it. */
export const NOTICE_STATES = [
  'waiting',
  'delivered',
  'partial',
  'failed',
  'unknown',
  'cancelled',
] as const

export const SUBSCRIBER_KINDS = ['webhook', 'ipaws'] as const

/** Systems that hear of alerts: by webhook, or as an aggregator of alerts takes them. */
export const subscribers = pgTable(
  'subscribers',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').notNull().default('webhook'),
    url: text('url').notNull().unique(),
    description: text('description').notNull(),
    /** What it is told of: `alert.sending` and so on. */
    events: text('events').array().notNull(),
    /** CAP `status` of the alerts that it is told of. */
    statuses: text('statuses').array().notNull(),
    enabled: boolean('enabled').notNull(),
    /** Its address answered that it is gone for good (410), and nobody has enabled it since. */
    gone: boolean('gone').notNull().default(false),
    /** How an aggregator knows us (`IpawsSettings`); null of a webhook. */
    ipaws: jsonb('ipaws'),
    /**
     * Of a webhook the signing secret, and the one before it while that still signs too; of an aggregator the private
     * key. Sealed under the master key.
     */
    sealedSecrets: bytea('sealed_secrets').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    revision: integer('revision').notNull().default(1),
  },
  () => [
    check('subscribers_kind', oneOf('kind', SUBSCRIBER_KINDS)),
    check('subscribers_ipaws', sql`(kind = 'ipaws') = (ipaws is not null)`),
  ],
)

/** What subscribers are told, once for all of them, in the octets that each is sent. */
export const notices = pgTable(
  'notices',
  {
    id: uuid('id').primaryKey(),
    /** Null: a test. */
    alertId: uuid('alert_id'),
    event: text('event').notNull(),
    body: text('body').notNull(),
    at: at('at').notNull(),
    /** Digest of the content whose signed CAP still has to be put into the body; null: it is whole, and may leave. */
    capDigest: text('cap_digest'),
  },
  t => [
    index('notices_at').on(t.at),
    index('notices_unfinished')
      .on(t.at)
      .where(sql`cap_digest is not null`),
  ],
)

/** A notice on its way to one subscriber. */
export const noticeDeliveries = pgTable(
  'notice_deliveries',
  {
    subscriberId: uuid('subscriber_id')
      .notNull()
      .references(() => subscribers.id, { onDelete: 'cascade' }),
    noticeId: uuid('notice_id')
      .notNull()
      .references(() => notices.id, { onDelete: 'cascade' }),
    state: text('state').notNull().default('waiting'),
    /** Since it was queued, or replayed. */
    attempts: integer('attempts').notNull().default(0),
    /** Rises at every claim: an owner that comes back late writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** The next attempt; while there is one, the end of its lease. */
    dueAt: at('due_at').notNull().defaultNow(),
    /** HTTP status of the last answer; null where there was none. */
    lastStatus: smallint('last_status'),
    /** Why there was none. */
    lastFault: text('last_fault'),
    settledAt: at('settled_at'),
    /** The signed CAP that may have left for an aggregator, written before it does; null: none of it was taken. */
    postedXml: text('posted_xml'),
    /** What became of a post (`PostOutcome`); null of a webhook. */
    outcome: jsonb('outcome'),
  },
  t => [
    primaryKey({ columns: [t.subscriberId, t.noticeId] }),
    index('notice_deliveries_notice').on(t.noticeId),
    index('notice_deliveries_waiting')
      .on(t.subscriberId, t.dueAt)
      .where(sql`state = 'waiting'`),
    check('notice_deliveries_state', oneOf('state', NOTICE_STATES)),
  ],
)
