import { countMembers } from '../audience/count.ts'
import { resolveAudience } from '../audience/resolve.ts'
import type { AudienceDefinition, ResolvedAudience } from '../audience/resolve.ts'
import type { ResolvedGroup } from '../audience/resolve-groups.ts'
import { worstSeverity, type AlertDraft } from '../cap/alert.ts'
import {
  blocksWithAreas,
  mayReachNobody,
  signedAreas,
  type AlertContent,
  type SignedGroup,
} from '../cap/content.ts'
import { throughGate } from '../cap/drill.ts'
import { minuteOfWeek } from '../encoding/weekly-hours.ts'
import { AppError } from '../errors.ts'
import type { OptOutRule } from '../store/opt-out-rule.ts'
import { OUTSIDE_ALL_HOURS, type OpenAt } from '../store/selection.ts'
import type { Database } from '../store/database.ts'
import type { Policy } from '../store/organisation.ts'
import { numbered } from './numbered.ts'

type Named = Omit<AudienceDefinition, 'roster'> & Pick<AlertDraft, 'status'>

/** Of the exercise that an alert belongs to, what decides whom it may reach. */
type OfExercise = { readonly simulated: boolean } | undefined

/**
 * Whom an alert reaches: one function for estimates, signing and sending, behind the gate for drills. A drill's
 * areas and groups label its roster's members, and neither add nor take away anybody.
 */
function definitionOf({ status, ...named }: Named, roster: string | undefined): AudienceDefinition {
  const { recipients } = throughGate(status, roster, [])
  if (recipients.to === 'public') return named
  return { ...named, excludeGroups: [], roster: recipients.roster }
}

/**
 * When a draft that heeds the hours of locations asks who is where: at a moment; or at none, with all locations within
 * their hours, or all that have any outside them: what is written and signed depends on no clock.
 */
type HoursAt = LocalTime | 'within' | 'outside'

interface LocalTime {
  readonly at: Date
  readonly timeZone: string
}

function openAtOf(hours: HoursAt): OpenAt {
  if (hours === 'within') return undefined
  return hours === 'outside' ? OUTSIDE_ALL_HOURS : minuteOfWeek(hours.at, hours.timeZone)
}

/** Of whom a signed alert reaches, those whom it skips. */
export function optOutsOf({ emergency, info }: AlertContent): OptOutRule {
  return { emergency, categories: categoriesOf(info) }
}

/**
 * Of a signed alert.
 *
 * @param at once it is dispatched, that moment: whoever asks, however late, is told of the same people
 */
export function audienceOf(content: AlertContent, at: Date): AudienceDefinition {
  const { status, areas, groups, excludeGroups, locationHours, roster, exercise } = content
  const named = {
    status,
    areas,
    groups: groups.map(group => group.id),
    excludeGroups: excludeGroups.map(group => group.id),
    ...optOutsOf(content),
    openAt: locationHours && openAtOf({ ...locationHours, at }),
    simulated: exercise?.simulated === true,
  }
  return definitionOf(named, roster?.id)
}

/** Of a draft, as it would be signed now. */
export function draftAudience(
  draft: AlertDraft,
  policy: Policy,
  hours: HoursAt,
  exercise?: OfExercise,
): AudienceDefinition {
  const { status, info, audience } = draft
  const { areas } = signedAreas(blocksWithAreas(info).flatMap(block => block.area))
  const { groups, excludeGroups, roster } = audience
  const named = {
    status,
    areas,
    groups,
    excludeGroups,
    emergency: isEmergency(draft, policy),
    categories: categoriesOf(info),
    openAt: heedsHours(draft) ? openAtOf(hours) : undefined,
    simulated: exercise?.simulated === true,
  }
  return definitionOf(named, roster)
}

/** Whether people are not found at locations outside their hours. */
export function heedsHours({ audience }: AlertDraft): boolean {
  return audience.locationHours === 'respect'
}

/** Of an `Actual` alert of a severity that policy calls an emergency. */
export function isEmergency({ status, info }: AlertDraft, policy: Policy): boolean {
  return status === 'Actual' && policy.emergencySeverities.includes(worstSeverity(info))
}

function categoriesOf(info: readonly { readonly category: readonly string[] }[]): string[] {
  return [...new Set(info.flatMap(block => block.category))]
}

/** Groups as they are signed: what they mean now, and how many they hold. */
export async function signGroups(
  db: Database,
  groups: readonly ResolvedGroup[],
): Promise<SignedGroup[]> {
  const signed: SignedGroup[] = []
  for (const group of groups) {
    const { id, name, definitionDigest } = group
    signed.push({ id, name, definitionDigest, count: await countMembers(db, group) })
  }
  return signed
}

/**
 * The audience as it stands must be the one that was signed: no more people than the ceiling, no fewer than the
 * floor, some people at all, and groups and geocodes that mean what they meant.
 *
 * @param recipients as counted now
 * @throws AppError `audience_changed`
 */
export function assertAudienceAsSigned(
  content: AlertContent,
  resolved: ResolvedAudience,
  recipients: number,
): void {
  const people = numbered(recipients, 'recipient')
  refuseChanges([
    ...changedDefinitions(content, resolved),
    ...(recipients > content.maxRecipients
      ? [`it would reach ${people}, above the signed ceiling of ${content.maxRecipients}`]
      : []),
    ...(recipients > 0 && recipients < (content.minRecipients ?? 0)
      ? [`it would reach ${people}, below the signed floor of ${content.minRecipients}`]
      : []),
    ...(recipients === 0 && !mayReachNobody(content) ? ['nobody is in it any more'] : []),
  ])
}

/**
 * The same of what it is made of alone, where it was counted before: groups and geocodes mean what they meant.
 *
 * @throws AppError `audience_changed`
 */
export function assertDefinedAsSigned(content: AlertContent, resolved: ResolvedAudience): void {
  refuseChanges(changedDefinitions(content, resolved))
}

function changedDefinitions(content: AlertContent, resolved: ResolvedAudience): string[] {
  const now = [...resolved.groups, ...resolved.excludeGroups, resolved.roster]
  const digestNow = (id: string) => now.find(group => group?.id === id)?.definitionDigest
  // Who is on duty changes with the shift: what was signed is which group is told.
  const isOnDuty = content.escalation !== undefined
  const signed = isOnDuty ? [] : [...content.groups, ...content.excludeGroups, content.roster]
  const versionNow = (name: string) =>
    resolved.geocodeSets.find(set => set.valueName === name)?.version
  return [
    ...signed
      .filter(group => group !== undefined)
      .filter(group => group.definitionDigest !== digestNow(group.id))
      .map(group => `group ${group.name} is not what it was`),
    ...content.geocodeSets
      .filter(set => set.version !== versionNow(set.valueName))
      .map(set => `the shapes of ${set.valueName} codes are not what they were`),
  ]
}

function refuseChanges(changes: readonly string[]): void {
  if (changes.length === 0) return
  const detail = changes.join('; ')
  throw new AppError('audience_changed', `not what was signed: ${detail}. Withdraw, sign again`)
}

/**
 * @param at of the dispatch
 * @throws AppError `audience_changed` where a signed group is gone
 */
export async function resolveSigned(
  db: Database,
  content: AlertContent,
  at: Date,
): Promise<ResolvedAudience> {
  try {
    return await resolveAudience(db, audienceOf(content, at))
  } catch (error) {
    if (error instanceof AppError && /^(invalid_group|unknown_geocode)$/.test(error.code)) {
      throw new AppError('audience_changed', 'a group or geocode that was signed is gone', {
        faults: error.faults,
        cause: error,
      })
    }
    throw error
  }
}
