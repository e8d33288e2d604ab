/**
 * One mail account's loop in this process: beside the lanes of texts, and never in their way.
 *
 *     claim → [ waiting … ] → a connection each → results
 *
 * A letter takes a connection for as long as the server takes to answer, so a lane claims as many as it has free
 * connections, and no more than a quarter of a second of its pace: a claim is the intent, and so many letters may go
 * out twice if this process dies now. There is no route and no health to judge: a server that refuses for now is asked
 * again later, by whichever lane has room then.
 *
 * Failures: a link that goes down, a stop or a pause give back what waits; a database that is away means no claims,
 * and therefore no letters.
 */
import {
  isSubmitError,
  type CarrierConfig,
  type LinkState,
  type Outcome,
} from '../carriers/carrier.ts'
import { openCarrier } from '../carriers/open.ts'
import { heedDatabaseTime } from '../clock.ts'
import { createNews, describeError, log } from '../log.ts'
import { notify, type Database } from '../store/database.ts'
import { reservePace } from '../store/intents.ts'
import { type LaneFigures, reportLink } from '../store/links.ts'
import type { Lane } from './lane.ts'
import { createLaneLog, figuresOf, type LaneCounts } from './lane-counts.ts'
import { createLetterDesk } from './letters.ts'
import { createOperatorDesk } from './operator-letters.ts'
import type { Outgoing } from './outgoing.ts'
import { createPace, PACE_SHARE } from './pace.ts'
import { claimTestLetters } from './test-letters.ts'
import type { SendableAlert } from './work.ts'

/** How long it waits when there is nothing to claim; NOTIFY wakes it sooner. */
const IDLE_MS = 500
/** What is claimed ahead of the pace, in seconds of it. */
const CLAIM_SECONDS = 0.25
/** Before the database is asked again that could not answer, or had no slots to give. */
const AGAIN_MS = { fault: 250, slots: 50 }

export interface MailLaneOptions {
  readonly db: Database
  readonly dispatcherId: string
  readonly account: CarrierConfig
  /** The account is being emptied: it takes no letters of alerts, only tests. */
  readonly isDraining: () => boolean
  /** The alert's verified content; rejects where it is not what was signed. */
  readonly sendable: (alertId: string) => Promise<SendableAlert>
  /** The dispatcher's own of the account, so that they go on when the lane is opened anew. */
  readonly counts: LaneCounts
}

export function startMailLane(options: MailLaneOptions): Lane {
  const { db, dispatcherId, account, sendable, counts } = options
  const carrierId = account.id
  const rate = account.segmentsPerSecond
  const atOnce = Math.max(1, Math.ceil(rate * CLAIM_SECONDS))
  const carrier = openCarrier(account)
  const pace = createPace(rate)
  const laneLog = createLaneLog({ carrierId, carrier: account.name, dispatcherId })
  const desk = createLetterDesk({ db, carrierId, sendable, counts, written: turn })
  const operatorDesk = createOperatorDesk(db, carrierId, () => void serveOperators())
  const waiting: Outgoing[] = []
  const inFlight = new Map<number, Outgoing>()
  const closing = new AbortController()

  const isNews = createNews()
  let link: LinkState = 'unbound'
  let lastError: string | undefined
  let stopping = false
  let lastRef = 0
  let idleUntil = 0
  let filling: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let turnsAt = 0
  let taken = 0
  let reportedAt = performance.now()
  let reporting: Promise<void> = Promise.resolve()
  let serving: Promise<void> | undefined

  function turn() {
    pump()
    fill()
  }

  /** A connection is free again when the end of its letter is on record: so a death sends no more than one of each again. */
  function room(): number {
    return carrier.room - desk.unwritten
  }

  /** Hands over what waits, as far as the connections and the pace allow. */
  function pump() {
    const now = performance.now()
    while (room() >= 1) {
      const next = waiting[0]
      if (next === undefined) break
      const isTooLate = now > next.deadline
      if (!isTooLate && pace.available(now) < 1) break
      waiting.shift()
      if (isTooLate) next.givenBack()
      else leave(next)
    }
    if (waiting.length === 0 || room() < 1) return
    const due = pace.nextDue(now)
    if (due !== Infinity) turnIn(due - now)
  }

  function leave(letter: Outgoing) {
    pace.take(1)
    counts.submittedMessages++
    counts.submittedSegments++
    const ref = ++lastRef
    inFlight.set(ref, letter)
    carrier.submit(letter.message, ref)
  }

  function outcome(ref: number, ended: Outcome) {
    if (!isSubmitError(ended)) taken++
    inFlight.get(ref)?.ended(ended)
    inFlight.delete(ref)
  }

  function fill() {
    if (filling !== undefined || stopping || link !== 'bound') return
    filling = claim()
      .catch((error: unknown) => {
        complain(error, 'no letters could be claimed')
        turnIn(AGAIN_MS.fault)
        return 0
      })
      .then(found => {
        filling = undefined
        // There may be more of them, and room for them.
        if (found > 0) return turn()
        // Slots may have lapsed before the database's answer was here: others are asked for, not in a second.
        const lacksSlots = waiting.length > 0 && pace.outstanding(performance.now()) === 0
        if (lacksSlots && room() >= 1 && !stopping) turnIn(AGAIN_MS.slots)
      })
  }

  /** Claims letters, and slots for those that wait. @returns how many were claimed */
  async function claim(): Promise<number> {
    const now = performance.now()
    const places = Math.min(room(), atOnce) - waiting.length
    let found: readonly Outgoing[] = []
    if (places > 0 && now >= idleUntil && !options.isDraining()) {
      found = await desk.claim(places)
      if (found.length === 0) {
        idleUntil = now + IDLE_MS
        turnIn(IDLE_MS)
      }
      take(found)
    }
    const missing = waiting.length - pace.outstanding(performance.now())
    if (missing > 0) {
      const slots = await reservePace(db, carrierId, missing, rate * PACE_SHARE)
      if (slots === undefined) turnIn(AGAIN_MS.slots)
      else {
        heedDatabaseTime(slots.databaseNow, performance.now())
        pace.grant(slots, performance.now())
      }
    }
    pump()
    return found.length
  }

  /** What was claimed, unless there is nobody any more to hand it to. */
  function take(letters: readonly Outgoing[]) {
    waiting.push(...letters)
    if (stopping || link === 'unbound') giveBack(() => true)
  }

  function giveBack(which: (letter: Outgoing) => boolean) {
    for (const letter of waiting.splice(0)) {
      if (which(letter)) letter.givenBack()
      else waiting.push(letter)
    }
  }

  /** The earliest of what was asked for counts. */
  function turnIn(ms: number) {
    const at = performance.now() + Math.max(1, ms)
    if (timer !== undefined && turnsAt <= at) return
    clearTimeout(timer)
    turnsAt = at
    timer = setTimeout(
      () => {
        timer = undefined
        turn()
      },
      Math.max(1, ms),
    )
  }

  function complain(error: unknown, message: string) {
    counts.faults++
    const code = describeError(error)
    if (!isNews(`${message} ${code}`)) return
    log.warn({ carrier: account.name, carrierId, code }, message)
  }

  /** Withdraws what waits and is stopped, paused, past its time or somebody else's. */
  async function renew() {
    giveBack(await desk.renew())
  }

  /** Records which letters to operators have ended, and takes the next of them. */
  function serveOperators(): Promise<void> {
    serving ??= operatorDesk
      .keep()
      .then(async () => {
        if (link !== 'bound' || stopping || options.isDraining()) return
        take(await operatorDesk.claim(room() - waiting.length))
        turn()
      })
      .catch((error: unknown) => complain(error, 'letters to operators wait'))
      .finally(() => (serving = undefined))
    return serving
  }

  async function everySecond() {
    const now = performance.now()
    const perSecond = (taken * 1000) / (now - reportedAt)
    taken = 0
    reportedAt = now
    try {
      await desk.flush()
      await renew()
      await serveOperators()
      if (link === 'bound' && !stopping) {
        take(await claimTestLetters(db, { carrierId, dispatcherId, limit: 1 }))
      }
      laneLog(await report(perSecond), perSecond)
    } catch (error) {
      complain(error, 'the mail account could not be reported')
    }
    turn()
  }

  async function report(perSecond: number): Promise<LaneFigures> {
    const inHand = inFlight.size
    const state = { carrierId, dispatcherId, state: link, perSecond, inFlight: inHand, lastError }
    const figures = figuresOf(counts, standing(), {})
    await reportLink(db, { ...state, figures })
    return figures
  }

  /** In letters: a connection has one at a time. It marks none and holds no ranges; no claim outlives a lapsed lease. */
  function standing() {
    return {
      window: account.binds,
      inFlight: inFlight.size,
      room: Math.max(0, room()),
      waiting: waiting.length,
      marked: 0,
      exposure: inFlight.size + desk.unwritten,
      ranges: 0,
      leaseAge: 0,
      isResting: false,
    }
  }

  function tell() {
    if (stopping) return
    reporting = reporting
      .then(() => report(0))
      .then(() => notify(db, 'carriers', carrierId))
      .catch((error: unknown) => complain(error, 'the mail account could not be reported'))
  }

  const opened = carrier.open(
    {
      outcome,
      // Mail has neither: bounces come to the sender's domain.
      receipt: receipt => receipt.acknowledge(true),
      reply: reply => reply.acknowledge(true),
      room: turn,
      state(state, reason) {
        link = state
        if (state === 'unbound') {
          lastError = reason
          giveBack(() => true)
        } else idleUntil = 0
        if (state !== 'throttled') tell()
        turn()
      },
    },
    closing.signal,
  )
  opened.catch((error: unknown) => complain(error, 'the mail account could not be opened'))

  const ticker = setInterval(() => {
    reporting = reporting.then(everySecond)
  }, 1_000)

  return {
    carrierId,
    /** It takes no part in the routes of texts. */
    fitness: undefined,
    wake() {
      idleUntil = 0
      turn()
    },
    heed() {
      renew().catch((error: unknown) => complain(error, 'the leases were not renewed'))
    },
    hear: () => undefined,
    async stop(signal) {
      stopping = true
      clearInterval(ticker)
      clearTimeout(timer)
      giveBack(() => true)
      await filling
      await carrier.close(signal)
      closing.abort()
      await reporting
      await serving
      await desk.flush()
      await operatorDesk.keep()
      await report(0)
    },
  }
}
