import { expect, test } from 'vitest'
import { missingTexts, templateFaults } from '../../src/templates/faults.ts'
import { longestTexts } from '../../src/templates/fill.ts'
import type { Template } from '../../src/templates/template.ts'
import { aTemplate, DESK, NOON, parsed } from './sample.ts'

const faults = (template: Template, maxSegments = 10) =>
  templateFaults(template, { ...DESK, maxSegments, now: NOON }).map(({ pointer, detail }) => [
    pointer,
    detail,
  ])
const missing = (template: Template) => missingTexts(template).map(({ pointer }) => pointer)

const [en, es] = aTemplate().texts
const [place, until] = aTemplate().blanks

test('a sound template is found nothing wrong with, and lacks nothing', () => {
  expect(faults(parsed())).toEqual([])
  expect(missing(parsed())).toEqual([])
})

test('texts that say blanks that are not there, or half of one, are refused each at its place', () => {
  const texts = [
    { ...en, sms: '{where} {place} {until}', headline: 'a { b', cancel: '{Place}' },
    { ...es, sms: '{{place}} {until}' },
  ]
  expect(faults(parsed({ texts }))).toEqual([
    ['/texts/0/sms', '{where} is no blank of this template'],
    ['/texts/0/headline', 'has a brace that belongs to no blank'],
    ['/texts/0/cancel', 'has a brace that belongs to no blank'],
    ['/texts/1/sms', 'has a brace that belongs to no blank'],
  ])
})

test('a recipient’s own link stands in the text of an alert alone, once, and leads somewhere', () => {
  const found = (text: object, linkUrl: string | null = 'https://alert.example') =>
    templateFaults(parsed({ texts: [{ ...en, ...text }, es] }), {
      ...DESK,
      linkUrl,
      maxSegments: 2,
      now: NOON,
    }).map(({ pointer, detail }) => `${pointer} ${detail}`)
  expect(found({ sms: '{place} {until} {link}' })).toEqual([])
  expect(found({ sms: '{place} {until} {link}' }, null)).toEqual([
    '/texts/0/sms has {link}, and policy.linkUrl does not say where that leads',
  ])
  expect(found({ sms: '{place} {until} {link} {link}' })).toEqual([
    '/texts/0/sms has {link} more than once',
  ])
  expect(found({ allClear: '{place} {link}', headline: '{link}' })).toEqual([
    '/texts/0/headline has {link}: it leads nowhere but in the text of an alert',
    '/texts/0/allClear has {link}: it leads nowhere but in the text of an alert',
  ])
  // Counted as long as it will be: 21 characters of the host, 3 of the path, 20 of the token.
  const places = { name: 'place', type: 'place', label: 'Where', maxLength: 60 }
  const longest = longestTexts(
    parsed({
      blanks: [places, until],
      texts: [{ ...en, sms: '{place} {link}', headline: '{until}' }, es],
    }),
    { ...DESK, linkUrl: 'https://alert.example' },
  )
  expect(longest[0]).toMatchObject({ part: 'sms', units: 60 + 1 + 21 + 3 + 20 })
  expect(() => parsed({ blanks: [{ ...place, name: 'link' }, until] })).toThrow()
})

test('a blank may not decide where a link leads', () => {
  const linked = (sms: string) => faults(parsed({ texts: [{ ...en, sms }, es] }))
  const link = ['/texts/0/sms', 'has a blank in a link: it could lead anywhere']
  expect(linked('{place} {until} https://{place}.example/now')).toEqual([link])
  expect(linked('{place} {until} https://county.example/{place}')).toEqual([link])
  expect(linked('{place} {until} https://county.example/flood {place}')).toEqual([])
  expect(linked('{place} {until} https://county@bad.example')[0]![1]).toContain('user name')
})

test('blanks: a name twice, a default of another type, limits the wrong way round, two expiries, one unused', () => {
  const blanks = [
    place,
    until,
    { ...place, label: 'Again' },
    { name: 'feet', type: 'number', label: 'Feet', min: 5, max: 3, default: 4 },
    { name: 'end', type: 'time', label: 'End', expires: true },
    { name: 'road', type: 'road', label: 'Road', maxLength: 3, default: 'Highway 27' },
    {
      name: 'side',
      type: 'choice',
      label: 'Side',
      choices: [
        { code: 'n', texts: [{ language: 'en-US', text: 'north' }] },
        { code: 'n', texts: [{ language: 'en-US', text: 'south' }] },
      ],
      default: 's',
    },
  ]
  const sms = '{place} {until} {feet} {end} {road}'
  expect(faults(parsed({ blanks, texts: [{ ...en, sms }, es] }))).toEqual([
    ['/blanks/2/name', 'is that of 0 too'],
    ['/blanks/3/min', 'is above max'],
    ['/blanks/3/default', 'must be from 5 to 3'],
    ['/blanks/5/default', expect.stringContaining('3')],
    ['/blanks/6/choices/1/code', 'is that of 0 too'],
    ['/blanks/6/default', 'must be one of n, n'],
    ['/blanks/4/expires', 'another blank is when the alert expires: /blanks/1'],
    ['/blanks/6', 'is said by no text'],
  ])
})

test('languages: one twice, a text in none of them, none in the source', () => {
  expect(faults(parsed({ languages: ['en-US', 'en-us', 'es-US'] }))).toEqual([
    ['/languages/1', 'is that of 0 too'],
  ])
  expect(faults(parsed({ languages: ['fr-CA', 'es-US'] }))).toEqual([
    ['/texts/0/language', 'is none of the languages that the template declares'],
    ['/texts', 'has none in fr-CA, the source of the others'],
  ])
  expect(faults(parsed({ texts: [en, es, es] }))).toEqual([
    ['/texts/2/language', 'is that of 1 too'],
  ])
})

test('a text that is too long when filled in, and answers that people opt out with', () => {
  expect(
    faults(parsed({ texts: [{ ...en, sms: `{place} {until} ${'x'.repeat(130)}` }, es] }), 1),
  ).toEqual([['/texts/0/sms', 'may take 2 segments (GSM7); 1 are allowed']])
  const options = [{ code: '1', label: 'End' }]
  expect(faults(parsed({ replies: { options } }))).toEqual([
    ['/replies/options/0/label', 'is a word by which people opt out or ask for help'],
  ])
})

test('no alert is made without the retraction and the all-clear in every language, nor of less than the source says', () => {
  const { cancel: _cancel, ...withoutCancel } = en!
  const { headline: _headline, allClear: _over, ...less } = es!
  expect(missing(parsed({ texts: [withoutCancel, less] }))).toEqual([
    '/texts/0/cancel',
    '/texts/1/headline',
    '/texts/1/allClear',
  ])
  expect(missing(parsed({ languages: ['en-US', 'es-US', 'fr-CA'] }))).toEqual(['/texts'])
  const silent = { ...es, sms: '{sender}: CRECIDA en {place}. Suba ya.' }
  expect(missingTexts(parsed({ texts: [en, silent] }))).toEqual([
    {
      pointer: '/texts/1/sms',
      detail: 'does not say {until}, which the source does',
      code: 'blank_unsaid',
      values: { blank: 'until' },
    },
  ])
  const side = {
    name: 'side',
    type: 'choice',
    label: 'Side',
    choices: [{ code: 'n', texts: [{ language: 'en-US', text: 'north' }] }],
  }
  expect(missing(parsed({ blanks: [...aTemplate().blanks, side] }))).toEqual([
    '/blanks/2/choices/0/texts',
  ])
})

test('an expiry that is written where nobody fills one in is one that can be shown', () => {
  const day = (show: string) => [place, { ...until, show }]
  expect(faults(parsed({ durationMinutes: 24 * 60 }))).toEqual([])
  expect(faults(parsed({ durationMinutes: 24 * 60 + 1 }))).toEqual([
    ['/durationMinutes', 'is longer than the blank until can show by its time'],
  ])
  expect(faults(parsed({ durationMinutes: 7 * 24 * 60, blanks: day('weekday') }))).toHaveLength(1)
  expect(faults(parsed({ durationMinutes: 7 * 24 * 60, blanks: day('date') }))).toEqual([])
})
