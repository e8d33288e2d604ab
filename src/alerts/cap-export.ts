/**
 * An alert as CAP 1.2 XML under the organisation's signature, made from the signed content and nothing else.
 *
 * Whoever trusts the organisation's key acts on what it has signed. So an alert that still waits for its approver
 * is shown with CAP's own status for that, `Draft` (not actionable), and takes its own status once it is approved.
 * That form is signed once and kept: the same bytes for every reader.
 */
import { messageOf } from '../cap/export.ts'
import { readContent } from '../cap/content.ts'
import { type CapReference, capTime } from '../cap/message.ts'
import { writeCapXml } from '../cap/xml-writer.ts'
import { AppError } from '../errors.ts'
import { xmlSigningKey } from '../operators/xml-keys.ts'
import { signXml } from '../signing/xml-signature.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import { findCapExport, insertCapExport } from '../store/cap-exports.ts'
import type { Database } from '../store/database.ts'
import { verifyForShowing } from './verify.ts'

/**
 * @returns the XML in UTF-8
 * @throws AppError `not_found`; `wrong_state` for a draft or what was rejected; `integrity_violation`,
 *   `signature_key_revoked` as the dispatcher would
 */
export async function exportCap(
  db: Database,
  alertId: string,
  masterKey: Uint8Array,
  now: Date,
): Promise<Uint8Array> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  return exportAlert(db, alert, masterKey, now)
}

/** The same of a row that was read already. */
export async function exportAlert(
  db: Database,
  alert: AlertRow,
  masterKey: Uint8Array,
  now: Date,
): Promise<Uint8Array> {
  const { id: alertId, contentDigest, sent, state } = alert
  if (contentDigest === null || sent === null || state === 'rejected') {
    throw new AppError('wrong_state', `the alert is ${state}: it has CAP once it was submitted`)
  }
  const kept = await findCapExport(db, alertId, contentDigest)
  if (kept !== undefined) return kept

  const { content, isApproved } = await verifyForShowing(db, alert)
  const message = messageOf(content, {
    sent,
    references: await referencesOf(db, alert),
    status: isApproved ? content.status : 'Draft',
  })
  const key = await xmlSigningKey(db, masterKey, now)
  const xml = Buffer.from(signXml(writeCapXml(message), key))
  if (!isApproved) return xml
  await insertCapExport(db, { alertId, contentDigest, xml, signedAt: now })
  return (await findCapExport(db, alertId, contentDigest)) ?? xml
}

/** The alerts of ours that it follows, named as their own CAP names them. */
async function referencesOf(db: Database, { references }: AlertRow): Promise<CapReference[]> {
  const named: CapReference[] = []
  for (const id of references) {
    const followed = await findAlert(db, id)
    if (followed?.content == null || followed.sent === null) {
      throw new AppError('integrity_violation', 'an alert that this one follows is gone')
    }
    const { sender } = readContent(followed.content)
    named.push({ sender, identifier: id, sent: capTime(followed.sent.toISOString()) })
  }
  return named
}
