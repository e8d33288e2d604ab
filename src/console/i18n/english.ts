import { alerts } from './en/alerts.ts'
import { approve } from './en/approve.ts'
import { correct } from './en/correct.ts'
import { everywhere } from './en/everywhere.ts'
import { frame } from './en/frame.ts'
import { guide } from './en/guide.ts'
import { map } from './en/map.ts'
import { preview } from './en/preview.ts'
import { problems } from './en/problems.ts'
import { situation } from './en/situation.ts'
import { time } from './en/time.ts'
import { watching } from './en/watching.ts'

export const english = {
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
