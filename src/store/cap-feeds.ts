/**
 * Feeds that are polled: claimed under a lease, settled under the claim's fence. Whoever dies in a poll leaves the feed
 * to be polled again when the lease is over; what had become a draft is known by its message.
 */
import { and, asc, eq, getTableColumns, gt, inArray, lt, sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import { capFeedItems, capFeeds } from './schema.ts'

type Columns = typeof capFeeds.$inferSelect

/** Something that a feed brought and that was not taken. */
export interface FeedProblem {
  /** RFC 3339. */
  readonly at: string
  readonly reason: string
  readonly detail: string
  /** Where it was found. */
  readonly item: string
}

export type FeedRow = Omit<Columns, 'problems'> & { readonly problems: readonly FeedProblem[] }

/** Somebody looks at these; more than that is one trouble many times. */
const KEPT_PROBLEMS = 20

export const feedFromRow = (row: Columns): FeedRow => row as FeedRow

/** @throws DatabaseError 23505 on `cap_feeds_url_unique` */
export async function insertFeed(
  db: Database,
  feed: typeof capFeeds.$inferInsert,
): Promise<FeedRow> {
  const [row] = await db.insert(capFeeds).values(feed).returning()
  return feedFromRow(row as Columns)
}

/**
 * A poll that is under way meanwhile writes nothing any more.
 *
 * @throws DatabaseError 23505 on `cap_feeds_url_unique`
 */
export async function updateFeed(
  db: Database,
  id: string,
  change: Partial<Omit<Columns, 'id' | 'createdAt' | 'fence' | 'revision'>>,
): Promise<FeedRow> {
  const [row] = await db
    .update(capFeeds)
    .set({
      ...change,
      fence: sql`${capFeeds.fence} + 1`,
      revision: sql`${capFeeds.revision} + 1`,
    })
    .where(eq(capFeeds.id, id))
    .returning()
  return feedFromRow(row as Columns)
}

/** What came of it stays. */
export async function deleteFeed(db: Database, id: string): Promise<boolean> {
  const rows = await db.delete(capFeeds).where(eq(capFeeds.id, id)).returning({ id: capFeeds.id })
  return rows.length > 0
}

export async function findFeed(db: Database, id: string): Promise<FeedRow | undefined> {
  const [row] = await db.select().from(capFeeds).where(eq(capFeeds.id, id))
  return row && feedFromRow(row)
}

export async function lockFeed(db: Database, id: string): Promise<FeedRow | undefined> {
  const [row] = await db.select().from(capFeeds).where(eq(capFeeds.id, id)).for('update')
  return row && feedFromRow(row)
}

/** In the order in which they were entered, after the one given. */
export async function listFeeds(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<FeedRow[]> {
  const rows = await db
    .select()
    .from(capFeeds)
    .where(after === undefined ? undefined : gt(capFeeds.id, after))
    .orderBy(asc(capFeeds.id))
    .limit(limit)
  return rows.map(feedFromRow)
}

/** Claims what is due, the longest due first. */
export async function claimFeeds(
  db: Database,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<FeedRow[]> {
  const due = db.$with('due').as(
    db
      .select({ id: capFeeds.id })
      .from(capFeeds)
      .where(and(eq(capFeeds.enabled, true), sql`${capFeeds.dueAt} <= now()`))
      .orderBy(asc(capFeeds.dueAt))
      .limit(limit)
      .for('update', { skipLocked: true }),
  )
  const rows = await db
    .with(due)
    .update(capFeeds)
    .set({
      fence: sql`${capFeeds.fence} + 1`,
      dueAt: sql`now() + make_interval(secs => ${leaseSeconds}::float8)`,
      polledAt: sql`now()`,
    })
    .from(due)
    .where(eq(capFeeds.id, due.id))
    .returning(getTableColumns(capFeeds))
  return rows.map(feedFromRow)
}

/** How a poll has ended. */
export interface PollEnd {
  readonly hasSucceeded: boolean
  readonly etag: string | null
  readonly lastModified: string | null
  readonly afterSeconds: number
  readonly problems: readonly FeedProblem[]
  /** Keys of what was dealt with, or stood there still. */
  readonly items: readonly string[]
}

/** Writes how a claim ended; one that has been claimed again, or edited, meanwhile is left alone. */
export async function settleFeed(
  tx: Database,
  { id, fence, problems }: Pick<FeedRow, 'id' | 'fence' | 'problems'>,
  end: PollEnd,
): Promise<void> {
  const settled = await tx
    .update(capFeeds)
    .set({
      etag: end.etag,
      lastModified: end.lastModified,
      dueAt: sql`now() + make_interval(secs => ${end.afterSeconds}::float8)`,
      failures: end.hasSucceeded ? 0 : sql`${capFeeds.failures} + 1`,
      problems: [...problems, ...end.problems].slice(-KEPT_PROBLEMS),
      ...(end.hasSucceeded && { succeededAt: sql`now()` }),
    })
    .where(and(eq(capFeeds.id, id), eq(capFeeds.fence, fence)))
    .returning({ id: capFeeds.id })
  if (settled.length === 0 || end.items.length === 0) return
  await tx.execute(sql`
    insert into cap_feed_items (feed_id, key)
    select ${id}::uuid, key from unnest(${arrayLiteral([...new Set(end.items)])}::text[]) as t(key)
    on conflict (feed_id, key) do update set seen_at = now()`)
}

/** Of these, what was dealt with before. */
export async function knownItems(
  db: Database,
  feedId: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ key: capFeedItems.key })
    .from(capFeedItems)
    .where(and(eq(capFeedItems.feedId, feedId), inArray(capFeedItems.key, [...keys])))
  return new Set(rows.map(row => row.key))
}

/** All of a feed's is looked at again. */
export async function forgetItems(tx: Database, feedId: string): Promise<void> {
  await tx.delete(capFeedItems).where(eq(capFeedItems.feedId, feedId))
}

/** Forgets what no feed has listed since then. */
export async function purgeFeedItems(db: Database, until: Date): Promise<void> {
  await db.delete(capFeedItems).where(lt(capFeedItems.seenAt, until))
}
