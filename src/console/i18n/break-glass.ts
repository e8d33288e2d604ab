/** The words of alerts that go without an approver: loaded with the first that may. */
import { language } from '../lib/i18n.ts'
import { breakGlass as english } from './en/break-glass.ts'
import { breakGlass as spanish } from './es/break-glass.ts'

export type BreakGlassWords = typeof english

export const breakGlassWords = (): BreakGlassWords => (language.value === 'es' ? spanish : english)
