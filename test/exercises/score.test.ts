import { expect, test } from 'vitest'
import { type PlayedAlert, pointsOf, scoreOf } from '../../src/exercises/score.ts'
import { played } from '../support/played.ts'

// By hand, from the table in score.ts: 30 sent, 20 delivered, 20 without mistakes, 15 corrections, 15 help.
test.each<[string, Partial<PlayedAlert>, number, string]>([
  ['all in time', {}, 100, 'Nothing had to be taken back.'],
  ['sent half-way between two minutes and fifteen', { firstSentAfter: 510 }, 85, '8 min 30 s'],
  ['sent after a quarter of an hour', { firstSentAfter: 900 }, 70, '15 min 0 s'],
  ['delivered half-way', { ninetyDeliveredAfter: 750 }, 90, '12 min 30 s'],
  ['returned once', { mistakes: ['returned'] }, 95, 'Taken back on the way: returned.'],
  ['five mistakes', { mistakes: Array.from({ length: 5 }, () => 'withdrawn') }, 80, 'withdrawn'],
  ['no cancellation', { prepared: { cancel: false, allClear: true } }, 90, 'a cancellation'],
  ['no all-clear', { prepared: { cancel: true, allClear: false } }, 95, 'an all-clear'],
  ['a third looked after', { help: { asked: 3, handled: 1 } }, 90, '1 of 3'],
  ['nobody asked', { help: { asked: 0, handled: 0 } }, 100, 'Nobody asked for help.'],
  [
    'never sent',
    { firstSentAfter: null, ninetyDeliveredAfter: null, help: { asked: 0, handled: 0 } },
    15,
    'It was not sent.',
  ],
])('%s', (_name, facts, points, words) => {
  const lines = scoreOf(played(facts))
  expect(pointsOf(lines)).toBe(points)
  expect(lines.map(line => line.words).join(' ')).toContain(words)
  expect(lines.reduce((sum, { of }) => sum + of, 0)).toBe(100)
  expect(scoreOf(played(facts))).toEqual(lines)
})
