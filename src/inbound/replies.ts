/**
 * Replies, from a batch of texts to rows and counters, in one transaction.
 *
 * A text belongs to the newest alert sent to its phone: of those that ask and are open, else of all. Deliveries
 * are locked before anything is judged, so two processes that hear the same phone at once take turns. A carrier
 * may say a thing twice; a person may say another and then the first again: so only what equals the phone's
 * latest words is dropped. The last valid reply counts, and chat after it doesn't take it away.
 */
import { v7 as uuid } from 'uuid'
import type { ReplyOption } from '../cap/alert.ts'
import { readContent } from '../cap/content.ts'
import type { Reply } from '../carriers/carrier.ts'
import { describeError, log } from '../log.ts'
import { transact, type Database } from '../store/database.ts'
import {
  findCandidateAlerts,
  insertInbound,
  lockReplies,
  optInPhones,
  optOutPhones,
  queueAnswers,
  readContents,
  readLastWords,
  setReplies,
  type Answer,
  type Asked,
  type CandidateAlert,
  type InboundText,
  type ReplyState,
} from '../store/inbound.ts'
import { readOrganisation } from '../store/organisation.ts'
import { useKeys } from '../store/receipts.ts'
import { understandReply } from './keywords.ts'

type ReceivedText = Pick<Reply, 'from' | 'to' | 'text' | 'partial'>

interface ReadText extends Asked {
  readonly text: string
  readonly partial: boolean
}

/** The alert that a phone answers when it writes to a number. */
interface Addressee {
  readonly alertId: string
  readonly seq: number
  readonly late: boolean
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
    await useKeys(tx)
    const addressees = await findAddressees(tx, texts)
    const were = await lockReplies(tx, [...addressees.values()])
    const lastWords = await readLastWords(tx, carrierId, phonesOf(texts), now)
    const inbound = understandTexts(texts, addressees, lastWords)
    if (inbound.length === 0) return
    await insertInbound(tx, carrierId, inbound, now)
    const moved = moveReplies(were, inbound, now)
    if (moved.length > 0) await setReplies(tx, moved)
    await heedKeywords(tx, carrierId, inbound, now)
  })
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; phones can send both. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD')
}

const lineOf = ({ phone, to }: Asked) => `${phone} ${to}`
const keyOf = (key: { alertId: string | null; seq: number | null }) => `${key.alertId} ${key.seq}`
const phonesOf = (texts: readonly Asked[]) => [...new Set(texts.map(text => text.phone))]

async function findAddressees(
  tx: Database,
  texts: readonly Asked[],
): Promise<ReadonlyMap<string, Addressee>> {
  const lines = [...new Map(texts.map(text => [lineOf(text), text])).values()]
  const candidates = await findCandidateAlerts(tx, lines)
  const options = await readOptions(tx, [...new Set(candidates.map(one => one.alertId))])
  const byLine = new Map<string, CandidateAlert[]>()
  for (const candidate of candidates) {
    const line = lineOf(candidate)
    const known = byLine.get(line)
    if (known === undefined) byLine.set(line, [candidate])
    else known.push(candidate)
  }
  const addressees = new Map<string, Addressee>()
  for (const [line, newestFirst] of byLine) {
    const asking = newestFirst.filter(
      one => !one.expired && (options.get(one.alertId)?.length ?? 0) > 0,
    )
    const eligible = asking.length > 0 ? asking : newestFirst
    const chosen = eligible.find(one => one.sameNumber) ?? eligible[0]
    if (chosen === undefined) continue
    const { alertId, seq, expired: late } = chosen
    addressees.set(line, { alertId, seq, late, options: options.get(alertId) ?? [] })
  }
  return addressees
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
  lastWords: ReadonlyMap<string, { readonly to: string; readonly text: string }>,
): InboundText[] {
  const latest = new Map(lastWords)
  const inbound: InboundText[] = []
  for (const { phone, to, text, partial } of texts) {
    const last = latest.get(phone)
    if (last?.text === text && last.to === to) continue
    latest.set(phone, { to, text })
    const addressee = addressees.get(lineOf({ phone, to }))
    const understood = understandReply(text, addressee?.options ?? [])
    inbound.push({
      id: uuid(),
      phone,
      to,
      text,
      partial,
      kind: understood.kind,
      option: understood.kind === 'option' ? understood.code : null,
      alertId: addressee?.alertId ?? null,
      seq: addressee?.seq ?? null,
      late: addressee?.late ?? false,
    })
  }
  return inbound
}

/** The deliveries whose reply these texts change, as they are after the last of them. */
function moveReplies(
  were: readonly ReplyState[],
  inbound: readonly InboundText[],
  now: Date,
): ReplyState[] {
  const states = new Map(were.map(state => [keyOf(state), state]))
  const moved = new Map<string, ReplyState>()
  for (const text of inbound) {
    const state = states.get(keyOf(text))
    const next = state && afterText(state, text, now)
    if (next === undefined || next === state) continue
    states.set(keyOf(next), next)
    moved.set(keyOf(next), next)
  }
  return [...moved.values()]
}

function afterText(state: ReplyState, text: InboundText, now: Date): ReplyState {
  switch (text.kind) {
    case 'option':
      return { ...state, reply: text.option, repliedAt: now }
    case 'other':
      return state.reply === null ? { ...state, reply: 'other', repliedAt: now } : state
    case 'optOut':
      return { ...state, optedOut: true }
    case 'optIn':
      return { ...state, optedOut: false }
    case 'help':
      return state
  }
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
