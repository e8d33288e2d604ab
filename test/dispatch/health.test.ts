import { expect, test } from 'vitest'
import { Health, SLOW_MS, type Wrong } from '../../src/dispatch/health.ts'
import { fc } from '../support/property.ts'

const LOOK_MS = 250

/** One carrier of a simulated company, each of whose messages is answered at once. */
interface Simulated {
  readonly health: Health
  /** Chance of 1 that a message goes wrong, and how. */
  bad: number
  how: Wrong
  latencyMs: number
  /** What was handed to it, by the second. */
  readonly handed: number[]
  falls: number
  credit: number
}

const RATE = 100

const carrier = (bad = 0, how: Wrong = 'refused'): Simulated => ({
  health: new Health(RATE),
  bad,
  how,
  latencyMs: 50,
  handed: [],
  falls: 0,
  credit: 0,
})

/** A sequence of numbers in [0, 1), the same each time. */
function draws(seed: number) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/**
 * Lets carriers of equal standing send with all they have, as lanes do: each is handed what its rate and its
 * health allow; one that is alone is held back by nothing but a fall for itself.
 */
function run(carriers: readonly Simulated[], seconds: number, seed = 1, from = 0): number {
  const draw = draws(seed)
  let now = from
  for (; now < from + seconds * 1000; now += LOOK_MS) {
    for (const one of carriers) {
      const well = carriers.filter(other => other !== one && other.health.share === 1)
      const others = well.length === 0 ? undefined : Math.min(...well.map(o => o.health.trouble))
      const overdue = one.latencyMs > SLOW_MS ? Math.ceil(RATE / 2) * Number(one.credit > 0) : 0
      const before = one.health.share
      one.health.look(now, { overdue, others })
      if (before > 0 && one.health.share === 0) one.falls++
      const due = Math.min((RATE * LOOK_MS) / 1000, one.health.allowance(now))
      const count = Math.floor(due)
      one.credit = count
      one.health.letGo(count)
      const second = Math.floor(now / 1000)
      one.handed[second] = (one.handed[second] ?? 0) + count
      if (one.latencyMs > SLOW_MS) continue
      for (let i = 0; i < count; i++) {
        if (draw() < one.bad) one.health.failed(one.how)
        else one.health.taken(one.latencyMs)
      }
    }
  }
  return now
}

test.each(['refused', 'rejected', 'unanswered'] as const)(
  'a carrier whose messages are %s loses its traffic within five seconds, and the other does not',
  how => {
    const [bad, good] = [carrier(), carrier()]
    run([bad, good], 10)
    Object.assign(bad, { bad: 0.9, how })
    run([bad, good], 10, 2, 10_000)
    expect(bad.handed.slice(15).reduce((sum, n) => sum + n, 0)).toBeLessThan(10)
    expect(good.handed.slice(15)).toEqual(Array(5).fill(RATE))
  },
)

test('a carrier that answers late loses its traffic within five seconds', () => {
  const [slow, good] = [carrier(), carrier()]
  run([slow, good], 5)
  slow.latencyMs = 20_000
  run([slow, good], 10, 1, 5_000)
  expect(slow.handed.slice(10).reduce((sum, n) => sum + n, 0)).toBeLessThan(5)
})

test('it comes back in steps: a message, then a 64th, a 16th, a quarter, and all', () => {
  const [back, good] = [carrier(1), carrier()]
  let now = run([back, good], 3)
  back.bad = 0
  const shares: number[] = []
  for (let i = 0; i < 60 && back.health.share < 1; i++) {
    now = run([back, good], 0.25, 1, now)
    if (shares.at(-1) !== back.health.share) shares.push(back.health.share)
  }
  // A single message and the first step are of equal share.
  expect(shares).toEqual([0, 1 / 64, 1 / 16, 1 / 4, 1])
})

test('a step that goes wrong sends it back to rest, for twice as long', () => {
  const [half, good] = [carrier(0.6), carrier()]
  run([half, good], 120)
  // Rests of 1, 2, 4 and then 8 s, and what it takes to find out each time.
  expect(half.falls).toBeLessThanOrEqual(17)
  expect(half.handed.slice(10).reduce((sum, n) => sum + n, 0)).toBeLessThan(0.02 * 110 * RATE)
})

test('the only carrier goes on, however many of its messages go wrong', () => {
  const only = carrier(0.6)
  run([only], 30)
  expect(only.falls).toBe(0)
  expect(only.handed).toEqual(Array(30).fill(RATE))
})

test('the only carrier, refusing everything, is asked by single messages, and has all back with the first taken', () => {
  const only = carrier(1)
  let now = run([only], 40)
  expect(only.handed.slice(1).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(8)
  only.bad = 0
  now = run([only], 9, 1, now)
  expect(only.health.share).toBe(1)
  expect(only.handed.at(-1)).toBe(RATE)
})

test('where all are bad alike nothing goes to and fro, and all of them send', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 35, max: 75 }),
      fc.integer({ min: 2, max: 4 }),
      (seed, percent, count) => {
        const carriers = Array.from({ length: count }, () => carrier())
        let now = run(carriers, 5, seed)
        for (const one of carriers) one.bad = percent / 100
        now = run(carriers, 60, seed + 1, now)
        // Each may fall once, before it is known that the others are no better.
        for (const one of carriers) expect(one.falls).toBeLessThanOrEqual(2)
        const last = carriers.map(one => one.handed.slice(-20).reduce((sum, n) => sum + n, 0))
        expect(last).toEqual(Array(count).fill(20 * RATE))
      },
    ),
    { numRuns: 60 },
  )
})

test('where one is clearly better than the others, bad as it is, it has the traffic', () => {
  const [worse, better] = [carrier(0.95), carrier(0.4)]
  run([worse, better], 60)
  expect(better.handed.slice(10)).toEqual(Array(50).fill(RATE))
  expect(worse.handed.slice(10).reduce((sum, n) => sum + n, 0)).toBeLessThan(0.02 * 50 * RATE)
})

test('receipts that fail count against a carrier, but only where another’s fail less', () => {
  const health = new Health(RATE)
  for (let i = 0; i < 100; i++) {
    health.taken(50)
    health.receipt(i % 2 === 0)
  }
  expect(health.look(1_000, { overdue: 0, others: 0.4 })).toBe(false)
  expect(health.trouble).toBe(0.5)
  expect(health.look(1_250, { overdue: 0, others: 0.1 })).toBe(true)
  expect(health.share).toBe(0)
})

test('receipts that come while it rests don’t make it well', () => {
  const health = new Health(RATE)
  for (let i = 0; i < 30; i++) health.failed('rejected')
  expect(health.look(0, { overdue: 0, others: 0 })).toBe(true)
  for (let i = 0; i < 100; i++) health.receipt(true)
  expect(health.look(500, { overdue: 0, others: 0 })).toBe(false)
  expect([health.share, health.trouble]).toEqual([0, 1])
})

test('a few failed receipts say nothing', () => {
  const health = new Health(RATE)
  for (let i = 0; i < 40; i++) health.receipt(false)
  expect(health.look(1_000, { overdue: 0, others: 0 })).toBe(false)
})

test('a misconfigured account rests for half a minute, whoever else there is', () => {
  const health = new Health(RATE)
  health.misconfigured(0)
  expect(health.isOut).toBe(true)
  health.look(29_000, { overdue: 0, others: undefined })
  expect(health.share).toBe(0)
  health.look(30_000, { overdue: 0, others: undefined })
  expect([health.share, health.allowance(30_000)]).toEqual([1 / 64, 1])
})
