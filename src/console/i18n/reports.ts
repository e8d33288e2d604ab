/** The words of reports: those of the PDF, so that both say the same, and what a screen has beside. */
import { type ReportWords, wordsIn } from '../../reports/words.ts'
import { language } from '../lib/i18n.ts'
import { deliveries as englishDeliveries } from './en/deliveries.ts'
import { reports as english } from './en/reports.ts'
import { deliveries as spanishDeliveries } from './es/deliveries.ts'
import { reports as spanish } from './es/reports.ts'

export type DeliveryWords = typeof englishDeliveries
export type ReportScreenWords = typeof english

export const reportWords = (): { report: ReportWords; reports: ReportScreenWords } => ({
  report: wordsIn(language.value),
  reports: language.value === 'es' ? spanish : english,
})

/** Apart from those of the report: they are wanted without it. */
export const deliveryWords = (): DeliveryWords =>
  language.value === 'es' ? spanishDeliveries : englishDeliveries
