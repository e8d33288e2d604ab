import { and, eq, sql } from 'drizzle-orm'
import type { AlertRow } from './alerts.ts'
import { arrayLiteral, type Database } from './database.ts'
import { alerts, importedMessages } from './schema.ts'

export type ImportedMessage = typeof importedMessages.$inferInsert

/**
 * Keeps which alert a message has become. One that was thrown away or rejected no longer counts.
 *
 * @returns the alert that it is already; undefined where it was kept now
 */
export async function insertImportedMessage(
  tx: Database,
  message: ImportedMessage & { alertId: string },
): Promise<string | undefined> {
  const { sender, identifier, sent, digest } = importedMessages
  const kept = await tx
    .insert(importedMessages)
    .values(message)
    .onConflictDoNothing()
    .returning({ alertId: importedMessages.alertId })
  if (kept.length > 0) return undefined
  const isIt = and(
    eq(sender, message.sender),
    eq(identifier, message.identifier),
    eq(sent, message.sent),
    eq(digest, message.digest),
  )
  // Asked apart, for whoever had to wait for the other's commit sees its alert from then on alone.
  const [row] = await tx
    .select({ alertId: importedMessages.alertId, state: alerts.state })
    .from(importedMessages)
    .leftJoin(alerts, eq(alerts.id, importedMessages.alertId))
    .where(isIt)
    .for('update', { of: importedMessages })
  if (row?.alertId != null && row.state !== 'rejected') return row.alertId
  const { alertId, at } = message
  await tx.update(importedMessages).set({ alertId, at }).where(isIt)
  return undefined
}

/** So that a message can be taken once more. */
export async function forgetImportedMessage(
  tx: Database,
  named: Pick<ImportedMessage, 'sender' | 'identifier' | 'sent'>,
): Promise<void> {
  const { sender, identifier, sent } = importedMessages
  await tx
    .delete(importedMessages)
    .where(and(eq(sender, named.sender), eq(identifier, named.identifier), eq(sent, named.sent)))
}

/** What came before under the same name: its words, and the feed that brought it; null: by hand. */
export async function findImportedMessages(
  db: Database,
  named: Pick<ImportedMessage, 'sender' | 'identifier' | 'sent'>,
): Promise<{ digest: string; feedId: string | null }[]> {
  const { sender, identifier, sent, digest, feedId } = importedMessages
  return db
    .select({ digest, feedId })
    .from(importedMessages)
    .where(and(eq(sender, named.sender), eq(identifier, named.identifier), eq(sent, named.sent)))
}

/**
 * The alerts that these messages have become, as far as they were dispatched and not taken back since; the oldest
 * first. What one feed brought is followed by what it brings itself, or somebody hands in, or brought in by hand.
 */
export async function findFollowedAlerts(
  db: Database,
  messages: readonly {
    readonly sender: string
    readonly identifier: string
    readonly sent: Date
  }[],
  { mode, feedId }: { readonly mode: AlertRow['mode']; readonly feedId: string | null },
): Promise<{ id: string; references: string[] }[]> {
  if (messages.length === 0) return []
  const rows = await db.execute<{ id: string; references: string[] }>(sql`
    select a.id, a."references"::text[] as "references" from alerts a
    where a.mode = ${mode} and a.dispatched_at is not null
      and exists (
        select from imported_messages m
        join unnest(
          ${arrayLiteral(messages.map(message => message.sender))}::text[],
          ${arrayLiteral(messages.map(message => message.identifier))}::text[],
          ${arrayLiteral(messages.map(message => message.sent.toISOString()))}::timestamptz[]
        ) as w(sender, identifier, sent)
          on m.sender = w.sender and m.identifier = w.identifier and m.sent = w.sent
        where m.alert_id = a.id and coalesce(m.feed_id = ${feedId}::uuid, true))
      and not exists (
        select from alerts c where c."references" @> array[a.id] and c.msg_type = 'Cancel'
          and c.dispatched_at is not null)
    order by a.dispatched_at, a.id
  `)
  return [...rows]
}
