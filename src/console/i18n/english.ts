import { alerts } from './en/alerts.ts'
import { everywhere } from './en/everywhere.ts'
import { frame } from './en/frame.ts'
import { map } from './en/map.ts'
import { preview } from './en/preview.ts'
import { situation } from './en/situation.ts'
import { time } from './en/time.ts'

export const english = { alerts, everywhere, frame, map, preview, situation, time }
