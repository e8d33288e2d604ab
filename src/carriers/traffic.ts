/**
 * Which alerts go over which carriers: the one gate between what is real and what is practised.
 *
 * What an alert is follows from its signed content. Ranges of work are of a route class, and the class says which
 * traffic it is of; a lane claims classes that its account carries, and looks again at the content that it has
 * verified before it takes the work.
 */

/** What a live alert is, what a drill to real phones, and what an exercise with simulated phones, by its id. */
export type Traffic = 'live' | 'exercise' | `simulated:${string}`

/** An account, as far as it decides which traffic it carries. */
export interface Carrying {
  /** Undefined: both. */
  readonly use?: 'live' | 'exercise' | 'both' | undefined
  /** Of a simulated carrier. */
  readonly exerciseId?: string | null | undefined
}

export function trafficOf(content: {
  readonly mode: 'live' | 'exercise'
  readonly exercise?: { readonly id: string; readonly simulated: boolean } | undefined
}): Traffic {
  if (content.mode === 'live') return 'live'
  return content.exercise?.simulated === true ? `simulated:${content.exercise.id}` : 'exercise'
}

/** A simulated carrier carries its exercise's alerts and no others; these go over no other carrier. */
export function carries({ use = 'both', exerciseId }: Carrying, traffic: Traffic): boolean {
  if (exerciseId != null) return traffic === `simulated:${exerciseId}`
  return (traffic === 'live' || traffic === 'exercise') && (use === 'both' || use === traffic)
}

/** All that an account carries. */
export function trafficsOf(account: Carrying): readonly Traffic[] {
  const { exerciseId } = account
  if (exerciseId != null) return [`simulated:${exerciseId}`]
  return (['live', 'exercise'] as const).filter(traffic => carries(account, traffic))
}

/** The route class of a prefix: of live alerts the prefix itself, of others with their traffic before it. */
export function classIn(traffic: Traffic, prefix: string): string {
  return traffic === 'live' ? prefix : `${traffic}${prefix}`
}

/** A prefix begins with a plus, and nothing before it has one. */
export function partsOf(routeClass: string): {
  readonly traffic: Traffic
  readonly prefix: string
} {
  const at = routeClass.indexOf('+')
  const traffic = at === -1 ? routeClass : routeClass.slice(0, at)
  const prefix = at === -1 ? '' : routeClass.slice(at)
  return { traffic: traffic === '' ? 'live' : (traffic as Traffic), prefix }
}
