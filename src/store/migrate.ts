import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { sleep } from '../clock.ts'
import { log } from '../log.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'

// The same two steps up from src/store and from dist/store.
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

/**
 * Brings a database to the newest schema, all missing migrations in one transaction or none of them. Two
 * processes that start at once take turns, and the second finds nothing to do.
 */
export async function migrateDatabase(url: string): Promise<void> {
  // A connection of its own: the lock belongs to it, and a migration may take longer than any call's deadline.
  const client = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await untilStarted(client)
    await client`select pg_advisory_lock(${ADVISORY_LOCK.migration})`
    await migrate(drizzle(client), { migrationsFolder })
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** PostgreSQL's `cannot_connect_now`: it is starting, or recovering from its death. */
const STARTING = '57P03'
const RECOVERY = { mostMs: 60_000, lookMs: 500 }

/** A database that is being started is waited for; any other fault is the caller's. */
async function untilStarted(client: postgres.Sql): Promise<void> {
  for (const from = performance.now(); ;) {
    try {
      await client`select 1`
      return
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code !== STARTING || performance.now() - from > RECOVERY.mostMs) throw error
      log.warn({ code: STARTING }, 'the database is being started: waiting for it')
      await sleep(RECOVERY.lookMs)
    }
  }
}
