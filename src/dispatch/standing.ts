import { pullsOf, servesClass, type Pull, type Routed } from '../carriers/routes.ts'
import { trafficsOf } from '../carriers/traffic.ts'
import type { Fitness } from '../store/links.ts'

/** Where a carrier stands among those that take the same numbers. */
export interface Standing {
  readonly pulls: readonly Pull[]
  /** Of which it may take something. */
  readonly open: ReadonlySet<string>
  /** That no other would take that is well. */
  readonly alone: ReadonlySet<string>
}

export const NOWHERE: Standing = { pulls: [], open: new Set(), alone: new Set() }

/**
 * @param accounts those that take messages; a carrier that is not among them stands nowhere
 * @param health how much of its work the carrier itself may be given
 */
export function standingOf(
  me: Routed,
  accounts: readonly Routed[],
  fitness: ReadonlyMap<string, Fitness>,
  health: number,
): Standing {
  if (!accounts.some(({ id }) => id === me.id)) return NOWHERE
  const shares = new Map([...fitness].map(([id, one]) => [id, one.health]))
  shares.set(me.id, health)
  const pulls = trafficsOf(me).flatMap(traffic => pullsOf(me, accounts, shares, traffic))
  const classes = (which: (pull: Pull) => boolean) =>
    new Set(pulls.filter(which).map(({ routeClass }) => routeClass))
  return {
    pulls,
    open: classes(({ share }) => share > 0),
    alone: classes(({ isAlone }) => isAlone),
  }
}

/** The least trouble of another carrier that is well and takes some of the same numbers; undefined: there is none. */
export function troubleOfOthers(
  me: Routed,
  accounts: readonly Routed[],
  fitness: ReadonlyMap<string, Fitness>,
  { pulls }: Standing,
): number | undefined {
  let least: number | undefined
  for (const other of accounts) {
    const { health = 0, trouble = 0 } = fitness.get(other.id) ?? {}
    if (other.id === me.id || health < 1) continue
    if (!pulls.some(({ routeClass }) => servesClass(other, routeClass))) continue
    least = Math.min(least ?? 1, trouble)
  }
  return least
}
