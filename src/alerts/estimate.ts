import type { CountDraft } from './compose.ts'
import { audienceOf, draftAudience, optOutsOf } from './audience.ts'
import { freshContent } from './content.ts'
import {
  type Forecast,
  type ForecastCarrier,
  type ForecastDemand,
  forecastSending,
} from './forecast.ts'
import { coveredInForce } from './in-force.ts'
import { countRecipients, keepsLabels, sentBefore } from './reached.ts'
import { namesBoth, type Ground } from '../audience/areas.ts'
import { contactFigures, type CountedFigures } from '../audience/figures.ts'
import { missedPlaces } from '../audience/missed-places.ts'
import type { Place } from '../audience/places.ts'
import { estimateReached } from '../audience/reached.ts'
import { countAudience, phonesIn } from '../audience/count.ts'
import {
  type AudienceEstimate,
  estimateAudience,
  estimateOf,
  estimateWithin,
  type OwnEstimate,
} from '../audience/estimate.ts'
import { resolveAudience, type ResolvedAudience } from '../audience/resolve.ts'
import type { AlertDraft } from '../cap/alert.ts'
import { type AlertContent, readContent } from '../cap/content.ts'
import { chooseText } from '../cap/texts.ts'
import { costOf, pullsOf, routePrefixes, START } from '../carriers/routes.ts'
import { carries, classIn, type Traffic, trafficOf } from '../carriers/traffic.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import { asMeasured } from '../encoding/recipient-link.ts'
import { type Alphabet, measureText } from '../encoding/segments.ts'
import { AppError } from '../errors.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import { type EnabledCarrier, listSendingCarriers } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'

export interface Estimate {
  readonly recipients: number
  /** Of a drill: whom its areas and groups would reach if it were the real thing. */
  readonly ifActual: number
  /** Of one that respects the hours of locations: whom it would reach if it ignored them. */
  readonly ifHoursIgnored: number
  readonly optedOut: number
  /** Whom the alerts that it follows may have reached: recipients, but for those who opted out. */
  readonly reachedBefore: number
  readonly byLanguage: { language: string | null; recipients: number }[]
  /**
   * Recipients who get a text in another language than theirs: which, and a text of their language for another place
   * that RFC 4647's lookup doesn't give them (`es-US` to who reads `es`).
   */
  readonly inAnotherLanguage: {
    language: string
    text: string
    near: string | null
    recipients: number
  }[]
  readonly byCarrier: { carrierId: string; name: string; recipients: number; cost: number | null }[]
  readonly byArea: {
    areaDesc: string
    recipients: number
    /** How what it draws and what it names by geocode are combined; null where it has only one of them. */
    combine: 'union' | 'intersection' | null
  }[]
  readonly byGroup: { groupId: string; name: string; recipients: number }[]
  /** Of all messages together. */
  readonly segments: number
  /** Of all segments, in the unit of the carriers' routes; null where a carrier does not say what it takes for some. */
  readonly cost: number | null
  /** Until the last segment is handed over, at the carriers' configured rates; null where some can't be sent. */
  readonly seconds: number | null
  /** Recipients whose number no carrier takes. */
  readonly unserved: number
  /** Recipients of its own groups who have no location: without the groups no area would find them. */
  readonly unlocated: number
  /** Towns in holes of its ground or amid it that neither it nor any alert in force covers, the largest first. */
  readonly missedPlaces: Place[]
  /** All of them, recipients or not. */
  readonly contacts: CountedFigures
  /** Each text as it would be sent. */
  readonly texts: {
    language: string
    sms: string
    alphabet: Alphabet
    units: number
    segments: number
    recipients: number
  }[]
}

/** What was counted when a draft was written. */
export interface CountedDraft {
  readonly prefixes: readonly string[]
  readonly own: OwnEstimate
}

/**
 * Counts a draft for its bounds as its estimate would, which then need not count again.
 *
 * @param pool another connection may come from
 */
export function createDraftCount(pool: Database): {
  readonly count: CountDraft
  /** Undefined where it was not counted so. */
  readonly counted: () => CountedDraft | undefined
} {
  let counted: CountedDraft | undefined
  return {
    counted: () => counted,
    async count(tx, draft, resolved) {
      const { reached = [], only, traffic } = draft
      if (reached.length > 0 || only !== undefined) {
        return countRecipients(tx, draft, resolved)
      }
      const prefixes = routePrefixes(await accountsFor(tx, traffic))
      const own = await estimateWithin(tx, pool, resolved, prefixes)
      counted = { prefixes, own }
      return own.recipients
    },
  }
}

const accountsFor = async (db: Database, traffic: Traffic) =>
  (await listSendingCarriers(db)).filter(account => carries(account, traffic))

/** Whom an alert would reach now, by whom, and how long it would take. Changes nothing. */
export async function estimateAlert(db: Database, alertId: string, now: Date): Promise<Estimate> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  return estimateWritten(db, alert, now, undefined)
}

/** The same of an alert as it was written, if need be counted just then. */
export async function estimateWritten(
  db: Database,
  alert: AlertRow,
  now: Date,
  draft: CountedDraft | undefined,
): Promise<Estimate> {
  const { content, resolved } = await contentNow(db, alert, now)
  const traffic = trafficOf(content)
  const accounts = await accountsFor(db, traffic)
  const prefixes = routePrefixes(accounts)
  // Its bounds are of any hour.
  const isOfNow = resolved?.openAt === undefined && draft?.prefixes.join() === prefixes.join()
  const known = isOfNow ? draft.own : undefined
  const counted =
    known === undefined
      ? await countNow(db, content, resolved, prefixes)
      : { audience: known, reachedBefore: 0, unlocated: known.unlocated }
  const { audience } = counted
  const measures = content.texts.map(({ sms }) => measureText(asMeasured(sms, content.link?.base)))
  const reached = audience.kinds.map(({ areaNos, groupNos, language, prefix, recipients }) => {
    const viaGroup = groupNos.length > 0
    const textNo = chooseText(content, { areaNos, viaGroup, language })
    const segments = recipients * (measures[textNo]?.segments ?? 1)
    return { textNo, language, routeClass: classIn(traffic, prefix), recipients, segments }
  })
  const forecast = forecastOf(accounts, reached, traffic)
  const costs = accounts.map(account => costAt(account, forecast.segments.get(account.id)))
  const { policy } = await readOrganisation(db)
  return {
    recipients: audience.recipients,
    ifActual:
      content.status === 'Actual' || content.correction !== undefined || content.only !== undefined
        ? audience.recipients
        : await countIfActual(db, alert.draft, now),
    ifHoursIgnored:
      resolved?.openAt === undefined
        ? audience.recipients
        : await countRecipients(db, content, { ...resolved, openAt: undefined }),
    optedOut: audience.optedOut,
    reachedBefore: counted.reachedBefore,
    byLanguage: audience.byLanguage.map(one => ({ ...one, language: one.language ?? null })),
    inAnotherLanguage: inAnotherLanguage(content, reached),
    byCarrier: accounts.map(({ id, name }, no) => ({
      carrierId: id,
      name,
      recipients: forecast.recipients.get(id) ?? 0,
      cost: costs[no] ?? null,
    })),
    byArea: audience.byArea.map(({ areaDesc, recipients }, no) => {
      const area = content.areas[no]
      const combined = area !== undefined && namesBoth(area)
      return { areaDesc, recipients, combine: combined ? (area.combine ?? 'union') : null }
    }),
    byGroup: audience.byGroup.map(({ groupId, name, recipients }) => ({
      groupId,
      name,
      recipients,
    })),
    segments: reached.reduce((sum, kind) => sum + kind.segments, 0),
    cost: costs.every(cost => cost !== undefined)
      ? rounded(costs.reduce((sum, one) => sum + one, 0))
      : null,
    seconds: forecast.unserved > 0 ? null : forecast.seconds,
    unserved: forecast.unserved,
    unlocated: counted.unlocated,
    missedPlaces: await missedPlaces(groundsOf(resolved), () =>
      coveredInForce(db, now, alert.exerciseId ?? undefined),
    ),
    contacts: await contactFigures(db, policy.staleAfterDays, now),
    texts: content.texts.map(({ no, language, sms }) => ({
      language,
      sms,
      alphabet: measures[no]?.alphabet ?? 'GSM7',
      units: measures[no]?.units ?? 0,
      segments: measures[no]?.segments ?? 0,
      recipients: reached
        .filter(kind => kind.textNo === no)
        .reduce((sum, kind) => sum + kind.recipients, 0),
    })),
  }
}

const primary = (language: string) => language.split('-', 1)[0]!.toLowerCase()

function inAnotherLanguage(
  { texts }: AlertContent,
  reached: readonly {
    readonly textNo: number
    readonly language: string | undefined
    readonly recipients: number
  }[],
): Estimate['inAnotherLanguage'] {
  const found = new Map<string, Estimate['inAnotherLanguage'][number]>()
  for (const { textNo, language, recipients } of reached) {
    const text = texts.find(({ no }) => no === textNo)?.language
    if (language === undefined || text === undefined || primary(language) === primary(text))
      continue
    const near = texts.find(one => primary(one.language) === primary(language))?.language ?? null
    const key = `${language} ${text}`
    const before = found.get(key)?.recipients ?? 0
    found.set(key, { language, text, near, recipients: before + recipients })
  }
  return [...found.values()].toSorted(
    (a, b) => b.recipients - a.recipients || (a.language < b.language ? -1 : 1),
  )
}

function groundsOf(resolved: ResolvedAudience | undefined): Ground[] {
  const { areas, groups } = resolved ?? { areas: [], groups: [] }
  return [...areas, ...groups].flatMap(({ ground }) => ground ?? [])
}

/** To four decimals, for a segment often costs thousandths. Undefined where the account does not say what it takes. */
function costAt(
  account: EnabledCarrier,
  segments: ReadonlyMap<string, number> = new Map(),
): number | undefined {
  let sum = 0
  for (const [routeClass, count] of segments) {
    const cost = costOf(account, routeClass)
    if (cost === undefined) return undefined
    sum += cost * count
  }
  return rounded(sum)
}

function rounded(cost: number): number {
  return Math.round(cost * 10_000) / 10_000
}

/** Who would send how much, in what time, if all were well. */
export function forecastOf(
  accounts: readonly EnabledCarrier[],
  demands: readonly ForecastDemand[],
  traffic: Traffic,
): Forecast {
  return forecastSending(forecastCarriers(accounts, traffic), demands, START.ofPreferred)
}

function forecastCarriers(
  accounts: readonly EnabledCarrier[],
  traffic: Traffic,
): ForecastCarrier[] {
  const well = new Map(accounts.map(({ id }) => [id, 1]))
  return accounts.map(account => {
    const pulls = pullsOf(account, accounts, well, traffic)
    const byClass = new Map(
      pulls.map(({ routeClass, after, share }) => [
        routeClass,
        { isFirst: after.length === 0, share },
      ]),
    )
    return {
      id: account.id,
      rate: account.segmentsPerSecond,
      pull: routeClass => byClass.get(routeClass),
    }
  })
}

async function contentNow(db: Database, alert: AlertRow, now: Date) {
  if (alert.content === null) {
    const fresh = await freshContent(db, alert, now)
    return fresh.content.only === undefined ? fresh : { ...fresh, resolved: undefined }
  }
  const content = readContent(alert.content)
  // A correction or a reminder asks nobody's groups and areas: they label those whom the alert reached.
  if (content.correction !== undefined || content.only !== undefined) {
    return { content, resolved: undefined }
  }
  // From its dispatch on, whoever was outside the hours then is, and nobody else.
  const at = alert.dispatchedAt ?? now
  return { content, resolved: await resolveAudience(db, audienceOf(content, at)) }
}

/** Its own audience, and of those whom the alerts that it follows may have reached the rest. */
async function countNow(
  db: Database,
  content: AlertContent,
  resolved: ResolvedAudience | undefined,
  prefixes: readonly string[],
): Promise<{ audience: AudienceEstimate; reachedBefore: number; unlocated: number }> {
  const own = resolved && (await estimateAudience(db, resolved, prefixes))
  const unlocated = own?.unlocated ?? 0
  // What takes back an alert of which nobody knows whom it reached has neither.
  const { reached: before = [] } = content
  if (own !== undefined && before.length === 0)
    return { audience: own, reachedBefore: 0, unlocated }
  const anyway = resolved === undefined ? PhoneSet.of([]) : await phonesIn(db, resolved)
  const sent = await sentBefore(db, before)
  const reached = await estimateReached(
    db,
    sent,
    optOutsOf(content),
    anyway,
    prefixes,
    content.only,
  )
  const kinds = reached.kinds.map(({ areaNo, groupNos, ...kind }) => ({
    ...kind,
    areaNos: keepsLabels(content) && areaNo >= 0 ? [areaNo] : [],
    groupNos: keepsLabels(content) ? groupNos : [],
  }))
  return {
    audience: estimateOf(
      [...(own?.kinds ?? []), ...kinds],
      own?.optedOut ?? reached.optedOut,
      content,
    ),
    reachedBefore: reached.reached,
    unlocated,
  }
}

async function countIfActual(db: Database, draft: AlertDraft, at: Date): Promise<number> {
  const { policy, timeZone } = await readOrganisation(db)
  const { roster: _roster, ...audience } = draft.audience
  const actual = draftAudience({ ...draft, status: 'Actual', audience }, policy, { at, timeZone })
  return countAudience(db, await resolveAudience(db, actual))
}
