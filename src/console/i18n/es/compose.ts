import type { ComposeWords } from '../compose.ts'
import { compose } from './compose/compose.ts'
import { importCap } from './compose/import-cap.ts'
import { review } from './compose/review.ts'

export const spanishCompose: ComposeWords = { compose, importCap, review }
