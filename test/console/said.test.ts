import { expect, test } from 'vitest'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent } from '../../src/cap/content.ts'
import { letterOf } from '../../src/cap/letter.ts'
import { besideOf, followUpsOf, reachedBeforeOf } from '../../src/console/screens/alert/said.ts'
import { aFlood } from '../support/corrections.ts'

const said = (sms: string) => [{ language: 'en-US', sms }]
const duty = crypto.randomUUID()
const { info, replies, ...flood } = aFlood()
const draft = draftSchema.parse({
  ...flood,
  info: info.map(block => ({
    ...block,
    headline: 'Flood in the valley',
    description: 'The dam has failed.',
    instruction: 'Go to the church on the hill.',
    web: 'https://county.example/flood',
    contact: 'Call 555-0100',
  })),
  replies: {
    ...replies,
    options: [{ code: '1', label: 'I come', quota: 3 }],
    quotaTexts: { taken: said('You are one of three.'), full: said('It is enough.') },
  },
  reminders: { afterMinutes: 5, times: 2, texts: said('Please answer.') },
  escalations: [
    { when: 'noReplyAbove', count: 0, afterMinutes: 5, to: duty, texts: said('Call the post.') },
  ],
})
const content = alertContent(draft, {
  id: '0190a3b2-7c1e-7000-8000-000000000001',
  revision: 3,
  sender: 'county.example',
  references: [],
  groups: [],
  excludeGroups: [],
  roster: undefined,
  onDuty: new Map([[duty, 'Night shift']]),
  secondPerson: true,
  emergency: true,
  geocodeSets: [],
  maxRecipients: 1_050,
})

test('who signs or approves is shown all that a letter says beside the text', () => {
  const shown = besideOf(content)
  for (const { no, sms } of content.texts) {
    const { subject, body } = letterOf(content, no)
    const paragraphs = body.trim().split('\n\n')
    expect(shown[no]?.paragraphs).toEqual([subject, ...paragraphs.filter(one => one !== sms)])
  }
})

test('whatever may be sent later is shown, and to whom', () => {
  const shown = followUpsOf(content)
  const texts = shown.flatMap(one => one.said.map(({ sms }) => sms))
  expect(texts).toEqual([
    ...content.corrections.cancel.map(({ sms }) => sms),
    ...content.corrections.allClear.map(({ sms }) => sms),
    'Please answer.',
    'You are one of three.',
    'It is enough.',
    'Call the post.',
  ])
  expect(shown.at(-1)?.title).toContain('Night shift')
})

test('whom earlier alerts reached is told apart from who is in its areas', () => {
  const reached = [{ id: content.id, contentDigest: content.areasDigest }]
  expect(reachedBeforeOf(content)).toBeUndefined()
  const update = reachedBeforeOf({ reached })
  const cancel = reachedBeforeOf({ only: 'reached', reached })
  const reminder = reachedBeforeOf({ only: 'noReply', reached })
  expect(new Set([update, cancel, reminder, undefined]).size).toBe(4)
  expect(cancel).toContain('those alone')
})
