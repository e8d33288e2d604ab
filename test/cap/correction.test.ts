import { expect, test } from 'vitest'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent, digestOfBytes, readContent } from '../../src/cap/content.ts'
import { correctionContent, followUpDraft, reminderContent } from '../../src/cap/correction.ts'
import { chooseText } from '../../src/cap/texts.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'

const ID = '019ab000-1234-7000-8000-0000000000ff'
const ROSTER = '019ab000-0000-7000-8000-00000000aaaa'
const valley = { areaDesc: 'The valley', circle: [{ center: [-97, 30] as const, radiusKm: 5 }] }

function anAlert(changes: object = {}) {
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    expires: '2026-11-29T12:00:00Z',
  }
  const draft = draftSchema.parse({
    status: 'Actual',
    note: 'A note of the alert itself.',
    info: [
      { ...block, language: 'en-US', sms: 'FLOOD', instruction: 'Leave.', area: [valley] },
      {
        ...block,
        language: 'es-US',
        category: ['Safety'],
        event: 'Aviso de inundación',
        sms: 'INUNDACION',
        area: [{ ...valley, areaDesc: 'El valle' }],
      },
    ],
    replies: { options: [{ code: '1', label: 'Safe' }] },
    corrections: {
      cancel: [
        { language: 'en', sms: 'SENT IN ERROR' },
        { language: 'es-US', sms: 'ENVIADO POR ERROR' },
      ],
    },
    ...changes,
  })
  const roster = { id: ROSTER, name: 'Staff', definitionDigest: 'd', count: 2 }
  return alertContent(draft, {
    id: ID,
    revision: 7,
    sender: 'alerts@county.example',
    references: [],
    groups: [],
    excludeGroups: [],
    roster: draft.status === 'Actual' ? undefined : roster,
    secondPerson: true,
    emergency: true,
    geocodeSets: [],
    maxRecipients: 100,
  })
}

const digest = (content: object) => digestOfBytes(canonicalBytes(content))

test('a correction follows from the alert alone: the same octets whenever they are made', () => {
  const alert = anAlert()
  const once = correctionContent(alert, digest(alert), 'cancel')!
  const again = correctionContent(anAlert(), digest(alert), 'cancel')!
  expect(canonicalBytes(once)).toEqual(canonicalBytes(again))
  expect(readContent(canonicalBytes(once))).toEqual(once)
  // A UUIDv7 of the alert's millisecond, another for another correction or another alert.
  expect(once.id).toMatch(/^019ab000-1234-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  const allClear = { allClear: [{ language: 'en', sms: 'ALL CLEAR' }] }
  const other = anAlert({ corrections: allClear })
  const ids = [
    once.id,
    correctionContent(other, digest(other), 'allClear')!.id,
    correctionContent(alert, 'another digest', 'cancel')!.id,
  ]
  expect(new Set(ids).size).toBe(3)
})

test('what was not prepared is not made up', () => {
  const alert = anAlert()
  expect(correctionContent(alert, digest(alert), 'allClear')).toBeUndefined()
})

test('a retraction takes back, and asks for nothing any more', () => {
  const alert = anAlert()
  const cancel = correctionContent(alert, digest(alert), 'cancel')!
  expect(cancel).toMatchObject({
    msgType: 'Cancel',
    references: [ID],
    reached: [{ id: ID, contentDigest: digest(alert) }],
    correction: 'cancel',
    severity: 'Extreme',
    emergency: true,
    secondPerson: false,
    maxRecipients: 100,
    replies: { options: [] },
    texts: [
      { no: 0, language: 'en', sms: 'SENT IN ERROR', areaNos: [0] },
      { no: 1, language: 'es-US', sms: 'ENVIADO POR ERROR', areaNos: [0] },
    ],
  })
  expect(cancel.note).toBeUndefined()
  // In the words of the block in its language; who opted out of any of its categories stays out.
  expect(cancel.info).toMatchObject([
    { event: 'Flash Flood Warning', urgency: 'Past', area: [{ areaDesc: 'The valley' }] },
    { event: 'Aviso de inundación', urgency: 'Past', area: [{ areaDesc: 'El valle' }] },
  ])
  expect(cancel.info.map(block => block.category)).toEqual([
    ['Met', 'Safety'],
    ['Met', 'Safety'],
  ])
  expect(cancel.info.some(block => block.instruction !== undefined)).toBe(false)
})

test('people get it in the language in which they read the alert, else in the first', () => {
  const alert = anAlert()
  const cancel = correctionContent(alert, digest(alert), 'cancel')!
  const textFor = (language: string) =>
    cancel.texts[chooseText(cancel, { areaNos: [0], viaGroup: false, language })]?.sms
  expect(textFor('en-US')).toBe('SENT IN ERROR')
  expect(textFor('es-US')).toBe('ENVIADO POR ERROR')
  expect(textFor('fr')).toBe('SENT IN ERROR')
})

test('an all-clear is an Update that says so in every block', () => {
  const alert = anAlert({ corrections: { allClear: [{ language: 'en', sms: 'ALL CLEAR' }] } })
  const allClear = correctionContent(alert, digest(alert), 'allClear')!
  expect(allClear.msgType).toBe('Update')
  expect(allClear.info.map(block => block.responseType)).toEqual([['AllClear']])
})

test('the correction of a drill begins with the drill word, and names the exercise', () => {
  const drill = anAlert({ status: 'Exercise', audience: { roster: ROSTER } })
  const cancel = correctionContent(drill, digest(drill), 'cancel')!
  expect(cancel.texts.map(text => text.sms)).toEqual([
    'EXERCISE: SENT IN ERROR',
    'EJERCICIO: ENVIADO POR ERROR',
  ])
  expect(cancel).toMatchObject({ mode: 'exercise', note: 'A note of the alert itself.' })
  expect(readContent(canonicalBytes(cancel))).toEqual(cancel)
})

test('nothing that is stored reaches people of another alert than it follows', () => {
  const alert = anAlert()
  const cancel = correctionContent(alert, digest(alert), 'cancel')!
  const reached = [{ id: ROSTER, contentDigest: 'd' }]
  for (const changed of [
    { ...cancel, reached },
    { ...cancel, reached: [...cancel.reached!, ...reached] },
    { ...alert, reached },
    { ...anAlert({ status: 'Test', audience: { roster: ROSTER } }), references: [ROSTER], reached },
  ]) {
    expect(() => readContent(canonicalBytes(changed))).toThrow(/other alerts/)
  }
})

test('what is shown of a correction reads as a draft', () => {
  const alert = anAlert()
  const cancel = correctionContent(alert, digest(alert), 'cancel')!
  const draft = followUpDraft(cancel)
  expect(draftSchema.parse(draft)).toEqual(draft)
  expect(draft.info[1]).toMatchObject({
    sms: 'ENVIADO POR ERROR',
    area: [{ ...valley, areaDesc: 'El valle' }],
  })
})

const reminders = { afterMinutes: 10, times: 2 }

test('an alert without reminders is signed in the octets that it had before there were any', () => {
  expect(digest(anAlert())).toBe('ad7dba592eac27dcd8fb0f4b1062c516b56216b16274c497babaa4bea7f49970')
})

test('a reminder is the alert once more, asks nothing of its own, and exists as often as was approved', () => {
  const alert = anAlert({ reminders })
  const [first, second, third] = [1, 2, 3].map(no => reminderContent(alert, digest(alert), no))
  expect(third).toBeUndefined()
  expect(reminderContent(alert, digest(alert), 0)).toBeUndefined()
  expect(reminderContent(anAlert(), digest(alert), 1)).toBeUndefined()
  expect(first!.id).not.toBe(second!.id)
  expect(readContent(canonicalBytes(first))).toEqual(first)
  expect(first).toMatchObject({
    msgType: 'Update',
    references: [ID],
    reached: [{ id: ID, contentDigest: digest(alert) }],
    only: 'noReply',
    texts: alert.texts,
    expires: alert.expires,
    replies: { options: [] },
    corrections: { cancel: [], allClear: [] },
  })
  expect(first).not.toHaveProperty('reminders')
  expect(followUpDraft(first!)).toEqual(draftSchema.parse(followUpDraft(first!)))
})

test('the texts of a reminder go out in its languages for all places, with the drill word in a drill', () => {
  const texts = [{ language: 'es', sms: 'Responda.' }]
  const alert = anAlert({
    status: 'Exercise',
    audience: { roster: ROSTER },
    reminders: { ...reminders, texts },
  })
  const made = reminderContent(alert, digest(alert), 1)!
  expect(made.texts).toMatchObject([
    { language: 'es', sms: 'EJERCICIO: Responda.', expires: alert.expires, areaNos: [0] },
  ])
  expect(readContent(canonicalBytes(made))).toEqual(made)
})

test('nothing that is stored reminds people of another alert than it follows', () => {
  const alert = anAlert({ reminders })
  const made = reminderContent(alert, digest(alert), 1)!
  for (const other of [
    { ...made, only: undefined },
    { ...made, correction: 'cancel' },
    { ...made, references: [] },
    { ...made, reached: undefined },
    { ...made, reached: [...made.reached!, ...made.reached!] },
  ]) {
    expect(() => readContent(Buffer.from(JSON.stringify(other)))).toThrow(
      /other alerts than it may/,
    )
  }
})

test('what is answered to those who are taken, or come too late, has the drill word too', () => {
  const full = [{ language: 'en-US', sms: 'Thank you, enough.' }]
  const options = [{ code: '1', label: 'I come', quota: 20 }]
  const replies = { options, quotaTexts: { full }, deadline: '2026-11-29T11:00:00Z' }
  const alert = anAlert({ status: 'Exercise', audience: { roster: ROSTER }, replies })
  expect(alert.replies.quotaTexts!.full[0]!.sms).toBe('EXERCISE: Thank you, enough.')
  expect(readContent(canonicalBytes(alert))).toEqual(alert)
  const bare = { ...alert, replies: { ...alert.replies, quotaTexts: { full } } }
  expect(() => readContent(canonicalBytes(bare))).toThrow('lacks its drill word')
})
