import { expect, test } from 'vitest'
import type { PlayedAlert } from '../../src/exercises/score.ts'
import {
  saidOf,
  type ScoredAlert,
} from '../../src/console/screens/settings/exercises/score-lines.ts'
import { played } from '../support/played.ts'

const scored = (facts: Partial<PlayedAlert> = {}): ScoredAlert => {
  const { mistakes, ...rest } = played(facts)
  return {
    alertId: crypto.randomUUID(),
    event: 'Flood',
    points: 100,
    lines: [],
    mistakes: [...mistakes],
    ...rest,
  }
}
const ITEMS = ['sent', 'delivered', 'mistakes', 'corrections', 'help'] as const
const sheet = (facts: Partial<PlayedAlert>) => ITEMS.map(item => saidOf(scored(facts), item))

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
  expect(saidOf(scored({ mistakes: ['returned', 'refused'] }), 'mistakes')).toBe(
    'Taken back on the way: returned, refused by the sender.',
  )
})
