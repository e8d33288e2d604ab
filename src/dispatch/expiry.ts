import type { AlertText } from '../cap/content.ts'

/** A drill may name no `expires`: then its texts are worth a day, the least that every carrier keeps one. */
const WITHOUT_EXPIRES_MS = 24 * 3600 * 1000

/** When a text stops being sent. */
export function textExpiry(text: AlertText, now: Date): Date {
  return text.expires === null
    ? new Date(now.getTime() + WITHOUT_EXPIRES_MS)
    : new Date(text.expires)
}
