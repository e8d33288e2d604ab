/**
 * Outside systems that are told of alerts: what an administrator enters. Their signing secret is made here, given
 * out once, and after that read by the courier alone.
 */
import { v7 as uuid } from 'uuid'
import { AppError } from '../errors.ts'
import { mayBePrivate, urlFault } from '../network/origin.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, refuseTaken, notify, transact } from '../store/database.ts'
import {
  cancelNotices,
  listNotices,
  lockNotice,
  type NoticeDelivery,
  requeueNotice,
} from '../store/notices.ts'
import {
  deleteSubscriber,
  findSubscriber,
  insertSubscriber,
  listSubscribers,
  lockSubscriber,
  type SubscriberRow,
  updateSubscriber,
} from '../store/subscribers.ts'
import type { NoticeEvent } from './events.ts'
import { queueTestNotice } from './notices.ts'
import { firstSecrets, openSecrets, rotated, sealSecrets } from './secrets.ts'

export type Subscriber = Omit<SubscriberRow, 'sealedSecrets'>

export interface SubscriberDraft {
  readonly url: string
  readonly description: string
  readonly events: readonly NoticeEvent[]
  /** CAP `status`. */
  readonly statuses: readonly string[]
  readonly enabled: boolean
}

/** What is left out stays. */
export type SubscriberEdit = {
  readonly [Field in keyof SubscriberDraft]?: SubscriberDraft[Field] | undefined
}

export interface WithSecret {
  readonly subscriber: Subscriber
  /** `whsec_…`; it is shown this once. */
  readonly secret: string
}

interface By {
  readonly operatorId: string
  readonly now: Date
}

/** What is the installation's, and not the request's. */
export interface Settings {
  readonly masterKey: Uint8Array
  /** `Config.privateHosts` */
  readonly privateHosts: readonly string[]
}

/** @throws AppError `invalid_subscriber` for a URL that may not be called, `already_exists` */
export async function createSubscriber(
  db: Database,
  { masterKey, privateHosts }: Settings,
  by: By,
  draft: SubscriberDraft,
): Promise<WithSecret> {
  refuseUrl(draft.url, privateHosts)
  const id = uuid()
  const secrets = firstSecrets()
  const row = await refuseTakenUrl(() =>
    transact(db, async tx => {
      const inserted = await insertSubscriber(tx, {
        ...draft,
        id,
        events: [...draft.events],
        statuses: [...draft.statuses],
        sealedSecrets: sealSecrets(masterKey, id, secrets),
        createdAt: by.now,
      })
      await tell(tx, by, 'subscriber.created', id)
      return inserted
    }),
  )
  return { subscriber: subscriberFrom(row), secret: secrets.current }
}

/**
 * One that is disabled is told nothing more: what still waits is cancelled, and can be replayed.
 *
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, and as `createSubscriber`
 */
export async function changeSubscriber(
  db: Database,
  { privateHosts }: Settings,
  by: By,
  { id, revision }: { id: string; revision: number | undefined },
  { url, description, events, statuses, enabled }: SubscriberEdit,
): Promise<Subscriber> {
  if (url !== undefined) refuseUrl(url, privateHosts)
  const row = await refuseTakenUrl(() =>
    transact(db, async tx => {
      const current = await lockSubscriber(tx, id)
      if (current === undefined) throw notFound()
      if (revision !== undefined && revision !== current.revision) {
        throw new AppError(
          'stale_revision',
          'the subscriber was changed since you read it: read it again',
        )
      }
      const change = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(events !== undefined && { events: [...events] }),
        ...(statuses !== undefined && { statuses: [...statuses] }),
        ...(enabled !== undefined && { enabled, gone: current.gone && !enabled }),
      }
      if (enabled === false) await cancelNotices(tx, id)
      const changed = await updateSubscriber(tx, id, change)
      await tell(tx, by, 'subscriber.changed', id, { fields: Object.keys(change).sort() })
      return changed
    }),
  )
  return subscriberFrom(row)
}

/**
 * A new secret. The former one signs beside it for a day.
 *
 * @throws AppError `not_found`
 */
export async function rotateSecret(
  db: Database,
  { masterKey }: Settings,
  by: By,
  id: string,
): Promise<WithSecret> {
  return transact(db, async tx => {
    const current = await lockSubscriber(tx, id)
    if (current === undefined) throw notFound()
    const secrets = rotated(openSecrets(masterKey, id, current.sealedSecrets), by.now)
    const sealedSecrets = sealSecrets(masterKey, id, secrets)
    const row = await updateSubscriber(tx, id, { sealedSecrets })
    await tell(tx, by, 'subscriber.rotated', id)
    return { subscriber: subscriberFrom(row), secret: secrets.current }
  })
}

/** @throws AppError `not_found` */
export async function removeSubscriber(db: Database, by: By, id: string): Promise<void> {
  await transact(db, async tx => {
    if ((await deleteSubscriber(tx, id)) === undefined) throw notFound()
    await tell(tx, by, 'subscriber.deleted', id)
  })
}

/** @throws AppError `not_found` */
export async function getSubscriber(db: Database, id: string): Promise<Subscriber> {
  const row = await findSubscriber(db, id)
  if (row === undefined) throw notFound()
  return subscriberFrom(row)
}

/** In the order in which they were entered, after the one given. */
export async function getSubscribers(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<Subscriber[]> {
  return (await listSubscribers(db, page)).map(subscriberFrom)
}

/**
 * What it was told, or is to be: the newest first, before the one given.
 *
 * @throws AppError `not_found`
 */
export async function getDeliveries(
  db: Database,
  id: string,
  page: { before: string | undefined; limit: number },
): Promise<NoticeDelivery[]> {
  await getSubscriber(db, id)
  return listNotices(db, id, page)
}

/**
 * Sends a notice once more, octet for octet and under its own id.
 *
 * @throws AppError `not_found`; `wrong_state` while it waits or if the subscriber is disabled
 */
export async function replayNotice(
  db: Database,
  by: By,
  { id, noticeId }: { id: string; noticeId: string },
): Promise<void> {
  await transact(db, async tx => {
    await lockEnabled(tx, id)
    const state = await lockNotice(tx, id, noticeId)
    if (state === undefined) throw new AppError('not_found', 'there is no such delivery')
    if (state === 'waiting') {
      throw new AppError('wrong_state', 'the delivery is waiting: it will be tried by itself')
    }
    await requeueNotice(tx, id, noticeId)
    await notify(tx, 'notices', id)
    await tell(tx, by, 'subscriber.replayed', id, { noticeId })
  })
}

/**
 * @returns the id of the queued notice
 * @throws AppError `not_found`, `wrong_state` if the subscriber is disabled
 */
export async function sendTestNotice(db: Database, by: By, id: string): Promise<string> {
  return transact(db, async tx => {
    await lockEnabled(tx, id)
    const noticeId = await queueTestNotice(tx, id, by.now)
    await tell(tx, by, 'subscriber.tested', id, { noticeId })
    return noticeId
  })
}

async function lockEnabled(tx: Database, id: string): Promise<void> {
  const subscriber = await lockSubscriber(tx, id)
  if (subscriber === undefined) throw notFound()
  if (!subscriber.enabled) throw new AppError('wrong_state', 'the subscriber is disabled')
}

/** Tells the trail; a URL may hold a secret, so it is not in it. */
async function tell(
  tx: Database,
  { operatorId }: By,
  action: string,
  id: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await recordAudit(tx, { operatorId, action, subject: id, detail })
}

function subscriberFrom({ sealedSecrets: _sealed, ...row }: SubscriberRow): Subscriber {
  return row
}

function refuseUrl(url: string, privateHosts: readonly string[]): void {
  const fault = urlFault(url, mayBePrivate(url, privateHosts))
  if (fault === undefined) return
  const faults = [{ pointer: '/url', detail: fault }]
  throw new AppError('invalid_subscriber', 'this address can not be told anything', { faults })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such subscriber')
}

function refuseTakenUrl<T>(work: () => Promise<T>): Promise<T> {
  const fault = { pointer: '/url', detail: 'belongs to another subscriber' }
  return refuseTaken('subscribers_url_unique', fault, 'a subscriber with this URL exists', work)
}
