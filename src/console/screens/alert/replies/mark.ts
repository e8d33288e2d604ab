import type { HelpRequest } from '../../../lib/types.ts'

/** In the list and on the map: an outcry, something that may be one, and what is over. */
export function markOf({ state, certain }: Pick<HelpRequest, 'state' | 'certain'>): string {
  if (state === 'closed') return '✓'
  return certain ? '!' : '?'
}
