/**
 * The one way to PostgreSQL.
 *
 * Every call has a deadline. The server ends a slow statement itself (`statement_timeout`); a connection
 * that no longer answers at all is another matter: postgres.js 3.4.9 never settles a query on a half-open
 * socket (measured; porsager/postgres#1089). So each call is also watched from here: past its deadline it is
 * rejected with `timeout`, and where the connection gave no sign of life the whole pool is replaced. What
 * still runs on the old pool has five seconds to finish.
 *
 * Errors leave this room as `DatabaseError`: SQLSTATE and constraint, never the parameters, which drizzle
 * puts into its messages (drizzle-orm#5939).
 */
import { DrizzleQueryError, sql } from 'drizzle-orm'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import { PostgresJsPreparedQuery } from 'drizzle-orm/postgres-js/session'
import postgres from 'postgres'
import { AppError, type Fault } from '../errors.ts'
import { describeError, log } from '../log.ts'

/** A pool and a transaction alike: store functions take it and never open a transaction themselves. */
export type Database = PgDatabase<PostgresJsQueryResultHKT>

/** One connection held for a while: temporary tables, COPY, a snapshot over several transactions. */
export interface Session {
  /** Statements and transactions on this connection alone. */
  readonly db: Database
  /** The driver itself, for COPY. */
  readonly sql: postgres.ReservedSql
}

export interface OpenDatabase {
  readonly db: Database
  readonly url: string
  /** Runs `work` on a connection of its own, given back after it; no deadline of ours, the server's alone. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Hears NOTIFY on a channel; `onConnect` runs at each (re)connection: what came between was missed. */
  listen(
    channel: Channel,
    onNotify: (payload: string) => void,
    onConnect?: () => void,
  ): Promise<void>
  close(): Promise<void>
}

class DatabaseError extends Error {
  /** SQLSTATE, e.g. `23505`, or postgres.js's own code, e.g. `CONNECTION_CLOSED`. */
  readonly code: string
  readonly constraint: string | undefined

  constructor(code: string, constraint: string | undefined) {
    super(`database error ${code}${constraint === undefined ? '' : ` on ${constraint}`}`)
    this.name = 'DatabaseError'
    this.code = code
    this.constraint = constraint
  }
}

export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  )
}

/**
 * @param constraint of a column that holds each value once @param fault of the field that holds a taken one
 * @throws AppError `already_exists`
 */
export async function refuseTaken<T>(
  constraint: string,
  fault: Fault,
  detail: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error, constraint)) throw error
    throw new AppError('already_exists', detail, { faults: [fault] })
  }
}

/** When a database that is away is worth another try: a restart or a fail-over takes seconds. */
export const RETRY_AFTER_SECONDS = 2

/** True where trying again later can help: the server is away, starting, failing over or out of room. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'unavailable'
  return (
    error instanceof DatabaseError &&
    (/^(08|53|57P|25006|CONNECTION|CONNECT_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_)/.test(
      error.code,
    ) ||
      error.code === '57014')
  )
}

function withoutParameters(error: unknown): unknown {
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  if (cause instanceof AppError || cause instanceof DatabaseError) return cause
  if (cause instanceof postgres.PostgresError)
    return new DatabaseError(cause.code, cause.constraint_name)
  const code = (cause as { code?: unknown } | undefined)?.code
  if (typeof code === 'string') return new DatabaseError(code, undefined)
  return error instanceof DrizzleQueryError ? new DatabaseError('CLIENT', undefined) : error
}

// drizzle wraps every failure, parameters and all, inside `execute`; there is no seam to hand it another
// wrapper, so its one method is wrapped here, once, for pool and transaction sessions alike.
const { execute } = PostgresJsPreparedQuery.prototype
PostgresJsPreparedQuery.prototype.execute = async function (this: unknown, ...args) {
  try {
    return await execute.apply(this as never, args)
  } catch (error) {
    throw withoutParameters(error)
  }
}

/** How each open database gets rid of a pool with a connection that is dead and doesn't know. */
const rescues = new Set<() => void>()

/**
 * postgres.js 3.4.9 throws outside of any call when a connection closes between a write and its flush, as the
 * ROLLBACK of a transaction that was cut always does (porsager/postgres#1154, #1208, both open). Nobody can catch
 * that, and it would end the process; so it is known by its place and answered with new pools, whose old ones are
 * then destroyed, which settles every query that hangs on them. Whatever else nobody caught still ends the process.
 */
function surviveDeadSockets(error: unknown): void {
  const isDriver =
    error instanceof TypeError &&
    error.message.includes("reading 'write'") &&
    /\bnextWrite \([^)]*postgres[^)]*connection\.js/.test(error.stack ?? '')
  if (isDriver) for (const rescue of rescues) rescue()
  else if (process.listenerCount('uncaughtException') === 1) throw error
}

interface DatabaseOptions {
  /** Connections of this pool. */
  readonly max?: number
  /** Longest a statement or a transaction may take, in milliseconds. */
  readonly deadlineMs?: number
  readonly applicationName?: string
  /**
   * `by key`: for statements that find a few rows by their keys and come again and again. Each is planned once and
   * by index, whatever PostgreSQL believes about tables that it last looked at when they were empty.
   */
  readonly plans?: 'by key'
}

const BY_KEY = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
}

/**
 * How long a connection waits before it is made again, in seconds. postgres.js's own pause grows to 20 s with the
 * failures of all connections together: a database that was away for a minute then stayed away for half of another
 * (measured: 18 s until messages left again), longer than leases last.
 */
const reconnectSeconds = (failures: number) =>
  (0.5 + Math.random() / 2) * Math.min(3 ** failures / 100, 0.5)

/**
 * A client that begins a transaction and then says nothing for so long is cut off, or has stopped: its locks would
 * hold up those who have taken over from it. As long as a lease.
 */
const SILENT_MS = 10_000

/**
 * All that is said goes through one channel: postgres.js 3.4.9 asks for each anew whenever its connection fails, and
 * with several that piles up while the database is away (with six, 286 LISTEN after 20 s; with one, one; measured).
 */
const CHANNEL = 'tocsin'

interface Listener {
  readonly channel: Channel
  readonly onNotify: (payload: string) => void
  readonly onConnect: (() => void) | undefined
}

/**
 * Nobody knocks again for this long where the server has refused: a dispatcher has a dozen loops, and each lane some
 * more, that all come back each second. Milliseconds.
 */
const REFUSED_MS = 250
const REFUSES = /^(ECONNREFUSED|ENOENT|ENOTFOUND|EAI_|57P03)/
/** By the server's URL: the pools of a process have one server, and hear of it from each other. */
const refusals = new Map<string, { readonly error: DatabaseError; readonly until: number }>()

/** Opens a pool; connects at the first call. `deadlineMs` defaults to 15 s, `max` to 10. */
export function openDatabase(url: string, options: DatabaseOptions = {}): OpenDatabase {
  const { max = 10, deadlineMs = 15_000, applicationName = 'tocsin', plans } = options
  let closed = false
  let lastLife = performance.now()

  const connect = () => {
    const pool = postgres(url, {
      max,
      connect_timeout: 10,
      backoff: reconnectSeconds,
      idle_timeout: 120,
      onnotice: () => undefined,
      connection: {
        application_name: applicationName,
        statement_timeout: deadlineMs,
        idle_in_transaction_session_timeout: SILENT_MS,
        tcp_user_timeout: 10_000,
        TimeZone: 'UTC',
        ...(plans === 'by key' && BY_KEY),
      },
    })
    // Sets drizzle's own date and JSON parsers on this pool's options, as it does for the first one.
    drizzle(pool)
    return pool
  }
  let pool = connect()
  const listeners: Listener[] = []
  let listening: Promise<unknown> | undefined
  let isListening = false
  const rescue = () => replacePool(pool)
  if (rescues.size === 0) process.on('uncaughtException', surviveDeadSockets)
  rescues.add(rescue)

  const replacePool = (hung: postgres.Sql) => {
    if (hung !== pool || closed) return
    log.error({ code: 'timeout' }, 'a database connection hangs: the pool is replaced')
    pool = connect()
    // A pool takes its listener with it when it is replaced.
    if (listening !== undefined) {
      listen().catch((error: unknown) => {
        log.warn(
          { code: describeError(error) },
          'not listening: what NOTIFY hints at is found by polling',
        )
      })
    }
    void hung.end({ timeout: 5 }).catch(() => undefined)
  }

  const listen = () =>
    pool.listen(
      CHANNEL,
      heard => {
        const end = heard.indexOf(' ')
        const [channel, payload] = [heard.slice(0, end), heard.slice(end + 1)]
        for (const one of listeners) if (one.channel === channel) one.onNotify(payload)
      },
      () => {
        isListening = true
        refusals.delete(url)
        for (const { onConnect } of listeners) onConnect?.()
      },
    )

  const watch = <T>(start: () => PromiseLike<T>, cancel: () => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const used = pool
      const startedAt = performance.now()
      const refused = refusals.get(url)
      if (refused !== undefined && startedAt < refused.until) return reject(refused.error)
      // Two seconds more than the server's own limit, so that the server is the one to end it where it can.
      const timer = setTimeout(() => {
        const words = 'the database did not answer in time; try again'
        reject(new AppError('unavailable', words, { retryAfterSeconds: RETRY_AFTER_SECONDS }))
        cancel()
        if (lastLife < startedAt) replacePool(used)
        else setTimeout(() => !settled && replacePool(used), 2_000).unref()
      }, deadlineMs + 2_000)
      let settled = false
      const settle = () => {
        settled = true
        lastLife = performance.now()
        clearTimeout(timer)
      }
      start().then(
        value => {
          settle()
          if (refused !== undefined) refusals.delete(url)
          resolve(value)
        },
        (error: unknown) => {
          settle()
          const what = withoutParameters(error)
          if (what instanceof DatabaseError && REFUSES.test(what.code)) {
            refusals.set(url, { error: what, until: performance.now() + REFUSED_MS })
          }
          reject(what)
        },
      )
    })

  type Parameters = Parameter[]
  type Parameter = postgres.ParameterOrJSON<never>
  type Raw = postgres.Sql | postgres.TransactionSql
  // Prepared statements spare the extra round trip that postgres.js makes to describe an unprepared one.
  const prepared = (on: Raw, query: string, parameters: Parameters) =>
    on.unsafe(query, parameters, { prepare: parameters.length > 0 })

  const inTransaction = (on: postgres.TransactionSql, assertGoesOn: () => void): object => ({
    unsafe: (query: string, parameters: Parameters = []) => {
      assertGoesOn()
      return prepared(on, query, parameters)
    },
    savepoint: (work: (nested: object) => Promise<unknown>) =>
      on.savepoint(nested => work(inTransaction(nested, assertGoesOn))),
  })

  const client = {
    get options() {
      return pool.options
    },
    unsafe(query: string, parameters: Parameters = []) {
      const pending = prepared(pool, query, parameters)
      const watched = (start: () => PromiseLike<unknown>) => watch(start, () => pending.cancel())
      return {
        then: (ok: never, failed: never) => watched(() => pending).then(ok, failed),
        values: () => watched(() => pending.values()),
      }
    },
    begin(work: (transaction: object) => Promise<unknown>) {
      const used = pool
      let isGivenUp = false
      // Whoever called was told that it failed: then nothing of it may be committed later.
      const assertGoesOn = () => {
        if (isGivenUp) throw new AppError('timeout', 'the transaction took too long')
      }
      return watch(
        () =>
          used.begin(async transaction => {
            const result = await work(inTransaction(transaction, assertGoesOn))
            assertGoesOn()
            return result
          }),
        () => {
          isGivenUp = true
        },
      )
    },
  }

  return {
    db: drizzle(client as unknown as postgres.Sql),
    url,
    async session(work) {
      const reserved = await pool.reserve()
      const { options: shared } = pool
      const on = {
        options: shared,
        unsafe: (query: string, parameters: Parameters = []) =>
          prepared(reserved, query, parameters),
        async begin(body: (transaction: object) => Promise<unknown>) {
          await reserved`begin`
          try {
            const result = await body(on)
            await reserved`commit`
            return result
          } catch (error) {
            await reserved`rollback`.catch(() => undefined)
            throw error
          }
        },
        async savepoint(body: (nested: object) => Promise<unknown>) {
          await reserved`savepoint nested`
          try {
            const result = await body(on)
            await reserved`release savepoint nested`
            return result
          } catch (error) {
            await reserved`rollback to savepoint nested`.catch(() => undefined)
            throw error
          }
        },
      }
      try {
        return await work({
          db: drizzle(on as unknown as postgres.Sql),
          sql: reserved,
        })
      } catch (error) {
        throw withoutParameters(error)
      } finally {
        reserved.release()
      }
    },
    async listen(channel, onNotify, onConnect) {
      const one = { channel, onNotify, onConnect }
      listeners.push(one)
      if (isListening) return onConnect?.()
      try {
        await (listening ??= listen())
      } catch (error) {
        listeners.splice(listeners.indexOf(one), 1)
        throw withoutParameters(error)
      }
    },
    async close() {
      closed = true
      rescues.delete(rescue)
      if (rescues.size === 0) process.off('uncaughtException', surviveDeadSockets)
      await pool.end({ timeout: 5 })
    },
  }
}

/**
 * Runs `work` as one transaction, again from its start on a serialization failure or a deadlock
 * (40001, 40P01): the one place where a transaction is retried.
 */
export async function transact<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work)
    } catch (error) {
      const again =
        error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
      if (!again || attempt === 5) throw error
    }
  }
}

/** Runs `work`, and undoes all that it wrote: to learn what would come of it. */
export async function transactAndUndo<T>(
  db: Database,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  let found: { readonly value: T } | undefined
  try {
    await transact(db, async tx => {
      found = { value: await work(tx) }
      throw new Undone()
    })
  } catch (error) {
    if (!(error instanceof Undone)) throw error
  }
  return found!.value
}

class Undone extends Error {}

/** Wakes those who listen; heard only when the surrounding transaction commits. */
export async function notify(db: Database, channel: Channel, payload: string): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANNEL}, ${`${channel} ${payload}`})`)
}

/**
 * What NOTIFY says, always a hint beside a poll: `work` an alert may have something for the dispatchers, `ranges` it
 * has more to claim for their lanes, `states`
 * whether an alert may be sent has changed, `carriers` a carrier was edited, `alerts` an alert's state or counters
 * moved, `notices` a subscriber is to be told something, `callbacks` a gateway has told something of a carrier's.
 */
export type Channel = 'work' | 'ranges' | 'states' | 'carriers' | 'alerts' | 'notices' | 'callbacks'

/**
 * A PostgreSQL array as one parameter, for `unnest`: `{1,2,"a \"b\""}`. Numbers and uuids go as they are;
 * other text is quoted. One string costs a fraction of what the driver's own array serializer does.
 */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  return `{${values.map(arrayElement).join(',')}}`
}

/** The same for numbers alone, which need no look. */
export function numberArray(values: readonly number[]): string {
  return `{${values.join(',')}}`
}

/**
 * Where each of several runs begins that stand behind one another in one parameter: an array's elements the
 * database would read character by character.
 */
export function startsOf(lengths: readonly number[]): number[] {
  let end = 0
  return lengths.map(length => (end += length) - length)
}

/** The same for octets, in hex: for `decode`. */
export function hexArray(values: readonly (Uint8Array | null | undefined)[]): string {
  const hex = (octets: Uint8Array) =>
    Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex')
  // An empty element must be quoted.
  return `{${values.map(value => (value == null ? 'null' : `"${hex(value)}"`)).join(',')}}`
}

function arrayElement(value: string | number | null): string | number {
  if (value === null) return 'null'
  if (typeof value === 'number' || (/^[\w-]+$/.test(value) && !/^null$/i.test(value))) return value
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
