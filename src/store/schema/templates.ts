/** Templates: what alerts are made of. */
import { sql } from 'drizzle-orm'
import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { alerts } from './alerts.ts'
import { at } from './columns.ts'
import { operators } from './organisation.ts'

/** What alerts are made of. Its content is its versions; what was deleted stays, for the alerts that were made of it. */
export const templates = pgTable(
  'templates',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    /** Which of the templates that come with the program it was. */
    starter: text('starter').unique(),
    version: integer('version').notNull(),
    /** Rises with every version and every review. */
    revision: integer('revision').notNull().default(1),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
    deletedAt: at('deleted_at'),
  },
  t => [
    uniqueIndex('templates_name')
      .on(t.name)
      .where(sql`deleted_at is null`),
  ],
)

/** Written once, and never changed. */
export const templateVersions = pgTable(
  'template_versions',
  {
    templateId: uuid('template_id')
      .notNull()
      .references(() => templates.id),
    version: integer('version').notNull(),
    /** A `Template`, checked. */
    template: jsonb('template').notNull(),
    /** Its `Writings`: since when each language says what it says. */
    writings: jsonb('writings').notNull(),
    /** Null: it came with the program. */
    writtenBy: uuid('written_by').references(() => operators.id),
    at: at('at').notNull(),
  },
  t => [primaryKey({ columns: [t.templateId, t.version] })],
)

/** A language's text as it was written in one version is right beside its source as written in another. */
export const templateReviews = pgTable(
  'template_reviews',
  {
    templateId: uuid('template_id')
      .notNull()
      .references(() => templates.id),
    language: text('language').notNull(),
    textVersion: integer('text_version').notNull(),
    sourceVersion: integer('source_version').notNull(),
    reviewerId: uuid('reviewer_id')
      .notNull()
      .references(() => operators.id),
    at: at('at').notNull(),
  },
  t => [
    primaryKey({
      name: 'template_reviews_pk',
      columns: [t.templateId, t.language, t.textVersion, t.sourceVersion],
    }),
  ],
)

/**
 * Which template an alert was made of. Beside the alert's row and not in it: that one is written again with every
 * step of the engine.
 */
export const alertTemplates = pgTable(
  'alert_templates',
  {
    alertId: uuid('alert_id')
      .primaryKey()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    templateId: uuid('template_id').notNull(),
    version: integer('version').notNull(),
    /** What was filled in. */
    blanks: jsonb('blanks').notNull(),
    /** The template's texts with that: what the alert must say as long as it is held to them. */
    texts: jsonb('texts').notNull(),
    /** Since then its author answers for the texts. */
    partedAt: at('parted_at'),
  },
  t => [
    foreignKey({
      name: 'alert_templates_version',
      columns: [t.templateId, t.version],
      foreignColumns: [templateVersions.templateId, templateVersions.version],
    }),
    index('alert_templates_template').on(t.templateId),
  ],
)
