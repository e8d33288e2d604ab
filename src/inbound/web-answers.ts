/**
 * What a recipient reads and answers by the link in their text. Reading changes nothing, for scanners of links read
 * too; an answer is a reply like any other, of the alert that the link is of, and counts by the same rules.
 */
import type { ReplyOption } from '../cap/alert.ts'
import { type AlertContent, readContent, WITHOUT_EXPIRES_MS } from '../cap/content.ts'
import { AppError } from '../errors.ts'
import { isRecipientToken, readRecipientToken } from '../signing/recipient-token.ts'
import { findLinkedAlert, type LinkedAlert } from '../store/alerts.ts'
import { labelsAt, phoneAt, readBlocks } from '../store/blocks.ts'
import { type Database, transact } from '../store/database.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { readContents } from '../store/inbound.ts'
import { NO_CARRIER } from '../store/progress.ts'
import { readReplies } from '../store/replies.ts'
import { findRecipient, type Recipient } from './recipients.ts'
import { recordChoice } from './replies.ts'

/** What an alert says, by the digest of its signed bytes, which never change: read once, however many follow links. */
interface Said extends Pick<AlertContent, 'status' | 'info' | 'texts'> {
  readonly options: readonly ReplyOption[]
}

const saidBefore = new Map<string, Promise<Said>>()
const SAID_KEPT = 50

function saidBy(db: Database, { id, contentDigest }: LinkedAlert): Promise<Said> {
  const digest = contentDigest ?? ''
  let known = saidBefore.get(digest)
  if (known === undefined) {
    known = readSaid(db, id)
    known.catch(() => saidBefore.delete(digest))
    saidBefore.set(digest, known)
    const [oldest] = saidBefore.keys()
    if (saidBefore.size > SAID_KEPT && oldest !== undefined) saidBefore.delete(oldest)
  }
  return known
}

async function readSaid(db: Database, alertId: string): Promise<Said> {
  const bytes = (await readContents(db, [alertId])).get(alertId)
  if (bytes === undefined) throw noSuchLink()
  const { status, info, texts, replies } = readContent(bytes)
  return { status, info, texts, options: replies.options }
}

/** A recipient of an alert, as their link names them. */
export interface Linked {
  /** The alert that they answer; of a reminder the one that it reminds of. */
  readonly alert: LinkedAlert
  /** Of what they were sent. */
  readonly said: Said
  readonly options: readonly ReplyOption[]
  /** Of the text that they got, and its block. */
  readonly textNo: number
  readonly recipient: Recipient
  readonly phone: string
  readonly carrierId: string
}

/** What the page shows. */
export interface WebAlert {
  readonly status: AlertContent['status']
  readonly block: AlertContent['info'][number]
  readonly sms: string
  readonly language: string
  readonly options: readonly ReplyOption[]
  /** What they count as now: an option's code, `full` or `other`. */
  readonly answered: string | undefined
  /** It was taken back, or is over. */
  readonly ended: 'cancelled' | 'allClear' | 'expired' | undefined
}

/**
 * @param key for tokens
 * @throws AppError `not_found` for what is no recipient's token; `expired` where recipients are no longer known
 */
export async function findLinked(
  db: Database,
  key: Buffer,
  token: string,
  now: Date,
): Promise<Linked> {
  const said = readRecipientToken(token)
  const sent = said && (await findLinkedAlert(db, { linkNo: said.alertNo }))
  if (said === undefined || sent?.dispatchedAt == null) throw noSuchLink()
  const { alertNo, seq } = said
  if (!isRecipientToken(key, token, { alertNo, alertId: sent.id, seq })) throw noSuchLink()
  const alert = sent.reminderOf === null ? sent : await findLinkedAlert(db, { id: sent.reminderOf })
  if (alert?.dispatchedAt == null) throw noSuchLink()
  if (sent.recipientsDeletedAt !== null || alert.recipientsDeletedAt !== null) throw isOver()
  const [read] = await readBlocks(db, sent.id, seq, 1)
  const offset = seq - (read?.blockNo ?? 0)
  if (read === undefined || offset < 0 || offset >= read.block.size) throw noSuchLink()
  const phone = phoneAt(read.phones, offset)
  const known = {
    id: alert.id,
    planned: alert.planned,
    expired: endOf(alert) <= now.getTime(),
    dispatchedAt: alert.dispatchedAt.getTime(),
  }
  const own: Recipient = { alert: known, blockNo: read.blockNo, offset, ...labelsAt(read, offset) }
  // Among the recipients of the alert itself they have another number than among those of its reminder.
  const recipient = sent === alert ? own : await findRecipient(db, known, phone)
  if (recipient === undefined) throw noSuchLink()
  return {
    alert,
    said: await saidBy(db, sent),
    options: (await saidBy(db, alert)).options,
    textNo: read.textNo,
    recipient,
    phone,
    carrierId: read.block.carrier(offset) ?? NO_CARRIER,
  }
}

export async function readWebAlert(db: Database, linked: Linked, now: Date): Promise<WebAlert> {
  const { alert, said, options, textNo, recipient } = linked
  const seq = recipient.blockNo + recipient.offset
  const reply = (await readReplies(db, alert.id, seq, seq)).get(seq)
  const { language, sms } = said.texts[textNo]!
  return {
    status: said.status,
    block: said.info[textNo]!,
    sms,
    language,
    options,
    answered: reply?.option,
    ended: await endedBy(db, alert, now),
  }
}

async function endedBy(db: Database, alert: LinkedAlert, now: Date): Promise<WebAlert['ended']> {
  const followUps = await listFollowUps(db, [alert.id])
  if (followUps.some(({ msgType }) => msgType === 'Cancel')) return 'cancelled'
  if (followUps.some(({ isAllClear }) => isAllClear)) return 'allClear'
  return endOf(alert) <= now.getTime() ? 'expired' : undefined
}

const endOf = ({ expires, dispatchedAt }: LinkedAlert) =>
  expires?.getTime() ?? (dispatchedAt?.getTime() ?? 0) + WITHOUT_EXPIRES_MS

export interface WebAnswer {
  /** An option's. */
  readonly code: string
  readonly note: string
  readonly where: string
}

/** @throws AppError `invalid_request` for what is no option; `expired` once the alert is over */
export async function answerByWeb(
  db: Database,
  linked: Linked,
  { code, note, where }: WebAnswer,
  now: Date,
): Promise<void> {
  if ((await endedBy(db, linked.alert, now)) !== undefined) {
    throw isOver()
  }
  if (!linked.options.some(option => option.code === code)) {
    throw new AppError('invalid_request', 'the alert offers no such answer')
  }
  const words = [note, where].filter(part => part !== '').join('\n')
  await transact(db, tx => recordChoice(tx, { ...linked, code, words }, now))
}

function noSuchLink(): AppError {
  return new AppError('not_found', 'there is no such link')
}

function isOver(): AppError {
  return new AppError('expired', 'the alert is over: nothing is answered any more')
}
