import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { sleep } from '../clock.ts'
import { log } from '../log.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import { assertNotSuperseded, readSchemaVersion } from './schema-version.ts'

// The same two steps up from src/store and from dist/store.
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

/** A migration that waits for a table's lock holds up everybody who comes after it: not for longer than this. */
const LOCK_MS = 250
/** Then it lets them pass, and tries again. */
const TRY_AGAIN_MS = 1_000
const MOST_TRIES = 600

/**
 * Brings a database to the newest schema, all missing migrations in one transaction or none of them. Two
 * processes that start at once take turns, and the second finds nothing to do. What is being sent meanwhile goes on.
 *
 * @param from the folder of the migrations
 * @throws Error where a newer version has made the database ready for itself alone
 */
export async function migrateDatabase(url: string, from = migrationsFolder): Promise<void> {
  // A connection of its own: the lock belongs to it, and a migration may take longer than any call's deadline.
  const client = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await untilStarted(client)
    await client`select pg_advisory_lock(${ADVISORY_LOCK.migration})`
    assertNotSuperseded(await readSchemaVersion(drizzle(client)))
    await client`select set_config('lock_timeout', ${String(LOCK_MS)}, false)`
    await withPatience(() => migrate(drizzle(client), { migrationsFolder: from }))
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** PostgreSQL's `lock_not_available`. */
const LOCKED = '55P03'

async function withPatience(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== LOCKED || tries === MOST_TRIES) throw error
      if (tries % 10 === 1) {
        log.warn({ code: LOCKED }, 'the database is too busy to be migrated: trying again')
      }
      await sleep(TRY_AGAIN_MS)
    }
  }
}

/** The driver's own error, or what Drizzle wraps it in. */
function codeOf(error: unknown): unknown {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  return code ?? cause?.code
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
      if (codeOf(error) !== STARTING || performance.now() - from > RECOVERY.mostMs) throw error
      log.warn({ code: STARTING }, 'the database is being started: waiting for it')
      await sleep(RECOVERY.lookMs)
    }
  }
}
