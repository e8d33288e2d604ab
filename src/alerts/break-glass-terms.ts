/**
 * Sending without an approver: when that may be, and what must be on record of it.
 *
 *     author signs ──── breakGlassAfterSeconds ────▶ an author signs in the approver's place, with a reason
 *
 * Whether an alert may go so at all stands in what its author signed, so no policy and no hand in the database gives it
 * that afterwards. How long it had waited is no part of what is signed: the moments of both signatures stand in their
 * rows, in the alert's own and in the audit trail, and all of them must agree. Whoever moved one would have to write the
 * trail anew from there on, and any copy of its head shows that.
 */
import { type AlertContent, mayBreakGlass } from '../cap/content.ts'
import type { AlertRow } from '../store/alerts.ts'
import { listSignedOf } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { findOperator } from '../store/operators.ts'
import type { SignatureRow } from '../store/signatures.ts'

/** The alarm of an alert that one person let go. */
export const SENT_ALONE = 'sent_alone'

/** From when on an author may send it without an approver; undefined: never. */
export function breakGlassFrom(
  content: Pick<AlertContent, 'breakGlassAfterSeconds' | 'secondPerson' | 'status' | 'byRuleOf'>,
  signedAt: Date,
): Date | undefined {
  const { breakGlassAfterSeconds: seconds } = content
  if (seconds === undefined || !mayBreakGlass(content)) return undefined
  return new Date(signedAt.getTime() + seconds * 1000)
}

/** What the trail keeps of the moment of a signature, beside the revision that it names. */
export const signedAtOf = (at: Date) => ({ signedAt: at.toISOString() })

/**
 * Looks again at what stands in the place of an approver's signature, which verifies: whether it may stand there.
 *
 * @param at when its signer must have been an author; undefined: now
 * @returns what is not as it must be; undefined: nothing
 */
export async function breakGlassFault(
  db: Database,
  {
    alert,
    content,
    signatures,
    author,
    alone,
    at,
  }: {
    readonly alert: Pick<AlertRow, 'id' | 'sent'>
    readonly content: AlertContent
    readonly signatures: readonly SignatureRow[]
    readonly author: SignatureRow
    readonly alone: SignatureRow
    readonly at: Date | undefined
  },
): Promise<string | undefined> {
  const from = breakGlassFrom(content, author.at)
  if (from === undefined)
    return 'it was sent without an approver, and its author signed that it may not be'
  if (signatures.some(({ role }) => role === 'approver'))
    return 'it has an approver, and was sent without one'
  if (alone.at < from) return 'it was sent without an approver too early'
  if (alert.sent?.getTime() !== author.at.getTime()) return 'its author signed at another time'
  // Afterwards it is nobody's fault that a person has other duties by now.
  if (
    at === undefined &&
    (await findOperator(db, alone.operatorId))?.roles.includes('author') !== true
  ) {
    return 'whoever sent it without an approver is no author'
  }
  const trail = await listSignedOf(db, alert.id)
  const isOnRecord = (action: string, signature: SignatureRow) =>
    trail.some(
      entry =>
        entry.action === action &&
        entry.operatorId === signature.operatorId &&
        entry.detail['signedAt'] === signature.at.toISOString(),
    )
  return isOnRecord('alert.submitted', author) && isOnRecord('alert.brokeGlass', alone)
    ? undefined
    : 'the audit trail knows nothing of its being sent without an approver'
}
