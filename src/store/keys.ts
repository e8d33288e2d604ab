import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { KeptAssertion } from '../signing/kept-assertions.ts'
import type { PublicJwk } from '../signing/keys.ts'
import type { Database } from './database.ts'
import { type MODES, operators, signingKeys } from './schema.ts'

export interface SigningKeyRow {
  /** RFC 7638 SHA-256 thumbprint. */
  readonly kid: string
  readonly operatorId: string
  readonly jwk: PublicJwk
  readonly label: string
  readonly mode: (typeof MODES)[number]
  readonly createdAt: Date
  readonly revokedAt: Date | undefined
  /** What its owner's passkey answered to its thumbprint; null: nothing did. */
  readonly passkey: KeptAssertion | null
}

function keyFromRow(row: typeof signingKeys.$inferSelect): SigningKeyRow {
  return {
    ...row,
    jwk: row.jwk as PublicJwk,
    mode: row.mode as SigningKeyRow['mode'],
    revokedAt: row.revokedAt ?? undefined,
  }
}

/** @throws DatabaseError 23505 on `signing_keys_pkey`: a key belongs to one person for good */
export async function insertSigningKey(
  db: Database,
  key: Omit<SigningKeyRow, 'revokedAt' | 'passkey'>,
): Promise<void> {
  await db.insert(signingKeys).values(key)
}

/** What its owner's passkey answered, in the transaction that enrols it. */
export async function recordKeyPasskey(
  db: Database,
  kid: string,
  passkey: KeptAssertion,
): Promise<void> {
  await db.update(signingKeys).set({ passkey }).where(eq(signingKeys.kid, kid))
}

/** Somebody's, oldest first, after the one given. */
export async function listSigningKeys(
  db: Database,
  operatorId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<SigningKeyRow[]> {
  const place = sql`(${signingKeys.createdAt}, ${signingKeys.kid})`
  const isLater = sql`${place} > (select k.created_at, k.kid from signing_keys k where k.kid = ${after})`
  const rows = await db
    .select()
    .from(signingKeys)
    .where(and(eq(signingKeys.operatorId, operatorId), after === undefined ? undefined : isLater))
    .orderBy(asc(signingKeys.createdAt), asc(signingKeys.kid))
    .limit(limit)
  return rows.map(keyFromRow)
}

/** Those that may sign, of both modes. */
export function countActiveKeys(db: Database, operatorId: string): Promise<number> {
  const isActive = and(eq(signingKeys.operatorId, operatorId), isNull(signingKeys.revokedAt))
  return db.$count(signingKeys, isActive)
}

/** A key as it stands now, with its owner's standing. */
export async function findSigningKey(
  db: Database,
  kid: string,
): Promise<(SigningKeyRow & { readonly ownerDisabledAt: Date | undefined }) | undefined> {
  const [row] = await db
    .select({ key: signingKeys, ownerDisabledAt: operators.disabledAt })
    .from(signingKeys)
    .innerJoin(operators, eq(operators.id, signingKeys.operatorId))
    .where(eq(signingKeys.kid, kid))
  return row && { ...keyFromRow(row.key), ownerDisabledAt: row.ownerDisabledAt ?? undefined }
}

/** Every key of an operator's that still signs. @returns their `kid`s */
export async function revokeKeysOf(db: Database, operatorId: string, now: Date): Promise<string[]> {
  const rows = await db
    .update(signingKeys)
    .set({ revokedAt: now })
    .where(and(eq(signingKeys.operatorId, operatorId), isNull(signingKeys.revokedAt)))
    .returning({ kid: signingKeys.kid })
  return rows.map(({ kid }) => kid)
}

/** @returns the key, revoked now or before; undefined if it is not this operator's */
export async function revokeSigningKey(
  db: Database,
  operatorId: string,
  kid: string,
  now: Date,
): Promise<{ key: SigningKeyRow; wasActive: boolean } | undefined> {
  const isTheirs = and(eq(signingKeys.kid, kid), eq(signingKeys.operatorId, operatorId))
  const [revoked] = await db
    .update(signingKeys)
    .set({ revokedAt: now })
    .where(and(isTheirs, isNull(signingKeys.revokedAt)))
    .returning()
  if (revoked !== undefined) return { key: keyFromRow(revoked), wasActive: true }
  const [row] = await db.select().from(signingKeys).where(isTheirs)
  return row && { key: keyFromRow(row), wasActive: false }
}
