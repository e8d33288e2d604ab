/**
 * `Idempotency-Key`: a POST that is sent twice is done once.
 *
 * The key's row is written before the work, in a transaction of its own, and the answer into it after. So a
 * second request with the same key finds it running (409), answered (the same answer again) or made for
 * another body (422). A failure of ours (5xx) or a 429 gives the key back. An answer that no cache may keep holds a
 * secret: it is sealed under the master key.
 *
 * A streamed body (an import of gigabytes) is never held, so it is hashed as its handler reads it:
 *
 *   first request   claims the key with no digest. The digest is stored when the body has ended and before the
 *                   handler hears so: no work is done under a key whose body isn't known. A body that the handler
 *                   didn't read to its end (refused for its role or its type, broken off) gives the key back
 *   running         409, whatever the body
 *   answered        the body is read through and hashed, and the answer given again only if it is the same
 *   taken over      after a death (below): the work begins anew, and where the first body is known, another one
 *                   fails at its end, before the handler hears of it, and leaves the key as it was
 *
 * If the process dies between the work's commit and the answer's, the row stays without an answer. A minute
 * after its last sign of life the same request may take it over and do the work again. That is safe because
 * no POST relies on the key alone to be done once: dispatch, stop and their kin move a state that can be left
 * only once (a repeat is 409 `wrong_state`), contacts, groups, carriers, operators and keys have a unique name
 * (409 `already_exists`), an import of the same file leaves the same people, and what is left, a second draft,
 * is sent by nobody until it is signed.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { open, seal } from '../signing/seal.ts'
import {
  claimKey,
  type KeyClaim,
  releaseKey,
  type RequestKey,
  storeAnswer,
  storeDigest,
  type StoredAnswer,
  touchKey,
} from '../store/idempotency.ts'
import { isPublic } from './auth.ts'
import { isStreamed, streamBody } from './body.ts'
import type { AppDependencies, Env } from './env.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
const REQUIRED = /^\/v1\/(dispatches|alerts\/[^/]+\/dispatch)$/
const KEPT_HEADERS = ['content-type', 'etag', 'location']
const SIGN_OF_LIFE_MS = 20_000

/** @param path as it is called, or as the document has it */
export function needsKey(path: string): boolean {
  return REQUIRED.test(path)
}

export const idempotent =
  ({ database: { db }, masterKey }: AppDependencies): MiddlewareHandler<Env> =>
  async (c, next) => {
    // A public call has no operator whose key it could be.
    if (c.req.method !== 'POST' || isPublic(c.req.path)) return next()
    const key = readKey(c)
    if (key === undefined) return next()

    const request = { operatorId: c.var.operator.id, path: placeOf(c), key }
    const digest = isStreamed(c) ? undefined : await digestOf(c)
    const claim = await claimKey(db, request, digest)
    if (claim.state === 'answered' && digest === undefined) {
      await assertSameBody(c, claim.bodyDigest)
    }
    if (claim.state !== 'claimed') {
      return answerAgain(claim, body => opened(masterKey, request, body))
    }
    const store = (read: string) => storeDigest(db, request, read)
    const reading = digest === undefined ? watchBody(c, claim.bodyDigest, store) : { body: 'known' }

    const signsOfLife = setInterval(() => {
      touchKey(db, request).catch(() => undefined)
    }, SIGN_OF_LIFE_MS)
    try {
      await next()
      if (reading.body === 'not the first') return undefined
      // hono has made an answer of whatever was thrown.
      const hasFailed = c.res.status >= 500 || c.res.status === 429
      if (hasFailed || reading.body === 'unread') await releaseKey(db, request)
      else {
        const answer = await copyAnswer(c.res)
        const isSecret = c.res.headers.get('Cache-Control') === 'no-store'
        const body = isSecret ? sealed(masterKey, request, answer.body) : answer.body
        await storeAnswer(db, request, { ...answer, body })
      }
    } catch (error) {
      // The work is done and its answer stands; only a repeat within the minute will not hear it.
      log.warn({ requestId: c.var.requestId, code: describeError(error) }, 'an answer was not kept')
    } finally {
      clearInterval(signsOfLife)
    }
    return undefined
  }

/**
 * The path, and the exercise that it is called in: the same call in the other mode or in another exercise is another,
 * and its answer says nothing of what was done here.
 */
function placeOf(c: Context<Env>): string {
  const { mode, exerciseId } = c.var.session
  if (mode === 'live') return c.req.path
  return `exercise ${exerciseId === undefined ? '' : `${exerciseId} `}${c.req.path}`
}

function readKey(c: Context<Env>): string | undefined {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined && needsKey(c.req.path)) {
    throw new AppError('idempotency_key_required', 'this call needs an Idempotency-Key header')
  }
  if (key !== undefined && !KEY.test(key)) {
    throw new AppError(
      'invalid_request',
      'Idempotency-Key must be 1 to 255 visible ASCII characters',
    )
  }
  return key
}

/** Of query and body. */
async function digestOf(c: Context<Env>): Promise<string> {
  const hash = hashOfQuery(c)
  if (c.req.bodyCache.arrayBuffer !== undefined) hash.update(await c.req.bytes())
  return hash.digest('base64url')
}

function hashOfQuery(c: Context<Env>): Hash {
  return createHash('sha256').update(new URL(c.req.url).search).update('\n')
}

/** Reads a streamed body through. @throws AppError `idempotency_key_reused` if it isn't the first one */
async function assertSameBody(c: Context<Env>, firstDigest: string): Promise<void> {
  const hash = hashOfQuery(c)
  for await (const chunk of streamBody(c)) hash.update(chunk)
  if (hash.digest('base64url') !== firstDigest) throw keyReused()
}

/**
 * Hashes a streamed body as its handler reads it, and stores the digest at its end.
 *
 * @param firstDigest of the request that is taken over; empty if nobody knows it
 * @returns where that reading is, now and later
 */
function watchBody(
  c: Context<Env>,
  firstDigest: string,
  store: (digest: string) => Promise<void>,
): { body: 'unread' | 'known' | 'not the first' } {
  const isKnown = firstDigest !== ''
  const reading: ReturnType<typeof watchBody> = { body: isKnown ? 'not the first' : 'unread' }
  const hash = hashOfQuery(c)
  c.set('watchBody', async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
    const digest = hash.digest('base64url')
    if (isKnown && digest !== firstDigest) throw keyReused()
    await store(digest)
    reading.body = 'known'
  })
  return reading
}

async function copyAnswer(response: Response): Promise<StoredAnswer> {
  const headers = KEPT_HEADERS.flatMap(name => {
    const value = response.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  const body = await response.clone().text()
  return { status: response.status, headers: Object.fromEntries(headers), body }
}

/** Marks what is sealed; no answer of ours begins so. */
const SEALED = 'sealed:'

function sealed(masterKey: Uint8Array, request: RequestKey, body: string): string {
  return SEALED + Buffer.from(seal(masterKey, contextOf(request), body)).toString('base64')
}

function opened(masterKey: Uint8Array, request: RequestKey, body: string): string {
  if (!body.startsWith(SEALED)) return body
  const octets = Buffer.from(body.slice(SEALED.length), 'base64')
  return Buffer.from(open(masterKey, contextOf(request), octets)).toString()
}

function contextOf({ operatorId, path, key }: RequestKey): string {
  return `idempotency/${operatorId}${path}/${key}`
}

function answerAgain(
  claim: Exclude<KeyClaim, { state: 'claimed' }>,
  openBody: (body: string) => string,
): Response {
  switch (claim.state) {
    case 'running':
      throw new AppError('in_progress', 'the first request with this key is still running', {
        retryAfterSeconds: 1,
      })
    case 'reused':
      throw keyReused()
    case 'answered': {
      const { status, headers } = claim.answer
      const body = openBody(claim.answer.body)
      return new Response(body === '' ? null : body, {
        status,
        headers: { ...headers, 'Idempotent-Replayed': 'true' },
      })
    }
  }
}

function keyReused(): AppError {
  return new AppError('idempotency_key_reused', 'this key was used for another request')
}
