import type { OpenAPIHono } from '@hono/zod-openapi'
import { v7 as uuid } from 'uuid'
import type { Config } from '../../src/config.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppDependencies, Env } from '../../src/http/env.ts'
import { ensureFirstAdministrator } from '../../src/operators/first-start.ts'
import { createOperator, type OperatorDraft } from '../../src/operators/operators.ts'
import { signIn } from '../../src/operators/sign-in.ts'
import { openTokenKeys } from '../../src/operators/token-keys.ts'
import { generateMasterKey, parseMasterKey } from '../../src/signing/seal.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import { test as databaseTest } from './database.ts'

export const PASSWORD = 'correct horse battery staple'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // What an answer holds is what a test is about to say.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

interface Sent {
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A person at the API: each call carries their token. */
export interface Caller {
  readonly id: string
  readonly token: string
  readonly refreshToken: string
  call(method: string, path: string, sent?: Sent): Promise<Answer>
}

/** The whole edge over a database of the test's own, with a clock that the test moves. */
export interface Edge {
  readonly app: OpenAPIHono<Env>
  readonly deps: AppDependencies
  readonly masterKey: Uint8Array
  /** Moves the clock. */
  pass(seconds: number): void
  call(method: string, path: string, sent?: Sent): Promise<Answer>
  /** A new operator, signed in. */
  caller(draft?: Partial<OperatorDraft> & { mode?: 'live' | 'exercise' }): Promise<Caller>
}

async function openEdge(database: OpenDatabase): Promise<Edge> {
  const masterKey = parseMasterKey(generateMasterKey())
  const config: Config = {
    databaseUrl: database.url,
    port: 0,
    host: '127.0.0.1',
    dataDirectory: '/nonexistent',
    role: 'api',
    adminEmail: 'first@example.org',
    adminPassword: PASSWORD,
    publicUrl: 'http://tocsin.test',
    trustedProxies: [],
    privateHosts: ['127.0.0.1', 'localhost'],
    masterKey: undefined,
  }
  await ensureFirstAdministrator(database.db, config, masterKey)
  let clock = Date.now()
  const now = () => new Date(clock)
  const tokenKeys = await openTokenKeys(database.db, masterKey, config.publicUrl, now())
  const deps = { database, config, masterKey, tokenKeys, now }
  const app = createApp(deps)

  const call: Edge['call'] = async (method, path, { json, text, headers = {} } = {}) => {
    const body = json === undefined ? text : JSON.stringify(json)
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' }
    const init = { method, headers: { ...type, ...headers }, ...(body !== undefined && { body }) }
    const response = await app.request(path, init)
    const isJson = /[/+]json\b/.test(response.headers.get('Content-Type') ?? '')
    const answered = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(answered) : answered,
    }
  }

  return {
    app,
    deps,
    masterKey,
    pass(seconds) {
      clock += seconds * 1000
    },
    call,
    async caller({ mode = 'live', ...draft } = {}) {
      const email = draft.email ?? `${uuid()}@example.org`
      const defaults = { email, name: 'Somebody', password: PASSWORD, roles: ['viewer'] as const }
      const { id } = await createOperator(database.db, undefined, { ...defaults, ...draft }, now())
      const grant = { email, password: draft.password ?? PASSWORD, mode, address: '192.0.2.1' }
      const { accessToken, refreshToken } = await signIn(database.db, tokenKeys, grant, now())
      return {
        id,
        token: accessToken,
        refreshToken,
        call: (method, path, sent = {}) =>
          call(method, path, {
            ...sent,
            headers: { Authorization: `Bearer ${accessToken}`, ...sent.headers },
          }),
      }
    },
  }
}

/** The database fixture with the whole edge over it, one a file. */
export const test = databaseTest.extend<{ $file: { edge: Edge } }>({
  edge: [async ({ database }, use) => use(await openEdge(database)), { scope: 'file' }],
})
