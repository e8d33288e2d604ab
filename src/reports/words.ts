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
