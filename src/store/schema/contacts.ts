/** People who are alerted: where they are, what they agreed to, the groups they are in. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { FaultValues } from '../../faults.ts'
import type { WeeklySpan } from '../../encoding/weekly-hours.ts'
import { at, int4multirange, oneOf, point } from './columns.ts'

/** `carrier`: a carrier that holds the phone's opt-out itself refuses it, whatever is sent. */
export const OPT_OUT_SCOPES = [
  'nonEmergency',
  'category',
  'otherCategories',
  'all',
  'carrier',
] as const
export const CONSENT_ACTS = ['optOut', 'optIn'] as const
/** Who said so: the person by a text, a carrier, an operator; `unknown`: from before it was asked. */
export const OPT_OUT_SOURCES = ['reply', 'carrier', 'operator', 'unknown'] as const

export const contacts = pgTable(
  'contacts',
  {
    id: uuid('id').primaryKey(),
    /** E.164 with `+`. */
    phone: text('phone').notNull().unique(),
    name: text('name'),
    /** BCP 47. */
    language: text('language'),
    externalId: text('external_id'),
    consent: text('consent'),
    /** Gets a letter beside the text message. */
    email: text('email'),
    /**
     * A made-up phone for practice. Triggers keep it out of everything that is live: it has no location, and belongs
     * to groups of made-up phones alone.
     */
    simulated: boolean('simulated').notNull().default(false),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    index('contacts_simulated')
      .on(t.id)
      .where(sql`simulated`),
    // The planner reads the digits as a number: another text would be another phone.
    check('contacts_phone', sql`phone ~ '^[+][1-9][0-9]{5,14}$'`),
    // Nothing that could begin another command or another header of a letter.
    check('contacts_email', sql`email ~ '^[^[:space:][:cntrl:]<>@]+@[^[:space:][:cntrl:]<>@]+$'`),
  ],
)

export const locations = pgTable(
  'locations',
  {
    contactId: uuid('contact_id')
      .notNull()
      .references(() => contacts.id, { onDelete: 'cascade' }),
    position: point('position').notNull(),
    label: text('label'),
    /** When the contact is there, as it was given; null: always. */
    hours: jsonb('hours').$type<readonly WeeklySpan[]>(),
    /** The same as minutes of the week from Monday, 00:00. */
    openMinutes: int4multirange('open_minutes'),
    /** The contact has no other: then nobody is counted twice by it. False is always safe, only slower. */
    sole: boolean('sole').notNull().default(false),
    /**
     * What estimates and the planner ask of the contact, kept in step by triggers, which also give what an insert
     * leaves out: the phone (`phone-key.ts`), and the language, '' for none.
     */
    phoneKey: bigint('phone_key', { mode: 'bigint' })
      .notNull()
      .$default(() => sql`null`),
    language: text('language')
      .notNull()
      .$default(() => sql`null`),
  },
  t => [
    index('locations_contact').on(t.contactId),
    // Who is inside is found by the index alone: 0.1 µs a location, where a GiST index of the positions took 0.27 and
    // half as much room again. drizzle has no word for INCLUDE, but it copies the expression.
    index('locations_grid').using(
      'btree',
      sql`grid_number(position)) include (contact_id, phone_key, sole, language, position`,
    ),
    // The few that may find somebody a second time are found without reading all the others.
    index('locations_shared_grid')
      .using('btree', sql`grid_number(position)) include (contact_id, position`)
      .where(sql`not sole`),
    check('locations_hours', sql`(hours is null) = (open_minutes is null)`),
    check(
      'locations_open_minutes',
      sql`not isempty(open_minutes) and open_minutes <@ int4range(0, 10080)`,
    ),
  ],
)

/** By phone, not by contact, so that a replaced list can't bring back somebody who said STOP. */
export const optOuts = pgTable(
  'opt_outs',
  {
    phone: text('phone').notNull(),
    scope: text('scope').notNull(),
    /**
     * CAP category, for scope `category`; for `otherCategories` those that are still wanted, with commas between them;
     * the carrier's id for scope `carrier`; else empty.
     */
    category: text('category').notNull().default(''),
    source: text('source').notNull(),
    /** Of scope `carrier`: the sender that it blocks, a number or a service; null: whatever the carrier sends as. */
    number: text('number'),
    at: at('at').notNull().defaultNow(),
    /** As it stands beside locations; null: no contact has such a phone. */
    phoneKey: bigint('phone_key', { mode: 'bigint' }).generatedAlwaysAs(
      sql`case when phone ~ '^[+][1-9][0-9]{5,14}$' then phone_key(phone) end`,
    ),
  },
  t => [
    primaryKey({ columns: [t.phone, t.scope, t.category] }),
    index('opt_outs_at').on(t.at),
    index('opt_outs_phone_key').on(t.phoneKey),
    // Whoever wants only some categories wants one list of them.
    uniqueIndex('opt_outs_other_categories')
      .on(t.phone)
      .where(sql`scope = 'otherCategories'`),
    check('opt_outs_scope', oneOf('scope', OPT_OUT_SCOPES)),
  ],
)

/**
 * What was said or decided of a phone's opt-outs, in its order: the proof of each that stands or stood. Nothing of it
 * is ever changed, and no retention takes it: it is what shows that a wish was heeded.
 */
export const consents = pgTable(
  'consents',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    phone: text('phone').notNull(),
    act: text('act').notNull(),
    scope: text('scope').notNull(),
    /** As of the opt-out. */
    category: text('category').notNull().default(''),
    source: text('source').notNull(),
    /** Our number that it was said to, or that a carrier blocks. */
    number: text('number'),
    /** What was said, as it came. */
    words: text('words'),
    carrierId: uuid('carrier_id'),
    /** The alert that was answered so. */
    alertId: uuid('alert_id'),
    operatorId: uuid('operator_id'),
    /** Why the operator did it. */
    reason: text('reason'),
    at: at('at').notNull(),
  },
  t => [
    index('consents_phone').on(t.phone, t.id),
    check('consents_act', oneOf('act', CONSENT_ACTS)),
    check('consents_scope', oneOf('scope', OPT_OUT_SCOPES)),
    check('consents_source', oneOf('source', OPT_OUT_SOURCES)),
  ],
)

export const groups = pgTable(
  'groups',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull().unique(),
    description: text('description'),
    /** An `Area` makes it a geographic group. */
    area: jsonb('area'),
    /** A `MemberRule`: whoever is as it says belongs to it. */
    rule: jsonb('rule'),
    /** A `GroupExpression`: it is made of other groups. With none of the three its members are listed. */
    expression: jsonb('expression'),
    /** Of made-up phones, and only these: the roster of a simulated exercise, and no part of any other audience. */
    simulated: boolean('simulated').notNull().default(false),
    createdAt: at('created_at').notNull().defaultNow(),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    index('groups_simulated')
      .on(t.id)
      .where(sql`simulated`),
    check('groups_kind', sql`num_nonnulls(area, rule, expression) <= 1`),
    check('groups_simulated', sql`not simulated or num_nonnulls(area, rule, expression) = 0`),
  ],
)

export const groupMembers = pgTable(
  'group_members',
  {
    groupId: uuid('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    contactId: uuid('contact_id')
      .notNull()
      .references(() => contacts.id, { onDelete: 'cascade' }),
  },
  t => [
    primaryKey({ columns: [t.groupId, t.contactId] }),
    index('group_members_contact').on(t.contactId),
  ],
)

export const imports = pgTable(
  'imports',
  {
    id: uuid('id').primaryKey(),
    operatorId: uuid('operator_id').notNull(),
    mode: text('mode').notNull(),
    state: text('state').notNull(),
    read: bigint('read', { mode: 'number' }).notNull().default(0),
    accepted: bigint('accepted', { mode: 'number' }).notNull().default(0),
    created: bigint('created', { mode: 'number' }).notNull().default(0),
    updated: bigint('updated', { mode: 'number' }).notNull().default(0),
    removed: bigint('removed', { mode: 'number' }).notNull().default(0),
    rejected: bigint('rejected', { mode: 'number' }).notNull().default(0),
    /** Why it failed: a code and what to do. */
    failure: jsonb('failure'),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
    /** Moves while rows are read: a running import whose mark stands still has died. */
    aliveAt: at('alive_at').notNull().defaultNow(),
  },
  () => [
    check('imports_state', oneOf('state', ['running', 'completed', 'failed'])),
    check('imports_mode', oneOf('mode', ['upsert', 'replace'])),
  ],
)

export const importRejects = pgTable(
  'import_rejects',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => imports.id, { onDelete: 'cascade' }),
    line: bigint('line', { mode: 'number' }).notNull(),
    column: text('column').notNull(),
    reason: text('reason').notNull(),
    /** The reason's code and what belongs into its words (`FAULTS`). */
    code: text('code'),
    values: jsonb('values').$type<FaultValues>(),
    value: text('value').notNull(),
  },
  t => [index('import_rejects_import').on(t.importId, t.line)],
)

/**
 * Shapes by code, as administrators load them: of each set one version is current. A version that was replaced stays
 * while an alert that was signed for it may still be planned. One that is being loaded has its own id for a version.
 */
export const geocodeSets = pgTable(
  'geocode_sets',
  {
    id: uuid('id').primaryKey(),
    valueName: text('value_name').notNull(),
    /** `sha256:` and the digest, in hex, of all codes, names and shapes. */
    version: text('version').notNull(),
    description: text('description'),
    codes: integer('codes').notNull(),
    corners: integer('corners').notNull(),
    isCurrent: boolean('is_current').notNull(),
    loadedAt: at('loaded_at').notNull().defaultNow(),
  },
  t => [
    uniqueIndex('geocode_sets_version').on(t.valueName, t.version),
    uniqueIndex('geocode_sets_current')
      .on(t.valueName)
      .where(sql`is_current`),
  ],
)

export const geocodeShapes = pgTable(
  'geocode_shapes',
  {
    setId: uuid('set_id')
      .notNull()
      .references(() => geocodeSets.id, { onDelete: 'cascade' }),
    code: text('code').notNull(),
    /** A code may stand at several features: it is their union. */
    part: integer('part').notNull(),
    name: text('name').notNull(),
    /** A `Shape` as it was checked. Never looked into here, so it is kept as it is written. */
    shape: json('shape').notNull(),
  },
  t => [primaryKey({ columns: [t.setId, t.code, t.part] })],
)
