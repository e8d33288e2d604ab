/**
 * One message that a feed brought: judged, and made a draft or not; by the feed's rule it is submitted, for people to
 * approve. It never goes farther than that by itself.
 */
import { identityOf, importReading } from '../alerts/import.ts'
import type { CapMessage } from '../cap/message.ts'
import { type CapReading, readCapXml } from '../cap/xml-reader.ts'
import { isAppError } from '../errors.ts'
import type { FeedRow } from '../store/cap-feeds.ts'
import { type Database, isDatabaseAway } from '../store/database.ts'
import { insertFeedMessage } from '../store/feed-messages.ts'
import { insertHistory } from '../store/history.ts'
import { findImportedMessages } from '../store/imported-messages.ts'
import { findFeedOperator, findOperator } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { placeOf } from './message-place.ts'
import { signedReading } from './signed-reading.ts'
import { type Brought, type Reason, submitByRule, takeBackFollowed } from './submit-by-rule.ts'

export type Taken =
  | { readonly became: 'draft' | 'submitted'; readonly alertId: string }
  /** Not for us, or had before. */
  | { readonly became: 'nothing' }
  | { readonly became: 'refused'; readonly reason: string; readonly detail: string }

/** @throws only where the database is away */
export async function takeMessage(
  db: Database,
  feed: FeedRow,
  { masterKey, xml, now }: Omit<Brought, 'feedId'>,
): Promise<Taken> {
  const brought = { feedId: feed.id, masterKey, xml, now }
  try {
    const signed = signedReading(readCapXml(xml), feed.certificates, now)
    if ('reason' in signed) return { became: 'refused', ...signed }
    const { message } = signed.reading
    if (message?.msgType === 'Update' || message?.msgType === 'Cancel') {
      await takeBackFollowed(db, brought)
    }
    if (message !== undefined && (await isNotForUs(db, feed, message, now))) {
      return { became: 'nothing' }
    }
    const known = message && (await whatIsKnown(db, feed, message))
    if (known === 'the same') return { became: 'nothing' }
    if (known === 'other words') {
      return refusal('changed', 'the feed has told other words under the same name before')
    }
    const byRule = await submitByRule(db, brought)
    if (byRule?.became === 'submitted') return byRule
    return await draftOf(db, feed, signed.reading, { xml, now, reasons: byRule?.reasons })
  } catch (error) {
    if (!isAppError(error) || isDatabaseAway(error)) throw error
    // Another node was faster.
    if (error.code === 'already_exists') return { became: 'nothing' }
    const places = error.faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim())
    return refusal(error.code, [error.message, ...places].join('; ').slice(0, 2000))
  }
}

function refusal(reason: string, detail: string): Taken {
  return { became: 'refused', reason, detail }
}

/** What a feed may well bring and nobody has to look at. */
async function isNotForUs(
  db: Database,
  { statuses }: FeedRow,
  { status, msgType, sender, info }: CapMessage,
  now: Date,
): Promise<boolean> {
  if (!statuses.includes(status) || msgType === 'Ack' || msgType === 'Error') return true
  const isOver = ({ expires }: { readonly expires?: string | undefined }) =>
    expires !== undefined && Date.parse(expires) <= now.getTime()
  if (info.length > 0 && info.every(isOver)) return true
  // Our own words, come back by way of others.
  return sender === (await readOrganisation(db)).sender
}

async function whatIsKnown(
  db: Database,
  feed: FeedRow,
  message: CapMessage,
): Promise<'the same' | 'other words' | undefined> {
  const identity = identityOf(message)
  const before = await findImportedMessages(db, identity)
  if (before.some(({ digest }) => digest === identity.digest)) return 'the same'
  // What another feed says under that name proves nothing against this one.
  return before.some(({ feedId }) => feedId === feed.id) ? 'other words' : undefined
}

async function draftOf(
  db: Database,
  feed: FeedRow,
  reading: CapReading,
  {
    xml,
    now,
    reasons,
  }: Pick<Brought, 'xml' | 'now'> & {
    /** Why its rule did not take it; undefined: it has none. */
    readonly reasons: readonly Reason[] | undefined
  },
): Promise<Taken> {
  const operator = await findOperator(db, feed.authorId)
  if (operator === undefined || operator.disabledAt !== undefined) {
    return refusal('no_author', 'the operator in whose name drafts are written is disabled')
  }
  const { mode, roster } = placeOf(feed, reading.message)
  const { alert } = await importReading(db, { operator, mode, now }, reading, {
    roster,
    feedId: feed.id,
    async beside(tx, { id: alertId }, message) {
      const { digest: _digest, ...identity } = identityOf(message)
      const became = { alertId, became: 'draft', reasons: reasons ?? [] }
      await insertFeedMessage(tx, { ...identity, ...became, feedId: feed.id, at: now, xml })
      if (reasons === undefined) return
      const detail = noteOf(reasons)
      const { id: operatorId = null } = (await findFeedOperator(tx, feed.id)) ?? {}
      const note = { action: 'noted', operatorId, from: 'draft', to: 'draft', detail }
      await insertHistory(tx, alertId, { at: now, ...note })
    },
  })
  return { became: 'draft', alertId: alert.id }
}

function noteOf(reasons: readonly Reason[]): string {
  const said = reasons.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; ')
  return `The rule of the feed did not submit it: ${said}`.slice(0, 2000)
}
