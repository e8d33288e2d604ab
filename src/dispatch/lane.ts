/**
 * One carrier account's loop in this process.
 *
 *     claim ranges → load → [ waiting … | marked … ] → window → results → range done
 *
 * The lane pulls: it claims work when it runs low, so lanes of unequal speed finish together. What it has
 * claimed waits in one queue. Before anything leaves, the head of the queue is *marked*: one small statement
 * moves the ranges' intent marks, renews their leases, re-reads whether the alerts may still be sent, and
 * reserves the account's slots. What is marked and not yet recorded is the lane's *exposure*, kept under twice
 * the windows of its binds: so much may go out twice if this process dies now.
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
} from '../carriers/carrier.ts'
import { servesClass } from '../carriers/routes.ts'
import { openCarrier } from '../carriers/open.ts'
import { AppError } from '../errors.ts'
import { MessageIds } from '../inbound/message-ids.ts'
import { describeError, log } from '../log.ts'
import { notify, transact, type Database } from '../store/database.ts'
import {
  halvePace,
  LEASE_SECONDS,
  markIntents,
  recoverPace,
  reservePace,
  type IntentMark,
  type Lease,
} from '../store/intents.ts'
import { noteSubmissions, reportLink } from '../store/links.ts'
import {
  claimRanges,
  loadRanges,
  releaseRanges,
  renewLeases,
  type ClaimedRange,
  type QueuedRecipients,
} from '../store/ranges.ts'
import { createAnswerDesk } from './answers.ts'
import { createIntake } from './intake.ts'
import { createPace, PACE_SHARE } from './pace.ts'
import { isRefusal, refuseToSend } from './refuse.ts'
import { createResultWriter } from './results.ts'
import type { HeldRange, Item, SendableAlert } from './work.ts'

/** Two seconds before the lease ends nothing of it is sent any more (RELIABILITY.md). */
const SEND_MARGIN_SECONDS = 2
/** What is marked and has not left covers at most this much of the account's rate, in seconds. */
const INTENT_SECONDS = 0.25
/** The next slots are reserved when less than this is in hand: several round trips to the database. */
const PACE_AHEAD_MS = 120
/** Work in hand beyond the exposure, in seconds of the rate, and recipients at the most. */
const CLAIM_AHEAD = { seconds: 0.5, most: 10_000 }
/** Ranges at the most in one claim. */
const MOST_RANGES = 32
/** How long a lane waits when there is nothing to claim; NOTIFY wakes it sooner. */
const IDLE_MS = 500
/** A lane whose account is refused as misconfigured tries again after this long. */
const MISCONFIGURED_MS = 30_000
/**
 * A carrier that refuses this many in a row for trouble of its own is left alone, at first for a second, then
 * twice as long each time that a single message finds it no better.
 */
const TROUBLE = { refusals: 10, firstMs: 1_000, mostMs: 30_000 }

export interface Lane {
  readonly carrierId: string
  /** There may be work. */
  wake(): void
  /** Something was dispatched, paused or stopped: that is heeded now, not at the next mark. */
  heed(): void
  /** Stops claiming, finishes what is in the window, writes every result, gives the rest back. */
  stop(signal: AbortSignal): Promise<void>
}

export interface LaneOptions {
  readonly db: Database
  readonly dispatcherId: string
  readonly account: CarrierConfig
  /** Prefixes of the route classes that exist now. */
  readonly routePrefixes: () => readonly string[]
  /** The alert's verified content; rejects where it is not what was signed. */
  readonly sendable: (alertId: string) => Promise<SendableAlert>
}

export function startLane(options: LaneOptions): Lane {
  const { db, dispatcherId, account } = options
  const carrierId = account.id
  const rate = account.segmentsPerSecond
  const exposureLimit = 2 * account.window * account.binds

  /** Claimed and not handed over; the first `marked` of them, from `head` on, may leave. */
  let waiting: Item[] = []
  let head = 0
  let marked = 0
  let markedSegments = 0
  /** Marked and not yet recorded. */
  let exposure = 0
  /** Rises when the queue is emptied at once: a mark that was under way then marks nothing. */
  let epoch = 0
  const ranges = new Set<HeldRange>()
  const inFlight: (Item | undefined)[] = []
  const freeRefs: number[] = []
  let longestText = 1
  /** Of the range loaded last: how many to claim follows from it. */
  let rangeSize = 1_000

  let link: LinkState = 'unbound'
  let lastError: string | undefined
  let stopping = false
  let marking = false
  let claiming = false
  let heeding = false
  let idleUntil = 0
  /** The carrier is left alone until then; afterwards one message tries, as long as `rests` is not 0. */
  let restsUntil = 0
  let rests = 0
  let refusals = 0
  let throttled = false
  let slotTimer: NodeJS.Timeout | undefined
  let wakeTimer: NodeJS.Timeout | undefined
  let submittedSegments = 0
  let segmentsAtReport = 0
  let reportedAt = performance.now()
  const submittedAlerts = new Set<string>()

  const carrier: Carrier = openCarrier(account)
  const closing = new AbortController()
  const pace = createPace(rate, () => longestText)
  const messageIds = new MessageIds(db, carrierId)
  const results = createResultWriter(db, carrierId, (count, submissions) => {
    exposure -= count
    for (const one of submissions) messageIds.add(one)
    turn()
  })
  const intake = createIntake(db, messageIds, results.flush, wakeViewers)
  const answers = createAnswerDesk({ db, carrierId, dispatcherId, rate, pace })

  function wakeViewers() {
    void notify(db, 'alerts', carrierId).catch(() => undefined)
  }

  // ---- sending

  function pump() {
    const now = performance.now()
    const today = Date.now()
    let available = pace.available(now)
    if (answers.waiting > 0) available = sendAnswers(available)
    while (marked > 0 && carrier.room >= 1) {
      const item = waiting[head]
      if (item === undefined) break
      const { range } = item
      const { text } = range
      if (range.withdrawn || now > range.deadline || today >= text.expiresAt) {
        passOver(item)
        continue
      }
      const segments = text.encoded.segments.length
      if (available < segments) break
      available -= segments
      pace.take(segments)
      submittedSegments += segments
      head++
      marked--
      markedSegments -= segments
      range.inFlight++
      const ref = freeRefs.pop() ?? inFlight.length
      inFlight[ref] = item
      carrier.submit({ to: item.phone, text: text.encoded, expiresAt: text.expiresAt }, ref)
    }
    if (head > 8_192) {
      waiting = waiting.slice(head)
      head = 0
    }
    awaitSlot(now)
  }

  /** A recipient that must not be sent now: it stays queued in its range, which is given back. */
  function passOver(item: Item) {
    head++
    marked--
    markedSegments -= segmentsOf(item)
    exposure--
    withdraw(item.range)
  }

  function sendAnswers(available: number): number {
    let left = available
    while (left >= 1 && carrier.room >= 1) {
      const answer = answers.next()
      if (answer === undefined) break
      left -= answer.segments
      pace.take(answer.segments)
      submittedSegments += answer.segments
      carrier.submit(answer.message, answer.ref)
    }
    return left
  }

  function awaitSlot(now: number) {
    clearTimeout(slotTimer)
    slotTimer = undefined
    if ((marked === 0 && answers.waiting === 0) || carrier.room < 1) return
    const due = pace.nextDue(now)
    if (due !== Infinity) slotTimer = setTimeout(turn, Math.max(1, due - now))
  }

  function outcome(ref: number, ended: Outcome) {
    if (answers.owns(ref)) return answers.outcome(ref, ended)
    const item = inFlight[ref]
    if (item === undefined) return
    inFlight[ref] = undefined
    freeRefs.push(ref)
    const { range } = item
    range.inFlight--
    if (!isSubmitError(ended)) {
      refusals = 0
      rests = 0
      submittedAlerts.add(range.alert.id)
      results.outcome(item, ended)
    } else if (ended.kind === 'throttled' && ended.messageIds.length === 0 && !range.withdrawn) {
      putBack(item)
    } else {
      results.outcome(item, ended)
      const now = performance.now()
      if (ended.kind === 'configuration') rest(now + MISCONFIGURED_MS, ended.reason)
      if (ended.kind === 'elsewhere' && ++refusals >= TROUBLE.refusals && now >= restsUntil) {
        rest(now + Math.min(TROUBLE.mostMs, TROUBLE.firstMs * 2 ** rests++), ended.reason)
      }
    }
    if (range.withdrawn) settleWithdrawn(range)
    else if (range.open === 0) ranges.delete(range)
  }

  /** The carrier asked for fewer a second: back to the head of what waits, no attempt spent. */
  function putBack(item: Item) {
    exposure--
    waiting.splice(head + marked, 0, item)
    if (throttled) return
    throttled = true
    void halvePace(db, carrierId).catch((error: unknown) => complain(error, 'pace not lowered'))
  }

  /** Leaves the carrier alone; what is held goes to others. */
  function rest(until: number, reason: string) {
    restsUntil = until
    lastError = reason
    log.warn({ carrier: account.name, carrierId, reason }, 'the carrier is left alone for a while')
    withdrawAll()
    setTimeout(turn, until - performance.now()).unref()
  }

  // ---- marking

  /** Marks the next of the queue and reserves their slots, when slots run low and the exposure allows. */
  async function mark() {
    const now = performance.now()
    if (marking || stopping || link === 'unbound' || now < restsUntil) return
    if (marked > 0 && pace.heldUntil() - now > PACE_AHEAD_MS) return
    const unmarked = waiting.length - head - marked
    const intent = Math.max(1, Math.ceil(rate * INTENT_SECONDS))
    const exposed = rests > 0 ? 1 : exposureLimit
    const count = Math.max(0, Math.min(unmarked, exposed - exposure, intent - marked))
    // Slots that passed unused, while the window was full or this process busy, are asked for anew.
    const owed = carrier.room < 1 ? 0 : markedSegments - pace.outstanding(now)
    // Better one mark for an eighth of the exposure than many for a few: each is a commit.
    const isFew = count < Math.min(unmarked, exposed / 8, intent / 2)
    if (isFew && owed < Math.max(1, Math.min(markedSegments, intent / 2))) return
    if (count === 0 && owed <= 0) return
    marking = true
    try {
      await markNext(count, owed)
    } catch (error) {
      complain(error, 'no intent could be marked')
      wakeIn(250)
    } finally {
      marking = false
    }
    turn()
  }

  async function markNext(count: number, owed: number) {
    const began = epoch
    const from = head + marked
    const marks = new Map<HeldRange, { -readonly [K in keyof IntentMark]: IntentMark[K] }>()
    // What was marked and has outlasted its slots asks again whether it may leave.
    if (owed > 0) {
      for (let i = head; i < from; i++) {
        const item = waiting[i]
        if (item !== undefined && !item.range.withdrawn) {
          marks.set(item.range, { ...item.range.lease, hwm: 0 })
        }
      }
    }
    let segments = 0
    let taken = 0
    for (; taken < count; taken++) {
      const item = waiting[from + taken]
      if (item === undefined) break
      const more = segmentsOf(item)
      if (segments > 0 && segments + more > rate * INTENT_SECONDS + 1) break
      segments += more
      // What is withdrawn flows through and is passed over by the pump.
      if (item.range.withdrawn) continue
      const known = marks.get(item.range)
      if (known === undefined) marks.set(item.range, { ...item.range.lease, hwm: item.seq })
      else if (item.seq > known.hwm) known.hwm = item.seq
    }
    const slots = Math.max(0, segments + owed)
    const sentAt = performance.now()
    const { held, reservation } = await askFor([...marks.values()], slots)
    for (const range of marks.keys()) {
      if (held.has(keyOf(range.lease))) renewed(range, sentAt)
      else withdraw(range)
    }
    if (reservation !== undefined) {
      pace.grant(reservation, performance.now())
    } else if (held.size > 0 || marks.size === 0) return wakeIn(50)
    if (epoch !== began) return
    marked += taken
    markedSegments += segments
    exposure += taken
  }

  async function askFor(marks: readonly IntentMark[], slots: number) {
    const pacing = rate * PACE_SHARE
    if (marks.length === 0) {
      return { held: new Set(), reservation: await reservePace(db, carrierId, slots, pacing) }
    }
    const { marked: kept, reservation } = await markIntents(db, carrierId, marks, slots, pacing)
    return { held: new Set(kept.map(keyOf)), reservation }
  }

  function renewed(range: HeldRange, sentAt: number) {
    range.deadline = sentAt + (LEASE_SECONDS - SEND_MARGIN_SECONDS) * 1000
  }

  // ---- claiming

  async function claim() {
    const now = performance.now()
    if (claiming || stopping || link === 'unbound' || now < idleUntil || now < restsUntil) return
    const inHand = waiting.length - head
    const ahead = Math.min(CLAIM_AHEAD.most, Math.ceil(rate * CLAIM_AHEAD.seconds))
    const wanted = exposureLimit + ahead
    if (inHand >= wanted / 2) return
    claiming = true
    try {
      const routeClasses = options.routePrefixes().filter(prefix => servesClass(account, prefix))
      // No more than it is about to send: what a slow lane holds, a fast one can't take.
      const limit = rests > 0 ? 1 : Math.min(MOST_RANGES, Math.ceil((wanted - inHand) / rangeSize))
      const claimed = await transact(db, tx =>
        claimRanges(tx, { dispatcherId, carrierId, routeClasses, limit }),
      )
      if (claimed.length === 0) {
        idleUntil = now + IDLE_MS
        wakeIn(IDLE_MS)
      }
      const byAlert = new Map<string, ClaimedRange[]>()
      for (const range of claimed) {
        byAlert.set(range.alertId, [...(byAlert.get(range.alertId) ?? []), range])
      }
      for (const [alertId, mine] of byAlert) {
        await take(alertId, mine, now).catch((error: unknown) => decline(alertId, mine, error))
      }
    } catch (error) {
      complain(error, 'no work could be claimed')
      idleUntil = performance.now() + 250
      wakeIn(250)
    } finally {
      claiming = false
    }
    turn()
  }

  async function take(alertId: string, claimed: readonly ClaimedRange[], claimedAt: number) {
    const alert = await options.sendable(alertId)
    const loaded = await loadRanges(db, alertId, claimed)
    for (const [i, place] of claimed.entries()) hold(alert, place, loaded[i]!, claimedAt)
  }

  function hold(
    alert: SendableAlert,
    place: ClaimedRange,
    { textNo, recipients }: QueuedRecipients,
    claimedAt: number,
  ) {
    const text = alert.texts.get(textNo)
    if (text === undefined) {
      throw new AppError('integrity_violation', `the signed alert has no text ${textNo}`)
    }
    const { rangeNo, fence } = place
    const range: HeldRange = {
      lease: { alertId: alert.id, rangeNo, fence },
      place,
      alert,
      text,
      open: recipients.length,
      inFlight: 0,
      deadline: 0,
      withdrawn: false,
    }
    rangeSize = Math.max(1, recipients.length)
    longestText = Math.max(longestText, text.encoded.segments.length)
    renewed(range, claimedAt)
    if (recipients.length === 0) return results.finished(range)
    ranges.add(range)
    for (const { seq, phone, attempts, optedOut } of recipients) {
      const item: Item = { range, seq, phone, attempts }
      if (optedOut) {
        // It takes part in the exposure for a moment, as every result gives one back.
        exposure++
        results.optedOut(item)
      } else waiting.push(item)
    }
    if (range.open === 0) ranges.delete(range)
  }

  /** Claimed ranges that can't be taken go back; an alert that is not what was signed is stopped. */
  async function decline(alertId: string, claimed: readonly ClaimedRange[], error: unknown) {
    if (isRefusal(error)) await refuseToSend(db, alertId, error, new Date())
    else complain(error, 'ranges could not be taken')
    await releaseRanges(db, claimed)
  }

  // ---- giving back

  /** Nothing more of it leaves; what waits of it flows through the queue and is passed over. */
  function withdraw(range: HeldRange) {
    if (range.withdrawn) return
    range.withdrawn = true
    settleWithdrawn(range)
  }

  function withdrawAll() {
    for (const range of ranges) range.withdrawn = true
    exposure -= marked
    epoch++
    waiting = []
    head = 0
    marked = 0
    markedSegments = 0
    for (const range of ranges) settleWithdrawn(range)
  }

  /** With its last message answered, and the answers written, a withdrawn range is anybody's. */
  function settleWithdrawn(range: HeldRange) {
    if (range.inFlight > 0 || !ranges.delete(range)) return
    const release = async () => {
      await results.flush()
      await releaseRanges(db, [range.lease])
    }
    // If this fails the lease runs out by itself, and its marked recipients count as possible duplicates.
    void release().catch((error: unknown) => complain(error, 'a range was not given back'))
  }

  // ---- the clockwork

  function turn() {
    if (link !== 'unbound') pump()
    void mark()
    void claim()
  }

  function wakeIn(ms: number) {
    wakeTimer ??= setTimeout(() => {
      wakeTimer = undefined
      turn()
    }, ms)
  }

  function complain(error: unknown, message: string) {
    log.warn({ carrier: account.name, carrierId, code: describeError(error) }, message)
  }

  async function everySecond() {
    const now = performance.now()
    const perSecond = ((submittedSegments - segmentsAtReport) * 1000) / (now - reportedAt)
    segmentsAtReport = submittedSegments
    reportedAt = now
    throttled = false
    const alertIds = [...submittedAlerts]
    submittedAlerts.clear()
    try {
      await renew()
      if (alertIds.length > 0) await noteSubmissions(db, alertIds)
      pace.observe(await recoverPace(db, carrierId), performance.now())
      await intake.adopt()
      await answers.claim(link !== 'unbound' && !stopping)
      await reportLink(db, {
        carrierId,
        dispatcherId,
        state: link,
        perSecond,
        inFlight: carrier.inFlight,
        lastError,
      })
    } catch (error) {
      complain(error, 'the lane could not report')
    }
    turn()
  }

  /**
   * Keeps what is held, and withdraws what may no longer be sent. A range that was withdrawn is kept until its
   * last message is answered: whoever took it before would take what is in flight for lost.
   */
  async function renew() {
    const held = [...ranges]
    if (held.length === 0) return
    const sentAt = performance.now()
    const leases = await renewLeases(
      db,
      held.map(range => range.lease),
    )
    const kept = new Map(leases.map(lease => [keyOf(lease), lease]))
    for (const range of held) {
      if (kept.get(keyOf(range.lease))?.maySend === true) renewed(range, sentAt)
      // A range that was finished meanwhile is not lost.
      else if (ranges.has(range)) withdraw(range)
    }
  }

  async function heed() {
    if (heeding) return
    heeding = true
    try {
      await renew()
    } catch (error) {
      complain(error, 'the leases were not renewed')
    } finally {
      heeding = false
    }
  }

  const opened = carrier.open(
    {
      outcome,
      receipt: intake.receipt,
      reply: intake.reply,
      room: turn,
      state(state, reason) {
        link = state
        if (state === 'unbound') {
          lastError = reason
          log.warn({ carrier: account.name, carrierId, state, reason }, 'link down')
          withdrawAll()
        } else if (state === 'bound') {
          log.info({ carrier: account.name, carrierId, state }, 'link up')
          idleUntil = 0
          turn()
        }
      },
    },
    closing.signal,
  )
  opened.catch((error: unknown) => complain(error, 'the carrier could not be opened'))

  let reporting: Promise<void> = Promise.resolve()
  const ticker = setInterval(() => {
    reporting = reporting.then(everySecond)
  }, 1_000)

  return {
    carrierId,
    wake() {
      idleUntil = 0
      turn()
    },
    heed: () => void heed(),
    async stop(signal) {
      stopping = true
      clearInterval(ticker)
      clearTimeout(slotTimer)
      clearTimeout(wakeTimer)
      withdrawAll()
      await carrier.close(signal)
      closing.abort()
      await reporting
      await intake.flush()
      await results.flush()
      for (const range of ranges) settleWithdrawn(range)
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

const segmentsOf = ({ range }: Item) => range.text.encoded.segments.length
const keyOf = (lease: Lease) => `${lease.alertId} ${lease.rangeNo} ${lease.fence}`
