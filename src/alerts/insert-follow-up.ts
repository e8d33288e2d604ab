import { priorityOf } from './priority.ts'
import { modeOf } from '../cap/alert.ts'
import { type AlertContent, digestOfBytes, WITHOUT_EXPIRES_MS } from '../cap/content.ts'
import { followUpDraft } from '../cap/correction.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { type AlertRow, insertAlert } from '../store/alerts.ts'
import { holdAllStops } from '../store/all-stops.ts'
import type { Database } from '../store/database.ts'
import { openMailing } from '../store/mailings.ts'

/** What the engine finds beside the content of an alert that follows from another's. */
export interface FollowUpFacts {
  readonly now: Date
  readonly createdBy: string
  readonly dispatchedBy: string | null
  /** About: the planner puts it right. */
  readonly recipients: number
  readonly reminderOf?: string
  readonly reminderRound?: number
  readonly escalationOf?: string
  readonly escalationRule?: number
}

/** Writes it as the dispatcher finds an alert that was approved and dispatched. */
export async function insertFollowUp(
  tx: Database,
  content: AlertContent,
  { now, ...facts }: FollowUpFacts,
): Promise<AlertRow> {
  const { id, status, msgType, severity, delivery, maxRecipients, references, emergency } = content
  const mode = modeOf(status)
  // An all-stop waits for it, and finds it.
  await holdAllStops(tx, { mode })
  const bytes = canonicalBytes(content)
  const row = await insertAlert(tx, {
    ...facts,
    id,
    state: 'sending',
    mode,
    exerciseId: content.exercise?.id ?? null,
    status,
    msgType,
    severity,
    draft: followUpDraft(content),
    content: bytes,
    contentDigest: digestOfBytes(bytes),
    createdAt: now,
    updatedAt: now,
    sent: now,
    maxRecipients,
    delivery,
    expires:
      content.expires === null
        ? new Date(now.getTime() + WITHOUT_EXPIRES_MS)
        : new Date(content.expires),
    emergency,
    references: [...references],
    priority: priorityOf(content),
    dispatchedAt: now,
    planState: 'pending',
  })
  await openMailing(tx, row.id)
  return row
}
