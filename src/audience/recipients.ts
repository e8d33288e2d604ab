/** Recipients as they are planned: the first at once, then everybody, as they stream from the database. */
import {
  closeHits,
  nextHits,
  openHits,
  readReachable,
  type ReachablePerson,
} from '../store/audience.ts'
import { copyPeople, type PersonKind } from '../store/copy-people.ts'
import { prepareForSets, type Selection } from '../store/selection.ts'
import type { Database, Session } from '../store/database.ts'
import type { Ground } from './areas.ts'
import { surelyHit } from './count.ts'
import { groupsAround, holds } from './expressions.ts'
import type { PlainGroup, ResolvedGroup } from './resolve-groups.ts'
import type { ResolvedAudience } from './resolve.ts'
import { excluded, inRows, labelled, numbersIn, optedOut, testCells } from './selection.ts'

interface Recipient {
  readonly contactId: string
  readonly phone: string
  readonly language: string | undefined
  /** All areas that hold the person, ascending; none where reached through a group alone. */
  readonly areaNos: readonly number[]
  readonly groupNos: readonly number[]
}

/** Hits looked at before a first slice is given up as too thinly spread: the rest will have them. */
const MAX_FIRST_HITS = 50_000

export interface FirstRecipients {
  /** Some recipients at once, whoever is found first; fewer than `limit` where few are found quickly. */
  take(limit: number): Promise<Recipient[]>
  /** @returns the contacts that were taken */
  close(): Promise<string[]>
}

/** Run it and `copyAudience` in one repeatable-read transaction: together they hold everyone once. */
export async function openFirstRecipients(
  snapshot: Database,
  audience: ResolvedAudience,
): Promise<FirstRecipients> {
  const { everywhere, groups, excludeGroups, roster, optOuts: rule, openAt } = audience
  const plain = [...groups, ...excludeGroups].flatMap(({ made, ...group }) => made?.groups ?? group)
  const inPlainRows = [...new Map(plain.map(group => [group.id, group])).values()]
    .filter(({ ground }) => ground === undefined)
    .map(inRows)
  const seen = new Set<string>()
  const taken: string[] = []
  const found: Recipient[] = []
  let looked = 0
  let areCellsLooked = roster !== undefined || everywhere === undefined

  const reached = async (hits: readonly string[]): Promise<Recipient[]> => {
    const unseen = [...new Set(hits)].filter(id => !seen.has(id))
    for (const id of unseen) seen.add(id)
    const people = await readReachable(snapshot, unseen, inPlainRows, { rule, openAt })
    return people.flatMap(person => judge(audience, person) ?? [])
  }

  const nextFew = async (missing: number): Promise<string[]> => {
    if (looked < MAX_FIRST_HITS) {
      // Some more than are missing: opt-outs and people with several locations among them.
      const hits = await nextHits(snapshot, Math.ceil(missing * 1.1) + 10)
      looked = hits.length === 0 ? MAX_FIRST_HITS : looked + hits.length
      if (hits.length > 0) return hits
    }
    if (areCellsLooked) return []
    areCellsLooked = true
    const inside = await testCells(snapshot, [{ source: 0, ground: everywhere! }], openAt)
    const inCells = inside.flatMap(({ contactIds }) => contactIds).map(withDashes)
    return inCells.slice(0, Math.max(missing, MAX_FIRST_HITS))
  }

  await openHits(snapshot, aroundMade(await surelyHit(snapshot, audience)))
  return {
    async take(limit) {
      while (found.length < limit) {
        const hits = await nextFew(limit - found.length)
        if (hits.length === 0) break
        found.push(...(await reached(hits)))
      }
      // Who is past the limit is taken next, or is left to the rest.
      const recipients = found.splice(0, limit)
      for (const { contactId } of recipients) taken.push(contactId)
      return recipients
    },
    async close() {
      await closeHits(snapshot)
      return taken
    },
  }
}

/**
 * In the place of each group made of others those that hold all its people, whoever else they hold: these come at
 * once, where telling who of a million is in it takes two seconds.
 */
function aroundMade(selection: Selection): Selection {
  const lists = selection.lists.filter(({ made }) => made === undefined)
  const [grounds, found] = [[...selection.grounds], [...selection.found]]
  for (const { made, source } of selection.lists) {
    if (made === undefined) continue
    const around = groupsAround(made.expression)
    const isAround = (below: { source: number }) => around.includes(below.source)
    const ofSource = <Below extends { source: number }>(all: readonly Below[]) =>
      all.filter(isAround).map(below => ({ ...below, source }))
    lists.push(...ofSource(made.groups.lists))
    grounds.push(...ofSource(made.groups.grounds))
    found.push(...ofSource(made.groups.found))
  }
  return { ...selection, lists, grounds, found }
}

/** A person's areas and groups; undefined if excluded, or reached by none. */
function judge(audience: ResolvedAudience, person: ReachablePerson): Recipient | undefined {
  const { areas, groups, excludeGroups, roster } = audience
  const { contactId, phone, language, locations, groupIds } = person
  const isIn = (ground: Ground) => locations.some(([x, y]) => ground.contains(x, y))
  const isInPlain = ({ id, ground }: PlainGroup) =>
    ground === undefined ? groupIds.includes(id) : isIn(ground)
  const isMember = ({ made, ...group }: ResolvedGroup) =>
    made === undefined
      ? isInPlain(group)
      : holds(made.expression, no => isInPlain(made.groups[no]!))
  if (excludeGroups.some(isMember)) return undefined
  const areaNos = areas.flatMap(({ ground }, no) => (isIn(ground) ? [no] : []))
  const groupNos = groups.flatMap((group, no) => (isMember(group) ? [no] : []))
  if (roster === undefined && areaNos.length + groupNos.length === 0) return undefined
  return { contactId, phone, language, areaNos, groupNos }
}

/** PostgreSQL writes ids with dashes; what is packed has none. */
function withDashes(id: string): string {
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
}

/** Whether everybody is long in coming: groups made of others are gathered first. */
export function streamsLate({ groups, excludeGroups }: ResolvedAudience): boolean {
  return [...groups, ...excludeGroups].some(({ made }) => made !== undefined)
}

/** Recipients alike in all that decides their text and their tally: one object for all of them. */
export type ReachedAlike = Omit<Recipient, 'contactId' | 'phone'>

export interface AudienceSink {
  /** A recipient, as `PeopleSink` gives it. */
  take(alike: ReachedAlike, octets: Buffer, idAt: number, phone: number): void
  drain(): Promise<void> | undefined
}

/**
 * All recipients but those excepted, as they stream from the database: memory stays flat whatever their number.
 *
 * @param except contacts by id, or whom a planner that died had planned (`stagePlanned`)
 */
export async function copyAudience(
  session: Session,
  snapshot: Database,
  audience: ResolvedAudience,
  except: { readonly ids: readonly string[] } | 'planned',
  sink: AudienceSink,
): Promise<void> {
  await prepareForSets(snapshot)
  const barred = [...(await excluded(snapshot, audience)), ...(await optedOut(snapshot, audience))]
  const selection = await labelled(snapshot, audience, barred)
  const areas = audience.areas.length
  const all = areas + audience.groups.length
  const known = new Map<PersonKind, ReachedAlike>()
  await copyPeople(session, snapshot, selection, except, {
    take(kind, octets, idAt, phone) {
      let alike = known.get(kind)
      if (alike === undefined) {
        const { mask, language } = kind
        const areaNos = numbersIn(mask, 0, areas)
        alike = { language, areaNos, groupNos: numbersIn(mask, areas, all) }
        known.set(kind, alike)
      }
      sink.take(alike, octets, idAt, phone)
    },
    drain: () => sink.drain(),
  })
}
