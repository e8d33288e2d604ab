/** Evidence: the audit chain, and what was answered to whom under which key. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

export const audit = pgTable(
  'audit',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    at: at('at').notNull(),
    operatorId: uuid('operator_id'),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: jsonb('detail').notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text('hash').notNull(),
  },
  t => [
    // What an alert that went without an approver is held against before it is sent.
    index('audit_signed')
      .on(t.subject)
      .where(sql`action in ('alert.submitted', 'alert.brokeGlass')`),
  ],
)

export const idempotency = pgTable(
  'idempotency',
  {
    operatorId: uuid('operator_id').notNull(),
    path: text('path').notNull(),
    key: text('key').notNull(),
    bodyDigest: text('body_digest').notNull(),
    /** Null while the first request is still running. */
    status: smallint('status'),
    headers: jsonb('headers'),
    body: text('body'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  t => [
    primaryKey({ columns: [t.operatorId, t.path, t.key] }),
    index('idempotency_created').on(t.createdAt),
  ],
)
