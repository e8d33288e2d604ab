import { and, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { capExports } from './schema.ts'

/** The signed XML of an alert's content; undefined before its first export. */
export async function findCapExport(
  db: Database,
  alertId: string,
  contentDigest: string,
): Promise<Uint8Array | undefined> {
  const [row] = await db
    .select({ xml: capExports.xml })
    .from(capExports)
    .where(and(eq(capExports.alertId, alertId), eq(capExports.contentDigest, contentDigest)))
  return row?.xml
}

/** Keeps the first; whoever signs the same content at the same moment is given that one when they read. */
export async function insertCapExport(
  db: Database,
  kept: typeof capExports.$inferInsert,
): Promise<void> {
  await db.insert(capExports).values(kept).onConflictDoNothing()
}
