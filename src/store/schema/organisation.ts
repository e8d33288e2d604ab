/** The organisation and its people. */
import { sql } from 'drizzle-orm'
import { check, integer, jsonb, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

export const MODES = ['live', 'exercise'] as const
export const ROLES = ['author', 'approver', 'viewer', 'auditor', 'administrator'] as const

/** One row: this installation's organisation. */
export const organisation = pgTable(
  'organisation',
  {
    id: smallint('id').primaryKey().default(1),
    name: text('name').notNull(),
    timeZone: text('time_zone').notNull(),
    country: text('country').notNull(),
    /** CAP `sender`: an address that is globally unique for this organisation. */
    sender: text('sender').notNull(),
    languages: text('languages').array().notNull(),
    policy: jsonb('policy').notNull(),
    retention: jsonb('retention').notNull(),
    revision: integer('revision').notNull().default(1),
    /** Recognises a wrong master key at start, before anything is encrypted with it. */
    masterKeyCheck: text('master_key_check').notNull(),
  },
  () => [check('organisation_is_one', sql`id = 1`)],
)

export const operators = pgTable(
  'operators',
  {
    id: uuid('id').primaryKey(),
    /** Lower case, NFKC. */
    email: text('email').notNull().unique(),
    name: text('name').notNull(),
    passwordHash: text('password_hash'),
    roles: text('roles').array().notNull(),
    jurisdiction: jsonb('jurisdiction'),
    limits: jsonb('limits'),
    createdAt: at('created_at').notNull().defaultNow(),
    disabledAt: at('disabled_at'),
    revision: integer('revision').notNull().default(1),
    /** The feed whose rule writes in this name; null: a person. */
    feedId: uuid('feed_id').unique(),
  },
  () => [
    check(
      'operators_feed',
      sql`feed_id is null or (password_hash is null and roles = array['author'])`,
    ),
  ],
)
