import { desc, sql } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import type { Database } from './database.ts'
import { xmlSigningKeys } from './schema.ts'

export interface SealedXmlKey {
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string
  /** PEM. */
  readonly certificate: string
  readonly sealedKey: Uint8Array
  readonly createdAt: Date
  readonly signsFrom: Date
}

/** Held to the end of the transaction: of two nodes that find no key, one makes it. */
export async function lockXmlKeys(db: Database): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.xmlKeys})`)
}

/** The last to sign first. */
export async function listXmlKeys(db: Database): Promise<SealedXmlKey[]> {
  const { signsFrom, createdAt } = xmlSigningKeys
  return db.select().from(xmlSigningKeys).orderBy(desc(signsFrom), desc(createdAt))
}

export async function insertXmlKey(db: Database, key: SealedXmlKey): Promise<void> {
  await db.insert(xmlSigningKeys).values(key)
}
