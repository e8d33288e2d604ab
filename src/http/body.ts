/**
 * Request bodies, read once and strictly.
 *
 * JSON is read whole, within a limit and a deadline, by the parser that refuses what two readers might read
 * differently; the validators then see that one value. CAP XML is read whole too, and parsed by its handler. Streamed bodies (imports, members) pass untouched:
 * their routes read them by `streamBody`, which has no limit but cuts a sender that has gone quiet.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { parseStrictJson } from '../signing/canonical.ts'
import type { Env } from './env.ts'

const MEBIBYTE = 1024 * 1024
const LIMIT = MEBIBYTE
/** Drawn areas, jurisdictions and prepared texts in many languages: API.md, "Bodies". */
const LARGE_LIMIT = 8 * MEBIBYTE
const LARGE = /^\/v1\/(alerts|areas|groups|operators|templates)(\/|$)/
const STREAMED =
  /^\/v1\/(contacts\/import|groups\/[^/]+\/members|carriers\/[^/]+\/webhook|geocode-sets(\/[^/]+)?)$/
/** One CAP message; its pictures are to be had by their addresses (SECURITY.md, CAP signing practice). */
const XML = /^\/v1\/alerts\/import$/
const XML_LIMIT = MEBIBYTE / 2
const XML_TYPE = /^application\/cap\+xml\s*(;\s*charset="?utf-8"?\s*)?$/i
const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i
/** A megabyte takes a second on the slowest line worth serving; a trickle of bytes holds memory for ever. */
const WHOLE_BODY_SECONDS = 30
const IDLE_SECONDS = 30

/** True for routes whose body is read as a stream by their own handler. */
export function isStreamed(c: Context): boolean {
  return STREAMED.test(c.req.path)
}

/** Middleware: reads the body of every request that has one, and puts JSON where the validators look. */
export const readBody: MiddlewareHandler<Env> = async (c, next) => {
  const encoding = c.req.header('Content-Encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'send the body without a content encoding')
  }
  const hasBody = c.req.method !== 'GET' && c.req.method !== 'HEAD' && c.req.raw.body !== null
  if (!hasBody || isStreamed(c)) return next()

  const bytes = await readWhole(c, limitOf(c.req.path))
  // hono keeps promises here, whatever its types say; the idempotency digest and the media type gate read it.
  c.req.bodyCache.arrayBuffer = Promise.resolve(bytes.buffer) as never
  if (XML.test(c.req.path)) {
    assertType(c, XML_TYPE, 'application/cap+xml')
    return next()
  }
  if (bytes.length === 0) {
    c.req.json = () => Promise.resolve({} as never)
    return next()
  }
  assertType(c, JSON_TYPE, 'application/json')
  const value = parseStrictJson(bytes)
  assertNoNul(value, bytes)
  // What is validated is the value that was parsed strictly, not a second reading of the same bytes.
  c.req.json = () => Promise.resolve(value as never)
  return next()
}

function limitOf(path: string): number {
  if (XML.test(path)) return XML_LIMIT
  return LARGE.test(path) ? LARGE_LIMIT : LIMIT
}

function assertType(c: Context<Env>, pattern: RegExp, type: string): void {
  if (pattern.test(c.req.header('Content-Type') ?? '')) return
  throw new AppError('unsupported_media_type', `the body must be ${type} in UTF-8`)
}

/** @throws AppError `too_large` past the limit, `timeout` where it doesn't come within 30 s */
export async function readWhole(c: Context<Env>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = new AppError('too_large', `the body must be at most ${limit} bytes`)
  if (Number(c.req.header('Content-Length') ?? 0) > limit) throw tooLarge
  const chunks: Uint8Array[] = []
  let length = 0
  const deadline = performance.now() + WHOLE_BODY_SECONDS * 1000
  for await (const chunk of untilSilent(c, () => deadline - performance.now())) {
    length += chunk.length
    // A chunked body says its length only by arriving.
    if (length > limit) throw tooLarge
    chunks.push(chunk)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/**
 * The body as it arrives, for imports: no limit and no total deadline; cut after 30 s without a byte.
 *
 * @throws AppError `timeout` in the midst of the iteration when the sender goes quiet, `invalid_request` when
 *   it breaks off
 */
export function streamBody(c: Context<Env>): AsyncGenerator<Uint8Array> {
  const chunks = untilSilent(c, () => IDLE_SECONDS * 1000)
  return c.var.watchBody?.(chunks) ?? chunks
}

/** @param patience for the next bytes, in milliseconds */
async function* untilSilent(c: Context<Env>, patience: () => number): AsyncGenerator<Uint8Array> {
  const reader = c.req.raw.body?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await readWithin(reader, patience())
      if (done) return
      if (value !== undefined) yield value
    }
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, ms: number) {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new AppError('timeout', 'the body stopped arriving'))
    timer = setTimeout(giveUp, ms)
  })
  const broken = (cause: unknown) => {
    throw new AppError('invalid_request', 'the body broke off', { cause })
  }
  try {
    return await Promise.race([reader.read().catch(broken), silence])
  } finally {
    clearTimeout(timer)
  }
}

/** PostgreSQL's text and jsonb can't hold U+0000, and no name or message has a use for it. */
function assertNoNul(value: unknown, bytes: Uint8Array): void {
  // It can only stand there escaped: a raw one is no JSON. So nearly every body is done after one search.
  if (!Buffer.from(bytes.buffer).includes('\\u0000')) return
  const faults = nulPlaces(value).map(pointer => ({ pointer, detail: 'holds U+0000' }))
  if (faults.length > 0) {
    throw new AppError('invalid_request', 'U+0000 is not allowed in any text', { faults })
  }
}

function nulPlaces(value: unknown, at = ''): string[] {
  if (typeof value === 'string') return value.includes('\0') ? [at] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const pointer = `${at}/${key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`
    return key.includes('\0') ? [at] : nulPlaces(child, pointer)
  })
}
