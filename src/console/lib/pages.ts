/** A list of the API, page by page as it is asked for. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { get } from './api.ts'
import { Problem } from './problem.ts'
import type { Page } from './types.ts'

export interface Pages<T> {
  /** Undefined until the first page is there. */
  readonly items: ReadonlySignal<readonly T[] | undefined>
  readonly hasMore: ReadonlySignal<boolean>
  readonly isBusy: ReadonlySignal<boolean>
  readonly problem: ReadonlySignal<Problem | undefined>
  more(): Promise<void>
  /** From the first page again. */
  refresh(): Promise<void>
}

/** @param path - with its filters, without `limit` and `cursor`; undefined: nothing is asked yet */
export function usePages<T>(path: string | undefined, size = 50): Pages<T> {
  const pages = useMemo(() => createPages<T>(path, size), [path, size])
  useEffect(() => void pages.refresh(), [pages])
  return pages
}

function createPages<T>(path: string | undefined, size: number): Pages<T> {
  const items = signal<readonly T[] | undefined>(undefined)
  const hasMore = signal(false)
  const isBusy = signal(false)
  const problem = signal<Problem | undefined>(undefined)
  let cursor: string | null = null

  const ask = async (from: string | null) => {
    if (path === undefined || isBusy.value) return
    isBusy.value = true
    try {
      const url = new URL(path, location.origin)
      url.searchParams.set('limit', String(size))
      if (from !== null) url.searchParams.set('cursor', from)
      const page = await get<Page<T>>(url.pathname + url.search)
      items.value = from === null ? page.items : [...(items.value ?? []), ...page.items]
      cursor = page.nextCursor
      hasMore.value = cursor !== null
      problem.value = undefined
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      isBusy.value = false
    }
  }
  return {
    items,
    hasMore,
    isBusy,
    problem,
    more: () => ask(cursor),
    refresh: () => ask(null),
  }
}
