import { type AddressInfo, type Socket, createServer } from 'node:net'
import { readCommandId } from '../encoding/pdu-header.ts'
import { decodePdu, encodeFaultAnswer } from '../encoding/pdu.ts'
import {
  COMMAND,
  COMMAND_STATUS,
  type CommandStatusName,
  type ShortMessageBody,
  isPduFault,
} from '../encoding/smpp.ts'
import { AppError } from '../errors.ts'
import {
  type Account,
  type AccountOptions,
  type AccountStats,
  createAccount,
  statsOf,
} from './account.ts'
import { Agenda } from './agenda.ts'
import { type Answers, createAnswers } from './answers.ts'
import { Arrivals } from './arrivals.ts'
import { type Behaviour, ORDINARY_BEHAVIOUR } from './behaviour.ts'
import { type Binds, createBinds } from './binds.ts'
import { deliverBody } from './deliveries.ts'
import { type DeliveryQueue, createDeliveryQueue } from './delivery-queue.ts'
import { drawsFrom } from './draws.ts'
import type { GarbageKind } from './garbage.ts'
import { type LinkAction, actOnLinks, spoilLinks } from './link-actions.ts'
import { Link } from './link.ts'
import { PduCounts } from './pdu-counts.ts'
import type { Phones, Saying } from './phones.ts'
import { createReceipts } from './receipts.ts'
import { createResponses } from './responses.ts'
import { type OnSubmit, createSubmits } from './submits.ts'
import { DUE, type Due, type Workings } from './workings.ts'

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

export interface PduRecord {
  readonly received: Readonly<Record<string, number>>
  readonly sent: Readonly<Record<string, number>>
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
  /** PDUs of all links since it began, by command. */
  pdus(): PduRecord
  /** Does `action` to all links of the account, or of all; returns to how many. */
  links(action: LinkAction, systemId?: string): number
  /** Sends what it should not over all links of the account, or of all; returns over how many. */
  garbage(kind: GarbageKind, systemId?: string): number
  /** Refuses the next binds. */
  refuseBinds(times: number, status: CommandStatusName): void
  close(): Promise<void>
}

const SWEEP_MS = 250

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
  readonly #server = createServer({ noDelay: true }, socket => this.#connect(socket))
  readonly #workings: Workings
  readonly #binds: Binds
  readonly #queue: DeliveryQueue
  readonly #answers: Answers
  readonly #onSubmit: OnSubmit
  readonly #counts = { received: new PduCounts(), sent: new PduCounts() }
  #nextLink = 0
  #sweep: NodeJS.Timeout | undefined

  constructor(options: MessageCentreOptions) {
    this.name = options.name
    this.list = options.list instanceof Arrivals ? options.list : new Arrivals()
    const seed = options.seed ?? 1
    const due: Due[] = []
    const workings: Workings = {
      name: options.name,
      list: this.list,
      seed,
      draw: drawsFrom(seed),
      agenda: new Agenda((kind, a, b, c) => due[kind]!(a, b, c)),
      accounts: new Map(
        options.accounts.map(account => {
          const { systemId } = account
          const number = this.list.addAccount({ carrier: options.name, systemId })
          return [systemId, createAccount(account, number)]
        }),
      ),
      links: new Map(),
      behaviour: { ...ORDINARY_BEHAVIOUR, ...options.behaviour },
    }
    this.#workings = workings
    this.#binds = createBinds(workings)
    this.#answers = createAnswers(workings, options.phones, () => this.#queue)
    this.#queue = createDeliveryQueue(workings, this.#answers.onTaken)
    const responses = createResponses(workings)
    const receipts = createReceipts(workings, this.#queue)
    const keep = options.list === 'counts' ? 'counts' : 'list'
    this.#onSubmit = createSubmits(workings, { responses, receipts, answers: this.#answers, keep })
    due[DUE.respond] = responses.onDue
    due[DUE.sendReceipt] = receipts.onDue
    due[DUE.letResponsesGo] = responses.onLetGo
    due[DUE.letReceiptsGo] = receipts.onLetGo
    due[DUE.say] = this.#answers.onSay
    due[DUE.sendAgain] = this.#queue.onRested
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
    this.#workings.agenda.close()
    for (const link of this.#workings.links.values()) link.drop()
    if (!this.#server.listening) return
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  change(behaviour: Partial<Behaviour>): void {
    this.#workings.behaviour = { ...this.#workings.behaviour, ...behaviour }
    for (const link of this.#workings.links.values()) link.writes = this.#workings.behaviour.writes
  }

  limit(systemId: string, limit: Pick<AccountOptions, 'segmentsPerSecond' | 'aboveLimit'>): void {
    const account = this.#account(systemId)
    account.segmentsPerSecond = limit.segmentsPerSecond ?? Infinity
    account.aboveLimit = limit.aboveLimit ?? account.aboveLimit
  }

  say(systemId: string, from: string, to: string, saying: Saying): number {
    const phone = Number(from.replace(/^\+/, ''))
    return this.#answers.say(this.#account(systemId), phone, to, saying)
  }

  deliver(systemId: string, from: string, to: string, fields: Partial<ShortMessageBody>): void {
    this.#queue.add(this.#account(systemId), { kind: 'other', body: deliverBody(from, to, fields) })
  }

  refuseBinds(times: number, status: CommandStatusName): void {
    this.#binds.refuse(times, COMMAND_STATUS[status])
  }

  links(action: LinkAction, systemId?: string): number {
    return actOnLinks(this.#workings, this.#queue, action, systemId)
  }

  garbage(kind: GarbageKind, systemId?: string): number {
    return spoilLinks(this.#workings, kind, systemId)
  }

  pdus(): PduRecord {
    return { received: this.#counts.received.toRecord(), sent: this.#counts.sent.toRecord() }
  }

  get owed(): number {
    return this.stats().reduce(
      (sum, { deliveries }) => sum + deliveries.waiting + deliveries.inFlight,
      this.#workings.agenda.size,
    )
  }

  stats(): AccountStats[] {
    const now = this.list.now()
    return Array.from(this.#workings.accounts.values(), account => statsOf(account, now))
  }

  #account(systemId: string): Account {
    const account = this.#workings.accounts.get(systemId)
    if (account !== undefined) return account
    throw new AppError('not_found', `message centre ${this.name} has no account ${systemId}`)
  }

  #connect(socket: Socket): void {
    const number = this.#nextLink++
    const link = new Link(
      number,
      socket,
      this.#counts,
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
    link.writes = this.#workings.behaviour.writes
    this.#workings.links.set(number, link)
  }

  #onClose(link: Link): void {
    this.#workings.links.delete(link.number)
    const { account } = link
    if (account === undefined) return
    account.links.splice(account.links.indexOf(link), 1)
    this.#queue.takeBack(account, link)
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
      case 'bind_transceiver': {
        const account = this.#binds.bind(link, pdu)
        if (account !== undefined) this.#queue.pump(account)
        break
      }
      case 'enquire_link':
        link.sendBare(COMMAND.enquire_link_resp, COMMAND_STATUS.ESME_ROK, pdu.sequence_number)
        break
      case 'enquire_link_resp':
        link.enquiredAt = undefined
        break
      case 'deliver_sm_resp':
      case 'data_sm_resp':
      case 'generic_nack':
        this.#queue.onResponse(link, pdu.sequence_number, pdu.command_status)
        break
      case 'unbind':
        link.sendBare(COMMAND.unbind_resp, COMMAND_STATUS.ESME_ROK, pdu.sequence_number)
        link.end()
        break
      case 'unbind_resp':
        link.end()
        break
      default:
        // A response to nothing of ours; to nack one would go on for ever.
        if (COMMAND[pdu.command] >= COMMAND.generic_nack) break
        link.sendBare(COMMAND.generic_nack, COMMAND_STATUS.ESME_RINVCMDID, pdu.sequence_number)
    }
  }

  #sweepLinks(): void {
    const { enquire } = this.#workings.behaviour
    const now = performance.now()
    for (const link of this.#workings.links.values()) {
      const { account } = link
      // A machine that is gone is found out, one that is silent for a while is not.
      const isSilent = link.silence === 'mute' || link.silence === 'stalled'
      if (account === undefined || isSilent) continue
      if (enquire !== 'never') {
        if (link.enquiredAt !== undefined && now - link.enquiredAt > enquire.withinMs) link.drop()
        else if (link.enquiredAt === undefined && now - link.heardAt > enquire.everyMs)
          link.enquire()
      }
      this.#queue.takeBackLate(account, link, now)
    }
  }
}
