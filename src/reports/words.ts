/** The words of reports, in the languages that they come in. */
import { english } from './words-en.ts'
import { spanish } from './words-es.ts'

export type ReportWords = typeof english

const CATALOGUES = { en: english, es: spanish } as const satisfies Record<string, ReportWords>

export type ReportLanguage = keyof typeof CATALOGUES

const REPORT_LANGUAGES = Object.keys(CATALOGUES) as ReportLanguage[]

export function wordsIn(language: ReportLanguage): ReportWords {
  return CATALOGUES[language]
}

/** The first of these BCP 47 tags that there are words for; else English. */
export function reportLanguageOf(tags: readonly string[]): ReportLanguage {
  const primary = tags.map(tag => tag.toLowerCase().split('-')[0])
  return REPORT_LANGUAGES.find(language => language === primary.find(isKnown)) ?? 'en'
}

function isKnown(tag: string | undefined): boolean {
  return REPORT_LANGUAGES.some(language => language === tag)
}

/** Puts values into the places of a text, `{name}`. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)
}

interface Plural {
  readonly one: string
  /** With a place for `{n}`. */
  readonly other: string
}

/** So many, as both languages say it: of one alone otherwise. */
export function counted({ one, other }: Plural, n: number, count: (n: number) => string): string {
  return n === 1 ? one : fill(other, { n: count(n) })
}

/** As the history keeps what was sent: `1 recipient`, `340 recipients again, 2 letters`. */
const SENT_TO = /^(\d+) recipients?( again)?(?:, (\d+) letters?)?$/

/** What stands beside a step; whom it went to in the words of the language. */
export function detailOf(
  { event, detail }: { readonly event: string; readonly detail: string | null },
  { timeline }: ReportWords,
  count: (n: number) => string,
): string | null {
  const sent = event === 'dispatched' || event === 'retried' ? SENT_TO.exec(detail ?? '') : null
  if (sent === null) return detail
  const [, recipients, , letters] = sent
  const said = [counted(timeline.recipients, Number(recipients), count)]
  if (letters !== undefined) said.push(counted(timeline.letters, Number(letters), count))
  return said.join(', ')
}

/** An alarm in a few words; of several alike each has a number at the end of its code. */
export function alarmHead(code: string, heads: ReportWords['trouble']['alarmHeads']): string {
  const known = Object.entries(heads).find(([head]) => code === head || code.startsWith(`${head}_`))
  return known?.[1] ?? heads.other
}
