import { expect, test } from 'vitest'
import { carrierKeywordsAsked } from '../../src/cap/lint/answers.ts'
import { readingGrade } from '../../src/cap/lint/grade.ts'
import { saysOneOf, saysWhen } from '../../src/cap/lint/missing.ts'
import { lintText } from '../../src/cap/lint/text.ts'

const NOBODY = { places: [], senders: [] }
const codes = (sms: string, language = 'en-US', known: Parameters<typeof lintText>[1] = NOBODY) =>
  lintText({ language, sms }, known).findings.map(({ code }) => code)

test('a text that says who, where, what, when and what to do is found nothing wrong with', () => {
  const known = {
    places: ['Brays and Buffalo Bayou', 'Galveston County'],
    senders: ['Harris County Emergency Management'],
  }
  const sms =
    'FLASH FLOOD Harris Co. OEM: water is rising at Brays Bayou until 6 pm. Move to high ground now. Do not drive.'
  expect(codes(sms, 'en-US', known)).toEqual([])
  const spanish =
    'INUNDACION Harris Co. OEM: sube el agua en Brays Bayou hasta las 18:00. Suba a un lugar alto ya. No conduzca.'
  expect(codes(spanish, 'es-US', known)).toEqual([])
})

test('what makes a text UCS-2 is named, with the cheapest that GSM-7 can write, and what that saves', () => {
  const sms = `Río de la “Plata” – crecida a las 5. ${'Vaya a un lugar alto ahora. '.repeat(3)}`
  const { alphabet, segments, forcedBy, asGsm7, findings } = lintText(
    { language: 'es', sms },
    NOBODY,
  )
  expect([alphabet, segments]).toEqual(['UCS2', 2])
  expect(forcedBy).toEqual([
    { character: 'í', replacement: 'i' },
    { character: '“', replacement: '"' },
    { character: '”', replacement: '"' },
    { character: '–', replacement: '-' },
  ])
  expect(asGsm7).toMatchObject({ segments: 1 })
  expect(asGsm7?.sms).toContain('Rio de la "Plata" - crecida')
  expect(findings[0]).toMatchObject({ code: 'forces_ucs2' })
  expect(findings[0]?.detail).toContain('1 segment(s) less')
  // Another script is what it is.
  const russian = lintText({ language: 'ru', sms: 'Наводнение 🌊' }, NOBODY)
  expect(russian.asGsm7).toBeNull()
  expect(russian.forcedBy.at(-1)).toEqual({ character: '🌊', replacement: '' })
  expect(russian.forcedBy[0]).toEqual({ character: 'Н', replacement: null })
})

test('a sender and a place are said by a word or the initials of their own, not by what many share', () => {
  const senders = ['Harris County Office of Emergency Management']
  expect(saysOneOf('Harris Co. warns', senders)).toBe(true)
  expect(saysOneOf('HCOOEM: flood', senders)).toBe(true)
  expect(saysOneOf('The county office warns of an emergency', senders)).toBe(false)
  expect(saysOneOf('Leave Elm Creek', ['Elm Creek'])).toBe(true)
  expect(saysOneOf('Leave the lake area', ['Lake Area'])).toBe(true)
  expect(saysOneOf('Leave the lake', ['Lake Area'])).toBe(false)
  expect(saysOneOf('Cañón de los Álamos', ['Canon de los Alamos'])).toBe(true)
  expect(codes('Flood now.', 'en', { places: ['Kerrville'], senders: ['Kerr County'] })).toEqual([
    'no_place',
    'no_sender',
  ])
})

test.each([
  ['Leave now.', 'en', true],
  ['Shelter until 5:30.', 'en', true],
  ['Back at 4 p.m.', 'en-GB', true],
  ['Valid 12/24.', 'en', true],
  ['Leave your house.', 'en', false],
  ['Salga ya.', 'es', true],
  ['Salga de su casa.', 'es-US', false],
  // A language that we don't know is not found wanting.
  ['Ondoka.', 'sw', true],
])('%s says when: %s %s', (text, language, says) => {
  expect(saysWhen(text, language)).toBe(says)
})

test.each([
  ['Reply YES if you are safe', ['YES']],
  ['Reply 1 SAFE, 2 HELP.', ['HELP']],
  ['Reply 1 SAFE, 2 NEED HELP.', []],
  ['Text END when you are out', ['END']],
  ['Reply "STOP" to opt out', []],
  ['Reply HELP for help', []],
  ['Responda 1 BIEN, 2 AYUDA', []],
  ['Responda YES o CANCEL', ['YES', 'CANCEL']],
  ['The road will end at noon. Reply SAFE', []],
])('%s asks for what carriers take: %j', (text, words) => {
  expect(carrierKeywordsAsked(text)).toEqual(words)
})

test('links are named, and those that hide where they lead', () => {
  const details = (sms: string) =>
    lintText({ language: 'en', sms }, NOBODY).findings.flatMap(({ code, detail }) =>
      code === 'link' ? [detail] : [],
    )
  expect(details('Now. See https://county.example/flood')[0]).toContain(
    'https://county.example/flood',
  )
  expect(details('Now: bit.ly/abc')[0]).toContain('hides where it leads')
  expect(details('Now. Read https://tinyurl.com/x1 today')[0]).toContain('hides where it leads')
  expect(details('Leave now.')).toEqual([])
})

test('the grade is that of the formula, and plain words read as plain', () => {
  // 8 words, 2 sentences, 8 syllables: 0.39 × 4 + 11.8 × 1 − 15.59 is below zero.
  expect(readingGrade('Go up the hill. Do not wait there.', 'en-US')).toBe(0)
  // 9 words, 1 sentence, 28 syllables: 0.39 × 9 + 11.8 × 28 / 9 − 15.59 = 24.6.
  const office =
    'Precautionary evacuation recommendations necessitate immediate implementation of transportation considerations'
  expect(readingGrade(office, 'en')).toBeGreaterThan(20)
  // Crawford: 10 words, 2 sentences, 16 syllables: −0.205 × 20 + 0.049 × 160 − 3.407 = 0.3.
  expect(readingGrade('Suba a un lugar alto. No conduzca por el agua.', 'es')).toBe(0.3)
  expect(readingGrade('Наводнение идёт в город сейчас', 'ru')).toBeUndefined()
  expect(readingGrade('Leave now.', 'en')).toBeUndefined()
  expect(codes(`${office} now.`)).toContain('hard_to_read')
})
