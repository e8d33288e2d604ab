import type {
  CarrierEvents,
  LinkState,
  Outcome,
  Receipt,
  Reply,
} from '../../src/carriers/carrier.ts'
import { createWatch } from './watch.ts'

/** Everything that a carrier told, kept in order. */
export interface RecordedEvents extends CarrierEvents {
  readonly outcomes: { ref: number; outcome: Outcome }[]
  readonly receipts: Receipt[]
  readonly replies: Reply[]
  readonly states: { state: LinkState; reason: string; at: number }[]
  rooms: number
  onRoom: () => void
  until(what: string, check: () => boolean, ms?: number): Promise<void>
}

export function recordEvents(): RecordedEvents {
  const { changed, until } = createWatch()
  const events: RecordedEvents = {
    outcomes: [],
    receipts: [],
    replies: [],
    states: [],
    rooms: 0,
    onRoom: () => undefined,
    until,
    outcome(ref, outcome) {
      events.outcomes.push({ ref, outcome })
      changed()
    },
    receipt(receipt) {
      events.receipts.push(receipt)
      changed()
    },
    reply(reply) {
      events.replies.push(reply)
      changed()
    },
    room() {
      events.rooms++
      events.onRoom()
      changed()
    },
    state(state, reason) {
      events.states.push({ state, reason, at: performance.now() })
      changed()
    },
  }
  return events
}
