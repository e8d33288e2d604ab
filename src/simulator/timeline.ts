import type { CommandStatusName } from '../encoding/smpp.ts'
import type { GarbageKind } from './garbage.ts'
import type { LinkAction } from './link-actions.ts'
import type { ScenarioChange } from './scenario.ts'

/** What a scenario has happen by itself, all that is named of it, to one carrier's links or to all. */
export interface ScenarioEvent {
  /** Milliseconds since the simulation began, and segments in the list: it happens once both are reached. */
  readonly afterMs: number
  readonly afterSegments: number
  readonly carrier?: string
  readonly links?: LinkAction
  readonly garbage?: GarbageKind
  readonly refuseBinds?: BindRefusal
  readonly change?: ScenarioChange
}

export interface BindRefusal {
  readonly times: number
  readonly status: CommandStatusName
}

export interface Timeline {
  stop(): void
}

/** How often it is looked whether an event's time has come. */
const LOOK_MS = 10

/**
 * Lets the events happen, those of one look in the order given.
 * @param segments how many there are in the list
 */
export function startTimeline(
  events: readonly ScenarioEvent[],
  segments: () => number,
  happen: (event: ScenarioEvent) => void,
): Timeline {
  const beganAt = performance.now()
  let left = events
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - beganAt
    const isDue = (event: ScenarioEvent) =>
      event.afterMs <= elapsedMs && event.afterSegments <= segments()
    const due = left.filter(isDue)
    left = left.filter(event => !due.includes(event))
    if (left.length === 0) clearInterval(timer)
    for (const event of due) happen(event)
  }, LOOK_MS)
  return { stop: () => clearInterval(timer) }
}
