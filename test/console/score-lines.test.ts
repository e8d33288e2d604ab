import { expect, test } from 'vitest'
import {
  saidOf,
  type ScoredAlert,
} from '../../src/console/screens/settings/exercises/score-lines.ts'

const played = (facts: Partial<ScoredAlert> = {}): ScoredAlert => ({
  alertId: '018f3c3a-0000-7000-8000-000000000001',
  event: 'Flood',
  points: 100,
  lines: [],
  draftedAfter: 10,
  signedAfter: 60,
  approvedAfter: 80,
  firstSentAfter: 90,
  ninetyDeliveredAfter: 100,
  mistakes: [],
  prepared: { cancel: true, allClear: true },
  help: { asked: 4, handled: 4 },
  ...facts,
})
const ITEMS = ['sent', 'delivered', 'mistakes', 'corrections', 'help'] as const
const sheet = (facts: Partial<ScoredAlert>) => ITEMS.map(item => saidOf(played(facts), item))

test('a score says in words what its points are for', () => {
  expect(sheet({})).toEqual([
    expect.stringMatching(/^The first message left .+ after the draft was begun\.$/),
    expect.stringMatching(/^Nine of ten phones had it .+ after the draft was begun\.$/),
    'Nothing had to be taken back.',
    'A cancellation and an all-clear were ready with it.',
    'Looked after: 4 of 4 who asked for help.',
  ])
})

test('what was not done is said, too', () => {
  const missed = { firstSentAfter: null, ninetyDeliveredAfter: null }
  const prepared = { cancel: false, allClear: true }
  expect(sheet({ ...missed, prepared, help: { asked: 0, handled: 0 } })).toEqual([
    'No message left.',
    'Fewer than nine of ten phones had it.',
    'It was not sent.',
    'Not prepared: a cancellation.',
    'Nobody asked for help.',
  ])
  expect(saidOf(played({ mistakes: ['returned', 'refused'] }), 'mistakes')).toBe(
    'Taken back on the way: returned, refused by the sender.',
  )
})
