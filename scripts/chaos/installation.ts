/**
 * Tocsin as a town runs it, for things to be done to it: the main process with the database and the dispatcher that
 * it keeps, more dispatchers beside it, and carriers with phones behind them that outlive them all. Whatever ends
 * is started again, as a service manager would.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { signIn, type Client } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { generateMasterKey } from '../../src/signing/seal.ts'
import { ANSWER_SAFE_OR_HELP } from '../../src/simulator/phones.ts'
import type { Scenario } from '../../src/simulator/scenario.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { openDatabase, type OpenDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import {
  addCarrier,
  hire,
  scratchDirectory,
  startTocsin,
  until,
  type CarrierAt,
  type Person,
  type RunningTocsin,
} from '../rehearsal.ts'
import { aFreePort } from '../ports.ts'
import { childrenOf, inspect, killNow } from './processes.ts'

export type Victim = 'dispatcher' | 'API' | 'PostgreSQL' | 'everything'

export interface PlayedCarrier extends Pick<
  CarrierAt,
  'name' | 'segmentsPerSecond' | 'window' | 'binds'
> {
  readonly behaviour?: Scenario['carriers'][number]['behaviour']
  /** Settings of ours that are not the usual ones. */
  readonly smpp?: {
    readonly enquireLinkSeconds?: number
    readonly responseTimeoutSeconds?: number
    readonly messageIds?: { readonly response: string; readonly receipt: string }
  }
}

export interface SpareDispatcher {
  readonly pid: number
  /** Drains it. Safe twice. */
  stop(): Promise<void>
  /** `kill -9`, and it stays dead. */
  killForGood(): Promise<void>
}

export interface Installation {
  readonly administrator: Client
  readonly author: Person
  readonly approver: Person
  /** For looking on, and for settling people: nothing of Tocsin's own goes through it. */
  readonly database: OpenDatabase
  /** Process ids of the dispatchers that run, the one that the main process keeps first. */
  dispatchers(): Promise<number[]>
  readonly databaseUrl: string
  /** Where the database keeps its files. */
  readonly volume: string
  /** One more beside those that run; started again whenever it ends. @param databaseUrl another way to the database */
  addDispatcher(databaseUrl?: string): SpareDispatcher
  /** `kill -9`. Resolves when what was killed has been started again, but for what Tocsin starts by itself. */
  kill(victim: Victim, which?: number): Promise<void>
  /** The first process of the database. */
  postmaster(): Promise<number>
  /** Takes the database away, or brings it back; only where it is not the main process's own. */
  readonly server: EmbeddedPostgres | undefined
  returnDatabase(): Promise<void>
  /** Enters these carriers in place of those before, and waits until they are bound. */
  play(carriers: readonly PlayedCarrier[], phones?: Scenario['phones']): Promise<Simulator>
  /** Writes, signs, approves and dispatches an alert. @returns its id */
  send(draft: unknown): Promise<string>
  end(): Promise<void>
}

const run = promisify(execFile)
const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const logs = fileURLToPath(new URL('../../data/chaos', import.meta.url))
const ADMINISTRATOR = { email: 'first@county.example', password: 'the first administrator' }
/** What a service manager waits before it starts again what has ended. */
const RESTART_MS = 200
const START_TRIES = 10

/** A third of the people answer within three seconds, in the words that people use. */
export const PEOPLE_ANSWER: Scenario['phones'] = {
  seed: 7,
  rules: ANSWER_SAFE_OR_HELP.map(rule => ({
    ...rule,
    share: 0.33,
    delay: { ms: 200, spreadMs: 2_800 },
  })),
}
export const NOBODY_ANSWERS: Scenario['phones'] = { seed: 7, rules: [] }

const standing = new Set<() => Promise<void>>()

/** Ends what still stands: nothing of it would end by itself. */
export async function endInstallations(): Promise<void> {
  for (const end of standing) await end()
}

/**
 * @param whose the main process's own database, or one that can be taken away
 * @param volumeMb puts the database on a volume of its own of this size: root may
 */
export async function install(
  name: string,
  whose: 'its own database' | 'a database apart' = 'its own database',
  volumeMb?: number,
): Promise<Installation> {
  const scratch = await scratchDirectory(`chaos-${name}`)
  await mkdir(logs, { recursive: true })
  const logFile = join(logs, `${name}.log`)
  await rm(logFile, { force: true })
  const heard = (line: string) => appendFileSync(logFile, `${line.trimEnd()}\n`)
  const ends: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })]
  const end = async () => {
    standing.delete(end)
    for (const step of ends.splice(0).toReversed()) await step()
  }
  standing.add(end)
  try {
    if (volumeMb !== undefined) ends.push(await mountVolume(volumeOf(scratch), volumeMb))
    return await raise(scratch, heard, whose, ends, end)
  } catch (error) {
    await end()
    throw error
  }
}

const volumeOf = (scratch: string) => join(scratch, 'data', 'postgres')

/** @returns what takes it away again */
async function mountVolume(directory: string, megabytes: number): Promise<() => Promise<unknown>> {
  await mkdir(directory, { recursive: true })
  const options = `size=${megabytes}m,mode=0711`
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  return () => run('umount', ['-l', directory])
}

async function raise(
  scratch: string,
  heard: (line: string) => void,
  whose: 'its own database' | 'a database apart',
  ends: (() => Promise<unknown>)[],
  end: () => Promise<void>,
): Promise<Installation> {
  const directory = volumeOf(scratch)
  const apart = async () => (server = await startEmbeddedPostgres({ directory }))
  let server: EmbeddedPostgres | undefined
  if (whose === 'a database apart') {
    await apart()
    ends.push(() => server!.stop())
  }
  const env = {
    ...(server === undefined ? {} : { DATABASE_URL: server.url }),
    TOCSIN_ROLE: 'all',
    TOCSIN_DATA_DIR: join(scratch, 'data'),
    TOCSIN_MASTER_KEY: generateMasterKey(),
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
    PORT: String(await aFreePort()),
  }
  let main = await startTocsin(env, heard)
  ends.push(() => main.stop())
  const url = (await findRunningServer(directory)) ?? ''
  const database = openDatabase(url)
  ends.push(() => database.close())
  const spares = new Set<{ process: ChildProcess }>()
  const orphans: number[] = []
  ends.push(() => killNow(orphans))
  let simulator: Simulator | undefined
  ends.push(async () => simulator?.close())

  const startMain = async (): Promise<RunningTocsin> => {
    for (let tries = 1; ; tries++) {
      try {
        return await startTocsin(env, heard)
      } catch (error) {
        if (tries === START_TRIES) throw error
        heard(`the start failed: ${error instanceof Error ? error.message : ''}`)
        await wait(RESTART_MS * tries)
      }
    }
  }
  const kept = async (): Promise<number[]> => {
    const children = await childrenOf(main.process.pid ?? 0)
    const facts = await Promise.all(children.map(inspect))
    return children.filter((_, i) => facts[i]?.command.includes('main.js') === true)
  }
  const dispatchers = async () => [
    ...(await kept()),
    ...[...spares].flatMap(({ process: { pid } }) => (pid === undefined ? [] : [pid])),
  ]
  const postmaster = async (): Promise<number> => {
    // After a kill it may take a moment until there is one again.
    for (;;) {
      const file = join(directory, 'cluster', 'postmaster.pid')
      const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
      if (pid > 0 && (await inspect(pid))?.isRunning === true) return pid
      await wait(50)
    }
  }

  const administrator = await signIn({ url: main.url, ...ADMINISTRATOR })
  const [author, approver] = await Promise.all([
    hire(administrator, main.url, { name: 'Rosa Alvarez', roles: ['author'] }),
    hire(administrator, main.url, { name: 'Mei Chen', roles: ['approver'] }),
  ])

  const killVictims: Record<Victim, (which: number) => Promise<void>> = {
    async dispatcher(which) {
      const running = await dispatchers()
      if (running.length > 0) await killNow([running[which % running.length]!])
    },
    async API() {
      // Its dispatcher hears of it, drains and ends by itself.
      orphans.push(...(await kept()))
      await killNow([main.process.pid!])
      main = await startMain()
    },
    async PostgreSQL() {
      await killNow([await postmaster()])
    },
    async everything() {
      const first = await postmaster()
      await killNow([
        main.process.pid!,
        ...(await dispatchers()),
        first,
        ...(await childrenOf(first)),
      ])
      main = await startMain()
    },
  }

  return {
    administrator,
    author,
    approver,
    database,
    dispatchers,
    postmaster,
    kill: (victim, which = 0) => killVictims[victim](which),
    get server() {
      return server
    },
    async returnDatabase() {
      await apart()
    },
    databaseUrl: url,
    volume: directory,
    addDispatcher(databaseUrl = url) {
      const spare = keepDispatcher({ ...env, DATABASE_URL: databaseUrl }, heard)
      const endWith = async (name: 'SIGTERM' | 'SIGKILL') => {
        spares.delete(spare)
        await spare.end(name)
      }
      spares.add(spare)
      ends.push(() => endWith('SIGTERM'))
      return {
        get pid() {
          return spare.process.pid ?? 0
        },
        stop: () => endWith('SIGTERM'),
        killForGood: () => endWith('SIGKILL'),
      }
    },
    async play(carriers, phones = NOBODY_ANSWERS) {
      await simulator?.close()
      simulator = await playCarriers(carriers, phones)
      const { items } = await administrator.get<{
        items: { id: string; name: string; state: string }[]
      }>('/v1/carriers')
      for (const { id, name } of items.filter(({ state }) => state !== 'disabled')) {
        const past = { name: `${name} ${id}`, enabled: false }
        await administrator.patch(`/v1/carriers/${id}`, past)
      }
      for (const [i, { smpp, ...carrier }] of carriers.entries()) {
        const port = simulator.centres[i]!.port
        const login = { systemId: 'tocsin', password: 'pw' }
        const { id } = await addCarrier(administrator, { ...carrier, port, ...login })
        if (smpp !== undefined) await administrator.patch(`/v1/carriers/${id}`, { smpp })
      }
      const played = simulator
      await until(
        async () => played.centres.map(centre => centre.stats()[0]!.binds),
        binds => binds.every((count, i) => count === carriers[i]!.binds),
        'all carriers bound',
      )
      return simulator
    },
    async send(draft) {
      const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft)
      await signAs(author.client, id, 'author', author.key)
      await signAs(approver.client, id, 'approver', approver.key)
      await approver.client.post(`/v1/alerts/${id}/dispatch`)
      return id
    },
    end,
  }
}

/** A dispatcher that is started again whenever it ends. */
function keepDispatcher(env: Record<string, string>, heard: (line: string) => void) {
  const start = () => {
    const child = spawn(process.execPath, [entry], {
      env: { TOCSIN_LOG_LEVEL: 'warn', ...process.env, ...env, TOCSIN_ROLE: 'dispatch' },
      // The channel's end tells it that we are gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => heard(chunk.toString()))
    }
    child.once('exit', () => {
      if (!stopping) setTimeout(() => !stopping && (kept.process = start()), RESTART_MS)
    })
    return child
  }
  let stopping = false
  const kept = {
    process: start(),
    async end(name: 'SIGTERM' | 'SIGKILL') {
      stopping = true
      const { process: child } = kept
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(name)
      await gone
    },
  }
  return kept
}

function playCarriers(
  carriers: readonly PlayedCarrier[],
  phones: Scenario['phones'],
): Promise<Simulator> {
  return startSimulator({
    seed: 1,
    phones,
    carriers: carriers.map(({ name, segmentsPerSecond, behaviour = {} }) => ({
      name,
      port: 0,
      accounts: [
        { systemId: 'tocsin', password: 'pw', segmentsPerSecond, aboveLimit: 'count', binds: 40 },
      ],
      behaviour,
    })),
  })
}
