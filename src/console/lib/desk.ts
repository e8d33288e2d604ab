/**
 * What every screen of a mode needs to know, asked once for all of them: the organisation, the exercise, what waits
 * and what is being sent.
 */
import { computed, signal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import { get } from './api.ts'
import { timeZone } from './i18n.ts'
import { place } from './place.ts'
import type { AlertSummary, Page } from './types.ts'

/** `GET /v1/desk` */
interface DeskAnswer {
  readonly organisation: {
    readonly name: string
    readonly timeZone: string
    readonly country: string
    readonly languages: readonly string[]
  }
  readonly policy: {
    readonly secondPerson: 'actual' | 'all' | 'none'
    readonly maxSegments: number
    readonly holdSeconds: number
    readonly typedCountAbove: number
    /** Where `{link}` in a text leads; null: nowhere. */
    readonly linkUrl: string | null
  }
  /** What each text of a drill begins with. */
  readonly drillWords: readonly { language: string; exercise: string; test: string }[]
  readonly serverTime: string
}

export interface Exercise {
  readonly id: string
  readonly name: string
  /** Null where its roster was removed. */
  readonly phones: number | null
  /** One person's own. */
  readonly practice: boolean
  readonly startsAt: string
  readonly endsAt: string
  readonly state: 'planned' | 'open' | 'ended'
}

const EVERY_MS = 3_000

const answer = signal<DeskAnswer | undefined>(undefined)
const exercise = signal<Exercise | undefined>(undefined)
export const openAlerts = signal<readonly AlertSummary[] | undefined>(undefined)

/** What people wait for stands first. */
const OPEN = ['sending', 'paused', 'approved', 'submitted', 'draft']
const byUrgency = (a: AlertSummary, b: AlertSummary) =>
  OPEN.indexOf(a.state) - OPEN.indexOf(b.state)

export const desk = computed(() => {
  const of = (...states: readonly string[]) =>
    (openAlerts.value ?? []).filter(({ state }) => states.includes(state)).length
  return {
    organisation: answer.value?.organisation,
    policy: answer.value?.policy,
    drillWords: answer.value?.drillWords,
    exercise: exercise.value,
    waiting: of('submitted'),
    sending: of('sending', 'paused'),
  }
})

/** Asks while any screen of the mode is shown. */
export function useDesk(): void {
  const { mode, exerciseId } = place.value
  // Before anything is drawn: what was open in another mode is not shown as this one's, not for a moment.
  useLayoutEffect(() => {
    openAlerts.value = undefined
    exercise.value = undefined
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        const [open, known, entered] = await Promise.all([
          get<Page<AlertSummary>>(`/v1/alerts?state=${OPEN.join(',')}&limit=200`),
          answer.value === undefined ? get<DeskAnswer>('/v1/desk') : answer.value,
          exerciseId === undefined ? undefined : get<Exercise>(`/v1/exercises/${exerciseId}`),
        ])
        if (isOver) return
        openAlerts.value = open.items.toSorted(byUrgency)
        answer.value = known
        timeZone.value = known.organisation.timeZone
        exercise.value = entered
      } catch {
        // The frame says that the server does not answer; the next turn asks again.
      }
      if (!isOver) timer = setTimeout(() => void askIfSeen(), EVERY_MS)
    }
    const askIfSeen = async () => {
      if (document.visibilityState === 'visible') return ask()
      timer = setTimeout(() => void askIfSeen(), EVERY_MS)
    }
    void ask()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [mode, exerciseId])
}
