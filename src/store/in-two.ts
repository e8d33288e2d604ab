/**
 * Two questions at once, of one snapshot, on a connection each: an index of places is searched by one process, and a
 * million people take it a fifth of a second.
 */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

type Question<T> = (tx: Database) => Promise<T>
/** Asks both; how, is the caller's matter. */
export type InTwo = <A, B>(first: Question<A>, second: Question<B>) => Promise<[A, B]>

/** Each waits for a second connection while it holds one: more of them could wait for each other. */
const MOST_AT_ONCE = 2
let atOnce = 0

/**
 * The first in `tx`, a transaction, the second beside it; one after the other where many are asked so already.
 *
 * @param pool where the other connection comes from
 */
export const beside =
  (tx: Database, pool: Database): InTwo =>
  async (first, second) => {
    if (atOnce >= MOST_AT_ONCE) return [await first(tx), await second(tx)]
    atOnce++
    try {
      const [row] = await tx.execute<{ name: string }>(sql`select pg_export_snapshot() as name`)
      const other = pool.transaction(
        async sameSnapshot => {
          await joinSnapshot(sameSnapshot, row!.name)
          return second(sameSnapshot)
        },
        { isolationLevel: 'repeatable read' },
      )
      return await both(first(tx), other)
    } finally {
      atOnce--
    }
  }

/** Ends when both have ended, so that nobody asks on in a transaction that is over. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return Promise.all([first, second])
}

/** Run first in a transaction that is repeatable read. */
export async function joinSnapshot(tx: Database, name: string): Promise<void> {
  // It stands in the statement as it is, for this one takes no parameters.
  if (!/^[0-9A-F-]+$/.test(name)) throw new TypeError('that is no name of a snapshot')
  await tx.execute(sql.raw(`set transaction snapshot '${name}'`))
}
