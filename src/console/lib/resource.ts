/** What a screen shows of the server: asked at once, again every few seconds, and told how old it is. */
import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { get } from './api.ts'
import { Problem } from './problem.ts'

export interface Resource<T> {
  readonly data: ReadonlySignal<T | undefined>
  readonly problem: ReadonlySignal<Problem | undefined>
  /** When `data` came, ms since 1970; 0 before. */
  readonly at: ReadonlySignal<number>
  /** Asks again now; resolves when it is there. */
  refresh(): Promise<void>
  /** For what an answer to something else has brought. */
  set(data: T): void
}

/**
 * @param path - undefined: nothing is asked yet
 * @param every - milliseconds from one answer to the next question; 0: once
 */
export function useResource<T>(path: string | undefined, every = 0): Resource<T> {
  const resource = useMemo(() => createResource<T>(path, every), [path, every])
  useEffect(() => resource.start(), [resource])
  return resource
}

function createResource<T>(path: string | undefined, every: number) {
  const data = signal<T | undefined>(undefined)
  const problem = signal<Problem | undefined>(undefined)
  const at = signal(0)
  let asking: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = true

  const refresh = async () => {
    if (path === undefined) return
    clearTimeout(timer)
    asking?.abort()
    const turn = new AbortController()
    asking = turn
    try {
      const answer = await get<T>(path, { signal: turn.signal })
      if (turn.signal.aborted) return
      data.value = answer
      at.value = Date.now()
      problem.value = undefined
    } catch (error) {
      if (turn.signal.aborted) return
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
    if (!isStopped && every > 0) timer = setTimeout(() => void refreshIfSeen(), every)
  }

  /** A tab in the background asks nothing; it asks at once when it is seen again. */
  const refreshIfSeen = async () => {
    if (document.visibilityState === 'visible') return refresh()
    timer = setTimeout(() => void refreshIfSeen(), every)
  }

  return {
    data,
    problem,
    at,
    refresh,
    set(next: T) {
      data.value = next
      at.value = Date.now()
    },
    start() {
      isStopped = false
      const seen = () => {
        if (every > 0 && document.visibilityState === 'visible') void refresh()
      }
      document.addEventListener('visibilitychange', seen)
      void refresh()
      return () => {
        isStopped = true
        document.removeEventListener('visibilitychange', seen)
        clearTimeout(timer)
        asking?.abort()
      }
    },
  }
}
