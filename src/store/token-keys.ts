import { and, desc, gt, isNull, ne, or, sql } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import type { Database } from './database.ts'
import { tokenKeys } from './schema.ts'

export interface SealedTokenKey {
  readonly kid: string
  readonly sealedJwk: Uint8Array
  readonly createdAt: Date
}

/** Held to the end of the transaction: of two nodes that find the key old, one makes the next. */
export async function lockTokenKeys(db: Database): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.tokenKeys})`)
}

/** Keys in use, and those retired after `retiredSince`; newest first. */
export async function listTokenKeys(db: Database, retiredSince: Date): Promise<SealedTokenKey[]> {
  return db
    .select({ kid: tokenKeys.kid, sealedJwk: tokenKeys.sealedJwk, createdAt: tokenKeys.createdAt })
    .from(tokenKeys)
    .where(or(isNull(tokenKeys.retiredAt), gt(tokenKeys.retiredAt, retiredSince)))
    .orderBy(desc(tokenKeys.createdAt))
}

/** Writes the key that signs from now on and retires all others. */
export async function insertTokenKey(
  db: Database,
  key: SealedTokenKey & { readonly publicJwk: unknown },
): Promise<void> {
  await db.insert(tokenKeys).values(key)
  await db
    .update(tokenKeys)
    .set({ retiredAt: key.createdAt })
    .where(and(ne(tokenKeys.kid, key.kid), isNull(tokenKeys.retiredAt)))
}
