/**
 * Composition root: configuration → database → roles.
 *
 * With role `all` the dispatcher runs as a process of its own beside the API: they meet only in the database,
 * and a busy fan-out never delays an answer. The child is started again when it dies, and drains and ends by
 * itself when its parent is gone. SIGTERM drains; a second one abandons.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { startNoticeSigner } from '../alerts/notice-cap.ts'
import { jitteredBackoff, sleep } from '../clock.ts'
import type { Config } from '../config.ts'
import { startDispatcher } from '../dispatch/dispatcher.ts'
import { startPoller } from '../feeds/poller.ts'
import { createApp } from '../http/app.ts'
import { startHousekeeping } from '../http/housekeeping.ts'
import { startServer } from '../http/server.ts'
import { describeError, log } from '../log.ts'
import {
  assertMasterKey,
  ensureFirstAdministrator,
  loadMasterKey,
} from '../operators/first-start.ts'
import { openTokenKeys } from '../operators/token-keys.ts'
import { startStallWatch } from '../reports/stalls.ts'
import { openDatabase, type OpenDatabase } from '../store/database.ts'
import { startEmbeddedPostgres } from '../store/embedded.ts'
import { migrateDatabase } from '../store/migrate.ts'
import { startVersionWatch, untilMigrated } from './version-watch.ts'

/** The API's connections; a dispatcher opens as many. */
const POOL = 20
/** Requests in progress may take this long to end when the service stops. */
const CLOSE_MS = 5_000

export interface Service {
  /** Where the API listens; undefined for a dispatcher. */
  readonly url: string | undefined
  /** Made at this start; a password that was made up is shown once and stored nowhere. */
  readonly administrator: { readonly email: string; readonly password?: string } | undefined
  /** Resolves when a newer version has made the database ready for itself alone: then it is to be stopped. */
  readonly superseded: Promise<void>
  /** Safe twice. */
  stop(): Promise<void>
}

interface Part {
  stop(): Promise<void>
}

/** Starts the roles that the configuration asks for; resolves when they are ready. */
export async function startService(config: Config): Promise<Service> {
  const parts: Part[] = []
  let stopping: Promise<void> | undefined
  // In the order opposite to the start: who asks first, then what is asked.
  const stop = () => (stopping ??= stopAll(parts))
  try {
    const databaseUrl = config.databaseUrl ?? (await startOwnDatabase(config, parts))
    if (config.role !== 'dispatch') await migrateDatabase(databaseUrl)
    const database = openDatabase(databaseUrl, {
      max: POOL,
      applicationName: `tocsin ${config.role}`,
    })
    parts.push({ stop: () => database.close() })
    const masterKey = await loadMasterKey(config)
    const superseded = new Promise<void>(resolve => {
      parts.push(startVersionWatch(database.db, resolve))
    })
    if (config.role === 'dispatch') {
      await untilMigrated(database.db)
      await assertMasterKey(database.db, masterKey)
      const installation = { ...config, masterKey }
      parts.push(await startDispatcher({ database, installation }))
      return { url: undefined, administrator: undefined, superseded, stop }
    }
    const administrator = await ensureFirstAdministrator(database.db, config, masterKey)
    const { url, part } = await startApi(config, database, masterKey)
    parts.push(part)
    if (config.role === 'all') parts.push(superviseDispatcher(databaseUrl))
    return { url, administrator, superseded, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) await part.stop()
}

async function startOwnDatabase(config: Config, parts: Part[]): Promise<string> {
  const directory = join(config.dataDirectory, 'postgres')
  const server = await startEmbeddedPostgres({ directory, notPort: config.port })
  parts.push(server)
  return server.url
}

async function startApi(config: Config, database: OpenDatabase, masterKey: Uint8Array) {
  const now = () => new Date()
  const tokenKeys = await openTokenKeys(database.db, masterKey, config.publicUrl, now())
  const deps = { database, config, masterKey, tokenKeys, now }
  const server = await startServer(createApp(deps).fetch, config)
  const housekeeping = startHousekeeping(deps)
  const stallWatch = startStallWatch(database.db)
  const noticeSigner = startNoticeSigner({ db: database.db, masterKey, now })
  const poller = startPoller({
    db: database.db,
    privateHosts: config.privateHosts,
    masterKey,
    now,
  })
  log.info({ port: server.port }, 'the API listens')
  const part: Part = {
    async stop() {
      await server.stop(AbortSignal.timeout(CLOSE_MS))
      await housekeeping.stop()
      await stallWatch.stop()
      await noticeSigner.stop()
      await poller.stop()
    },
  }
  return { url: `http://${config.host}:${server.port}`, part }
}

/**
 * Messages live for some milliseconds; with room for them the young generation is collected less often. With 32 MiB the
 * dispatcher was no faster, and with receipts 27 to 36 MiB larger (measured).
 */
const YOUNG = '--max-semi-space-size=16'

function spawnDispatcher(databaseUrl: string): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, YOUNG, process.argv[1] ?? ''], {
    env: { ...process.env, TOCSIN_ROLE: 'dispatch', DATABASE_URL: databaseUrl },
    // The channel's end tells the child that its parent is gone.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

/** @returns its status; rejects where it has never run */
function untilDead(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', code => resolve(code ?? -1))
    // Of one that runs it says that a signal or a message could not be sent.
    child.on('error', error => {
      if (child.pid === undefined) reject(error)
    })
  })
}

/** Keeps one dispatcher process running beside this one. */
function superviseDispatcher(databaseUrl: string): Part {
  const stopping = new AbortController()
  let child: ChildProcess | undefined

  const run = async () => {
    for (let deaths = 0; !stopping.signal.aborted; deaths++) {
      const startedAt = performance.now()
      try {
        child = spawnDispatcher(databaseUrl)
        const status = await untilDead(child)
        if (stopping.signal.aborted) return
        log.error({ pid: child.pid ?? 0, status }, 'the dispatcher died and is started again')
      } catch (error) {
        // Out of processes, memory or files, for a while: no reason for the API to end.
        log.error({ code: describeError(error) }, 'the dispatcher could not be started')
      }
      if (performance.now() - startedAt > 30_000) deaths = 0
      await sleep(jitteredBackoff(deaths, 200, 10_000), stopping.signal)
    }
  }
  const running = run()

  return {
    async stop() {
      stopping.abort()
      child?.kill('SIGTERM')
      await running
    },
  }
}
