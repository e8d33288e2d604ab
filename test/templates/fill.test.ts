import { expect, test } from 'vitest'
import { measureText } from '../../src/encoding/segments.ts'
import type { BlankValues } from '../../src/templates/blanks.ts'
import { type Filled, fillTemplate, longestTexts } from '../../src/templates/fill.ts'
import type { Template } from '../../src/templates/template.ts'
import { fc } from '../support/property.ts'
import { aTemplate, DESK, NOON, parsed } from './sample.ts'

const fill = (template: Template, blanks: BlankValues, expires?: string) =>
  fillTemplate(template, blanks, { ...DESK, now: NOON, expires })

function filled(template: Template, blanks: BlankValues, expires?: string): Filled {
  const result = fill(template, blanks, expires)
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return result
}

function faults(template: Template, blanks: BlankValues, expires?: string): [string, string][] {
  const result = fill(template, blanks, expires)
  if (!('faults' in result)) throw new Error('it was filled in')
  return result.faults.map(({ pointer, detail }) => [pointer, detail])
}

/** A template that says one thing, in English and in Spanish. */
const saying = (blank: object, en = 'Now {x}.', es = 'Ya {x}.') =>
  parsed({
    blanks: [{ name: 'x', label: 'x', ...blank }],
    texts: [
      { language: 'en-US', sms: en },
      { language: 'es-US', sms: es },
    ],
  })
const says = (template: Template, x: BlankValues[string]) =>
  filled(template, { x }).texts.map(({ sms }) => sms)

test('each language says what was filled in, times on the clock of the place and as it writes them', () => {
  const { texts, blanks, expires } = filled(parsed(), {
    place: 'Hunt',
    until: '2026-11-30T00:30:00Z',
  })
  expect(texts.map(({ sms }) => sms)).toEqual([
    'Kerr County OEM: FLOOD in Hunt until 6:30 PM. Go up now. Reply 1 SAFE, 2 NEED HELP.',
    expect.stringMatching(/^Kerr County OEM: CRECIDA en Hunt\. Hasta: 6:30 p\. ?m\.\. Suba ya\./),
  ])
  expect(texts.map(({ cancel }) => cancel)).toEqual([
    'Kerr County OEM: SENT IN ERROR. There is no flood in Hunt.',
    'Kerr County OEM: ENVIADO POR ERROR. No hay crecida en Hunt.',
  ])
  expect(blanks).toEqual({ place: 'Hunt', until: '2026-11-30T00:30:00Z' })
  expect(expires).toBe('2026-11-30T00:30:00Z')
  // ICU would put a narrow space there, and the text into UCS-2.
  expect(texts.map(({ sms }) => measureText(sms).alphabet)).toEqual(['GSM7', 'GSM7'])
})

test('what the text says and when the alert expires are one time', () => {
  const template = parsed()
  // Six hours from noon.
  expect(filled(template, { place: 'Hunt' })).toMatchObject({
    blanks: { until: '2026-11-30T00:00:00.000Z' },
    expires: '2026-11-30T00:00:00.000Z',
    texts: [{ sms: expect.stringContaining('until 6:00 PM') }, {}],
  })
  const four = '2026-11-29T16:00:00-06:00'
  expect(filled(template, { place: 'Hunt' }, four)).toMatchObject({
    expires: four,
    texts: [{ sms: expect.stringContaining('until 4:00 PM') }, {}],
  })
  expect(filled(template, { place: 'Hunt', until: '2026-11-29T22:00:00Z' }, four).expires).toBe(
    '2026-11-29T22:00:00Z',
  )
  const other = faults(template, { place: 'Hunt', until: '2026-11-29T23:00:00Z' }, four)
  expect(other).toEqual([['/expires', 'is another time than the blank until says']])
  const far = faults(template, { place: 'Hunt' }, '2026-12-01T18:00:00Z')
  expect(far).toEqual([['/expires', expect.stringContaining('more than a day from now')]])
})

test('what is not filled in, what fits no blank and what is of another type is refused, all at once', () => {
  const template = parsed({
    blanks: [
      ...aTemplate().blanks,
      { name: 'road', type: 'road', label: 'Road', maxLength: 8 },
      { name: 'feet', type: 'number', label: 'Feet', max: 60 },
      {
        name: 'side',
        type: 'choice',
        label: 'Side',
        choices: [{ code: 'north', texts: [{ language: 'en-US', text: 'north' }] }],
      },
    ],
  })
  expect(
    faults(template, { until: 'noon', road: 'Highway 27', feet: 61, side: 'up', toString: 'x' }),
  ).toEqual([
    ['/blanks/toString', 'is no blank of this template'],
    ['/blanks/place', 'is not filled in: Where'],
    ['/blanks/until', 'must be a time as RFC 3339 has it'],
    ['/blanks/road', expect.stringContaining('8')],
    ['/blanks/feet', 'must be from 0 to 60'],
    ['/blanks/side', 'must be one of north'],
  ])
  expect(faults(saying({ type: 'place' }), { x: 'x', 'a/b~': 'x' })).toEqual([
    ['/blanks/a~1b~0', 'is no blank of this template'],
  ])
  expect(faults(saying({ type: 'number' }), { x: 1.5 })).toEqual([
    ['/blanks/x', 'must have at most 0 decimals'],
  ])
  expect(faults(saying({ type: 'number' }), { x: '7' })[0]![1]).toBe('must be a number')
  expect(faults(saying({ type: 'place' }), { x: 7 })[0]![1]).toBe('must be text')
})

test.each([
  ['another blank', '{sender}'],
  ['half a blank', 'Hunt}'],
  ['a second line', 'Hunt\nAll clear'],
  ['what reorders letters', 'Hunt \u202Etxet'],
  ['a hidden space', 'Hu\u200Bnt'],
  ['nothing', '  '],
  ['a mark for the letter before it', '\u0301'],
  ['half a pair', 'Hunt \uD83D'],
])('a place can not bring %s', (_what, x) => {
  const of = (value: BlankValues[string]) => faults(saying({ type: 'place' }), { x: value })
  expect(of(x).map(([pointer]) => pointer)).toContain('/blanks/x')
  const worded = of([
    { language: 'en-US', text: 'Hunt' },
    { language: 'es-US', text: x },
  ])
  expect(worded.map(([pointer]) => pointer)).toContain('/blanks/x/1/text')
})

test('a name of the organisation that would read as a blank is not written into texts', () => {
  const result = fillTemplate(
    parsed(),
    { place: 'Hunt' },
    { ...DESK, sender: '{place}', now: NOON },
  )
  expect(result).toEqual({ faults: [expect.objectContaining({ pointer: '' })] })
})

test('a place may be said in each language; a language that is left out is named', () => {
  const template = saying({ type: 'place' })
  const river = { language: 'en-US', text: 'the river' }
  const rio = { language: 'es-US', text: 'el río' }
  expect(says(template, [river, rio])).toEqual(['Now the river.', 'Ya el río.'])
  expect(faults(template, { x: [river, river] })).toEqual([
    ['/blanks/x', 'says nothing in es-US'],
    ['/blanks/x', 'says two things in en-US'],
  ])
})

test('a language of no country writes as the organisation’s country does', () => {
  const written = (country: string) => {
    const template = parsed({
      languages: ['en', 'es'],
      blanks: [
        { name: 'at', type: 'time', label: 'At' },
        { name: 'many', type: 'number', label: 'Many' },
      ],
      texts: [
        { language: 'en', sms: '{at} {many}' },
        { language: 'es', sms: '{at} {many}' },
      ],
    })
    const blanks = { at: '2026-11-29T23:05:00Z', many: 12_500 }
    const result = fillTemplate(template, blanks, { ...DESK, country, now: NOON })
    if ('faults' in result) throw new Error(JSON.stringify(result.faults))
    return result.texts.map(({ sms }) => sms)
  }
  expect(written('US')).toEqual(['5:05 PM 12,500', expect.stringMatching(/^5:05 p\. ?m\. 12,500$/)])
  expect(written('ES')).toEqual([expect.any(String), '17:05 12.500'])
})

test('a choice is said as each language has it, a number as each writes it', () => {
  const choices = [
    {
      code: 'north',
      texts: [
        { language: 'en-US', text: 'north of' },
        { language: 'es-US', text: 'al norte de' },
      ],
    },
  ]
  expect(says(saying({ type: 'choice', choices, default: 'north' }), 'north')).toEqual([
    'Now north of.',
    'Ya al norte de.',
  ])
  expect(filled(saying({ type: 'choice', choices, default: 'north' }), {}).blanks).toEqual({
    x: 'north',
  })
  expect(says(saying({ type: 'number' }), 12_500)).toEqual(['Now 12,500.', 'Ya 12,500.'])
  expect(says(saying({ type: 'number', min: -5 }), -0)).toEqual(['Now 0.', 'Ya 0.'])
  expect(says(saying({ type: 'number', decimals: 1 }), 1.5)).toEqual(['Now 1.5.', 'Ya 1.5.'])
})

test('a time that is shown by the hour alone lies within a day: tomorrow noon is not noon', () => {
  const at = (hours: number) => new Date(NOON.getTime() + hours * 3_600_000).toISOString()
  const hour = saying({ type: 'time' })
  expect(says(hour, at(23))).toEqual(['Now 11:00 AM.', expect.stringMatching(/^Ya 11:00 a\./)])
  expect(says(hour, at(-23))[0]).toBe('Now 1:00 PM.')
  expect(faults(hour, { x: at(25) })).toEqual([
    ['/blanks/x', 'is more than a day from now, and is shown by the hour alone'],
  ])
  const weekday = saying({ type: 'time', show: 'weekday' })
  expect(says(weekday, at(25))).toEqual([
    expect.stringMatching(/^Now Monday(,| at)? 1:00 PM\.$/),
    expect.stringMatching(/^Ya lunes,? 1:00 p\. ?m\.\.$/),
  ])
  expect(faults(weekday, { x: at(7 * 24) })).toHaveLength(1)
  const date = saying({ type: 'time', show: 'date' })
  expect(says(date, at(7 * 24))[0]).toMatch(/^Now Dec 6(,| at) 12:00 PM\.$/)
  // Daylight saving is the place's, not ours: a summer noon there is 17:00 UTC.
  expect(says(date, '2026-07-04T17:00:00Z')[0]).toMatch(/^Now Jul 4(,| at) 12:00 PM\.$/)
})

const WORD = fc.string({
  unit: fc.constantFrom(...'abcdefghij $&\\1é'),
  minLength: 1,
  maxLength: 40,
})
const PLACE = WORD.map(word => `a${word}`.slice(0, 40).trimEnd())
const HOURS = fc.integer({ min: 1, max: 23 })
const ANY = fc.constantFrom('{place}', '{until}', '{feet}', '{sender}', 'Go up. ', '$1 ', 'ñ', '. ')

const manyBlanks = (sms: string) =>
  parsed({
    blanks: [
      { name: 'place', type: 'place', label: 'Where' },
      { name: 'until', type: 'time', label: 'Until', show: 'weekday' },
      { name: 'feet', type: 'number', label: 'Feet', min: -50, max: 2000, decimals: 1 },
    ],
    texts: [
      { language: 'en-US', sms },
      { language: 'es-US', sms },
    ],
  })

test('filling in leaves no blank, and changes nothing of what stands between them', () => {
  fc.assert(
    fc.property(
      fc.array(ANY, { minLength: 1, maxLength: 20 }),
      PLACE,
      HOURS,
      fc.integer({ min: -500, max: 20_000 }),
      (pieces, place, hours, tenths) => {
        const until = new Date(NOON.getTime() + hours * 3_600_000).toISOString()
        const values = { place, until, feet: tenths / 10 }
        const { texts } = filled(manyBlanks(pieces.join('') + 'x'), values)
        for (const [no, { sms }] of texts.entries()) {
          expect(sms).not.toMatch(/[{}]/)
          // Each blank alone says what it says among others.
          const alone = (blank: string) => filled(manyBlanks(blank), values).texts[no]!.sms
          const said = pieces.map(piece => (piece.startsWith('{') ? alone(piece) : piece))
          expect(sms).toBe(said.join('') + 'x')
        }
        expect(filled(manyBlanks('{place}'), values).texts[0]!.sms).toBe(place)
      },
    ),
  )
})

test('what the longest filled text is said to take is never passed by what GSM-7 can write', () => {
  fc.assert(
    fc.property(
      fc.array(ANY, { minLength: 1, maxLength: 20 }),
      fc.oneof(PLACE, fc.constant('a'.repeat(40))),
      fc.integer({ min: 1, max: 6 * 24 }),
      fc.integer({ min: -500, max: 20_000 }),
      fc.constantFrom('America/Chicago', 'Asia/Kolkata', 'Pacific/Apia'),
      (pieces, place, hours, tenths, timeZone) => {
        const template = manyBlanks(`x${pieces.join('')}x`)
        const until = new Date(NOON.getTime() + hours * 3_600_000).toISOString()
        const desk = { ...DESK, timeZone }
        const result = fillTemplate(
          template,
          { place, until, feet: tenths / 10 },
          { ...desk, now: NOON },
        )
        if ('faults' in result) throw new Error(JSON.stringify(result.faults))
        const most = longestTexts(template, desk)
        for (const { language, sms } of result.texts) {
          const { segments, units, alphabet } = measureText(sms)
          const longest = most.find(one => one.language === language)!
          expect(segments).toBeLessThanOrEqual(longest.segments)
          if (alphabet === longest.alphabet) expect(units).toBeLessThanOrEqual(longest.units)
        }
      },
    ),
  )
})
