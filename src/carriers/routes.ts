/**
 * Which carrier takes which number.
 *
 * A delivery is planned into a **route class**: the longest prefix, among those that any account names, that its
 * number begins with ('' where none does), with its traffic before it where that is not live (`traffic.ts`). Who takes a class is asked at each claim, of the accounts as they are
 * then: a carrier that is switched on or widened in the middle of an alert helps at once, and one that is narrowed
 * never gets a number outside its routes.
 *
 * Of the carriers that may take a class those stand first that name the longest prefix for it, and of these those
 * with the lowest `preference`. They share it by capacity: each pulls as fast as it can send, or, where their
 * weights differ, so much of that as its weight is of the highest. The others take
 *
 * - everything, while none of the first is able to (down, disabled, left alone for its errors);
 * - a retry, when all that stand before them have failed it;
 * - what has been due for a minute: by then getting it out counts for more than the order of preference.
 *
 * Among equals a dearer one leaves a second's start to the cheaper: what these send within that costs least, and
 * nobody waits much longer for it.
 */

import { carries, classIn, partsOf, type Carrying, type Traffic } from './traffic.ts'

export interface Route {
  /** E.164 with `+`. */
  readonly prefix: string
  readonly weight: number
  /** Lower goes first; 0 where it is not said. */
  readonly preference?: number | undefined
  /** Of a segment, in whatever unit all routes have it in; 0 where it is not said. */
  readonly cost?: number | undefined
}

export interface Routed extends Carrying {
  readonly id: string
  /** None: takes every number. */
  readonly routes: readonly Route[]
}

/** What stands before a carrier gets this long a start, in seconds. */
export const START = { ofPreferred: 60, ofCheaper: 1 } as const

/** How a carrier takes part in a class. */
export interface Pull {
  readonly routeClass: string
  /** Ids of the carriers that stand before it and are able to take work. */
  readonly after: readonly string[]
  /** For how long work must have been due. */
  readonly waitSeconds: number
  /** How much of its rate it may give to the class: 0 … 1. */
  readonly share: number
  /** Nobody else is well that takes the class. */
  readonly isAlone: boolean
}

const TAKES_ALL: Route = { prefix: '', weight: 1 }

/** Every prefix that an account names, longest first, with '' for the rest of the world at the end. */
export function routePrefixes(accounts: readonly Pick<Routed, 'routes'>[]): readonly string[] {
  const prefixes = new Set(accounts.flatMap(account => account.routes.map(route => route.prefix)))
  prefixes.add('')
  return [...prefixes].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
}

export function servesClass(account: Omit<Routed, 'id'>, routeClass: string): boolean {
  const { traffic, prefix } = partsOf(routeClass)
  return carries(account, traffic) && routeOf(account, prefix) !== undefined
}

/** What an account says that a segment to a class costs; undefined where it does not say. */
export function costOf(account: Pick<Routed, 'routes'>, routeClass: string): number | undefined {
  return routeOf(account, partsOf(routeClass).prefix)?.cost
}

/** Of an account's routes the longest that a prefix begins with. */
function routeOf({ routes }: Pick<Routed, 'routes'>, whole: string): Route | undefined {
  if (routes.length === 0) return TAKES_ALL
  let longest: Route | undefined
  for (const route of routes) {
    if (!whole.startsWith(route.prefix)) continue
    if (longest === undefined || route.prefix.length > longest.prefix.length) longest = route
  }
  return longest
}

/**
 * How a carrier takes part in each of the classes that it serves, of one traffic.
 *
 * @param health how much of its work a carrier may be given, 0 … 1: 1 all is well, less while it comes back, 0 or
 *   missing it is down or left alone. Only who is well stands before others; one that is left alone takes a class
 *   all the same where nobody else would. (How much one takes that is coming back, its lane sees to.)
 */
export function pullsOf(
  me: Routed,
  accounts: readonly Routed[],
  health: ReadonlyMap<string, number>,
  traffic: Traffic = 'live',
): Pull[] {
  if (!carries(me, traffic)) return []
  const isWell = (id: string) => (health.get(id) ?? 0) >= 1
  const carrying = accounts.filter(account => carries(account, traffic))
  const others = carrying.filter(({ id }) => id !== me.id && isWell(id))
  return routePrefixes(carrying).flatMap(prefix => {
    const mine = routeOf(me, prefix)
    if (mine === undefined) return []
    const theirs = others.flatMap(({ id, routes }) => {
      const route = routeOf({ routes }, prefix)
      return route === undefined ? [] : [{ id, route }]
    })
    const after = theirs.filter(({ route }) => order(route, mine) < 0).map(({ id }) => id)
    const equals = theirs.filter(({ route }) => order(route, mine) === 0).map(({ route }) => route)
    const heaviest = Math.max(mine.weight, ...equals.map(({ weight }) => weight))
    const isDearer = equals.some(({ cost = 0 }) => cost < (mine.cost ?? 0))
    const isAlone = theirs.length === 0
    const mayTake = isAlone || (health.get(me.id) ?? 0) > 0
    return {
      routeClass: classIn(traffic, prefix),
      after,
      waitSeconds: isDearer ? START.ofCheaper : 0,
      share: mayTake ? mine.weight / heaviest : 0,
      isAlone,
    }
  })
}

/** Negative: `a` stands before `b`. */
function order(a: Route, b: Route): number {
  return digitsOf(b) - digitsOf(a) || (a.preference ?? 0) - (b.preference ?? 0)
}

/** `+` alone is every number, as '' is. */
const digitsOf = ({ prefix }: Route) => Math.max(0, prefix.length - 1)
