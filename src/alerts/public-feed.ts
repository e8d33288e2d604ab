/**
 * What the public feeds show: alerts for real, of scope Public, that have begun to go out and are still in force.
 *
 * One leaves when it expires, is stopped, or an update or a cancellation that follows it is sent; that one is shown in
 * its place until it expires itself. What is shown is read from the CAP that was signed for each, so a reader who
 * verifies it finds what the feed says. An alert that is not stored as it was signed is left out.
 *
 * However many read, the database is asked once a second at most; of each alert only once for its CAP. Expiry is
 * judged at every reading.
 */
import { readContent } from '../cap/content.ts'
import type { Feed } from '../cap/feed.ts'
import type { CapMessage, CapReference } from '../cap/message.ts'
import { readCapXml } from '../cap/xml-reader.ts'
import { isAppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { findAlert } from '../store/alerts.ts'
import { type Database, isDatabaseAway } from '../store/database.ts'
import { listRealAlerts, type RealAlert, type RealAlerts } from '../store/real-alerts.ts'
import { exportCap } from './cap-export.ts'

export interface PublicFeed {
  /** As it is now, to a second. */
  read(): Promise<PublicAlerts>
  /** The signed CAP of an alert that is, or once was, in the feed; undefined of any other. */
  cap(alertId: string): Promise<Uint8Array | undefined>
}

interface PublicAlerts extends Omit<Feed, 'base'> {
  /** Of two readings with the same version the alerts are the same. */
  readonly version: string
}

export interface PublicFeedOptions {
  readonly db: Database
  readonly masterKey: Uint8Array
  readonly now: () => Date
}

const FRESH_MS = 1_000
/** When an alert that can't be shown is looked at again. */
const RETRY_MS = 60_000

/** What of an alert's content the feed goes by. */
interface Known {
  readonly isPublic: boolean
  readonly origin: CapReference | undefined
  readonly foreignReferences: readonly CapReference[]
  /** Of those that are public. */
  readonly message: CapMessage | undefined
}

/** An alert that could not be shown, and when that was found. */
interface Refused {
  readonly refusedAt: number
}

export function openPublicFeed({ db, masterKey, now }: PublicFeedOptions): PublicFeed {
  // By the digest of the content: what was signed never changes.
  let known = new Map<string, Known | Refused>()
  let latest: { readonly at: number; readonly real: RealAlerts } | undefined
  let loading: Promise<RealAlerts> | undefined

  const load = async () => {
    const at = now()
    const real = await listRealAlerts(db, at)
    const seen: typeof known = new Map()
    for (const { id, contentDigest } of real.alerts) {
      const one = known.get(contentDigest)
      const isDue =
        one === undefined || ('refusedAt' in one && at.getTime() - one.refusedAt > RETRY_MS)
      seen.set(contentDigest, isDue ? await lookAt(id, at) : one)
    }
    known = seen
    latest = { at: at.getTime(), real }
    return real
  }

  const lookAt = async (id: string, at: Date): Promise<Known | Refused> => {
    try {
      const alert = await findAlert(db, id)
      const {
        status,
        scope,
        origin,
        foreignReferences = [],
      } = readContent(alert?.content ?? new Uint8Array())
      const isPublic = status === 'Actual' && scope === 'Public'
      const xml = isPublic ? await exportCap(db, id, masterKey, at) : undefined
      return { isPublic, origin, foreignReferences, message: xml && readCapXml(xml).message }
    } catch (error) {
      if (!isAppError(error) || isDatabaseAway(error)) throw error
      log.error({ alertId: id, code: describeError(error) }, 'an alert is not in the public feed')
      return { refusedAt: at.getTime() }
    }
  }

  const current = async () => {
    const age = latest === undefined ? Infinity : Math.abs(now().getTime() - latest.at)
    if (latest !== undefined && age < FRESH_MS) return latest.real
    loading ??= load().finally(() => (loading = undefined))
    return loading
  }

  const knownOf = ({ contentDigest }: RealAlert): Known | undefined => {
    const one = known.get(contentDigest)
    return one === undefined || 'refusedAt' in one ? undefined : one
  }

  return {
    async read() {
      const { name, alerts, lastExpired } = await current()
      const at = now()
      const begun = alerts.filter(alert => alert.begunAt <= at)
      const ended = endedBy(begun.map(alert => ({ alert, known: knownOf(alert) })))
      const entries = begun.flatMap(alert => {
        const message = knownOf(alert)?.message
        const isOver = alert.expires <= at || alert.state === 'stopped' || ended.has(alert.id)
        return message === undefined || isOver
          ? []
          : [{ id: alert.id, published: alert.begunAt, message }]
      })
      const updated = lastChange(begun, lastExpired, at)
      const version = [name, updated.getTime(), ...entries.map(entry => entry.id)].join()
      return { name, updated, entries, version }
    },

    async cap(alertId) {
      const alert = await findAlert(db, alertId)
      if (alert?.content == null || alert.dispatchedAt === null) return undefined
      const { status, scope } = readContent(alert.content)
      if (status !== 'Actual' || scope !== 'Public') return undefined
      return exportCap(db, alertId, masterKey, now())
    },
  }
}

/** The alerts that a later one has taken the place of, or taken back. */
function endedBy(all: readonly { alert: RealAlert; known: Known | undefined }[]): Set<string> {
  const corrections = all.filter(({ alert }) => alert.msgType !== 'Alert')
  const ours = corrections.flatMap(({ alert }) => alert.references)
  const foreign = new Set(
    corrections.flatMap(({ known }) => known?.foreignReferences ?? []).map(nameOf),
  )
  const taken = all.filter(
    ({ known }) => known?.origin !== undefined && foreign.has(nameOf(known.origin)),
  )
  return new Set([...ours, ...taken.map(({ alert }) => alert.id)])
}

/** CAP 1.2 §3.2.1: an identifier is one message's among all of its sender's. */
function nameOf({ sender, identifier }: CapReference): string {
  return `${sender},${identifier}`
}

/** When what is shown last changed: something was sent, stopped, or had expired. */
function lastChange(alerts: readonly RealAlert[], lastExpired: Date | undefined, at: Date): Date {
  const times = alerts.flatMap(({ begunAt, updatedAt, expires, state }) => [
    begunAt.getTime(),
    ...(expires <= at ? [expires.getTime()] : []),
    ...(state === 'stopped' ? [updatedAt.getTime()] : []),
  ])
  return new Date(Math.max(lastExpired?.getTime() ?? 0, ...times))
}
