/** What people sign in by, and what they and the installation sign with. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { KeptAssertion } from '../../signing/kept-assertions.ts'
import { bytea, at, oneOf } from './columns.ts'
import { exercises } from './exercises.ts'
import { MODES, operators } from './organisation.ts'

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
    exerciseId: uuid('exercise_id').references(() => exercises.id),
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
