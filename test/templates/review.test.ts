import { expect, test } from 'vitest'
import {
  type Review,
  reviewed,
  stateOf,
  type Writings,
  writingsOf,
} from '../../src/templates/review.ts'
import type { Template } from '../../src/templates/template.ts'
import { fc } from '../support/property.ts'
import { aTemplate, NOON, parsed } from './sample.ts'

/** A template's life, told step by step. */
class Life {
  readonly versions: { template: Template; writings: Writings }[] = []
  readonly reviews: Review[] = []

  write(by: string | undefined, changes: object = {}): this {
    const template = parsed(changes)
    const last = this.versions.at(-1)
    const before = last && { ...last, reviews: this.reviews }
    const writings = writingsOf(template, this.versions.length + 1, by, before)
    this.versions.push({ template, writings })
    return this
  }

  review(language: string, version = this.versions.length): this {
    const { template, writings } = this.versions[version - 1]!
    const of = reviewed(template, writings, language)!
    this.reviews.push({ ...of, reviewerId: 'mei', at: NOON })
    return this
  }

  states(version = this.versions.length): string[] {
    const { template, writings } = this.versions[version - 1]!
    return template.languages.map(one => stateOf(template, writings, this.reviews, one))
  }

  writers(language: string): readonly string[] {
    return this.versions.at(-1)!.writings.texts.find(one => one.language === language)!.writers
  }
}

const [en, es] = aTemplate().texts
const texts = (english: object, spanish: object = {}) => ({
  texts: [
    { ...en, ...english },
    { ...es, ...spanish },
  ],
})
const NEW_ENGLISH = texts({ sms: '{sender}: FLOOD in {place} until {until}. Leave now.' })
const BOTH_NEW = texts(
  { sms: '{sender}: FLOOD in {place} until {until}. Leave now.' },
  { sms: '{sender}: CRECIDA en {place}. Hasta: {until}. Salga ya.' },
)

test('a text is a draft until somebody reviews it, and stale when the source changes after that', () => {
  const life = new Life().write('rosa')
  expect(life.states()).toEqual(['draft', 'draft'])
  life.review('en-US').review('es-US')
  expect(life.states()).toEqual(['reviewed', 'reviewed'])
  life.write('rosa', NEW_ENGLISH)
  expect(life.states()).toEqual(['draft', 'stale'])
  life.review('en-US')
  expect(life.states()).toEqual(['reviewed', 'stale'])
  life.review('es-US')
  expect(life.states()).toEqual(['reviewed', 'reviewed'])
})

test('a translation that follows its source is a draft again, not stale', () => {
  const life = new Life().write('rosa').review('en-US').review('es-US')
  life.write('rosa', NEW_ENGLISH).write('luis', BOTH_NEW)
  expect(life.states()).toEqual(['draft', 'draft'])
})

test('what changes no text leaves every review standing, whichever version it was given for', () => {
  const life = new Life().write('rosa').review('en-US')
  life.write('rosa', { severity: 'Extreme', name: 'Big flood' })
  expect(life.states()).toEqual(['reviewed', 'draft'])
  life.review('es-US')
  expect(life.states(1)).toEqual(['reviewed', 'reviewed'])
})

test('an old version keeps its reviews when a later one changes the source', () => {
  const life = new Life().write('rosa').review('en-US').review('es-US').write('rosa', NEW_ENGLISH)
  expect(life.states(1)).toEqual(['reviewed', 'reviewed'])
  expect(life.states(2)).toEqual(['draft', 'stale'])
})

test('the words of a choice belong to their language', () => {
  const choice = (english: string, spanish: string) => ({
    blanks: [
      ...aTemplate().blanks,
      {
        name: 'side',
        type: 'choice',
        label: 'Side',
        choices: [
          {
            code: 'n',
            texts: [
              { language: 'en-US', text: english },
              { language: 'es-US', text: spanish },
            ],
          },
        ],
      },
    ],
  })
  const life = new Life().write('rosa', choice('north', 'norte')).review('en-US').review('es-US')
  life.write('rosa', choice('north', 'al norte'))
  expect(life.states()).toEqual(['reviewed', 'draft'])
  life.review('es-US').write('rosa', choice('the north', 'al norte'))
  expect(life.states()).toEqual(['draft', 'stale'])
})

test('a declared language without a text is missing; one that becomes the source makes others stale', () => {
  const life = new Life().write('rosa').review('en-US').review('es-US')
  life.write('rosa', { languages: ['es-US', 'en-US', 'fr-CA'] })
  expect(life.states()).toEqual(['reviewed', 'stale', 'missing'])
})

test('who has written at a text since its last review is known, and nobody else', () => {
  const life = new Life().write(undefined)
  expect(life.writers('es-US')).toEqual([])
  life.write('rosa', texts({}, { sms: '{sender}: {place} {until} uno' }))
  life.write('luis', texts({}, { sms: '{sender}: {place} {until} dos' }))
  expect(life.writers('es-US')).toEqual(['rosa', 'luis'])
  expect(life.writers('en-US')).toEqual([])
  life.review('es-US').write('rosa', texts({}, { sms: '{sender}: {place} {until} tres' }))
  expect(life.writers('es-US')).toEqual(['rosa'])
})

type Step = 'english' | 'spanish' | 'both' | 'severity' | 'review en-US' | 'review es-US'
const STEPS: Step[] = ['english', 'spanish', 'both', 'severity', 'review en-US', 'review es-US']

test('a translation is reviewed exactly where nothing that its reviewer saw has changed since', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 25 }), steps => {
      const wording = (english: number, spanish: number) =>
        texts({ description: `english ${english}` }, { description: `spanish ${spanish}` })
      const life = new Life().write('rosa', wording(0, 0))
      let [english, spanish, severity] = [0, 0, 0]
      // The reference knows the wordings themselves, and no versions.
      const seen = new Set<string>()
      const sources = new Set<string>()
      for (const step of steps) {
        if (step === 'review en-US') {
          life.review('en-US')
          sources.add(String(english))
        } else if (step === 'review es-US') {
          life.review('es-US')
          seen.add(`${english} ${spanish}`)
        } else {
          if (step !== 'spanish' && step !== 'severity') english++
          if (step === 'spanish' || step === 'both') spanish++
          if (step === 'severity') severity++
          life.write('rosa', { ...wording(english, spanish), description: `changed ${severity}` })
        }
        const [ofEnglish, ofSpanish] = life.states()
        expect(ofEnglish === 'reviewed').toBe(sources.has(String(english)))
        expect(ofSpanish === 'reviewed').toBe(seen.has(`${english} ${spanish}`))
      }
    }),
  )
})
