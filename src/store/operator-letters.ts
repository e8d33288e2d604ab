/**
 * Letters to operators on their way: claimed under a lease that their lane keeps up, settled under the claim's fence.
 * What a dispatcher that died had claimed may have left: it goes again, marked, under the same `Message-ID`.
 */
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { type MODES, operatorLetters } from './schema.ts'

export interface OperatorLetter {
  /** The report that it brings; null: it brings none. */
  readonly reportId: string | null
  readonly operatorId: string
  readonly address: string
  readonly mode: (typeof MODES)[number]
  /** One line. */
  readonly subject: string
  readonly body: string
  /** BCP 47. */
  readonly language: string
  readonly attachment: { readonly name: string; readonly octets: Uint8Array } | undefined
  readonly expires: Date
}

export async function insertOperatorLetters(
  tx: Database,
  letters: readonly OperatorLetter[],
): Promise<void> {
  if (letters.length === 0) return
  await tx.insert(operatorLetters).values(
    letters.map(({ attachment, ...letter }) => ({
      ...letter,
      id: uuid(),
      attachmentName: attachment?.name ?? null,
      attachment: attachment?.octets ?? null,
    })),
  )
}

/** A claimed letter is its dispatcher's for so long without a word from it, in seconds. */
export const OPERATOR_LEASE_SECONDS = 30

export interface OperatorLease {
  readonly id: string
  readonly fence: number
}

export interface ClaimedOperatorLetter extends OperatorLease {
  readonly operatorId: string
  readonly address: string
  readonly subject: string
  readonly body: string
  readonly language: string
  readonly attachmentName: string | null
  readonly attachment: Uint8Array | null
  /** Tries that were answered, and didn't succeed. */
  readonly attempts: number
  readonly expires: Date
}

/** Claims what is due, the longest due first, and ends what has run out. */
export async function claimOperatorLetters(
  db: Database,
  carrierId: string,
  limit: number,
): Promise<ClaimedOperatorLetter[]> {
  const rows = await db.execute<
    Omit<ClaimedOperatorLetter, 'expires'> & { expires_ms: number } & Record<string, unknown>
  >(sql`
    with over as (
      update operator_letters set state = 'expired', settled_at = now(), attachment = null
      where state = 'waiting' and expires <= now()
    ),
    due as (
      select l.id from operator_letters l
        join carriers c on c.id = ${carrierId}::uuid and c.use in ('both', l.mode)
      where l.state in ('waiting', 'leased') and l.due_at <= now() and l.expires > now()
      order by l.due_at limit ${limit}::int for update of l skip locked
    )
    update operator_letters l
    set state = 'leased', fence = l.fence + 1, carrier_id = ${carrierId}::uuid,
        possible_duplicate = l.possible_duplicate or l.state = 'leased',
        due_at = now() + make_interval(secs => ${OPERATOR_LEASE_SECONDS}::int)
    from due where l.id = due.id
    returning l.id, l.fence, l.operator_id as "operatorId", l.address, l.subject, l.body, l.language,
      l.attachment_name as "attachmentName", l.attachment, l.attempts,
      (extract(epoch from l.expires) * 1000)::float8 as expires_ms
  `)
  return rows.map(({ expires_ms: expires, ...row }) => ({ ...row, expires: new Date(expires) }))
}

const leases = (of: readonly OperatorLease[]) => sql`unnest(
  ${arrayLiteral(of.map(letter => letter.id))}::uuid[],
  ${numberArray(of.map(letter => letter.fence))}::int[]`

/** Says that their dispatcher lives. */
export async function keepOperatorLetters(
  db: Database,
  held: readonly OperatorLease[],
): Promise<void> {
  if (held.length === 0) return
  await db.execute(sql`
    update operator_letters l
    set due_at = now() + make_interval(secs => ${OPERATOR_LEASE_SECONDS}::int)
    from ${leases(held)}) as w(id, fence)
    where l.id = w.id and l.fence = w.fence and l.state = 'leased'
  `)
}

/** What has become of a claim. */
export interface SettledOperatorLetter extends OperatorLease {
  readonly state: 'sent' | 'failed' | 'unknown' | 'waiting'
  readonly reason: string | null
  /** It spent an attempt. */
  readonly isAttempt: boolean
  /** It may have left, and goes again. */
  readonly isSuspect: boolean
  /** Of one that waits again. */
  readonly afterSeconds: number
}

/** Writes what has become of claims; one that has lapsed since, and is anybody's, is left alone. */
export async function settleOperatorLetters(
  db: Database,
  settled: readonly SettledOperatorLetter[],
): Promise<void> {
  if (settled.length === 0) return
  await db.execute(sql`
    update operator_letters l
    set state = w.state, reason = w.reason, attempts = l.attempts + w.attempts,
        possible_duplicate = l.possible_duplicate or w.is_suspect,
        due_at = now() + make_interval(secs => w.after_seconds),
        attachment = case when w.state = 'waiting' then l.attachment end,
        settled_at = case when w.state = 'waiting' then null else now() end
    from ${leases(settled)},
      ${arrayLiteral(settled.map(letter => letter.state))}::text[],
      ${arrayLiteral(settled.map(letter => letter.reason))}::text[],
      ${numberArray(settled.map(letter => Number(letter.isAttempt)))}::int[],
      ${arrayLiteral(settled.map(letter => String(letter.isSuspect)))}::boolean[],
      ${numberArray(settled.map(letter => letter.afterSeconds))}::float8[]
    ) as w(id, fence, state, reason, attempts, is_suspect, after_seconds)
    where l.id = w.id and l.fence = w.fence and l.state = 'leased'
  `)
}

/** Drops letters without a report that had run out before. */
export async function purgeOperatorLetters(db: Database, before: Date): Promise<void> {
  await db.execute(sql`
    delete from operator_letters where report_id is null and expires < ${before.toISOString()}::timestamptz
  `)
}
