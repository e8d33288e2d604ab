/**
 * Live figures for everybody who watches.
 *
 * One poller a process reads all alerts that anybody here watches, in one statement, whatever the number of
 * viewers: at most four times a second when a NOTIFY hints that something moved, else once a second, for hints
 * may be missed; and not at all while nobody watches. A viewer holds the latest figures of each alert and no
 * more: one who reads slowly misses frames in between, never the last, and costs no memory.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { describeError, log } from '../log.ts'
import type { OpenDatabase } from '../store/database.ts'
import { readWatched, type Watched } from './progress.ts'

/** A little over a quarter of a second, so that no second holds five. */
const HINTED_MS = 260
const UNHINTED_MS = 1_000

export interface Frame {
  readonly event: 'snapshot' | 'progress' | 'tally'
  /** Rises with each frame of this process. */
  readonly id: number
  /** The event's body, as JSON. */
  readonly data: string
}

export interface Viewer {
  /** Everything new since the last call; waits for it. Undefined: the viewer was closed. */
  next(): Promise<readonly Frame[] | undefined>
  close(): void
}

export interface Watch {
  /** Begins with a snapshot of each alert. */
  view(alertIds: readonly string[]): Viewer
}

interface HeldViewer {
  readonly alertIds: readonly string[]
  /** Alerts whose snapshot it has got. */
  readonly known: Set<string>
  /** The latest of each alert and kind. */
  readonly pending: Map<string, Frame>
  wake: () => void
  isClosed: boolean
}

/** Reads nothing until somebody watches. */
export function createWatch(database: OpenDatabase, now: () => Date): Watch {
  const viewers = new Set<HeldViewer>()
  /** What was last said of each alert. */
  const said = new Map<string, { progress: string; tally: string }>()
  let lastId = 0
  let isRunning = false
  let isListening = false
  let hint: () => void = () => undefined

  const frame = (event: Frame['event'], alertId: string, body: object): Frame => ({
    event,
    id: ++lastId,
    data: JSON.stringify({ alertId, ...body }),
  })

  const tell = (viewer: HeldViewer, alertId: string, news: readonly Frame[], all: Watched) => {
    const frames = viewer.known.has(alertId) ? news : [frame('snapshot', alertId, all)]
    viewer.known.add(alertId)
    for (const one of frames) viewer.pending.set(`${alertId} ${one.event}`, one)
    if (frames.length > 0) viewer.wake()
  }

  const look = async () => {
    const alertIds = [...new Set([...viewers].flatMap(viewer => viewer.alertIds))]
    const watched = await readWatched(database.db, alertIds, now())
    for (const [alertId, all] of watched) {
      const { updatedAt: _changesAlways, ...tally } = all.tally
      const before = said.get(alertId)
      const after = { progress: JSON.stringify(all.progress), tally: JSON.stringify(tally) }
      const news = [
        ...(after.progress === before?.progress ? [] : [frame('progress', alertId, all.progress)]),
        ...(after.tally === before?.tally ? [] : [frame('tally', alertId, all.tally)]),
      ]
      said.set(alertId, after)
      for (const viewer of viewers) {
        if (viewer.alertIds.includes(alertId)) tell(viewer, alertId, news, all)
      }
    }
    for (const alertId of said.keys()) if (!watched.has(alertId)) said.delete(alertId)
  }

  const run = async () => {
    while (viewers.size > 0) {
      const hinted = new Promise<void>(resolve => (hint = resolve))
      try {
        await look()
      } catch (error) {
        // They are told when the database is back; until then their figures stand.
        log.warn({ code: describeError(error) }, 'the watched alerts could not be read')
      }
      await wait(HINTED_MS)
      const pause = new AbortController()
      const rest = wait(UNHINTED_MS - HINTED_MS, undefined, { signal: pause.signal })
      await Promise.race([hinted, rest.catch(() => undefined)])
      pause.abort()
    }
  }

  const start = () => {
    if (!isListening) {
      isListening = true
      database
        .listen('alerts', () => hint())
        .catch((error: unknown) => {
          isListening = false
          log.warn({ code: describeError(error) }, 'nothing is heard: alerts are polled alone')
        })
    }
    if (isRunning) return
    isRunning = true
    void run().finally(() => {
      isRunning = false
      if (viewers.size > 0) start()
    })
  }

  return {
    view(alertIds) {
      const viewer: HeldViewer = {
        alertIds,
        known: new Set(),
        pending: new Map(),
        wake: () => undefined,
        isClosed: false,
      }
      viewers.add(viewer)
      start()
      // The first look is not a wait of a second away.
      hint()
      return {
        async next() {
          if (viewer.pending.size === 0 && !viewer.isClosed) {
            await new Promise<void>(resolve => (viewer.wake = resolve))
          }
          if (viewer.isClosed) return undefined
          const frames = [...viewer.pending.values()]
          viewer.pending.clear()
          return frames
        },
        close() {
          viewer.isClosed = true
          viewers.delete(viewer)
          viewer.wake()
        },
      }
    },
  }
}
