/** Why an alert doesn't move, for the person who must make it move again. */
import { servesClass } from '../carriers/routes.ts'
import { sleep } from '../clock.ts'
import { describeError, log } from '../log.ts'
import { listSendingCarriers, type CarrierRow } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import { readLinks, type LiveLink } from '../store/links.ts'
import { readStalledAlerts, type StalledAlert } from '../store/stalls.ts'
import type { Alarm } from '../store/watching.ts'

export const STALL_REASONS = [
  'no_carrier',
  'no_dispatcher',
  'not_planned',
  'no_route',
  'no_carrier_bound',
  'carriers_resting',
  'outranked',
  'window_full',
  'throttled',
  'database',
  'unclear',
] as const
export type StallReason = (typeof STALL_REASONS)[number]

export interface Stall {
  readonly alertId: string
  readonly since: Date
  readonly reason: StallReason
  readonly detail: string
}

export type StallFacts = Pick<StalledAlert, 'isPlanned' | 'routeClasses'> & {
  readonly carriers: readonly Pick<CarrierRow, 'id' | 'name' | 'routes'>[]
  readonly links: readonly LiveLink[]
}

/** The first of these that holds: each is of no account while one before it holds. */
export function whyStalled(facts: StallFacts): { reason: StallReason; detail: string } {
  const { carriers, links, routeClasses } = facts
  if (carriers.length === 0) {
    return { reason: 'no_carrier', detail: 'no carrier is enabled' }
  }
  if (links.length === 0) {
    return {
      reason: 'no_dispatcher',
      detail: 'no dispatcher reports: none runs, or none reaches the database',
    }
  }
  if (!facts.isPlanned) {
    return { reason: 'not_planned', detail: 'its recipients could not be laid out yet' }
  }
  const serving = carriers.filter(carrier =>
    routeClasses.some(routeClass => servesClass(carrier, routeClass)),
  )
  if (serving.length === 0) {
    return { reason: 'no_route', detail: 'no carrier that is enabled takes the numbers left' }
  }
  const names = serving.map(carrier => carrier.name).join(', ')
  const serves = new Set(serving.map(carrier => carrier.id))
  const mine = links.filter(link => serves.has(link.carrierId))
  const up = mine.filter(link => link.state !== 'unbound')
  if (up.length === 0) {
    const said = mine.find(link => link.lastError !== null)?.lastError
    const why = said === undefined ? '' : `: ${said}`
    return { reason: 'no_carrier_bound', detail: `no bind is up of ${names}${why}` }
  }
  if (up.every(link => link.figures?.isResting === true)) {
    const said = up.find(link => link.lastError !== null)?.lastError ?? 'they refuse what they get'
    return { reason: 'carriers_resting', detail: `left alone for a while, ${names}: ${said}` }
  }
  if (up.some(({ figures }) => Object.values(figures?.alerts ?? {}).some(rate => rate > 0))) {
    return { reason: 'outranked', detail: `other alerts go first over ${names}` }
  }
  if (up.every(link => link.figures !== null && link.figures.room < 1)) {
    return { reason: 'window_full', detail: `no answer comes from ${names}` }
  }
  if (up.every(link => link.state === 'throttled')) {
    return { reason: 'throttled', detail: `refused as too fast by ${names}` }
  }
  if (up.some(link => (link.figures?.faultsLately ?? 0) > 0)) {
    return { reason: 'database', detail: 'the dispatchers’ writes fail: see their log' }
  }
  return { reason: 'unclear', detail: `there is room at ${names}, and yet nothing leaves` }
}

/** @param alertIds of these alone; undefined: of all that are being sent */
export async function readStalls(
  db: Database,
  alertIds: readonly string[] | undefined,
): Promise<Stall[]> {
  const stalled = await readStalledAlerts(db, alertIds)
  if (stalled.length === 0) return []
  const carriers = await listSendingCarriers(db)
  const links = await readLinks(db)
  return stalled.map(({ alertId, since, ...alert }) => ({
    alertId,
    since,
    ...whyStalled({ ...alert, carriers, links }),
  }))
}

export const alarmOf = ({ since, detail }: Stall): Alarm => ({
  code: 'stalled',
  detail,
  since: since.toISOString(),
})

const LOOK_MS = 5_000

/** Says in the log when an alert stalls, when for another reason, and when it moves again. Each API node says so. */
export function startStallWatch(db: Database): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let known = new Map<string, StallReason>()

  const look = async () => {
    const stalls = await readStalls(db, undefined)
    for (const { alertId, reason, detail } of stalls) {
      if (known.get(alertId) === reason) continue
      log.error(
        { alertId, code: 'stalled', reason: `${reason}: ${detail}` },
        'an alert doesn’t move',
      )
    }
    const now = new Map(stalls.map(({ alertId, reason }) => [alertId, reason]))
    for (const alertId of known.keys()) {
      if (!now.has(alertId)) log.info({ alertId, code: 'stalled' }, 'the alert is not stalled now')
    }
    known = now
  }

  const running = (async () => {
    for (;;) {
      await sleep(LOOK_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await look().catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'stalled alerts could not be looked for')
      })
    }
  })()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
