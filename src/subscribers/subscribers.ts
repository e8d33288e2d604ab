/**
 * Outside systems that are told of alerts: what an administrator enters. A webhook's signing secret is made here, given
 * out once, and after that read by the courier alone; an aggregator's private key is brought, and given out never.
 */
import { v7 as uuid } from 'uuid'
import { AppError } from '../errors.ts'
import { faultAt, type Fault } from '../faults.ts'
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
  type SubscriberKind,
  type SubscriberRow,
  updateSubscriber,
} from '../store/subscribers.ts'
import type { NoticeEvent } from './events.ts'
import { checkIpaws, type ConnectionCheck } from './ipaws/check.ts'
import {
  type IpawsDraft,
  type IpawsEdit,
  type IpawsSettings,
  type IpawsShown,
  keyFaults,
  openKey,
  showIpaws,
  splitDraft,
  statusFaults,
} from './ipaws/settings.ts'
import { queueTestNotice } from './notices.ts'
import { firstSecrets, openSecrets, rotated, sealSecrets } from './secrets.ts'

export type Subscriber = Omit<SubscriberRow, 'sealedSecrets' | 'kind' | 'ipaws'> & {
  readonly kind: SubscriberKind
  /** Null of a webhook. */
  readonly ipaws: IpawsShown | null
}

export interface SubscriberDraft {
  /** Undefined: a webhook. */
  readonly ipaws: IpawsDraft | undefined
  readonly url: string
  readonly description: string
  /** Of a webhook; an aggregator is posted what is dispatched. */
  readonly events: readonly NoticeEvent[]
  /** CAP `status`. */
  readonly statuses: readonly string[]
  readonly enabled: boolean
}

/** What is left out stays; its kind does in any case. */
export type SubscriberEdit = {
  readonly [Field in keyof Omit<SubscriberDraft, 'ipaws'>]?: SubscriberDraft[Field] | undefined
} & { readonly ipaws?: IpawsEdit | undefined }

export interface WithSecret {
  readonly subscriber: Subscriber
  /** `whsec_…`; it is shown this once. Null of an aggregator. */
  readonly secret: string | null
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

const POSTED: readonly NoticeEvent[] = ['alert.sending']

/** @throws AppError `invalid_subscriber` for what can't be told anything so, every fault at once; `already_exists` */
export async function createSubscriber(
  db: Database,
  { masterKey, privateHosts }: Settings,
  by: By,
  draft: SubscriberDraft,
): Promise<WithSecret> {
  const { ipaws, url, description, events, statuses, enabled } = draft
  refuseFaults([
    ...urlFaults(url, privateHosts),
    ...(ipaws === undefined
      ? []
      : [...keyFaults(ipaws, by.now), ...statusFaults(ipaws.endpoint, statuses)]),
  ])
  const id = uuid()
  const secrets = firstSecrets()
  const told =
    ipaws === undefined
      ? { ipaws: null, sealedSecrets: sealSecrets(masterKey, id, secrets) }
      : splitDraft(masterKey, id, ipaws, by.now)
  const row = await refuseTakenUrl(() =>
    transact(db, async tx => {
      const inserted = await insertSubscriber(tx, {
        ...told,
        id,
        kind: ipaws === undefined ? 'webhook' : 'ipaws',
        url,
        description,
        events: [...(ipaws === undefined ? events : POSTED)],
        statuses: [...statuses],
        enabled,
        createdAt: by.now,
      })
      await tell(tx, by, 'subscriber.created', id)
      return inserted
    }),
  )
  return {
    subscriber: subscriberFrom(row),
    secret: ipaws === undefined ? secrets.current : null,
  }
}

/**
 * One that is disabled is told nothing more: what still waits is cancelled, and can be replayed.
 *
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, and as `createSubscriber`
 */
export async function changeSubscriber(
  db: Database,
  { masterKey, privateHosts }: Settings,
  by: By,
  { id, revision }: { id: string; revision: number | undefined },
  { url, description, events, statuses, enabled, ipaws }: SubscriberEdit,
): Promise<Subscriber> {
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
      const whole = ipaws === undefined ? undefined : wholeDraft(masterKey, current, ipaws)
      refuseFaults([
        ...(url === undefined ? [] : urlFaults(url, privateHosts)),
        ...kindFaults(current, { events, ipaws }),
        ...(whole === undefined ? [] : keyFaults(whole, by.now)),
        ...endpointFaults(current, { statuses, ipaws }),
      ])
      const change = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(events !== undefined && { events: [...events] }),
        ...(statuses !== undefined && { statuses: [...statuses] }),
        ...(enabled !== undefined && { enabled, gone: current.gone && !enabled }),
        ...(whole !== undefined && splitDraft(masterKey, id, whole, by.now)),
      }
      if (enabled === false) await cancelNotices(tx, id)
      const changed = await updateSubscriber(tx, id, change)
      const { sealedSecrets: _sealed, ...named } = { sealedSecrets: undefined, ...change }
      await tell(tx, by, 'subscriber.changed', id, { fields: Object.keys(named).sort() })
      return changed
    }),
  )
  return subscriberFrom(row)
}

/** As if all of it had been handed over now. Undefined of a webhook. */
function wholeDraft(
  masterKey: Uint8Array,
  { id, ipaws, sealedSecrets }: SubscriberRow,
  edit: IpawsEdit,
): IpawsDraft | undefined {
  if (ipaws === null) return undefined
  const kept = ipaws as IpawsSettings
  const {
    logonUser = kept.logonUser,
    logonCogId = kept.logonCogId,
    endpoint = kept.endpoint,
    certificate = kept.certificate,
    privateKey = openKey(masterKey, id, kept, sealedSecrets).privateKeyPem,
  } = edit
  return { logonUser, logonCogId, endpoint, certificate, privateKey }
}

function endpointFaults(
  current: SubscriberRow,
  { statuses = current.statuses, ipaws }: Pick<SubscriberEdit, 'statuses' | 'ipaws'>,
): readonly Fault[] {
  if (current.ipaws === null) return []
  return statusFaults(ipaws?.endpoint ?? (current.ipaws as IpawsSettings).endpoint, statuses)
}

/** What the other kind has, and this one lacks. */
function kindFaults(
  { ipaws }: SubscriberRow,
  edit: Pick<SubscriberEdit, 'events' | 'ipaws'>,
): readonly Fault[] {
  if (ipaws !== null) {
    return edit.events === undefined
      ? []
      : [{ pointer: '/events', detail: 'must be left out: an aggregator is posted what is sent' }]
  }
  return edit.ipaws === undefined
    ? []
    : [{ pointer: '/ipaws', detail: 'must be left out: it is a webhook' }]
}

/**
 * A new secret. The former one signs beside it for a day.
 *
 * @throws AppError `not_found`, `wrong_state` of an aggregator
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
    assertWebhook(current, 'an aggregator has no signing secret: change its key')
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
 * @throws AppError `not_found`, `wrong_state` if the subscriber is disabled, or an aggregator
 */
export async function sendTestNotice(db: Database, by: By, id: string): Promise<string> {
  return transact(db, async tx => {
    const subscriber = await lockEnabled(tx, id)
    assertWebhook(subscriber, 'an aggregator takes no test notice: check its connection')
    const noticeId = await queueTestNotice(tx, id, by.now)
    await tell(tx, by, 'subscriber.tested', id, { noticeId })
    return noticeId
  })
}

/**
 * Asks an aggregator for a sign of life, signed as a post is, and waits for its answer.
 *
 * @throws AppError `not_found`, `wrong_state` of a webhook
 */
export async function checkConnection(
  db: Database,
  { masterKey, privateHosts }: Settings,
  by: By,
  id: string,
): Promise<ConnectionCheck> {
  const subscriber = await findSubscriber(db, id)
  if (subscriber === undefined) throw notFound()
  if (subscriber.ipaws === null) {
    throw new AppError('wrong_state', 'a webhook has no connection to check: send a test notice')
  }
  const { url, sealedSecrets } = subscriber
  const settings = subscriber.ipaws as IpawsSettings
  const key = openKey(masterKey, id, settings, sealedSecrets)
  const allowPrivate = mayBePrivate(url, privateHosts)
  const check = await checkIpaws({ url, allowPrivate, settings, key, now: by.now })
  const { reached, status, fault } = check
  await transact(db, tx => tell(tx, by, 'subscriber.checked', id, { reached, status, fault }))
  return check
}

async function lockEnabled(tx: Database, id: string): Promise<SubscriberRow> {
  const subscriber = await lockSubscriber(tx, id)
  if (subscriber === undefined) throw notFound()
  if (!subscriber.enabled) throw new AppError('wrong_state', 'the subscriber is disabled')
  return subscriber
}

function assertWebhook({ ipaws }: SubscriberRow, detail: string): void {
  if (ipaws !== null) throw new AppError('wrong_state', detail)
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

function subscriberFrom({
  sealedSecrets: _sealed,
  kind,
  ipaws,
  ...row
}: SubscriberRow): Subscriber {
  return {
    ...row,
    kind: kind as SubscriberKind,
    ipaws: ipaws === null ? null : showIpaws(ipaws as IpawsSettings),
  }
}

function urlFaults(url: string, privateHosts: readonly string[]): readonly Fault[] {
  const detail = urlFault(url, mayBePrivate(url, privateHosts))
  return detail === undefined ? [] : [{ pointer: '/url', detail }]
}

function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return
  throw new AppError('invalid_subscriber', 'it can not be told anything so', { faults })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such subscriber')
}

function refuseTakenUrl<T>(work: () => Promise<T>): Promise<T> {
  const fault = faultAt('/url', 'subscriber_url_taken')
  return refuseTaken('subscribers_url_unique', fault, 'a subscriber with this URL exists', work)
}
