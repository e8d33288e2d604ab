import { and, asc, eq, isNull, lt } from 'drizzle-orm'
import type { Database } from './database.ts'
import { passkeys, spentChallenges } from './schema.ts'

export interface PasskeyRow {
  readonly id: string
  /** Base64url. */
  readonly credentialId: string
  readonly operatorId: string
  /** COSE_Key. */
  readonly publicKey: Uint8Array
  readonly rpId: string
  readonly label: string
  readonly transports: readonly string[]
  readonly backedUp: boolean
  readonly counter: number
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  /** Its counter went back. */
  readonly suspectedAt: Date | null
}

/** @throws DatabaseError 23505 on `passkeys_credential_id_unique`: it belongs to one person for good */
export async function insertPasskey(
  db: Database,
  passkey: Omit<PasskeyRow, 'lastUsedAt' | 'revokedAt' | 'suspectedAt'>,
): Promise<PasskeyRow> {
  const values = { ...passkey, transports: [...passkey.transports] }
  const [row] = await db.insert(passkeys).values(values).returning()
  return row!
}

export async function listPasskeys(db: Database, operatorId: string): Promise<PasskeyRow[]> {
  return db
    .select()
    .from(passkeys)
    .where(eq(passkeys.operatorId, operatorId))
    .orderBy(asc(passkeys.createdAt), asc(passkeys.id))
}

/** Those that may be used. */
export async function listLivePasskeys(db: Database, operatorId: string): Promise<PasskeyRow[]> {
  return (await listPasskeys(db, operatorId)).filter(isLive)
}

export function isLive({ revokedAt, suspectedAt }: PasskeyRow): boolean {
  return revokedAt === null && suspectedAt === null
}

export async function findPasskey(
  db: Database,
  credentialId: string,
): Promise<PasskeyRow | undefined> {
  const [row] = await db.select().from(passkeys).where(eq(passkeys.credentialId, credentialId))
  return row
}

/** Locks it: of two that use it at once, the second sees the counter that the first has left. */
export async function lockPasskey(
  db: Database,
  credentialId: string,
): Promise<PasskeyRow | undefined> {
  const [row] = await db
    .select()
    .from(passkeys)
    .where(eq(passkeys.credentialId, credentialId))
    .for('update')
  return row
}

export async function recordPasskeyUse(
  db: Database,
  id: string,
  use: { readonly counter: number; readonly backedUp: boolean; readonly lastUsedAt: Date },
): Promise<void> {
  await db.update(passkeys).set(use).where(eq(passkeys.id, id))
}

/** @returns false: it was suspected before */
export async function suspectPasskey(db: Database, id: string, now: Date): Promise<boolean> {
  const rows = await db
    .update(passkeys)
    .set({ suspectedAt: now })
    .where(and(eq(passkeys.id, id), isNull(passkeys.suspectedAt)))
    .returning({ id: passkeys.id })
  return rows.length > 0
}

/** @returns the passkey, revoked now or before; undefined if it is not this operator's */
export async function revokePasskeyRow(
  db: Database,
  operatorId: string,
  id: string,
  now: Date,
): Promise<{ passkey: PasskeyRow; wasActive: boolean } | undefined> {
  const isTheirs = and(eq(passkeys.id, id), eq(passkeys.operatorId, operatorId))
  const [revoked] = await db
    .update(passkeys)
    .set({ revokedAt: now })
    .where(and(isTheirs, isNull(passkeys.revokedAt)))
    .returning()
  if (revoked !== undefined) return { passkey: revoked, wasActive: true }
  const [row] = await db.select().from(passkeys).where(isTheirs)
  return row && { passkey: row, wasActive: false }
}

/** @returns false: it was answered before */
export async function spendChallenge(
  db: Database,
  challenge: { readonly nonce: Uint8Array; readonly expiresAt: Date },
): Promise<boolean> {
  const rows = await db
    .insert(spentChallenges)
    .values(challenge)
    .onConflictDoNothing()
    .returning({ nonce: spentChallenges.nonce })
  return rows.length > 0
}

export async function purgeSpentChallenges(db: Database, before: Date): Promise<void> {
  await db.delete(spentChallenges).where(lt(spentChallenges.expiresAt, before))
}
