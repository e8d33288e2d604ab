import { type AlertText, WITHOUT_EXPIRES_MS } from '../cap/content.ts'

/** When a text stops being sent. */
export function textExpiry(text: AlertText, now: Date): Date {
  return text.expires === null
    ? new Date(now.getTime() + WITHOUT_EXPIRES_MS)
    : new Date(text.expires)
}
