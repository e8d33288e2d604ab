/** Where others publish CAP: what is asked, by which rule it is submitted, and what it brought. */
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { alerts } from './alerts.ts'
import { at, bytea, oneOf } from './columns.ts'
import { operators } from './organisation.ts'

/** Where others publish CAP, asked again and again; what comes becomes drafts. */
export const capFeeds = pgTable('cap_feeds', {
  id: uuid('id').primaryKey(),
  url: text('url').notNull().unique(),
  description: text('description').notNull(),
  /** In whose name its drafts are written. */
  authorId: uuid('author_id')
    .notNull()
    .references(() => operators.id),
  /** CAP `status` of what is taken. */
  statuses: text('statuses').array().notNull(),
  /** The listed group that a drill of it reaches. */
  roster: uuid('roster'),
  /** PEM: by one of these its messages must be signed; none: they may be unsigned. */
  certificates: text('certificates').array().notNull(),
  /** Who said so last; null where nobody knows any more. */
  certificatesBy: uuid('certificates_by').references(() => operators.id),
  maxOctets: integer('max_octets').notNull(),
  intervalSeconds: integer('interval_seconds').notNull(),
  enabled: boolean('enabled').notNull(),
  createdAt: at('created_at').notNull(),
  revision: integer('revision').notNull().default(1),
  // What its poller moves.
  /** The next poll; while there is one, the end of its lease. */
  dueAt: at('due_at').notNull().defaultNow(),
  /** Rises at every claim: an owner that comes back late writes nothing. */
  fence: integer('fence').notNull().default(0),
  /** Of the last answer that was taken whole. */
  etag: text('etag'),
  lastModified: text('last_modified'),
  /** Polls in a row that brought nothing. */
  failures: integer('failures').notNull().default(0),
  polledAt: at('polled_at'),
  succeededAt: at('succeeded_at'),
  /** `[{at, reason, detail, item}]`, the newest last: what was refused, and why. */
  problems: jsonb('problems').notNull().default([]),
})

/** What of a feed was dealt with, so that it is not fetched again. */
export const capFeedItems = pgTable(
  'cap_feed_items',
  {
    feedId: uuid('feed_id')
      .notNull()
      .references(() => capFeeds.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    /** When it last stood there. */
    seenAt: at('seen_at').notNull().defaultNow(),
  },
  t => [primaryKey({ columns: [t.feedId, t.key] })],
)

/** By which what a feed brings is submitted, for people to approve; none: it becomes drafts. */
export const feedRules = pgTable('feed_rules', {
  /** Who deletes the feed takes its rule away first, and its keys with it. */
  feedId: uuid('feed_id')
    .primaryKey()
    .references(() => capFeeds.id),
  terms: jsonb('terms').notNull(),
  /** In whose name it writes and signs. */
  operatorId: uuid('operator_id')
    .notNull()
    .references(() => operators.id),
  /** The private keys that it signs with, one a mode, sealed under the master key. */
  sealedKeys: bytea('sealed_keys').notNull(),
  writtenBy: uuid('written_by')
    .notNull()
    .references(() => operators.id),
  writtenAt: at('written_at').notNull(),
})

/** The last that a feed brought, as it came, and what became of it. */
export const feedMessages = pgTable(
  'feed_messages',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    feedId: uuid('feed_id')
      .notNull()
      .references(() => capFeeds.id, { onDelete: 'cascade' }),
    sender: text('sender').notNull(),
    identifier: text('identifier').notNull(),
    sent: at('sent').notNull(),
    at: at('at').notNull(),
    xml: bytea('xml').notNull(),
    /** Null once the draft was thrown away. */
    alertId: uuid('alert_id').references(() => alerts.id, { onDelete: 'set null' }),
    became: text('became').notNull(),
    /** `[{code, pointer, detail, values}]`: why its rule did not submit it. */
    reasons: jsonb('reasons').notNull(),
  },
  t => [
    index('feed_messages_feed').on(t.feedId, t.id),
    index('feed_messages_alert').on(t.alertId),
    check('feed_messages_became', oneOf('became', ['draft', 'submitted'])),
  ],
)
