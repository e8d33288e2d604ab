import { expect, test } from 'vitest'
import type { Severity } from '../../src/cap/alert.ts'
import { chooseText, lookUpLanguage } from '../../src/cap/texts.ts'

const text = (no: number, language: string, severity: Severity, areaNos: number[]) => ({
  no,
  language,
  sms: '',
  expires: null,
  severity,
  areaNos,
})
const choose = (
  texts: ReturnType<typeof text>[],
  reached: { areaNos?: number[]; viaGroup?: boolean; language?: string },
) => chooseText({ texts }, { areaNos: [], viaGroup: false, language: undefined, ...reached })

// RFC 4647 §3.4: the example of progressive truncation, and its ranges that begin with a single character.
test('a language range is cut from its end until a tag equals it', () => {
  const range = 'zh-Hant-CN-x-private1-private2'
  expect(lookUpLanguage(range, ['zh', 'zh-Hant'])).toBe('zh-Hant')
  expect(lookUpLanguage(range, ['zh-Hant-CN-x', 'zh'])).toBe('zh')
  expect(lookUpLanguage('ES-mx', ['en-US', 'es'])).toBe('es')
  expect(lookUpLanguage('es', ['es-US'])).toBeUndefined()
  expect(lookUpLanguage('fr', ['en'])).toBeUndefined()
  expect(lookUpLanguage('', ['en'])).toBeUndefined()
})

test('a person gets the block in their language, else the first block’s language', () => {
  const texts = [text(0, 'en-US', 'Severe', [0]), text(1, 'es', 'Severe', [0])]
  expect(choose(texts, { areaNos: [0], language: 'es-MX' })).toBe(1)
  expect(choose(texts, { areaNos: [0], language: 'en-us' })).toBe(0)
  expect(choose(texts, { areaNos: [0], language: 'fr' })).toBe(0)
  expect(choose(texts, { areaNos: [0] })).toBe(0)
})

test('only blocks whose areas hold the person count, and of several the most severe', () => {
  const texts = [
    text(0, 'en', 'Moderate', [0, 1]),
    text(1, 'en', 'Extreme', [1]),
    text(2, 'es', 'Moderate', [0, 1]),
  ]
  expect(choose(texts, { areaNos: [0], language: 'en' })).toBe(0)
  expect(choose(texts, { areaNos: [0, 1], language: 'en' })).toBe(1)
  expect(choose(texts, { areaNos: [1], language: 'es' })).toBe(2)
})

test('where no block here is in the first block’s language, the first one here speaks', () => {
  const texts = [
    text(0, 'en', 'Severe', [0]),
    text(1, 'es', 'Severe', [1]),
    text(2, 'fr', 'Extreme', [1]),
  ]
  expect(choose(texts, { areaNos: [1], language: 'de' })).toBe(1)
})

test('whoever a group or a drill’s roster reaches may get any block', () => {
  const texts = [text(0, 'en', 'Minor', [0]), text(1, 'en', 'Severe', [1])]
  expect(choose(texts, { areaNos: [], viaGroup: true, language: 'en' })).toBe(1)
  expect(choose(texts, { areaNos: [0], viaGroup: true, language: 'en' })).toBe(1)
  expect(choose(texts, { areaNos: [0], language: 'en' })).toBe(0)
  const roster = { id: '', name: '', definitionDigest: '', count: 1 }
  const reached = { areaNos: [0], viaGroup: false, language: 'en' }
  expect(chooseText({ texts, roster }, reached)).toBe(1)
})

test('equally severe blocks: the first one', () => {
  const texts = [text(0, 'en', 'Severe', [0]), text(1, 'en', 'Severe', [0, 1])]
  expect(choose(texts, { areaNos: [0], language: 'en' })).toBe(0)
})
