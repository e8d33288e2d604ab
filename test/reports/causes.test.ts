import { expect, test } from 'vitest'
import { causeOf } from '../../src/reports/causes.ts'
import { detailOf, fill, reportLanguageOf, wordsIn } from '../../src/reports/words.ts'

test.each([
  ['failed', 'opted_out', 'optedOut'],
  ['failed', 'ESME_RINVDSTADR', 'badNumber'],
  ['failed', 'UNDELIV 0A1', 'handsetOff'],
  ['failed', 'undelivered 30006', 'noMobile'],
  ['failed', 'failed 21610', 'carrierBlock'],
  ['failed', 'EXPIRED 000', 'handsetOffTooLong'],
  ['failed', 'REJECTD', 'refused'],
  ['failed', '0x00000410', 'other'],
  ['failed', 'constructor', 'other'],
  ['failed', null, 'other'],
  ['unknown', 'link_lost', 'linkLost'],
  ['unknown', 'dispatcher_died', 'programDied'],
  ['unknown', null, 'noAnswer'],
  // What they failed of before says nothing of why they were not reached.
  ['expired', 'ESME_RTHROTTLED', 'outOfTime'],
  ['cancelled', null, 'stopped'],
] as const)('%s for %s comes to %s', (state, reason, cause) => {
  expect(causeOf({ state, reason })).toBe(cause)
})

test('a report comes in the first of the languages that it knows', () => {
  expect(reportLanguageOf(['fr-CA', 'es-US', 'en'])).toBe('es')
  expect(reportLanguageOf(['ES'])).toBe('es')
  expect(reportLanguageOf(['vi'])).toBe('en')
  expect(reportLanguageOf([])).toBe('en')
})

test('texts in both languages have the same places', () => {
  const places = (words: object): string[] =>
    Object.entries(words).flatMap(([name, text]) =>
      typeof text === 'string'
        ? [`${name}: ${[...text.matchAll(/\{\w+\}/g)].map(String).toSorted().join()}`]
        : places(text as object),
    )
  expect(places(wordsIn('es'))).toEqual(places(wordsIn('en')))
})

test('a place takes its value as it is, and one that has none stays', () => {
  expect(fill('{a} of {b}', { a: '$&{b}' })).toBe('$&{b} of {b}')
})

test.each([
  ['dispatched', '1 recipient', 'to 1 person', 'a 1 persona'],
  ['dispatched', '1 recipients', 'to 1 person', 'a 1 persona'],
  ['dispatched', '340 recipients', 'to 340 people', 'a 340 personas'],
  ['retried', '1 recipient again, 2 letters', 'to 1 person, 2 e-mails', 'a 1 persona, 2 correos'],
  ['returned', '1 recipients', '1 recipients', '1 recipients'],
])('of the step %s, %s is said as %s', (event, detail, english, spanish) => {
  expect(detailOf({ event, detail }, wordsIn('en'), String)).toBe(english)
  expect(detailOf({ event, detail }, wordsIn('es'), String)).toBe(spanish)
})
