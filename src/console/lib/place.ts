/**
 * Where the console is: the mode is a place in the path, not a field of a form.
 *
 * `/console/live/…` · `/console/exercise/<exercise id, or "practice">/…` · `/console/` is the threshold, where one
 * signs in and chooses.
 */
import { computed, signal } from '@preact/signals'

export type Mode = 'live' | 'exercise'

export interface Place {
  readonly mode: Mode | undefined
  /** Of an exercise with a name and a window; undefined where one practises alone. */
  readonly exerciseId: string | undefined
  /** What follows the mode: `['alerts', '0190…', 'review']`. */
  readonly way: readonly string[]
  readonly query: URLSearchParams
}

export interface ScreenProps {
  /** What follows the screen's own word in the path. */
  readonly way: readonly string[]
}

const BASE = '/console/'
const ALONE = 'practice'

/** As it stands where it is no UTF-8: a path that leads nowhere. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function readPlace(url: URL): Place {
  const parts = url.pathname.startsWith(BASE)
    ? url.pathname.slice(BASE.length).split('/').filter(Boolean).map(decoded)
    : []
  const [mode, ...rest] = parts
  const query = url.searchParams
  if (mode === 'live') return { mode, exerciseId: undefined, way: rest, query }
  if (mode !== 'exercise') return { mode: undefined, exerciseId: undefined, way: parts, query }
  const [exerciseId = ALONE, ...way] = rest
  return { mode, exerciseId: exerciseId === ALONE ? undefined : exerciseId, way, query }
}

const here = signal(readPlace(new URL(globalThis.location?.href ?? 'http://localhost/console/')))

export const place = computed(() => here.value)

/** The path of a screen in the mode of this tab: `pathTo('alerts', id)`. */
export function pathTo(...way: readonly string[]): string {
  return pathIn(here.value, ...way)
}

export function pathIn(
  { mode, exerciseId }: Pick<Place, 'mode' | 'exerciseId'>,
  ...way: readonly string[]
): string {
  if (mode === undefined) return BASE + way.map(encodeURIComponent).join('/')
  const start = mode === 'live' ? ['live'] : ['exercise', exerciseId ?? ALONE]
  return BASE + [...start, ...way].map(encodeURIComponent).join('/')
}

/** Asked before a screen is left; false stays. */
let mayLeave: () => boolean = () => true
export function guardLeaving(guard: () => boolean): () => void {
  mayLeave = guard
  return () => {
    if (mayLeave === guard) mayLeave = () => true
  }
}

export function goTo(path: string, how: 'push' | 'replace' = 'push'): void {
  if (!mayLeave()) return
  if (how === 'push') history.pushState(null, '', path)
  else history.replaceState(null, '', path)
  arrive()
}

function arrive(): void {
  here.value = readPlace(new URL(location.href))
  scrollTo(0, 0)
}

/** Links of ours change the place without loading the page anew. */
export function followLinks(): void {
  addEventListener('popstate', arrive)
  document.addEventListener('click', event => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || link.target !== '' || link.hasAttribute('download')) return
    const url = new URL(link.href)
    if (url.origin !== location.origin || !url.pathname.startsWith(BASE)) return
    if (link.getAttribute('href')?.startsWith('#')) return
    event.preventDefault()
    goTo(url.pathname + url.search)
  })
}
