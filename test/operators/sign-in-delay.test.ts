import { expect } from 'vitest'
import {
  attemptOf,
  countAttempt,
  forgiveAttempt,
  networkOf,
} from '../../src/operators/sign-in-delay.ts'
import { test } from '../support/database.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number) => new Date(START + seconds * 1000)

test('one subscriber is a /24 or a /64, however it is written', () => {
  expect(networkOf('192.0.2.77')).toBe('192.0.2')
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2')
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0')
  expect(networkOf('2001:DB8:0:0:ffff::9')).toBe('2001:db8:0:0')
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0')
  expect(networkOf('::1')).toBe('0:0:0:0')
  expect(networkOf('unknown')).toBe('unknown')
})

test('a thousand tries at once get no further than a thousand in a row', async ({ db }) => {
  const attempt = attemptOf('burst@example.org', '198.51.100.1')
  const tries = Array.from({ length: 40 }, () =>
    countAttempt(db, attempt, at(0)).then(
      () => 'let through',
      () => 'refused',
    ),
  )
  const results = await Promise.all(tries)
  expect(results.filter(result => result === 'let through')).toHaveLength(5)
})

test('the delay of a pair doubles up to a minute and is forgotten after a quiet quarter of an hour', async ({
  db,
}) => {
  const attempt = attemptOf('slow@example.org', '198.51.101.1')
  let seconds = 100
  for (let n = 0; n < 5; n++) await countAttempt(db, attempt, at(seconds))
  for (const wait of [1, 2, 4, 8, 16, 32, 60, 60]) {
    await expect(countAttempt(db, attempt, at(seconds))).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: wait,
    })
    seconds += wait
    await countAttempt(db, attempt, at(seconds))
  }
  await expect(countAttempt(db, attempt, at(seconds + 1))).rejects.toThrow()
  await countAttempt(db, attempt, at(seconds + 901))
  await countAttempt(db, attempt, at(seconds + 901))
})

test('whoever tries many accounts from one place is slowed as well', async ({ db }) => {
  const tryAccount = (n: number) =>
    countAttempt(db, attemptOf(`account-${n}@example.org`, '198.51.102.1'), at(0))
  for (let n = 0; n < 30; n++) await tryAccount(n)
  await expect(tryAccount(30)).rejects.toMatchObject({ retryAfterSeconds: 1 })
})

test('an account that a thousand addresses hammer lets its owner in from where they were before', async ({
  db,
}) => {
  const owner = attemptOf('owner@example.org', '203.0.113.1')
  await countAttempt(db, owner, at(0))
  await forgiveAttempt(db, owner, at(0))

  let refused = 0
  for (let n = 0; n < 100; n++) {
    const attempt = attemptOf('owner@example.org', `198.18.${n}.1`)
    await countAttempt(db, attempt, at(1 + n / 1000)).catch(() => refused++)
  }
  expect(refused).toBe(80)
  // An address that was refused is not known to the account for that.
  const refusedBefore = attemptOf('owner@example.org', '198.18.99.1')
  await expect(countAttempt(db, refusedBefore, at(2))).rejects.toThrow()

  await countAttempt(db, owner, at(2))
  // From anywhere else its owner waits five seconds at most.
  await expect(
    countAttempt(db, attemptOf('owner@example.org', '203.0.114.1'), at(2)),
  ).rejects.toSatisfy((error: { retryAfterSeconds: number }) => error.retryAfterSeconds <= 5)
  await countAttempt(db, attemptOf('owner@example.org', '203.0.114.1'), at(8))
})

test('whoever tries many accounts beside somebody who has signed in there before does not keep them out', async ({
  db,
}) => {
  const owner = attemptOf('colleague@example.org', '198.51.103.1')
  await countAttempt(db, owner, at(0))
  await forgiveAttempt(db, owner, at(0))
  for (let n = 0; n < 40; n++) {
    const attempt = attemptOf(`guess-${n}@example.org`, '198.51.103.2')
    await countAttempt(db, attempt, at(1)).catch(() => undefined)
  }
  await countAttempt(db, owner, at(1))
  // Their own slip is a failure like any other there.
  await expect(countAttempt(db, owner, at(1))).rejects.toThrow()
})
