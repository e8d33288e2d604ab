import { type AddressInfo, type Socket, createServer } from 'node:net'
import {
  COMMAND,
  COMMAND_STATUS,
  type CommandStatusName,
  type Pdu,
  type ShortMessageBody,
  TLV,
  commandStatusName,
  decodePdu,
  encodeFaultAnswer,
  encodePdu,
  isPduFault,
  readCommandId,
  readSequence,
} from '../encoding/pdu.ts'
import type { DefaultAlphabet } from '../encoding/message-text.ts'
import { readUserDataHeader } from '../encoding/udh.ts'
import { parseValidity } from '../encoding/validity.ts'
import { AppError } from '../errors.ts'
import { Agenda } from './agenda.ts'
import { Arrivals, type SegmentInput } from './arrivals.ts'
import {
  type Delivery,
  type MessageIdSpelling,
  type ReceiptForm,
  encodeDelivery,
  deliverBody,
  partsOfAnswer,
  spellMessageId,
} from './deliveries.ts'
import { type Delay, type Draw, drawDelay, drawsFrom } from './draws.ts'
import { Link, type Silence } from './link.ts'
import type { Phones, Plan, Saying } from './phones.ts'
import { SlidingSecond } from './sliding-second.ts'
import { createSubmitView, readSubmit } from './submit.ts'

/**
 * An SMPP 3.4 message centre on loopback: it takes submit_sm at the rate its accounts are allowed, answers after
 * the time it is told to, hands each message to a phone, and brings receipts and the phones' answers back as
 * deliver_sm until the ESME has acknowledged them.
 *
 * What it owes an ESME waits in one queue an account and goes out over any of its binds that receive, within a
 * window. It comes back into the queue when the bind dies, when no response comes in time, and a while after a
 * response that says to try again. So an answer that a phone gave is lost only where the ESME refuses it for
 * good.
 */

export interface MessageCentreOptions {
  /** The carrier's name in the list and the counts. */
  readonly name: string
  /** 0 or none: a free one. It listens on 127.0.0.1 alone. */
  readonly port?: number
  readonly accounts: readonly AccountOptions[]
  readonly behaviour?: Partial<Behaviour>
  /** The list to write; several message centres may share one. `'counts'` keeps none: for load alone. */
  readonly list?: Arrivals | 'counts'
  readonly phones?: Phones
  /** Of everything that is drawn. */
  readonly seed?: number
}

export interface AccountOptions {
  readonly systemId: string
  readonly password: string
  /** Over any sliding second; none is no limit. */
  readonly segmentsPerSecond?: number
  /** What becomes of a submit_sm above the limit; `count` takes it. The counts show both. */
  readonly aboveLimit?: 'throttle' | 'count'
  /** Binds at a time; 10 if not said. */
  readonly binds?: number
}

/** What a message centre does of its own; can be changed while it runs. */
export interface Behaviour {
  /** Time from a submit_sm to its response. `missing` and `twice` are shares of 1. */
  readonly responses: Delay & { readonly missing: number; readonly twice: number }
  readonly errors: readonly ErrorShare[]
  readonly receipts: ReceiptBehaviour | 'none'
  /** How a message_id is written in responses. */
  readonly messageId: MessageIdSpelling
  readonly defaultAlphabet: DefaultAlphabet
  /** deliver_sm in flight a bind, the time before one is sent again that was put off, and that got no answer. */
  readonly deliveries: {
    readonly window: number
    readonly retryMs: number
    readonly timeoutMs: number
  }
  /** Sends enquire_link on a bind that was silent for `everyMs`, closes it without a response in `withinMs`. */
  readonly enquire: { readonly everyMs: number; readonly withinMs: number } | 'never'
}

/** A share of 1 of the messages (or of the phones: then always the same ones) is refused with `status`. */
export interface ErrorShare {
  readonly status: CommandStatusName
  readonly share: number
  readonly of: 'messages' | 'phones'
}

export interface ReceiptBehaviour {
  /** How many of 1 of those asked for by registered_delivery. */
  readonly share: number
  readonly delay: Delay
  /** Shares of 1 of the messages that don't reach their phone, all parts of one alike. */
  readonly failed: number
  readonly expired: number
  /** How many of 1 are sent a second time. */
  readonly twice: number
  readonly form: ReceiptForm
  readonly messageId: MessageIdSpelling
}

const DEFAULT_BEHAVIOUR: Behaviour = {
  responses: { ms: 0, spreadMs: 0, missing: 0, twice: 0 },
  errors: [],
  receipts: {
    share: 1,
    delay: { ms: 50, spreadMs: 0 },
    failed: 0,
    expired: 0,
    twice: 0,
    form: 'text and TLVs',
    messageId: 'decimal',
  },
  messageId: 'decimal',
  defaultAlphabet: 'GSM7',
  deliveries: { window: 1_000, retryMs: 1_000, timeoutMs: 30_000 },
  enquire: 'never',
}

export const LINK_ACTIONS = ['drop', 'unbind', 'mute', 'stall', 'resume'] as const
/**
 * `drop` cuts the connection; `unbind` asks the ESME to go; `mute` reads and takes and says nothing; `stall` does
 * not even read; `resume` ends both.
 */
export type LinkAction = (typeof LINK_ACTIONS)[number]

export interface AccountStats {
  readonly systemId: string
  readonly binds: number
  /** submit_sm by the command_status they were answered with. */
  readonly submitted: Readonly<Record<string, number>>
  /** The most in any sliding second: of all that came, and of those taken. */
  readonly mostOfferedInASecond: number
  readonly mostTakenInASecond: number
  readonly takenInLastSecond: number
  /** Milliseconds on the list's clock of the first and the last that was taken. */
  readonly firstTakenAt: number | undefined
  readonly lastTakenAt: number | undefined
  /** deliver_sm: waiting, in flight, acknowledged with ESME_ROK, refused for good, and sent again. */
  readonly deliveries: {
    readonly waiting: number
    readonly inFlight: number
    readonly acknowledged: number
    readonly refused: number
    readonly repeated: number
  }
}

export interface MessageCentre {
  readonly name: string
  readonly port: number
  /** Empty where it keeps counts alone. */
  readonly list: Arrivals
  /** How much is still to come of what has arrived: responses, receipts and answers, until they are acknowledged. */
  readonly owed: number
  stats(): AccountStats[]
  /** Only what is named changes. */
  change(behaviour: Partial<Behaviour>): void
  limit(systemId: string, limit: Pick<AccountOptions, 'segmentsPerSecond' | 'aboveLimit'>): void
  /**
   * Makes a phone send a text; `to` is one of the account's numbers.
   * @returns the answer's number in the list
   * @throws AppError `not_found` where no account has the systemId
   */
  say(systemId: string, from: string, to: string, saying: Saying): number
  /** Sends any deliver_sm: fields left out have their usual values. */
  deliver(systemId: string, from: string, to: string, fields: Partial<ShortMessageBody>): void
  /** Does `action` to all links of the account, or of all; returns to how many. */
  links(action: LinkAction, systemId?: string): number
  /** Refuses the next binds. */
  refuseBinds(times: number, status: CommandStatusName): void
  close(): Promise<void>
}

interface Account {
  readonly options: AccountOptions
  /** In the list. */
  readonly number: number
  segmentsPerSecond: number
  aboveLimit: 'throttle' | 'count'
  readonly offered: SlidingSecond
  readonly takenSecond: SlidingSecond
  taken: number
  firstTakenAt: number | undefined
  lastTakenAt: number | undefined
  /** By command_status, all but ESME_ROK. */
  readonly refused: Map<number, number>
  readonly links: Link[]
  nextLink: number
  queue: Delivery[]
  /** Up to here `queue` has been sent. */
  queueHead: number
  resting: number
  acknowledged: number
  refusedDeliveries: number
  repeated: number
}

/** Kinds of the agenda's events. */
const RESPOND = 0
const SEND_RECEIPT = 1
const SAY = 2
const SEND_AGAIN = 3

const S = COMMAND_STATUS
const ESM_UDHI = 0x40
const NO_MESSAGE = -1
const SWEEP_MS = 250
/** Sent entries that a queue may keep before it is cut. */
const QUEUE_SLACK = 10_000
/** Refusals that are the carrier's last word on a phone: the sender did its part. */
const FINAL_REFUSALS: ReadonlySet<number> = new Set([
  S.ESME_RINVDSTADR,
  S.ESME_RINVNUMDESTS,
  S.ESME_RX_P_APPN,
  S.ESME_RX_R_APPN,
])

/** Starts a message centre; it listens when the promise resolves. */
export async function startMessageCentre(options: MessageCentreOptions): Promise<MessageCentre> {
  const centre = new Centre(options)
  await centre.listen(options.port ?? 0)
  return centre
}

class Centre implements MessageCentre {
  readonly name: string
  readonly list: Arrivals
  port = 0
  readonly #keepsList: boolean
  readonly #server = createServer({ noDelay: true }, socket => this.#connect(socket))
  readonly #accounts = new Map<string, Account>()
  readonly #links = new Map<number, Link>()
  readonly #agenda = new Agenda((kind, a, b, c) => this.#onDue(kind, a, b, c))
  readonly #phones: Phones | undefined
  readonly #seed: number
  readonly #draw: Draw
  /** What phones have yet to say, by the message they answer. */
  readonly #plans = new Map<number, { readonly plan: Plan; readonly account: Account }>()
  readonly #planOfAnswer = new Map<number, { readonly message: number; readonly next: number }>()
  readonly #partsLeft = new Map<number, number>()
  readonly #resting = new Map<number, { readonly account: Account; readonly delivery: Delivery }>()
  #behaviour: Behaviour
  #nextLink = 0
  #nextResting = 0
  #counted = 0
  #refusing = { times: 0, status: 0 }
  #sweep: NodeJS.Timeout | undefined
  readonly #view = createSubmitView()
  readonly #segment: SegmentInput = {
    account: 0,
    phone: 0,
    source: 0,
    text: 0,
    part: 1,
    total: 1,
    reference: 0,
    validSeconds: 0,
    fate: 'taken',
  }
  #lastSource = { address: '', number: -1 }
  #lastValidity = { text: '', seconds: 0 }

  constructor(options: MessageCentreOptions) {
    this.name = options.name
    this.#keepsList = options.list !== 'counts'
    this.list = options.list instanceof Arrivals ? options.list : new Arrivals()
    this.#phones = options.phones
    this.#seed = options.seed ?? 1
    this.#draw = drawsFrom(this.#seed)
    this.#behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour }
    for (const account of options.accounts) {
      this.#accounts.set(account.systemId, {
        options: account,
        number: this.list.addAccount({ carrier: options.name, systemId: account.systemId }),
        segmentsPerSecond: account.segmentsPerSecond ?? Infinity,
        aboveLimit: account.aboveLimit ?? 'throttle',
        offered: new SlidingSecond(),
        takenSecond: new SlidingSecond(),
        taken: 0,
        firstTakenAt: undefined,
        lastTakenAt: undefined,
        refused: new Map(),
        links: [],
        nextLink: 0,
        queue: [],
        queueHead: 0,
        resting: 0,
        acknowledged: 0,
        refusedDeliveries: 0,
        repeated: 0,
      })
    }
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.port = (this.#server.address() as AddressInfo).port
    this.#sweep = setInterval(() => this.#sweepLinks(), SWEEP_MS)
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    this.#agenda.close()
    for (const link of this.#links.values()) link.drop()
    if (!this.#server.listening) return
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  change(behaviour: Partial<Behaviour>): void {
    this.#behaviour = { ...this.#behaviour, ...behaviour }
  }

  limit(systemId: string, limit: Pick<AccountOptions, 'segmentsPerSecond' | 'aboveLimit'>): void {
    const account = this.#account(systemId)
    account.segmentsPerSecond = limit.segmentsPerSecond ?? Infinity
    account.aboveLimit = limit.aboveLimit ?? account.aboveLimit
  }

  say(systemId: string, from: string, to: string, saying: Saying): number {
    const account = this.#account(systemId)
    return this.#send(account, Number(from.replace(/^\+/, '')), to, saying, NO_MESSAGE)
  }

  deliver(systemId: string, from: string, to: string, fields: Partial<ShortMessageBody>): void {
    this.#enqueue(this.#account(systemId), { kind: 'other', body: deliverBody(from, to, fields) })
  }

  refuseBinds(times: number, status: CommandStatusName): void {
    this.#refusing = { times, status: COMMAND_STATUS[status] }
  }

  links(action: LinkAction, systemId?: string): number {
    const links = [...this.#links.values()].filter(
      link => link.systemId !== undefined && (systemId ?? link.systemId) === link.systemId,
    )
    const silences: Partial<Record<LinkAction, Silence>> = {
      mute: 'mute',
      stall: 'stalled',
      resume: 'none',
    }
    for (const link of links) {
      const silence = silences[action]
      if (silence !== undefined) link.be(silence)
      else if (action === 'drop') link.drop()
      else link.sendBare(COMMAND.unbind, 0, link.nextSequence())
    }
    if (action === 'resume') for (const account of this.#accounts.values()) this.#pump(account)
    return links.length
  }

  get owed(): number {
    return this.stats().reduce(
      (sum, { deliveries }) => sum + deliveries.waiting + deliveries.inFlight,
      this.#agenda.size,
    )
  }

  stats(): AccountStats[] {
    return [...this.#accounts.values()].map(account => ({
      systemId: account.options.systemId,
      binds: account.links.length,
      submitted: {
        ESME_ROK: account.taken,
        ...Object.fromEntries([...account.refused].map(([s, n]) => [commandStatusName(s), n])),
      },
      mostOfferedInASecond: account.offered.maximum,
      mostTakenInASecond: account.takenSecond.maximum,
      takenInLastSecond: account.takenSecond.within(this.list.now()),
      firstTakenAt: account.firstTakenAt,
      lastTakenAt: account.lastTakenAt,
      deliveries: {
        waiting: account.queue.length - account.queueHead + account.resting,
        inFlight: account.links.reduce((sum, link) => sum + link.inFlight.size, 0),
        acknowledged: account.acknowledged,
        refused: account.refusedDeliveries,
        repeated: account.repeated,
      },
    }))
  }

  #account(systemId: string): Account {
    const account = this.#accounts.get(systemId)
    if (account !== undefined) return account
    throw new AppError('not_found', `message centre ${this.name} has no account ${systemId}`)
  }

  // --- Links

  #connect(socket: Socket): void {
    const number = this.#nextLink++
    const link = new Link(
      number,
      socket,
      (frame, start, end) => {
        if (readCommandId(frame, start) === COMMAND.submit_sm)
          this.#onSubmit(link, frame, start, end)
        else this.#onPdu(link, frame.subarray(start, end))
      },
      fault => {
        link.send(fault.answer)
        link.end()
      },
      () => this.#onClose(link),
    )
    this.#links.set(number, link)
  }

  #onClose(link: Link): void {
    this.#links.delete(link.number)
    const account = this.#accountOf(link)
    if (account === undefined) return
    account.links.splice(account.links.indexOf(link), 1)
    const unanswered = Array.from(link.inFlight.values(), entry => entry.delivery)
    account.repeated += unanswered.length
    account.queue = [...unanswered, ...account.queue.slice(account.queueHead)]
    account.queueHead = 0
    this.#pump(account)
  }

  #accountOf(link: Link): Account | undefined {
    return link.systemId === undefined ? undefined : this.#accounts.get(link.systemId)
  }

  #onPdu(link: Link, frame: Buffer): void {
    const pdu = decodePdu(frame)
    if (isPduFault(pdu)) {
      const answer = encodeFaultAnswer(pdu)
      if (answer !== undefined) link.send(answer)
      return
    }
    switch (pdu.command) {
      case 'bind_transmitter':
      case 'bind_receiver':
      case 'bind_transceiver':
        this.#onBind(link, pdu)
        break
      case 'enquire_link':
        link.sendBare(COMMAND.enquire_link_resp, S.ESME_ROK, pdu.sequence_number)
        break
      case 'enquire_link_resp':
        link.enquiredAt = undefined
        break
      case 'deliver_sm_resp':
      case 'generic_nack':
        this.#onDeliverResp(link, pdu.sequence_number, pdu.command_status)
        break
      case 'unbind':
        link.sendBare(COMMAND.unbind_resp, S.ESME_ROK, pdu.sequence_number)
        link.end()
        break
      case 'unbind_resp':
        link.end()
        break
      default:
        // A response to nothing of ours; to nack one would go on for ever.
        if (COMMAND[pdu.command] >= COMMAND.generic_nack) break
        link.sendBare(COMMAND.generic_nack, S.ESME_RINVCMDID, pdu.sequence_number)
    }
  }

  #onBind(link: Link, pdu: Extract<Pdu, { password: string; interface_version: number }>): void {
    const account = this.#accounts.get(pdu.system_id)
    const status = this.#judgeBind(link, account, pdu.password)
    link.send(
      encodePdu({
        command: `${pdu.command}_resp`,
        command_status: status,
        sequence_number: pdu.sequence_number,
        system_id: this.name.slice(0, 15),
        tlvs: new Map([[TLV.sc_interface_version, Uint8Array.of(0x34)]]),
      }),
    )
    if (account === undefined || status !== S.ESME_ROK) return
    link.systemId = pdu.system_id
    link.role = pdu.command.slice('bind_'.length) as Link['role']
    account.links.push(link)
    this.#pump(account)
  }

  #judgeBind(link: Link, account: Account | undefined, password: string): number {
    if (link.systemId !== undefined) return S.ESME_RALYBND
    if (this.#refusing.times > 0) {
      this.#refusing.times--
      return this.#refusing.status
    }
    if (account === undefined) return S.ESME_RINVSYSID
    if (account.options.password !== password) return S.ESME_RINVPASWD
    return account.links.length >= (account.options.binds ?? 10) ? S.ESME_RALYBND : S.ESME_ROK
  }

  #sweepLinks(): void {
    const { enquire, deliveries } = this.#behaviour
    const now = performance.now()
    for (const link of this.#links.values()) {
      const account = this.#accountOf(link)
      if (account === undefined || link.silence !== 'none') continue
      if (enquire !== 'never') {
        if (link.enquiredAt !== undefined && now - link.enquiredAt > enquire.withinMs) link.drop()
        else if (link.enquiredAt === undefined && now - link.heardAt > enquire.everyMs)
          link.enquire()
      }
      for (const [sequence, { delivery, sentAt }] of link.inFlight) {
        if (now - sentAt < deliveries.timeoutMs) break
        link.inFlight.delete(sequence)
        account.repeated++
        account.queue.push(delivery)
      }
      this.#pump(account)
    }
  }

  // --- Messages in

  #onSubmit(link: Link, frame: Buffer, start: number, end: number): void {
    const sequence = readSequence(frame, start)
    const account = this.#accountOf(link)
    if (account === undefined || link.role === 'receiver') {
      link.answerSubmit(sequence, S.ESME_RINVBNDSTS, '')
      return
    }
    const now = this.list.now()
    account.offered.add(now)
    let status = readSubmit(this.#view, frame, start, end)
    if (status === S.ESME_ROK) {
      status = this.#judgeSubmit(account, now)
      if (this.#keepsList && FINAL_REFUSALS.has(status)) this.list.addRefusal(this.#view.phone)
    }
    if (status === S.ESME_ROK && this.#keepsList) status = this.#readSegment(frame, start, end)
    if (status !== S.ESME_ROK) {
      account.refused.set(status, (account.refused.get(status) ?? 0) + 1)
      this.#respond(link, sequence, -status)
      return
    }
    account.taken++
    account.takenSecond.add(now)
    account.firstTakenAt ??= now
    account.lastTakenAt = now
    const number = this.#keepsList ? this.list.segments : this.#counted++
    const message = this.#keepsList ? this.#take(account, now) : NO_MESSAGE
    this.#respond(link, sequence, number)
    if (this.#keepsList) this.#oweReceipt(account, number)
    if (message !== NO_MESSAGE) this.#read(account, message)
  }

  #judgeSubmit(account: Account, now: number): number {
    if (
      account.aboveLimit === 'throttle' &&
      account.takenSecond.within(now) >= account.segmentsPerSecond
    ) {
      return S.ESME_RTHROTTLED
    }
    const { errors } = this.#behaviour
    for (let i = 0; i < errors.length; i++) {
      const { status, share, of } = errors[i]!
      const code = COMMAND_STATUS[status]
      const draw = of === 'messages' ? this.#draw : drawsFrom(this.#seed, this.#view.phone, code)
      if (draw() < share) return code
    }
    return S.ESME_ROK
  }

  /** Reads what a phone will see of the submit_sm in `#view` into `#segment`. */
  #readSegment(frame: Buffer, start: number, end: number): number {
    const view = this.#view
    const segment = this.#segment
    segment.part = 1
    segment.total = 1
    segment.reference = 0
    let octets: Buffer = frame
    let from = view.messageStart
    let to = view.messageEnd
    let headerOctets = 0
    if (view.tlvStart < end) {
      const pdu = decodePdu(frame.subarray(start, end))
      if (isPduFault(pdu)) return pdu.command_status
      const tlvs = 'tlvs' in pdu ? pdu.tlvs : new Map<number, Uint8Array>()
      const payload = tlvs.get(TLV.message_payload)
      if (payload !== undefined) {
        octets = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
        from = 0
        to = payload.length
      }
      const reference = tlvs.get(TLV.sar_msg_ref_num)
      if (reference?.length === 2) {
        segment.reference = (reference[0]! << 8) | reference[1]!
        segment.total = Math.max(1, tlvs.get(TLV.sar_total_segments)?.[0] ?? 1)
        segment.part = tlvs.get(TLV.sar_segment_seqnum)?.[0] ?? 1
        if (segment.part < 1 || segment.part > segment.total) return S.ESME_RINVOPTPARAMVAL
      }
    }
    if ((view.esmClass & ESM_UDHI) !== 0) {
      const header = readUserDataHeader(octets.subarray(from, to))
      if (header === undefined) return S.ESME_RINVESMCLASS
      headerOctets = header.octets
      from += headerOctets
      if (header.concat !== undefined) {
        segment.reference = header.concat.reference
        segment.total = header.concat.total
        segment.part = header.concat.part
      }
    }
    segment.validSeconds = 0
    if (view.validityEnd > view.validityStart) {
      const validity = frame.toString('latin1', view.validityStart, view.validityEnd)
      segment.validSeconds = this.#validSeconds(validity)
      if (segment.validSeconds < 0) return S.ESME_RINVEXPIRY
    }
    const alphabet = this.#behaviour.defaultAlphabet
    const { dataCoding } = view
    segment.text = this.list.readText(octets, from, to, dataCoding, alphabet, headerOctets)
    segment.source = this.#sourceNumber(frame.toString('latin1', view.sourceStart, view.sourceEnd))
    segment.phone = view.phone
    segment.fate = this.#fateOf(view.phone, segment.text, segment.reference, segment.total)
    return S.ESME_ROK
  }

  /** Seconds that a validity_period leaves, at least 1; -1 where it can't be read. */
  #validSeconds(validity: string): number {
    if (validity === this.#lastValidity.text) return this.#lastValidity.seconds
    const now = Date.now()
    const until = parseValidity(validity, now)
    const seconds = until === undefined ? -1 : Math.max(1, Math.round((until - now) / 1000))
    // A relative time says the same from one message to the next.
    if (validity.endsWith('R')) this.#lastValidity = { text: validity, seconds }
    return seconds
  }

  #sourceNumber(address: string): number {
    if (address !== this.#lastSource.address) {
      this.#lastSource = { address, number: this.list.sourceNumber(address) }
    }
    return this.#lastSource.number
  }

  /** The same for all parts of a message. */
  #fateOf(phone: number, text: number, reference: number, total: number): SegmentInput['fate'] {
    const { receipts } = this.#behaviour
    if (receipts === 'none' || receipts.failed + receipts.expired === 0) return 'delivered'
    const draw = drawsFrom(this.#seed, phone, total > 1 ? reference : text, total)()
    if (draw < receipts.failed) return 'failed'
    return draw < receipts.failed + receipts.expired ? 'expired' : 'delivered'
  }

  #take(account: Account, now: number): number {
    this.#segment.account = account.number
    return this.list.addSegment(this.#segment, now)
  }

  /** `outcome` is the number of the segment that was taken, or the command_status of a refusal, negative. */
  #respond(link: Link, sequence: number, outcome: number): void {
    const { responses } = this.#behaviour
    if (responses.missing > 0 && this.#draw() < responses.missing) return
    const copies = responses.twice > 0 && this.#draw() < responses.twice ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (responses.ms + responses.spreadMs === 0) this.#sendResponse(link, sequence, outcome)
      else {
        this.#agenda.add(drawDelay(responses, this.#draw), RESPOND, link.number, sequence, outcome)
      }
    }
  }

  #sendResponse(link: Link, sequence: number, outcome: number): void {
    if (outcome < 0) link.answerSubmit(sequence, -outcome, '')
    else {
      const id = this.list.firstMessageId + outcome
      link.answerSubmit(sequence, S.ESME_ROK, spellMessageId(id, this.#behaviour.messageId))
    }
  }

  #oweReceipt(account: Account, segment: number): void {
    const { receipts } = this.#behaviour
    // SMPP 3.4 §5.2.17: 1 asks for every final outcome, 2 for failures alone.
    const asked = this.#view.registeredDelivery & 3
    if (receipts === 'none' || asked === 0) return
    if (asked === 2 && this.#segment.fate === 'delivered') return
    if (receipts.share < 1 && this.#draw() >= receipts.share) return
    const copies = receipts.twice > 0 && this.#draw() < receipts.twice ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const delay = drawDelay(receipts.delay, this.#draw)
      this.#agenda.add(delay, SEND_RECEIPT, segment, account.number, 0)
    }
  }

  // --- Phones

  /** The phone reads a whole message and makes up its mind; a text that it has had before is not answered. */
  #read(account: Account, message: number): void {
    if (this.#phones === undefined || this.#segment.fate !== 'delivered') return
    if (this.list.isRepeat(message)) return
    const plan = this.#phones(this.#view.phone, this.list.message(message).text)
    if (plan === undefined) return
    this.#plans.set(message, { plan, account })
    this.#agenda.add(plan.delays[0]!, SAY, message, 0, 0)
  }

  #say(message: number, step: number): void {
    const planned = this.#plans.get(message)
    if (planned === undefined) return
    const { plan, account } = planned
    const { segment } = this.list.message(message)
    const to = this.list.sourceOf(segment)
    const phone = this.list.readerOf(message)
    const answer = this.#send(account, phone, to, plan.say[step]!, message)
    if (step + 1 < plan.say.length) this.#planOfAnswer.set(answer, { message, next: step + 1 })
    else this.#plans.delete(message)
  }

  #send(account: Account, phone: number, to: string, saying: Saying, message: number): number {
    const parts = partsOfAnswer(saying.text)
    const answer = this.list.addAnswer(phone, saying.text, saying.means, message)
    this.#partsLeft.set(answer, parts)
    for (let part = 1; part <= parts; part++) {
      this.#enqueue(account, { kind: 'answer', answer, to, part })
    }
    return answer
  }

  // --- Deliveries out

  #enqueue(account: Account, delivery: Delivery): void {
    account.queue.push(delivery)
    this.#pump(account)
  }

  /** Sends what waits, as far as the windows of the account's links go. */
  #pump(account: Account): void {
    while (account.queueHead < account.queue.length) {
      const link = this.#linkWithRoom(account)
      if (link === undefined) {
        if (account.queueHead > QUEUE_SLACK) {
          account.queue = account.queue.slice(account.queueHead)
          account.queueHead = 0
        }
        return
      }
      const delivery = account.queue[account.queueHead++]!
      const sequence = link.nextSequence()
      const { receipts } = this.#behaviour
      const writing = receipts === 'none' ? DEFAULT_BEHAVIOUR.receipts : receipts
      link.send(encodeDelivery(delivery, this.list, sequence, writing as ReceiptBehaviour))
      link.inFlight.set(sequence, { delivery, sentAt: performance.now() })
    }
    account.queue = []
    account.queueHead = 0
  }

  #linkWithRoom(account: Account): Link | undefined {
    const { links } = account
    const { window } = this.#behaviour.deliveries
    for (let i = 0; i < links.length; i++) {
      account.nextLink = (account.nextLink + 1) % links.length
      const link = links[account.nextLink]!
      if (link.takesDeliveries && link.inFlight.size < window) return link
    }
    return undefined
  }

  #onDeliverResp(link: Link, sequence: number, status: number): void {
    const account = this.#accountOf(link)
    const entry = link.inFlight.get(sequence)
    if (account === undefined || entry === undefined) return
    link.inFlight.delete(sequence)
    if (status === S.ESME_ROK) {
      account.acknowledged++
      if (entry.delivery.kind === 'answer') this.#onAnswerTaken(entry.delivery.answer)
    } else if (status === S.ESME_RX_P_APPN || status === S.ESME_RX_R_APPN) {
      account.refusedDeliveries++
    } else {
      account.repeated++
      account.resting++
      const number = this.#nextResting++
      this.#resting.set(number, { account, delivery: entry.delivery })
      this.#agenda.add(this.#behaviour.deliveries.retryMs, SEND_AGAIN, number, 0, 0)
    }
    this.#pump(account)
  }

  #onAnswerTaken(answer: number): void {
    const left = this.#partsLeft.get(answer)! - 1
    if (left > 0) {
      this.#partsLeft.set(answer, left)
      return
    }
    this.#partsLeft.delete(answer)
    this.list.acknowledgeAnswer(answer)
    const step = this.#planOfAnswer.get(answer)
    if (step === undefined) return
    this.#planOfAnswer.delete(answer)
    const planned = this.#plans.get(step.message)
    const delay = planned?.plan.delays[step.next] ?? 0
    this.#agenda.add(delay, SAY, step.message, step.next, 0)
  }

  #onDue(kind: number, a: number, b: number, c: number): void {
    switch (kind) {
      case RESPOND: {
        const link = this.#links.get(a)
        if (link !== undefined) this.#sendResponse(link, b, c)
        break
      }
      case SEND_RECEIPT: {
        const account = this.#byNumber(b)
        if (account !== undefined) this.#enqueue(account, { kind: 'receipt', segment: a })
        break
      }
      case SAY:
        this.#say(a, b)
        break
      case SEND_AGAIN: {
        const rested = this.#resting.get(a)
        if (rested === undefined) break
        this.#resting.delete(a)
        rested.account.resting--
        this.#enqueue(rested.account, rested.delivery)
        break
      }
    }
  }

  #byNumber(number: number): Account | undefined {
    for (const account of this.#accounts.values()) if (account.number === number) return account
    return undefined
  }
}
