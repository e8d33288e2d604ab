import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { KeptAssertion } from '../signing/kept-assertions.ts'
import type { AlertRole } from '../signing/jws.ts'
import type { Database } from './database.ts'
import { signatures } from './schema.ts'

export interface SignatureRow {
  readonly alertId: string
  /** The revision that the signed content names. */
  readonly revision: number
  readonly role: AlertRole
  readonly operatorId: string
  readonly kid: string
  readonly jws: string
  readonly at: Date
  /** What confirmed it; null: nothing did. */
  readonly passkey: KeptAssertion | null
}

export async function insertSignature(db: Database, signature: SignatureRow): Promise<void> {
  await db.insert(signatures).values(signature)
}

/** Those that stand: not the ones that a return, a rejection or a withdrawal has voided. The author's first. */
export async function standingSignatures(db: Database, alertId: string): Promise<SignatureRow[]> {
  const rows = await db
    .select()
    .from(signatures)
    .where(and(eq(signatures.alertId, alertId), isNull(signatures.voidedAt)))
    .orderBy(sql`${signatures.role} <> 'author'`, asc(signatures.role))
  return rows as SignatureRow[]
}

export async function voidSignatures(db: Database, alertId: string, now: Date): Promise<void> {
  await db
    .update(signatures)
    .set({ voidedAt: now })
    .where(and(eq(signatures.alertId, alertId), isNull(signatures.voidedAt)))
}
