/** The words of alerts that no person wrote: loaded with the first of them. */
import { language } from '../lib/i18n.ts'
import { byRule as english } from './en/by-rule.ts'
import { byRule as spanish } from './es/by-rule.ts'

export type ByRuleWords = typeof english

export const byRuleWords = (): ByRuleWords => (language.value === 'es' ? spanish : english)
