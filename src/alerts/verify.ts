import { breakGlassFault } from './break-glass-terms.ts'
import { confirmationFault, isPasskeyDemanded } from './confirmation.ts'
import { digestOfBytes, readContent, type AlertContent } from '../cap/content.ts'
import { correctionContent, reminderContent } from '../cap/correction.ts'
import { escalationContent } from '../cap/escalation.ts'
import { AppError, isAppError } from '../errors.ts'
import { keyForSignature } from '../operators/keys.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { verifyAlertJws } from '../signing/jws.ts'
import { keyThumbprint } from '../signing/keys.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { findOperator } from '../store/operators.ts'
import { type SignatureRow, standingSignatures } from '../store/signatures.ts'

/**
 * An alert's content, as far as it may be sent: read from the stored bytes after both signatures over them (the
 * author's, and an approver's or that of whoever sent it without one) were verified with the keys as they stand now.
 * Whatever is stored beside the bytes and steers the sending must say the same as they do.
 *
 * @throws AppError `integrity_violation`: something stored is not what was signed; `signature_key_revoked`
 */
export async function verifyForSending(db: Database, alertId: string): Promise<AlertContent> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw altered('it is gone')
  const { content, isApproved } = await verifyAlert(db, alert, undefined)
  if (!isApproved) throw altered('the signature of its approver is missing')
  return content
}

/**
 * An alert's content, as far as it may be shown as ours. What was dispatched was verified then: a key that was
 * revoked since takes nothing back from it.
 *
 * @returns `isApproved`: everybody has signed who has to
 * @throws AppError as `verifyForSending`
 */
export async function verifyForShowing(
  db: Database,
  alert: AlertRow,
): Promise<{ content: AlertContent; isApproved: boolean }> {
  return verifyAlert(db, alert, alert.dispatchedAt ?? undefined)
}

/**
 * The content of an alert that was dispatched, as everybody signed it who had to.
 *
 * @throws AppError `integrity_violation`
 */
export async function verifyDispatched(db: Database, alert: AlertRow): Promise<AlertContent> {
  const { content, isApproved } = await verifyForShowing(db, alert)
  if (!isApproved) throw altered('the signature of its approver is missing')
  return content
}

async function verifyAlert(
  db: Database,
  alert: AlertRow,
  at: Date | undefined,
): Promise<{ content: AlertContent; isApproved: boolean }> {
  const { content: bytes } = alert
  if (bytes === null) throw altered('it has no signed content')
  if (alert.contentDigest !== digestOfBytes(bytes)) throw altered('its content')
  const content = readContent(bytes)
  assertSameAsSigned(alert, content)
  const signatures = await standingSignatures(db, alert.id)
  const signed = { bytes, content, at, dispatchedAt: alert.dispatchedAt ?? undefined }
  if (content.correction !== undefined) {
    await verifyCorrection(db, signatures, signed)
    return { content, isApproved: true }
  }
  if (content.reminder !== undefined || content.escalation !== undefined) {
    if (signatures.length > 0) throw altered('it has no signature of its own')
    await verifyPrepared(db, { bytes, content, at })
    return { content, isApproved: true }
  }
  const author = await verifyStored(db, signatures, 'author', signed)
  if (signatures.some(({ role }) => role === 'breakGlass')) {
    const alone = await verifyStored(db, signatures, 'breakGlass', signed)
    const fault = await breakGlassFault(db, { alert, content, signatures, author, alone, at })
    if (fault !== undefined) throw altered(fault)
    return { content, isApproved: true }
  }
  if (!content.secondPerson) return { content, isApproved: true }
  if (!signatures.some(({ role }) => role === 'approver')) return { content, isApproved: false }
  const approver = await verifyStored(db, signatures, 'approver', signed)
  if (approver.operatorId === author.operatorId) throw altered('its approver is its author')
  return { content, isApproved: true }
}

/**
 * A correction has one signature, of an author or an approver. Its texts have two, or as many as policy asked for:
 * those of the alert that it corrects, whose content it must follow from to the octet.
 */
async function verifyCorrection(
  db: Database,
  signatures: readonly SignatureRow[],
  signed: Signed,
): Promise<void> {
  const { bytes, content, at } = signed
  const [signature, ...others] = signatures
  if (signature === undefined || others.length > 0) throw altered('its one signature')
  const { role } = signature
  if (role === 'breakGlass') throw altered('a correction needs no approver')
  const { operatorId } = await verifyStored(db, signatures, role, signed)
  // Afterwards it is nobody's fault that a person has other duties by now.
  if (at === undefined && (await findOperator(db, operatorId))?.roles.includes(role) !== true) {
    throw altered(`whoever signed it is no ${role}`)
  }
  const { references, correction } = content
  const corrected = await findAlert(db, references[0] ?? '')
  if (corrected?.dispatchedAt == null) throw altered('the alert that it corrects was never sent')
  const original = await verifyDispatched(db, corrected)
  const prepared = correctionContent(original, corrected.contentDigest ?? '', correction!)
  if (prepared === undefined || !Buffer.from(canonicalBytes(prepared)).equals(bytes)) {
    throw altered('it is not the correction that was approved with the alert')
  }
}

/**
 * Nobody signs a reminder or an escalation that was approved with its alert: its content follows from the alert's to
 * the octet. So it is sent as long as the alert itself could be, by the keys as they stand now.
 */
async function verifyPrepared(
  db: Database,
  {
    bytes,
    content,
    at,
  }: {
    readonly bytes: Uint8Array
    readonly content: AlertContent
    readonly at: Date | undefined
  },
): Promise<void> {
  const { references, reminder, escalation } = content
  const alert = await findAlert(db, escalation?.of.id ?? references[0] ?? '')
  if (alert?.dispatchedAt == null) throw altered('the alert that it is of was never sent')
  const original =
    at === undefined ? await verifyForSending(db, alert.id) : await verifyDispatched(db, alert)
  const digest = alert.contentDigest ?? ''
  const made =
    escalation === undefined
      ? reminderContent(original, digest, reminder?.round ?? 0)
      : escalationContent(original, digest, escalation.rule)
  if (made === undefined || !Buffer.from(canonicalBytes(made)).equals(bytes)) {
    throw altered('it is not what was approved with the alert')
  }
}

interface Signed {
  readonly bytes: Uint8Array
  readonly content: AlertContent
  /** When its key must have stood; undefined: now. */
  readonly at: Date | undefined
  /** A passkey shows who was there when it was signed: once it is sent, a phone that is lost later changes nothing. */
  readonly dispatchedAt: Date | undefined
}

async function verifyStored(
  db: Database,
  signatures: readonly SignatureRow[],
  role: SignatureRow['role'],
  { bytes, content, at, dispatchedAt }: Signed,
): Promise<SignatureRow> {
  const signature = signatures.find(one => one.role === role)
  if (signature === undefined) throw altered(`the signature of its ${role} is missing`)
  const { operatorId, jws, revision } = signature
  if (revision !== content.revision) throw altered(`its ${role} signed another revision`)
  try {
    const key = await verifyAlertJws(jws, bytes, {
      role,
      resolveKey: kid =>
        kid === signature.kid
          ? keyForSignature(db, kid, { operatorId, mode: content.mode, at })
          : undefined,
    })
    // The row may name a key that is not the one that its thumbprint stands for.
    if ((await keyThumbprint(key.jwk)) !== signature.kid) throw altered(`the key of its ${role}`)
  } catch (error) {
    if (isAppError(error) && error.code === 'invalid_signature') {
      throw altered(`the signature of its ${role} does not verify`)
    }
    throw error
  }
  const isDemanded = isPasskeyDemanded(content, role)
  const asked = { isDemanded, at: dispatchedAt }
  const fault = await confirmationFault(db, { jws, bytes, role }, signature, asked)
  if (fault !== undefined) throw altered(fault)
  return signature
}

/** The columns that the engine reads instead of the bytes. */
function assertSameAsSigned(alert: AlertRow, content: AlertContent): void {
  const same =
    content.id === alert.id &&
    content.mode === alert.mode &&
    content.status === alert.status &&
    (content.exercise?.id ?? null) === alert.exerciseId &&
    (content.byRuleOf ?? null) === alert.byRuleOf &&
    content.msgType === alert.msgType &&
    content.severity === alert.severity &&
    content.delivery === alert.delivery &&
    content.emergency === alert.emergency &&
    content.maxRecipients === alert.maxRecipients &&
    (content.minRecipients ?? null) === alert.minRecipients &&
    content.references.join() === alert.references.join() &&
    (content.only === 'noReply' ? content.references[0] : null) === alert.reminderOf &&
    (content.reminder?.round ?? null) === alert.reminderRound &&
    (content.escalation?.of.id ?? null) === alert.escalationOf &&
    (content.escalation?.rule ?? null) === alert.escalationRule &&
    (content.expires === null || Date.parse(content.expires) === alert.expires?.getTime())
  if (!same) throw altered('its columns say other than its content')
}

function altered(what: string): AppError {
  return new AppError(
    'integrity_violation',
    `the alert is not sent, for it is not stored as it was signed: ${what}`,
  )
}
