import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isReservedWord, normaliseAnswer } from '../../src/cap/keywords.ts'

const published = JSON.parse(
  readFileSync(new URL('../data/reply-keywords.json', import.meta.url), 'utf8'),
) as Record<'opt_out' | 'opt_in' | 'help', { text: string }[]>

test('every published opt-out and help word is kept from options', () => {
  for (const { text } of [...published.opt_out, ...published.help]) {
    expect([text, isReservedWord(normaliseAnswer(text))]).toEqual([text, true])
  }
})

test('YES may answer a question; START and UNSTOP may not', () => {
  expect(isReservedWord('yes')).toBe(false)
  expect(isReservedWord('start')).toBe(true)
  expect(isReservedWord('unstop')).toBe(true)
})

test.each([
  [' Stop. ', 'stop'],
  ['ＳＴＯＰ', 'stop'],
  ['“Stop!” 🙏', 'stop'],
  ['Opt   Out', 'opt out'],
  ['ARRÊT', 'arret'],
  ['opt-out', 'opt out'],
  ['can’t', 'cant'],
  ['1️⃣', '1'],
  ['نعم', 'نعم'],
  ['2', '2'],
  ['👍', ''],
])('%j is read as %j', (typed, read) => {
  expect(normaliseAnswer(typed)).toBe(read)
})
