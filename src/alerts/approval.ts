/**
 * Two people stand behind an alert: its author signs what it says and whom it reaches, an approver who had no
 * hand in it signs the same bytes. Anything that changes the alert voids both.
 */
import { type AlertContent, digestOfBytes, mayReachNobody, readContent } from '../cap/content.ts'
import { AppError, isAppError } from '../errors.ts'
import { keyForSignature } from '../operators/keys.ts'
import type { Operator } from '../operators/operator.ts'
import { type PresentedPasskey, transactWithPasskey } from '../operators/passkey-confirmation.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { verifyAlertJws } from '../signing/jws.ts'
import { dropAlarm } from '../store/alarms.ts'
import { type AlertRow, type AlertState, lockAlerts, updateAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { operatorsWho } from '../store/history.ts'
import { readOrganisation } from '../store/organisation.ts'
import { insertSignature, type SignatureRow, voidSignatures } from '../store/signatures.ts'
import { type AlertTemplateRow, findAlertTemplate } from '../store/templates.ts'
import { SENT_ALONE, signedAtOf } from './break-glass-terms.ts'
import { confirmSignature } from './confirmation.ts'
import { freshContent } from './content.ts'
import { draftFaults, refuseFaulty, submitFaults } from './draft-faults.ts'
import { numbered } from './numbered.ts'
import { priorityOf } from './priority.ts'
import { profileFaults } from './profiles.ts'
import { countRecipients } from './reached.ts'
import { type Caller, lockForStep, recordStep } from './steps.ts'
import { limitFaults } from './template-limits.ts'
import { templateFaults } from './template-texts.ts'

/**
 * What makes a person a party to an alert, for good: who did one of these can't approve it. What the rule of a feed
 * submits is of whoever wrote the rule (`ruled`), and of whoever said whose signatures it believes (`pinned`).
 */
export const HANDS = ['created', 'edited', 'submitted', 'ruled', 'pinned'] as const

/**
 * The author signs: the alert is frozen as it is now.
 *
 * @throws AppError `stale_revision`, `invalid_alert`, `not_as_template`, `audience_empty`, `ceiling_exceeded`,
 *   `invalid_signature`: over other bytes than `content` gives now, also because a group changed since they were read; `passkey_required`, `passkey_mismatch`
 */
export async function submitAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  { revision, digest, ...handed }: HandedSignature & BasedOn,
): Promise<AlertRow> {
  return transactWithPasskey(db, caller.now, async tx => {
    const alert = await lockForStep(tx, alertId, 'submit', caller, revision)
    const frozen = await freezeDraft(tx, alert, caller, bytes => {
      assertContent(bytes, digest)
      return handed
    })
    await recordSubmit(tx, frozen, caller)
    return frozen.alert
  })
}

/** An alert as it was submitted, and what it was made of. */
export interface Frozen {
  readonly alert: AlertRow
  readonly template: AlertTemplateRow | undefined
}

/**
 * Judges a draft as every submit does, and freezes what its author signs: a person, or the rule of a feed. To be told
 * by `recordSubmit`, which is the last step: counting an audience takes long.
 *
 * @param handedFor gives the author's signature over these bytes
 * @throws AppError as `submitAlert`
 */
export async function freezeDraft(
  tx: Database,
  alert: AlertRow,
  caller: Caller,
  handedFor: (bytes: Uint8Array) => HandedSignature | Promise<HandedSignature>,
): Promise<Frozen> {
  const { operator, now } = caller
  const { policy } = await readOrganisation(tx)
  const { id, draft } = alert
  const template = await findAlertTemplate(tx, id)
  refuseFaulty([
    ...draftFaults(draft, { now, ...policy }),
    ...submitFaults(draft),
    ...(await templateFaults(tx, draft, template, policy)),
    ...(await limitFaults(tx, draft, template)),
  ])
  const { content, resolved } = await freshContent(tx, alert, 'anyHour', operator.feedId)
  refuseFaulty(profileFaults(content, policy.profiles, now))
  assertBounds(content, await countRecipients(tx, content, resolved))
  const bytes = canonicalBytes(content)
  const signed = { content, bytes, role: 'author' } as const
  const signature = await verifySignature(tx, await handedFor(bytes), signed, caller)
  await insertSignature(tx, { ...signature, revision: content.revision })
  const submitted = await updateAlert(
    tx,
    id,
    {
      state: content.secondPerson ? 'submitted' : 'approved',
      content: bytes,
      contentDigest: digestOfBytes(bytes),
      sent: now,
      expires: content.expires === null ? null : new Date(content.expires),
      emergency: content.emergency,
      priority: priorityOf(content),
      byRuleOf: content.byRuleOf ?? null,
    },
    now,
  )
  return { alert: submitted, template }
}

export async function recordSubmit(
  tx: Database,
  { alert, template }: Frozen,
  { operator: by, now }: Caller,
): Promise<void> {
  const signed = signedAtOf(now)
  await recordStep(tx, alert, { done: 'submitted', from: 'draft', by, now, template, signed })
}

function assertBounds(content: AlertContent, recipients: number): void {
  if (recipients === 0 && !mayReachNobody(content)) {
    throw new AppError('audience_empty', 'nobody would be reached: no contact is in the audience')
  }
  if (recipients > content.maxRecipients) {
    const over = `it would reach ${numbered(recipients, 'recipient')}, above the ceiling of ${content.maxRecipients}`
    throw new AppError('ceiling_exceeded', `${over}: raise maxRecipients or narrow the audience`)
  }
  if (recipients < (content.minRecipients ?? 0)) {
    const under = `it would reach ${numbered(recipients, 'recipient')}, below the floor of ${content.minRecipients}`
    throw new AppError('audience_changed', `${under}: see who is missing, or lower minRecipients`)
  }
}

/** @throws AppError `stale_revision`, `had_a_hand`, `invalid_signature`, `expired`, `passkey_required`, `passkey_mismatch` */
export async function approveAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  { revision, digest, ...handed }: HandedSignature & BasedOn,
): Promise<AlertRow> {
  const { operator, now } = caller
  return transactWithPasskey(db, now, async tx => {
    const alert = await lockForStep(tx, alertId, 'approve', caller, revision)
    if ((await operatorsWho(tx, alertId, HANDS)).has(operator.id)) {
      throw new AppError(
        'had_a_hand',
        'you wrote, edited or submitted it, or made the rule that did: somebody else must approve it',
      )
    }
    assertNotExpired(alert, now)
    const bytes = alert.content ?? new Uint8Array()
    assertContent(bytes, digest)
    const content = readContent(bytes)
    const role = 'approver'
    const signed = await verifySignature(tx, handed, { content, bytes, role }, caller)
    await insertSignature(tx, { ...signed, revision: content.revision })
    const approved = await updateAlert(tx, alertId, { state: 'approved' }, now)
    await recordStep(tx, approved, { done: 'approved', from: alert.state, by: operator, now })
    return approved
  })
}

/** Back to its author, to be changed. */
export async function returnAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  answer: { reason: string; revision: number | undefined },
): Promise<AlertRow> {
  return voidAlert(db, alertId, caller, { ...answer, action: 'return', done: 'returned' })
}

/** For good. */
export async function rejectAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  answer: { reason: string; revision: number | undefined },
): Promise<AlertRow> {
  return voidAlert(db, alertId, caller, { ...answer, action: 'reject', done: 'rejected' })
}

export async function withdrawAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  answer: { reason?: string | undefined; revision: number | undefined },
): Promise<AlertRow> {
  return voidAlert(db, alertId, caller, { ...answer, action: 'withdraw', done: 'withdrawn' })
}

async function voidAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  step: {
    readonly action: 'return' | 'reject' | 'withdraw'
    readonly done: 'returned' | 'rejected' | 'withdrawn'
    readonly reason?: string | undefined
    readonly revision: number | undefined
  },
): Promise<AlertRow> {
  const { operator, now } = caller
  const { action, done, reason, revision } = step
  return transact(db, async tx => {
    const { state: from } = await lockForStep(tx, alertId, action, caller, revision)
    // What was rejected keeps its bytes, so that one can see what was rejected.
    const change = action === 'reject' ? ({ state: 'rejected' } as const) : THAWED
    await voidSignatures(tx, alertId, now)
    // What is taken back before it was sent was not sent by one person.
    await dropAlarm(tx, alertId, SENT_ALONE)
    const alert = await updateAlert(tx, alertId, change, now)
    const detail = reason === undefined ? {} : { detail: reason }
    await recordStep(tx, alert, { done, from, by: operator, now, ...detail })
    return alert
  })
}

/** What was frozen is a draft again. */
const THAWED = {
  state: 'draft',
  content: null,
  contentDigest: null,
  sent: null,
  expires: null,
  byRuleOf: null,
} as const

/**
 * Takes back what the rule of a feed has submitted and nobody has sent yet: to a draft, for people to go on with.
 *
 * @param alertIds what of them was sent meanwhile is left alone
 * @param how `by` whom; `reason` for whoever finds the draft
 */
export async function takeBackByRule(
  tx: Database,
  alertIds: readonly string[],
  how: { readonly by: Operator | undefined; readonly reason: string; readonly now: Date },
): Promise<void> {
  const { by, reason, now } = how
  const taken: { readonly alert: AlertRow; readonly from: AlertState }[] = []
  for (const { id, state: from, byRuleOf } of await lockAlerts(tx, alertIds)) {
    if (byRuleOf === null || (from !== 'submitted' && from !== 'approved')) continue
    await voidSignatures(tx, id, now)
    taken.push({ alert: await updateAlert(tx, id, THAWED, now), from })
  }
  for (const { alert, from } of taken) {
    await recordStep(tx, alert, { done: 'withdrawn', from, by, now, detail: reason })
  }
}

/** @throws AppError `expired` */
export function assertNotExpired({ expires }: Pick<AlertRow, 'expires'>, now: Date): void {
  if (expires !== null && expires.getTime() <= now.getTime()) {
    throw new AppError('expired', 'the alert has expired: withdraw it and set a later expiry')
  }
}

/** What somebody who signs has read, as their `If-Match` names it: the alert, or the bytes of its content. */
export interface BasedOn {
  readonly revision: number | undefined
  /** SHA-256, as `digestOfBytes` gives it. */
  readonly digest: string | undefined
}

/** @throws AppError `stale_revision` */
function assertContent(bytes: Uint8Array, digest: string | undefined): void {
  if (digest === undefined || digest === digestOfBytes(bytes)) return
  throw new AppError('stale_revision', 'the content was changed since you read it: read it again')
}

/** What somebody hands in who signs: the JWS, and what their passkey answered to it. */
export interface HandedSignature {
  readonly signature: string
  readonly passkey: PresentedPasskey | undefined
}

/**
 * A signature that the caller hands in, over these bytes, with an active key of their own. To be called in
 * `transactWithPasskey`.
 *
 * @throws AppError `invalid_signature`, `forbidden`, `passkey_required`, `passkey_mismatch`
 */
export async function verifySignature(
  tx: Database,
  { signature: jws, passkey }: HandedSignature,
  signed: {
    readonly content: AlertContent
    readonly bytes: Uint8Array
    readonly role: SignatureRow['role']
  },
  caller: Caller,
): Promise<Omit<SignatureRow, 'revision'>> {
  const { content, bytes, role } = signed
  const { operator, now } = caller
  const resolveKey = async (kid: string) => {
    try {
      return await keyForSignature(tx, kid, { operatorId: operator.id, mode: content.mode })
    } catch (error) {
      // Whoever signs with a key that they know to be revoked is refused as a person, not told to sign again.
      if (isAppError(error) && error.code === 'signature_key_revoked') {
        throw new AppError('forbidden', 'this key was revoked: sign with another', { cause: error })
      }
      throw error
    }
  }
  const { kid } = await verifyAlertJws(jws, bytes, { role, resolveKey })
  const confirmed = await confirmSignature(tx, { jws, bytes, role }, content, passkey, caller)
  const alertId = content.id
  return { alertId, role, operatorId: operator.id, kid, jws, at: now, passkey: confirmed }
}
