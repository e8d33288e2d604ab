/** What the organisation no longer wants to keep of people's words (`retention.repliesDays`). */
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Database, transact } from './database.ts'

/** Deleted in one transaction. */
const AT_ONCE = 5_000

/**
 * Deletes what people wrote before `until`, what was answered to them, and the requests for help that were closed by
 * then with what was noted on them. Counts of replies stay, and so does the proof of an opt-out (`consents`).
 *
 * What is still at work stays too: texts that answer an alert which is being sent, that a request holds which is not
 * closed, or that nobody has judged yet.
 *
 * @returns how many texts
 */
export async function purgeReplies(db: Database, until: Date): Promise<number> {
  for (let texts = 0; ;) {
    const deleted = await transact(db, tx => purgeSome(tx, until))
    texts += deleted.texts
    if (Object.values(deleted).every(count => count < AT_ONCE)) return texts
  }
}

async function purgeSome(tx: Database, until: Date) {
  const { count: answers } = await tx.execute(sql`
    delete from answers where id in (
      select id from answers where id < ${firstIdOf(until)}::uuid limit ${AT_ONCE} for update skip locked)
  `)
  const { count: requests } = await tx.execute(sql`
    delete from help_requests where id in (
      select id from help_requests
      where state = 'closed' and last_at < ${until.toISOString()}::timestamptz
        and id < ${firstIdOf(until)}::uuid
      limit ${AT_ONCE} for update skip locked)
  `)
  const { count: texts } = await tx.execute(sql`
    delete from inbound where id in (
      select i.id from inbound i left join alerts a on a.id = i.alert_id
      where i.id < ${firstIdOf(until)}::uuid and i.review is null
        and (a.state is null or a.state not in ('sending', 'paused'))
        and not exists (select from help_requests h where h.inbound_id = i.id)
      limit ${AT_ONCE} for update of i skip locked)
  `)
  return { texts, requests, answers }
}

/** Ids say when they were made (RFC 9562 §5.7), and have an index. */
function firstIdOf(time: Date): string {
  return uuid({ msecs: time.getTime(), seq: 0, random: new Uint8Array(16) })
}
