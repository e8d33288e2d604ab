import type { DefaultAlphabet } from '../encoding/message-text.ts'
import { Texts } from './texts.ts'

/**
 * The list of what arrived: every segment that a message centre took, every whole message a phone has read, and
 * every answer it gave. Several message centres write one list, for a phone may be reached through any of them,
 * and the times are of one monotonic clock.
 *
 * A million messages have to stay in memory beside the system that is tested, so the list is columns of numbers
 * (about 60 octets a message of one segment) and each different text is kept once.
 */

/** What a phone meant by an answer, as it alone knows. */
/** `help:<code>`: a call for help, which counts as the option too and is answered. */
export type Meaning = `option:${string}` | `help:${string}` | 'optOut' | 'optIn' | 'help' | 'other'

/** How a segment ended at the phone; `taken` until it is decided. */
export type Fate = 'taken' | 'delivered' | 'failed' | 'expired'
const FATES: readonly Fate[] = ['taken', 'delivered', 'failed', 'expired']

export interface Segment {
  /** E.164 with `+`. */
  readonly phone: string
  /** Milliseconds since the list began. */
  readonly at: number
  readonly carrier: string
  readonly systemId: string
  /** The sender that the phone saw. */
  readonly source: string
  /** As a number; each message centre writes it in its own form. */
  readonly messageId: number
  readonly part: number
  readonly total: number
  /** What joins the parts; 0 where there is one. */
  readonly reference: number
  readonly text: string
  /** Seconds that the message was to stay valid; 0 where none were said. */
  readonly validSeconds: number
  readonly fate: Fate
}

export interface Message {
  readonly phone: string
  /** When its last part came. */
  readonly at: number
  readonly text: string
  /** Its last part. */
  readonly segment: number
  readonly fate: Fate
}

export interface Answer {
  readonly phone: string
  /** When the phone sent it. */
  readonly at: number
  readonly text: string
  readonly meaning: Meaning
  /** The message it answers, as a number of the list; -1 for none. */
  readonly message: number
  /** When the last of its parts was acknowledged with ESME_ROK; undefined until then. */
  readonly acknowledgedAt: number | undefined
}

/** One segment as the message centre has read it. */
export interface SegmentInput {
  account: number
  phone: number
  source: number
  text: number
  part: number
  total: number
  reference: number
  validSeconds: number
  fate: Fate
}

export interface SenderAccount {
  readonly carrier: string
  readonly systemId: string
}

const NONE = -1
// Ids of two runs must differ, or a receipt of the first would end a message of the second.
const IDS_PER_MS = 1000
// A phone forgets the parts of a message whose rest doesn't come.
const JOIN_MS = 5 * 60_000

interface Join {
  readonly texts: Int32Array
  readonly began: number
  have: number
}

export class Arrivals {
  /** Epoch milliseconds of time 0 of the list. */
  readonly startedAt = Date.now()
  readonly texts = new Texts()
  readonly firstMessageId = Date.now() * IDS_PER_MS
  readonly #origin = performance.now()
  readonly #accounts: SenderAccount[] = []
  readonly #sources: string[] = []
  readonly #joins = new Map<string, Join>()
  #waiters: { readonly condition: () => boolean; readonly resolve: () => void }[] = []
  #checkIsPlanned = false

  #phones = 0
  #slots = new Int32Array(4096).fill(NONE)
  readonly #digits = new Column(Float64Array)
  readonly #refusals = new Column(Uint16Array)
  readonly #lastMessage = new Column(Int32Array)
  readonly #lastAnswer = new Column(Int32Array)
  readonly #phoneColumns = [this.#digits, this.#refusals, this.#lastMessage, this.#lastAnswer]

  #segments = 0
  readonly #phone = new Column(Int32Array)
  readonly #at = new Column(Float64Array)
  readonly #account = new Column(Uint16Array)
  readonly #source = new Column(Uint16Array)
  readonly #text = new Column(Int32Array)
  readonly #reference = new Column(Uint16Array)
  readonly #total = new Column(Uint8Array)
  readonly #part = new Column(Uint8Array)
  readonly #valid = new Column(Uint32Array)
  readonly #fate = new Column(Uint8Array)
  readonly #segmentColumns = [
    this.#phone,
    this.#at,
    this.#account,
    this.#source,
    this.#text,
    this.#reference,
    this.#total,
    this.#part,
    this.#valid,
    this.#fate,
  ]

  #messages = 0
  readonly #messageSegment = new Column(Int32Array)
  readonly #messageText = new Column(Int32Array)
  readonly #previousMessage = new Column(Int32Array)
  readonly #messageColumns = [this.#messageSegment, this.#messageText, this.#previousMessage]

  #answers = 0
  readonly #answerPhone = new Column(Int32Array)
  readonly #answerAt = new Column(Float64Array)
  readonly #answerText = new Column(Int32Array)
  readonly #answerMeaning = new Column(Int32Array)
  readonly #answerMessage = new Column(Int32Array)
  readonly #acknowledgedAt = new Column(Float64Array)
  readonly #previousAnswer = new Column(Int32Array)
  readonly #answerColumns = [
    this.#answerPhone,
    this.#answerAt,
    this.#answerText,
    this.#answerMeaning,
    this.#answerMessage,
    this.#acknowledgedAt,
    this.#previousAnswer,
  ]
  #acknowledged = 0

  get phones(): number {
    return this.#phones
  }
  get segments(): number {
    return this.#segments
  }
  /** Whole messages: parts that still miss others are no message. */
  get messages(): number {
    return this.#messages
  }
  get answers(): number {
    return this.#answers
  }
  get acknowledgedAnswers(): number {
    return this.#acknowledged
  }
  /** Messages of which some parts came and others have not. */
  get incomplete(): number {
    return this.#joins.size
  }

  /** Milliseconds since the list began. */
  now(): number {
    return performance.now() - this.#origin
  }

  /** As `now()` says it, a moment of `performance.now()`. */
  timeOf(performanceNow: number): number {
    return performanceNow - this.#origin
  }

  addAccount(account: SenderAccount): number {
    return this.#accounts.push(account) - 1
  }

  sourceNumber(address: string): number {
    const known = this.#sources.indexOf(address)
    return known >= 0 ? known : this.#sources.push(address) - 1
  }

  sourceOf(segment: number): string {
    return this.#sources[this.#source.values[segment]!]!
  }

  readText(
    frame: Uint8Array,
    start: number,
    end: number,
    dataCoding: number,
    alphabet: DefaultAlphabet,
    headerOctets: number,
  ): number {
    return this.texts.read(frame, start, end, dataCoding, alphabet, headerOctets)
  }

  /**
   * Notes a segment that was taken. Its number in the list is `segments - 1`, its message id that number
   * past `firstMessageId`.
   * @returns the number of the whole message that it completes, -1 where it completes none
   */
  addSegment(input: SegmentInput, at: number): number {
    const segment = this.#segments++
    makeRoom(segment, this.#segmentColumns)
    const phone = this.#phoneNumber(input.phone)
    this.#phone.values[segment] = phone
    this.#at.values[segment] = at
    this.#account.values[segment] = input.account
    this.#source.values[segment] = input.source
    this.#text.values[segment] = input.text
    this.#reference.values[segment] = input.reference
    this.#total.values[segment] = input.total
    this.#part.values[segment] = input.part
    this.#valid.values[segment] = input.validSeconds
    this.#fate.values[segment] = FATES.indexOf(input.fate)
    const text = input.total > 1 ? this.#join(phone, input, at) : input.text
    const message = text === NONE ? NONE : this.#addMessage(phone, segment, text)
    this.#changed()
    return message
  }

  #addMessage(phone: number, segment: number, text: number): number {
    const message = this.#messages++
    makeRoom(message, this.#messageColumns)
    this.#messageSegment.values[message] = segment
    this.#messageText.values[message] = text
    this.#previousMessage.values[message] = this.#lastMessage.values[phone]!
    this.#lastMessage.values[phone] = message
    return message
  }

  /** As handsets do: by sender, reference and number of parts; a part that comes twice counts once. */
  #join(phone: number, input: SegmentInput, at: number): number {
    const key = `${phone}/${input.source}/${input.reference}/${input.total}`
    let join = this.#joins.get(key)
    if (join === undefined || at - join.began > JOIN_MS) {
      join = { texts: new Int32Array(input.total).fill(NONE), began: at, have: 0 }
      this.#joins.set(key, join)
    }
    if (join.texts[input.part - 1] === NONE) join.have++
    join.texts[input.part - 1] = input.text
    if (join.have < input.total) return NONE
    this.#joins.delete(key)
    return this.texts.numberOf(Array.from(join.texts, text => this.texts.at(text)).join(''))
  }

  /** Notes that a message to this phone was refused for good, by the carrier's own decision. */
  addRefusal(digits: number): void {
    const phone = this.#phoneNumber(digits)
    this.#refusals.values[phone] = this.#refusals.values[phone]! + 1
  }

  /** @returns the answer's number in the list */
  addAnswer(digits: number, text: string, meaning: Meaning, message: number): number {
    const answer = this.#answers++
    makeRoom(answer, this.#answerColumns)
    const phone = this.#phoneNumber(digits)
    this.#answerPhone.values[answer] = phone
    this.#answerAt.values[answer] = this.now()
    this.#answerText.values[answer] = this.texts.numberOf(text)
    this.#answerMeaning.values[answer] = this.texts.numberOf(meaning)
    this.#answerMessage.values[answer] = message
    this.#acknowledgedAt.values[answer] = NaN
    this.#previousAnswer.values[answer] = this.#lastAnswer.values[phone]!
    this.#lastAnswer.values[phone] = answer
    this.#changed()
    return answer
  }

  acknowledgeAnswer(answer: number): void {
    this.#acknowledgedAt.values[answer] = this.now()
    this.#acknowledged++
    this.#changed()
  }

  segment(segment: number): Segment {
    const account = this.#accounts[this.#account.values[segment]!]!
    return {
      phone: this.#msisdn(this.#phone.values[segment]!),
      at: this.#at.values[segment]!,
      carrier: account.carrier,
      systemId: account.systemId,
      source: this.sourceOf(segment),
      messageId: this.firstMessageId + segment,
      part: this.#part.values[segment]!,
      total: this.#total.values[segment]!,
      reference: this.#reference.values[segment]!,
      text: this.texts.at(this.#text.values[segment]!),
      validSeconds: this.#valid.values[segment]!,
      fate: FATES[this.#fate.values[segment]!]!,
    }
  }

  message(message: number): Message {
    const segment = this.#messageSegment.values[message]!
    return {
      phone: this.#msisdn(this.#phone.values[segment]!),
      at: this.#at.values[segment]!,
      text: this.texts.at(this.#messageText.values[message]!),
      segment,
      fate: FATES[this.#fate.values[segment]!]!,
    }
  }

  answer(answer: number): Answer {
    const acknowledgedAt = this.#acknowledgedAt.values[answer]!
    return {
      phone: this.#msisdn(this.#answerPhone.values[answer]!),
      at: this.#answerAt.values[answer]!,
      text: this.texts.at(this.#answerText.values[answer]!),
      meaning: this.texts.at(this.#answerMeaning.values[answer]!) as Meaning,
      message: this.#answerMessage.values[answer]!,
      acknowledgedAt: Number.isNaN(acknowledgedAt) ? undefined : acknowledgedAt,
    }
  }

  /** The whole text of `message`. */
  textOf(message: number): string {
    return this.texts.at(this.#messageText.values[message]!)
  }

  /** The digits of the phone that has read `message`, as the number that `addAnswer` takes. */
  readerOf(message: number): number {
    return this.#digits.values[this.#phone.values[this.#messageSegment.values[message]!]!]!
  }

  /** Whether the phone had read the same text before `message`. */
  isRepeat(message: number): boolean {
    const text = this.#messageText.values[message]!
    for (
      let m = this.#previousMessage.values[message]!;
      m >= 0;
      m = this.#previousMessage.values[m]!
    ) {
      if (this.#messageText.values[m] === text) return true
    }
    return false
  }

  /** The whole messages of one phone, oldest first. */
  messagesOf(phone: string): Message[] {
    return this.#chain(phone, this.#lastMessage, this.#previousMessage).map(m => this.message(m))
  }

  /** The answers of one phone, oldest first. */
  answersOf(phone: string): Answer[] {
    return this.#chain(phone, this.#lastAnswer, this.#previousAnswer).map(a => this.answer(a))
  }

  #chain(phone: string, last: Column<Int32Array>, previous: Column<Int32Array>): number[] {
    const known = this.#find(Number(phone.replace(/^\+/, '')))
    const chain: number[] = []
    if (known === NONE) return chain
    for (let i = last.values[known]!; i >= 0; i = previous.values[i]!) chain.push(i)
    return chain.reverse()
  }

  /** Phones whose messages a carrier refused for good. */
  *refusedPhones(): Generator<string> {
    for (let phone = 0; phone < this.#phones; phone++) {
      if (this.#refusals.values[phone]! > 0) yield this.#msisdn(phone)
    }
  }

  /**
   * Resolves once `condition` holds; it is asked again after whatever the list notes.
   * @throws Error where it doesn't come to hold within `timeoutMs`
   */
  async until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    if (condition()) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      const waiter = { condition, resolve }
      this.#waiters.push(waiter)
      timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter(w => w !== waiter)
        reject(
          new Error(`the list of arrivals did not come to what was awaited in ${timeoutMs} ms`),
        )
      }, timeoutMs)
    })
    clearTimeout(timer)
  }

  #changed(): void {
    if (this.#waiters.length === 0 || this.#checkIsPlanned) return
    this.#checkIsPlanned = true
    setImmediate(() => {
      this.#checkIsPlanned = false
      const waiters = this.#waiters
      this.#waiters = []
      for (const waiter of waiters) {
        if (waiter.condition()) waiter.resolve()
        else this.#waiters.push(waiter)
      }
    })
  }

  #msisdn(phone: number): string {
    return `+${this.#digits.values[phone]!}`
  }

  #phoneNumber(digits: number): number {
    const known = this.#find(digits)
    if (known !== NONE) return known
    const phone = this.#phones++
    makeRoom(phone, this.#phoneColumns)
    this.#digits.values[phone] = digits
    this.#refusals.values[phone] = 0
    this.#lastMessage.values[phone] = NONE
    this.#lastAnswer.values[phone] = NONE
    if (this.#phones * 2 > this.#slots.length) this.#rehash()
    else this.#slots[this.#slotOf(digits)] = phone
    return phone
  }

  #find(digits: number): number {
    return this.#slots[this.#slotOf(digits)]!
  }

  /** Open addressing: the slot that holds `digits`, or the empty one where they belong. */
  #slotOf(digits: number): number {
    const mask = this.#slots.length - 1
    // `|` takes the low 32 bits of a number of any size; the remainder takes ten times as long.
    let hash = Math.imul((digits | 0) ^ Math.floor(digits / 0x1_0000_0000), 0x9e3779b1)
    hash ^= hash >>> 15
    let slot = hash & mask
    for (;;) {
      const phone = this.#slots[slot]!
      if (phone === NONE || this.#digits.values[phone] === digits) return slot
      slot = (slot + 1) & mask
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NONE)
    for (let phone = 0; phone < this.#phones; phone++) {
      this.#slots[this.#slotOf(this.#digits.values[phone]!)] = phone
    }
  }
}

type NumberArray = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/**
 * Numbers of one kind, written as `values[row]` after `makeRoom`: a write that had to look for room itself, at
 * one place for all kinds of arrays, took five times as long.
 */
class Column<T extends NumberArray> {
  values: T
  readonly #make: new (length: number) => T

  constructor(make: new (length: number) => T) {
    this.#make = make
    this.values = new make(1024)
  }

  double(): void {
    const larger = new this.#make(this.values.length * 2)
    larger.set(this.values)
    this.values = larger
  }
}

function makeRoom(row: number, columns: readonly { values: NumberArray; double(): void }[]): void {
  if (row >= columns[0]!.values.length) for (const column of columns) column.double()
}
