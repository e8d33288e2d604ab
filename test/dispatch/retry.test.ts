import { expect, test } from 'vitest'
import { afterFailure, kindFor } from '../../src/dispatch/retry.ts'

const again = { is: 'retry', spendsAttempt: true, avoidCarrier: true }

test('what this carrier can not take goes to another at once, then later and later, six times in all', () => {
  const waits = [0, 1, 2, 3, 4].map(attempts => {
    const after = afterFailure('elsewhere', attempts, 'at-least-once')
    expect(after).toMatchObject(again)
    return after.is === 'retry' ? after.delaySeconds : undefined
  })
  expect(waits).toEqual([0, 2, 6, 20, 60])
  expect(afterFailure('elsewhere', 5, 'at-least-once')).toEqual({ is: 'ended', state: 'failed' })
})

test('what will never be accepted ends at once', () => {
  for (const delivery of ['at-least-once', 'at-most-once'] as const) {
    expect(afterFailure('permanent', 0, delivery)).toEqual({ is: 'ended', state: 'failed' })
  }
})

test('what may have left goes again or not, as the alert says; its end is unknown, not failed', () => {
  expect(afterFailure('uncertain', 2, 'at-least-once')).toEqual({ ...again, delaySeconds: 0 })
  expect(afterFailure('uncertain', 0, 'at-most-once')).toEqual({ is: 'ended', state: 'unknown' })
  expect(afterFailure('uncertain', 5, 'at-least-once')).toEqual({ is: 'ended', state: 'unknown' })
})

test('what was certainly not taken goes again also where an alert is at-most-once', () => {
  expect(afterFailure('elsewhere', 0, 'at-most-once')).toMatchObject(again)
})

test('neither a carrier that asks for fewer a second nor a wrong account costs a try, however often', () => {
  expect(afterFailure('throttled', 5, 'at-least-once')).toEqual({
    is: 'retry',
    spendsAttempt: false,
    avoidCarrier: false,
    delaySeconds: 0,
  })
  expect(afterFailure('configuration', 5, 'at-most-once')).toEqual({
    is: 'retry',
    spendsAttempt: false,
    avoidCarrier: true,
    delaySeconds: 0,
  })
})

test('whom a carrier blocks is tried by two others in an emergency, and by nobody else in none', () => {
  const blocked = { kind: 'permanent', optedOut: true } as const
  const kinds = (emergency: boolean) => [0, 1, 2].map(no => kindFor({ emergency }, blocked, no))
  expect(kinds(true)).toEqual(['elsewhere', 'elsewhere', 'permanent'])
  expect(kinds(false)).toEqual(['permanent', 'permanent', 'permanent'])
  expect(kindFor({ emergency: true }, { kind: 'permanent' }, 0)).toBe('permanent')
})
