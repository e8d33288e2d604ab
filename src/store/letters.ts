/**
 * Letters on their way: claimed under a lease, settled under the claim's fence. A claim is the intent: only what is
 * claimed leaves, so what a dispatcher that dies had claimed may have left (`mailings.ts` says what becomes of it).
 */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { moveLetters } from './mailings.ts'
import { IS_RELEASED } from './holds.ts'
import { OPTED_OUT_SINCE } from './opt-outs.ts'
import { letters } from './schema.ts'

/** A claimed letter is its dispatcher's for so long without a word from it, in seconds. */
export const LETTER_LEASE_SECONDS = 10

/** A letter as its dispatcher knows it: the fence tells this claim from any other. */
export interface LetterLease {
  readonly alertId: string
  readonly seq: number
  readonly fence: number
}

export interface ClaimedLetter extends LetterLease {
  readonly contactId: string
  readonly address: string
  readonly textNo: number
  /** Tries that were answered, and didn't succeed. */
  readonly attempts: number
  /** Since the alert was dispatched the recipient wants nothing like it any more. */
  readonly isOptedOut: boolean
}

/**
 * Claims letters that are due, of alerts that may be sent: the most urgent first, and equals in turn.
 *
 * @param limit letters at the most: so many may go out twice if this process dies
 */
export async function claimLetters(
  db: Database,
  carrierId: string,
  limit: number,
): Promise<ClaimedLetter[]> {
  const rows = await db.execute<ClaimedLetter & Record<string, unknown>>(sql`
    with due as materialized (
      select l.alert_id, l.seq from (
        select a.id, a.priority from mailings m join alerts a on a.id = m.alert_id
          join carriers c on c.id = ${carrierId}::uuid and c.use in ('both', a.mode)
        where a.state = 'sending' and ${IS_RELEASED}
      ) s
      cross join lateral (
        select w.alert_id, w.seq, row_number() over (order by w.due_at, w.seq) as turn from (
          select alert_id, seq, due_at from letters
          where alert_id = s.id and state = 'waiting' and due_at <= now() and expires > now()
          order by due_at, seq limit ${limit}::int for update skip locked
        ) w
      ) l
      order by s.priority, l.turn, l.alert_id limit ${limit}::int
    )
    update letters l
    set state = 'leased', fence = l.fence + 1, carrier_id = ${carrierId}::uuid,
        due_at = now() + make_interval(secs => ${LETTER_LEASE_SECONDS}::int)
    from due d join alerts a on a.id = d.alert_id
    where l.alert_id = d.alert_id and l.seq = d.seq
    returning l.alert_id as "alertId", l.seq, l.fence, l.contact_id as "contactId", l.address,
      l.text_no as "textNo", l.attempts,
      exists (select from opt_outs o where o.phone = l.phone and ${OPTED_OUT_SINCE}) as "isOptedOut"
  `)
  return [...rows]
}

const leases = (of: readonly LetterLease[]) => sql`unnest(
  ${arrayLiteral(of.map(letter => letter.alertId))}::uuid[],
  ${numberArray(of.map(letter => letter.seq))}::int[],
  ${numberArray(of.map(letter => letter.fence))}::int[]`

const isMine = sql.raw(`l.alert_id = w.alert_id and l.seq = w.seq and l.fence = w.fence
  and l.state = 'leased'`)

/** Says that their dispatcher lives. @returns those that are still its own and may leave */
export async function renewLetters(
  db: Database,
  claimed: readonly LetterLease[],
): Promise<LetterLease[]> {
  if (claimed.length === 0) return []
  const rows = await db.execute<LetterLease & { maySend: boolean } & Record<string, unknown>>(sql`
    update letters l
    set due_at = now() + make_interval(secs => ${LETTER_LEASE_SECONDS}::int)
    from ${leases(claimed)}) as w(alert_id, seq, fence), alerts a
    where ${isMine} and l.due_at > now() and a.id = l.alert_id
    returning l.alert_id as "alertId", l.seq, l.fence, a.state = 'sending' and l.expires > now() as "maySend"
  `)
  return rows.filter(row => row.maySend)
}

/** What has become of a claim. */
export interface SettledLetter extends LetterLease {
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
export async function settleLetters(
  db: Database,
  settled: readonly SettledLetter[],
): Promise<void> {
  if (settled.length === 0) return
  await moveLetters(
    db,
    sql`
      with mine as (
        select w.*, l.possible_duplicate as was_suspect from letters l
        join ${leases(settled)},
            ${arrayLiteral(settled.map(letter => letter.state))}::text[],
            ${arrayLiteral(settled.map(letter => letter.reason))}::text[],
            ${numberArray(settled.map(letter => Number(letter.isAttempt)))}::int[],
            ${arrayLiteral(settled.map(letter => String(letter.isSuspect)))}::boolean[],
            ${numberArray(settled.map(letter => letter.afterSeconds))}::float8[]
          ) as w(alert_id, seq, fence, state, reason, attempts, is_suspect, after_seconds) on ${isMine}
        for update of l
      ),
      moved as (
        update letters l
        set state = w.state, reason = w.reason, attempts = l.attempts + w.attempts,
            possible_duplicate = w.was_suspect or w.is_suspect,
            due_at = now() + make_interval(secs => w.after_seconds),
            settled_at = case when w.state = 'waiting' then null else now() end
        from mine w where l.alert_id = w.alert_id and l.seq = w.seq
        returning l.alert_id, 'leased' as was, w.state as is_now, w.is_suspect and not w.was_suspect as suspected
      )
    `,
  )
}

/** A letter, as it stands. */
export interface LetterRow {
  readonly seq: number
  readonly contactId: string
  readonly address: string
  readonly state: LetterState
  readonly reason: string | null
  readonly attempts: number
  readonly possibleDuplicate: boolean
  /** The account that had it last. */
  readonly carrierId: string | null
  readonly settledAt: Date | null
}

/** To those who ask, what is claimed waits like the others. */
export const SHOWN_LETTER_STATES = [
  'queued',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'unknown',
] as const
type LetterState = (typeof SHOWN_LETTER_STATES)[number]

/** An alert's letters by their recipients' numbers, after the one given. */
export async function listLetters(
  db: Database,
  alertId: string,
  page: {
    readonly states: readonly LetterState[] | undefined
    readonly afterSeq: number
    readonly limit: number
  },
): Promise<LetterRow[]> {
  const states = page.states?.flatMap(state => (state === 'queued' ? QUEUED : [state]))
  const rows = await db
    .select()
    .from(letters)
    .where(
      and(
        eq(letters.alertId, alertId),
        gt(letters.seq, page.afterSeq),
        states && inArray(letters.state, states),
      ),
    )
    .orderBy(asc(letters.seq))
    .limit(page.limit)
  return rows.map(row => ({
    seq: row.seq,
    contactId: row.contactId,
    address: row.address,
    state: QUEUED.includes(row.state) ? 'queued' : (row.state as LetterState),
    reason: row.reason,
    attempts: row.attempts,
    possibleDuplicate: row.possibleDuplicate,
    carrierId: row.carrierId,
    settledAt: row.settledAt,
  }))
}

const QUEUED: readonly string[] = ['waiting', 'leased']
