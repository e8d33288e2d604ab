/**
 * Posts public alerts to an aggregator, each once.
 *
 * Before a post leaves it is marked, in the delivery, with the signed CAP that is about to leave. What comes of it:
 *
 * - every channel has taken it, or the far side knows it already (a duplicate): `delivered`;
 * - some channels have, others answered with an error: `partial`;
 * - all answered with an error, or it was never fit to be posted: `failed`;
 * - it certainly did not arrive, or was refused unprocessed (a SOAP fault, a status below 500): `waiting`, tried again
 *   with pauses, signed anew, until it or the alert is over;
 * - anything else: `unknown`. It may be on the air. It is not sent again unless somebody says so, and then under the same
 *   identifier, by which the far side knows a duplicate: as the same octets while they are fresh, and signed anew later,
 *   when the far side would refuse them for their age.
 *
 * A claim that finds the mark of an earlier one is of a courier that died in between: `unknown` too. What was stopped,
 * or has been followed by an update or a correction, is posted no more; what follows waits while the message before it
 * is on its way, and ends it where it is not.
 *
 * Whatever is not `delivered` raises an alarm on the alert and stands in the trail. Texts go their own way: nothing
 * here is waited for.
 */
import type { CapMessage } from '../../cap/message.ts'
import { writeCapXml } from '../../cap/xml-writer.ts'
import { readCapXml } from '../../cap/xml-reader.ts'
import { isAppError } from '../../errors.ts'
import { NetworkFault, type Origin } from '../../network/origin.ts'
import { certificateFacts } from '../../signing/key-pair.ts'
import { signXml, type XmlSigningKey } from '../../signing/xml-signature.ts'
import { type AlertRow, findAlert } from '../../store/alerts.ts'
import { type Database, transact } from '../../store/database.ts'
import { listFollowUps } from '../../store/follow-ups.ts'
import {
  cancelUnposted,
  type ClaimedNotice,
  markPost,
  type PostOutcome,
  postsOf,
  type Settlement,
} from '../../store/notices.ts'
import { findSubscriber } from '../../store/subscribers.ts'
import { settlementOf } from '../attempt.ts'
import type { Bearer } from '../bearer.ts'
import { readPostAnswer } from './answer.ts'
import { postCapRequest } from './envelope.ts'
import { messageToPost, postFaults } from './message.ts'
import { judgeChannels } from './outcome.ts'
import { openKey, type IpawsSettings } from './settings.ts'
import { tellOfPost } from './tell.ts'

export interface IpawsOptions {
  readonly db: Database
  readonly masterKey: Uint8Array
  readonly now: () => Date
  readonly leaseSeconds: number
}

/** While an alert is paused, or what it follows is on its way. */
const PUT_OFF_MS = 2_000
/** IPAWS-OPEN takes `sent` for five minutes; the way there takes its time. */
const FRESH_MS = 240_000
const NO_OUTCOME: PostOutcome = { sent: null, channels: [], faults: [], said: null }

export function ipawsBearer(origin: Origin, options: IpawsOptions): Bearer {
  return {
    isInOrder: true,
    async bring(notice) {
      const settlement = await post(origin, options, notice)
      return { settlement, also: tx => tellOfPost(tx, notice, settlement) }
    },
    close: () => origin.close(),
  }
}

async function post(
  origin: Origin,
  { db, masterKey, now, leaseSeconds }: IpawsOptions,
  notice: ClaimedNotice,
): Promise<Settlement> {
  // Marked by a claim that never came back; somebody who sends it once more begins to count anew.
  if (notice.postedXml !== null && notice.attempts > 1) return unknown(null, 'no_answer')
  const settings = notice.ipaws as IpawsSettings
  const at = now()
  const alert = notice.alertId === null ? undefined : await findAlert(db, notice.alertId)
  const held = await holdOf(db, notice, alert, at)
  if (held !== undefined) return held
  let key: XmlSigningKey
  try {
    key = openKey(masterKey, notice.subscriberId, settings, notice.sealedSecrets)
  } catch (error) {
    // Its key was changed in the database: nothing of it can be signed.
    if (isAppError(error)) return refused(notice, error.code)
    throw error
  }
  if (certificateFacts(settings.certificate).notAfter <= at) {
    return refused(notice, 'certificate_expired')
  }
  const before = notice.postedXml === null ? undefined : messageIn(notice.postedXml)
  const isFresh = before !== undefined && at.getTime() - Date.parse(before.sent) < FRESH_MS
  const made = isFresh ? { message: before } : await makeMessage(db, notice, settings, at)
  if ('settlement' in made) return made.settlement
  const { message } = made
  const same = isFresh ? notice.postedXml : null
  // 35 ms with the envelope, measured with a key of 3,072 bits; 150 ms for an alert of 75 KB.
  const xml = same ?? signXml(writeCapXml(message), key)
  const outcome = { ...NO_OUTCOME, sent: message.sent }
  const request = postCapRequest(xml, { settings, key, now: at })
  if (!(await markPost(db, notice, { xml, outcome, leaseSeconds }))) {
    return { state: 'cancelled', status: null, fault: 'superseded' }
  }
  const { pathname, search } = new URL(notice.url)
  const notAfter = alert?.expires == null ? {} : { notAfter: alert.expires.getTime() }
  try {
    const { status, body } = await origin.send({
      method: 'POST',
      path: pathname + search,
      headers: request.headers,
      body: request.body,
      ...notAfter,
    })
    return judge(notice, { status, body, identifier: message.identifier, outcome })
  } catch (error) {
    if (!(error instanceof NetworkFault)) throw error
    if (error.mayHaveArrived) return unknown(null, error.reason)
    if (error.reason === 'too_late') return notTaken(notice, refused(notice, 'expired'), outcome)
    return later(notice, { status: null, fault: error.reason }, outcome)
  }
}

/** Why it doesn't leave now, or ever; undefined where nothing is in its way. */
async function holdOf(
  db: Database,
  notice: ClaimedNotice,
  alert: AlertRow | undefined,
  now: Date,
): Promise<Settlement | undefined> {
  if (alert === undefined) return refused(notice, 'no_alert')
  if ((await listFollowUps(db, [alert.id])).length > 0) return withdrawn(notice, 'superseded')
  if (alert.state === 'stopped') return withdrawn(notice, 'alert_stopped')
  if (alert.expires !== null && alert.expires <= now) return refused(notice, 'expired')
  if (alert.holdUntil !== null && alert.holdUntil > now) {
    return putOff(alert.holdUntil.getTime() - now.getTime())
  }
  if (alert.state === 'paused') return putOff(PUT_OFF_MS)
  const { subscriberId } = notice
  // What it follows has either left, and then comes first, or never will.
  await withdrawEarlier(db, subscriberId, alert.references)
  const earlier = await postsOf(db, subscriberId, alert.references)
  return earlier.some(one => one.state === 'waiting') ? putOff(PUT_OFF_MS) : undefined
}

async function withdrawEarlier(
  db: Database,
  subscriberId: string,
  alertIds: readonly string[],
): Promise<void> {
  await transact(db, async tx => {
    const fault = 'superseded'
    for (const cancelled of await cancelUnposted(tx, subscriberId, alertIds, fault)) {
      const settled = { state: 'cancelled', status: null, fault } as const
      await tellOfPost(tx, { ...cancelled, subscriberId, attempts: 0 }, settled)
    }
  })
}

/** The message as it is to be posted now, or why it is not. */
async function makeMessage(
  db: Database,
  notice: ClaimedNotice,
  settings: IpawsSettings,
  now: Date,
): Promise<{ readonly message: CapMessage } | { readonly settlement: Settlement }> {
  const { data } = JSON.parse(notice.body) as { data: { cap: string | null } }
  const exported = data.cap === null ? undefined : messageIn(data.cap)
  if (exported === undefined) return { settlement: refused(notice, 'no_cap') }
  const ids = exported.references.map(({ identifier }) => identifier).filter(isOurs)
  const ends = (await Promise.all(ids.map(id => findAlert(db, id))))
    .flatMap(followed => followed?.expires ?? [])
    .sort((a, b) => b.getTime() - a.getTime())[0]
  const earlier = await postedBefore(db, notice.subscriberId, ids)
  const message = messageToPost(exported, earlier, { now, ends })
  const subscriber = await findSubscriber(db, notice.subscriberId)
  const faults = postFaults(message, settings, subscriber?.statuses ?? [])
  if (faults.length === 0) return { message }
  const outcome = { ...NO_OUTCOME, faults }
  return { settlement: { ...refused(notice, 'does_not_fit'), outcome } }
}

async function postedBefore(
  db: Database,
  subscriberId: string,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, CapMessage>> {
  const posts = await postsOf(db, subscriberId, alertIds)
  return new Map(
    posts.flatMap(({ alertId, postedXml }) => {
      const message = postedXml === null ? undefined : messageIn(postedXml)
      return message === undefined ? [] : [[alertId, message] as const]
    }),
  )
}

const isOurs = (identifier: string) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(identifier)
const messageIn = (xml: string) => readCapXml(Buffer.from(xml)).message

interface Answered {
  readonly status: number
  readonly body: Uint8Array
  readonly identifier: string
  readonly outcome: PostOutcome
}

function judge(notice: ClaimedNotice, answered: Answered): Settlement {
  const { status, body, identifier, outcome } = answered
  const answer = readPostAnswer(body, identifier)
  if (answer.kind === 'fault') {
    return later(notice, { status, fault: 'soap_fault' }, { ...outcome, said: answer.said })
  }
  if (status < 200 || status > 299) {
    // RFC 9110 §15.6: a gateway that fails a request may have passed it on.
    const isRefusal = status < 500 || status === 503
    return isRefusal
      ? later(notice, { status, fault: 'http_error' }, outcome)
      : unknown(status, 'http_error')
  }
  if (answer.kind !== 'channels') return unknown(status, 'invalid_answer')
  const { state, fault } = judgeChannels(answer.channels)
  const told = { ...outcome, channels: answer.channels }
  if (state === 'failed') {
    return { state, status, fault, outcome: { ...told, sent: null }, nothingTaken: true }
  }
  // What the far side holds is what it was posted before.
  const isHeld = fault === 'duplicate' && notice.postedXml !== null
  return { state, status, fault, outcome: told, ...(isHeld && { postedXml: notice.postedXml }) }
}

/** It was not taken, and is tried again after a pause. */
function later(
  notice: ClaimedNotice,
  { status, fault }: { readonly status: number | null; readonly fault: string },
  outcome: PostOutcome,
): Settlement {
  const { postedXml, attempts } = notice
  const settled = postedXml === null ? settlementOf({ fault }, attempts) : unknown(status, fault)
  return notTaken(notice, { ...settled, status }, outcome)
}

/** This time it was not. Of what may have been taken before, that says nothing. */
function notTaken(
  { postedXml }: ClaimedNotice,
  settlement: Settlement,
  outcome: PostOutcome,
): Settlement {
  return postedXml === null
    ? { ...settlement, outcome: { ...outcome, sent: null }, nothingTaken: true }
    : { ...settlement, outcome, postedXml }
}

function unknown(status: number | null, fault: string): Settlement {
  return { state: 'unknown', status, fault }
}

/** Not posted, and not tried again by itself. */
function refused({ postedXml }: ClaimedNotice, fault: string | null): Settlement {
  return { state: postedXml === null ? 'failed' : 'unknown', status: null, fault }
}

/** Nobody is to be told any more. */
function withdrawn({ postedXml }: ClaimedNotice, fault: string): Settlement {
  return { state: postedXml === null ? 'cancelled' : 'unknown', status: null, fault }
}

function putOff(afterMs: number): Settlement {
  return { state: 'waiting', afterMs, status: null, fault: null, isPutOff: true }
}
