import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EscalationRuleTerms, isPassed } from '../../src/cap/escalation.ts'

const rule = (terms: Partial<EscalationRuleTerms>): EscalationRuleTerms => ({
  when: 'noReplyAbove',
  option: undefined,
  count: undefined,
  percent: undefined,
  afterMinutes: 10,
  ...terms,
})
const counts = (recipients: number, byOption: Record<string, number>, other = 0) => ({
  recipients,
  replied: Object.values(byOption).reduce((sum, one) => sum + one, other),
  byOption: new Map(Object.entries(byOption)),
})

test('a rule applies above or below its limit, and not at it', () => {
  const cases: [Partial<EscalationRuleTerms>, ReturnType<typeof counts>, boolean][] = [
    [{ count: 50 }, counts(100, { 1: 50 }), false],
    [{ count: 49 }, counts(100, { 1: 50 }), true],
    [{ count: 49 }, counts(100, { 1: 50 }, 1), false],
    [{ percent: 50 }, counts(100, { 1: 50 }), false],
    [{ percent: 49.5 }, counts(100, { 1: 50 }), true],
    [{ when: 'optionBelow', option: '1', count: 51 }, counts(100, { 1: 50 }), true],
    [{ when: 'optionBelow', option: '1', count: 50 }, counts(100, { 1: 50 }), false],
    [{ when: 'optionBelow', option: '1', percent: 90 }, counts(10, { 1: 8, 2: 2 }), true],
    [{ when: 'optionBelow', option: '1', percent: 80 }, counts(10, { 1: 8, 2: 2 }), false],
    [{ when: 'optionAbove', option: '2', count: 0 }, counts(100, { 1: 99 }), false],
    [{ when: 'optionAbove', option: '2', count: 0 }, counts(100, { 2: 1 }), true],
    [{ when: 'optionAbove', option: '2', percent: 1 }, counts(100, { 2: 1 }), false],
    [{ count: 0 }, counts(0, {}), false],
    [{ percent: 0 }, counts(3, { 1: 3 }), false],
  ]
  for (const [terms, seen, expected] of cases) {
    expect([terms, isPassed(rule(terms), seen)]).toEqual([terms, expected])
  }
})

test('whoever answers takes silence away, and never adds to it', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000), (recipients, answered, limit) => {
      const before = counts(recipients, { 1: Math.min(answered, recipients) })
      const after = { ...before, replied: before.replied + 1 }
      const silent = rule({ count: limit })
      if (isPassed(silent, after)) expect(isPassed(silent, before)).toBe(true)
      const many = { ...before, byOption: new Map([['1', before.replied + 1]]) }
      const needs = rule({ when: 'optionAbove', option: '1', count: limit })
      if (isPassed(needs, before)) expect(isPassed(needs, many)).toBe(true)
    }),
  )
})
