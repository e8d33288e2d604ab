/** A client of the HTTP API (API.md), as the command line, the demo and the flows in the tests use it. */
import { randomUUID } from 'node:crypto'

export interface Problem {
  readonly status: number
  readonly code: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** What the API refused, in its own words: code, detail, and every fault with its place. */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    const faults = (problem.errors ?? []).map(fault => `\n  ${fault.pointer}: ${fault.detail}`)
    super(`${problem.status} ${problem.code}: ${problem.detail ?? ''}${faults.join('')}`)
    this.name = 'ApiError'
    this.problem = problem
  }
}

export interface Credentials {
  readonly url: string
  readonly email: string
  readonly password: string
  readonly mode?: 'live' | 'exercise'
  /** Of an exercise with a name and a window; `mode` is `exercise` then. */
  readonly exerciseId?: string
}

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresIn: number
}

export interface Client {
  get<T>(path: string): Promise<T>
  /** Every POST carries an `Idempotency-Key`, so a lost answer can be asked for again. */
  post<T>(path: string, body?: unknown): Promise<T>
  patch<T>(path: string, body: unknown, etag?: string): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  bytes(path: string, accept?: string): Promise<Uint8Array>
  /** Streams CSV to an import. */
  upload<T>(path: string, csv: ReadableStream<Uint8Array>): Promise<T>
  /** The events of a stream until it ends or `signal` aborts. */
  events(
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly event: string; readonly data: unknown }>
}

/** Signs in; tokens are refreshed a minute before they end. */
export async function signIn({
  url,
  email,
  password,
  mode = 'live',
  exerciseId,
}: Credentials): Promise<Client> {
  const base = url.replace(/\/+$/, '')
  const grant = async (body: unknown): Promise<Tokens & { readonly until: number }> => {
    const response = await reach(base, '/v1/auth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    const tokens = await read<Tokens>(response)
    return { ...tokens, until: Date.now() + (tokens.expiresIn - 60) * 1000 }
  }
  const place = { mode, ...(exerciseId !== undefined && { exerciseId }) }
  let tokens = await grant({ grantType: 'password', email, password, ...place })
  let refreshing: Promise<void> | undefined

  const token = async (): Promise<string> => {
    if (Date.now() >= tokens.until) {
      // A refresh token serves once: two callers must not both use it.
      refreshing ??= grant({ grantType: 'refresh', refreshToken: tokens.refreshToken }).then(
        fresh => {
          tokens = fresh
          refreshing = undefined
        },
      )
      await refreshing
    }
    return tokens.accessToken
  }

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | ReadableStream<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<Response> =>
    reach(base, path, {
      method,
      headers: { Authorization: `Bearer ${await token()}`, ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
      ...(signal !== undefined && { signal }),
    })

  const json = (body: unknown): [Record<string, string>, string] => [
    { 'Content-Type': 'application/json' },
    JSON.stringify(body),
  ]

  return {
    get: async path => read(await send('GET', path)),
    async post(path, body) {
      const [headers, text] = json(body ?? {})
      const key = { 'Idempotency-Key': randomUUID() }
      return read(await send('POST', path, { ...headers, ...key }, text))
    },
    async patch(path, body, etag) {
      const [headers, text] = json(body)
      return read(
        await send('PATCH', path, { ...headers, ...(etag && { 'If-Match': etag }) }, text),
      )
    },
    async put(path, body) {
      const [headers, text] = json(body)
      return read(await send('PUT', path, headers, text))
    },
    async bytes(path, accept) {
      const response = await send('GET', path, accept === undefined ? {} : { Accept: accept })
      if (!response.ok) await read(response)
      return new Uint8Array(await response.arrayBuffer())
    },
    upload: async (path, csv) =>
      read(await send('POST', path, { 'Content-Type': 'text/csv' }, csv)),
    async *events(path, signal) {
      const response = await send('GET', path, {}, undefined, signal)
      if (!response.ok || response.body === null) await read(response)
      else yield* parseEvents(response.body)
    },
  }
}

/** @throws Error that names the service where nobody answers there */
async function reach(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(base + path, init)
  } catch (cause) {
    // WHATWG Fetch: a network error, and an address that is none, are a TypeError; an abort is not.
    if (!(cause instanceof TypeError)) throw cause
    const { code, message = 'no answer' } = (cause.cause ?? {}) as {
      code?: string
      message?: string
    }
    throw new Error(
      `${base} can not be reached (${code ?? message}): is the service running there?`,
      {
        cause,
      },
    )
  }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text()
  const isJson = response.headers.get('Content-Type')?.includes('json') === true
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : undefined
  if (!response.ok) {
    throw new ApiError({
      code: 'unknown',
      ...(body as Partial<Problem> | undefined),
      status: response.status,
    })
  }
  return body as T
}

/** WHATWG HTML §9.2.6, as far as the server uses it: `event`, one or more `data`, blank line; comments skipped. */
async function* parseEvents(body: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder()
  let buffered = ''
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    buffered += decoder.decode(chunk, { stream: true })
    const frames = buffered.split('\n\n')
    buffered = frames.pop() ?? ''
    for (const frame of frames) {
      const lines = frame.split('\n')
      const field = (name: string) =>
        lines
          .filter(line => line.startsWith(`${name}:`))
          .map(line => line.slice(name.length + 1).replace(/^ /, ''))
          .join('\n')
      const data = field('data')
      if (data !== '')
        yield { event: field('event') || 'message', data: JSON.parse(data) as unknown }
    }
  }
}
