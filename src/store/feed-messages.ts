import { and, desc, eq, lte } from 'drizzle-orm'
import type { Database } from './database.ts'
import { feedMessages } from './schema.ts'

export type FeedMessageRow = typeof feedMessages.$inferSelect

/** More than these nobody looks at; a message may have megabytes. */
const KEPT_MESSAGES = 20

export async function insertFeedMessage(
  tx: Database,
  message: typeof feedMessages.$inferInsert,
): Promise<void> {
  await tx.insert(feedMessages).values(message)
  const { id, feedId } = feedMessages
  const [oldest] = await tx
    .select({ id })
    .from(feedMessages)
    .where(eq(feedId, message.feedId))
    .orderBy(desc(id))
    .offset(KEPT_MESSAGES)
    .limit(1)
  if (oldest === undefined) return
  await tx.delete(feedMessages).where(and(eq(feedId, message.feedId), lte(id, oldest.id)))
}

/** The newest first, without what they say. */
export async function listFeedMessages(
  db: Database,
  of: string,
): Promise<Omit<FeedMessageRow, 'xml'>[]> {
  const { id, feedId, sender, identifier, sent, at, alertId, became, reasons } = feedMessages
  return db
    .select({ id, feedId, sender, identifier, sent, at, alertId, became, reasons })
    .from(feedMessages)
    .where(eq(feedId, of))
    .orderBy(desc(id))
}

export async function findFeedMessage(
  db: Database,
  id: number,
): Promise<FeedMessageRow | undefined> {
  const [row] = await db.select().from(feedMessages).where(eq(feedMessages.id, id))
  return row
}
