import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { keywordLanguage } from '../../src/inbound/keywords.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { insertContact } from '../../src/store/contacts.ts'
import type { Database } from '../../src/store/database.ts'
import {
  DEFAULT_POLICY,
  updateOrganisation,
  type Organisation,
  type Policy,
} from '../../src/store/organisation.ts'
import { test } from '../support/database.ts'
import { later, noon, say } from '../support/replies.ts'
import { aCarrier, anOrganisation, aPhone } from '../support/sent-alert.ts'

const texts: Partial<Policy> = {
  helpTexts: { 'es-US': 'Ayuda', 'fr-CA': 'Aide du comté', fr: 'Aide de la mairie' },
  optOutTexts: { es: 'Baja hecha', fr: 'Plus de messages' },
  optInTexts: { es: 'De alta' },
}

async function aCounty(
  db: Database,
  policy: Partial<Policy>,
  languages: Organisation['languages'] = ['en-US'],
): Promise<{ carrierId: string }> {
  await anOrganisation(db)
  await updateOrganisation(db, { languages, policy: { ...DEFAULT_POLICY, ...policy } })
  return { carrierId: await aCarrier(db) }
}

async function aPersonWho(db: Database, speaks: string | undefined): Promise<string> {
  const phone = aPhone()
  const nothing = { email: undefined, name: undefined, externalId: undefined }
  await insertContact(db, { id: randomUUID(), phone, language: speaks, ...nothing })
  return phone
}

async function lastAnswer(db: Database, phone: string): Promise<string | undefined> {
  const rows = await db.execute<{ text: string }>(sql`
    select text from answers where phone = ${phone} order by created_at desc, id desc limit 1
  `)
  return rows[0]?.text
}

const { helpText, optOutText } = DEFAULT_POLICY

test.for([
  // Canada: HELP and AIDE are answered in their own language, whoever asks (CWTA).
  { text: 'AIDE', speaks: undefined, answer: 'Aide de la mairie' },
  { text: 'Aide svp', speaks: 'en-US', answer: 'Aide de la mairie' },
  { text: 'aidez-nous', speaks: 'fr-CA', answer: 'Aide du comté' },
  { text: 'aidez-nous', speaks: 'fr-FR', answer: 'Aide de la mairie' },
  { text: 'AYUDA', speaks: 'en-US', answer: 'Ayuda' },
  { text: 'HELP', speaks: 'fr', answer: helpText },
  // Nobody has given a text in Chinese: then the person's, then the organisation's.
  { text: '救命', speaks: 'es-US', answer: 'Ayuda' },
  { text: '救命', speaks: 'zh', answer: helpText },
  { text: '救命', speaks: undefined, answer: helpText },
  // INFO is told to people whatever they speak, and so is STOP.
  { text: 'INFO', speaks: 'fr-CA', answer: 'Aide du comté' },
  { text: 'INFO', speaks: undefined, answer: helpText },
  { text: 'STOP', speaks: 'es-MX', answer: 'Baja hecha' },
  { text: 'STOP', speaks: undefined, answer: optOutText },
  { text: 'ARRÊT', speaks: 'en', answer: 'Plus de messages' },
  { text: 'arreett', speaks: 'en', answer: 'Plus de messages' },
  { text: 'cancel', speaks: 'es', answer: optOutText },
  { text: 'cancelar', speaks: undefined, answer: 'Baja hecha' },
])('$text of somebody who speaks $speaks is answered: $answer', async (asked, { db }) => {
  const { carrierId } = await aCounty(db, texts)
  const phone = asked.speaks === undefined ? aPhone() : await aPersonWho(db, asked.speaks)
  await recordReplies(db, carrierId, [say(phone, asked.text)], noon)
  expect(await lastAnswer(db, phone)).toBe(asked.answer)
})

test('everybody in one batch is answered in their own language', async ({ db }) => {
  const { carrierId } = await aCounty(db, texts)
  const phones = await Promise.all(['es', 'fr-CA', 'en', 'vi'].map(one => aPersonWho(db, one)))
  await recordReplies(
    db,
    carrierId,
    phones.map(phone => say(phone, 'STOP')),
    noon,
  )
  expect(await Promise.all(phones.map(phone => lastAnswer(db, phone)))).toEqual([
    'Baja hecha',
    'Plus de messages',
    optOutText,
    optOutText,
  ])
  await recordReplies(
    db,
    carrierId,
    phones.map(phone => say(phone, 'START')),
    later(1),
  )
  const again = await Promise.all(phones.map(phone => lastAnswer(db, phone)))
  expect(again.slice(0, 2)).toEqual(['De alta', DEFAULT_POLICY.optInText])
})

test("the text without a language is in the organisation's first; one given for that goes before", async ({
  db,
}) => {
  const bilingual = { helpText: "Numéro d'aide", helpTexts: { en: 'Ring us' } }
  const { carrierId } = await aCounty(db, bilingual, ['fr-CA', 'en-CA'])
  const answered = async (text: string) => {
    const phone = aPhone()
    await recordReplies(db, carrierId, [say(phone, text)], noon)
    return lastAnswer(db, phone)
  }
  expect(await answered('AIDE')).toBe("Numéro d'aide")
  expect(await answered('INFO')).toBe("Numéro d'aide")
  expect(await answered('HELP')).toBe('Ring us')
  await updateOrganisation(db, {
    policy: { ...DEFAULT_POLICY, ...bilingual, helpTexts: { en: 'Ring us', 'fr-ca': 'Appelez' } },
  })
  expect(await answered('INFO')).toBe('Appelez')
  expect(await answered('AIDE')).toBe('Appelez')
})

test('a keyword has a language, behind a code and in courtesies too', () => {
  const of = (...words: string[]) => words.map(word => keywordLanguage(word))
  expect(of('Help!', 'please help', 'HELP HELP', '12 help')).toEqual(['en', 'en', 'en', 'en'])
  expect(of('au secours', '12 aide svp', 'A R R E T')).toEqual(['fr', 'fr', 'fr'])
  expect(of('退订', 'cứu tôi', 'النجدة', 'auxilio')).toEqual(['zh', 'vi', 'ar', 'es'])
  expect(of('STOP', 'stopp', 'Info', 'START', 'SOS', '🆘', '', '12')).toEqual(
    Array.from({ length: 8 }, () => undefined),
  )
})
