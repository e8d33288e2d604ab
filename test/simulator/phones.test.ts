import { expect, test } from 'vitest'
import {
  ANSWER_SAFE_OR_HELP,
  type AnswerRule,
  type Plan,
  createPhones,
} from '../../src/simulator/phones.ts'

const PHONES = Array.from({ length: 4_000 }, (_, i) => 15_550_000_000 + i)
const ENGLISH = 'FLASH FLOOD. Move up now. Reply 1 SAFE, 2 NEED HELP.'
const SPANISH = 'INUNDACIÓN. Suba ahora. Responda 1 A SALVO, 2 NECESITO AYUDA.'

const aRule = (rule: Partial<AnswerRule>): AnswerRule => ({
  when: 'reply',
  share: 1,
  delay: { ms: 100, spreadMs: 50 },
  choices: [{ weight: 1, say: [{ text: '1', means: 'option:1' }] }],
  ...rule,
})

const answersOf = (rules: readonly AnswerRule[], text: string, seed = 1) => {
  const phones = createPhones({ seed, rules })
  return PHONES.map(phone => phones(phone, text))
}
const shareOf = (plans: readonly (Plan | undefined)[], saying: string) =>
  plans.filter(plan => plan?.say[0]?.text === saying).length / plans.length

test('what a phone does follows from the seed, its number and the text', () => {
  const one = answersOf(ANSWER_SAFE_OR_HELP, ENGLISH)
  expect(answersOf(ANSWER_SAFE_OR_HELP, ENGLISH)).toEqual(one)
  expect(answersOf(ANSWER_SAFE_OR_HELP, ENGLISH, 2)).not.toEqual(one)
})

test('the order in which messages come changes nothing', () => {
  const forwards = createPhones({ seed: 1, rules: ANSWER_SAFE_OR_HELP })
  const backwards = createPhones({ seed: 1, rules: ANSWER_SAFE_OR_HELP })
  const late = PHONES.toReversed().map(phone => backwards(phone, ENGLISH))
  expect(PHONES.map(phone => forwards(phone, ENGLISH))).toEqual(late.toReversed())
})

test('as many answer as the rule says, by its weights, within its time', () => {
  const say = (text: string) => [{ text, means: 'other' as const }]
  const choices = [
    { weight: 3, say: say('yes') },
    { weight: 1, say: say('no') },
  ]
  const plans = answersOf([aRule({ share: 0.5, choices })], ENGLISH)
  expect(plans.filter(plan => plan === undefined).length / plans.length).toBeCloseTo(0.5, 1)
  expect(shareOf(plans, 'yes')).toBeCloseTo(0.375, 1)
  expect(shareOf(plans, 'no')).toBeCloseTo(0.125, 1)
  const delays = plans.flatMap(plan => plan?.delays ?? [])
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(100)
  expect(Math.max(...delays)).toBeLessThan(150)
})

test('the first rule that matches counts, and a text that none matches is met with silence', () => {
  const rules = [
    aRule({ when: 'responda', choices: [{ weight: 1, say: [{ text: 'sí', means: 'option:1' }] }] }),
    aRule({}),
  ]
  const phones = createPhones({ seed: 1, rules })
  expect(phones(15_550_000_001, 'Responda 1. Reply 1.')?.say[0]?.text).toBe('sí')
  expect(phones(15_550_000_001, 'REPLY\n1')?.say[0]?.text).toBe('1')
  expect(phones(15_550_000_001, 'All clear')).toBeUndefined()
})

test.each([
  [ENGLISH, 'safe'],
  [SPANISH, 'SÍ estoy bien'],
])('ordinary people answer %j in its language', (text, words) => {
  const plans = answersOf(ANSWER_SAFE_OR_HELP, text)
  expect(shareOf(plans, '1')).toBeGreaterThan(0.05)
  expect(shareOf(plans, words)).toBeGreaterThan(0.05)
  expect(plans.some(plan => plan?.say[0]?.means === 'optOut')).toBe(true)
  expect(plans.some(plan => plan?.say.length === 2)).toBe(true)
})

test('ordinary people do not answer what confirms their STOP or their HELP', () => {
  const confirmations = [
    'You are unsubscribed. Reply START to come back.',
    'Help: call 555-0100. Reply STOP to end.',
  ]
  for (const text of confirmations) {
    expect(answersOf(ANSWER_SAFE_OR_HELP, text).every(plan => plan === undefined)).toBe(true)
  }
})
