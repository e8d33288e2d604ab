/**
 * Which carrier may take which number.
 *
 * A delivery is planned into a **route class**: the longest prefix, among those that any account names, that
 * its number begins with ('' where none does). Whether a lane serves a class is asked at each claim, of the
 * accounts as they are then: a carrier that is switched on or widened in the middle of an alert helps at
 * once, and one that is narrowed never gets a number outside its routes.
 */

interface Routed {
  /** Number prefixes, E.164 with `+`; none: takes every number. */
  readonly routes: readonly { readonly prefix: string }[]
}

/** Every prefix that an account names, longest first, with '' for the rest of the world at the end. */
export function routePrefixes(accounts: readonly Routed[]): readonly string[] {
  const prefixes = new Set(accounts.flatMap(account => account.routes.map(route => route.prefix)))
  prefixes.add('')
  return [...prefixes].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
}

export function servesClass(account: Routed, routeClass: string): boolean {
  return (
    account.routes.length === 0 || account.routes.some(route => routeClass.startsWith(route.prefix))
  )
}
