import { expect, test } from 'vitest'
import { STATUSES } from '../../src/cap/alert.ts'
import { drillWord, notADrill, throughGate } from '../../src/cap/drill.ts'
import { fc } from '../support/property.ts'

const ROSTER = '019ab000-0000-7000-8000-000000000001'
const languages = fc.constantFrom(
  'en-US',
  'es',
  'es-MX',
  'fr-CA',
  'de',
  'zh-Hant-TW',
  'pt-BR',
  'tlh',
  'ar',
)
const drills = fc.constantFrom(...STATUSES.filter(status => status !== 'Actual'))
const sms = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'TEST',
    'TEST: x',
    'EXERCISE over',
    'EXERCISES',
    'TESTING',
    'EJERCICIO: x',
    ' TEST',
  ),
)
const texts = fc.array(fc.record({ language: languages, sms }), { maxLength: 6 })

test('any alert that is not Actual reaches its roster alone, and each text begins with the drill word', () => {
  fc.assert(
    fc.property(drills, texts, (status, written) => {
      const gated = throughGate(status, ROSTER, written)
      expect(gated.recipients).toEqual({ to: 'roster', roster: ROSTER })
      expect(gated.texts).toHaveLength(written.length)
      for (const [i, text] of gated.texts.entries()) {
        const word = drillWord(status, text.language)
        expect(text.sms.startsWith(word)).toBe(true)
        expect(text.sms.charAt(word.length)).not.toMatch(/[\p{L}\p{N}\p{M}]/u)
        expect(text.sms.endsWith(written[i]?.sms ?? '')).toBe(true)
      }
    }),
  )
})

test('what has passed the gate passes it unchanged', () => {
  fc.assert(
    fc.property(drills, texts, (status, written) => {
      const once = throughGate(status, ROSTER, written)
      expect(throughGate(status, ROSTER, once.texts)).toEqual(once)
    }),
  )
})

test('a drill without a roster passes nobody', () => {
  fc.assert(
    fc.property(drills, texts, (status, written) => {
      expect(() => throughGate(status, undefined, written)).toThrow(
        expect.objectContaining({
          code: 'invalid_alert',
          faults: [expect.objectContaining({ pointer: '/audience/roster' })],
        }),
      )
    }),
  )
})

test('the real thing passes as it was written, and takes no roster', () => {
  const written = [{ language: 'en', sms: 'FLOOD. Leave now.' }]
  expect(throughGate('Actual', undefined, written)).toEqual({
    recipients: { to: 'public' },
    texts: written,
  })
  expect(() => throughGate('Actual', ROSTER, written)).toThrow(/roster/)
})

test('the word is the language’s own, English where we don’t know it', () => {
  const first = (status: 'Exercise' | 'Test' | 'System', language: string) =>
    throughGate(status, ROSTER, [{ language, sms: 'x' }]).texts[0]?.sms
  expect(first('Exercise', 'en-US')).toBe('EXERCISE: x')
  expect(first('Test', 'en-US')).toBe('TEST: x')
  expect(first('System', 'en-US')).toBe('TEST: x')
  expect(first('Exercise', 'es-MX')).toBe('EJERCICIO: x')
  expect(first('Test', 'es')).toBe('PRUEBA: x')
  expect(first('Exercise', 'zh-Hant-TW')).toBe('演習: x')
  expect(first('Exercise', 'tlh')).toBe('EXERCISE: x')
})

test.each([
  'THIS IS NOT A DRILL',
  'This is not\na  drill.',
  "It isn't an exercise",
  'no drill, leave now',
  'ESTO NO ES UN SIMULACRO',
  'No es una prueba',
  "Ceci n'est pas un exercice",
  'Das ist keine Übung!',
  'Isto não é um simulado',
  'Questa non è un’esercitazione',
  'Dit is geen oefening',
  'Это не учения',
  '这不是演习',
  'これは訓練ではありません',
  '이것은 훈련이 아닙니다',
])('a drill that says "%s" is refused', text => {
  expect(notADrill(`${text} Go.`)).toBeDefined()
})

test.each([
  'EXERCISE: this is a drill, do not call 911',
  'This is only a test. Nothing is wrong.',
  'Do not test the siren',
  'Do not exercise outdoors',
  'Es un simulacro, no llame al 911',
  'Dies ist eine Übung',
  '这是演习，不是真的',
])('a drill may say "%s"', text => {
  expect(notADrill(text)).toBeUndefined()
})
