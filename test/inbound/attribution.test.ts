import { expect } from 'vitest'
import { attribute } from '../../src/inbound/attribution.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { answersTo, inboundOf, later, MINUTE, noon, say, tallyOf } from '../support/replies.ts'
import { aCarrier, anOrganisation, aPhone, aSentAlert } from '../support/sent-alert.ts'

const safeOrHelp = [
  { code: '1', label: 'Safe', words: ['safe'], urgent: false },
  { code: '2', label: 'Need help', words: ['trapped'], urgent: true },
]
const comeOrNot = [
  { code: 'Y', label: 'Coming', words: [], urgent: false },
  { code: 'N', label: 'Not coming', words: [], urgent: false },
]

const flood = { name: 'flood', options: safeOrHelp, code: '12' }
const fire = { name: 'fire', options: safeOrHelp, code: '7' }
const roster = { name: 'roster', options: comeOrNot, code: undefined }

const verdictOf = (text: string, ...open: readonly (typeof flood | typeof roster)[]) => {
  const whole = { text, partial: false }
  const { addressee, understood } = attribute<typeof flood | typeof roster>(whole, open)
  return [addressee?.name, understood.kind, understood.code]
}

test.each([
  // The newest, unless a code says another.
  ['1', ['fire', 'option', '1']],
  ['12 1', ['flood', 'option', '1']],
  ['12-1', ['flood', 'option', '1']],
  ['12: safe', ['flood', 'option', '1']],
  ['１２ 1', ['flood', 'option', '1']],
  ['7 2', ['fire', 'option', '2']],
  ['12 help', ['flood', 'help', '2']],
  // What follows must be an answer, and the code a word of its own.
  ['12', ['fire', 'other', undefined]],
  ['121', ['fire', 'other', undefined]],
  ['12 people', ['fire', 'other', undefined]],
  ['12 safe?', ['fire', 'other', undefined]],
  ['13 1', ['fire', 'other', undefined]],
])('a code names one of several open alerts: %j', (text, verdict) => {
  expect(verdictOf(text, fire, flood)).toEqual(verdict)
})

test('a code that only an older open alert has is its answer, a word is not', () => {
  expect(verdictOf('Y', fire, roster)).toEqual(['roster', 'option', 'Y'])
  expect(verdictOf('1', roster, fire)).toEqual(['fire', 'option', '1'])
  expect(verdictOf('safe', roster, fire)).toEqual(['roster', 'other', undefined])
  // Two have it: people must read which was meant.
  expect(verdictOf('1', roster, fire, flood)).toEqual(['roster', 'other', undefined])
})

test('a call for help reaches the alert that offers help', () => {
  expect(verdictOf('HELP', roster, flood)).toEqual(['flood', 'help', '2'])
  expect(verdictOf('HELP', roster)).toEqual(['roster', 'help', undefined])
  expect(verdictOf('INFO', flood)).toEqual(['flood', 'help', undefined])
  expect(verdictOf('HELP')).toEqual([undefined, 'help', undefined])
})

test('a text with parts missing acknowledges nothing, opts nobody out, and calls for help all the same', () => {
  const partial = (text: string) => attribute({ text, partial: true }, [flood]).understood
  expect(partial('safe')).toEqual({ kind: 'other' })
  expect(partial('trapped')).toEqual({ kind: 'other', urgent: true })
  expect(partial('STOP')).toEqual({ kind: 'other', review: 'optOut' })
  expect(partial('HELP')).toEqual({ kind: 'help', code: '2', urgent: true })
})

test('what the carrier took a text for, it is', () => {
  const taken = (text: string, meaning: 'optOut' | 'optIn' | 'help') =>
    attribute({ text, partial: false, meaning }, [flood]).understood
  expect(taken('ALTO', 'optOut')).toEqual({ kind: 'optOut' })
  expect(taken('HELP', 'help')).toEqual({ kind: 'help', code: '2', urgent: true })
  expect(taken('LOST', 'help')).toEqual({ kind: 'help' })
})

async function twoOpenAlerts(db: Database) {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alert = (minutes: number, given: object) =>
    aSentAlert(db, {
      recipients: [{ phone, carrierId }],
      dispatchedAt: new Date(Date.now() - 60 * MINUTE + minutes * MINUTE),
      ...given,
    })
  const older = await alert(1, { options: safeOrHelp, code: '12' })
  const newer = await alert(2, { options: comeOrNot })
  let minute = 0
  const texts = async (...said: string[]) => {
    for (const text of said) await recordReplies(db, carrierId, [say(phone, text)], later(minute++))
  }
  return { phone, older, newer, texts }
}

test('pitfall 47: each of two open alerts is tallied by what names it', async ({ db }) => {
  const { older, newer, texts, phone } = await twoOpenAlerts(db)
  await texts('Y', '12 1')
  expect(await tallyOf(db, newer)).toEqual({ Y: 1 })
  expect(await tallyOf(db, older)).toEqual({ 1: 1 })
  await texts('HELP')
  expect(await tallyOf(db, newer)).toEqual({ Y: 1 })
  expect(await tallyOf(db, older)).toEqual({ 2: 1 })
  expect(await inboundOf(db, phone)).toMatchObject([
    { alert: newer, option: 'Y' },
    { alert: older, option: '1' },
    { alert: older, option: '2', kind: 'help', urgent: true },
  ])
  expect(await answersTo(db, phone)).toEqual(['help'])
})

test('HELP is answered and counted while an alert offers help; a later word counts instead', async ({
  db,
}) => {
  await anOrganisation(db)
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, { options: safeOrHelp, recipients: [{ phone, carrierId }] })
  await recordReplies(db, carrierId, [say(phone, 'help!')], noon)
  expect(await tallyOf(db, alertId)).toEqual({ 2: 1 })
  expect(await answersTo(db, phone)).toEqual(['help'])
  await recordReplies(db, carrierId, [say(phone, 'INFO')], later(1))
  expect(await tallyOf(db, alertId)).toEqual({ 2: 1 })
  await recordReplies(db, carrierId, [say(phone, 'safe')], later(2))
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})

test('HELP after an alert has expired is counted there, late, and never lost', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const expires = new Date(Date.now() - MINUTE)
  const recipients = [{ phone, carrierId }]
  const alertId = await aSentAlert(db, { options: safeOrHelp, recipients, expires })
  await recordReplies(db, carrierId, [say(phone, 'HELP')], noon)
  expect(await inboundOf(db, phone)).toMatchObject([{ alert: alertId, late: true, urgent: true }])
  expect(await tallyOf(db, alertId)).toEqual({ 2: 1 })
})

test('what a machine wrote is kept, and is no reply', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, { options: safeOrHelp, recipients: [{ phone, carrierId }] })
  const driving =
    'I’m driving with focus turned on. I’ll see your message when I get where I’m going.'
  await recordReplies(db, carrierId, [say(phone, driving)], noon)
  expect(await tallyOf(db, alertId)).toEqual({})
  expect(await inboundOf(db, phone)).toMatchObject([{ kind: 'other', automatic: true }])
  await recordReplies(db, carrierId, [say(phone, '1'), say(phone, driving)], later(30))
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})
