import { v7 as uuid } from 'uuid'
import type { AlertRow, AlertState } from '../store/alerts.ts'
import { type Database, notify } from '../store/database.ts'
import type { HelpRequest } from '../store/help-requests.ts'
import { insertNotice } from '../store/notices.ts'
import { SUBSCRIBER_KINDS } from '../store/schema.ts'
import { type SubscriberKind, subscribersWanting } from '../store/subscribers.ts'
import { eventOf, type NoticeEvent } from './events.ts'

/** Something that was done to an alert. */
export interface AlertNews {
  /** As it is after it. */
  readonly alert: AlertRow
  readonly from: AlertState | null
  /** As the alert's history has it: `approved`, `dispatched`, `ended` … */
  readonly action: string
  readonly now: Date
}

/**
 * Queues what subscribers want to hear of this, in the transaction that does it: told if and only if it was done.
 */
export async function tellSubscribers(tx: Database, news: AlertNews): Promise<void> {
  const { alert, from, now } = news
  const event = eventOf(from, alert.state)
  if (event === undefined) return
  const wanting = await subscribersWanting(tx, event, alert.status, kindsToTell(news))
  if (wanting.length === 0) return
  const body = bodyOf(event, now, alertData(news))
  // Signing takes its time, and the transaction holds the alert: its CAP is put in afterwards, before anybody is told.
  const capDigest = alert.state === 'rejected' ? null : alert.contentDigest
  const notice = { id: uuid(), alertId: alert.id, event, body, at: now, capDigest }
  await insertNotice(tx, notice, wanting)
  await notify(tx, 'notices', alert.id)
}

/** An aggregator is posted what is public, when it is dispatched: what an alert goes through afterwards is no message. */
function kindsToTell({ alert, action }: AlertNews): readonly SubscriberKind[] {
  const isMessage = action === 'dispatched' && alert.draft.scope === 'Public'
  return isMessage ? SUBSCRIBER_KINDS : ['webhook']
}

/** Somebody who asked for help, and how far people have come with it. */
export interface RequestNews {
  readonly alert: Pick<AlertRow, 'id' | 'status' | 'draft'>
  /** As it is after it. */
  readonly request: HelpRequest
  /** As the request's own story has it: `asked`, `taken`, `handedOver` … */
  readonly action: string
  readonly now: Date
}

/**
 * Queues what dispatch centres and the like want to hear of a request, in the transaction that moves it. It names the
 * phone and what was written: who is to help must know both.
 */
export async function tellOfRequest(tx: Database, news: RequestNews): Promise<void> {
  const { alert, request, action, now } = news
  const event: NoticeEvent = `request.${request.state === 'open' ? 'opened' : request.state}`
  const wanting = await subscribersWanting(tx, event, alert.status, ['webhook'])
  if (wanting.length === 0) return
  const { id, phone, areaNo, state, certain, texts, text, reply, operatorId, outcome } = request
  const data = {
    action,
    alert: { id: alert.id, status: alert.status, event: alert.draft.info[0]?.event ?? null },
    request: {
      id,
      phone,
      areaNo,
      state,
      certain,
      askedAt: request.askedAt.toISOString(),
      lastAt: request.lastAt.toISOString(),
      texts,
      text,
      reply,
      operatorId,
      outcome,
      revision: request.revision,
    },
  }
  const body = bodyOf(event, now, data)
  const notice = { id: uuid(), alertId: alert.id, event, body, at: now, capDigest: null }
  await insertNotice(tx, notice, wanting)
  await notify(tx, 'notices', alert.id)
}

/**
 * Queues a notice that tells nothing, so that somebody can see it arrive.
 *
 * @returns its id
 */
export async function queueTestNotice(
  tx: Database,
  subscriberId: string,
  now: Date,
): Promise<string> {
  const id = uuid()
  const event = 'subscriber.test'
  const body = bodyOf(event, now, { subscriberId })
  await insertNotice(tx, { id, alertId: null, event, body, at: now }, [subscriberId])
  await notify(tx, 'notices', subscriberId)
  return id
}

/** The same octets but for the alert's CAP XML, which `alertData` leaves open. */
export function withCap(body: string, cap: string | null): string {
  const told = JSON.parse(body) as { data: object }
  return JSON.stringify({ ...told, data: { ...told.data, cap } })
}

/** The envelope that Standard Webhooks recommends. */
function bodyOf(type: string, now: Date, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, timestamp: now.toISOString(), data })
}

/**
 * What a subscriber is told of an alert. Each form in which it is told is a member of its own beside `alert`; how it
 * reaches people (groups, ceiling, replies, prepared corrections) and who did what stays inside.
 */
function alertData({ alert, from, action }: AlertNews): Readonly<Record<string, unknown>> {
  const { id, revision, state, mode, draft } = alert
  const { status, msgType, scope, restriction, addresses, note, info } = draft
  return {
    action,
    from,
    alert: {
      id,
      revision,
      state,
      mode,
      status,
      msgType,
      scope,
      restriction,
      addresses,
      note,
      references: alert.references,
      sent: alert.sent?.toISOString() ?? null,
      expires: alert.expires?.toISOString() ?? null,
      info,
    },
    /** Signed CAP XML; null of what has none, and until it is signed. */
    cap: null,
  }
}
