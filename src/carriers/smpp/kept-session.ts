import { jitteredBackoff } from '../../clock.ts'
import { log } from '../../log.ts'
import { Session, type SessionEvents, type SessionSettings } from './session.ts'
import { isCertificateFault } from './socket.ts'
import { needsOperator } from './status.ts'

/**
 * One bind that is kept up: from `start` on there is a session, or a pause before the next, until `stop`. The
 * pauses grow while it is refused or soon lost again, each with a jitter of its own, so that many binds don't
 * come back in step; there is no last attempt.
 */

/** A session that held this long was healthy: the next attempt to come back is quick again. */
const HEALTHY_MS = 10_000

export interface Backoff {
  readonly backoffBaseMs: number
  readonly backoffCapMs: number
}

export class KeptSession<Entry> {
  readonly #carrier: string
  readonly #settings: SessionSettings
  readonly #backoff: Backoff
  readonly #events: SessionEvents<Entry>
  #session: Session<Entry> | undefined
  #isWanted = false
  #boundAt = 0
  #attempt = 0
  #retry: NodeJS.Timeout | undefined

  constructor(
    carrier: string,
    settings: SessionSettings,
    backoff: Backoff,
    events: SessionEvents<Entry>,
  ) {
    this.#carrier = carrier
    this.#settings = settings
    this.#backoff = backoff
    this.#events = events
  }

  /** From its first connection attempt to its last octet. */
  get session(): Session<Entry> | undefined {
    return this.#session
  }

  /** Bound, or being unbound and still answered. */
  get isBound(): boolean {
    return this.#boundAt > 0
  }

  start(): void {
    this.#isWanted = true
    this.#connect()
  }

  /** Comes back no more. A session that is there stays until `unbind`, or until it ends by itself. */
  stop(): void {
    this.#isWanted = false
    clearTimeout(this.#retry)
  }

  unbind(): void {
    if (this.#session?.state !== 'draining') this.#session?.unbind()
  }

  #connect(): void {
    this.#session = new Session<Entry>(this.#settings, {
      ...this.#events,
      bound: () => {
        this.#boundAt = performance.now()
        log.info({ carrier: this.#carrier }, `bound as ${this.#settings.role}`)
        this.#events.bound()
      },
      closed: reason => this.#closed(reason),
    })
  }

  #closed(reason: string): void {
    const heldMs = this.#boundAt > 0 ? performance.now() - this.#boundAt : 0
    const fields = { carrier: this.#carrier, reason, count: this.#session?.strays ?? 0 }
    this.#session = undefined
    this.#boundAt = 0
    if (!this.#isWanted) log.info(fields, 'link closed')
    else if (isForOperators(reason)) log.error(fields, 'bind refused: check the account')
    else log.warn(fields, 'link lost')
    if (this.#isWanted) this.#comeBack(reason, heldMs)
    this.#events.closed(reason)
  }

  #comeBack(reason: string, heldMs: number): void {
    if (heldMs >= HEALTHY_MS) this.#attempt = 0
    const { backoffBaseMs, backoffCapMs } = this.#backoff
    // Wrong credentials don't mend by themselves, but somebody may mend them: slowly, never giving up.
    const attempt = isForOperators(reason) ? Infinity : this.#attempt++
    const delay = jitteredBackoff(attempt, backoffBaseMs, backoffCapMs)
    this.#retry = setTimeout(() => this.#connect(), delay)
  }
}

function isForOperators(reason: string): boolean {
  return needsOperator(reason) || isCertificateFault(reason)
}
