import pLimit from 'p-limit'
import { v7 as uuid } from 'uuid'
import type { Area } from '../cap/area.ts'
import { normalisePhone } from '../encoding/phone.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { recordAudit } from '../store/audit.ts'
import { isUniqueViolation, transact, type Database, type OpenDatabase } from '../store/database.ts'
import {
  addMembers,
  countAlertsNaming,
  deleteGroup,
  findGroups,
  insertGroup,
  listGroups,
  lockGroup,
  openMemberList,
  replaceMembers,
  updateGroup,
  type GroupRow,
} from '../store/groups.ts'
import { isRosterOfAny } from '../store/exercises.ts'
import type { GroupExpression } from '../store/group-expressions.ts'
import type { MemberRule } from '../store/member-rules.ts'
import { readOrganisation } from '../store/organisation.ts'
import { areaWarnings, cleanArea, geocodesOf, groundOf } from './areas.ts'
import { expressionFaults, groupsMadeOf } from './expressions.ts'
import { lookUpGeocodes } from './geocodes.ts'
import { canonicalLanguage } from './import-rows.ts'
import { readMembers, type Members } from './member-list.ts'
import { resolveGroups } from './resolve-groups.ts'
import { countMembers } from './count.ts'

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
  /** Makes it a group made of others. */
  readonly expression?: GroupExpression | undefined
}

/** What makes a group of another kind than a listed one: no two of them, and for good. */
const KINDS = {
  area: { of: 'geographic groups', holds: 'a geographic group holds whoever is in its area' },
  rule: { of: 'groups by rule', holds: 'a group by rule holds whoever is as it says' },
  expression: {
    of: 'groups made of others',
    holds: 'a group made of others holds whoever is in these as it says',
  },
} as const satisfies Partial<Record<keyof GroupDraft, object>>

function kindsOf(group: Pick<Partial<GroupDraft>, keyof typeof KINDS>): (keyof typeof KINDS)[] {
  return (['area', 'rule', 'expression'] as const).filter(kind => group[kind] !== undefined)
}

/**
 * @throws AppError `already_exists` for a name that another group has, `invalid_area` or `unknown_geocode` for an
 *   area that can't be resolved, `invalid_group` for two of area, rule and expression, a rule that can't be, and an
 *   expression that names what is no group, closes a circle or comes to too much
 */
export async function createGroup(
  db: Database,
  operatorId: string,
  draft: GroupDraft,
): Promise<Group> {
  const { name, description, expression } = draft
  const [kind, ...others] = kindsOf(draft)
  if (others.length > 0) {
    const code = kind === 'area' ? 'not_with_area' : 'not_with_rule'
    throw invalid(others.map(other => faultAt(`/${other}`, code)))
  }
  const rule = usableRule(draft.rule)
  const { area, cleaned } = await usable(db, draft.area)
  const id = uuid()
  const row = await refusingDoubles(() =>
    transact(db, async tx => {
      if (expression !== undefined) await assertUsable(tx, { id, name, expression })
      const made = await insertGroup(tx, {
        id,
        name,
        description: description ?? undefined,
        area,
        rule,
        expression,
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
 * @throws AppError `not_found`, `stale_revision`, `invalid_group` where a group is given an area, a rule or an
 *   expression and was made without, and as `createGroup`
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
      refuseSimulated(current)
      const strange = kindsOf(change).filter(kind => current[kind] === undefined)
      if (strange.length > 0) {
        const detail = (kind: keyof typeof KINDS) => `is for ${KINDS[kind].of}: this one is none`
        throw invalid(strange.map(kind => ({ pointer: `/${kind}`, detail: detail(kind) })))
      }
      const { name = current.name, expression = current.expression } = change
      if (change.expression !== undefined) {
        await assertUsable(tx, { id, name, expression: change.expression })
      }
      const changed = await updateGroup(tx, id, {
        name,
        description:
          change.description === undefined
            ? current.description
            : (change.description ?? undefined),
        area: area ?? current.area,
        rule: rule ?? current.rule,
        expression,
      })
      const detail = { changed: Object.keys(change).toSorted() }
      await recordAudit(tx, { operatorId, action: 'group.changed', subject: id, detail })
      return changed
    }),
  )
  return { ...(await describe(db, row)), cleaned }
}

/** @throws AppError `not_found`, `stale_revision`, `in_use` while another group or an alert that is not over names it */
export async function removeGroup(
  db: Database,
  operatorId: string,
  { id, revision }: { id: string; revision: number | undefined },
): Promise<void> {
  await transact(db, async tx => {
    const { name } = await lock(tx, id, revision)
    const above = await groupsMadeOf(tx, id)
    const alerts = await countAlertsNaming(tx, id)
    if (await isRosterOfAny(tx, id)) {
      throw new AppError('in_use', 'it is the roster of an exercise that is not over')
    }
    if (above.length + alerts > 0) {
      const users = [...above.map(one => `the group ${one}`), `${alerts} open alert(s)`]
      throw new AppError('in_use', `${users.join(', ')} name it: change these first`)
    }
    await deleteGroup(tx, id)
    await recordAudit(tx, { operatorId, action: 'group.removed', subject: id, detail: { name } })
  })
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
      refuseSimulated(current)
      const [kind] = kindsOf(current)
      if (kind !== undefined) throw invalid([{ pointer: '', detail: KINDS[kind].holds }])
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
    const none = key === 'phones' ? 'no_phone' : 'no_contact_id'
    const nobodys = key === 'phones' ? 'phone_of_nobody' : 'id_of_nobody'
    return [faultAt(`/${key}/${from + place}`, value === undefined ? none : nobodys)]
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
  const resolved = (await resolveGroups(db, [row.id])).get(row.id)
  if (resolved === undefined) throw notFound()
  const members = await countMembers(db, resolved)
  return { ...row, members, definitionDigest: resolved.definitionDigest }
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

/** @throws AppError `invalid_group` */
async function assertUsable(
  tx: Database,
  group: Pick<GroupRow, 'id' | 'name'> & { readonly expression: GroupExpression },
): Promise<void> {
  const faults = await expressionFaults(tx, group)
  if (faults.length > 0) throw invalid(faults)
}

/** With its language in the canonical form, as contacts have theirs. */
function usableRule(rule: MemberRule | undefined): MemberRule | undefined {
  if (rule?.language === undefined) return rule
  const language = canonicalLanguage(rule.language)
  if (language !== undefined) return { ...rule, language }
  throw invalid([faultAt('/rule/language', 'not_language')])
}

function refuseSimulated({ simulated }: GroupRow): void {
  if (!simulated) return
  const detail = 'it holds the made-up phones of a practice, as they were made'
  throw invalid([{ pointer: '', detail }])
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
      faults: [faultAt('/name', 'group_name_taken')],
      cause: error,
    })
  }
}
