/**
 * The growing delay after failed sign-ins.
 *
 * Three counts run: of this account from this address, of the address (a /24, or a /64) over all accounts, of
 * the account over all addresses. Past its free tries each doubles the wait, up to a cap. The account's own
 * cap is short, and an address that has signed in to the account before is spared it: a stranger who hammers
 * an account from a thousand addresses can slow its owner by seconds, and lock nobody out. It is spared the count of
 * the address as well, until it slips: behind a proxy that is not known all the world has one address.
 *
 * An attempt is counted before the password is looked at and taken back if it was right, so a thousand at once
 * get no further than a thousand in a row.
 */
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { AppError } from '../errors.ts'
import { type Database, transact } from '../store/database.ts'
import {
  type FailureCount,
  forgiveFailure,
  lockFailures,
  writeFailures,
} from '../store/sessions.ts'

interface Rule {
  /** Tries that cost nothing: people mistype. */
  readonly free: number
  readonly capSeconds: number
}

const RULES = {
  pair: { free: 5, capSeconds: 60 },
  address: { free: 30, capSeconds: 60 },
  account: { free: 20, capSeconds: 5 },
} as const satisfies Record<string, Rule>

/** A count stands for what happened lately. */
const FORGOTTEN_AFTER_MS = 15 * 60_000

export interface Attempt {
  /** The account is known to this address: its row says so after a success, with a count of 0. */
  readonly pair: string
  readonly address: string
  readonly account: string
}

/** @param email as it was typed: it may be no address at all, so only its hash is kept */
export function attemptOf(email: string, address: string): Attempt {
  const account = createHash('sha256').update(email).digest('base64url').slice(0, 22)
  const network = networkOf(address)
  return {
    pair: `pair:${account}:${network}`,
    address: `address:${network}`,
    account: `account:${account}`,
  }
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one: what one subscriber commonly has. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain.split('.').slice(0, 3).join('.')
  const [head = '', tail] = plain.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from(
    { length: tail === undefined ? 0 : 8 - left.length - right.length },
    () => '0',
  )
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}

/**
 * Counts an attempt.
 *
 * @throws AppError `too_many_requests` with the seconds to wait; then it is not counted
 */
export async function countAttempt(db: Database, attempt: Attempt, now: Date): Promise<void> {
  await transact(db, async tx => {
    const counts = await lockFailures(tx, Object.values(attempt), now)
    const seconds = secondsToWait(attempt, counts, now)
    if (seconds > 0) {
      // Rolls back, so that a refused address leaves no row that would look like one which is known.
      throw new AppError('too_many_requests', `too many failed sign-ins: wait ${seconds} s`, {
        retryAfterSeconds: seconds,
      })
    }
    await writeFailures(
      tx,
      counts.map(count => raised(count, now)),
    )
  })
}

/** The password was right: this address is known to the account from now on. */
export async function forgiveAttempt(db: Database, attempt: Attempt, now: Date): Promise<void> {
  await forgiveFailure(db, [attempt.address, attempt.account])
  await writeFailures(db, [{ subject: attempt.pair, count: 0, lastAt: now }])
}

function secondsToWait(attempt: Attempt, counts: readonly FailureCount[], now: Date): number {
  const pair = counts.find(count => count.subject === attempt.pair)
  // A row from an earlier moment with a count of 0 is what a success leaves.
  const isKnown = pair?.count === 0 && pair.lastAt < now
  const waits = counts.map(count => {
    if (count.subject === attempt.pair) return waitOf(RULES.pair, count, now)
    if (isKnown) return 0
    const rule = count.subject === attempt.address ? RULES.address : RULES.account
    return waitOf(rule, count, now)
  })
  return Math.max(...waits)
}

function waitOf({ free, capSeconds }: Rule, { count, lastAt }: FailureCount, now: Date): number {
  const sinceMs = now.getTime() - lastAt.getTime()
  if (count < free || sinceMs > FORGOTTEN_AFTER_MS) return 0
  const seconds = Math.min(2 ** (count - free), capSeconds)
  return Math.max(0, Math.ceil(seconds - sinceMs / 1000))
}

function raised({ subject, count, lastAt }: FailureCount, now: Date): FailureCount {
  const isForgotten = now.getTime() - lastAt.getTime() > FORGOTTEN_AFTER_MS
  return { subject, count: isForgotten ? 1 : count + 1, lastAt: now }
}
