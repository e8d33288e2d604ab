import { expect, test } from 'vitest'
import { gsm7Replacement } from '../../src/encoding/replacements.ts'
import { measureText } from '../../src/encoding/segments.ts'
import { fc } from '../support/property.ts'

test.each([
  ['’', "'"],
  ['—', '-'],
  ['…', '...'],
  ['\u00a0', ' '],
  ['á', 'a'],
  ['Ó', 'O'],
  ['ç', 'c'],
  ['ﬁ', 'fi'],
  ['½', '1/2'],
  ['①', '1'],
  ['\u200b', ''],
  ['⚠', ''],
  ['👩', ''],
  ['ж', undefined],
  ['中', undefined],
])('%s is written %j', (character, replacement) => {
  expect(gsm7Replacement(character)).toBe(replacement)
})

test('whatever replaces a character is in the alphabet itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), character => {
      const replacement = gsm7Replacement(character)
      if (replacement !== undefined) expect(measureText(replacement).alphabet).toBe('GSM7')
    }),
    { numRuns: 2_000 },
  )
})
