/** The server of a cluster as processes: started, known by its lock, ended. */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import { serverEnvironment } from './embedded-binaries.ts'
import type { Cluster, EmbeddedPostgresOptions } from './embedded-cluster.ts'
import { signalProcess } from './signal-process.ts'

const run = promisify(execFile)

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

/** Returns once the server has its lock, or failed in a way that another turn can mend. */
export async function launch(
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
export async function readPostmaster(path: string): Promise<Postmaster | undefined> {
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
export async function endServer(pid: number, path: string): Promise<void> {
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
