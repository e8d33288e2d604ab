/**
 * Mailings: beside its text messages an alert goes as letters, to every recipient who has an address.
 *
 *     alerts ── mailings (one an alert) ── letters (one an address and text)
 *
 * A mailing is opened with the dispatch. Letters are laid out from the blocks, behind the planner and in its order, so
 * that they go to the alert's recipients and nobody else; the address is the contact's of that moment, and stands from
 * then on. A mailbox that several recipients share gets a text once. The counters of a mailing move in the statement
 * that moves its letters.
 *
 *     waiting ──claimed──▶ leased ──▶ sent, failed, unknown
 *        │  ▲                 │
 *        │  └── not taken, or its dispatcher died
 *        └──▶ expired, cancelled
 */
import { sql, type SQL } from 'drizzle-orm'
import { CONTACT_ID, PHONE } from './blocks.ts'
import { arrayLiteral, type Database } from './database.ts'

/** Whether letters of an alert `a` are still to be laid out, or have no end yet. */
export const IS_MAILING = sql.raw(`exists (
  select from mailings m where m.alert_id = a.id
    and (not m.whole or m.letters > m.sent + m.failed + m.expired + m.cancelled + m.unknown))`)

/** How a mailing stands. All counts are of letters, and exclusive: what is in none of them is queued. */
export interface MailingCounts {
  /** Laid out so far. */
  readonly letters: number
  readonly sent: number
  readonly failed: number
  readonly expired: number
  readonly cancelled: number
  readonly unknown: number
  readonly possibleDuplicates: number
}

/** Whether letters of an alert were opened with its dispatch. */
export async function hasMailing(db: Database, alertId: string): Promise<boolean> {
  const rows = await db.execute(sql`select from mailings where alert_id = ${alertId}::uuid`)
  return rows.length > 0
}

/**
 * Opens an alert's mailing, where there is an account that takes letters. Run in the dispatch's transaction: what is
 * set up later sends later alerts.
 */
export async function openMailing(tx: Database, alertId: string): Promise<void> {
  await tx.execute(sql`
    insert into mailings (alert_id)
    select ${alertId}::uuid
    where exists (
      select from carriers
      where protocol = 'smtp' and enabled and not draining and deleted_at is null)
      -- Letters have no simulated carrier: of a simulated exercise there are none.
      and not exists (
        select from alerts a join exercises e on e.id = a.exercise_id
        where a.id = ${alertId}::uuid and e.simulated)
    on conflict do nothing
  `)
}

/** Blocks laid out at once: some thousands of recipients, a fraction of a second. */
const BLOCKS_AT_ONCE = 10

/**
 * Lays out letters of the most urgent mailing that is behind its alert's planner. Run inside a transaction.
 *
 * @returns whether there may be more to lay out now
 */
export async function layOutLetters(tx: Database): Promise<boolean> {
  const [mailing] = await tx.execute<{ alertId: string; laidOut: number; isPlanned: boolean }>(sql`
    select m.alert_id as "alertId", m.laid_out as "laidOut", a.plan_state = 'done' as "isPlanned"
    from mailings m join alerts a on a.id = m.alert_id
    where not m.whole and (a.plan_state = 'done' or a.planned > m.laid_out)
    order by a.priority, a.dispatched_at limit 1 for update of m skip locked
  `)
  if (mailing === undefined) return false
  const { alertId, laidOut, isPlanned } = mailing
  // Whether it is planned was read before its blocks are: of a planned alert all of them are seen.
  const [{ last } = { last: null }] = await tx.execute<{ last: number | null }>(sql`
    select max(b.block_no + b.size - 1)::int as last from (
      select block_no, size from blocks
      where alert_id = ${alertId}::uuid and block_no > ${laidOut}::int
      order by block_no limit ${BLOCKS_AT_ONCE}::int
    ) b
  `)
  if (last === null) {
    if (isPlanned) {
      await tx.execute(sql`update mailings set whole = true where alert_id = ${alertId}::uuid`)
    }
    return isPlanned
  }
  const { count } = await tx.execute(sql`
    insert into letters (alert_id, seq, contact_id, phone, address, text_no, expires)
    select b.alert_id, b.block_no + p.no, c.id,
      '+' || ('x' || encode(substring(b.phones from 1 + ${PHONE}::int * p.no for ${PHONE}::int), 'hex'))::bit(64)::bigint,
      c.email, b.text_no, r.expires
    from blocks b
      join ranges r on r.alert_id = b.alert_id and r.range_no = b.block_no
      cross join lateral generate_series(0, b.size - 1) as p(no)
      join contacts c
        on c.id = encode(substring(b.contact_ids from 1 + ${CONTACT_ID}::int * p.no for ${CONTACT_ID}::int), 'hex')::uuid
    where b.alert_id = ${alertId}::uuid and b.block_no > ${laidOut}::int and b.block_no <= ${last}::int
      and c.email is not null
    order by b.block_no, p.no
    on conflict (alert_id, address, text_no) do nothing
  `)
  await tx.execute(sql`
    update mailings set laid_out = ${last}::int, letters = letters + ${count}::int, moved_at = now()
    where alert_id = ${alertId}::uuid
  `)
  return true
}

/** Letters ended in one transaction. */
const LETTERS_AT_ONCE = 5_000

/**
 * Ends letters that may no longer be sent: those of a stopped alert as `cancelled`, those past their time as
 * `expired`. What a dispatcher that died had in hand may have left: it waits again as a possible duplicate, or ends
 * as `unknown` where the alert is at-most-once or its letters may no longer be sent. Run inside a transaction.
 *
 * @returns whether there may be more
 */
export async function endLetters(tx: Database, alertId: string): Promise<boolean> {
  const ended = await moveLetters(
    tx,
    sql`
      with mine as (
        select id, state = 'stopped' as is_over, delivery from alerts where id = ${alertId}::uuid
      ),
      -- Each by an index of its own: a large mailing is asked about twice a second.
      due as (
        (select l.seq from letters l, mine m
          where l.alert_id = ${alertId}::uuid and l.state = 'waiting' and m.is_over limit ${LETTERS_AT_ONCE}::int)
        union
        (select seq from letters
          where alert_id = ${alertId}::uuid and state = 'waiting' and expires <= now() limit ${LETTERS_AT_ONCE}::int)
        union
        (select seq from letters
          where alert_id = ${alertId}::uuid and state = 'leased' and due_at < now() limit ${LETTERS_AT_ONCE}::int)
      ),
      over as (
        select l.seq, l.state as was, l.possible_duplicate as was_suspect, case
            when l.state = 'waiting' then case when m.is_over then 'cancelled' else 'expired' end
            when m.is_over or l.expires <= now() or m.delivery = 'at-most-once' then 'unknown'
            else 'waiting'
          end as is_now
        from due join letters l on l.alert_id = ${alertId}::uuid and l.seq = due.seq
          join mine m on m.id = l.alert_id
        where l.state = 'waiting' and (m.is_over or l.expires <= now())
          or l.state = 'leased' and l.due_at < now()
        order by l.seq for update of l skip locked
      ),
      moved as (
        update letters l
        set state = o.is_now, due_at = now(),
            possible_duplicate = o.was_suspect or o.was = 'leased' and o.is_now = 'waiting',
            reason = case when o.was = 'leased' then 'dispatcher_died' else l.reason end,
            settled_at = case when o.is_now = 'waiting' then null else now() end
        from over o where l.alert_id = ${alertId}::uuid and l.seq = o.seq
        returning l.alert_id, o.was, o.is_now, l.possible_duplicate and not o.was_suspect as suspected
      )
    `,
  )
  return ended > 0
}

/**
 * Sends again what failed, and what a stop kept back. Run inside a transaction that holds the alert's row.
 *
 * @returns how many
 */
export function requeueLetters(tx: Database, alertId: string): Promise<number> {
  return moveLetters(
    tx,
    sql`
      with again as (
        select seq, state as was from letters
        where alert_id = ${alertId}::uuid and state in ('failed', 'cancelled')
        for update
      ),
      moved as (
        update letters l
        set state = 'waiting', attempts = 0, due_at = now(), reason = null
        from again o where l.alert_id = ${alertId}::uuid and l.seq = o.seq
        returning l.alert_id, o.was, l.state as is_now, false as suspected
      )
    `,
  )
}

/** The states that are counted. */
const COUNTED = ['sent', 'failed', 'expired', 'cancelled', 'unknown'] as const

/**
 * Moves letters, and their mailings' counters with them, in one statement.
 *
 * @param moved CTEs, the last of them `moved(alert_id, was, is_now, suspected)`: of each letter its state before and
 *   after, and whether it may have left twice
 * @returns how many letters were moved
 */
export async function moveLetters(db: Database, moved: SQL): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    ${moved},
    counted as (
      update mailings m
      set (moved_at, sent, failed, expired, cancelled, unknown, possible_duplicates) = (
        select case when bool_or(o.is_now <> 'waiting') then now() else m.moved_at end, ${sql.join(
          COUNTED.map(
            state => sql`m.${sql.raw(state)} + count(*) filter (where o.is_now = ${state})
              - count(*) filter (where o.was = ${state})`,
          ),
          sql`, `,
        )}, m.possible_duplicates + count(*) filter (where o.suspected)
        from moved o where o.alert_id = m.alert_id)
      where m.alert_id in (select alert_id from moved)
    )
    select count(*)::int as count from moved
  `)
  return row!.count
}

/** Nothing ended for so long while letters were due: somebody must know. */
const STALLED_SECONDS = 60

export interface StalledMailing {
  readonly alertId: string
  readonly since: Date
}

/** @param alertIds of these alone: mailings whose letters are due and don't leave */
export async function readStalledMailings(
  db: Database,
  alertIds: readonly string[],
): Promise<StalledMailing[]> {
  const rows = await db.execute<{ id: string; since_ms: number }>(sql`
    select a.id, (extract(epoch from still.since) * 1000)::float8 as since_ms
    from mailings m join alerts a on a.id = m.alert_id
      cross join lateral (
        select greatest(m.moved_at, a.hold_until,
          -- What was paused, or had ended, is due since it goes on.
          (select max(h.at) from alert_history h
            where h.alert_id = a.id and h.action in ('resumed', 'retried'))) as since
      ) still
    where a.id = any(${arrayLiteral(alertIds)}::uuid[]) and a.state = 'sending'
      and still.since <= now() - make_interval(secs => ${STALLED_SECONDS}::int)
      and exists (
        select from letters l
        where l.alert_id = a.id and l.state = 'waiting' and l.expires > now()
          and l.due_at <= now() - make_interval(secs => ${STALLED_SECONDS}::int))
    order by a.id
  `)
  return rows.map(row => ({ alertId: row.id, since: new Date(row.since_ms) }))
}
