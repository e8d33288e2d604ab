/**
 * One message that a feed brought: judged, and made a draft or not. It never goes farther than a draft by itself.
 *
 * Where the feed has certificates, nothing is read but the octets that one of them signed: what stands around them, or
 * what the message says of its own key, counts for nothing (SECURITY.md T20).
 */
import { X509Certificate } from 'node:crypto'
import { identityOf, importReading } from '../alerts/import.ts'
import { modeOf } from '../cap/alert.ts'
import type { CapMessage } from '../cap/message.ts'
import { type CapReading, readCapXml } from '../cap/xml-reader.ts'
import { isAppError } from '../errors.ts'
import { verifyXmlSignature } from '../signing/xml-signature.ts'
import type { FeedRow } from '../store/cap-feeds.ts'
import { type Database, isDatabaseAway } from '../store/database.ts'
import { findImportedMessages } from '../store/imported-messages.ts'
import { findOperator } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'

export type Taken =
  | { readonly became: 'draft'; readonly alertId: string }
  /** Not for us, or had before. */
  | { readonly became: 'nothing' }
  | { readonly became: 'refused'; readonly reason: string; readonly detail: string }

/** @throws only where the database is away */
export async function takeMessage(
  db: Database,
  feed: FeedRow,
  xml: Uint8Array,
  now: Date,
): Promise<Taken> {
  try {
    const reading = readCapXml(xml)
    const signed = signedReading(reading, feed.certificates, now)
    if ('reason' in signed) return { became: 'refused', ...signed }
    const { message } = signed.reading
    if (message !== undefined && (await isNotForUs(db, feed, message, now))) {
      return { became: 'nothing' }
    }
    const known = message && (await whatIsKnown(db, feed, message))
    if (known === 'the same') return { became: 'nothing' }
    if (known === 'other words') {
      return refusal('changed', 'the feed has told other words under the same name before')
    }
    return await draftOf(db, feed, signed.reading, now)
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

/** What one of the certificates vouches for, read from the signed octets themselves. */
function signedReading(
  reading: CapReading,
  certificates: readonly string[],
  now: Date,
): { reading: CapReading } | { reason: string; detail: string } {
  if (certificates.length === 0) return { reading }
  const { text, signature, faults } = reading
  if (signature === undefined) return { reason: 'unsigned', detail: 'the message has no signature' }
  // More than one signature, or one out of its place: a riddle, whatever verifies.
  if (faults.length > 0) return { reading }
  for (const pem of certificates) {
    const signed = verifyXmlSignature(text, signature, pem)
    if (signed === undefined) continue
    const { validFrom, validTo } = new X509Certificate(pem)
    if (now < new Date(validFrom) || now > new Date(validTo)) {
      return {
        reason: 'certificate_out_of_date',
        detail: `it is valid from ${validFrom} to ${validTo}`,
      }
    }
    return { reading: readCapXml(Buffer.from(signed)) }
  }
  return { reason: 'bad_signature', detail: 'no certificate of the feed has signed this message' }
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
  now: Date,
): Promise<Taken> {
  const operator = await findOperator(db, feed.authorId)
  if (operator === undefined || operator.disabledAt !== undefined) {
    return refusal('no_author', 'the operator in whose name drafts are written is disabled')
  }
  const status = reading.message?.status
  const isActual = status === undefined || status === 'Draft' || modeOf(status) === 'live'
  const caller = { operator, mode: isActual ? ('live' as const) : ('exercise' as const), now }
  // A roster is for drills alone.
  const roster = isActual ? undefined : (feed.roster ?? undefined)
  const { alert } = await importReading(db, caller, reading, { roster, feedId: feed.id })
  return { became: 'draft', alertId: alert.id }
}
