/**
 * Replies, from a batch of texts to rows and counters, in one transaction.
 *
 * A text belongs to the newest alert sent to its phone: of those that ask and are open, else of all. What the
 * recipient has replied so far is locked before the text is judged, so two processes that hear the same phone at once
 * take turns. A carrier
 * may say a thing twice; a person may say another and then the first again, or the same of the next alert: so only
 * what equals the phone's latest words, and answers the same alert, is dropped. The last valid reply counts, and chat after it doesn't take it away.
 */
import { randomBytes } from 'node:crypto'
import { v7 as uuid } from 'uuid'
import { databaseTime } from '../clock.ts'
import type { Reply } from '../carriers/carrier.ts'
import { findAlert, type AlertRow } from '../store/alerts.ts'
import { transact, type Database } from '../store/database.ts'
import { askForHelp, findHelpRequestsOf, type Asking } from '../store/help-requests.ts'
import {
  insertInbound,
  readHeard,
  readLastWords,
  readRecentAlerts,
  type Asked,
  type InboundText,
  type LastWords,
} from '../store/inbound.ts'
import {
  FULL,
  keyOfReplier,
  lockReplies,
  writeReplies,
  type Replier,
  type ReplyState,
} from '../store/replies.ts'
import { moveTallies, type TallyMove } from '../store/tallies.ts'
import { storable } from '../store/storable.ts'
import { isWanted } from '../store/subscribers.ts'
import { tellOfRequest } from '../subscribers/notices.ts'
import { findAddressees, lineOf, readQuestions, type Addressee } from './addressees.ts'
import { attribute, type Attributed } from './attribution.ts'
import { isUrgent } from './choices.ts'
import { understandReply } from './keywords.ts'
import { giveUpParts, joinParts, type ReceivedText, type WholeText } from './parts.ts'
import { heedKeywords } from './keyword-answers.ts'
import { answerChosen, lockPlaces, type Chosen, type Places } from './quotas.ts'
import { findRecipients, type Recipient } from './recipients.ts'

/**
 * Records a batch of texts that phones sent to one carrier's numbers, in the order in which they came. Texts from
 * phones that no alert was sent to are kept, and move no tally. Acknowledge them after this resolves.
 */
export async function recordReplies(
  db: Database,
  carrierId: string,
  replies: readonly Omit<Reply, 'acknowledge'>[],
  now: Date = new Date(databaseTime()),
): Promise<void> {
  if (replies.length === 0) return
  const received = replies.map(({ from, to, text, part, id, meaning }): ReceivedText => ({
    phone: from,
    to,
    text: storable(text),
    id,
    meaning,
    ...(part !== undefined && { part }),
  }))
  await transact(db, async tx => {
    await recordTexts(tx, carrierId, await joinParts(tx, carrierId, received, now), now)
  })
}

/** Texts given up in one transaction. */
const GIVEN_UP_AT_ONCE = 500

/** Records what came of texts whose other parts never did. @returns how many */
export async function recordOverdueParts(
  db: Database,
  carrierId: string,
  now: Date = new Date(databaseTime()),
): Promise<number> {
  for (let count = 0; ;) {
    const { texts, more } = await transact(db, async tx => {
      const givenUp = await giveUpParts(tx, carrierId, now, GIVEN_UP_AT_ONCE)
      await recordTexts(tx, carrierId, givenUp.texts, now)
      return givenUp
    })
    count += texts.length
    if (!more) return count
  }
}

async function recordTexts(
  tx: Database,
  carrierId: string,
  texts: readonly WholeText[],
  now: Date,
): Promise<void> {
  if (texts.length === 0) return
  const recipients = await findRecipients(
    tx,
    await readRecentAlerts(tx, carrierId),
    phonesOf(texts),
  )
  const addressees = await findAddressees(tx, texts, recipients)
  const attributed = texts.map(text => ({
    ...text,
    ...attribute(text, addressees.get(lineOf(text)) ?? []),
  }))
  const answering = new Set(attributed.flatMap(({ addressee }) => addressee?.recipient ?? []))
  // One behind the other on the connection: what was said last is read once the lock is held.
  const [states, lastWords, heard] = await Promise.all([
    lockReplies(tx, [...answering].map(replierOf)),
    readLastWords(tx, carrierId, phonesOf(texts), now),
    readHeard(
      tx,
      carrierId,
      texts.flatMap(({ id }) => id ?? []),
    ),
  ])
  const inbound = newTexts(attributed, lastWords, heard, now)
  if (inbound.length === 0) return
  const chosen = await recordNew(tx, carrierId, inbound, states, now)
  const answered = new Set(texts.flatMap(({ phone, meaning }) => (meaning ? [phone] : [])))
  await heedKeywords(tx, carrierId, inbound, answered, now)
  await answerChosen(tx, carrierId, chosen, now)
}

/** New texts, with all that they change. @returns who is to be told whether there was a place */
async function recordNew(
  tx: Database,
  carrierId: string,
  inbound: readonly NewText[],
  states: ReadonlyMap<string, ReplyState>,
  now: Date,
): Promise<Chosen[]> {
  const places = await lockPlaces(tx, askedOf(inbound))
  const { changed, moves, chosen } = heedReplies(inbound, states, places, now)
  await Promise.all([
    insertInbound(tx, carrierId, inbound, now),
    writeReplies(tx, changed),
    moveTallies(tx, moves),
    places?.write(tx),
    recordAsking(tx, inbound, now),
  ])
  return chosen
}

/** What a recipient has chosen otherwise than by a text. */
export interface Choice {
  readonly recipient: Recipient
  readonly phone: string
  /** Of the carrier that had their message. */
  readonly carrierId: string
  /** Of an option of the alert's. */
  readonly code: string
  /** What they wrote beside it, in words of their own; empty: nothing. */
  readonly words: string
}

/** Records it as a reply to the recipient's alert; the same twice is one. Whoever shows it shows the places too. */
export async function recordChoice(
  tx: Database,
  { recipient, phone, carrierId, code, words }: Choice,
  now: Date,
): Promise<void> {
  const text = words === '' ? code : `${code}\n${words}`
  const alertId = recipient.alert.id
  const question = (await readQuestions(tx, [alertId])).get(alertId)
  const replier = replierOf(recipient)
  const states = await lockReplies(tx, [replier])
  // Without more to say, who says the same again has pressed twice.
  if (states.get(keyOfReplier(replier))?.option === code && text === code) return
  const addressee: Addressee | undefined = question && { ...question, recipient }
  const options = question?.options ?? []
  // Who is safe may write who is not: it is read as closely as a text.
  const beside = understandReply(words, options)
  const inbound: NewText = {
    id: idsInOrder(1)(),
    phone,
    to: '',
    text,
    partial: false,
    kind: 'option',
    option: code,
    urgent: isUrgent(code, options) || beside.urgent === true,
    review: beside.kind === 'optOut' ? 'optOut' : (beside.review ?? null),
    automatic: false,
    alertId,
    seq: replier.seq,
    late: isLate(addressee, recipient, now),
    sourceId: null,
    web: true,
    addressee,
    recipient,
  }
  await recordNew(tx, carrierId, [inbound], states, now)
}

function isLate(
  addressee: Addressee | undefined,
  recipient: Recipient | undefined,
  now: Date,
): boolean {
  return recipient?.alert.expired === true || now.getTime() > (addressee?.deadline ?? Infinity)
}

/** What those who write were asked, by alert. */
function askedOf(inbound: readonly NewText[]): Map<string, Addressee> {
  return new Map(
    inbound.flatMap(({ addressee }) =>
      addressee === undefined ? [] : [[addressee.recipient.alert.id, addressee]],
    ),
  )
}

const replierOf = ({ alert, blockNo, offset }: Recipient): Replier => ({
  alertId: alert.id,
  seq: blockNo + offset,
})
const phonesOf = (texts: readonly Asked[]) => [...new Set(texts.map(text => text.phone))]

interface NewText extends InboundText {
  readonly addressee: Addressee | undefined
  readonly recipient: Recipient | undefined
}

/** Those that are no repeats, as rows. */
function newTexts(
  texts: readonly (WholeText & Attributed)[],
  lastWords: ReadonlyMap<string, LastWords>,
  heard: ReadonlySet<string>,
  now: Date,
): NewText[] {
  const known = new Set(heard)
  const latest = new Map(lastWords)
  const inbound: NewText[] = []
  const nextId = idsInOrder(texts.length)
  for (const { phone, to, text, partial, id, addressee, understood } of texts) {
    if (id !== undefined && known.has(id)) continue
    const recipient = addressee?.recipient
    const alertId = recipient?.alert.id ?? null
    const last = latest.get(phone)
    // Two alerts within minutes are each answered with the same word.
    if (id !== undefined) known.add(id)
    else if (last?.text === text && last.to === to && last.alertId === alertId) continue
    latest.set(phone, { to, text, alertId })
    inbound.push({
      id: nextId(),
      phone,
      to,
      text,
      partial,
      kind: understood.kind,
      option: understood.code ?? null,
      urgent: understood.urgent === true,
      review: understood.review ?? null,
      automatic: understood.automatic === true,
      alertId,
      seq: recipient === undefined ? null : recipient.blockNo + recipient.offset,
      late: isLate(addressee, recipient, now),
      sourceId: id ?? null,
      web: false,
      addressee,
      recipient,
    })
  }
  return inbound
}

/** Who needs help, or may, is put before people: once each and alert, whatever they go on to send. */
async function recordAsking(tx: Database, inbound: readonly NewText[], now: Date): Promise<void> {
  const asking = new Map<string, Asking>()
  for (const { urgent, option, addressee, recipient, phone, id } of inbound) {
    if (!urgent || recipient === undefined) continue
    const replier = replierOf(recipient)
    const key = keyOfReplier(replier)
    const before = asking.get(key)
    const hasAsked = option !== null && isUrgent(option, addressee?.options ?? [])
    const certain = hasAsked || before?.certain === true
    const texts = (before?.texts ?? 0) + 1
    asking.set(key, { ...replier, phone, areaNo: recipient.areaNo, certain, inboundId: id, texts })
  }
  if (asking.size === 0) return
  const opened = await askForHelp(tx, [...asking.values()], now)
  // Systems that dispatch help seldom listen, and a flood of cries must not wait for what nobody hears.
  if (opened.length === 0 || !(await isWanted(tx, 'request.opened'))) return
  const alerts = new Map<string, AlertRow | undefined>()
  for (const request of await findHelpRequestsOf(tx, opened)) {
    const { alertId } = request
    const alert = alerts.get(alertId) ?? (await findAlert(tx, alertId))
    alerts.set(alertId, alert)
    if (alert !== undefined) await tellOfRequest(tx, { alert, request, action: 'asked', now })
  }
}

let lastNo = 0

/** Ids that ascend. Chance is asked for once a batch: a fifth of the time of asking for each. */
function idsInOrder(count: number): () => string {
  const random = randomBytes(16 * count)
  const msecs = Date.now()
  let at = 0
  return () => {
    lastNo = (lastNo + 1) >>> 0
    return uuid({ msecs, seq: lastNo, random: random.subarray(at, (at += 16)) })
  }
}

/** What the texts change of what their senders have replied, and by how much they move the tallies. */
function heedReplies(
  inbound: readonly NewText[],
  before: ReadonlyMap<string, ReplyState>,
  places: Places | undefined,
  now: Date,
): { changed: (Replier & ReplyState)[]; moves: TallyMove[]; chosen: Chosen[] } {
  const changed = new Map<string, Replier & ReplyState>()
  const moves: TallyMove[] = []
  const chosen: Chosen[] = []
  for (const text of inbound) {
    const { recipient, addressee, phone } = text
    if (recipient === undefined) continue
    const replier = replierOf(recipient)
    const key = keyOfReplier(replier)
    const was = changed.get(key) ?? before.get(key) ?? NOTHING_SAID
    const said = afterText(was, text, now)
    const is = places === undefined ? said : within(places, recipient.alert.id, was, said)
    const option = addressee?.options.find(({ code }) => code === said.option)
    if (addressee !== undefined && said !== was && option?.quota !== undefined) {
      chosen.push({ phone, addressee, kind: is.option === FULL ? 'full' : 'taken' })
    }
    if (is === was) continue
    changed.set(key, { ...is, ...replier })
    const out = Number(is.optedOut) - Number(was.optedOut)
    if (is.option !== was.option) {
      if (was.option !== undefined) moves.push(...tallyMoves(recipient, was.option, -1))
      if (is.option !== undefined) moves.push(...tallyMoves(recipient, is.option, 1))
    }
    if (out !== 0) moves.push(...tallyMoves(recipient, 'optedOut', out))
  }
  return { changed: [...changed.values()], moves, chosen }
}

/** With the places that there are. */
function within(places: Places, alertId: string, was: ReplyState, said: ReplyState): ReplyState {
  if (said === was || said.option === undefined) return said
  const option = places.choose(alertId, was, said.option)
  places.moved(alertId, was.option, option)
  return { ...said, option }
}

const NOTHING_SAID: ReplyState = { option: undefined, repliedAt: undefined, optedOut: false }

/**
 * What a recipient has replied after one more text. Chat after a valid reply doesn't take it away, and a machine's
 * answer is nobody's. A call for help counts as the option that offers it.
 */
function afterText(was: ReplyState, text: InboundText, now: Date): ReplyState {
  switch (text.kind) {
    case 'option':
    case 'help':
      return text.option === null ? was : { ...was, option: text.option, repliedAt: now }
    case 'other':
      if (text.automatic || was.option !== undefined) return was
      return { ...was, option: 'other', repliedAt: now }
    case 'optOut':
      return { ...was, optedOut: true }
    case 'optIn':
      return { ...was, optedOut: false }
  }
}

/** In total, by the first area, by every group. */
function tallyMoves(recipient: Recipient, option: string, count: number): TallyMove[] {
  const alertId = recipient.alert.id
  const groups = recipient.groupNos.map(key => ({ dimension: 'group' as const, key }))
  const areas = recipient.areaNo < 0 ? [] : [{ dimension: 'area' as const, key: recipient.areaNo }]
  const places = [{ dimension: 'total' as const, key: 0 }, ...areas, ...groups]
  return places.map(place => ({ alertId, ...place, option, count }))
}
