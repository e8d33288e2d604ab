/**
 * `Idempotency-Key`: a POST that is sent twice is done once.
 *
 * The key's row is written before the work, in a transaction of its own, and the answer into it after. So a
 * second request with the same key finds it running (409), answered (the same answer again) or made for
 * another body (422). A failure of ours (5xx) or a 429 gives the key back. An answer that no cache may keep holds a
 * secret: it is sealed under the master key.
 *
 * If the process dies between the work's commit and the answer's, the row stays without an answer. A minute
 * after its last sign of life the same request may take it over and do the work again. That is safe because
 * no POST relies on the key alone to be done once: dispatch, stop and their kin move a state that can be left
 * only once (a repeat is 409 `wrong_state`), contacts, groups, carriers, operators and keys have a unique name
 * (409 `already_exists`), an import of the same file leaves the same people, and what is left, a second draft,
 * is sent by nobody until it is signed.
 */
import { createHash } from 'node:crypto'
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
  type StoredAnswer,
  touchKey,
} from '../store/idempotency.ts'
import { isPublic } from './auth.ts'
import { isStreamed } from './body.ts'
import type { AppDependencies, Env } from './env.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
const REQUIRED = /^\/v1\/(dispatches|alerts\/[^/]+\/dispatch)$/
const KEPT_HEADERS = ['content-type', 'etag', 'location']
const SIGN_OF_LIFE_MS = 20_000

export const idempotent =
  ({ database: { db }, masterKey }: AppDependencies): MiddlewareHandler<Env> =>
  async (c, next) => {
    // A public call has no operator whose key it could be.
    if (c.req.method !== 'POST' || isPublic(c.req.path)) return next()
    const key = readKey(c)
    if (key === undefined) return next()

    // The same call in the other mode is another: its answer says nothing of what was done here.
    const path = c.var.session.mode === 'live' ? c.req.path : `exercise ${c.req.path}`
    const request = { operatorId: c.var.operator.id, path, key }
    const claim = await claimKey(db, request, await digestOf(c))
    if (claim.state !== 'claimed')
      return answerAgain(claim, body => opened(masterKey, request, body))

    const signsOfLife = setInterval(() => {
      touchKey(db, request).catch(() => undefined)
    }, SIGN_OF_LIFE_MS)
    try {
      await next()
      // hono has made an answer of whatever was thrown.
      if (c.res.status >= 500 || c.res.status === 429) await releaseKey(db, request)
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

function readKey(c: Context<Env>): string | undefined {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined && REQUIRED.test(c.req.path)) {
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

/** Of query and body. A streamed body can't be known beforehand: there the length it announces must do. */
async function digestOf(c: Context<Env>): Promise<string> {
  const hash = createHash('sha256').update(new URL(c.req.url).search).update('\n')
  if (isStreamed(c)) hash.update(c.req.header('Content-Length') ?? '')
  else if (c.req.bodyCache.arrayBuffer !== undefined) hash.update(await c.req.bytes())
  return hash.digest('base64url')
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
      throw new AppError('idempotency_key_reused', 'this key was used for another request')
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
