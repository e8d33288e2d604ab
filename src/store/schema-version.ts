import { readFile } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url)

/** Of the schema, as a program finds it: while one version takes another's place, they differ. */
export interface SchemaVersion {
  /** Migrations that this program brings. */
  readonly due: number
  /** Migrations that the database has had. */
  readonly applied: number
  /** How many a program must bring to work on it. */
  readonly floor: number
}

export async function readSchemaVersion(db: Database): Promise<SchemaVersion> {
  const due = await migrationsHere()
  // No catalogue names what a database has not had yet.
  const [there] = await db.execute<{ migrations: boolean; floor: boolean }>(sql`
    select to_regclass('drizzle.__drizzle_migrations') is not null as migrations,
      to_regclass('schema_floor') is not null as floor
  `)
  if (there?.migrations !== true) return { due, applied: 0, floor: 0 }
  const [row] = await db.execute<{ applied: number }>(
    sql`select count(*)::int as applied from drizzle.__drizzle_migrations`,
  )
  return { due, applied: row?.applied ?? 0, floor: there.floor ? await readFloor(db) : 0 }
}

async function readFloor(db: Database): Promise<number> {
  const [row] = await db.execute<{ floor: number }>(
    sql`select migrations as floor from schema_floor`,
  )
  return row?.floor ?? 0
}

async function migrationsHere(): Promise<number> {
  const { entries } = JSON.parse(await readFile(journal, 'utf8')) as { entries: unknown[] }
  return entries.length
}

export const isSuperseded = ({ due, floor }: SchemaVersion): boolean => due < floor

/** @throws Error where this program would not work on what a newer one has made of the database */
export function assertNotSuperseded(version: SchemaVersion): void {
  if (!isSuperseded(version)) return
  const { due, floor } = version
  throw new Error(
    `the database was made ready for a newer version of Tocsin: it asks for ${floor} migrations, and this program knows ${due}. Start the newer one`,
  )
}
