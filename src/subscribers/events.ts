import type { AlertState } from '../store/alerts.ts'

/** What a subscriber may ask to be told of: an alert, or a request for help, that has come into a state. */
export const NOTICE_EVENTS = [
  'alert.submitted',
  'alert.approved',
  'alert.rejected',
  'alert.withdrawn',
  'alert.sending',
  'alert.paused',
  'alert.sent',
  'alert.stopped',
  'alert.expired',
  'request.opened',
  'request.taken',
  'request.closed',
] as const

export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

/** Undefined where there is nothing to tell: drafts are their author's own business until somebody signs. */
export function eventOf(from: AlertState | null, to: AlertState): NoticeEvent | undefined {
  if (from === to) return undefined
  if (to !== 'draft') return `alert.${to}`
  return from === null ? undefined : 'alert.withdrawn'
}
