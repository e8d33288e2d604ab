/**
 * What an account's pace does when its carrier refuses for coming too fast (CARRIERS.md, 17), so that it keeps close
 * under what the carrier takes and seldom asks whether that is more by now.
 *
 * A refusal begins an *episode*. How much the carrier takes is then known: what it took in the second that ends with
 * the refusal (`taken`). Each dispatcher adds its part of that, when it is refused itself or with its next report.
 * From there on the share is a function of the time alone, so that any number of dispatchers may work it out and
 * none hurries the others:
 *
 *     a pause, then half of what it takes, for a second, in which a counter of a second runs empty
 *     back to 95 % of it within one more
 *     then a five-hundredth a second, up to 5 % over it: here it is refused again if nothing has changed
 *     and if it isn't, a tenth of the configured rate a second, until all of it is back
 *
 * Where `taken` is less than half of the share in use it is no measure of the limit (the alert had only begun, or
 * the carrier's queue was full): then all that is known is that the share in use was too much, and the share goes
 * back to 95 % of that by a tenth a second.
 *
 * In a second there is one episode: refusals of what was on its way are of the same.
 */
import { transact, type Database } from '../store/database.ts'
import {
  addTaken,
  lockPace,
  readPace,
  setPaceFactor,
  writeThrottled,
  type Throttled,
} from '../store/intents.ts'

export const EPISODE_SECONDS = 1

const LEAST_SHARE = 0.01
const RAMP_SECONDS = 1
const NEAR = { below: 0.95, above: 1.05, perSecond: 0.002 }
const ADDED_PER_SECOND = 0.1

/** The share of its rate that an account is given so many seconds after its carrier refused. */
export function paceShare({ from, taken }: Throttled, seconds: number): number {
  const most = Math.max(from, LEAST_SHARE)
  const took = Math.min(Math.max(taken, LEAST_SHARE), most)
  const isMeasure = took >= most / 2
  const known = isMeasure ? took : most
  const low = took / 2
  const near = known * NEAR.below
  const beyond = known * NEAR.above
  const rampSeconds = isMeasure ? RAMP_SECONDS : (near - low) / ADDED_PER_SECOND
  const ramp = (seconds - EPISODE_SECONDS) / rampSeconds
  if (ramp <= 0) return low
  if (ramp < 1) return Math.min(1, low + (near - low) * ramp)
  const after = seconds - EPISODE_SECONDS - rampSeconds
  const nearSeconds = (beyond - near) / (known * NEAR.perSecond)
  if (after < nearSeconds) return Math.min(1, near + known * NEAR.perSecond * after)
  return Math.min(1, beyond + ADDED_PER_SECOND * (after - nearSeconds))
}

/** One dispatcher's part in it, for one account. */
export interface Throttle {
  /** Called often: what the carrier has taken so far, in segments. */
  note(now: number, accepted: number): void
  /**
   * The carrier refused for coming too fast.
   *
   * @returns undefined where that is no news; else resolves when all dispatchers are told: slots that were reserved
   * before then are too many
   */
  refused(now: number, accepted: number): Promise<void> | undefined
  /**
   * Gives the account back what it may have by now. Called about once a second.
   *
   * @returns the database's clock, as epoch milliseconds
   */
  regain(now: number, accepted: number): Promise<number>
}

/**
 * @param pacing segments a second at which slots are spread where the share is 1
 * @param complain told of what the database refused
 */
export function createThrottle(
  db: Database,
  carrierId: string,
  pacing: number,
  complain: (error: unknown) => void,
): Throttle {
  const trailing = createTrailingSecond()
  /** The last that this dispatcher has told its part of. */
  let told = 0
  let deafUntil = -Infinity

  const begin = (mine: number) =>
    transact(db, async tx => {
      const { factor, throttled } = await lockPace(tx, carrierId)
      if (throttled === undefined || throttled.secondsAgo >= EPISODE_SECONDS) {
        const heard = { from: factor, taken: mine }
        told = await writeThrottled(tx, carrierId, heard, paceShare(heard, 0))
      } else if (throttled.episode !== told) {
        told = throttled.episode
        await addTaken(tx, carrierId, told, mine)
      }
    })

  return {
    note: trailing.note,
    refused(now, accepted) {
      if (now < deafUntil) return undefined
      deafUntil = now + EPISODE_SECONDS * 1_000
      return begin(trailing.secondUntil(now, now, accepted) / pacing).catch(complain)
    },
    async regain(now, accepted) {
      const { databaseNow, factor, throttled } = await readPace(db, carrierId)
      if (throttled === undefined) return databaseNow
      const { episode, secondsAgo } = throttled
      if (episode !== told && secondsAgo < REMEMBERED_SECONDS) {
        told = episode
        const began = now - secondsAgo * 1_000
        await addTaken(db, carrierId, episode, trailing.secondUntil(began, now, accepted) / pacing)
      }
      const share = paceShare(throttled, secondsAgo)
      if (share !== factor) await setPaceFactor(db, carrierId, episode, share)
      return databaseNow
    },
  }
}

/** How much of a number that only rises came within a second. */
interface TrailingSecond {
  /** Called often; remembers the total every fiftieth of a second. */
  note(now: number, total: number): void
  /** In the second that ended at `until`, not longer ago than is remembered. */
  secondUntil(until: number, now: number, total: number): number
}

const STEP_MS = 20
const STEPS = 256
/** An episode is heard of by the next report, a second later; the second before it must be remembered then. */
const REMEMBERED_SECONDS = 4

export function createTrailingSecond(): TrailingSecond {
  const times = new Float64Array(STEPS).fill(-Infinity)
  const totals = new Float64Array(STEPS)
  let latest = 0

  /** What the total was at a moment, between the two samples beside it. */
  const totalAt = (moment: number, now: number, total: number): number => {
    if (moment >= now) return total
    let after = { at: now, total }
    for (let back = 0; back < STEPS; back++) {
      const i = (latest - back + STEPS) % STEPS
      const before = { at: times[i]!, total: totals[i]! }
      if (before.at === -Infinity) break
      if (before.at <= moment) {
        const share = (moment - before.at) / Math.max(1, after.at - before.at)
        return before.total + (after.total - before.total) * share
      }
      after = before
    }
    return after.total
  }

  return {
    note(now, total) {
      if (now - times[latest]! < STEP_MS) return
      latest = (latest + 1) % STEPS
      times[latest] = now
      totals[latest] = total
    },
    secondUntil: (until, now, total) =>
      totalAt(until, now, total) - totalAt(until - 1_000, now, total),
  }
}
