/** An Update: a draft made from the alert that it follows, which goes the ordinary way from there. */
import { insertDraft } from './compose.ts'
import { assertStands } from './follow-ups.ts'
import { type Caller, lockForStep } from './steps.ts'
import type { AlertDraft, Info } from '../cap/alert.ts'
import { AppError } from '../errors.ts'
import type { AlertRow } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { findGroups } from '../store/groups.ts'
import { readOrganisation } from '../store/organisation.ts'

/** Where an alert says nothing else, its update is worth as long as this. */
const DEFAULT_SECONDS = 3600

/**
 * @returns a draft, `msgType: Update`, that references the alert and all that this one had referenced
 * @throws AppError `forbidden`, `wrong_mode`, `outside_jurisdiction`, `over_limits`, `wrong_state`; `unknown_geocode`
 *   or `invalid_group` where the alert names what is gone
 */
export async function composeUpdate(
  db: Database,
  alertId: string,
  caller: Caller,
): Promise<AlertRow> {
  const { now } = caller
  return transact(db, async tx => {
    const before = await lockForStep(tx, alertId, 'update', caller)
    if (before.msgType === 'Cancel') {
      throw new AppError('wrong_state', 'a cancellation has nothing to update: write a new alert')
    }
    await assertStands(tx, [alertId])
    const { policy } = await readOrganisation(tx)
    const references = [...before.references, alertId]
    const draft = await withoutGoneGroups(tx, updateOf(before.draft, before.sent ?? now, now))
    return insertDraft(tx, caller, draft, { policy, references })
  })
}

/** All that still holds of an alert: what was its own alone (its times, its bounds, where it came from) is left out. */
export function updateOf(draft: AlertDraft, sent: Date, now: Date): AlertDraft {
  const { origin: _origin, maxRecipients: _ceiling, minRecipients: _floor, ...kept } = draft
  return {
    ...kept,
    msgType: 'Update',
    info: draft.info.map(block => withTimes(block, draft.status, sent, now)),
  }
}

/** It lasts as long from now as the alert did from when it was sent. */
function withTimes(block: Info, status: AlertDraft['status'], sent: Date, now: Date): Info {
  const { effective: _effective, onset, expires, ...kept } = block
  if (expires === undefined && status !== 'Actual') return { ...kept, ...(onset && { onset }) }
  const lasted =
    expires === undefined ? DEFAULT_SECONDS * 1000 : Date.parse(expires) - sent.getTime()
  const end = new Date(now.getTime() + lasted)
  // In whole minutes, as a person would write it.
  end.setUTCSeconds(0, 0)
  const isStill = onset !== undefined && Date.parse(onset) < end.getTime()
  const expiring = end.getTime() > now.getTime() ? end : new Date(now.getTime() + lasted)
  return { ...kept, ...(isStill && { onset }), expires: expiring.toISOString() }
}

/** Groups that were deleted since reach nobody: only who names them anew is told so. */
async function withoutGoneGroups(db: Database, draft: AlertDraft): Promise<AlertDraft> {
  const { groups, excludeGroups } = draft.audience
  const { escalations = [], ...rest } = draft
  const duty = escalations.map(({ to }) => to)
  const found = new Set(
    (await findGroups(db, [...groups, ...excludeGroups, ...duty])).map(group => group.id),
  )
  const standing = (ids: readonly string[]) => ids.filter(id => found.has(id))
  const audience = {
    ...draft.audience,
    groups: standing(groups),
    excludeGroups: standing(excludeGroups),
  }
  const rules = escalations.filter(({ to }) => found.has(to))
  return { ...rest, audience, ...(rules.length > 0 && { escalations: rules }) }
}
