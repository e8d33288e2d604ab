import { draftAudience, isEmergency, heedsHours, signGroups } from './audience.ts'
import { signReached } from './reached.ts'
import { resolveAudience, type ResolvedAudience } from '../audience/resolve.ts'
import type { AlertDraft } from '../cap/alert.ts'
import { alertContent, type AlertContent, mayBreakGlass } from '../cap/content.ts'
import { AppError } from '../errors.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { findExercise } from '../store/exercises.ts'
import { findGroups, type GroupRow } from '../store/groups.ts'
import { type Policy, readOrganisation } from '../store/organisation.ts'

/**
 * The bytes to sign. Of a draft they are made afresh, and are the same until the draft, a group or the policy
 * changes; from submit on they are the stored ones. Reading them changes nothing.
 *
 * @throws AppError `not_found`; 422 where a draft names what is gone
 */
export async function readContentBytes(db: Database, alertId: string): Promise<Uint8Array> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  return alert.content ?? canonicalBytes((await freshContent(db, alert, 'anyHour')).content)
}

/** @throws AppError `invalid_group` */
export async function groupsOnDuty(
  db: Database,
  { status, audience, escalations = [] }: Pick<AlertDraft, 'status' | 'audience' | 'escalations'>,
): Promise<ReadonlyMap<string, string>> {
  if (escalations.length === 0) return new Map()
  const found = await findGroups(db, [...new Set(escalations.map(({ to }) => to))])
  const groups = new Map(found.map(group => [group.id, group]))
  const faults = escalations.flatMap(({ to }, no) => {
    const detail = dutyFault(groups.get(to), { status, roster: audience.roster })
    return detail === undefined ? [] : [{ pointer: `/escalations/${no}/to`, detail }]
  })
  if (faults.length > 0) {
    throw new AppError('invalid_group', 'an escalation goes to a group that it can not have', {
      faults,
    })
  }
  return new Map(found.map(({ id, name }) => [id, name]))
}

/** What the dispatcher would refuse when those on duty are to be told is refused before anybody relies on it. */
function dutyFault(
  group: GroupRow | undefined,
  { status, roster }: { status: AlertDraft['status']; roster: string | undefined },
): string | undefined {
  if (group === undefined) return 'is no group'
  // Of a simulated exercise they are its roster.
  if (group.simulated && group.id !== roster) return 'holds made-up phones: nobody is on duty there'
  const isListed = [group.area, group.rule, group.expression].every(made => made === undefined)
  return status === 'Actual' || isListed
    ? undefined
    : 'is no listed group: a drill reaches listed ones'
}

/**
 * What an author would sign now, and whom it would reach.
 *
 * @param at whose hours are heeded, if any are: it decides whom the alert reaches, and nothing of what is signed
 * @param byRuleOf the feed whose rule has written it, which sends nothing that no person has read
 */
export async function freshContent(
  db: Database,
  alert: AlertRow,
  at: Date | 'anyHour',
  byRuleOf?: string,
): Promise<{ content: AlertContent; resolved: ResolvedAudience }> {
  const { id, revision, draft, references, maxRecipients, minRecipients, exerciseId } = alert
  const exercise = exerciseId === null ? undefined : await findExercise(db, exerciseId)
  const { sender, policy, timeZone } = await readOrganisation(db)
  const hours = at === 'anyHour' ? 'within' : { at, timeZone }
  const resolved = await resolveAudience(db, draftAudience(draft, policy, hours, exercise))
  const [roster] = await signGroups(db, resolved.roster === undefined ? [] : [resolved.roster])
  const secondPerson =
    byRuleOf !== undefined ||
    policy.secondPerson === 'all' ||
    (policy.secondPerson === 'actual' && draft.status === 'Actual')
  const content = alertContent(draft, {
    id,
    revision,
    sender,
    references,
    reached: await signReached(db, draft, references),
    groups: await signGroups(db, resolved.groups),
    excludeGroups: await signGroups(db, resolved.excludeGroups),
    roster,
    ...(exercise !== undefined && { exercise }),
    onDuty: await groupsOnDuty(db, draft),
    linkUrl: policy.linkUrl ?? undefined,
    ...(heedsHours(draft) && { locationHours: { timeZone } }),
    byRuleOf,
    secondPerson,
    ...(mayBreakGlass({ secondPerson, status: draft.status, byRuleOf }) && {
      breakGlassAfterSeconds: policy.breakGlassAfterSeconds ?? undefined,
    }),
    ...passkeysDemanded(policy.passkeys),
    emergency: isEmergency(draft, policy),
    geocodeSets: [...resolved.geocodeSets],
    maxRecipients: maxRecipients ?? 0,
    minRecipients: minRecipients ?? undefined,
  })
  return { content, resolved }
}

/** Frozen with the rest: what was approved is sent as it was approved, whatever policy asks for later. */
function passkeysDemanded({
  authors,
  approvers,
}: Policy['passkeys']): Pick<AlertContent, 'passkeys'> {
  const demanded = [
    ...(authors ? (['author'] as const) : []),
    ...(approvers ? (['approver'] as const) : []),
  ]
  return demanded.length > 0 ? { passkeys: demanded } : {}
}
