import { and, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { importedMessages } from './schema.ts'

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
    .onConflictDoUpdate({
      target: [sender, identifier, sent, digest],
      set: { alertId: message.alertId, at: message.at },
      setWhere: sql`not exists (
        select from alerts where alerts.id = ${importedMessages.alertId} and alerts.state <> 'rejected')`,
    })
    .returning({ alertId: importedMessages.alertId })
  if (kept.length > 0) return undefined
  const [row] = await tx
    .select({ alertId: importedMessages.alertId })
    .from(importedMessages)
    .where(
      and(
        eq(sender, message.sender),
        eq(identifier, message.identifier),
        eq(sent, message.sent),
        eq(digest, message.digest),
      ),
    )
  return row?.alertId ?? undefined
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
