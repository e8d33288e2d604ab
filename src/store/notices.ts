/**
 * Notices to subscribers: written in the transaction of what they tell, finished with the alert's signed CAP where it
 * has one, claimed under a lease, settled under the claim's fence. Whoever dies between sending and settling leaves a
 * webhook's notice to be sent again, under the same id. A post to an aggregator is marked before it leaves: a claim that
 * finds the mark of another knows that it may have.
 */
import { and, asc, desc, eq, inArray, isNotNull, lt, lte, sql } from 'drizzle-orm'
import type { Fault } from '../errors.ts'
import { arrayLiteral, type Database } from './database.ts'
import { type NOTICE_STATES, noticeDeliveries, notices, subscribers } from './schema.ts'
import type { SubscriberKind } from './subscribers.ts'

export type NoticeState = (typeof NOTICE_STATES)[number]

/** One status item of an aggregator's answer; a channel may have several. */
export interface ChannelOutcome {
  readonly channel: string
  /** Digits. */
  readonly code: string
  readonly error: boolean
  /** In the aggregator's words. */
  readonly status: string
}

/** What has become of a post. */
export interface PostOutcome {
  /** `sent` of the message as it was posted, as CAP writes times; null: nothing was. */
  readonly sent: string | null
  readonly channels: readonly ChannelOutcome[]
  /** Why it is not posted, each at its place in the alert. */
  readonly faults: readonly Fault[]
  /** The words of a SOAP fault. */
  readonly said: string | null
}

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
  /** Null: a test. */
  readonly alertId: string | null
  /** This one counted. */
  readonly attempts: number
  readonly fence: number
  readonly body: string
  readonly kind: SubscriberKind
  readonly url: string
  readonly ipaws: unknown
  readonly sealedSecrets: Uint8Array
  /** What may have left before; null: nothing. */
  readonly postedXml: string | null
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
    returning d.subscriber_id as "subscriberId", d.notice_id as "noticeId", n.alert_id as "alertId", d.attempts,
      d.fence, n.body, s.kind, s.url, s.ipaws, s.sealed_secrets as "sealedSecrets", d.posted_xml as "postedXml"
  `)
  return [...rows]
}

type Claim = Pick<ClaimedNotice, 'subscriberId' | 'noticeId' | 'fence'>

/**
 * Writes down what is about to leave, and begins the lease anew.
 *
 * @returns false where the claim is not this process's any more, or the notice was cancelled: nothing may leave then
 */
export async function markPost(
  db: Database,
  { subscriberId, noticeId, fence }: Claim,
  post: { readonly xml: string; readonly outcome: PostOutcome; readonly leaseSeconds: number },
): Promise<boolean> {
  const marked = await db
    .update(noticeDeliveries)
    .set({
      postedXml: post.xml,
      outcome: post.outcome,
      dueAt: sql`now() + make_interval(secs => ${post.leaseSeconds}::float8)`,
    })
    .where(
      and(
        isDelivery(subscriberId, noticeId),
        eq(noticeDeliveries.fence, fence),
        eq(noticeDeliveries.state, 'waiting'),
      ),
    )
    .returning({ noticeId: noticeDeliveries.noticeId })
  return marked.length > 0
}

export interface EarlierPost {
  readonly alertId: string
  readonly state: NoticeState
  readonly postedXml: string | null
  readonly outcome: PostOutcome | null
}

/** What a subscriber was posted of these alerts, or is to be. */
export async function postsOf(
  db: Database,
  subscriberId: string,
  alertIds: readonly string[],
): Promise<EarlierPost[]> {
  if (alertIds.length === 0) return []
  const { state, postedXml, outcome } = noticeDeliveries
  const rows = await db
    .select({ alertId: notices.alertId, state, postedXml, outcome })
    .from(noticeDeliveries)
    .innerJoin(notices, eq(notices.id, noticeDeliveries.noticeId))
    .where(
      and(eq(noticeDeliveries.subscriberId, subscriberId), inArray(notices.alertId, [...alertIds])),
    )
    .orderBy(asc(noticeDeliveries.noticeId))
  return rows as EarlierPost[]
}

/**
 * Ends posts of these alerts of which nothing has left.
 *
 * @returns those that it ended
 */
export async function cancelUnposted(
  db: Database,
  subscriberId: string,
  alertIds: readonly string[],
  fault: string,
): Promise<{ readonly noticeId: string; readonly alertId: string }[]> {
  if (alertIds.length === 0) return []
  const rows = await db.execute<{ noticeId: string; alertId: string }>(sql`
    update notice_deliveries d
    set state = 'cancelled', last_fault = ${fault}::text, settled_at = now()
    from notices n
    where n.id = d.notice_id and n.alert_id = any(${arrayLiteral(alertIds)}::uuid[])
      and d.subscriber_id = ${subscriberId}::uuid and d.state = 'waiting' and d.posted_xml is null
    returning d.notice_id as "noticeId", n.alert_id as "alertId"
  `)
  return [...rows]
}

export interface AlertPost {
  /** The aggregator's. */
  readonly description: string
  readonly state: NoticeState
  readonly attempts: number
  readonly fault: string | null
  readonly outcome: PostOutcome | null
}

/** How the posts of an alert stand, at every aggregator. */
export async function alertPosts(db: Database, alertId: string): Promise<AlertPost[]> {
  const { state, attempts, outcome, lastFault: fault } = noticeDeliveries
  const { description } = subscribers
  const rows = await db
    .select({ description, state, attempts, fault, outcome })
    .from(noticeDeliveries)
    .innerJoin(notices, eq(notices.id, noticeDeliveries.noticeId))
    .innerJoin(subscribers, eq(subscribers.id, noticeDeliveries.subscriberId))
    .where(and(eq(notices.alertId, alertId), eq(subscribers.kind, 'ipaws')))
    .orderBy(asc(subscribers.id))
  return rows.map(row => ({
    ...row,
    state: row.state as NoticeState,
    outcome: row.outcome as PostOutcome | null,
  }))
}

/** What has become of an attempt. */
export interface Settlement {
  readonly state: NoticeState
  /** Until the next attempt, in milliseconds; of a notice that still waits. */
  readonly afterMs?: number
  readonly status: number | null
  readonly fault: string | null
  /** Of a post. */
  readonly outcome?: PostOutcome
  /** Of a post: nothing was taken of it, so it can be made anew. */
  readonly nothingTaken?: true
  /** Of a post: what the far side holds, or may; else what was marked. */
  readonly postedXml?: string | null
  /** Put off before anything was tried, which is no attempt. */
  readonly isPutOff?: true
}

/**
 * Writes what has become of a claim; one that has been claimed again meanwhile is left alone. A notice that was
 * cancelled on its way stays so, unless it did arrive or may have.
 *
 * @returns whether it was written
 */
export async function settleNotice(
  db: Database,
  { subscriberId, noticeId, fence }: Claim,
  settlement: Settlement,
): Promise<boolean> {
  const { state, afterMs = 0, status, fault, outcome, nothingTaken, isPutOff } = settlement
  const written = await db.execute(sql`
    update notice_deliveries
    set state = ${state}, last_status = ${status}::smallint, last_fault = ${fault}::text,
        due_at = now() + make_interval(secs => ${afterMs / 1000}::float8),
        settled_at = case when ${state} = 'waiting' then null else now() end,
        attempts = attempts - ${isPutOff === true ? 1 : 0}::int,
        outcome = coalesce(${outcome === undefined ? null : JSON.stringify(outcome)}::jsonb, outcome),
        posted_xml = case when ${nothingTaken === true}::boolean then null
          else coalesce(${settlement.postedXml ?? null}::text, posted_xml) end
    where subscriber_id = ${subscriberId}::uuid and notice_id = ${noticeId}::uuid and fence = ${fence}::int
      and (state = 'waiting' or ${state} in ('delivered', 'partial', 'unknown'))
    returning 1
  `)
  return written.length > 0
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
  /** Null of a webhook, and of a post that was not tried yet. */
  readonly outcome: PostOutcome | null
}

/** Newest first, before the one given: ids are in the order of time. */
export async function listNotices(
  db: Database,
  subscriberId: string,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<NoticeDelivery[]> {
  const { state, attempts, dueAt, lastStatus, lastFault, settledAt, outcome } = noticeDeliveries
  const { id, event, alertId, at } = notices
  const told = { id, event, alertId, at, state, attempts, dueAt, lastStatus, lastFault, settledAt }
  const rows = await db
    .select({ ...told, outcome })
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
  return rows.map(row => ({
    ...row,
    state: row.state as NoticeState,
    outcome: row.outcome as PostOutcome | null,
  }))
}

/** Drops notices from before `until`, to whomever they went. */
export async function purgeNotices(db: Database, until: Date): Promise<void> {
  await db.delete(notices).where(lt(notices.at, until))
}
