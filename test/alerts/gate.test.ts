import { expect, test } from 'vitest'
import { audienceOf } from '../../src/alerts/audience.ts'
import { type AlertDraft, draftSchema, SEVERITIES, STATUSES } from '../../src/cap/alert.ts'
import { alertContent, type ContentFacts, readContent } from '../../src/cap/content.ts'
import { drillWord } from '../../src/cap/drill.ts'
import { chooseText } from '../../src/cap/texts.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { square } from './people.ts'
import { fc } from '../support/property.ts'

const ROSTER = '019ab000-0000-7000-8000-00000000aaaa'
const GROUPS = ['019ab000-0000-7000-8000-000000000001', '019ab000-0000-7000-8000-000000000002']
const signed = (id: string) => ({ id, name: id, definitionDigest: 'd', count: 1 })

const languages = fc.constantFrom('en-US', 'es', 'fr-CA', 'tlh')
const areas = fc.array(
  fc.record({
    areaDesc: fc.constantFrom('North', 'South', 'Norte'),
    polygon: fc.constantFrom(square(0, 0), square(5, 5), square(9, 9)).map(one => [one]),
  }),
  { minLength: 1, maxLength: 3 },
)
const sms = fc.constantFrom('FLOOD', 'TEST', 'TEST: no', 'EXERCISES', 'EXERCISE', 'PRUEBA!')
const correction = fc.array(fc.record({ language: languages, sms }), { minLength: 1, maxLength: 3 })
const drafts: fc.Arbitrary<AlertDraft> = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    info: fc.array(
      fc.record(
        {
          language: languages,
          category: fc.constant(['Met']),
          event: fc.constant('Flood'),
          urgency: fc.constant('Immediate'),
          severity: fc.constantFrom(...SEVERITIES),
          certainty: fc.constant('Likely'),
          sms,
          area: areas,
        },
        { requiredKeys: ['category', 'event', 'urgency', 'severity', 'certainty'] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    audience: fc.record({ groups: fc.subarray(GROUPS), excludeGroups: fc.subarray(GROUPS) }),
    corrections: fc.record({ cancel: correction, allClear: correction }, { requiredKeys: [] }),
  })
  .map(draft => draftSchema.parse(draft))

const facts = (draft: AlertDraft, roster: string | undefined): ContentFacts => ({
  id: '019ab000-0000-7000-8000-0000000000ff',
  revision: 1,
  sender: 'test@example.org',
  references: [],
  groups: draft.audience.groups.map(signed),
  excludeGroups: draft.audience.excludeGroups.map(signed),
  roster: roster === undefined ? undefined : signed(roster),
  secondPerson: draft.status === 'Actual',
  emergency: draft.status === 'Actual',
  geocodeSets: [],
  maxRecipients: 10,
})

test('no drill reaches anybody but its roster, nor with a text that does not say so', () => {
  fc.assert(
    fc.property(drafts, draft => {
      const isDrill = draft.status !== 'Actual'
      const content = alertContent(draft, facts(draft, isDrill ? ROSTER : undefined))
      const audience = audienceOf(readContent(canonicalBytes(content)), new Date())
      expect(audience.roster).toBe(isDrill ? ROSTER : undefined)
      if (draft.status === 'Actual') return
      expect(audience.excludeGroups).toEqual([])
      expect(audience.emergency).toBe(false)
      const reached = { areaNos: [], viaGroup: true, language: 'es' }
      expect(content.texts[chooseText(content, reached)]?.sms).toBeDefined()
      const sent = [
        ...content.texts,
        ...content.corrections.cancel,
        ...content.corrections.allClear,
      ]
      for (const text of sent) {
        expect(text.sms.startsWith(drillWord(draft.status, text.language))).toBe(true)
      }
    }),
  )
})

test('no drill has a content without its roster, nor the real thing one with it', () => {
  fc.assert(
    fc.property(drafts, draft => {
      const wrong = draft.status === 'Actual' ? ROSTER : undefined
      expect(() => alertContent(draft, facts(draft, wrong))).toThrow(/roster/)
    }),
  )
})

test('signed bytes whose gate was passed round are read by nobody', () => {
  fc.assert(
    fc.property(drafts, draft => {
      const content = alertContent(
        draft,
        facts(draft, draft.status === 'Actual' ? undefined : ROSTER),
      )
      const refused = (altered: object) =>
        expect(() => readContent(canonicalBytes({ ...content, ...altered }))).toThrow()
      refused({ areasDigest: 'other' })
      refused({ mode: content.mode === 'live' ? 'exercise' : 'live' })
      refused({ status: draft.status === 'Actual' ? 'Test' : 'Actual' })
      if (draft.status === 'Actual') return
      refused({ roster: undefined })
      refused({ texts: content.texts.map(text => ({ ...text, sms: 'FLOOD' })) })
      refused({ corrections: { cancel: [{ language: 'en', sms: 'SORRY' }], allClear: [] } })
    }),
  )
})

test('an area named in two languages is one area, in the order of the blocks', () => {
  const block = (language: string, ...area: object[]) => ({
    language,
    category: ['Met'],
    event: 'Flood',
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Likely',
    ...(area.length > 0 && { area }),
  })
  const north = { areaDesc: 'North', polygon: [square(0, 0)] }
  const south = { areaDesc: 'South', polygon: [square(5, 5)] }
  const norte = { ...north, areaDesc: 'Norte' }
  const draft = draftSchema.parse({
    status: 'Actual',
    info: [block('en', north), block('es', south, norte), block('fr')],
  })
  const content = alertContent(draft, facts(draft, undefined))
  expect(content.areas).toEqual([north, south])
  expect(content.texts.map(text => text.areaNos)).toEqual([[0], [0, 1], [0]])
  expect(content.info.map(info => info.area)).toEqual([
    [{ areaDesc: 'North', areaNo: 0 }],
    [
      { areaDesc: 'South', areaNo: 1 },
      { areaDesc: 'Norte', areaNo: 0 },
    ],
    [{ areaDesc: 'North', areaNo: 0 }],
  ])
})
