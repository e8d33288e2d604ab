import { AppError } from '../errors.ts'

/**
 * `{"contactIds": ["…"], "phones": ["…"]}` read as it arrives, for lists of any length: JSON (RFC 8259) of this
 * one shape, with its keys in any order.
 */

type MemberKey = 'contactIds' | 'phones'

export interface Members {
  readonly key: MemberKey
  /** The place of the first of these in its array. */
  readonly from: number
  readonly values: readonly string[]
}

// oxlint-disable-next-line no-control-regex -- JSON allows no control character in a string
const TOKEN = /[ \t\n\r]*([{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\.)*")/y
const MAX_TOKEN = 1024
const BATCH = 5_000

type Place =
  | 'start'
  | 'key or end'
  | 'key'
  | 'colon'
  | 'array'
  | 'value or end'
  | 'value'
  | 'after value'
  | 'after array'
  | 'end'

/**
 * @throws AppError `malformed_json` for what is no JSON in UTF-8, `invalid_request` for another shape
 */
export async function* readMembers(body: AsyncIterable<Uint8Array>): AsyncGenerator<Members> {
  const seen = new Set<string>()
  let place: Place = 'start'
  let key: MemberKey = 'phones'
  let from = 0
  let values: string[] = []
  let text = ''

  const finishArray = (): Members => ({ key, from, values })

  for await (const chunk of decodeAll(body)) {
    text += chunk
    TOKEN.lastIndex = 0
    let taken = 0
    for (;;) {
      const token = TOKEN.exec(text)?.[1]
      if (token === undefined) break
      taken = TOKEN.lastIndex
      const isText = token.startsWith('"')
      if (place === 'start' && token === '{') place = 'key or end'
      else if (place === 'key or end' && token === '}') place = 'end'
      else if ((place === 'key or end' || place === 'key') && isText) {
        key = knownKey(readString(token), seen)
        place = 'colon'
      } else if (place === 'colon' && token === ':') place = 'array'
      else if (place === 'array' && token === '[') {
        ;[from, values] = [0, []]
        place = 'value or end'
      } else if ((place === 'value or end' || place === 'value') && isText) {
        values.push(readString(token))
        place = 'after value'
        if (values.length === BATCH) {
          yield finishArray()
          ;[from, values] = [from + BATCH, []]
        }
      } else if ((place === 'value or end' || place === 'after value') && token === ']') {
        if (values.length > 0) yield finishArray()
        place = 'after array'
      } else if (place === 'after value' && token === ',') place = 'value'
      else if (place === 'after array' && token === ',') place = 'key'
      else if (place === 'after array' && token === '}') place = 'end'
      else throw unexpected(place)
    }
    text = text.slice(taken)
    // What is left is white space, or the beginning of a token that the next chunk completes.
    const rest = text.trimStart()
    if (rest !== '' && (!rest.startsWith('"') || rest.length > MAX_TOKEN)) throw unexpected(place)
  }
  if (place !== 'end' || text.trim() !== '') {
    throw new AppError('malformed_json', 'the body ends in the midst of its JSON')
  }
}

async function* decodeAll(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    for await (const chunk of body) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new AppError('malformed_json', 'the body is not in UTF-8', { cause: error })
  }
}

function readString(token: string): string {
  try {
    return JSON.parse(token) as string
  } catch (cause) {
    throw new AppError('malformed_json', 'the body holds a string that is no JSON', { cause })
  }
}

function knownKey(name: string, seen: Set<string>): MemberKey {
  if (name !== 'contactIds' && name !== 'phones') {
    throw invalid(`/${name.slice(0, 64)}`, 'is not a known field')
  }
  if (seen.has(name)) throw invalid(`/${name}`, 'stands there twice')
  seen.add(name)
  return name
}

function unexpected(place: Place): AppError {
  // After a colon and in an array other JSON may well stand: it does not fit, but it parses.
  if (place === 'array') return invalid('', 'must hold arrays')
  if (place === 'value' || place === 'value or end')
    return invalid('', 'must hold arrays of strings')
  return new AppError('malformed_json', 'the body must be {"contactIds": […], "phones": […]}')
}

function invalid(pointer: string, detail: string): AppError {
  return new AppError('invalid_request', 'the request does not fit the schema', {
    faults: [{ pointer, detail }],
  })
}
