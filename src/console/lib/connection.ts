/** Whether the server answers, as all parts of the console have found it. */
import { computed, signal } from '@preact/signals'

const lastAnswerAt = signal(Date.now())
const lastSilenceAt = signal(0)

/** Ticks once a second, for everything that says how old it is. */
export const now = signal(Date.now())
globalThis.setInterval?.(() => (now.value = Date.now()), 1000)

export function answered(): void {
  lastAnswerAt.value = Date.now()
}

export function noAnswer(): void {
  lastSilenceAt.value = Date.now()
}

/** How far the server's clock is ahead of this machine's, in ms. */
const ahead = signal(0)
const JUMP_MS = 5_000

/**
 * By the `Date` of an answer, which is cut to the second: of all that came, the latest is the nearest, unless one of
 * the clocks was set.
 */
export function heardClock(date: string | null): void {
  const found = Date.parse(date ?? '') - Date.now()
  if (Number.isNaN(found)) return
  if (found > ahead.value || ahead.value - found > JUMP_MS) ahead.value = found
}

/** The server's time as far as it is known here, ms since 1970; ticks. */
export const serverNow = computed(() => now.value + ahead.value)

/** Seconds since the last answer. */
export const silentSeconds = computed(() =>
  Math.max(0, Math.round((now.value - lastAnswerAt.value) / 1000)),
)

/** `late` after 3 s without an answer that was asked for, `lost` after 10 s. */
export const connection = computed<'ok' | 'late' | 'lost'>(() => {
  if (lastSilenceAt.value <= lastAnswerAt.value) return 'ok'
  return silentSeconds.value >= 10 ? 'lost' : 'late'
})
