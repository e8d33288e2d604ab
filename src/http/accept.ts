import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { parseAccept } from 'hono/utils/accept'
import { AppError } from '../errors.ts'

/**
 * RFC 9110 §12.5.1: the best of these types that the caller takes; the first where anything will do.
 *
 * @param what as the error names it that says that the caller takes none of them
 */
export function acceptedType<Type extends string>(
  c: Context,
  types: readonly [Type, ...Type[]],
  what: string,
): Type {
  const chosen = accepts(c, {
    header: 'Accept',
    supports: [...types],
    default: types[0],
    match: ranges => {
      const wanted = ranges.filter(range => range.q > 0).toSorted((a, b) => b.q - a.q)
      const matches = (range: string, type: string) =>
        range === '*/*' || range === type || range === `${type.split('/')[0]}/*`
      for (const { type: range } of wanted) {
        const type = types.find(one => matches(range.toLowerCase(), one))
        if (type !== undefined) return type
      }
      return ''
    },
  })
  const type = types.find(one => one === chosen)
  if (type !== undefined) return type
  throw new AppError('not_acceptable', `${what} as ${types.join(', ')}`)
}

/** RFC 9110 §12.5.4: the languages that the caller takes, the best first. */
export function acceptedLanguages(c: Context): string[] {
  return parseAccept(c.req.header('Accept-Language') ?? '')
    .filter(({ q }) => q > 0)
    .toSorted((a, b) => b.q - a.q)
    .map(({ type }) => type)
}
