/**
 * A dispatcher: one process's part in sending. As many run as one likes, on as many machines as reach the
 * database; they share alerts by leases and accounts by one pace and by leased binds, and know nothing else
 * of each other.
 *
 * Its loops: the planner lays out alerts that were dispatched, the lanes send them, the finisher ends what is over.
 * Others lay out the letters beside the texts, remind, escalate, and bring subscribers their notices. NOTIFY wakes
 * them; if it is lost, each looks by itself. All of them go by the database's clock, never by the machine's.
 */
import { v7 as uuid } from 'uuid'
import { lookAtEscalations } from '../alerts/escalate.ts'
import { settleExercises } from '../alerts/exercise-end.ts'
import { remindNext } from '../alerts/remind.ts'
import { completeNotices } from '../alerts/notice-cap.ts'
import { openAccounts, type OpenAccount } from '../accounts/accounts.ts'
import type { Installation } from '../accounts/protocols.ts'
import { databaseTime, sleep } from '../clock.ts'
import { forgetPeople } from '../inbound/recipients.ts'
import { createNews, describeError, log } from '../log.ts'
import { askTime } from '../store/clock.ts'
import { openDatabase, transact, type OpenDatabase } from '../store/database.ts'
import { nextHoldEnds } from '../store/holds.ts'
import { layOutLetters } from '../store/mailings.ts'
import { mostUrgentPlan } from '../store/plan.ts'
import {
  type Fitness,
  forgetLinks,
  leaseBinds,
  readFitness,
  releaseBinds,
  reportLink,
} from '../store/links.ts'
import { startCourier } from '../subscribers/courier.ts'
import { finishAlerts } from './finish.ts'
import { startLane, type Lane } from './lane.ts'
import { startMailLane } from './mail-lane.ts'
import { startCounts, type LaneCounts } from './lane-counts.ts'
import { createLeftCallbacks } from './left-callbacks.ts'
import { planNext } from './plan.ts'
import { createSendableAlerts } from './sendable.ts'

/** How often each loop looks by itself, in milliseconds. */
const LOOK = {
  plans: 500,
  holds: 500,
  ends: 500,
  accounts: 1_000,
  clock: 1_000,
  callbacks: 1_000,
  letters: 500,
  reminders: 2_000,
  escalations: 2_000,
  unsigned: 5_000,
  exercises: 1_000,
  people: 60_000,
}
/** Notices get their CAP from the API nodes, for signing holds up the lanes; from here where there are none. */
const UNSIGNED_SECONDS = 30
/** A drain takes at most this long; what is unanswered then is marked as possibly sent. */
const DRAIN_MS = 10_000
/** What a dispatcher reports of an account whose binds others hold: that it is there and waits for some. */
const WITHOUT_BINDS = { state: 'unbound', perSecond: 0, inFlight: 0, lastError: undefined } as const

export interface Dispatcher {
  readonly id: string
  /** Drains and gives everything back; safe twice. */
  stop(): Promise<void>
}

export interface DispatcherOptions {
  readonly database: OpenDatabase
  readonly installation: Installation
}

export async function startDispatcher({
  database,
  installation,
}: DispatcherOptions): Promise<Dispatcher> {
  const { db } = database
  const id = uuid()
  await askTime(db)
  const now = () => new Date(databaseTime())
  const stopping = new AbortController()
  const lanes = new Map<string, { lane: Lane; account: OpenAccount; binds: number }>()
  const closing = new Map<string, Promise<void>>()
  const counts = new Map<string, LaneCounts>()
  const plans = new Map<Promise<unknown>, number>()
  const keyed = openDatabase(database.url, { plans: 'by key' })
  const sendable = createSendableAlerts(db, installation.masterKey, now)
  const left = createLeftCallbacks(db, id)
  let accounts: readonly OpenAccount[] = []
  let areAccountsRead = false
  let elsewhere: ReadonlyMap<string, Fitness> = new Map()
  let woken = new AbortController()
  const isNews = createNews()

  const wakeLanes = () => {
    for (const { lane } of lanes.values()) lane.wake()
  }
  const wake = () => {
    woken.abort()
    woken = new AbortController()
    wakeLanes()
  }
  /** Waits until somebody wakes the loops, or until it is time to look. */
  const rest = (ms: number) => sleep(ms, AbortSignal.any([woken.signal, stopping.signal]))

  const loop = async (name: string, turn: () => Promise<number>) => {
    while (!stopping.signal.aborted) {
      let ms = 1_000
      try {
        ms = await turn()
      } catch (error) {
        const code = describeError(error)
        if (isNews(`${name} ${code}`)) {
          log.error({ dispatcherId: id, code, reason: name }, 'a loop stumbled')
        }
      }
      if (ms > 0) await rest(ms)
    }
  }

  /** Alerts are laid out one after the other, but one that is more urgent than all under way begins at once. */
  const planning = async () => {
    // What is laid out before any account is known is for none of them, and would wait for ever.
    if (!areAccountsRead) return LOOK.plans
    const waiting = await mostUrgentPlan(db)
    if (waiting !== undefined && [...plans.values()].every(priority => waiting < priority)) {
      plan(waiting)
    }
    return LOOK.plans
  }

  /** Wakes whoever waits for an alert in the moment in which its hold is over. */
  const holding = async () => {
    const endsIn = await nextHoldEnds(db)
    if (endsIn === undefined || endsIn > LOOK.holds) return LOOK.holds
    await sleep(endsIn, stopping.signal)
    wake()
    return 1
  }

  const plan = (priority: number) => {
    const planned = planNext(database, id, sending(), now)
      .catch((error: unknown) => {
        log.error({ dispatcherId: id, code: describeError(error) }, 'an alert was not planned')
      })
      .finally(() => {
        plans.delete(planned)
        wake()
      })
    plans.set(planned, priority)
  }

  const ending = async () => {
    await finishAlerts(db, now, sendable)
    return LOOK.ends
  }

  /** Behind the planner, and never for more than a quarter of the time: texts go first. */
  const layingOut = async () => {
    const startedAt = performance.now()
    if (!(await transact(db, layOutLetters))) return LOOK.letters
    for (const { lane, account } of lanes.values()) if (account.protocol === 'smtp') lane.wake()
    const tookMs = performance.now() - startedAt
    await sleep(3 * tookMs, stopping.signal)
    return 0
  }

  const reminding = async () => ((await remindNext(db, now())) ? 0 : LOOK.reminders)

  const escalating = async () => {
    await lookAtEscalations(db, now())
    return LOOK.escalations
  }

  const hearing = async () => {
    await left.take(carrierId => lanes.has(carrierId) || closing.has(carrierId))
    return LOOK.callbacks
  }

  const signing = async () => {
    await completeNotices({ db, masterKey: installation.masterKey, now }, UNSIGNED_SECONDS)
    return LOOK.unsigned
  }

  const forgetting = async () => {
    await forgetPeople(db)
    return LOOK.people
  }

  /** The lanes hear the time with their slots; where none has anything to send, nobody else would ask. */
  const timing = async () => {
    await askTime(db)
    return LOOK.clock
  }

  const settling = async () => {
    await settleExercises(db, now())
    return LOOK.exercises
  }

  const reconciling = async () => {
    accounts = await openAccounts(db, installation)
    if (!areAccountsRead) {
      areAccountsRead = true
      wake()
    }
    elsewhere = await readFitness(db, id)
    const wanted = new Map(accounts.map(account => [account.id, account]))
    for (const [carrierId, running] of lanes) {
      const account = wanted.get(carrierId)
      if (account !== undefined && sameAccount(account, running.account)) continue
      closeLane(carrierId, running.lane)
    }
    for (const account of wanted.values()) await takeShare(account)
    return LOOK.accounts
  }

  /** Holds as many of the account's binds as fall to this dispatcher, the lane open with just those. */
  const takeShare = async (account: OpenAccount) => {
    const { held, share } = await leaseBinds(db, account.id, id, account.binds)
    const binds = Math.min(held, share)
    const running = lanes.get(account.id)
    if (running !== undefined && running.binds !== binds) closeLane(account.id, running.lane)
    // Binds are given back when they are closed, and no sooner: the carrier counts them too.
    if (lanes.has(account.id) || closing.has(account.id)) return
    if (held > share) await releaseBinds(db, account.id, id, share)
    const report = { ...WITHOUT_BINDS, carrierId: account.id, dispatcherId: id }
    if (binds === 0) await reportLink(db, report)
    else openLane(account, binds)
  }

  /** The accounts that take text messages. */
  const sending = () => accounts.filter(one => !one.draining && one.protocol !== 'smtp')

  /** How every carrier fares that anyone has bound: by this dispatcher's own lanes as they are now. */
  const fitness = () => {
    const all = new Map(elsewhere)
    for (const [carrierId, { lane }] of lanes) {
      const here = lane.fitness
      if (here === undefined) continue
      const there = all.get(carrierId) ?? here
      all.set(carrierId, {
        health: Math.max(here.health, there.health),
        trouble: Math.min(here.trouble, there.trouble),
      })
    }
    return all
  }

  const openLane = (account: OpenAccount, binds: number) => {
    let lane: Lane
    try {
      lane = account.protocol === 'smtp' ? mailLane(account, binds) : textLane(account, binds)
    } catch (error) {
      // One account that can't be opened must not keep the others from sending.
      const code = describeError(error)
      log.error(
        { carrierId: account.id, carrier: account.name, code },
        'the carrier was not opened',
      )
      return
    }
    lanes.set(account.id, { lane, account, binds })
  }

  const countsOf = (carrierId: string) => {
    const mine = counts.get(carrierId) ?? startCounts()
    counts.set(carrierId, mine)
    return mine
  }

  const textLane = (account: OpenAccount, binds: number) =>
    startLane({
      db: keyed.db,
      dispatcherId: id,
      account: { ...account, binds },
      share: binds / account.binds,
      accounts: sending,
      fitness,
      counts: countsOf(account.id),
      sendable: sendable.load,
    })

  const mailLane = (account: OpenAccount, binds: number) =>
    startMailLane({
      db,
      dispatcherId: id,
      account: { ...account, binds },
      isDraining: () => accounts.find(one => one.id === account.id)?.draining === true,
      counts: countsOf(account.id),
      sendable: sendable.load,
    })

  /** Drains it while the other lanes, and the leases of all binds, are kept up. */
  const closeLane = (carrierId: string, lane: Lane) => {
    lanes.delete(carrierId)
    const closed = lane.stop(AbortSignal.timeout(DRAIN_MS)).catch((error: unknown) => {
      log.error({ carrierId, code: describeError(error) }, 'a lane did not end as it should')
    })
    closing.set(
      carrierId,
      closed.finally(() => {
        closing.delete(carrierId)
        wake()
      }),
    )
  }

  const courier = startCourier({ db, ...installation, now, wake })

  await database.listen('work', wake)
  await database.listen('ranges', wakeLanes)
  const heedStates = () => {
    wake()
    for (const { lane } of lanes.values()) lane.heed()
  }
  // Whoever listens again has missed what came between.
  await database.listen('states', heedStates, heedStates)
  await database.listen('carriers', wake)
  await database.listen('notices', wake)
  await database.listen('callbacks', carrierId => lanes.get(carrierId)?.lane.hear())
  const loops = [
    loop('accounts', reconciling),
    loop('clock', timing),
    loop('plans', planning),
    loop('holds', holding),
    loop('ends', ending),
    loop('notices', courier.turn),
    loop('unsigned notices', signing),
    loop('callbacks', hearing),
    loop('letters', layingOut),
    loop('reminders', reminding),
    loop('exercises', settling),
    loop('escalations', escalating),
    loop('people', forgetting),
  ]
  log.info({ dispatcherId: id }, 'dispatcher started')

  let stopped: Promise<void> | undefined
  const stop = async () => {
    stopping.abort()
    await Promise.all(loops)
    await Promise.all(plans.keys())
    for (const [carrierId, { lane }] of lanes) closeLane(carrierId, lane)
    await Promise.all([...closing.values(), courier.idle()])
    await left.flush()
    for (const account of accounts) await releaseBinds(db, account.id, id, 0)
    await forgetLinks(db, id)
    await keyed.close()
    log.info({ dispatcherId: id }, 'dispatcher stopped')
  }
  return { id, stop: () => (stopped ??= stop()) }
}

/** Accounts are plain data: an edited one is bound anew, but not for being drained. */
function sameAccount(a: OpenAccount, b: OpenAccount): boolean {
  return JSON.stringify({ ...a, draining: false }) === JSON.stringify({ ...b, draining: false })
}
