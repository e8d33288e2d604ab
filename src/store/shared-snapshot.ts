/**
 * A snapshot of the database that another process reads from as well: who is counted when an alert is dispatched
 * is who is planned, and nobody has to be counted twice, which a million people take 0.2 s for.
 *
 * It lives as long as the transaction that shares it, a second after `work` at the most. Who comes later, or finds
 * that the other process is gone, takes a snapshot of its own and counts anew.
 */
import { sql } from 'drizzle-orm'
import { sleep } from '../clock.ts'
import { describeError, log } from '../log.ts'
import type { Database, OpenDatabase, Session } from './database.ts'
import { beside, joinSnapshot, type InTwo } from './in-two.ts'

const SHARED_MS = 1_000
/** Each keeps a connection busy. */
const MOST_SHARED = 3
let shared = 0

const repeatableRead = { isolationLevel: 'repeatable read' } as const

export interface SharedSnapshot {
  readonly snapshot: Database
  readonly name: string
  /** Two questions of it at once. */
  readonly inTwo: InTwo
}

/** @param work is given none while several are shared already: each holds a connection of this pool */
export function shareSnapshot<T>(
  database: OpenDatabase,
  work: (shared: SharedSnapshot | undefined) => Promise<T>,
): Promise<T> {
  if (shared >= MOST_SHARED) return work(undefined)
  shared++
  return new Promise((resolve, reject) => {
    const share = async (snapshot: Database) => {
      const [row] = await snapshot.execute<{ name: string }>(
        sql`select pg_export_snapshot() as name`,
      )
      resolve(await work({ snapshot, name: row!.name, inTwo: beside(snapshot, database.db) }))
      await sleep(SHARED_MS)
    }
    database
      .session(({ db }) => db.transaction(share, repeatableRead))
      .catch(reject)
      .finally(() => shared--)
  })
}

/**
 * Runs `work` in the snapshot of that name, or in one of its own where that is gone.
 *
 * @param work is told which
 */
export async function inSnapshot<T>(
  { db }: Session,
  name: string | undefined,
  work: (snapshot: Database, which: 'shared' | 'own') => Promise<T>,
): Promise<T> {
  let isRunning = false
  if (name !== undefined) {
    try {
      return await db.transaction(async snapshot => {
        await joinSnapshot(snapshot, name)
        isRunning = true
        await mayBeSilent(snapshot)
        return work(snapshot, 'shared')
      }, repeatableRead)
    } catch (error) {
      if (isRunning) throw error
      log.info({ code: describeError(error) }, 'a shared snapshot is gone')
    }
  }
  return db.transaction(async snapshot => {
    await mayBeSilent(snapshot)
    return work(snapshot, 'own')
  }, repeatableRead)
}

/** Between what is read there, much is written elsewhere; and nothing is locked. */
async function mayBeSilent(snapshot: Database): Promise<void> {
  await snapshot.execute(sql`set local idle_in_transaction_session_timeout = '60s'`)
}
