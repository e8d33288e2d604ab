import { expect, test } from 'vitest'
import { lintText } from '../../src/cap/lint/text.ts'
import { lookUpLanguage } from '../../src/cap/texts.ts'
import type { BlankValues } from '../../src/templates/blanks.ts'
import { missingTexts, templateFaults } from '../../src/templates/faults.ts'
import { type FilledText, fillTemplate, longestTexts } from '../../src/templates/fill.ts'
import { STARTER_LANGUAGES, starters } from '../../src/templates/starter/starters.ts'
import type { Template } from '../../src/templates/template.ts'
import { DESK, NOON } from './sample.ts'

const ALL = starters(STARTER_LANGUAGES)
const KEYS = ALL.map(({ key }) => key)
const HAZARDS = [
  'flood',
  'flash-flood',
  'wildfire',
  'tornado',
  'hurricane',
  'earthquake',
  'tsunami',
  'chemical-release',
  'boil-water',
  'active-threat',
  'missing-person',
  'power-outage',
  'extreme-heat',
  'winter-storm',
  'evacuation',
  'shelter',
  'all-clear',
  'test',
]

/** As somebody would fill them in. */
const VALUES = {
  place: 'Hunt and Ingram',
  road: 'Highway 27 East',
  shelter: 'Tivy High School, 3250 Loop 534',
  person: 'Anna Maria Delgado',
  who: 'woman',
  hazard: 'fire',
  substance: 'chlorine',
  age: 84,
  degrees: 108,
} satisfies BlankValues
const SOON = new Date(NOON.getTime() + 6 * 3_600_000).toISOString()

function filled(template: Template): FilledText[] {
  const all: BlankValues = VALUES
  const values = template.blanks.map(({ name }) => [name, all[name] ?? SOON] as const)
  const result = fillTemplate(template, Object.fromEntries(values), { ...DESK, now: NOON })
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return result.texts
}

const known = {
  places: [VALUES.place, VALUES.person],
  senders: [DESK.sender],
}
const codes = (language: string, sms: string) =>
  lintText({ language, sms }, known).findings.map(({ code }) => code)

test('there is one for each of the common hazards, each with a name of its own', () => {
  expect(KEYS.toSorted()).toEqual(HAZARDS.toSorted())
  expect(new Set(ALL.map(({ template }) => template.name)).size).toBe(HAZARDS.length)
})

test.each(ALL)('$key is sound, and complete in English and Spanish', ({ template }) => {
  expect(template.languages).toEqual(['en', 'es'])
  expect(templateFaults(template, { ...DESK, maxSegments: 3, now: NOON })).toEqual([])
  expect(missingTexts(template)).toEqual([])
  for (const text of template.texts) {
    expect(Object.values(text).every(part => part !== '')).toBe(true)
    expect([text.headline, text.description, text.instruction]).not.toContain(undefined)
  }
})

test.each([
  ['es', 'es'],
  ['es-MX', 'es'],
  ['es-US', 'es'],
  ['en-GB', 'en'],
])('who has %s as their language is told in %s', (language, told) => {
  expect(lookUpLanguage(language, [...STARTER_LANGUAGES])).toBe(told)
})

/** Which have no plain word without á, í, ó or ú for what they are about. */
const UCS2 = ['hurricane es']

test.each(ALL)('$key says who, where, when and what to do, in plain words', ({ key, template }) => {
  for (const { language, sms } of filled(template)) {
    const found = codes(language, sms).filter(
      code => code !== 'forces_ucs2' || !UCS2.includes(`${key} ${language}`),
    )
    expect(found, `${language} ${sms}`).toEqual([])
  }
})

test.each(ALL)('$key is taken back and ended in words as plain', ({ key, template }) => {
  for (const { language, cancel, allClear } of filled(template)) {
    for (const sms of [cancel!, allClear!]) {
      // When is now: the lint asks that of warnings.
      const found = codes(language, sms).filter(
        code =>
          code !== 'no_time' && (code !== 'forces_ucs2' || !UCS2.includes(`${key} ${language}`)),
      )
      expect(found, `${language} ${sms}`).toEqual([])
    }
  }
})

test.each(ALL)(
  '$key stays in two segments with its longest blanks, and its corrections too',
  ({ key, template }) => {
    for (const { language, part, segments, alphabet } of longestTexts(template, DESK)) {
      const isUcs2 = UCS2.includes(`${key} ${language}`)
      const what = `${language} ${part}`
      expect([what, alphabet]).toEqual([what, isUcs2 ? 'UCS2' : 'GSM7'])
      expect(segments, what).toBeLessThanOrEqual(isUcs2 ? 3 : 2)
    }
  },
)

test('answers are asked for where people may need help, in the words that both languages are heard in', () => {
  for (const { key, template } of ALL) {
    const [english, spanish] = filled(template)
    const { options } = template.replies
    const asks = (text: FilledText) => /\b(?:reply|responda) 1\b/i.test(text.sms)
    expect([key, asks(english!), asks(spanish!)]).toEqual([
      key,
      options.length > 0,
      options.length > 0,
    ])
    for (const { words } of options) expect(words.length).toBeGreaterThan(2)
    const urgent = options.find(option => option.urgent)
    if (options.length > 1) {
      expect(urgent).toMatchObject({ code: '2', words: expect.arrayContaining(['necesito ayuda']) })
    }
  }
})
