/**
 * Notices to subscribers: written in the transaction of what they tell, finished with the alert's signed CAP where it
 * has one, claimed under a lease, settled under the claim's fence. Whoever dies between sending and settling leaves the notice to be sent again, under the same id.
 */
import { and, asc, desc, eq, isNotNull, lt, lte, sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import { type NOTICE_STATES, noticeDeliveries, notices } from './schema.ts'

export type NoticeState = (typeof NOTICE_STATES)[number]

/** Queues a notice for each of these subscribers. */
export async function insertNotice(
  tx: Database,
  notice: typeof notices.$inferInsert,
  subscriberIds: readonly string[],
): Promise<void> {
  await tx.insert(notices).values(notice)
  await tx
    .insert(noticeDeliveries)
    .values(subscriberIds.map(subscriberId => ({ subscriberId, noticeId: notice.id })))
}

export interface UnfinishedNotice {
  readonly id: string
  readonly alertId: string
  /** Of the content whose CAP it waits for. */
  readonly capDigest: string
  readonly body: string
}

/** The oldest notice that waits for its CAP, and has for so long. */
export async function findUnfinishedNotice(
  db: Database,
  waitedSeconds: number,
): Promise<UnfinishedNotice | undefined> {
  const { id, alertId, capDigest, body, at } = notices
  const [row] = await db
    .select({ id, alertId, capDigest, body })
    .from(notices)
    .where(
      and(
        isNotNull(capDigest),
        lte(at, sql`now() - make_interval(secs => ${waitedSeconds}::float8)`),
      ),
    )
    .orderBy(asc(at))
    .limit(1)
  return row as UnfinishedNotice | undefined
}

/** Of two that finish the same notice the first counts: from then on its octets stay. */
export async function finishNotice(db: Database, id: string, body: string): Promise<void> {
  const { capDigest } = notices
  await db
    .update(notices)
    .set({ body, capDigest: null })
    .where(and(eq(notices.id, id), isNotNull(capDigest)))
}

/** A notice that is this process's to send until its lease ends. */
export interface ClaimedNotice {
  readonly subscriberId: string
  readonly noticeId: string
  /** This one counted. */
  readonly attempts: number
  readonly fence: number
  readonly body: string
  readonly url: string
  readonly sealedSecrets: Uint8Array
}

/**
 * Claims what is due, at most `each` a subscriber, so that one that is slow or far behind holds up nobody else.
 *
 * @param busy subscribers to leave alone, for they still have something in hand
 */
export async function claimNotices(
  db: Database,
  { busy, each, leaseSeconds }: { busy: readonly string[]; each: number; leaseSeconds: number },
): Promise<ClaimedNotice[]> {
  const rows = await db.execute<Record<string, unknown> & ClaimedNotice>(sql`
    with due as (
      select d.subscriber_id, d.notice_id
      from subscribers s
      cross join lateral (
        select w.subscriber_id, w.notice_id from notice_deliveries w
        join notices whole on whole.id = w.notice_id and whole.cap_digest is null
        where w.subscriber_id = s.id and w.state = 'waiting' and w.due_at <= now()
        order by w.due_at limit ${each}::int for update of w skip locked
      ) d
      where s.enabled and s.id <> all(${arrayLiteral(busy)}::uuid[])
    )
    update notice_deliveries d
    set attempts = d.attempts + 1, fence = d.fence + 1,
        due_at = now() + make_interval(secs => ${leaseSeconds}::float8)
    from due
    join notices n on n.id = due.notice_id
    join subscribers s on s.id = due.subscriber_id
    where d.subscriber_id = due.subscriber_id and d.notice_id = due.notice_id
    returning d.subscriber_id as "subscriberId", d.notice_id as "noticeId", d.attempts, d.fence,
      n.body, s.url, s.sealed_secrets as "sealedSecrets"
  `)
  return [...rows]
}

/** What has become of an attempt. */
export interface Settlement {
  readonly state: Exclude<NoticeState, 'cancelled'>
  /** Until the next attempt, in milliseconds; of a notice that still waits. */
  readonly afterMs?: number
  readonly status: number | null
  readonly fault: string | null
}

/**
 * Writes what has become of a claim; one that has been claimed again meanwhile is left alone. A notice that was
 * cancelled on its way stays so, unless it did arrive.
 */
export async function settleNotice(
  db: Database,
  { subscriberId, noticeId, fence }: Pick<ClaimedNotice, 'subscriberId' | 'noticeId' | 'fence'>,
  { state, afterMs = 0, status, fault }: Settlement,
): Promise<void> {
  await db.execute(sql`
    update notice_deliveries
    set state = ${state}, last_status = ${status}::smallint, last_fault = ${fault}::text,
        due_at = now() + make_interval(secs => ${afterMs / 1000}::float8),
        settled_at = case when ${state} = 'waiting' then null else now() end
    where subscriber_id = ${subscriberId}::uuid and notice_id = ${noticeId}::uuid and fence = ${fence}::int
      and (state = 'waiting' or ${state} = 'delivered')
  `)
}

/** Ends what still waits for a subscriber that is told nothing more. */
export async function cancelNotices(tx: Database, subscriberId: string): Promise<void> {
  await tx
    .update(noticeDeliveries)
    .set({ state: 'cancelled', settledAt: sql`now()` })
    .where(
      and(eq(noticeDeliveries.subscriberId, subscriberId), eq(noticeDeliveries.state, 'waiting')),
    )
}

/** @returns the state that it is in, undefined where there is no such notice to that subscriber */
export async function lockNotice(
  tx: Database,
  subscriberId: string,
  noticeId: string,
): Promise<NoticeState | undefined> {
  const [row] = await tx
    .select({ state: noticeDeliveries.state })
    .from(noticeDeliveries)
    .where(isDelivery(subscriberId, noticeId))
    .for('update')
  return row?.state as NoticeState | undefined
}

/** Queues it once more, from the start. */
export async function requeueNotice(
  tx: Database,
  subscriberId: string,
  noticeId: string,
): Promise<void> {
  await tx
    .update(noticeDeliveries)
    .set({ state: 'waiting', attempts: 0, dueAt: sql`now()`, settledAt: null })
    .where(isDelivery(subscriberId, noticeId))
}

function isDelivery(subscriberId: string, noticeId: string) {
  return and(
    eq(noticeDeliveries.subscriberId, subscriberId),
    eq(noticeDeliveries.noticeId, noticeId),
  )
}

export interface NoticeDelivery {
  /** The notice's, and so the `webhook-id` of every attempt. */
  readonly id: string
  readonly event: string
  readonly alertId: string | null
  readonly at: Date
  readonly state: NoticeState
  readonly attempts: number
  readonly dueAt: Date
  readonly lastStatus: number | null
  readonly lastFault: string | null
  readonly settledAt: Date | null
}

/** Newest first, before the one given: ids are in the order of time. */
export async function listNotices(
  db: Database,
  subscriberId: string,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<NoticeDelivery[]> {
  const { state, attempts, dueAt, lastStatus, lastFault, settledAt } = noticeDeliveries
  const { id, event, alertId, at } = notices
  const rows = await db
    .select({ id, event, alertId, at, state, attempts, dueAt, lastStatus, lastFault, settledAt })
    .from(noticeDeliveries)
    .innerJoin(notices, eq(notices.id, noticeDeliveries.noticeId))
    .where(
      and(
        eq(noticeDeliveries.subscriberId, subscriberId),
        before === undefined ? undefined : lt(noticeDeliveries.noticeId, before),
      ),
    )
    .orderBy(desc(noticeDeliveries.noticeId))
    .limit(limit)
  return rows.map(row => ({ ...row, state: row.state as NoticeState }))
}

/** Drops notices from before `until`, to whomever they went. */
export async function purgeNotices(db: Database, until: Date): Promise<void> {
  await db.delete(notices).where(lt(notices.at, until))
}
