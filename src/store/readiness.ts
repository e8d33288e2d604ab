import { readFile } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url)

/** How many migrations this build brings and how many the database has had. */
export async function countMigrations(db: Database): Promise<{ due: number; applied: number }> {
  const { entries } = JSON.parse(await readFile(journal, 'utf8')) as { entries: unknown[] }
  const present = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') as name`)
  if (present[0]?.['name'] == null) return { due: entries.length, applied: 0 }
  const rows = await db.execute(sql`select count(*)::int as n from drizzle.__drizzle_migrations`)
  return { due: entries.length, applied: Number(rows[0]?.['n']) }
}
