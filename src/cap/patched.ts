/** What a PATCH makes of something: a member that is given replaces the whole of it, `null` takes it away. */
export function patched<Whole extends object>(whole: Whole, patch: object): Whole {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const merged = Object.entries({ ...whole, ...Object.fromEntries(given) })
  return Object.fromEntries(merged.filter(([, value]) => value !== null)) as Whole
}
