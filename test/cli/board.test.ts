import { expect, test } from 'vitest'
import { board } from '../../src/cli/board.ts'
import type { Progress, Tally } from '../../src/reports/progress.ts'

const progress: Progress = {
  state: 'sending',
  recipients: 2_000,
  queued: 500,
  submitted: 400,
  unconfirmed: 0,
  delivered: 1_090,
  failed: 10,
  expired: 0,
  cancelled: 0,
  unknown: 0,
  possibleDuplicates: 0,
  segmentsSubmitted: 1_500,
  byCarrier: [],
  alarms: [],
  firstSubmittedAt: '2026-01-05T10:00:00.000Z',
  lastSubmittedAt: '2026-01-05T10:00:15.000Z',
  perSecond: 100,
  etaSeconds: 5,
  email: null,
  reminders: [],
  escalations: [],
  nextReminderAt: null,
}

const tally: Tally = {
  recipients: 2_000,
  replied: 3,
  byOption: [{ code: '2', label: 'Need help', count: 3 }],
  other: 0,
  full: 0,
  optedOut: 0,
  noReply: 1_997,
  requests: { open: 0, taken: 0, closed: 0 },
  byArea: [],
  byGroup: [],
  updatedAt: '2026-01-05T10:00:15.000Z',
}

const lineOf = (start: string, shown: Tally) =>
  board('FLASH FLOOD', progress, shown, 20, 15).find(line => line.trim().startsWith(start))

test('the board says how many asked for help, by how far people have come', () => {
  const requests = { open: 1_204, taken: 3, closed: 12 }
  expect(lineOf('asked for help', { ...tally, requests })).toBe(
    '  asked for help   open 1,204   taken 3   closed 12',
  )
  expect(lineOf('asked for help', { ...tally, requests: { open: 0, taken: 0, closed: 1 } })).toBe(
    '  asked for help   open 0   taken 0   closed 1',
  )
})

test('where nobody has asked for help, no line says so', () => {
  expect(lineOf('asked for help', tally)).toBeUndefined()
  expect(lineOf('sent', tally)).toContain('1,500 of 2,000')
})
