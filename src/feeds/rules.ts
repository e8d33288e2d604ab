/**
 * Rules of feeds, as administrators write and take them away. A rule signs: who writes one has just signed in, or shows
 * their passkey, as for a key of their own; and each writing makes its keys anew.
 *
 * What the rule before has submitted and nobody has sent goes back to a draft, for what it says and how far it goes is no
 * longer what stands here.
 */
import { takeBackByRule } from '../alerts/approval.ts'
import { geocodeFaults } from '../audience/geocodes.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { checkPolygon } from '../geometry/geojson.ts'
import { enrolFeedOperator, retireFeedOperator } from '../operators/feed-operators.ts'
import { assertFreshSignIn } from '../operators/fresh-sign-in.ts'
import type { Operator, SignIn } from '../operators/operator.ts'
import {
  assertNoPasskeyDemanded,
  confirmByPasskey,
  type PresentedPasskey,
  transactWithPasskey,
} from '../operators/passkey-confirmation.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { challengeOf } from '../signing/kept-assertions.ts'
import { recordAudit } from '../store/audit.ts'
import { type FeedRow, lockFeed, updateFeed } from '../store/cap-feeds.ts'
import { type Database, transact } from '../store/database.ts'
import {
  deleteFeedRule,
  type FeedRuleRow,
  findFeedRule,
  listWaitingByRule,
  putFeedRule,
} from '../store/feed-rules.ts'
import { readOrganisation } from '../store/organisation.ts'
import type { Rule } from './rule.ts'
import { ruleTemplateFaults } from './rule-template-faults.ts'

interface By {
  readonly operator: Operator
  readonly signIn: SignIn
  readonly now: Date
}

/**
 * Writes the rule of a feed, in place of the one that there was.
 *
 * @param target `revision`: of the feed, as `If-Match` demands it
 * @param given `passkey`: its answer to `ruleChallenge`
 * @throws AppError `not_found`, `stale_revision`, `invalid_feed` naming every fault, `forbidden` past 5 minutes after the
 *   sign-in, `passkey_required`, `passkey_mismatch`
 */
export async function writeRule(
  db: Database,
  masterKey: Uint8Array,
  { operator, signIn, now }: By,
  target: { readonly id: string; readonly revision: number | undefined },
  { rule, passkey }: { readonly rule: Rule; readonly passkey: PresentedPasskey | undefined },
): Promise<FeedRow> {
  if (passkey === undefined) assertFreshSignIn(signIn, 'the key of a rule', now)
  return transactWithPasskey(db, now, async tx => {
    const feed = await lockAt(tx, target)
    await refuseFaultyRule(tx, feed, rule, now)
    const challenge = ruleChallenge(feed, rule)
    const { policy } = await readOrganisation(tx)
    if (passkey === undefined) assertNoPasskeyDemanded(policy.passkeys.keys, challenge)
    else await confirmByPasskey(tx, operator, passkey, challenge, now)
    const kids = await putRule(tx, masterKey, feed, rule, { writtenBy: operator.id, now })
    const written = await updateFeed(tx, feed.id, {})
    const former = await listWaitingByRule(tx, feed.id, 'all')
    const reason = 'the rule of the feed was written anew'
    await takeBackByRule(tx, former, { by: operator, reason, now })
    const confirmed = passkey && { passkey: passkey.response.id }
    await recordAudit(tx, {
      operatorId: operator.id,
      action: 'feed.ruleWritten',
      subject: feed.id,
      detail: { keys: kids, takenBack: former.length, ...confirmed },
    })
    return written
  })
}

/** What a passkey answers to: this rule, for the feed as it is. SHA-256, base64url, of canonical JSON (RFC 8785). */
function ruleChallenge({ id: feedId, revision }: FeedRow, rule: Rule): string {
  return challengeOf(Buffer.from(canonicalBytes({ feedId, revision, rule })).toString())
}

/**
 * Its keys are revoked and deleted, and what it has submitted and nobody has sent is a draft again.
 *
 * @throws AppError `not_found`
 */
export async function removeRule(
  db: Database,
  { operator, now }: Pick<By, 'operator' | 'now'>,
  feedId: string,
): Promise<void> {
  await transact(db, async tx => {
    if ((await lockFeed(tx, feedId)) === undefined) throw noFeed()
    const rule = await findFeedRule(tx, feedId)
    if (rule === undefined) throw new AppError('not_found', 'the feed has no rule')
    await dropRule(tx, rule, operator, now)
    await updateFeed(tx, feedId, {})
  })
}

/** Of a feed that is locked. */
export async function dropRule(
  tx: Database,
  { feedId, operatorId }: FeedRuleRow,
  by: Operator,
  now: Date,
): Promise<void> {
  const keys = await retireFeedOperator(tx, operatorId, now)
  await deleteFeedRule(tx, feedId)
  const waiting = await listWaitingByRule(tx, feedId, 'all')
  const reason = 'the rule of the feed was taken away'
  await takeBackByRule(tx, waiting, { by, reason, now })
  await recordAudit(tx, {
    operatorId: by.id,
    action: 'feed.ruleRemoved',
    subject: feedId,
    detail: { keys, takenBack: waiting.length },
  })
}

/** @returns `kid`s of its keys */
export async function putRule(
  tx: Database,
  masterKey: Uint8Array,
  { id: feedId, description: name }: FeedRow,
  rule: Rule,
  { writtenBy, now }: { readonly writtenBy: string; readonly now: Date },
): Promise<string[]> {
  const { jurisdiction, severities, events, maxRecipients } = rule
  const limits = { severities, maxRecipients, ...(events !== null && { events }) }
  const authority = { feedId, name, jurisdiction, limits }
  const { operator, sealedKeys, kids } = await enrolFeedOperator(tx, masterKey, authority, now)
  const { id: operatorId } = operator
  const row = { feedId, terms: rule, operatorId, sealedKeys, writtenBy, writtenAt: now }
  await putFeedRule(tx, row)
  return kids
}

/** @throws AppError `invalid_feed` naming every fault */
export async function refuseFaultyRule(
  tx: Database,
  feed: FeedRow,
  rule: Rule,
  now: Date,
): Promise<void> {
  const { policy } = await readOrganisation(tx)
  const { geometry, geocodes = [] } = rule.jurisdiction
  const faults: Fault[] = [
    ...certificateFaults(feed),
    ...(policy.passkeys.authors ? [faultAt('', 'author_passkeys_demanded')] : []),
    ...(geometry === undefined ? [] : checkPolygon(geometry, '/jurisdiction/geometry')),
    ...(await geocodeFaults(tx, geocodes, '/jurisdiction/geocodes')),
    ...(await ruleTemplateFaults(tx, rule, now)),
  ]
  if (faults.length > 0) {
    throw new AppError('invalid_feed', 'this rule can not be kept', {
      faults: faults.map(fault => ({ ...fault, pointer: `/rule${fault.pointer}` })),
    })
  }
}

function certificateFaults({ certificates, certificatesBy }: FeedRow): Fault[] {
  if (certificates.length === 0) return [faultAt('', 'certificates_required')]
  return certificatesBy === null ? [faultAt('', 'certificates_of_nobody')] : []
}

async function lockAt(
  tx: Database,
  { id, revision }: { readonly id: string; readonly revision: number | undefined },
): Promise<FeedRow> {
  const feed = await lockFeed(tx, id)
  if (feed === undefined) throw noFeed()
  if (revision !== undefined && revision !== feed.revision) {
    throw new AppError('stale_revision', 'the feed was changed since you read it: read it again')
  }
  return feed
}

export function noFeed(): AppError {
  return new AppError('not_found', 'there is no such feed')
}
