/** How an alert stands with the profiles of other networks: told to whoever asks, and held to by policy at submit. */
import type { AlertContent } from '../cap/content.ts'
import { messageOf } from '../cap/export.ts'
import {
  judgeByProfile,
  PROFILE_IDS,
  type ProfileId,
  type ProfileVerdict,
} from '../cap/profiles/profiles.ts'
import { AppError } from '../errors.ts'
import { findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { readContent } from '../cap/content.ts'
import { freshContent } from './content.ts'
import { type DraftFault, withCode } from './draft-faults.ts'

/**
 * By every profile. Of a draft as it would be signed now.
 *
 * @throws AppError `not_found`; 422 where a draft names what is gone
 */
export async function judgeAlert(
  db: Database,
  alertId: string,
  now: Date,
): Promise<ProfileVerdict[]> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  const content =
    alert.content === null
      ? (await freshContent(db, alert, 'anyHour')).content
      : readContent(alert.content)
  return PROFILE_IDS.map(id => judge(content, id, alert.sent ?? now))
}

/** What the networks would refuse that policy wants it fit for. */
export function profileFaults(
  content: AlertContent,
  profiles: readonly ProfileId[],
  now: Date,
): DraftFault[] {
  return profiles
    .flatMap(id => judge(content, id, now).faults.map(fault => ({ ...fault, profile: id })))
    .map(fault => ({ ...fault, detail: `${fault.profile}: ${fault.detail}` }))
    .map(withCode('invalid_alert'))
}

/** What it follows is left out: no profile asks for more of that than the standard. */
function judge(content: AlertContent, id: ProfileId, sent: Date): ProfileVerdict {
  return judgeByProfile(id, messageOf(content, { sent, references: [], status: content.status }))
}
