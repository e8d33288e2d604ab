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
import type { ReplyOption } from '../cap/alert.ts'
import { readContent } from '../cap/content.ts'
import type { Reply } from '../carriers/carrier.ts'
import { describeError, log } from '../log.ts'
import { transact, type Database } from '../store/database.ts'
import {
  insertInbound,
  optInPhones,
  optOutPhones,
  queueAnswers,
  readContents,
  readHeard,
  readLastWords,
  readMarked,
  readRecentAlerts,
  readSourceAddresses,
  readStandings,
  type LastWords,
  type Standing,
  type Answer,
  type Asked,
  type InboundText,
} from '../store/inbound.ts'
import { readOrganisation } from '../store/organisation.ts'
import { offsetsOf } from '../store/ranges.ts'
import {
  keyOfReplier,
  lockReplies,
  writeReplies,
  type Replier,
  type ReplyState,
} from '../store/replies.ts'
import { moveTallies, type TallyMove } from '../store/tallies.ts'
import { understandReply, type Understood } from './keywords.ts'
import { giveUpParts, joinParts, type ReceivedText, type WholeText } from './parts.ts'
import { findRecipients, type Recipient } from './recipients.ts'

/** An alert that may have reached a phone, and so may be what it answers. */
interface Candidate {
  readonly recipient: Recipient
  readonly carrierId: string | undefined
  readonly reachedAt: number
}

/** The alert that a phone answers when it writes to a number. */
interface Addressee {
  readonly recipient: Recipient
  readonly options: readonly ReplyOption[]
}

/**
 * Records a batch of texts that phones sent to one carrier's numbers, in the order in which they came. Texts from
 * phones that no alert was sent to are kept, and move no tally. Acknowledge them after this resolves.
 */
export async function recordReplies(
  db: Database,
  carrierId: string,
  replies: readonly Omit<Reply, 'acknowledge'>[],
  now: Date = new Date(),
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
  now: Date = new Date(),
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
  const [alerts, sources] = await Promise.all([readRecentAlerts(tx), readSourceAddresses(tx)])
  const recipients = await findRecipients(tx, alerts, phonesOf(texts))
  const addressees = await findAddressees(tx, texts, recipients, sources)
  // One behind the other on the connection: what was said last is read once the lock is held.
  const [states, lastWords, heard] = await Promise.all([
    lockReplies(
      tx,
      [...addressees.values()].map(({ recipient }) => replierOf(recipient)),
    ),
    readLastWords(tx, carrierId, phonesOf(texts), now),
    readHeard(
      tx,
      carrierId,
      texts.flatMap(({ id }) => id ?? []),
    ),
  ])
  const inbound = understandTexts(texts, addressees, lastWords, heard)
  if (inbound.length === 0) return
  const { changed, moves } = heedReplies(inbound, addressees, states, now)
  await Promise.all([
    insertInbound(tx, carrierId, inbound, now),
    writeReplies(tx, changed),
    moveTallies(tx, moves),
  ])
  const answered = new Set(texts.flatMap(({ phone, meaning }) => (meaning ? [phone] : [])))
  await heedKeywords(tx, carrierId, inbound, answered, now)
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; phones can send both. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD')
}

const lineOf = ({ phone, to }: Asked) => `${phone} ${to}`
const replierOf = ({ alert, blockNo, offset }: Recipient): Replier => ({
  alertId: alert.id,
  seq: blockNo + offset,
})
const phonesOf = (texts: readonly Asked[]) => [...new Set(texts.map(text => text.phone))]

async function findAddressees(
  tx: Database,
  texts: readonly WholeText[],
  recipients: ReadonlyMap<string, readonly Recipient[]>,
  sources: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Addressee>> {
  const everyone = [...recipients.values()].flat()
  const options = await readOptions(tx, [...new Set(everyone.map(({ alert }) => alert.id))])
  const candidates = await findCandidates(tx, everyone)
  const addressees = new Map<string, Addressee>()
  for (const text of texts) {
    const line = lineOf(text)
    if (addressees.has(line)) continue
    const newestFirst = (recipients.get(text.phone) ?? [])
      .flatMap(recipient => candidates.get(recipient) ?? [])
      .toSorted((a, b) => b.reachedAt - a.reachedAt)
    const asksOf = ({ recipient }: Candidate) => options.get(recipient.alert.id) ?? []
    const asking = newestFirst.filter(one => !one.recipient.alert.expired && asksOf(one).length > 0)
    const eligible = asking.length > 0 ? asking : newestFirst
    const sameNumber = ({ carrierId }: Candidate) => {
      const source = carrierId === undefined ? undefined : sources.get(carrierId)
      return source === undefined || bare(source) === bare(text.to)
    }
    const chosen = eligible.find(sameNumber) ?? eligible[0]
    if (chosen === undefined) continue
    addressees.set(line, { recipient: chosen.recipient, options: asksOf(chosen) })
  }
  return addressees
}

const bare = (number: string) => number.replace(/^\++/, '')

/**
 * Those whom their alert can have reached by now. A reply can be quicker than the result that says its message was
 * taken: so what lies under a range's mark counts as sent.
 */
async function findCandidates(
  tx: Database,
  recipients: readonly Recipient[],
): Promise<ReadonlyMap<Recipient, Candidate>> {
  const standings = new Map(
    (await readStandings(tx, recipients.map(placeOf))).map(one => [keyOf(one), one]),
  )
  const waiting = [...standings.values()].filter(one => one.state === 'queued' && !hasLeft(one))
  const marked = await findMarked(tx, waiting)
  // Who is no longer under a mark has perhaps its result by now: it may have come between the two looks.
  const again = waiting.filter(one => !marked.has(one))
  for (const one of await readStandings(tx, again)) standings.set(keyOf(one), one)
  const candidates = new Map<Recipient, Candidate>()
  for (const recipient of recipients) {
    const standing = standings.get(keyOf(placeOf(recipient)))
    if (standing === undefined || !(hasLeft(standing) || marked.has(standing))) continue
    const { carrierId, submittedAt } = standing
    const reachedAt = submittedAt ?? recipient.alert.dispatchedAt
    candidates.set(recipient, { recipient, carrierId, reachedAt })
  }
  return candidates
}

const placeOf = ({ alert, blockNo, offset }: Recipient) => ({ alertId: alert.id, blockNo, offset })
const keyOf = ({ alertId, blockNo, offset }: ReturnType<typeof placeOf>) =>
  keyOfReplier({ alertId, seq: blockNo + offset })

const hasLeft = ({ submittedAt, isPossibleDuplicate, state }: Standing) =>
  submittedAt !== undefined || isPossibleDuplicate || state === 'unknown'

/** Of those who wait, the ones under the mark of a range that still has them. */
async function findMarked(
  tx: Database,
  waiting: readonly Standing[],
): Promise<ReadonlySet<Standing>> {
  const marked = new Set<Standing>()
  for (const alertId of new Set(waiting.map(one => one.alertId))) {
    const here = waiting.filter(one => one.alertId === alertId)
    for (const range of await readMarked(tx, alertId, [...new Set(here.map(one => one.blockNo))])) {
      const offsets = new Set(offsetsOf(range))
      for (const one of here) {
        if (one.blockNo !== range.blockNo || one.generation !== range.generation) continue
        if (one.blockNo + one.offset <= range.hwm && offsets.has(one.offset)) marked.add(one)
      }
    }
  }
  return marked
}

/** What alerts ask. Their content is frozen from before the first message, so it is read once. */
const optionsRead = new Map<string, readonly ReplyOption[]>()
const OPTIONS_KEPT = 500

async function readOptions(
  tx: Database,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ReplyOption[]>> {
  const missing = alertIds.filter(id => !optionsRead.has(id))
  if (missing.length > 0) {
    for (const [alertId, bytes] of await readContents(tx, missing)) {
      optionsRead.set(alertId, optionsIn(alertId, bytes))
    }
  }
  const options = new Map(alertIds.map(id => [id, optionsRead.get(id) ?? []]))
  for (const oldest of optionsRead.keys()) {
    if (optionsRead.size <= OPTIONS_KEPT) break
    optionsRead.delete(oldest)
  }
  return options
}

function optionsIn(alertId: string, bytes: Uint8Array): readonly ReplyOption[] {
  try {
    return readContent(bytes).replies.options
  } catch (error) {
    // What people say must be kept also where an alert's bytes were damaged after it was sent.
    log.error({ alertId, code: describeError(error) }, 'an alert asks nothing that can be read')
    return []
  }
}

function understandTexts(
  texts: readonly WholeText[],
  addressees: ReadonlyMap<string, Addressee>,
  lastWords: ReadonlyMap<string, LastWords>,
  heard: ReadonlySet<string>,
): InboundText[] {
  const known = new Set(heard)
  const latest = new Map(lastWords)
  const inbound: InboundText[] = []
  const nextId = idsInOrder(texts.length)
  for (const { phone, to, text, partial, id, meaning } of texts) {
    if (id !== undefined && known.has(id)) continue
    const { options = [], recipient } = addressees.get(lineOf({ phone, to })) ?? {}
    const alertId = recipient?.alert.id ?? null
    const last = latest.get(phone)
    // Two alerts within minutes are each answered with the same word.
    if (id !== undefined) known.add(id)
    else if (last?.text === text && last.to === to && last.alertId === alertId) continue
    latest.set(phone, { to, text, alertId })
    const understood: Understood =
      meaning === undefined ? understandReply(text, options) : { kind: meaning }
    inbound.push({
      id: nextId(),
      phone,
      to,
      text,
      partial,
      kind: understood.kind,
      option: understood.kind === 'option' ? understood.code : null,
      alertId,
      seq: recipient === undefined ? null : recipient.blockNo + recipient.offset,
      late: recipient?.alert.expired ?? false,
      sourceId: id ?? null,
    })
  }
  return inbound
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
  inbound: readonly InboundText[],
  addressees: ReadonlyMap<string, Addressee>,
  before: ReadonlyMap<string, ReplyState>,
  now: Date,
): { changed: (Replier & ReplyState)[]; moves: TallyMove[] } {
  const changed = new Map<string, Replier & ReplyState>()
  const moves: TallyMove[] = []
  for (const text of inbound) {
    const recipient = addressees.get(lineOf(text))?.recipient
    if (recipient === undefined) continue
    const replier = replierOf(recipient)
    const key = keyOfReplier(replier)
    const was = changed.get(key) ?? before.get(key) ?? NOTHING_SAID
    const is = afterText(was, text, now)
    if (is === was) continue
    changed.set(key, { ...is, ...replier })
    const out = Number(is.optedOut) - Number(was.optedOut)
    if (is.option !== was.option) {
      if (was.option !== undefined) moves.push(...tallyMoves(recipient, was.option, -1))
      if (is.option !== undefined) moves.push(...tallyMoves(recipient, is.option, 1))
    }
    if (out !== 0) moves.push(...tallyMoves(recipient, 'optedOut', out))
  }
  return { changed: [...changed.values()], moves }
}

const NOTHING_SAID: ReplyState = { option: undefined, repliedAt: undefined, optedOut: false }

/** What a recipient has replied after one more text. Chat after a valid reply doesn't take it away. */
function afterText(was: ReplyState, text: InboundText, now: Date): ReplyState {
  switch (text.kind) {
    case 'option':
      return { ...was, option: text.option ?? undefined, repliedAt: now }
    case 'other':
      return was.option === undefined ? { ...was, option: 'other', repliedAt: now } : was
    case 'optOut':
      return { ...was, optedOut: true }
    case 'optIn':
      return { ...was, optedOut: false }
    case 'help':
      return was
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

/**
 * STOP, START and HELP: their effect and the answer that each is owed.
 * @param answered phones that the carrier has answered itself
 */
async function heedKeywords(
  tx: Database,
  carrierId: string,
  inbound: readonly InboundText[],
  answered: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const wishes = new Map<string, 'optOut' | 'optIn'>()
  for (const { phone, kind } of inbound) {
    if (kind === 'optOut' || kind === 'optIn') wishes.set(phone, kind)
  }
  const wishing = (wish: 'optOut' | 'optIn') =>
    [...wishes].filter(([, kind]) => kind === wish).map(([phone]) => phone)
  const optedOut = wishing('optOut')
  const wantIn = wishing('optIn')
  const asking = phonesOf(inbound.filter(text => text.kind === 'help'))
  if (optedOut.length > 0) await optOutPhones(tx, optedOut, now)
  const optedIn = wantIn.length > 0 ? await optInPhones(tx, carrierId, wantIn) : []
  if (optedOut.length + optedIn.length + asking.length === 0) return

  const { policy } = await readOrganisation(tx)
  const answer = (kind: Answer['kind'], text: string) => (phone: string) => ({
    id: uuid(),
    phone,
    kind,
    text,
  })
  const answers = [
    ...optedOut.map(answer('optOut', policy.optOutText)),
    ...optedIn.map(answer('optIn', policy.optInText)),
    ...asking.map(answer('help', policy.helpText)),
  ]
  const owed = answers.filter(({ phone }) => !answered.has(phone))
  if (owed.length > 0) await queueAnswers(tx, carrierId, owed, now)
}
