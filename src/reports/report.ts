/**
 * The after-action report of an alert: what was done, whom it reached, how fast, and what people answered. All of its
 * figures are of one moment; it names no phone number.
 */
import { readContent, type AlertContent } from '../cap/content.ts'
import { forecastOf } from '../alerts/estimate.ts'
import { carries, trafficOf } from '../carriers/traffic.ts'
import { AppError, isAppError } from '../errors.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import { listSendingCarriers } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import type { RouteDemand } from '../store/outcomes.ts'
import { readEarlierAlerts, type EarlierAlert } from '../store/statistics.ts'
import { readCarrierNames } from '../store/watching.ts'
import { causeOf, type CauseName } from './causes.ts'
import { curveOf, timesTo, type CurvePoint, type TimesTo } from './curve.ts'
import { countOutcomes, NOBODY, type Cause, type Outcomes, type Reach } from './outcomes.ts'
import { watchedOf, type Progress, type Tally } from './progress.ts'
import { timelineOf, type Moment } from './timeline.ts'

export interface AlertReport extends CountedReport {
  readonly timeline: readonly Moment[]
  readonly progress: Progress
  readonly tally: Tally
  /** Of the same event: the latest alerts before it, and drills. */
  readonly earlier: readonly ComparedAlert[]
}

/** What all recipients are gone through for. */
export interface CountedReport {
  /** RFC 3339: all figures are of then. */
  readonly madeAt: string
  /** As they were sent, in signed order. */
  readonly texts: readonly {
    readonly language: string
    readonly sms: string
    readonly recipients: number
    readonly segments: number
  }[]
  readonly reach: ReachReport
  readonly timesTo: TimesTo
  readonly curve: readonly CurvePoint[]
  /** Why recipients were not reached, the most frequent first, at most `MOST_CAUSES`. */
  readonly causes: readonly (Cause & { readonly cause: CauseName })[]
  readonly plan: Plan
}

interface ComparedAlert extends Omit<EarlierAlert, 'dispatchedAt'> {
  readonly dispatchedAt: string
}

interface ReachReport {
  /** People who are in the areas, registered or not: nobody here can count them. */
  readonly inArea: null
  readonly total: Reach
  /** In signed order; null: reached through groups, outside the areas. */
  readonly byArea: readonly (Reach & { readonly areaDesc: string | null })[]
  /** Null: with no carrier. */
  readonly byCarrier: readonly (Reach & {
    readonly carrierId: string | null
    readonly name: string | null
  })[]
}

/** What the carriers would do by the rates and routes that they have now. */
interface Plan {
  /** Until the last segment is handed over; null where some numbers have no carrier now, or nothing is laid out. */
  readonly seconds: number | null
  /** From the first to the last message that was taken; null before. */
  readonly tookSeconds: number | null
  readonly byCarrier: readonly {
    readonly carrierId: string
    readonly name: string
    readonly recipients: number
  }[]
}

/** What a report is made of, for those who write it out. */
export interface ReportedAlert {
  readonly alert: AlertRow
  /** Undefined of a draft, and where the stored bytes are not what was signed. */
  readonly content: AlertContent | undefined
  readonly report: AlertReport
}

/** Carriers name codes of their own: what is rarer stands together. */
const MOST_CAUSES = 100

const ONE_MOMENT = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const

/** @throws AppError `not_found` */
export async function reportOf(db: Database, alertId: string, now: Date): Promise<ReportedAlert> {
  return db.transaction(snapshot => reportIn(snapshot, alertId, now), ONE_MOMENT)
}

/** @throws AppError `not_found` */
export async function countedReportOf(
  db: Database,
  alertId: string,
  now: Date,
): Promise<CountedReport> {
  const count = async (snapshot: Database) => {
    const alert = await existingAlert(snapshot, alertId)
    const { progress } = await watchedOf(snapshot, alertId, now)
    return countedIn(snapshot, alert, progress, now)
  }
  return db.transaction(count, ONE_MOMENT)
}

async function reportIn(db: Database, alertId: string, now: Date): Promise<ReportedAlert> {
  const alert = await existingAlert(db, alertId)
  const { progress, tally } = await watchedOf(db, alertId, now)
  return {
    alert,
    content: readSigned(alert),
    report: {
      ...(await countedIn(db, alert, progress, now)),
      timeline: await timelineOf(db, alert),
      progress,
      tally,
      earlier: await earlierOf(db, alert),
    },
  }
}

async function existingAlert(db: Database, alertId: string): Promise<AlertRow> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  return alert
}

async function countedIn(
  db: Database,
  alert: AlertRow,
  { recipients }: Progress,
  now: Date,
): Promise<CountedReport> {
  const content = readSigned(alert)
  const { outcomes: counted, demands } = await countOutcomes(db, alert)
  const outcomes = { ...counted, total: withWaiting(counted.total, recipients) }
  const names = new Map((await readCarrierNames(db)).map(({ id, name }) => [id, name]))
  return {
    madeAt: now.toISOString(),
    texts: textsOf(alert, content, outcomes),
    reach: reachOf(outcomes, content, names),
    timesTo: timesTo(outcomes.times, outcomes.total.recipients),
    curve: curveOf(outcomes.times),
    causes: outcomes.causes
      .slice(0, MOST_CAUSES)
      .map(cause => ({ ...cause, cause: causeOf(cause) })),
    plan: await planOf(db, alert, content, demands),
  }
}

/** Who is not laid out yet waits. */
function withWaiting(total: Reach, recipients: number): Reach {
  const waiting = Math.max(0, recipients - total.recipients)
  return {
    ...total,
    recipients: total.recipients + waiting,
    notSent: total.notSent + waiting,
  }
}

/** The figures are shown also where the signed bytes were damaged. */
function readSigned({ content }: AlertRow): AlertContent | undefined {
  if (content === null) return undefined
  try {
    return readContent(content)
  } catch (error) {
    if (isAppError(error)) return undefined
    throw error
  }
}

function textsOf(
  { draft, content: bytes }: AlertRow,
  content: AlertContent | undefined,
  { byText }: Outcomes,
): AlertReport['texts'] {
  const counted = (no: number) => byText.get(no) ?? { recipients: 0, segments: 0 }
  // A draft has no text yet that is sure to be sent.
  if (content === undefined && bytes === null) {
    return draft.info.map(({ language, sms = '' }, no) => ({ language, sms, ...counted(no) }))
  }
  return (content?.texts ?? []).map(({ no, language, sms }) => ({ language, sms, ...counted(no) }))
}

function reachOf(
  { total, byArea, byCarrier }: Outcomes,
  content: AlertContent | undefined,
  names: ReadonlyMap<string, string>,
): ReachReport {
  const areas = content?.areas ?? []
  return {
    inArea: null,
    total,
    byArea: [
      ...areas.map(({ areaDesc }, no) => ({ areaDesc, ...(byArea.get(no) ?? NOBODY) })),
      ...[...byArea].flatMap(([no, reach]) =>
        areas[no] === undefined ? [{ areaDesc: null, ...reach }] : [],
      ),
    ],
    byCarrier: [...byCarrier]
      .map(([id, reach]) => ({
        carrierId: id ?? null,
        name: id === undefined ? null : (names.get(id) ?? null),
        ...reach,
      }))
      .toSorted((a, b) => b.recipients - a.recipients),
  }
}

/** As many alerts, and as many drills. */
const COMPARED_WITH = 5

async function earlierOf(
  db: Database,
  { draft, dispatchedAt }: AlertRow,
): Promise<AlertReport['earlier']> {
  const event = draft.info[0]?.event
  if (event === undefined || dispatchedAt === null) return []
  const found = await readEarlierAlerts(db, { event, before: dispatchedAt, limit: COMPARED_WITH })
  return found.map(one => ({ ...one, dispatchedAt: one.dispatchedAt.toISOString() }))
}

async function planOf(
  db: Database,
  alert: AlertRow,
  content: AlertContent | undefined,
  demands: readonly RouteDemand[],
): Promise<Plan> {
  const traffic = content === undefined ? 'live' : trafficOf(content)
  const { firstSubmittedAt: first, lastSubmittedAt: last } = alert
  const accounts = (await listSendingCarriers(db)).filter(account => carries(account, traffic))
  const { recipients, unserved, seconds } = forecastOf(accounts, demands, traffic)
  return {
    seconds: unserved > 0 || demands.length === 0 ? null : seconds,
    tookSeconds: first === null || last === null ? null : (last.getTime() - first.getTime()) / 1000,
    byCarrier: accounts.map(({ id, name }) => ({
      carrierId: id,
      name,
      recipients: recipients.get(id) ?? 0,
    })),
  }
}
