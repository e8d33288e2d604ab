import pLimit from 'p-limit'
import { v7 as uuid } from 'uuid'
import type { Area } from '../cap/area.ts'
import { normalisePhone } from '../encoding/phone.ts'
import { AppError, type Fault } from '../errors.ts'
import { recordAudit } from '../store/audit.ts'
import { isUniqueViolation, transact, type Database, type OpenDatabase } from '../store/database.ts'
import {
  addMembers,
  findGroups,
  insertGroup,
  listGroups,
  lockGroup,
  openMemberList,
  replaceMembers,
  updateGroup,
  type GroupRow,
} from '../store/groups.ts'
import type { MemberRule } from '../store/member-rules.ts'
import { readOrganisation } from '../store/organisation.ts'
import { areaWarnings, cleanArea, geocodesOf, groundOf } from './areas.ts'
import { definitionDigest } from './definition.ts'
import { lookUpGeocodes } from './geocodes.ts'
import { canonicalLanguage } from './import-rows.ts'
import { readMembers, type Members } from './member-list.ts'
import { countMembers } from './resolve.ts'

export interface Group extends GroupRow {
  /** How many people it holds now, whoever opted out included. */
  readonly members: number
  /** Of what decides who belongs to it. */
  readonly definitionDigest: string
  /** What was left out of its area's drawings just now. */
  readonly cleaned?: readonly Fault[]
}

export interface GroupDraft {
  readonly name: string
  readonly description?: string | null | undefined
  /** Makes it a geographic group. */
  readonly area?: Area | undefined
  /** Makes it a group by rule. */
  readonly rule?: MemberRule | undefined
}

/**
 * @throws AppError `already_exists` for a name that another group has, `invalid_area` or `unknown_geocode` for an
 *   area that can't be resolved, `invalid_group` for an area and a rule, or a rule that can't be
 */
export async function createGroup(
  db: Database,
  operatorId: string,
  { name, description, area: given, rule: givenRule }: GroupDraft,
): Promise<Group> {
  if (given !== undefined && givenRule !== undefined) {
    throw invalid([{ pointer: '/rule', detail: 'does not go together with an area' }])
  }
  const rule = usableRule(givenRule)
  const { area, cleaned } = await usable(db, given)
  const id = uuid()
  const row = await refusingDoubles(() =>
    transact(db, async tx => {
      const made = await insertGroup(tx, {
        id,
        name,
        description: description ?? undefined,
        area,
        rule,
      })
      await recordAudit(tx, { operatorId, action: 'group.created', subject: id })
      return made
    }),
  )
  return { ...(await describe(db, row)), cleaned }
}

/**
 * Edits a group; an alert in flight goes on with what it was signed for, one that waits will notice.
 *
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, `invalid_group` where a group is given an area or a rule and was
 *   made without, and as `createGroup`
 */
export async function changeGroup(
  db: Database,
  operatorId: string,
  { id, revision }: { id: string; revision: number | undefined },
  change: { readonly [Field in keyof GroupDraft]?: GroupDraft[Field] | undefined },
): Promise<Group> {
  const { area, cleaned } = await usable(db, change.area)
  const rule = usableRule(change.rule)
  const row = await refusingDoubles(() =>
    transact(db, async tx => {
      const current = await lock(tx, id, revision)
      const faults = [
        ...(area !== undefined && current.area === undefined
          ? [{ pointer: '/area', detail: 'is for geographic groups: this one is none' }]
          : []),
        ...(rule !== undefined && current.rule === undefined
          ? [{ pointer: '/rule', detail: 'is for groups by rule: this one is none' }]
          : []),
      ]
      if (faults.length > 0) throw invalid(faults)
      const changed = await updateGroup(tx, id, {
        name: change.name ?? current.name,
        description:
          change.description === undefined
            ? current.description
            : (change.description ?? undefined),
        area: area ?? current.area,
        rule: rule ?? current.rule,
      })
      const detail = { changed: Object.keys(change).toSorted() }
      await recordAudit(tx, { operatorId, action: 'group.changed', subject: id, detail })
      return changed
    }),
  )
  return { ...(await describe(db, row)), cleaned }
}

/** Unknown members named in one answer; more would help nobody. */
const MAX_FAULTS = 100

/**
 * Makes the people that a body lists the members of a group, and nobody else; all of them or none.
 *
 * @param body `{contactIds?, phones?}` as JSON, of any length
 * @throws AppError `not_found`, `stale_revision`, `invalid_group` for a group that lists nobody and for members who are
 *   nobody, each at its pointer; as `readMembers`
 */
export async function setMembers(
  database: OpenDatabase,
  operatorId: string,
  { id, revision }: { id: string; revision: number | undefined },
  body: AsyncIterable<Uint8Array>,
): Promise<Group> {
  const { country } = await readOrganisation(database.db)
  const row = await database.session(session =>
    // Not again after a deadlock: the body can be read only once.
    session.db.transaction(async tx => {
      await openMemberList(tx)
      const faults: Fault[] = []
      for await (const members of readMembers(body)) {
        faults.push(...(await gather(tx, members, country)))
        if (faults.length >= MAX_FAULTS) break
      }
      const current = await lock(tx, id, revision)
      if (current.area !== undefined) {
        throw invalid([{ pointer: '', detail: 'a geographic group holds whoever is in its area' }])
      }
      if (current.rule !== undefined) {
        throw invalid([{ pointer: '', detail: 'a group by rule holds whoever is as it says' }])
      }
      if (faults.length > 0) throw invalid(faults.slice(0, MAX_FAULTS))
      await replaceMembers(tx, id)
      const changed = await updateGroup(tx, id, current)
      await recordAudit(tx, { operatorId, action: 'group.members_set', subject: id })
      return changed
    }),
  )
  return describe(database.db, row)
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Takes a batch of members; what of it is nobody comes back as faults. */
async function gather(
  tx: Database,
  { key, from, values }: Members,
  country: string,
): Promise<Fault[]> {
  const read = values.map(value => {
    if (key === 'contactIds') return UUID.test(value) ? value : undefined
    const phone = normalisePhone(value, country)
    return 'phone' in phone ? phone.phone : undefined
  })
  const good = read.flatMap((value, place) => (value === undefined ? [] : [{ value, place }]))
  const unknown = new Set(await addMembers(tx, key, good))
  return read.flatMap((value, place): Fault[] => {
    if (value !== undefined && !unknown.has(place)) return []
    const what = key === 'phones' ? 'phone' : 'id'
    const detail = value === undefined ? `is no ${what}` : `is the ${what} of no contact`
    return [{ pointer: `/${key}/${from + place}`, detail }]
  })
}

/** @throws AppError `not_found` */
export async function getGroup(db: Database, id: string): Promise<Group> {
  const [row] = await findGroups(db, [id])
  if (row === undefined) throw notFound()
  return describe(db, row)
}

export async function getGroups(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<Group[]> {
  const rows = await listGroups(db, page)
  // Each is counted; a few at a time, so that a page of large ones leaves connections to others.
  const atOnce = pLimit(2)
  return Promise.all(rows.map(row => atOnce(() => describe(db, row))))
}

async function describe(db: Database, row: GroupRow): Promise<Group> {
  const { id, name, area, rule } = row
  const geocodes = await lookUpGeocodes(db, geocodesOf(area === undefined ? [] : [area]))
  const ground = area === undefined ? undefined : groundOf(area, geocodes)
  const digest = await definitionDigest(db, row, geocodes)
  const members = await countMembers(db, { id, name, definitionDigest: digest, ground, rule })
  return { ...row, members, definitionDigest: digest }
}

/** @returns the area as it is to be stored */
async function usable(
  db: Database,
  given: Area | undefined,
): Promise<{ area: Area | undefined; cleaned: Fault[] }> {
  if (given === undefined) return { area: undefined, cleaned: [] }
  const { area, warnings } = cleanArea(given, '/area')
  groundOf(area, await lookUpGeocodes(db, geocodesOf([area])), '/area')
  return { area, cleaned: [...warnings, ...areaWarnings(area, '/area')] }
}

async function lock(tx: Database, id: string, revision: number | undefined): Promise<GroupRow> {
  const current = await lockGroup(tx, id)
  if (current === undefined) throw notFound()
  if (revision !== undefined && revision !== current.revision) {
    throw new AppError('stale_revision', 'the group was changed since you read it: read it again')
  }
  return current
}

/** With its language in the canonical form, as contacts have theirs. */
function usableRule(rule: MemberRule | undefined): MemberRule | undefined {
  if (rule?.language === undefined) return rule
  const language = canonicalLanguage(rule.language)
  if (language !== undefined) return { ...rule, language }
  throw invalid([{ pointer: '/rule/language', detail: 'is no BCP 47 language tag' }])
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such group')
}

function invalid(faults: readonly Fault[]): AppError {
  return new AppError('invalid_group', 'the group can not be made so', { faults })
}

async function refusingDoubles(work: () => Promise<GroupRow>): Promise<GroupRow> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('already_exists', 'another group has this name', {
      faults: [{ pointer: '/name', detail: 'is the name of another group' }],
      cause: error,
    })
  }
}
