/**
 * Every table. PostgreSQL holds the truth: queue, state, fence, tally, audit.
 *
 * States are words in one list (`*_STATES`), and a CHECK refuses any other. What moves with every message is
 * packed, hundreds of recipients a row (`blocks`), or narrow and without an index on a column that changes, so
 * that an update stays on its page (HOT); storage and fillfactor are set in the migrations.
 */
import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { WeeklySpan } from '../encoding/weekly-hours.ts'
import type { KeptAssertion } from '../signing/kept-assertions.ts'

const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
/** A place: x is the longitude, y the latitude, as PostgreSQL's native point. */
const point = customType<{ data: { longitude: number; latitude: number }; driverData: string }>({
  dataType: () => 'point',
  toDriver: value => `(${value.longitude},${value.latitude})`,
  fromDriver: value => {
    const [longitude, latitude] = value.slice(1, -1).split(',').map(Number)
    return { longitude: longitude ?? Number.NaN, latitude: latitude ?? Number.NaN }
  },
})
const int4multirange = customType<{ data: string }>({ dataType: () => 'int4multirange' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const oneOf = (column: string, words: readonly string[]) =>
  sql.raw(`${column} in (${words.map(word => `'${word}'`).join(', ')})`)

export const ALERT_STATES = [
  'draft',
  'submitted',
  'approved',
  'rejected',
  'sending',
  'paused',
  'sent',
  'stopped',
  'expired',
] as const
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
export const MODES = ['live', 'exercise'] as const
export const CARRIER_USES = ['live', 'exercise', 'both'] as const
export const ROLES = ['author', 'approver', 'viewer', 'auditor', 'administrator'] as const
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
export const RANGE_STATES = ['ready', 'leased', 'done'] as const
export const LETTER_STATES = [
  'waiting',
  'leased',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'unknown',
] as const
export const NOTICE_STATES = ['waiting', 'delivered', 'failed', 'cancelled'] as const

// ---- the organisation and its people

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

export const operators = pgTable('operators', {
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
})

/** A sign-in; its refresh tokens form one family that falls together. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    mode: text('mode').notNull(),
    /** The exercise that it is for, and ends with; null of a live one, and of practice outside any. */
    exerciseId: uuid('exercise_id').references((): AnyPgColumn => exercises.id),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    revokedAt: at('revoked_at'),
    /** Policy wants a passkey at sign-in, and this person had none: they may enrol one, and no more. */
    onlyEnrols: boolean('only_enrols').notNull().default(false),
  },
  t => [
    index('sessions_operator').on(t.operatorId),
    index('sessions_exercise')
      .on(t.exerciseId)
      .where(sql`revoked_at is null and exercise_id is not null`),
    check('sessions_mode', oneOf('mode', MODES)),
    check('sessions_exercise_mode', sql`exercise_id is null or mode = 'exercise'`),
  ],
)

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    /** SHA-256 of the token: the token itself is never stored. */
    hash: bytea('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull().defaultNow(),
    usedAt: at('used_at'),
  },
  t => [index('refresh_tokens_session').on(t.sessionId)],
)

/** Failed sign-ins, for the growing delay: one row a subject (an account or an address). */
export const signInFailures = pgTable('sign_in_failures', {
  subject: text('subject').primaryKey(),
  count: integer('count').notNull(),
  lastAt: at('last_at').notNull(),
})

/** Keys that sign access tokens: private JWK, sealed under the master key. */
export const tokenKeys = pgTable('token_keys', {
  kid: text('kid').primaryKey(),
  publicJwk: jsonb('public_jwk').notNull(),
  sealedJwk: bytea('sealed_jwk').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  retiredAt: at('retired_at'),
})

/** The organisation's keys for XML signatures: certificate, and private key sealed under the master key. */
export const xmlSigningKeys = pgTable('xml_signing_keys', {
  /** SHA-256 of the certificate, hex. */
  fingerprint: text('fingerprint').primaryKey(),
  certificate: text('certificate').notNull(),
  sealedKey: bytea('sealed_key').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  /** Shown before, so that those who pin it know it by then. */
  signsFrom: at('signs_from').notNull().defaultNow(),
})

export const signingKeys = pgTable(
  'signing_keys',
  {
    /** RFC 7638 SHA-256 thumbprint. */
    kid: text('kid').primaryKey(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    jwk: jsonb('jwk').notNull(),
    label: text('label').notNull(),
    mode: text('mode').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
    /** What a passkey answered to its thumbprint. */
    passkey: jsonb('passkey').$type<KeptAssertion>(),
  },
  t => [
    index('signing_keys_operator').on(t.operatorId),
    check('signing_keys_mode', oneOf('mode', MODES)),
  ],
)

/** WebAuthn credentials: of a person, for both modes. Never deleted, so that what one confirmed can be verified. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: uuid('id').primaryKey(),
    /** Base64url, as the device names it. */
    credentialId: text('credential_id').notNull().unique(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    /** COSE_Key. */
    publicKey: bytea('public_key').notNull(),
    /** The host name that it belongs to. */
    rpId: text('rp_id').notNull(),
    label: text('label').notNull(),
    transports: text('transports').array().notNull(),
    backedUp: boolean('backed_up').notNull(),
    /** How often the device says that it has signed; 0: it doesn't count. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
    /** Its counter went back: there are two of it, or were. */
    suspectedAt: at('suspected_at'),
  },
  t => [index('passkeys_operator').on(t.operatorId)],
)

/** Challenges that were answered, until they would be over: each is answered once. */
export const spentChallenges = pgTable('spent_challenges', {
  nonce: bytea('nonce').primaryKey(),
  expiresAt: at('expires_at').notNull(),
})

// ---- people who are alerted

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
     * What an estimate asks of the contact, kept in step by triggers, which also give what an insert leaves out:
     * the phone's first nine digits (of a shorter phone all, below zero), and the language, '' for none.
     */
    phoneHead: integer('phone_head')
      .notNull()
      .$default(() => sql`null`),
    language: text('language')
      .notNull()
      .$default(() => sql`null`),
  },
  t => [
    index('locations_contact').on(t.contactId),
    // Counting inside an area needs the index alone: 0.27 µs a location, 0.45 with the rows behind it. An entry is
    // of 64 octets with a language of two letters. drizzle has no word for INCLUDE, but it copies the expression.
    index('locations_position').using(
      'gist',
      sql`position) include (contact_id, phone_head, sole, language`,
    ),
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
    at: at('at').notNull().defaultNow(),
  },
  t => [
    primaryKey({ columns: [t.phone, t.scope, t.category] }),
    index('opt_outs_at').on(t.at),
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
    /** Our number that it was said to. */
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

// ---- exercises

export const exercises = pgTable(
  'exercises',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    /** The listed group that its alerts reach, and nobody else. It may be removed once the exercise is over. */
    rosterId: uuid('roster_id').notNull(),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    /** Its alerts go to simulated phones over a simulated carrier, and over no other. */
    simulated: boolean('simulated').notNull(),
    /** Of its simulated carrier: `SimulatedFaults`. */
    faults: jsonb('faults').notNull(),
    /** One person's own, on phones that were made up for it. */
    practice: boolean('practice').notNull().default(false),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => operators.id),
    createdAt: at('created_at').notNull(),
    /** By hand, or when its window was over; null: it is planned or open. */
    endedAt: at('ended_at'),
    /** Null: it ended by itself. */
    endedBy: uuid('ended_by').references(() => operators.id),
    /** What was going out has been stopped, and its sign-ins have ended. */
    settledAt: at('settled_at'),
    revision: integer('revision').notNull().default(1),
  },
  t => [
    index('exercises_unsettled')
      .on(t.endsAt)
      .where(sql`settled_at is null`),
    index('exercises_roster').on(t.rosterId),
    // A window that nobody closes would keep keys, sign-ins and a carrier of its own open.
    check(
      'exercises_window',
      sql`ends_at > starts_at and ends_at <= starts_at + interval '168 hours'`,
    ),
    check('exercises_settled', sql`settled_at is null or ended_at is not null`),
    check('exercises_ended', sql`ended_by is null or ended_at is not null`),
  ],
)

// ---- carriers

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

// ---- alerts

export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey(),
    revision: integer('revision').notNull().default(1),
    state: text('state').notNull(),
    mode: text('mode').notNull(),
    status: text('status').notNull(),
    msgType: text('msg_type').notNull(),
    /** CAP severity of the worst block, lower case order: see `priority`. */
    severity: text('severity').notNull(),
    /** The exercise that it belongs to; null of a live one, and of a drill outside any. */
    exerciseId: uuid('exercise_id').references(() => exercises.id),
    /** The alert as its author wrote it (API.md, `POST /v1/alerts`), checked. */
    draft: jsonb('draft').notNull(),
    /** The frozen canonical bytes that both signed; null while it is a draft. */
    content: bytea('content'),
    contentDigest: text('content_digest'),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => operators.id),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    sent: at('sent'),
    maxRecipients: integer('max_recipients'),
    minRecipients: integer('min_recipients'),
    delivery: text('delivery').notNull(),
    /** The latest `expires` of the blocks: nothing of it is sent after this. */
    expires: at('expires'),
    // What the engine reads and moves, set at dispatch.
    /** 0 corrections, 1 Extreme … 4 Minor, 5 Unknown, 6 whatever is not Actual: lower goes first. */
    priority: smallint('priority').notNull().default(5),
    dispatchedAt: at('dispatched_at'),
    dispatchedBy: uuid('dispatched_by'),
    holdUntil: at('hold_until'),
    recipients: integer('recipients'),
    /** Recipients that lanes have taken, counted on from where its equals stood: among equals the least goes first. */
    served: doublePrecision('served_share').notNull().default(0),
    /** Null until dispatch, then pending → running → done. */
    planState: text('plan_state'),
    planner: uuid('planner'),
    plannerUntil: at('planner_until'),
    planned: integer('planned').notNull().default(0),
    /** What its recipients were counted in; gone a second after the dispatch. */
    planSnapshot: text('plan_snapshot'),
    /** The number of the next range of a retry: far above those of the planner, which are first recipients. */
    nextRangeNo: integer('next_range_no').notNull().default(1_000_000_001),
    /** Actual, and of a severity that policy calls an emergency: heeds only opt-outs of scope `all`. */
    emergency: boolean('emergency').notNull().default(false),
    /** `[{code, detail, since}]`: what an operator must know, e.g. integrity_violation. */
    alarms: jsonb('alarms').notNull().default([]),
    firstSubmittedAt: at('first_submitted_at'),
    lastSubmittedAt: at('last_submitted_at'),
    finishedAt: at('finished_at'),
    references: uuid('references').array().notNull().default([]),
    /** The alert that it reminds of; and which of those it is that were approved with that, null by hand. */
    reminderOf: uuid('reminder_of'),
    reminderRound: smallint('reminder_round'),
    /** The alert of which those on duty are told, and by which of its rules. */
    escalationOf: uuid('escalation_of'),
    escalationRule: smallint('escalation_rule'),
    /** By which the links of its recipients name it. */
    linkNo: integer('link_no').notNull().generatedAlwaysAsIdentity(),
    /** When its next reminder is due; null: none is left. */
    remindAt: at('remind_at'),
  },
  t => [
    uniqueIndex('alerts_reminders')
      .on(t.reminderOf, t.reminderRound)
      .where(sql`reminder_of is not null`),
    uniqueIndex('alerts_link_no').on(t.linkNo),
    index('alerts_remind')
      .on(t.remindAt)
      .where(sql`remind_at is not null`),
    uniqueIndex('alerts_escalations')
      .on(t.escalationOf, t.escalationRule)
      .where(sql`escalation_of is not null`),
    check('alerts_escalation_rule', sql`(escalation_of is null) = (escalation_rule is null)`),
    check('alerts_reminder_round', sql`reminder_of is not null or reminder_round is null`),
    index('alerts_created').on(t.createdAt),
    index('alerts_exercise')
      .on(t.exerciseId, t.createdAt)
      .where(sql`exercise_id is not null`),
    index('alerts_references').using('gin', t.references),
    index('alerts_active')
      .on(t.priority)
      .where(sql`state in ('sending', 'paused', 'stopped')`),
    // What the public feeds are made of, asked every second while anybody reads them.
    index('alerts_real')
      .on(t.expires)
      .where(sql`status = 'Actual' and dispatched_at is not null`),
    index('alerts_corrections')
      .on(t.dispatchedAt)
      .where(sql`status = 'Actual' and msg_type <> 'Alert' and dispatched_at is not null`),
    check('alerts_state', oneOf('state', ALERT_STATES)),
    check('alerts_mode', oneOf('mode', MODES)),
    check('alerts_exercise_mode', sql`exercise_id is null or mode = 'exercise'`),
    check('alerts_delivery', oneOf('delivery', ['at-least-once', 'at-most-once'])),
    check('alerts_plan_state', oneOf('plan_state', ['pending', 'running', 'done'])),
    // What was signed stays: only a draft or what was rejected may lack its bytes.
    check('alerts_frozen', sql`content is not null or state in ('draft', 'rejected')`),
    check(
      'alerts_recipients_fixed',
      sql`recipients is not null or state not in ('sending', 'paused', 'sent')`,
    ),
  ],
)

/** By which those on duty are told of an alert, as approved with it; each once. */
export const escalations = pgTable(
  'escalations',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    /** Its place among the alert's, from 0. */
    ruleNo: smallint('rule_no').notNull(),
    /** What it asks, as it was signed: what is acted upon is read from there. */
    terms: jsonb('terms').notNull(),
    /** Looked at from then on. */
    dueAt: at('due_at').notNull(),
    /** It can't apply any more, and nobody was told. */
    isClosed: boolean('is_closed').notNull().default(false),
    /** The alert that told those on duty. */
    escalationId: uuid('escalation_id'),
    escalatedAt: at('escalated_at'),
    /** One of them answered that they have it. */
    takenAt: at('taken_at'),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.ruleNo] }),
    index('escalations_due')
      .on(t.dueAt)
      .where(sql`not is_closed and escalation_id is null`),
    index('escalations_untaken')
      .on(t.alertId)
      .where(sql`escalation_id is not null and taken_at is null`),
    check('escalations_told', sql`(escalation_id is null) = (escalated_at is null)`),
    check('escalations_taken', sql`taken_at is null or escalation_id is not null`),
  ],
)

/** CAP messages that were taken in, and which alert each became: so that none becomes two. */
export const importedMessages = pgTable(
  'imported_messages',
  {
    sender: text('sender').notNull(),
    identifier: text('identifier').notNull(),
    sent: at('sent').notNull(),
    /** SHA-256 of the message in the form in which we write it, hex: the same name may come with other words. */
    digest: text('digest').notNull(),
    /** Null once the draft was thrown away. */
    alertId: uuid('alert_id').references(() => alerts.id, { onDelete: 'set null' }),
    /** The feed that brought it first; null: somebody handed it in. */
    feedId: uuid('feed_id'),
    at: at('at').notNull(),
  },
  t => [
    primaryKey({ columns: [t.sender, t.identifier, t.sent, t.digest] }),
    index('imported_messages_alert').on(t.alertId),
  ],
)

/** CAP XML that was signed for an alert's content, as it goes out. */
export const capExports = pgTable(
  'cap_exports',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    contentDigest: text('content_digest').notNull(),
    xml: bytea('xml').notNull(),
    signedAt: at('signed_at').notNull(),
  },
  t => [primaryKey({ columns: [t.alertId, t.contentDigest] })],
)

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

export const signatures = pgTable(
  'signatures',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    revision: integer('revision').notNull(),
    role: text('role').notNull(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    kid: text('kid').notNull(),
    jws: text('jws').notNull(),
    at: at('at').notNull(),
    /** What a passkey answered to what the JWS signs. */
    passkey: jsonb('passkey').$type<KeptAssertion>(),
    /** Set when the alert went back to draft or was rejected. */
    voidedAt: at('voided_at'),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.revision, t.role] }),
    check('signatures_role', oneOf('role', ['author', 'approver'])),
  ],
)

/** Who did what to an alert: its story, and the list of those who had a hand in it. */
export const alertHistory = pgTable(
  'alert_history',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    at: at('at').notNull(),
    /** Null: the system itself. */
    operatorId: uuid('operator_id'),
    action: text('action').notNull(),
    from: text('from'),
    to: text('to'),
    detail: text('detail'),
  },
  t => [index('alert_history_alert').on(t.alertId, t.id)],
)

// ---- the fan-out

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
      .on(t.alertId, t.dueAt)
      .where(sql`state <> 'done'`),
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
    /** Segments that a message of these took; null: as many as the block's text was approved with. */
    parts: smallint('parts'),
    /** One a line. */
    ids: text('ids').notNull(),
    /** 4 octets an id: the recipient's offset in the block (2), the segment, the try. */
    refs: bytea('refs').notNull(),
  },
  t => [primaryKey({ columns: [t.carrierId, t.no] }), index('submissions_batch').on(t.batchId)],
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

// ---- letters, beside the text messages

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

// ---- what came back

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

// ---- counters: moved in the same statement as the rows that they count, in slots so that writers don't queue

/** Of recipients, by the carrier that has them; `queued` is what is left of the alert's recipients. */
export const progress = pgTable(
  'progress',
  {
    alertId: uuid('alert_id').notNull(),
    carrierId: uuid('carrier_id').notNull(),
    slot: smallint('slot').notNull(),
    submitted: integer('submitted').notNull().default(0),
    delivered: integer('delivered').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    expired: integer('expired').notNull().default(0),
    cancelled: integer('cancelled').notNull().default(0),
    unknown: integer('unknown').notNull().default(0),
    possibleDuplicates: integer('possible_duplicates').notNull().default(0),
    segments: integer('segments').notNull().default(0),
  },
  t => [primaryKey({ columns: [t.alertId, t.carrierId, t.slot] })],
)

/**
 * Of replies. `dimension` is `total`, `area` or `group`, `key` its index; `option` an option's code,
 * `other`, `optedOut`, or `recipients` for how many there are.
 */
export const tallies = pgTable(
  'tallies',
  {
    alertId: uuid('alert_id').notNull(),
    dimension: text('dimension').notNull(),
    key: smallint('key').notNull(),
    option: text('option').notNull(),
    slot: smallint('slot').notNull(),
    count: integer('count').notNull(),
  },
  t => [primaryKey({ columns: [t.alertId, t.dimension, t.key, t.option, t.slot] })],
)

/** Places of an option that only so many may have: moved in the transaction of the replies that take them. */
export const quotas = pgTable(
  'quotas',
  {
    alertId: uuid('alert_id').notNull(),
    option: text('option').notNull(),
    quota: integer('quota').notNull(),
    taken: integer('taken').notNull().default(0),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.option] }),
    check('quotas_kept', sql`taken between 0 and quota`),
  ],
)

// ---- outside systems that are told

/** Systems that hear of alerts by webhook. */
export const subscribers = pgTable('subscribers', {
  id: uuid('id').primaryKey(),
  url: text('url').notNull().unique(),
  description: text('description').notNull(),
  /** What it is told of: `alert.sending` and so on. */
  events: text('events').array().notNull(),
  /** CAP `status` of the alerts that it is told of. */
  statuses: text('statuses').array().notNull(),
  enabled: boolean('enabled').notNull(),
  /** Its address answered that it is gone for good (410), and nobody has enabled it since. */
  gone: boolean('gone').notNull().default(false),
  /** The signing secret, and the one before it while that still signs too; sealed under the master key. */
  sealedSecrets: bytea('sealed_secrets').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  revision: integer('revision').notNull().default(1),
})

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

// ---- templates

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

// ---- evidence

export const audit = pgTable('audit', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  at: at('at').notNull(),
  operatorId: uuid('operator_id'),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  detail: jsonb('detail').notNull(),
  previousHash: text('previous_hash').notNull(),
  hash: text('hash').notNull(),
})

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
