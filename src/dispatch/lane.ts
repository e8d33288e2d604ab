/**
 * One carrier account's loop in this process.
 *
 *     claim ranges → load → [ waiting … | marked … ] → window → results → range done
 *
 * The lane pulls: it claims work when it runs low (`claim.ts`), so lanes of unequal speed finish together. What
 * it has claimed waits in its queue (`queue.ts`), the most urgent first; and while there is enough of it, the lane
 * still looks for what is more urgent. Less urgent work that waits behind it for a second or two is given back
 * (`held.ts`), for a lane that has nothing better to do. Before anything leaves, the head of the queue is *marked*
 * (`mark.ts`): one small statement moves the ranges' intent marks, renews their leases, re-reads whether the alerts
 * may still be sent, and reserves the account's slots. What is marked and not yet recorded is the lane's
 * *exposure*, kept under twice the windows of its binds: so much may go out twice if this process dies now. At full
 * speed results make the room for the next marks, and both are written in one commit (measured: while each had its own,
 * results waited for the disk in 36 of 100 looks, marks in 26).
 *
 * The hot path is `pump`: it runs on every answered window, due slot and committed mark, and hands over as
 * much as the marks, the pace and the window allow. No promise, timer or log line a message.
 *
 * Failures: a lost lease or an alert that may no longer be sent withdraws its ranges here, and they are given
 * back when their last message is answered. A link that goes down gives everything back at once, for others.
 * A database that is away means no marks, and therefore no sending.
 */
import {
  isSubmitError,
  type Carrier,
  type CarrierConfig,
  type LinkState,
  type Outcome,
  type Receipt,
  type SubmitError,
} from '../carriers/carrier.ts'
import { openCarrier } from '../carriers/open.ts'
import { segmentsOn } from '../carriers/segments.ts'
import { databaseTime, databaseTimeAt, heedDatabaseTime } from '../clock.ts'
import { MessageIds } from '../inbound/message-ids.ts'
import { createNews, describeError, log } from '../log.ts'
import { isDatabaseAway, notify, type Database } from '../store/database.ts'
import { noteSubmissions, reportLink, type Fitness, type LaneFigures } from '../store/links.ts'
import { createAnswerDesk } from './answers.ts'
import { createCallbackDesk } from './callbacks.ts'
import { CONTENT_MS, createClaimTurns } from './claim-turns.ts'
import { createClaiming, type TakenRange } from './claim.ts'
import { Health, STALE_MS } from './health.ts'
import { HandOver } from './hand-over.ts'
import { createHeldRanges, renewed } from './held.ts'
import { InFlight } from './in-flight.ts'
import { createIntake } from './intake.ts'
import {
  createAlertRates,
  createLaneLog,
  figuresOf,
  type LaneCounts,
  type Submissions,
} from './lane-counts.ts'
import { createLookUps } from './look-ups.ts'
import { createMarkTurns } from './mark-turns.ts'
import { createMarking } from './mark.ts'
import { createPace, PACE_SHARE } from './pace.ts'
import { createPressing } from './pressing.ts'
import { Queue } from './queue.ts'
import { createResultWriter } from './results.ts'
import { NOWHERE, standingOf, troubleOfOthers } from './standing.ts'
import { createThrottle } from './throttle.ts'
import { phoneOf, segmentsOf, type HeldRange, type Item, type SendableAlert } from './work.ts'

/** Nothing is marked or claimed for this long after the database refused to. */
const AGAIN_MS = 250
/** The same while the database is away; its listener wakes the lanes when it is back. */
const AWAY_MS = 1_000
/** How often it is judged how the carrier fares. */
const LOOK_MS = 250

export interface Lane {
  readonly carrierId: string
  /** How the carrier fares here; undefined while it is not bound. */
  readonly fitness: Fitness | undefined
  /** There may be work. */
  wake(): void
  /** Something was dispatched, paused or stopped: that is heeded now, not at the next mark. */
  heed(): void
  /** Its gateway has told something by webhook. */
  hear(): void
  /** Stops claiming, finishes what is in the window, writes every result, gives the rest back. */
  stop(signal: AbortSignal): Promise<void>
}

export interface LaneOptions {
  readonly db: Database
  readonly dispatcherId: string
  readonly account: CarrierConfig
  /** Of the account's binds, and therefore of its work, those that this lane holds. */
  readonly share: number
  /** All accounts that take messages now, and how those fare that are bound somewhere. */
  readonly accounts: () => readonly CarrierConfig[]
  readonly fitness: () => ReadonlyMap<string, Fitness>
  /** Goes on from where an earlier lane of this dispatcher for the account left off. */
  readonly counts: LaneCounts
  /** The alert's verified content; rejects where it is not what was signed. */
  readonly sendable: (alertId: string) => Promise<SendableAlert>
}

export function startLane(options: LaneOptions): Lane {
  const { db, dispatcherId, account, counts } = options
  const carrierId = account.id
  const rate = account.segmentsPerSecond
  const exposureLimit = 2 * account.window * account.binds

  const queue = new Queue()
  const health = new Health(rate * options.share)
  /** By `clock`. */
  const inFlight = new InFlight()
  /** Milliseconds, less what this process itself was kept waiting: that is no lateness of the carrier's. */
  let clock = 0
  let tickedAt = performance.now()
  /** Of the largest range lately: how many to claim follows from it. */
  let rangeSize = 1_000

  let link: LinkState = 'unbound'
  let lastError: string | undefined
  let stopping = false
  let isHeeding = false
  let awayUntil = 0
  const isNews = createNews()
  /** Of the last message that was not taken. */
  let lastReason = 'receipts_failed'
  let standing = NOWHERE
  /** It holds work that no other carrier would take: only what is wrong with it altogether keeps it from that. */
  let isNeeded = false
  /** The carrier has refused for speed, and not all dispatchers have been told. */
  let isSlowing = false
  let slotTimer: NodeJS.Timeout | undefined
  let wakeTimer: NodeJS.Timeout | undefined
  let wakeAt = 0
  let segmentsAtReport = counts.acceptedSegments
  let reportedAt = performance.now()
  let perSecond = 0
  /** As of the last second. */
  let figures: LaneFigures | undefined
  let reporting: Promise<void> = Promise.resolve()
  const alertRates = createAlertRates(reportedAt)
  let heardAt: number | undefined
  const laneLog = createLaneLog({ carrierId, carrier: account.name, dispatcherId })

  const carrier: Carrier = openCarrier(account)
  const segmentsHere = segmentsOn(account)
  const closing = new AbortController()
  const pace = createPace(rate)
  const handOver = new HandOver(carrier, pace, counts, rate)
  const pressing = createPressing(pace.spent)
  const throttle = createThrottle(db, carrierId, rate * PACE_SHARE, error =>
    complain(error, 'pace not lowered'),
  )
  const messageIds = new MessageIds(db, carrierId)
  const results = createResultWriter(
    db,
    carrierId,
    counts,
    (count, submissions) => {
      queue.exposure -= count
      for (const one of submissions) messageIds.add(one)
      turn()
    },
    freed => marks.along(freed),
    range => held.withdraw(range),
  )
  const held = createHeldRanges(db, carrierId, results.flush)
  const marking = createMarking({
    db,
    carrierId,
    rate,
    queue,
    held,
    pace,
    isSlowing: () => isSlowing,
  })
  const marks = createMarkTurns({
    marking,
    queue,
    pace,
    health,
    handOver,
    pressing,
    rate,
    isAlone: options.share === 1,
    exposureLimit: exposureNow,
    hasRoom: () => carrier.room >= 1,
    isOff: () => isSlowing || isOff(),
    wakeIn,
    wake: turn,
    failed: error => hasFailed(error, 'no intent could be marked'),
  })
  const claiming = createClaiming({
    ...options,
    rate: rate * options.share,
    segmentsHere,
    // As the others are now: one that has come up since the last look takes its part at once.
    pulls: () => standingNow().pulls,
    hold,
  })
  const claims = createClaimTurns({
    claiming,
    queue,
    health,
    rate: rate * options.share,
    exposureLimit,
    rangeSize: () => rangeSize,
    isOff,
    wakeIn,
    wake: turn,
    failed: error => hasFailed(error, 'no work could be claimed'),
  })
  const intake = createIntake(db, messageIds, counts, results.flush, wakeViewers)
  const callbacks = createCallbackDesk({
    db,
    carrierId,
    dispatcherId,
    receipt: receive,
    reply: intake.reply,
  })
  const lookUps =
    carrier.lookUp &&
    createLookUps({ db, carrierId, rate, lookUp: carrier.lookUp, receive: intake.receipt })
  const answers = createAnswerDesk({
    db,
    carrierId,
    dispatcherId,
    rate,
    segmentsHere,
    pace,
    counts,
  })

  function wakeViewers() {
    void notify(db, 'alerts', carrierId).catch(() => undefined)
  }

  // ---- sending

  function pump() {
    const now = performance.now()
    const today = databaseTime()
    tick(now)
    throttle.note(now, counts.acceptedSegments)
    let available = pace.available(now)
    if (handOver.owing > 0) {
      available = handOver.goOn(now, available)
      // Its answer is awaited from its last segment on.
      if (handOver.ref !== undefined) inFlight.goesOn(handOver.ref, clock)
    }
    if (answers.waiting > 0) available = sendAnswers(available)
    while (carrier.room >= 1) {
      const item = queue.next()
      if (item === undefined) break
      const { range } = item
      const { text } = range
      const { segments } = text
      if (range.withdrawn || now > range.deadline || today >= text.expiresAt) {
        passOver(item, segments)
        continue
      }
      if (handOver.owing > 0 || available < 1) break
      queue.shift(segments)
      range.inFlight++
      if (item.seq > range.sent) range.sent = item.seq
      const ref = inFlight.add(item, clock)
      const own = text.personal === undefined ? text.encoded : text.personal.text(item.seq)
      const message = { to: phoneOf(item), text: own, expiresAt: text.expiresAt }
      available = handOver.begin(message, segments, ref, range, available)
    }
    pressing.look(carrier.room < 1 && queue.marked > 0)
    awaitSlot(now)
  }

  /** A recipient that must not be sent now: it stays queued in its range, which is given back. */
  function passOver(item: Item, segments: number) {
    queue.shift(segments)
    queue.exposure--
    held.withdraw(item.range)
  }

  function sendAnswers(available: number): number {
    let left = available
    while (left >= 1 && handOver.owing === 0 && carrier.room >= 1) {
      const answer = answers.next()
      if (answer === undefined) break
      left = handOver.begin(answer.message, answer.segments, answer.ref, undefined, left)
    }
    return left
  }

  function awaitSlot(now: number) {
    clearTimeout(slotTimer)
    slotTimer = undefined
    const isIdle = queue.marked === 0 && answers.waiting === 0
    if (handOver.owing === 0 && (isIdle || carrier.room < 1)) return
    const due = pace.nextDue(now)
    if (due !== Infinity) slotTimer = setTimeout(turn, Math.max(1, due - now))
  }

  /** The clock is asked once for all that a carrier answers in one go. */
  function answeredAt(): number {
    if (heardAt === undefined) {
      heardAt = performance.now()
      queueMicrotask(() => (heardAt = undefined))
    }
    return heardAt
  }

  function outcome(ref: number, ended: Outcome) {
    handOver.ended(ref)
    if (isSubmitError(ended) && ended.kind === 'throttled') {
      counts.throttled++
      slowDown()
    }
    if (answers.owns(ref)) return answers.outcome(ref, ended)
    const item = inFlight.end(ref)
    if (item === undefined) return
    const { range } = item
    range.inFlight--
    if (!isSubmitError(ended)) {
      health.taken(clock - inFlight.sentAt(ref))
      const segments = ended.segments ?? segmentsOf(item)
      if (segments > segmentsOf(item)) pace.take(segments - segmentsOf(item))
      counts.acceptedMessages++
      counts.acceptedSegments += segments
      alertRates.add(range.alert.id, segments, answeredAt())
      results.outcome(item, ended)
    } else if (ended.kind === 'throttled') {
      // Of a message that was taken in part the rest is no use: it goes anew, whole.
      if (ended.messageIds.length > 0 || range.withdrawn) results.outcome(item, ended)
      else queue.putBack(item)
    } else if (ended.kind === 'expired') {
      queue.exposure--
      held.withdraw(range)
    } else {
      results.outcome(item, ended)
      noteFailure(ended, clock - inFlight.sentAt(ref))
    }
    held.settle(range)
  }

  /** Nothing more at this pace: the slots in hand are given up, and none are asked for before all are told. */
  function slowDown() {
    const told = throttle.refused(performance.now(), counts.acceptedSegments)
    if (told === undefined) return
    pace.drop()
    isSlowing = true
    void told.finally(() => {
      isSlowing = false
      turn()
    })
  }

  /** What a message that was not taken says of the carrier; a lost link is no failure of it. */
  function noteFailure({ kind, reason }: SubmitError, afterMs: number) {
    switch (kind) {
      case 'configuration':
        if (health.isOut) return
        health.misconfigured(clock)
        leave(reason, new Set())
        tell()
        return
      case 'elsewhere':
        if (reason === 'unbound') return
        health.failed('refused')
        break
      case 'permanent':
        health.failed('rejected')
        break
      case 'uncertain':
        if (reason === 'link_lost' || afterMs > STALE_MS) return
        health.failed('unanswered')
        break
      case 'throttled':
      case 'kept-back':
      case 'expired':
        return
    }
    lastReason = reason
  }

  function receive(receipt: Receipt) {
    if (receipt.state !== 'enroute') health.receipt(receipt.state === 'delivered')
    if (receipt.tooFast === true) slowDown()
    intake.receipt(receipt)
  }

  // ---- health

  function tick(now: number) {
    clock += Math.min(now - tickedAt, 2 * LOOK_MS)
    tickedAt = now
  }

  /** How it fares, and where it stands among the others. */
  function look() {
    tick(performance.now())
    const accounts = options.accounts()
    const fitness = options.fitness()
    const overdue = inFlight.countOverdue(clock)
    const others = troubleOfOthers(account, accounts, fitness, standing)
    const hasChanged = health.look(clock, { overdue, others })
    standing = standingNow()
    if (standing === NOWHERE) withdrawAll()
    const { open, alone } = standing
    isNeeded = health.share < 1 && held.some(({ place }) => alone.has(place.routeClass))
    if (hasChanged) {
      if (health.share === 0) leave(overdue > 0 ? 'slow_responses' : lastReason, open)
      tell()
    }
    turn()
  }

  const standingNow = () => standingOf(account, options.accounts(), options.fitness(), health.share)

  const fitnessNow = (): Fitness => ({ health: health.share, trouble: health.trouble })

  /** What waits goes to others, but for the classes that nobody else takes. */
  function leave(reason: string, kept: ReadonlySet<string>) {
    lastError = reason
    log.warn({ carrier: account.name, carrierId, reason }, 'the carrier is left alone for a while')
    if (health.isOut) withdrawAll()
    else {
      const ranges = queue.takeOut(({ place }) => !kept.has(place.routeClass))
      for (const range of ranges) held.withdraw(range)
    }
  }

  // ---- marking and claiming

  /** Nothing may be marked or claimed now. */
  function isOff(): boolean {
    return stopping || link === 'unbound' || health.isOut || performance.now() < awayUntil
  }

  /** What may be marked and not yet recorded now. */
  function exposureNow(): number {
    if (health.share === 1 || (isNeeded && !health.isDoubtful)) return exposureLimit
    const part = Math.max(1, Math.floor(exposureLimit * health.share))
    return Math.min(part, queue.exposure + health.allowance(clock))
  }

  function hold({ alert, place, text, phones, recipients, claimedAt }: TakenRange) {
    const { rangeNo, fence } = place
    const range: HeldRange = {
      lease: { alertId: alert.id, rangeNo, fence },
      place,
      alert,
      phones,
      text,
      open: recipients.length,
      inFlight: 0,
      sent: 0,
      deadline: 0,
      withdrawn: false,
      spoilt: false,
    }
    // Not of the last one alone: behind the small remainder of a slice there come whole ones.
    rangeSize = Math.max(1, recipients.length, rangeSize * 0.8)
    renewed(range, claimedAt)
    if (recipients.length === 0) return results.finished(range)
    held.add(range)
    for (const { seq, attempts, optedOut } of recipients) {
      const item: Item = { range, seq, attempts }
      if (optedOut) {
        // It takes part in the exposure for a moment, as every result gives one back.
        queue.exposure++
        results.optedOut(item)
      } else queue.add(item)
    }
    held.settle(range)
  }

  function withdrawAll() {
    queue.clear()
    held.withdrawAll()
  }

  // ---- the clockwork

  function turn() {
    if (link !== 'unbound') pump()
    void marks.turn()
    void claims.turn()
  }

  /** The earliest of what was asked for counts. */
  function wakeIn(ms: number) {
    const at = performance.now() + ms
    if (wakeTimer !== undefined && wakeAt <= at) return
    clearTimeout(wakeTimer)
    wakeAt = at
    wakeTimer = setTimeout(() => {
      wakeTimer = undefined
      turn()
    }, ms)
  }

  function complain(error: unknown, message: string) {
    counts.faults++
    const code = describeError(error)
    if (!isNews(`${message} ${code}`)) return
    log.warn({ carrier: account.name, carrierId, code }, message)
  }

  /** The database is left in peace for a while where it is away. */
  function hasFailed(error: unknown, message: string) {
    complain(error, message)
    const isAway = isDatabaseAway(error)
    if (isAway) awayUntil = performance.now() + AWAY_MS
    return { againMs: isAway ? AWAY_MS : AGAIN_MS, isAway }
  }

  function stateAt(now: number) {
    return {
      window: account.window * account.binds,
      inFlight: carrier.inFlight,
      room: carrier.room,
      waiting: queue.unmarked,
      marked: queue.marked,
      exposure: queue.exposure,
      ranges: held.count,
      leaseAge: held.age(now),
      isResting: health.share === 0,
    }
  }

  async function everySecond() {
    const now = performance.now()
    perSecond = ((counts.acceptedSegments - segmentsAtReport) * 1000) / (now - reportedAt)
    segmentsAtReport = counts.acceptedSegments
    reportedAt = now
    const rates = alertRates.take(now)
    figures = figuresOf(counts, stateAt(now), rates.perSecond)
    laneLog(figures, perSecond)
    for (const range of queue.giveWay()) held.withdraw(range)
    try {
      await held.renew()
      await noteMoved(rates.moved)
      const databaseNow = await throttle.regain(now, counts.acceptedSegments)
      pace.observe(databaseNow, performance.now())
      heedDatabaseTime(databaseNow, performance.now())
      void callbacks.take()
      await intake.catchUp()
      await answers.claim(link !== 'unbound' && !stopping)
      if (link === 'bound' && !stopping && queue.exposure === 0 && queue.unmarked === 0) {
        lookUps?.turn().catch((error: unknown) => complain(error, 'no receipt was asked for'))
      }
      // Their slots lapse in milliseconds: sooner than a report is written.
      if (answers.waiting > 0) turn()
      await report()
    } catch (error) {
      complain(error, 'the lane could not report')
    }
    turn()
  }

  async function noteMoved(moved: readonly Submissions[]): Promise<void> {
    if (moved.length === 0) return
    const times = moved.map(({ alertId, firstAt, lastAt }) => ({
      alertId,
      firstAt: databaseTimeAt(firstAt),
      lastAt: databaseTimeAt(lastAt),
    }))
    await noteSubmissions(db, times)
    alertRates.told(moved)
  }

  function report(): Promise<void> {
    return reportLink(db, {
      carrierId,
      dispatcherId,
      state: link,
      perSecond,
      inFlight: carrier.inFlight,
      lastError,
      fitness: fitnessNow(),
      ...(figures !== undefined && { figures }),
    })
  }

  /** The other lanes, of every dispatcher, take work by what is told of this one: at once, not in a second. */
  function tell() {
    if (stopping) return
    reporting = reporting
      .then(report)
      .then(() => notify(db, 'carriers', carrierId))
      .catch((error: unknown) => complain(error, 'the lane could not tell how it fares'))
  }

  async function heed() {
    if (isHeeding) return
    isHeeding = true
    try {
      await held.renew()
    } catch (error) {
      complain(error, 'the leases were not renewed')
    } finally {
      isHeeding = false
    }
  }

  const opened = carrier.open(
    {
      outcome,
      receipt: receive,
      reply: intake.reply,
      room: turn,
      state(state, reason) {
        link = state
        if (state === 'unbound') {
          lastError = reason
          log.warn({ carrier: account.name, carrierId, state, reason }, 'link down')
          withdrawAll()
          tell()
        } else if (state === 'bound') {
          log.info({ carrier: account.name, carrierId, state }, 'link up')
          claims.anew()
          tell()
          look()
        }
      },
    },
    closing.signal,
  )
  opened.catch((error: unknown) => complain(error, 'the carrier could not be opened'))

  const ticker = setInterval(() => {
    reporting = reporting.then(everySecond)
  }, 1_000)
  const looker = setInterval(look, LOOK_MS)

  return {
    carrierId,
    get fitness() {
      return link === 'unbound' ? undefined : fitnessNow()
    },
    wake() {
      awayUntil = 0
      claims.hear()
      wakeIn(CONTENT_MS)
      turn()
    },
    heed: () => void heed(),
    hear: () => void callbacks.take(),
    async stop(signal) {
      stopping = true
      clearInterval(ticker)
      clearInterval(looker)
      clearTimeout(slotTimer)
      clearTimeout(wakeTimer)
      withdrawAll()
      await carrier.close(signal)
      closing.abort()
      await reporting
      await intake.flush()
      await callbacks.flush()
      await results.flush()
      held.withdrawAll()
      await noteMoved(alertRates.take(performance.now()).moved)
      await reportLink(db, {
        carrierId,
        dispatcherId,
        state: 'unbound',
        perSecond: 0,
        inFlight: 0,
        lastError: undefined,
      })
    },
  }
}
