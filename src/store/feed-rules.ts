import { eq, inArray, sql } from 'drizzle-orm'
import { type FeedRow, feedFromRow } from './cap-feeds.ts'
import { arrayLiteral, type Database } from './database.ts'
import { capFeeds, feedRules } from './schema.ts'

export type FeedRuleRow = typeof feedRules.$inferSelect

/** In place of the one that there was. */
export async function putFeedRule(tx: Database, rule: FeedRuleRow): Promise<void> {
  const { feedId: _feed, ...change } = rule
  await tx
    .insert(feedRules)
    .values(rule)
    .onConflictDoUpdate({ target: feedRules.feedId, set: change })
}

/** Its sealed keys are gone with it. */
export async function deleteFeedRule(tx: Database, feedId: string): Promise<void> {
  await tx.delete(feedRules).where(eq(feedRules.feedId, feedId))
}

export async function findFeedRule(db: Database, feedId: string): Promise<FeedRuleRow | undefined> {
  const [row] = await db.select().from(feedRules).where(eq(feedRules.feedId, feedId))
  return row
}

/** Without their keys, by the feeds' ids. */
export async function readFeedRules(
  db: Database,
  feedIds: readonly string[],
): Promise<ReadonlyMap<string, Omit<FeedRuleRow, 'sealedKeys'>>> {
  if (feedIds.length === 0) return new Map()
  const { feedId, terms, operatorId, writtenBy, writtenAt } = feedRules
  const rows = await db
    .select({ feedId, terms, operatorId, writtenBy, writtenAt })
    .from(feedRules)
    .where(inArray(feedId, [...feedIds]))
  return new Map(rows.map(row => [row.feedId, row]))
}

/** A feed and its rule, held as they are until the transaction ends: who changes either waits. */
export async function holdFeedRule(
  tx: Database,
  feedId: string,
): Promise<{ feed: FeedRow; rule: FeedRuleRow } | undefined> {
  const [row] = await tx
    .select({ feed: capFeeds, rule: feedRules })
    .from(capFeeds)
    .innerJoin(feedRules, eq(feedRules.feedId, capFeeds.id))
    .where(eq(capFeeds.id, feedId))
    .for('share')
  return row && { feed: feedFromRow(row.feed), rule: row.rule }
}

/** Messages by the names that CAP gives them, of one `status`. */
interface NamedMessages {
  readonly status: string
  readonly named: readonly {
    readonly sender: string
    readonly identifier: string
    readonly sent: Date
  }[]
}

/** What a feed's rule has submitted and nobody has sent yet; of these messages alone, or all. */
export async function listWaitingByRule(
  db: Database,
  feedId: string,
  of: NamedMessages | 'all',
): Promise<string[]> {
  const isAsked =
    of === 'all'
      ? sql`true`
      : sql`a.status = ${of.status} and exists (
          select from imported_messages m
          join unnest(
            ${arrayLiteral(of.named.map(message => message.sender))}::text[],
            ${arrayLiteral(of.named.map(message => message.identifier))}::text[],
            ${arrayLiteral(of.named.map(message => message.sent.toISOString()))}::timestamptz[]
          ) as w(sender, identifier, sent)
            on m.sender = w.sender and m.identifier = w.identifier and m.sent = w.sent
          where m.alert_id = a.id)`
  const rows = await db.execute<{ id: string }>(sql`
    select a.id from alerts a
    where a.by_rule_of = ${feedId}::uuid and a.state in ('submitted', 'approved') and ${isAsked}
    order by a.id`)
  return rows.map(({ id }) => id)
}
