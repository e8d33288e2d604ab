import { AppError } from '../errors.ts'
import { type Fault, faultAt } from '../faults.ts'
import { pointerTo } from '../schema-faults.ts'

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

const SCALAR = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`
// A scalar has ended only where something else begins.
const TOKEN = new RegExp(
  String.raw`[ \t\n\r]*([{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\.)*"|(?:${SCALAR})(?=[ \t\n\r,\]}]))`,
  'y',
)
const WHOLE_SCALAR = new RegExp(`^(?:${SCALAR})$`)
/** How a token may begin that is not whole yet. */
const BEGUN = /^["\-\dtfn]/
const MAX_FAULTS = 100
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
 * @throws AppError `malformed_json` for what is no JSON in UTF-8; `invalid_request` for another shape, at its end and
 *   naming every place, but at once where something is nested in it
 */
export async function* readMembers(body: AsyncIterable<Uint8Array>): AsyncGenerator<Members> {
  const seen = new Set<string>()
  let place: Place = 'start'
  let key: MemberKey = 'phones'
  let from = 0
  let values: string[] = []
  let text = ''
  const faults: Fault[] = []

  const misfit = (pointer: string) => {
    faults.push(faultAt(pointer, 'wrong_type'))
    if (faults.length === MAX_FAULTS) throw invalid(faults)
  }
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
      const isScalar = BEGUN.test(token)
      if (place === 'start' && token === '{') place = 'key or end'
      else if (place === 'key or end' && token === '}') place = 'end'
      else if ((place === 'key or end' || place === 'key') && isText) {
        key = knownKey(readString(token), seen, faults)
        place = 'colon'
      } else if (place === 'colon' && token === ':') place = 'array'
      else if (place === 'array' && token === '[') {
        ;[from, values] = [0, []]
        place = 'value or end'
      } else if (place === 'array' && isScalar) {
        misfit(`/${key}`)
        place = 'after array'
      } else if ((place === 'value or end' || place === 'value') && isText) {
        values.push(readString(token))
        place = 'after value'
        if (values.length === BATCH) {
          yield finishArray()
          ;[from, values] = [from + BATCH, []]
        }
      } else if ((place === 'value or end' || place === 'value') && isScalar) {
        if (values.length > 0) yield finishArray()
        misfit(`/${key}/${from + values.length}`)
        ;[from, values] = [from + values.length + 1, []]
        place = 'after value'
      } else if ((place === 'value or end' || place === 'after value') && token === ']') {
        if (values.length > 0) yield finishArray()
        place = 'after array'
      } else if (place === 'after value' && token === ',') place = 'value'
      else if (place === 'after array' && token === ',') place = 'key'
      else if (place === 'after array' && token === '}') place = 'end'
      else throw unexpected(place, token, `/${key}/${from + values.length}`, faults)
    }
    text = text.slice(taken)
    // What is left is white space, or the beginning of a token that the next chunk completes.
    const rest = text.trimStart()
    if (rest !== '' && (!BEGUN.test(rest) || rest.length > MAX_TOKEN)) throw malformed()
  }
  if (place === 'start' && WHOLE_SCALAR.test(text.trim()))
    throw invalid([faultAt('', 'wrong_type')])
  if (place !== 'end' || text.trim() !== '') {
    throw new AppError('malformed_json', 'the body ends in the midst of its JSON')
  }
  if (faults.length > 0) throw invalid(faults)
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

function knownKey(name: string, seen: Set<string>, faults: readonly Fault[]): MemberKey {
  if (name !== 'contactIds' && name !== 'phones') {
    throw invalid([...faults, faultAt(pointerTo([name]), 'unknown_field')])
  }
  if (seen.has(name)) {
    throw invalid([...faults, { pointer: `/${name}`, detail: 'stands there twice' }])
  }
  seen.add(name)
  return name
}

/** @param at the place in the array that is read */
function unexpected(place: Place, token: string, at: string, faults: readonly Fault[]): AppError {
  // Where a value belongs, other JSON may well stand: it does not fit, but it parses.
  const isValue = token === '[' || token === '{' || BEGUN.test(token)
  if (!isValue) return malformed()
  switch (place) {
    case 'start':
      return invalid([faultAt('', 'wrong_type')])
    case 'array':
      return invalid([...faults, faultAt(at.replace(/\/\d+$/, ''), 'wrong_type')])
    case 'value':
    case 'value or end':
      return invalid([...faults, faultAt(at, 'wrong_type')])
    default:
      return malformed()
  }
}

function malformed(): AppError {
  return new AppError('malformed_json', 'the body must be {"contactIds": […], "phones": […]}')
}

function invalid(faults: readonly Fault[]): AppError {
  return new AppError('invalid_request', 'the request does not fit the schema', { faults })
}
