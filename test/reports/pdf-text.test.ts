import Pdf from 'pdfkit'
import { expect, test } from 'vitest'
import { openFonts } from '../../src/reports/pdf-fonts.ts'
import { openTextSetter, type Line, type Run } from '../../src/reports/pdf-text.ts'
import { fc } from '../support/property.ts'

const doc = new Pdf()
const fonts = openFonts(doc)
const widths = new Map<string, number>()
const setter = openTextSetter(
  fonts,
  (font, text) => {
    const key = `${font} ${text}`
    const known =
      widths.get(key) ?? doc.font(font).fontSize(10).widthOfString(text, { features: [] })
    widths.set(key, known)
    return known
  },
  characters => `[${characters.length} missing]`,
)
const set = (text: string, width = Infinity, language = 'en') => setter.lines(text, language, width)
const runsOf = ([line]: Line[]) => line!.runs.map(({ font, text }) => `${font}: ${text}`)

/** What one sees, from left to right: the font turns round what it takes for a script that is read so. */
const seen = ([line]: Line[]) =>
  line!.runs.map(({ font, text }) => (fonts.turns(font, text) ? turned(text) : text)).join('')
const turned = (text: string) => [...text].toReversed().join('')

// By hand, after UAX #9.
test.each([
  ['Reply 1 SAFE', 'Reply 1 SAFE', false],
  // The words from right to left, the name and the number as they are read.
  ['שלום Harris 12 בית', `${turned('בית')} Harris 12 ${turned('שלום')}`, true],
  ['say שלום now', `say ${turned('שלום')} now`, false],
  // Brackets open to the other side.
  ['א (ב)', '(ב) א', true],
  ['أجيبوا 1 بأمان، 2', `2 ${turned('بأمان،')} 1 ${turned('أجيبوا')}`, true],
  // A date in Arabic digits is read from left to right, in its place among the words.
  ['في ١٢٣', `١٢٣ ${turned('في')}`, true],
])('%s is seen as %s', (text, expected, isRightToLeft) => {
  const lines = set(text)
  expect(seen(lines)).toBe(expected)
  expect(lines[0]!.isRightToLeft).toBe(isRightToLeft)
})

test('Arabic is given to its font in the order in which it is read, for shaping', () => {
  expect(runsOf(set('تحذير من'))).toEqual(['arabic: تحذير من'])
})

test('Arabic letters take the forms that they have between others', () => {
  const glyphsOf = (text: string) => {
    doc.font('arabic')
    const { font } = (
      doc as unknown as { _font: { font: { layout(text: string): { glyphs: { id: number }[] } } } }
    )._font
    return font.layout(text).glyphs.map(({ id }) => id)
  }
  const [alone] = glyphsOf('ب')
  const joined = glyphsOf('ببب')
  expect(new Set([alone, ...joined]).size).toBe(4)
  // Letters come from left to right as they are seen, and digits are given so that they come as they are read.
  expect(glyphsOf('دب')).toEqual([...glyphsOf('ب'), ...glyphsOf('د')])
  const [{ text: given }] = set('١٢')[0]!.runs as [Run]
  expect(glyphsOf(given)).toEqual([...glyphsOf('١'), ...glyphsOf('٢')])
})

test.each([
  ['en', 'ПАВОДОК ΠΛΗΜΜΥΡΑ ñ ệ', ['latin']],
  ['zh-Hans', '山洪警报', ['chinese']],
  ['ja', '洪水警報', ['japanese']],
  ['en', '洪水の警報', ['japanese']],
  ['ko', '홍수 경보', ['korean']],
  ['ar', 'تحذير ١٢٣، ؟', ['arabic']],
])('%s: %s is set in %j', (language, text, used) => {
  const runs = set(text, Infinity, language)[0]!.runs
  expect([...new Set(runs.map(({ font }) => font))]).toEqual(used)
})

test('what no font has is said, and not drawn as boxes', () => {
  expect(runsOf(set('ย้ายไป ที่สูง 5'))).toEqual(['latin: [12 missing] 5'])
  expect(runsOf(set('go 🌊️ now'))).toEqual(['latin: go [1 missing] now'])
  expect(runsOf(set('a\u0007b'))).toEqual(['latin: ab'])
})

test('lines break where they may, and their ends hold no blanks', () => {
  const text = 'Move to high ground now. Do not drive through water.'
  const lines = set(text, 90)
  expect(lines.length).toBeGreaterThan(2)
  expect(lines.map(({ runs }) => runs.map(run => run.text).join('')).join(' ')).toBe(text)
  const chinese = set('哈里斯县山洪警报：河水已漫过堤岸，请立即前往高处。', 60, 'zh')
  expect(chinese.length).toBeGreaterThan(3)
  // No line begins with a comma or a full stop.
  for (const { runs } of chinese) expect(runs[0]!.text).not.toMatch(/^[，。：]/u)
  expect(set('one\n\ntwo').map(({ runs }) => runs[0]?.text)).toEqual(['one', undefined, 'two'])
})

test('nothing is lost, and no line is wider than it may be, whatever the text', () => {
  const words = fc.stringMatching(/^[a-zA-Zа-яё0-9.,() -]{0,80}$/u)
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 200 }), (text, width) => {
      const lines = set(text, width)
      const said = lines.flatMap(({ runs }) => runs.map(run => run.text)).join('')
      expect(said.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      for (const line of lines) expect(line.width).toBeLessThanOrEqual(width + 0.01)
    }),
  )
})

test('any text at all comes to an end', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 1, max: 80 }),
      (text, width) => {
        const lines = set(text, width)
        expect(lines.length).toBeLessThanOrEqual(20 * text.length + 1)
      },
    ),
    { numRuns: 60 },
  )
})
