import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { type SUBSCRIBER_KINDS, subscribers } from './schema.ts'

export type SubscriberKind = (typeof SUBSCRIBER_KINDS)[number]
export type SubscriberRow = typeof subscribers.$inferSelect

/** @throws DatabaseError 23505 on `subscribers_url_unique` */
export async function insertSubscriber(
  db: Database,
  subscriber: Omit<SubscriberRow, 'gone' | 'revision'>,
): Promise<SubscriberRow> {
  const [row] = await db.insert(subscribers).values(subscriber).returning()
  return row as SubscriberRow
}

/** @throws DatabaseError 23505 on `subscribers_url_unique` */
export async function updateSubscriber(
  db: Database,
  id: string,
  change: Partial<Omit<SubscriberRow, 'id' | 'createdAt' | 'revision'>>,
): Promise<SubscriberRow> {
  const [row] = await db
    .update(subscribers)
    .set({ ...change, revision: sql`${subscribers.revision} + 1` })
    .where(eq(subscribers.id, id))
    .returning()
  return row as SubscriberRow
}

/** What it was told goes with it. */
export async function deleteSubscriber(
  db: Database,
  id: string,
): Promise<SubscriberRow | undefined> {
  const [row] = await db.delete(subscribers).where(eq(subscribers.id, id)).returning()
  return row
}

export async function findSubscriber(db: Database, id: string): Promise<SubscriberRow | undefined> {
  const [row] = await db.select().from(subscribers).where(eq(subscribers.id, id))
  return row
}

/** The lock keeps other edits waiting, and no alert that is being told of. */
export async function lockSubscriber(db: Database, id: string): Promise<SubscriberRow | undefined> {
  const [row] = await db
    .select()
    .from(subscribers)
    .where(eq(subscribers.id, id))
    .for('no key update')
  return row
}

/** In the order in which they were entered, after the one given. */
export async function listSubscribers(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<SubscriberRow[]> {
  return db
    .select()
    .from(subscribers)
    .where(and(after === undefined ? undefined : gt(subscribers.id, after)))
    .orderBy(asc(subscribers.id))
    .limit(limit)
}

/**
 * The enabled subscribers of these kinds that want to hear of this. They can't be deleted before the transaction ends,
 * or a step of an alert could fail because of somebody who listens.
 */
export async function subscribersWanting(
  tx: Database,
  event: string,
  status: string,
  kinds: readonly SubscriberKind[],
): Promise<string[]> {
  const rows = await tx
    .select({ id: subscribers.id })
    .from(subscribers)
    .where(
      and(
        eq(subscribers.enabled, true),
        inArray(subscribers.kind, [...kinds]),
        sql`${event} = any(${subscribers.events})`,
        sql`${status} = any(${subscribers.statuses})`,
      ),
    )
    .for('key share')
  return rows.map(row => row.id)
}

/** Whether any subscriber may want to hear of such a thing. */
export async function isWanted(db: Database, event: string): Promise<boolean> {
  const rows = await db
    .select({ id: subscribers.id })
    .from(subscribers)
    .where(and(eq(subscribers.enabled, true), sql`${event} = any(${subscribers.events})`))
    .limit(1)
  return rows.length > 0
}
