import type { Words } from '../lib/i18n.ts'
import { alerts } from './es/alerts.ts'
import { approve } from './es/approve.ts'
import { correct } from './es/correct.ts'
import { everywhere } from './es/everywhere.ts'
import { frame } from './es/frame.ts'
import { guide } from './es/guide.ts'
import { map } from './es/map.ts'
import { preview } from './es/preview.ts'
import { problems } from './es/problems.ts'
import { situation } from './es/situation.ts'
import { time } from './es/time.ts'
import { watching } from './es/watching.ts'

export const spanish: Words = {
  alerts,
  approve,
  correct,
  everywhere,
  frame,
  guide,
  map,
  preview,
  problems,
  situation,
  time,
  watching,
}
