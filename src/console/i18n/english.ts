import { alerts } from './en/alerts.ts'
import { everywhere } from './en/everywhere.ts'
import { frame } from './en/frame.ts'
import { situation } from './en/situation.ts'
import { time } from './en/time.ts'

export const english = { alerts, everywhere, frame, situation, time }
