import type { Agenda } from './agenda.ts'

/** What is held back for others to go before it goes at the latest then. */
const HOLD_MS = 100

/** Gathers things and lets them go last first: once so many are there, or a while after the first. */
export interface Reversal<T> {
  /** @param size with 1 or less it goes at once */
  add(thing: T, size: number): void
  /** An event of the agenda: what is left of a block goes. */
  readonly onDue: (block: number) => void
}

/** @param kind of the agenda's events */
export function createReversal<T>(
  agenda: Agenda,
  kind: number,
  letGo: (thing: T) => void,
): Reversal<T> {
  let held: T[] = []
  let block = 0
  const release = (): void => {
    const going = held
    held = []
    block++
    for (const thing of going.reverse()) letGo(thing)
  }
  return {
    add(thing, size) {
      if (size <= 1) return letGo(thing)
      if (held.push(thing) >= size) release()
      else if (held.length === 1) agenda.add(HOLD_MS, kind, block, 0, 0)
    },
    onDue(due) {
      if (due === block) release()
    },
  }
}
