import { sql } from 'drizzle-orm'
import { heedDatabaseTime } from '../clock.ts'
import type { Database } from './database.ts'

/** Sets `databaseTime` by the database's clock as it is now. */
export async function askTime(db: Database): Promise<void> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  )
  if (row !== undefined) heedDatabaseTime(row.ms, performance.now())
}
