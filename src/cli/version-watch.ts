/**
 * While a new version takes the place of an old one, both work on one database. What starts waits until the database
 * has what it needs; what runs ends when a newer one has made the database ready for itself alone.
 */
import { sleep } from '../clock.ts'
import { createNews, describeError, log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { assertNotSuperseded, isSuperseded, readSchemaVersion } from '../store/schema-version.ts'

const LOOK_MS = 2_000

/**
 * Waits until the database has had all migrations that this program brings: a process without the API brings none.
 *
 * @throws Error where it is superseded
 */
export async function untilMigrated(db: Database): Promise<void> {
  const isNews = createNews()
  for (;;) {
    const version = await readSchemaVersion(db)
    assertNotSuperseded(version)
    const { due, applied } = version
    if (applied >= due) return
    if (isNews('old')) {
      log.warn(
        { due, applied },
        'the database is of an older version: waiting until it is migrated',
      )
    }
    await sleep(LOOK_MS)
  }
}

/** Looks now and then. @param onSuperseded is called once, and nobody looks any more */
export function startVersionWatch(
  db: Database,
  onSuperseded: () => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const watch = async () => {
    while (!stopping.signal.aborted) {
      try {
        const version = await readSchemaVersion(db)
        if (isSuperseded(version)) {
          const { due, floor } = version
          log.error({ due, floor }, 'a newer version has taken over the database: this one ends')
          return onSuperseded()
        }
      } catch (error) {
        log.debug({ code: describeError(error) }, 'the version of the schema could not be read')
      }
      await sleep(LOOK_MS, stopping.signal)
    }
  }
  const watching = watch()
  return {
    async stop() {
      stopping.abort()
      await watching
    },
  }
}
