import { expect, test } from 'vitest'
import type { SubmitErrorKind } from '../../src/carriers/carrier.ts'
import { endOf } from '../../src/dispatch/letters.ts'

const failed = (kind: SubmitErrorKind, reason: string = kind) => ({ kind, reason, messageIds: [] })

test('what the server took is sent, and what it refuses for good has failed', () => {
  expect(endOf({ messageIds: ['<a@b>'] }, 0, 'at-least-once')).toMatchObject({ state: 'sent' })
  expect(endOf(failed('permanent', 'smtp_550 5.1.1'), 0, 'at-least-once')).toMatchObject({
    state: 'failed',
    reason: 'smtp_550 5.1.1',
  })
})

test('what may have been taken goes again and is marked, or is unknown where once is the most', () => {
  expect(endOf(failed('uncertain', 'link_lost'), 0, 'at-least-once')).toMatchObject({
    state: 'waiting',
    isSuspect: true,
    isAttempt: true,
  })
  expect(endOf(failed('uncertain', 'link_lost'), 0, 'at-most-once')).toMatchObject({
    state: 'unknown',
    isSuspect: false,
  })
})

test('a refusal for now is asked about again, later and later, and in the end has failed', () => {
  const pauses: number[] = []
  let attempts = 0
  for (;;) {
    const end = endOf(failed('elsewhere', 'smtp_450 4.2.1'), attempts, 'at-least-once')
    if (end.state !== 'waiting') {
      expect(end).toMatchObject({ state: 'failed', reason: 'smtp_450 4.2.1' })
      break
    }
    expect(end.isAttempt).toBe(true)
    pauses.push(end.afterSeconds)
    attempts++
  }
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
  // RFC 5321 §4.5.4.1 asks for some retries within the first hour; greylisting wants one after some minutes.
  expect(pauses.length).toBeGreaterThanOrEqual(3)
  expect(pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(30 * 60)
})

test('a letter that is sent for uncertain again and again ends as unknown', () => {
  expect(endOf(failed('uncertain', 'response_timeout'), 4, 'at-least-once')).toMatchObject({
    state: 'unknown',
    isSuspect: true,
  })
})

test.each(['throttled', 'kept-back', 'expired'] as const)(
  '%s spends no attempt and marks nothing',
  kind => {
    expect(endOf(failed(kind), 3, 'at-least-once')).toMatchObject({
      state: 'waiting',
      isAttempt: false,
      isSuspect: false,
    })
  },
)

test('a server that is away, or an account that is wrong, costs no letter', () => {
  expect(endOf(failed('elsewhere', 'unbound'), 4, 'at-most-once')).toMatchObject({
    state: 'waiting',
    isAttempt: false,
  })
  expect(endOf(failed('configuration', 'smtp_535'), 4, 'at-most-once')).toMatchObject({
    state: 'waiting',
    isAttempt: false,
    reason: 'smtp_535',
  })
})
