import type { Words } from '../lib/i18n.ts'
import { alerts } from './es/alerts.ts'
import { everywhere } from './es/everywhere.ts'
import { frame } from './es/frame.ts'
import { map } from './es/map.ts'
import { preview } from './es/preview.ts'
import { situation } from './es/situation.ts'
import { time } from './es/time.ts'

export const spanish: Words = { alerts, everywhere, frame, map, preview, situation, time }
