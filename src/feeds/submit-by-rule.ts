/**
 * One message that a rule takes, from the octets to an alert that waits for its approver.
 *
 * All of it is one transaction under the rule as it stands: whoever dies in it leaves nothing, and the next who sees the
 * message does it from the start; of two who do it at once the second finds the message taken. What the rule, or any
 * check that a person's submit has, refuses is undone as a whole, and told with every reason.
 */
import { freezeDraft, recordSubmit, takeBackByRule } from '../alerts/approval.ts'
import { checkDraft, recordDraft } from '../alerts/compose.ts'
import { refuseFaulty, withCode } from '../alerts/draft-faults.ts'
import {
  draftOfReading,
  followedBy,
  identityOf,
  reachingAsFollowed,
  writeImport,
} from '../alerts/import.ts'
import type { Caller } from '../alerts/steps.ts'
import { type CapReading, readCapXml } from '../cap/xml-reader.ts'
import type { CapMessage } from '../cap/message.ts'
import { AppError, type Fault, isAppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { openRuleKeys } from '../operators/feed-operators.ts'
import type { Operator } from '../operators/operator.ts'
import { signAlert } from '../signing/jws.ts'
import { findAlert } from '../store/alerts.ts'
import type { FeedRow } from '../store/cap-feeds.ts'
import { type Database, isDatabaseAway, transact } from '../store/database.ts'
import { insertFeedMessage } from '../store/feed-messages.ts'
import { type FeedRuleRow, holdFeedRule, listWaitingByRule } from '../store/feed-rules.ts'
import { insertHistory } from '../store/history.ts'
import { findOperator } from '../store/operators.ts'
import { placeOf } from './message-place.ts'
import { durationFaults, misfits } from './rule-fit.ts'
import { sayByRule } from './rule-texts.ts'
import { type Rule, ruleSchema } from './rule.ts'
import { signedReading } from './signed-reading.ts'

/** Why a message was not submitted. `code` is the fault's own, or that of the refusal. */
export interface Reason extends Omit<Fault, 'code'> {
  readonly code: string
}

export type ByRule =
  | { readonly became: 'submitted'; readonly alertId: string }
  | { readonly became: 'draft'; readonly reasons: readonly Reason[] }

/** What a feed brought, as it came. */
export interface Brought {
  readonly feedId: string
  readonly masterKey: Uint8Array
  readonly xml: Uint8Array
  readonly now: Date
}

/**
 * @returns undefined: the feed has no rule
 * @throws AppError `already_exists`: another has taken the message
 */
export async function submitByRule(db: Database, brought: Brought): Promise<ByRule | undefined> {
  try {
    return await transact(db, async tx => {
      const held = await holdFeedRule(tx, brought.feedId)
      if (held === undefined) return undefined
      const { alertId, record } = await writeByRule(tx, held, brought)
      await record()
      return { became: 'submitted', alertId } as const
    })
  } catch (error) {
    if (isAppError(error) && error.code === 'already_exists') throw error
    return { became: 'draft', reasons: reasonsOf(error) }
  }
}

/** @throws what is no refusal, or of a database that is away */
export function reasonsOf(error: unknown): Reason[] {
  if (!isAppError(error) || isDatabaseAway(error)) throw error
  const { code, message: detail, faults } = error
  if (faults.length === 0) return [{ code, pointer: '', detail }]
  return faults.map(fault => ({ ...fault, code: fault.code ?? code }))
}

interface HeldRule {
  readonly feed: FeedRow
  readonly rule: FeedRuleRow
}

/**
 * All of it but the telling, which holds the trail's lock and comes last.
 *
 * @throws AppError whatever keeps the message from being submitted; `already_exists`
 */
export async function writeByRule(
  tx: Database,
  { feed, rule: row }: HeldRule,
  { masterKey, xml, now }: Brought,
): Promise<{ alertId: string; record: () => Promise<void> }> {
  const rule = ruleSchema.parse(row.terms)
  const reading = believed(feed, xml, now)
  const { message } = reading
  if (message !== undefined) {
    refuseFaulty(misfits(rule, message).map(withCode('invalid_alert')))
  }
  const operator = await operatorOf(tx, row)
  const { mode, roster } = placeOf(feed, message)
  const caller: Caller = { operator, mode, now }
  const read = await draftOfReading(tx, caller, reading, roster)
  const { draft, template, references, policy } = await checkedByRule(tx, caller, feed, rule, read)
  const how = { policy, references, feedId: feed.id, ...(template !== undefined && { template }) }
  const written = await writeImport(tx, caller, read.message, draft, how)
  const keys = openRuleKeys(masterKey, feed.id, row.sealedKeys)
  const frozen = await freezeDraft(tx, written.alert, caller, async bytes => ({
    signature: await signAlert(bytes, keys[mode], { role: 'author', form: 'detached' }),
    passkey: undefined,
  }))
  const { id: alertId } = written.alert
  const { digest: _digest, ...identity } = identityOf(read.message)
  const became = { alertId, became: 'submitted', reasons: [] }
  await insertFeedMessage(tx, { ...identity, ...became, feedId: feed.id, at: now, xml })
  return {
    alertId,
    async record() {
      await recordDraft(tx, written, caller)
      await recordHands(tx, alertId, { feed, rule: row }, now)
      await recordSubmit(tx, frozen, caller)
    },
  }
}

/** The draft as the rule makes it of a message, with nothing against it that a draft could have. */
async function checkedByRule(
  tx: Database,
  { mode, now }: Caller,
  feed: FeedRow,
  rule: Rule,
  read: { readonly message: CapMessage; readonly draft: Parameters<typeof sayByRule>[2] },
) {
  const references = await followedBy(tx, read.message, { mode, feedId: feed.id })
  await refuseStrangeFollower(tx, feed, read.message, references)
  const { draft: said, template } = await sayByRule(tx, rule, read.draft, now)
  const draft = reachingAsFollowed(said, references)
  const { faults, policy } = await checkDraft(tx, draft, now)
  const tooLong = durationFaults(rule, draft, now).map(withCode('invalid_alert'))
  refuseFaulty([...faults, ...tooLong])
  return { draft, template, references, policy }
}

/** Who made the rule, and who said whose signatures it believes, have a hand in all that it submits. */
async function recordHands(
  tx: Database,
  alertId: string,
  { feed, rule }: HeldRule,
  at: Date,
): Promise<void> {
  const hands = { ruled: rule.writtenBy, pinned: feed.certificatesBy }
  for (const [action, operatorId] of Object.entries(hands)) {
    const entry = { at, operatorId, action, from: 'draft', to: 'draft', detail: null }
    await insertHistory(tx, alertId, entry)
  }
}

/**
 * What a message of the feed follows and is still waiting is out of date: it becomes a draft again, whether or not the
 * rule takes what has followed it.
 */
export async function takeBackFollowed(
  db: Database,
  { feedId, xml, now }: Omit<Brought, 'masterKey'>,
): Promise<void> {
  await transact(db, async tx => {
    const held = await holdFeedRule(tx, feedId)
    if (held === undefined) return
    const { message } = believed(held.feed, xml, now)
    if (message === undefined) return
    const { identifier, sender, status, msgType, references } = message
    // SECURITY.md X12: nobody takes back what another has said.
    const named = references
      .filter(one => one.sender === sender)
      .map(one => ({ ...one, sent: new Date(one.sent) }))
    const waiting = await listWaitingByRule(tx, feedId, { status, named })
    const by = await findOperator(tx, held.rule.operatorId)
    const reason = `the feed has sent the ${msgType} ${identifier}, which follows it`
    await takeBackByRule(tx, waiting, { by, reason, now })
  })
}

/** @throws AppError `invalid_signature` */
function believed(feed: FeedRow, xml: Uint8Array, now: Date): CapReading {
  const signed = signedReading(readCapXml(xml), feed.certificates, now)
  if ('reason' in signed) throw new AppError('invalid_signature', signed.detail)
  return signed.reading
}

async function operatorOf(tx: Database, { operatorId }: FeedRuleRow): Promise<Operator> {
  const operator = await findOperator(tx, operatorId)
  if (operator !== undefined && operator.disabledAt === undefined) return operator
  throw new AppError('forbidden', 'the rule was disabled as an operator: write it anew')
}

/** A rule speaks after itself alone. An Update of what never went out here is as good as an alert. */
async function refuseStrangeFollower(
  tx: Database,
  feed: FeedRow,
  { msgType }: CapMessage,
  references: readonly string[],
): Promise<void> {
  const faults: Fault[] = []
  if (msgType === 'Cancel' && references.length === 0) {
    faults.push(faultAt('/references', 'takes_back_nothing'))
  }
  for (const id of references) {
    if ((await findAlert(tx, id))?.byRuleOf === feed.id) continue
    faults.push(faultAt('/references', 'follows_by_hand'))
  }
  refuseFaulty(faults.map(withCode('invalid_alert')))
}
