import { digestOfBytes, readContent, type AlertContent } from '../cap/content.ts'
import { AppError, isAppError } from '../errors.ts'
import { keyForSignature } from '../operators/keys.ts'
import { verifyAlertJws } from '../signing/jws.ts'
import { keyThumbprint } from '../signing/keys.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { type SignatureRow, standingSignatures } from '../store/signatures.ts'

/**
 * An alert's content, as far as it may be sent: read from the stored bytes after both signatures over them were
 * verified with the keys as they stand now. Whatever is stored beside the bytes and steers the sending must say
 * the same as they do.
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
  const author = await verifyStored(db, signatures, 'author', { bytes, content, at })
  if (!content.secondPerson) return { content, isApproved: true }
  if (!signatures.some(({ role }) => role === 'approver')) return { content, isApproved: false }
  const approver = await verifyStored(db, signatures, 'approver', { bytes, content, at })
  if (approver.operatorId === author.operatorId) throw altered('its approver is its author')
  return { content, isApproved: true }
}

async function verifyStored(
  db: Database,
  signatures: readonly SignatureRow[],
  role: SignatureRow['role'],
  {
    bytes,
    content,
    at,
  }: {
    readonly bytes: Uint8Array
    readonly content: AlertContent
    /** When its key must have stood; undefined: now. */
    readonly at: Date | undefined
  },
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
  return signature
}

/** The columns that the engine reads instead of the bytes. */
function assertSameAsSigned(alert: AlertRow, content: AlertContent): void {
  const same =
    content.id === alert.id &&
    content.mode === alert.mode &&
    content.status === alert.status &&
    content.msgType === alert.msgType &&
    content.severity === alert.severity &&
    content.delivery === alert.delivery &&
    content.emergency === alert.emergency &&
    content.maxRecipients === alert.maxRecipients &&
    content.references.join() === alert.references.join() &&
    (content.expires === null || Date.parse(content.expires) === alert.expires?.getTime())
  if (!same) throw altered('its columns say other than its content')
}

function altered(what: string): AppError {
  return new AppError(
    'integrity_violation',
    `the alert is not sent, for it is not stored as it was signed: ${what}`,
  )
}
