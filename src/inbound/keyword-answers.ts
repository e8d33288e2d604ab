/** STOP, START and HELP: their effect, and the answer that each is owed, in the language of who wrote it. */
import { v7 as uuid } from 'uuid'
import { lookUpLanguage } from '../cap/texts.ts'
import { optInPhones, optOutPhones, type Wish } from '../store/consents.ts'
import { readLanguages } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import { queueAnswers, type Answer, type InboundText } from '../store/inbound.ts'
import { isSimulatedCarrier } from '../store/carriers.ts'
import { readOrganisation, type Organisation, type Policy } from '../store/organisation.ts'
import { keywordLanguage } from './keywords.ts'

type Answered = 'optOut' | 'optIn' | 'help'
type Keyword = Wish & Pick<InboundText, 'kind'>

/** @param answered phones that the carrier has answered itself */
export async function heedKeywords(
  tx: Database,
  carrierId: string,
  inbound: readonly InboundText[],
  answered: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const wishes = new Map<string, Keyword>()
  const asking = new Map<string, Keyword>()
  for (const text of inbound) {
    if (text.kind === 'optOut' || text.kind === 'optIn') wishes.set(text.phone, text)
    if (text.kind === 'help') asking.set(text.phone, text)
  }
  const wishing = (wish: 'optOut' | 'optIn') =>
    [...wishes.values()].filter(({ kind }) => kind === wish)
  // Whoever is behind a simulated phone has said nothing.
  if (wishes.size > 0 && (await isSimulatedCarrier(tx, carrierId))) return
  const wantOut = wishing('optOut')
  const wantIn = wishing('optIn')
  if (wantOut.length > 0) await optOutPhones(tx, carrierId, wantOut)
  const optedIn = new Set(wantIn.length > 0 ? await optInPhones(tx, carrierId, wantIn) : [])
  const owed = [...wantOut, ...wantIn.filter(({ phone }) => optedIn.has(phone)), ...asking.values()]
  const unanswered = owed.filter(({ phone }) => !answered.has(phone))
  if (unanswered.length === 0) return
  await queueAnswers(tx, carrierId, await answersTo(tx, unanswered), now)
}

async function answersTo(tx: Database, keywords: readonly Keyword[]): Promise<Answer[]> {
  const organisation = await readOrganisation(tx)
  const phones = [...new Set(keywords.map(({ phone }) => phone))]
  const spoken = saysMore(organisation.policy) ? await readLanguages(tx, phones) : undefined
  return keywords.map(({ phone, kind, text }) => {
    const answered = kind as Answered
    const own = answerIn(organisation, answered, keywordLanguage(text), spoken?.get(phone))
    return { id: uuid(), phone, kind: answered, text: own }
  })
}

const saysMore = ({ helpTexts, optOutTexts, optInTexts }: Policy) =>
  [helpTexts, optOutTexts, optInTexts].some(texts => Object.keys(texts).length > 0)

/**
 * In the keyword's language, else in the person's, else in the organisation's first, which is that of the text that
 * is given without one.
 *
 * @param keyword of the word: no country
 */
function answerIn(
  { policy, languages }: Organisation,
  kind: Answered,
  keyword: string | undefined,
  person: string | undefined,
): string {
  const own = policy[`${kind}Text`]
  const given = policy[`${kind}Texts`]
  const tags = [...Object.keys(given), ...languages.slice(0, 1)]
  const inKeyword = tags.filter(tag => primaryOf(tag) === keyword)
  const tag =
    lookUpLanguage(person, inKeyword) ??
    lookUpLanguage(keyword, inKeyword) ??
    inKeyword[0] ??
    lookUpLanguage(person, tags) ??
    lookUpLanguage(languages[0], tags)
  return given[tag ?? ''] ?? own
}

const primaryOf = (tag: string) => tag.toLowerCase().split('-')[0]
