/**
 * Reading a document that somebody else wrote, at places that an administrator named.
 * @see RFC 6901
 */

/** 16 digits may be beyond what a double holds. */
const LONG_INTEGER = /^-?\d{16,}$/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** @returns undefined where it isn't JSON. Long integers become strings: as doubles two ids could be one. */
export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    // Only of what is JSON: there each string has its end, so that the search is linear.
    return /\d{16}/.test(text) ? JSON.parse(text.replace(STRING_OR_NUMBER, quoteLong)) : parsed
  } catch {
    return undefined
  }
}

const quoteLong = (token: string) => (LONG_INTEGER.test(token) ? `"${token}"` : token)

export const isPointer = (pointer: string): boolean => /^(\/([^/~]|~[01])*)*$/.test(pointer)

/** Own members alone: a name like `constructor` finds nothing that isn't in the document. */
function valueAt(document: unknown, pointer: string): unknown {
  let value = document
  for (const escaped of pointer.split('/').slice(1)) {
    const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** A string, a number or a boolean, as a string; anything else is no value. Without U+0000, which no row can hold. */
export function wordAt(document: unknown, pointer: string): string | undefined {
  const value = valueAt(document, pointer)
  if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined
  return String(value).replaceAll('\0', '')
}

/** The items of the list that stands there; undefined where there is none. */
export function listAt(document: unknown, pointer: string): readonly unknown[] | undefined {
  const value = valueAt(document, pointer)
  return Array.isArray(value) ? value : undefined
}
