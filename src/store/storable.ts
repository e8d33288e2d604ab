/** A text as PostgreSQL holds it: with neither NUL nor half a surrogate pair, which phones and gateways can send. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD')
}
