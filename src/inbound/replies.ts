/**
 * Replies, from a batch of texts to rows and counters, in one transaction.
 *
 * A text belongs to the newest alert sent to its phone: of those that ask and are open, else of all. Blocks
 * are locked before anything is judged, so two processes that hear the same phone at once take turns. A carrier
 * may say a thing twice; a person may say another and then the first again, or the same of the next alert: so only
 * what equals the phone's latest words, and answers the same alert, is dropped. The last valid reply counts, and chat after it doesn't take it away.
 */
import { v7 as uuid } from 'uuid'
import type { ReplyOption } from '../cap/alert.ts'
import { readContent } from '../cap/content.ts'
import type { Reply } from '../carriers/carrier.ts'
import { describeError, log } from '../log.ts'
import { transact, type Database } from '../store/database.ts'
import type { Block } from '../store/block.ts'
import { lockBlocks, writeBlocks } from '../store/blocks.ts'
import {
  insertInbound,
  optInPhones,
  optOutPhones,
  queueAnswers,
  readContents,
  readLastWords,
  readMarked,
  readRecentAlerts,
  readSourceAddresses,
  type LastWords,
  type Answer,
  type Asked,
  type InboundText,
} from '../store/inbound.ts'
import { readOrganisation } from '../store/organisation.ts'
import { offsetsOf } from '../store/ranges.ts'
import { moveTallies, type TallyMove } from '../store/tallies.ts'
import { understandReply } from './keywords.ts'
import { findRecipients, type Recipient } from './recipients.ts'

type ReceivedText = Pick<Reply, 'from' | 'to' | 'text' | 'partial'>

interface ReadText extends Asked {
  readonly text: string
  readonly partial: boolean
}

/** An alert that may have reached a phone, and so may be what it answers. */
interface Candidate {
  readonly recipient: Recipient
  readonly block: Block
  readonly carrierId: string | undefined
  readonly reachedAt: number
}

/** The alert that a phone answers when it writes to a number. */
interface Addressee {
  readonly recipient: Recipient
  readonly block: Block
  readonly options: readonly ReplyOption[]
}

/**
 * Records a batch of texts that phones sent to one carrier's numbers, in the order in which they came. Texts from
 * phones that no alert was sent to are kept, and move no tally. Acknowledge them after this resolves.
 */
export async function recordReplies(
  db: Database,
  carrierId: string,
  received: readonly ReceivedText[],
  now: Date = new Date(),
): Promise<void> {
  if (received.length === 0) return
  const texts = received.map(one => ({
    phone: one.from,
    to: one.to,
    text: storable(one.text),
    partial: one.partial,
  }))
  await transact(db, async tx => {
    const alerts = await readRecentAlerts(tx)
    const recipients = await findRecipients(tx, alerts, phonesOf(texts))
    const blocks = await lockBlocksOf(tx, [...recipients.values()].flat())
    const addressees = await findAddressees(tx, texts, recipients, blocks)
    const lastWords = await readLastWords(tx, carrierId, phonesOf(texts), now)
    const inbound = understandTexts(texts, addressees, lastWords)
    if (inbound.length === 0) return
    await insertInbound(tx, carrierId, inbound, now)
    await moveTallies(
      tx,
      inbound.flatMap(text => reply(text, addressees.get(lineOf(text)), now)),
    )
    await writeBlocks(tx, blocks.values())
    await heedKeywords(tx, carrierId, inbound, now)
  })
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; phones can send both. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD')
}

const lineOf = ({ phone, to }: Asked) => `${phone} ${to}`
const placeOf = (alertId: string, blockNo: number) => `${alertId} ${blockNo}`
const phonesOf = (texts: readonly Asked[]) => [...new Set(texts.map(text => text.phone))]

/** By alert and number, in the order in which everybody locks them. */
async function lockBlocksOf(
  tx: Database,
  recipients: readonly Recipient[],
): Promise<ReadonlyMap<string, Block>> {
  const blocks = new Map<string, Block>()
  for (const alertId of [...new Set(recipients.map(({ alert }) => alert.id))].toSorted()) {
    const here = recipients.filter(({ alert }) => alert.id === alertId)
    const locked = await lockBlocks(tx, alertId, [...new Set(here.map(one => one.blockNo))])
    for (const [blockNo, block] of locked) blocks.set(placeOf(alertId, blockNo), block)
  }
  return blocks
}

async function findAddressees(
  tx: Database,
  texts: readonly ReadText[],
  recipients: ReadonlyMap<string, readonly Recipient[]>,
  blocks: ReadonlyMap<string, Block>,
): Promise<ReadonlyMap<string, Addressee>> {
  const alertIds = [...new Set([...recipients.values()].flat().map(({ alert }) => alert.id))]
  const options = await readOptions(tx, alertIds)
  const sources = await readSourceAddresses(tx)
  const marked = await readMarkedPlaces(tx, blocks)
  const addressees = new Map<string, Addressee>()
  for (const text of texts) {
    const line = lineOf(text)
    if (addressees.has(line)) continue
    const newestFirst = (recipients.get(text.phone) ?? [])
      .flatMap(recipient => candidateOf(recipient, blocks, marked) ?? [])
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
    addressees.set(line, {
      recipient: chosen.recipient,
      block: chosen.block,
      options: asksOf(chosen),
    })
  }
  return addressees
}

const bare = (number: string) => number.replace(/^\++/, '')

/**
 * Undefined where the alert can't have reached it yet. A reply can be quicker than the result that says its
 * message was taken: so what lies under a range's mark counts as sent.
 */
function candidateOf(
  recipient: Recipient,
  blocks: ReadonlyMap<string, Block>,
  marked: ReadonlySet<string>,
): Candidate | undefined {
  const { alert, blockNo, offset } = recipient
  const place = placeOf(alert.id, blockNo)
  const block = blocks.get(place)
  if (block === undefined) return undefined
  const submittedAt = block.submittedAt(offset)
  const state = block.state(offset)
  const mayHaveLeft =
    submittedAt !== undefined ||
    block.isPossibleDuplicate(offset) ||
    state === 'unknown' ||
    (state === 'queued' && marked.has(`${place} ${offset}`))
  if (!mayHaveLeft) return undefined
  const reachedAt = submittedAt?.getTime() ?? alert.dispatchedAt
  return { recipient, block, carrierId: block.carrier(offset), reachedAt }
}

async function readMarkedPlaces(
  tx: Database,
  blocks: ReadonlyMap<string, Block>,
): Promise<ReadonlySet<string>> {
  const places = new Set<string>()
  const blockNos = new Map<string, number[]>()
  for (const { alertId, blockNo } of blocks.values()) {
    blockNos.set(alertId, [...(blockNos.get(alertId) ?? []), blockNo])
  }
  for (const [alertId, nos] of blockNos) {
    for (const range of await readMarked(tx, alertId, nos)) {
      const place = placeOf(alertId, range.blockNo)
      const block = blocks.get(place)
      for (const offset of offsetsOf(range)) {
        if (range.blockNo + offset > range.hwm) break
        if (block?.waitsIn(range.generation, offset) === true) places.add(`${place} ${offset}`)
      }
    }
  }
  return places
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
  texts: readonly ReadText[],
  addressees: ReadonlyMap<string, Addressee>,
  lastWords: ReadonlyMap<string, LastWords>,
): InboundText[] {
  const latest = new Map(lastWords)
  const inbound: InboundText[] = []
  for (const { phone, to, text, partial } of texts) {
    const { options = [], recipient } = addressees.get(lineOf({ phone, to })) ?? {}
    const alertId = recipient?.alert.id ?? null
    const last = latest.get(phone)
    // Two alerts within minutes are each answered with the same word.
    if (last?.text === text && last.to === to && last.alertId === alertId) continue
    latest.set(phone, { to, text, alertId })
    const understood = understandReply(text, options)
    inbound.push({
      id: uuid(),
      phone,
      to,
      text,
      partial,
      kind: understood.kind,
      option: understood.kind === 'option' ? understood.code : null,
      alertId,
      seq: recipient === undefined ? null : recipient.blockNo + recipient.offset,
      late: recipient?.alert.expired ?? false,
    })
  }
  return inbound
}

/** What a text changes in its recipient's block, and by how much it moves the tallies. */
function reply(text: InboundText, addressee: Addressee | undefined, now: Date): TallyMove[] {
  if (addressee === undefined) return []
  const { block, recipient } = addressee
  const { offset } = recipient
  const was = block.reply(offset)
  const wasOut = block.hasOptedOut(offset)
  const says = text.kind === 'option' ? text.option : text.kind === 'other' ? 'other' : null
  // Chat after a valid reply doesn't take it away.
  if (says !== null && (text.kind === 'option' || was === undefined)) {
    block.setReply(offset, says, now.getTime())
  }
  if (text.kind === 'optOut' || text.kind === 'optIn') {
    block.setOptedOut(offset, text.kind === 'optOut')
  }
  const is = block.reply(offset)
  const out = Number(block.hasOptedOut(offset)) - Number(wasOut)
  return [
    ...(was === undefined || was === is ? [] : tallyMoves(recipient, was, -1)),
    ...(is === undefined || was === is ? [] : tallyMoves(recipient, is, 1)),
    ...(out === 0 ? [] : tallyMoves(recipient, 'optedOut', out)),
  ]
}

/** In total, by the first area, by every group. */
function tallyMoves(recipient: Recipient, option: string, count: number): TallyMove[] {
  const alertId = recipient.alert.id
  const groups = recipient.groupNos.map(key => ({ dimension: 'group' as const, key }))
  const areas = recipient.areaNo < 0 ? [] : [{ dimension: 'area' as const, key: recipient.areaNo }]
  const places = [{ dimension: 'total' as const, key: 0 }, ...areas, ...groups]
  return places.map(place => ({ alertId, ...place, option, count }))
}

/** STOP, START and HELP: their effect and the answer that each is owed. */
async function heedKeywords(
  tx: Database,
  carrierId: string,
  inbound: readonly InboundText[],
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
  const optedIn = wantIn.length > 0 ? await optInPhones(tx, wantIn) : []
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
  await queueAnswers(tx, carrierId, answers, now)
}
