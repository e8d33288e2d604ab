/**
 * Live figures: one stream a browser, whatever the number of tabs.
 *
 * Over HTTP/1.1 a browser opens six connections to a host; six tabs with a stream each, and nothing else gets
 * through: *Stop* would hang (measured). So the tabs elect one by a lock. It reads the stream for all of them and
 * tells the others over a BroadcastChannel; when it is closed, its lock goes to the next. A tab says every 5 s what
 * it wants to see, so that what a closed tab wanted is forgotten.
 *
 * A stream that breaks, or ends because its token does, is opened again after half a second; after two failures in a
 * row the figures are asked for every 2 s instead, until a stream holds again. The server says something every 10 s
 * (`:` on a line where nothing changed), so a stream that is silent for 25 s leads nowhere, whatever the network
 * pretends, and is given up. Times come with the figures, so a screen can say how old they are.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get, request } from './api.ts'
import { now } from './connection.ts'
import { place, pathIn } from './place.ts'
import type { Progress, Tally } from './types.ts'

export interface Figures {
  readonly progress: Progress
  readonly tally: Tally
  /** When this machine heard it, ms since 1970. */
  readonly at: number
}

interface Frame {
  readonly alertId: string
  readonly progress?: Progress
  readonly tally?: Tally
}

const SAY_AGAIN_MS = 5_000
const FORGET_MS = 12_000
const REOPEN_MS = 500
const POLL_MS = 2_000
const SILENT_MS = 25_000
/** `GET /v1/stream` takes no more. */
const MOST_ALERTS = 100
/** A sign of life is told to the other tabs once in so long. */
const TELL_LIFE_MS = 1_000
/** Heartbeats come every 10 s, and a network may be slow for a moment. */
const OLD_SECONDS = 13

/** When the stream last said anything, a heartbeat at the least; ms since 1970. */
const heardAt = signal(Date.now())

/** How old the figures are in seconds, once nobody can vouch for them any more; 0 while they are live. */
export const figuresAge = computed(() => {
  const seconds = Math.round((now.value - heardAt.value) / 1000)
  return seconds > OLD_SECONDS ? seconds : 0
})

const held = new Map<string, ReturnType<typeof signal<Figures | undefined>>>()
const wanted = new Map<string, number>()
let hub: { readonly name: string; say(): void; end(): void } | undefined

/** Sign-ins see different alerts, so each has a stream of its own. */
function hubHere() {
  const name = `tocsin.stream ${pathIn(place.value)}`
  if (hub?.name !== name) {
    hub?.end()
    heardAt.value = Date.now()
    hub = startHub(name)
  }
  return hub
}

/** The figures of an alert as they come, while the component is shown. */
export function useFigures(alertId: string | undefined): ReadonlySignal<Figures | undefined> {
  useEffect(() => {
    if (alertId === undefined) return
    // Nobody listened until now: that is no sign that the stream is broken.
    if (wanted.size === 0) heardAt.value = Date.now()
    wanted.set(alertId, (wanted.get(alertId) ?? 0) + 1)
    hubHere().say()
    return () => {
      const left = (wanted.get(alertId) ?? 1) - 1
      if (left > 0) wanted.set(alertId, left)
      else wanted.delete(alertId)
      hub?.say()
    }
  }, [alertId])
  return figuresOf(alertId ?? '')
}

function figuresOf(alertId: string) {
  let figures = held.get(alertId)
  if (figures === undefined) held.set(alertId, (figures = signal<Figures | undefined>(undefined)))
  return figures
}

function take({ alertId, progress, tally }: Frame): void {
  const figures = figuresOf(alertId)
  const before = figures.value
  const next = { progress: progress ?? before?.progress, tally: tally ?? before?.tally }
  if (next.progress === undefined || next.tally === undefined) return
  figures.value = { progress: next.progress, tally: next.tally, at: Date.now() }
}

type Message =
  | { readonly kind: 'want'; readonly tab: string; readonly alertIds: readonly string[] }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'lead' }
  | { readonly kind: 'alive' }

function startHub(name: string) {
  const tab = crypto.randomUUID()
  const channel = new BroadcastChannel(name)
  const wants = new Map<string, { alertIds: readonly string[]; at: number }>()
  const over = new AbortController()
  let reader: ReturnType<typeof startReader> | undefined
  let letGo: (() => void) | undefined

  const all = () => {
    const since = Date.now() - FORGET_MS
    for (const [other, { at }] of wants) if (at < since) wants.delete(other)
    const ids = [...wanted.keys(), ...[...wants.values()].flatMap(want => want.alertIds)]
    return [...new Set(ids)].slice(0, MOST_ALERTS)
  }
  const say = () => {
    channel.postMessage({ kind: 'want', tab, alertIds: [...wanted.keys()] } satisfies Message)
    reader?.read(all())
  }
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'frame') return take(data.frame)
    if (data.kind === 'lead') return say()
    if (data.kind === 'alive') return void (heardAt.value = Date.now())
    if (data.alertIds.length === 0) wants.delete(data.tab)
    else wants.set(data.tab, { alertIds: data.alertIds, at: Date.now() })
    reader?.read(all())
  })
  const saying = setInterval(say, SAY_AGAIN_MS)
  const lead = () => {
    reader = startReader(
      frame => {
        take(frame)
        channel.postMessage({ kind: 'frame', frame } satisfies Message)
      },
      () => {
        if (Date.now() - heardAt.value < TELL_LIFE_MS) return
        heardAt.value = Date.now()
        channel.postMessage({ kind: 'alive' } satisfies Message)
      },
    )
    channel.postMessage({ kind: 'lead' } satisfies Message)
    say()
    // Held until the tab is closed, or another place is entered in it.
    return new Promise<void>(resolve => (letGo = resolve))
  }
  navigator.locks.request(name, { signal: over.signal }, lead).catch(() => undefined)
  return {
    name,
    say,
    end() {
      over.abort()
      clearInterval(saying)
      channel.postMessage({ kind: 'want', tab, alertIds: [] } satisfies Message)
      channel.close()
      reader?.read([])
      letGo?.()
    },
  }
}

function startReader(tell: (frame: Frame) => void, alive: () => void) {
  let alertIds: readonly string[] = []
  let ended = new AbortController()

  const loop = async (ids: readonly string[], until: AbortSignal) => {
    for (let failures = 0; !until.aborted;) {
      try {
        await readStream(ids, until, alive, frame => {
          failures = 0
          tell(frame)
        })
      } catch {
        failures++
      }
      if (until.aborted) return
      if (failures >= 2 && (await poll(ids, until, tell))) alive()
      await pause(failures >= 2 ? POLL_MS : REOPEN_MS, until)
    }
  }
  return {
    read(next: readonly string[]) {
      if (next.length === alertIds.length && next.every(id => alertIds.includes(id))) return
      alertIds = next
      ended.abort()
      ended = new AbortController()
      if (next.length > 0) void loop(next, ended.signal)
    },
  }
}

/** @returns whether somebody answered */
async function poll(
  ids: readonly string[],
  until: AbortSignal,
  tell: (frame: Frame) => void,
): Promise<boolean> {
  for (const alertId of ids) {
    try {
      const [progress, tally] = await Promise.all([
        get<Progress>(`/v1/alerts/${alertId}/progress`, { signal: until }),
        get<Tally>(`/v1/alerts/${alertId}/tally`, { signal: until }),
      ])
      tell({ alertId, progress, tally })
    } catch {
      // The banner says that nobody answers; the next turn asks again.
      return false
    }
  }
  return true
}

/**
 * Reads text/event-stream (WHATWG HTML §9.2) until it ends.
 *
 * @throws Problem, or what the network says; DOMException where the stream fell silent
 */
async function readStream(
  ids: readonly string[],
  until: AbortSignal,
  alive: () => void,
  tell: (frame: Frame) => void,
): Promise<void> {
  const silent = new AbortController()
  let watchdog: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => silent.abort(), SILENT_MS)
  }
  heard()
  try {
    const response = await request('GET', `/v1/stream?alerts=${ids.join(',')}`, {
      signal: AbortSignal.any([until, silent.signal]),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (reader === undefined) return
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      alive()
      text += value
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) tellEvent(event, tell)
    }
  } finally {
    clearTimeout(watchdog)
  }
}

function tellEvent(text: string, tell: (frame: Frame) => void): void {
  const field = (name: string) =>
    text
      .split('\n')
      .find(line => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const data = field('data')
  if (data === undefined) return
  const body = JSON.parse(data) as Frame & Progress & Tally
  const { alertId } = body
  switch (field('event')) {
    case 'snapshot':
      return tell(body)
    case 'progress':
      return tell({ alertId, progress: body })
    case 'tally':
      return tell({ alertId, tally: body })
    default:
  }
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    until.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
