/** Calls to the API with the sign-in of this tab's place. */
import { place } from './place.ts'
import { isUnreachable, Problem, problemOf } from './problem.ts'
import { accessToken, forget } from './session.ts'
import { answered, heardClock, noAnswer } from './connection.ts'

export interface CallOptions {
  readonly body?: object | undefined
  /** Sent as it is: a file, a stream of CSV. */
  readonly raw?: { readonly body: BodyInit; readonly contentType: string } | undefined
  /** `revision` of what is edited, as `If-Match`. */
  readonly revision?: number | undefined
  readonly idempotencyKey?: string | undefined
  readonly accept?: string | undefined
  /** Of what comes in several languages. */
  readonly language?: string | undefined
  readonly signal?: AbortSignal | undefined
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** @throws Problem as the API has it; `unreachable` without an answer */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const response = await request(method, path, options)
  return (response.status === 204 ? undefined : await response.json()) as T
}

export const get = <T>(path: string, options?: CallOptions) => call<T>('GET', path, options)
export const post = <T>(path: string, body?: object, options?: CallOptions) =>
  call<T>('POST', path, { ...options, body })
export const patch = <T>(path: string, body: object, options?: CallOptions) =>
  call<T>('PATCH', path, { ...options, body })
export const remove = (path: string, options?: CallOptions) =>
  call<undefined>('DELETE', path, options)

/** All pages of a list, up to `most`. */
export async function getAll<T>(path: string, most = 1000): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const url = new URL(path, location.origin)
    url.searchParams.set('limit', String(Math.min(1000, most)))
    if (cursor !== null) url.searchParams.set('cursor', cursor)
    const page: { items: T[]; nextCursor: string | null } = await get(url.pathname + url.search)
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < most)
  return items
}

/** The response itself, for bytes, streams and files. @throws Problem */
export async function request(
  method: Method,
  path: string,
  { body, raw, revision, idempotencyKey, accept, language, signal }: CallOptions = {},
): Promise<Response> {
  const where = place.value
  const token = await accessToken(where).catch((error: unknown) => {
    if (isUnreachable(error)) noAnswer()
    throw error
  })
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(raw && { 'Content-Type': raw.contentType }),
        ...(revision !== undefined && { 'If-Match': `"${revision}"` }),
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
        ...(accept !== undefined && { Accept: accept }),
        ...(language !== undefined && { 'Accept-Language': language }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(raw && { body: raw.body }),
      ...(signal && { signal }),
      credentials: 'omit',
      cache: 'no-store',
    })
  } catch (error) {
    if (signal?.aborted) throw error
    noAnswer()
    throw new Problem('the server does not answer', { status: 0, code: 'unreachable' })
  }
  answered()
  heardClock(response.headers.get('Date'))
  if (!response.ok) {
    const problem = await problemOf(response)
    if (problem.code === 'invalid_token') forget(where)
    throw problem
  }
  return response
}
