/** The words of writing and signing an alert: loaded with those screens. */
import { language } from '../lib/i18n.ts'
import { compose } from './en/compose/compose.ts'
import { importCap } from './en/compose/import-cap.ts'
import { review } from './en/compose/review.ts'
import { spanishCompose } from './es/compose.ts'

const english = { compose, importCap, review }
export type ComposeWords = typeof english

export const composeWords = (): ComposeWords => (language.value === 'es' ? spanishCompose : english)
