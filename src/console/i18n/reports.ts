/** The words of reports: those of the PDF, so that both say the same, and what a screen has beside. */
import { type ReportWords, wordsIn } from '../../reports/words.ts'
import { language } from '../lib/i18n.ts'
import { reports as english } from './en/reports.ts'
import { reports as spanish } from './es/reports.ts'

export type ReportScreenWords = typeof english

export const reportWords = (): { report: ReportWords; reports: ReportScreenWords } => ({
  report: wordsIn(language.value),
  reports: language.value === 'es' ? spanish : english,
})
