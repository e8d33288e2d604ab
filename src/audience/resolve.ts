/**
 * Who is reached: one rule for estimates, planning and tallies.
 *
 * Recipients are the contacts inside any of the areas and the members of the groups, less those of the
 * excluded groups and those who opted out; with a roster exactly its members, less the same, and areas and
 * groups only label. A person with several locations, or reached in several ways, is one recipient.
 *
 */
import type { Area } from '../cap/area.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { joinShapes } from '../geometry/shape.ts'
import type { OptOutRule } from '../store/opt-out-rule.ts'
import type { OpenAt } from '../store/selection.ts'
import type { Database } from '../store/database.ts'
import { geocodesOf, groundOf, groundOfShape, type Ground } from './areas.ts'
import { lookUpGeocodes, type GeocodeSetVersion } from './geocodes.ts'
import { resolveGroups, type ResolvedGroup } from './resolve-groups.ts'

export interface AudienceDefinition {
  readonly areas: readonly Area[]
  /** Ids. */
  readonly groups: readonly string[]
  readonly excludeGroups: readonly string[]
  /** The id of a listed group: then exactly its members are reached. */
  readonly roster?: string
  /** Of a simulated exercise: its roster may be of made-up phones, which nothing else reaches. */
  readonly simulated?: boolean
  /** Skips only those who opted out of everything. */
  readonly emergency: boolean
  /** CAP categories: who opted out of one of them is skipped. */
  readonly categories: readonly string[]
  /** What the areas' geocodes are to be looked up in; if absent, what is current. */
  readonly geocodeSets?: readonly GeocodeSetVersion[]
  /** Locations outside their hours then are as if they were not, wherever ground is asked for; if absent, none is. */
  readonly openAt?: OpenAt | undefined
}

interface ResolvedArea {
  readonly areaDesc: string
  readonly ground: Ground
}

export interface ResolvedAudience {
  readonly areas: readonly ResolvedArea[]
  readonly groups: readonly ResolvedGroup[]
  readonly excludeGroups: readonly ResolvedGroup[]
  readonly roster: ResolvedGroup | undefined
  /** What the areas' geocodes were looked up in. */
  readonly geocodeSets: readonly GeocodeSetVersion[]
  readonly optOuts: OptOutRule
  readonly openAt: OpenAt
  /** All of the areas and geographic groups as one; undefined with a roster, or where there is none. */
  readonly everywhere: Ground | undefined
}

/**
 * Looks up all that an audience names.
 *
 * @throws AppError `invalid_group`, `unknown_geocode` or `invalid_area`, with every fault at its pointer:
 *   `/areas/…`, `/audience/groups/…`, `/audience/excludeGroups/…`, `/audience/roster`
 */
export async function resolveAudience(
  db: Database,
  definition: AudienceDefinition,
): Promise<ResolvedAudience> {
  const { emergency, categories } = definition
  const named = geocodesOf(definition.areas)
  const geocodes = await lookUpGeocodes(db, named, definition.geocodeSets)
  const areas = definition.areas.map((area, no) => ({
    areaDesc: area.areaDesc,
    ground: groundOf(area, geocodes, `/areas/${no}`),
  }))
  const groupsNamed = [
    ...definition.groups.map((id, no) => ({ id, pointer: `/audience/groups/${no}` })),
    ...definition.excludeGroups.map((id, no) => ({ id, pointer: `/audience/excludeGroups/${no}` })),
    ...(definition.roster === undefined
      ? []
      : [{ id: definition.roster, pointer: '/audience/roster' }]),
  ]
  const found = await resolveGroups(db, [...new Set(groupsNamed.map(({ id }) => id))])
  const faults = groupsNamed.flatMap(({ id, pointer }): Fault[] => {
    const group = found.get(id)
    if (group === undefined) return [faultAt(pointer, 'no_group')]
    const isRoster = pointer === '/audience/roster'
    if (isOfMadeUpPhones(group) && !(isRoster && definition.simulated === true)) {
      return [faultAt(pointer, 'made_up_phones')]
    }
    if (!isRoster || isListed(group)) return []
    return [faultAt(pointer, 'roster_not_listed')]
  })
  if (faults.length > 0) {
    throw new AppError('invalid_group', 'the audience names groups that it can not have', {
      faults,
    })
  }
  const groups = definition.groups.map(id => found.get(id)!)
  const roster = definition.roster === undefined ? undefined : found.get(definition.roster)
  const shapes = [...areas, ...groups].flatMap(({ ground }) => ground?.shape ?? [])
  return {
    areas,
    groups,
    excludeGroups: definition.excludeGroups.map(id => found.get(id)!),
    roster,
    geocodeSets: geocodes.versions,
    optOuts: { emergency, categories },
    openAt: definition.openAt,
    everywhere: roster === undefined && shapes.length > 0 ? unionOf(areas, groups) : undefined,
  }
}

/** One area alone is its own union, cut once. */
function unionOf(areas: readonly ResolvedArea[], groups: readonly ResolvedGroup[]): Ground {
  const grounds = [...areas, ...groups].flatMap(({ ground }) => ground ?? [])
  return grounds.length === 1
    ? grounds[0]!
    : groundOfShape(joinShapes(grounds.map(({ shape }) => shape)))
}

export function isListed({ ground, rule, made }: ResolvedGroup): boolean {
  return ground === undefined && rule === undefined && made === undefined
}

/** The one gate that keeps made-up phones out of what is real (they are in no area: they have no place). */
function isOfMadeUpPhones({ simulated, made }: ResolvedGroup): boolean {
  return simulated || made?.groups.some(group => group.simulated) === true
}
