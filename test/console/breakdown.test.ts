import { expect, test } from 'vitest'
import { outsideAreas } from '../../src/reports/outside-areas.ts'
import { rowsByArea } from '../../src/console/screens/alert/watch/breakdown.ts'

const options = [
  { code: '1', label: 'Safe', words: [], urgent: false },
  { code: '2', label: 'Need help', words: [], urgent: true },
]
const byOption = (safe: number, help: number) => [
  { code: '1', label: 'Safe', count: safe },
  { code: '2', label: 'Need help', count: help },
]
/** Ten people: six by the river, one on the hill, three reached through a group. */
const tally = {
  recipients: 10,
  replied: 6,
  byOption: byOption(4, 2),
  byArea: [
    { areaDesc: 'River', recipients: 6, replied: 3, byOption: byOption(2, 1) },
    { areaDesc: 'Hill', recipients: 1, replied: 1, byOption: byOption(1, 0) },
  ],
}
const reached = (areaDesc: string | null, recipients: number) => ({
  areaDesc,
  recipients,
  attempted: recipients,
  taken: recipients,
  reached: recipients,
  notSent: 0,
  confirmed: recipients,
  unknown: 0,
  failed: 0,
  answered: 0,
})
const whole = {
  ...tally,
  other: 0,
  full: 0,
  optedOut: 0,
  noReply: 4,
  requests: { open: 2, taken: 0, closed: 0 },
  byGroup: [],
  updatedAt: '2026-05-01T00:00:00Z',
}

test('whom no area holds is counted apart, with what they answered', () => {
  expect(outsideAreas(tally)).toEqual({ recipients: 3, replied: 2, byOption: byOption(1, 1) })
  const [river, hill] = tally.byArea
  const inside = { recipients: 7, replied: 4, byOption: byOption(3, 1), byArea: [river!, hill!] }
  expect(outsideAreas(inside)).toBeUndefined()
})

test('who asks for help outside of all areas stands in the table of the areas', () => {
  const reach = [reached('River', 6), reached('Hill', 1), reached(null, 3)]
  const rows = rowsByArea(whole, reach, options, 'elsewhere')
  expect(rows.map(({ name, phones, help }) => [name, phones, help])).toEqual([
    ['River', 6, 1],
    ['Hill', 1, 0],
    ['elsewhere', 3, 1],
  ])
})

test('while people are being laid out, nobody is taken for outside', () => {
  const rows = rowsByArea(whole, undefined, options, 'elsewhere')
  expect(rows.map(({ name }) => name)).toEqual(['River', 'Hill'])
})
