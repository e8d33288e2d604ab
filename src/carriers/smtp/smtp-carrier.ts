import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import SmtpConnection from 'nodemailer/lib/smtp-connection'
import { databaseTime, jitteredBackoff } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { log } from '../../log.ts'
import {
  type Carrier,
  type CarrierConfig,
  type CarrierEvents,
  isSubmitError,
  type Outcome,
  type ShortMessage,
  type SmtpSettings,
} from '../carrier.ts'
import { type Submission, WholeMessages } from '../whole-messages.ts'
import { domainOf } from '../../encoding/mail-address.ts'
import { composeLetter, type ComposedLetter, letterFault } from './compose.ts'
import { type MailFault, outcomeOf, reasonOf } from './replies.ts'

/**
 * An account at a mail server (RFC 6409): a letter a message, whatever its segments, and one letter at a time a
 * connection.
 *
 *     probing ──greeted, signed in──▶ bound ──can't be reached, refuses the account──▶ probing
 *
 * A connection is made for a letter and kept for the next; servers end those that lie idle, and that is no fault.
 * So the carrier is bound while the last attempt to connect went well, with room for a letter a connection. A
 * letter whose octets have begun to leave and that got no final reply may have been taken (`uncertain`); before the
 * server asked for them nothing has left, and it goes elsewhere.
 */

/** How fast to come back, and how long to rest when asked to; tests set other values. */
interface MailTuning {
  readonly backoffBaseMs: number
  readonly backoffCapMs: number
  readonly restMs: number
}

const DEFAULT_TUNING: MailTuning = { backoffBaseMs: 1_000, backoffCapMs: 60_000, restMs: 5_000 }
/** Many servers end a connection after so many letters; asking first is politer than being cut off. */
const LETTERS_A_CONNECTION = 100
const CONNECT_MS = 10_000

interface Link {
  connection: SmtpConnection | undefined
  isBusy: boolean
  letters: number
}

export function createSmtpCarrier(config: CarrierConfig, tuning = DEFAULT_TUNING): Carrier {
  if (config.smtp === undefined) {
    throw new AppError('invalid_carrier', `carrier ${config.name} has no smtp settings`)
  }
  return new SmtpCarrier(config, config.smtp, tuning)
}

class SmtpCarrier implements Carrier {
  readonly name: string
  readonly #settings: SmtpSettings
  readonly #tuning: MailTuning
  readonly #links: readonly Link[]

  readonly #messages: WholeMessages
  #timer: NodeJS.Timeout | undefined
  #attempt = 0

  constructor(config: CarrierConfig, settings: SmtpSettings, tuning: MailTuning) {
    this.name = config.name
    this.#settings = settings
    this.#tuning = tuning
    this.#links = Array.from({ length: config.binds }, () => ({
      connection: undefined,
      isBusy: false,
      letters: 0,
    }))
    this.#messages = new WholeMessages(config.name, {
      places: () => (this.#messages.state === 'bound' ? this.#freeLinks().length : 0),
      isIdle: () => this.#freeLinks().length === this.#links.length,
      faultOf: letterFault,
      leave: submission => this.#leave(submission),
    })
  }

  get room(): number {
    return this.#messages.room
  }

  get inFlight(): number {
    return this.#messages.inFlight
  }

  open(events: CarrierEvents, signal: AbortSignal): Promise<void> {
    return this.#messages.open(events, signal, () => void this.#probe())
  }

  submit(message: ShortMessage, ref: number, segments = Infinity): void {
    this.#messages.submit(message, ref, segments)
  }

  release(segments: number): number {
    return this.#messages.release(segments)
  }

  keepBack(): void {
    this.#messages.keepBack()
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#messages.close(signal, {
      begun: () => clearTimeout(this.#timer),
      outOfTime: () => undefined,
      drained: () => {
        for (const link of this.#links) this.#hangUp(link)
      },
    })
  }

  // ---- letters

  #leave(submission: Submission): void {
    // A link that is connected already comes first.
    const free = this.#freeLinks()
    const link = free.find(({ connection }) => connection !== undefined) ?? free[0]
    if (link === undefined || !this.#messages.isOpen) {
      this.#messages.giveUp(submission, 'elsewhere', 'unbound')
    } else void this.#send(link, submission)
  }

  #freeLinks(): readonly Link[] {
    return this.#links.filter(link => !link.isBusy)
  }

  async #send(link: Link, submission: Submission): Promise<void> {
    const { message } = submission
    link.isBusy = true
    let outcome: Outcome
    if (await this.#isConnected(link)) {
      const expired = message.expiresAt <= databaseTime()
      outcome = expired
        ? { kind: 'expired', reason: 'expired', messageIds: [] }
        : await this.#deliver(link, message)
    } else {
      outcome = { kind: 'elsewhere', reason: 'unbound', messageIds: [] }
    }
    link.isBusy = false
    // Its own end first: what it says of the server may end others.
    this.#messages.ended(submission, outcome)
    if (isSubmitError(outcome)) {
      if (outcome.kind === 'throttled') this.#rest(outcome.reason)
      if (outcome.kind === 'configuration') this.#messages.complain(outcome.reason)
    }
    this.#messages.settled()
  }

  async #deliver(link: Link, message: ShortMessage): Promise<Outcome> {
    const { connection } = link
    const tag = message.letter?.tag ?? randomBytes(32).toString('hex')
    const letter = await composeLetter(this.#settings, message, tag, new Date(databaseTime()))
    if (connection === undefined) return { kind: 'elsewhere', reason: 'unbound', messageIds: [] }
    let hasBegun = false
    const begins = () => {
      hasBegun = true
    }
    try {
      await this.#handOver(connection, letter, begins)
    } catch (error) {
      const fault = error as MailFault
      // The server has answered and listens on: the next letter begins anew.
      const goesOn = fault.responseCode !== undefined && fault.responseCode !== 421
      if (!goesOn || !(await reset(connection))) this.#hangUp(link)
      return outcomeOf(fault, hasBegun)
    }
    if (++link.letters >= LETTERS_A_CONNECTION) {
      connection.quit()
      this.#forget(link, connection)
    }
    return { messageIds: [letter.messageId] }
  }

  /** Rejects with a `MailFault`; `begins` is called when the server has asked for the octets. */
  #handOver(
    connection: SmtpConnection,
    { envelope, octets }: ComposedLetter,
    begins: () => void,
  ): Promise<void> {
    const signal = this.#messages.cut
    return new Promise((resolve, reject) => {
      const lost = (error: unknown) => settle(() => reject(error))
      const cut = () => lost(Object.assign(new Error('given up'), { code: 'ECONNECTION' }))
      const settle = (end: () => void) => {
        connection.off('error', lost)
        signal.removeEventListener('abort', cut)
        end()
      }
      connection.once('error', lost)
      signal.addEventListener('abort', cut)
      if (signal.aborted) return cut()
      // Read only once the server has answered DATA with 354.
      const source = new Readable({
        read() {
          begins()
          this.push(octets)
          this.push(null)
        },
      })
      connection.send(envelope, source, error => settle(() => (error ? reject(error) : resolve())))
    })
  }

  // ---- the server

  /** Makes the link's connection where it has none. Where that fails the carrier is down. */
  async #isConnected(link: Link): Promise<boolean> {
    if (link.connection !== undefined) return true
    try {
      link.connection = await this.#connect(link)
      link.letters = 0
      return true
    } catch (error) {
      this.#down(error as MailFault)
      return false
    }
  }

  async #connect(link: Link): Promise<SmtpConnection> {
    const { host, port, security, user, password, from, ca, answerMs } = this.#settings
    const connection = new SmtpConnection({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      // Ours would tell a stranger what this machine is called.
      name: domainOf(from),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      dnsTimeout: CONNECT_MS,
      socketTimeout: answerMs,
      tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    })
    // Whoever waits for the connection hears of it as well; when nobody does, it is gone, and that is all.
    connection.on('error', () => this.#forget(link, connection))
    connection.on('end', () => this.#forget(link, connection))
    const signal = this.#messages.cut
    const cut = () => connection.close()
    signal.addEventListener('abort', cut)
    try {
      await settled(connection, done => connection.connect(done))
      if (user !== undefined) {
        const credentials = { user, pass: password }
        await settled(connection, done => connection.login(credentials, done))
      }
      return connection
    } catch (error) {
      connection.close()
      throw error
    } finally {
      signal.removeEventListener('abort', cut)
    }
  }

  #hangUp(link: Link): void {
    const { connection } = link
    if (connection === undefined) return
    this.#forget(link, connection)
    connection.close()
  }

  #forget(link: Link, connection: SmtpConnection): void {
    if (link.connection === connection) link.connection = undefined
  }

  async #probe(): Promise<void> {
    const opened = this.#messages.cut
    const link = this.#links[0]!
    if (!(await this.#isConnected(link))) return
    if (!this.#messages.isOpen || this.#messages.cut !== opened) return this.#hangUp(link)
    this.#attempt = 0
    log.info({ carrier: this.name }, 'the mail server answers')
    this.#messages.bound()
    this.#messages.settled()
  }

  /** It can't be reached, or doesn't let us in; it is asked again, for somebody may mend it. */
  #down(fault: MailFault): void {
    if (!this.#messages.isOpen) return
    const reason = reasonOf(fault)
    const isOurs = outcomeOf(fault, false).kind === 'configuration'
    const fields = { carrier: this.name, reason }
    if (isOurs) log.error(fields, 'the mail server refuses the account: check it')
    else log.warn(fields, 'the mail server can not be used')
    const { backoffBaseMs, backoffCapMs } = this.#tuning
    const attempt = isOurs ? Infinity : this.#attempt++
    this.#againIn(jitteredBackoff(attempt, backoffBaseMs, backoffCapMs), () => this.#probe())
    this.#messages.setState('unbound', reason)
  }

  /** It takes no more for now. */
  #rest(reason: string): void {
    if (!this.#messages.isOpen || this.#messages.state === 'unbound') return
    this.#messages.setState('throttled', reason)
    this.#againIn(this.#tuning.restMs * (1 + Math.random() / 10), () => {
      this.#messages.setState('bound', '')
      this.#messages.settled()
    })
  }

  #againIn(ms: number, work: () => unknown): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(work, ms)
  }
}

/** Resolves when a step of the connection is done; rejects with what ended the connection before. */
async function settled(
  connection: SmtpConnection,
  step: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  const over = new AbortController()
  const lost = once(connection, 'error', { signal: over.signal }).then(([error]) => {
    throw error as Error
  })
  const ended = once(connection, 'end', { signal: over.signal }).then(() => {
    throw Object.assign(new Error('closed'), { code: 'ECONNECTION' })
  })
  const done = new Promise<void>((resolve, reject) => {
    step(error => (error ? reject(error) : resolve()))
  })
  try {
    await Promise.race([done, lost, ended])
  } finally {
    lost.catch(() => undefined)
    ended.catch(() => undefined)
    done.catch(() => undefined)
    over.abort()
  }
}

function reset(connection: SmtpConnection): Promise<boolean> {
  return new Promise(resolve => {
    connection.once('error', () => resolve(false))
    connection.reset(error => resolve(!error))
  })
}
