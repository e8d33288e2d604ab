/** Names of the people who work here, asked once and when an unknown one turns up. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getAll } from './api.ts'
import type { PersonHere } from './types.ts'

export const people = signal<readonly PersonHere[] | undefined>(undefined)
let askedAt = 0
const ASK_AGAIN_MS = 30_000

/** @returns the name of whoever has the id; undefined while it is not known */
export function usePeople(): (id: string | null | undefined) => string | undefined {
  useEffect(() => void askOnce(), [])
  const known = people.value
  return id => {
    const person = known?.find(one => one.id === id)
    if (known !== undefined && person === undefined && id != null) void askOnce()
    return person?.name
  }
}

async function askOnce(): Promise<void> {
  if (Date.now() - askedAt < ASK_AGAIN_MS) return
  askedAt = Date.now()
  try {
    people.value = await getAll<PersonHere>('/v1/people')
  } catch {
    // Names are a help: without them the rest of the screen stands.
    askedAt = 0
  }
}
