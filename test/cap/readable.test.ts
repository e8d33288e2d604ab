import { expect, test } from 'vitest'
import { readableText, readingFault } from '../../src/cap/readable.ts'

// SECURITY.md A27: each is refused, and named by its code point.
test.each([
  ['\u{0}', 'U+0000'],
  ['\u{1B}', 'U+001B'],
  ['\u{7F}', 'U+007F'],
  ['\u{85}', 'U+0085'],
  ['\u{AD}', 'U+00AD'],
  ['\u{202E}', 'U+202E'],
  ['\u{2066}', 'U+2066'],
  ['\u{200F}', 'U+200F'],
  ['\u{200B}', 'U+200B'],
  ['\u{FEFF}', 'U+FEFF'],
  ['\u{2028}', 'U+2028'],
  ['\u{E0041}', 'U+E0041'],
  ['\u{FFFE}', 'U+FFFE'],
  ['\u{3164}', 'U+3164'],
  ['\uD83D', 'U+D83D'],
])('a hidden character %j is refused by its name', (character, name) => {
  expect(readingFault(`FLOOD${character}WARNING`)?.detail).toContain(name)
})

test('a joiner hides between Latin letters, and belongs in Persian, Hindi and emoji', () => {
  expect(readingFault('EXER\u{200D}CISE')?.detail).toContain('U+200D')
  expect(readingFault('می\u{200C}خواهم')).toBeUndefined()
  expect(readingFault('क्\u{200D}ष')).toBeUndefined()
  expect(readingFault('👨\u{200D}👩\u{200D}👧 ⚠\u{FE0F}\u{200D}')).toBeUndefined()
})

test('ten thousand combining marks are refused, four are a language', () => {
  expect(readingFault(`A${'\u{301}\u{302}'.repeat(5_000)}`)?.detail).toContain('U+0301')
  expect(readingFault('น้ำท่วม')).toBeUndefined()
  expect(readingFault('LŨ LỤT: sơ tán ngay')).toBeUndefined()
})

test('a second spelling of the same letters is refused where it begins', () => {
  expect(readingFault('inundacio\u{301}n')?.detail).toContain('U+006F')
  expect(readingFault('inundación')).toBeUndefined()
})

test('lines, tabs, emoji and every script pass', () => {
  expect(readingFault('FLOOD\r\n\tNOW 🌊 ⚠️ 👍🏽 漢字 لا עברית')).toBeUndefined()
})

test('a schema of readable text refuses blanks and says how long', () => {
  expect(readableText(5).safeParse(' \n ').success).toBe(false)
  expect(readableText(5).safeParse('FLOOD').success).toBe(true)
  expect(readableText(5).safeParse('FLOODS').success).toBe(false)
})
