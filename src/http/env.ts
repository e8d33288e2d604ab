import type { HttpBindings } from '@hono/node-server'
import type { Config } from '../config.ts'
import type { Operator, SignIn } from '../operators/operator.ts'
import type { TokenKeys } from '../operators/token-keys.ts'
import type { OpenDatabase } from '../store/database.ts'

/** What every route file is given. */
export interface AppDependencies {
  readonly database: OpenDatabase
  readonly config: Config
  readonly masterKey: Uint8Array
  readonly tokenKeys: TokenKeys
  readonly now: () => Date
}

/** What the middleware before a `/v1` handler has put beside its request. */
export interface Env {
  /** Absent when a request didn't come over a socket (`app.request` in tests). */
  Bindings: Partial<HttpBindings>
  Variables: {
    /** Names the request in logs and in a problem; ours, never the caller's. */
    requestId: string
    /** Who asks; set on every `/v1` route but the public ones. */
    operator: Operator
    /** The sign-in that they ask by: its mode decides which alerts it may touch. */
    session: SignIn
    /** Sees a streamed body go by; set where its digest is wanted. */
    watchBody?: (chunks: AsyncGenerator<Uint8Array>) => AsyncGenerator<Uint8Array>
  }
}
