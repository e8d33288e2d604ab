/**
 * Progress and tally of alerts, as everybody sees them (API.md, While it is sent). All figures of one alert are
 * of one moment, and what waits is what is left: so they add up to `recipients` whenever one looks.
 */
import { readContent, type AlertContent } from '../cap/content.ts'
import { AppError, isAppError } from '../errors.ts'
import { findAlert, type AlertState } from '../store/alerts.ts'
import { readLiveStates } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import type { HelpRequestState } from '../store/help-requests.ts'
import type { MailingCounts } from '../store/mailings.ts'
import { NOBODY, type ProgressCounts, type RecipientCounts } from '../store/progress.ts'
import { FULL } from '../store/replies.ts'
import type { TallyCount } from '../store/tallies.ts'
import { readMailStalls } from './mail-stalls.ts'
import { alarmOf, readStalls } from './stalls.ts'
import {
  readCarrierNames,
  readWatchedAlerts,
  type Alarm,
  type WatchedAlert,
  type WatchedEscalation,
  type WatchedReminder,
} from '../store/watching.ts'

export interface Progress extends RecipientCounts {
  readonly state: AlertState
  readonly recipients: number
  readonly queued: number
  /** Of `submitted`, those whose time is over: no receipt is to be waited for, though one may still come. */
  readonly unconfirmed: number
  readonly segmentsSubmitted: number
  readonly byCarrier: readonly CarrierProgress[]
  readonly alarms: readonly Alarm[]
  readonly firstSubmittedAt: string | null
  readonly lastSubmittedAt: string | null
  /** Segments of it a second that its carriers take now. */
  readonly perSecond: number
  /** Until the last of it is handed over, at this rate; null where nobody can say. */
  readonly etaSeconds: number | null
  /** Its letters; null where it goes as texts alone. */
  readonly email: MailProgress | null
  /** What went out to those who had not answered, the oldest first. */
  readonly reminders: readonly WatchedReminder[]
  /** What those on duty were told, and whether they have it. */
  readonly escalations: readonly WatchedEscalation[]
  /** At the earliest; null: no reminder is left. */
  readonly nextReminderAt: string | null
}

/** Of letters, exclusive as those of recipients are; they add up to `recipients`. */
interface MailProgress extends Omit<MailingCounts, 'letters'> {
  /** Those with an address, as far as they are laid out; who share a mailbox and a text count once. */
  readonly recipients: number
  readonly queued: number
}

interface CarrierProgress {
  readonly carrierId: string
  readonly name: string
  readonly submitted: number
  readonly delivered: number
  readonly failed: number
  readonly perSecond: number
  readonly state: 'bound' | 'throttled' | 'unbound' | 'disabled'
}

interface OptionCount {
  readonly code: string
  readonly label: string
  readonly count: number
}

interface Replied {
  readonly recipients: number
  readonly replied: number
  readonly byOption: readonly OptionCount[]
}

export interface Tally extends Replied {
  readonly other: number
  /** Who chose an option of which enough are taken. */
  readonly full: number
  readonly optedOut: number
  readonly noReply: number
  /** Recipients who asked for help, or may have, by how far people have come with them. */
  readonly requests: Readonly<Record<HelpRequestState, number>>
  readonly byArea: readonly (Replied & { readonly areaDesc: string })[]
  readonly byGroup: readonly (Replied & { readonly groupId: string; readonly name: string })[]
  readonly updatedAt: string
}

export interface Watched {
  readonly progress: Progress
  readonly tally: Tally
}

/** @throws AppError `not_found` */
export async function watchedOf(db: Database, alertId: string, now: Date): Promise<Watched> {
  const watched = (await readWatched(db, [alertId], now)).get(alertId)
  if (watched === undefined) throw new AppError('not_found', 'there is no such alert')
  return watched
}

/** By alert id; ids that no alert has are missing. */
export async function readWatched(
  db: Database,
  alertIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, Watched>> {
  const alerts = await readWatchedAlerts(db, alertIds)
  const carriers = await readCarriers(db)
  const stalls = await readStalls(db, alertIds)
  const mailStalls = await readMailStalls(db, alertIds)
  const watched = new Map<string, Watched>()
  for (const alert of alerts) {
    const stall = stalls.find(({ alertId }) => alertId === alert.id)
    const alarms = [stall && alarmOf(stall), mailStalls.get(alert.id)]
    const still = alarms.filter(alarm => alarm !== undefined)
    const progress = progressOf(alert, carriers, still, now)
    const tally = tallyOf(alert, progress.recipients, await labelsOf(db, alert), now)
    watched.set(alert.id, { progress, tally })
  }
  return watched
}

type LiveCarrier = Pick<CarrierProgress, 'carrierId' | 'name' | 'state'> & {
  /** Segments a second by alert. */
  readonly alerts: ReadonlyMap<string, number>
  /** Of a simulated one. */
  readonly exerciseId: string | null
}

async function readCarriers(db: Database): Promise<readonly LiveCarrier[]> {
  const names = await readCarrierNames(db)
  const live = await readLiveStates(
    db,
    names.map(carrier => carrier.id),
  )
  return names
    .filter(({ protocol }) => protocol !== 'smtp')
    .map(({ id, name, enabled, exerciseId }) => ({
      carrierId: id,
      exerciseId,
      name,
      alerts: live.get(id)?.alerts ?? new Map(),
      state: enabled ? (live.get(id)?.state ?? 'unbound') : 'disabled',
    }))
}

const ZERO: ProgressCounts = { ...NOBODY, segments: 0 }

function progressOf(
  alert: WatchedAlert,
  carriers: readonly LiveCarrier[],
  stalls: readonly Alarm[],
  now: Date,
): Progress {
  const total = { ...ZERO }
  for (const counts of alert.counts.values()) {
    for (const name of Object.keys(ZERO) as (keyof ProgressCounts)[]) total[name] += counts[name]
  }
  const { segments: segmentsSubmitted, possibleDuplicates, ...ended } = total
  const gone = Object.values(ended).reduce((sum, count) => sum + count, 0)
  const recipients = alert.recipients ?? 0
  const queued = recipients - gone
  const isSending = alert.state === 'sending' && queued > 0
  let perSecond = 0
  const isSimulated = carriers.some(
    ({ exerciseId }) => exerciseId !== null && exerciseId === alert.exerciseId,
  )
  const simulatedFor = isSimulated ? alert.exerciseId : null
  const byCarrier = carriers
    .filter(
      ({ carrierId, exerciseId, state }) =>
        alert.counts.has(carrierId) ||
        (isSending && state !== 'disabled' && exerciseId === simulatedFor),
    )
    .map(({ alerts, exerciseId: _of, ...carrier }) => {
      const { submitted, delivered, failed } = alert.counts.get(carrier.carrierId) ?? ZERO
      const rate = isSending ? (alerts.get(alert.id) ?? 0) : 0
      perSecond += rate
      return { ...carrier, submitted, delivered, failed, perSecond: Math.round(rate) }
    })
  const handedOver = total.submitted + total.delivered + total.failed + total.unknown
  const segmentsEach = handedOver > 0 ? Math.max(1, segmentsSubmitted / handedOver) : 1
  return {
    state: alert.state,
    recipients,
    queued,
    ...ended,
    unconfirmed: alert.worthUntil !== null && alert.worthUntil <= now ? ended.submitted : 0,
    possibleDuplicates,
    segmentsSubmitted,
    byCarrier,
    alarms: [...alert.alarms, ...stalls],
    firstSubmittedAt: alert.firstSubmittedAt?.toISOString() ?? null,
    lastSubmittedAt: alert.lastSubmittedAt?.toISOString() ?? null,
    perSecond: Math.round(perSecond),
    etaSeconds:
      queued === 0 ? 0 : perSecond > 0 ? Math.ceil((queued * segmentsEach) / perSecond) : null,
    email: alert.mailing === null ? null : mailProgressOf(alert.mailing),
    reminders: alert.reminders.map(
      ({ alertId, round, state, recipients: of, left, delivered }) => ({
        alertId,
        round,
        state,
        recipients: of,
        left,
        delivered,
      }),
    ),
    escalations: alert.escalations,
    nextReminderAt: alert.remindAt?.toISOString() ?? null,
  }
}

function mailProgressOf({ letters, ...counts }: MailingCounts): MailProgress {
  const { sent, failed, expired, cancelled, unknown } = counts
  const queued = letters - sent - failed - expired - cancelled - unknown
  return { recipients: letters, queued, ...counts }
}

/** The words beside a tally's numbers. */
interface Labels {
  readonly options: readonly { readonly code: string; readonly label: string }[]
  readonly areas: readonly { readonly areaDesc: string }[]
  readonly groups: readonly { readonly id: string; readonly name: string }[]
}

/** By the digest of the signed bytes, which never change: a big alert is parsed once, not four times a second. */
const labelsRead = new Map<string, Labels>()
const LABELS_KEPT = 200

async function labelsOf(db: Database, { id, contentDigest }: WatchedAlert): Promise<Labels> {
  const known = contentDigest === null ? undefined : labelsRead.get(contentDigest)
  if (known !== undefined) return known
  const alert = await findAlert(db, id)
  const content = alert?.content == null ? undefined : readSigned(alert.content)
  if (content === undefined || contentDigest === null) {
    return { options: alert?.draft.replies.options ?? [], areas: [], groups: [] }
  }
  const areas = content.areas.map(({ areaDesc }) => ({ areaDesc }))
  const labels = { options: content.replies.options, areas, groups: content.groups }
  labelsRead.set(contentDigest, labels)
  const [oldest] = labelsRead.keys()
  if (labelsRead.size > LABELS_KEPT && oldest !== undefined) labelsRead.delete(oldest)
  return labels
}

/** The numbers are shown also where the signed bytes were damaged: the alarm beside them says so. */
function readSigned(bytes: Uint8Array): AlertContent | undefined {
  try {
    return readContent(bytes)
  } catch (error) {
    if (isAppError(error)) return undefined
    throw error
  }
}

function tallyOf(alert: WatchedAlert, recipients: number, labels: Labels, now: Date): Tally {
  const counts = new Map(
    alert.tallies.map(one => [placeOf(one.dimension, one.key, one.option), one.count]),
  )
  const count = (dimension: TallyCount['dimension'], key: number, option: string) =>
    counts.get(placeOf(dimension, key, option)) ?? 0
  const repliedBy = (dimension: TallyCount['dimension'], key: number, of: number): Replied => {
    const byOption = labels.options.map(({ code, label }) => ({
      code,
      label,
      count: count(dimension, key, code),
    }))
    const valid = byOption.reduce((sum, option) => sum + option.count, 0)
    const rest = count(dimension, key, 'other') + count(dimension, key, FULL)
    return { recipients: of, replied: valid + rest, byOption }
  }
  const total = repliedBy('total', 0, recipients)
  return {
    ...total,
    other: count('total', 0, 'other'),
    full: count('total', 0, FULL),
    optedOut: count('total', 0, 'optedOut'),
    noReply: recipients - total.replied,
    requests: { open: 0, taken: 0, closed: 0, ...alert.requests },
    byArea: labels.areas.map(({ areaDesc }, no) => ({
      areaDesc,
      ...repliedBy('area', no, count('area', no, 'recipients')),
    })),
    byGroup: labels.groups.map(({ id, name }, no) => ({
      groupId: id,
      name,
      ...repliedBy('group', no, count('group', no, 'recipients')),
    })),
    updatedAt: now.toISOString(),
  }
}

const placeOf = (dimension: string, key: number, option: string) => `${dimension} ${key} ${option}`
