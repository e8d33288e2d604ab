/**
 * Tocsin as it runs for real, over the file's own database: an API process and dispatcher processes from `dist`,
 * two people with keys, and carriers that the test plays.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { aFreePort } from '../../scripts/ports.ts'
import {
  addCarrier,
  hire,
  startTocsin,
  until,
  type CarrierAt,
  type Person,
} from '../../scripts/rehearsal.ts'
import type { Progress, Tally } from '../../src/reports/progress.ts'
import { signIn, type Client } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { generateMasterKey } from '../../src/signing/seal.ts'
import { arrayLiteral, type Database } from '../../src/store/database.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import type { Scenario } from '../../src/simulator/scenario.ts'
import { test as databaseTest } from './database.ts'

export { deliveriesOf, type Delivery } from '../../scripts/rehearsal.ts'

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
export const ADMINISTRATOR = { email: 'first@county.example', password: 'the first administrator' }

export interface Tocsin {
  readonly url: string
  readonly dataDirectory: string
  readonly administrator: Client
  readonly author: Person
  readonly approver: Person
  /** What the API process has logged of errors. */
  apiLog(): string
  /**
   * Ends the API process and starts it anew on the same port, as an upgrade does; the dispatchers run on. `script` runs
   * in it before anything else.
   */
  restartApi(script?: string): Promise<void>
  /**
   * A dispatcher in a process of its own; ended with the file if it still runs. `logs` gets each line of its log;
   * `script` runs in it before anything else.
   */
  startDispatcher(logs?: (line: string) => void, script?: string): ChildProcess
  /** Plays carriers, enters them in place of earlier ones, and waits until each is bound. They end with the file. */
  startCarriers(carriers: readonly PlayedCarrier[], phones?: Scenario['phones']): Promise<Simulator>
}

export interface PlayedCarrier extends Pick<
  CarrierAt,
  'name' | 'segmentsPerSecond' | 'window' | 'binds'
> {
  readonly behaviour?: Scenario['carriers'][number]['behaviour']
  /** What the message centre itself holds the account to; none: it counts and takes all. */
  readonly limit?: number
  /** Usually +1, as all of them. */
  readonly routes?: readonly {
    readonly prefix: string
    readonly weight?: number
    readonly preference?: number
    readonly cost?: number
  }[]
  /** Settings of ours that are not the usual ones. */
  readonly smpp?: {
    readonly enquireLinkSeconds?: number
    readonly responseTimeoutSeconds?: number
    readonly bindType?: 'transceiver' | 'transmitter-receiver'
  }
}

/** The process believes that it is so many milliseconds later, and says so in the `Date` of its answers. */
export const clockOff = (ms: number) => `
  import { ServerResponse } from 'node:http'
  const Real = globalThis.Date
  globalThis.Date = class extends Real {
    constructor(...of) { super(...(of.length === 0 ? [Real.now() + ${ms}] : of)) }
    static now() { return Real.now() + ${ms} }
  }
  const { writeHead } = ServerResponse.prototype
  ServerResponse.prototype.writeHead = function (...of) {
    this.setHeader('Date', new Date().toUTCString())
    return writeHead.apply(this, of)
  }`

const moduleOf = (script: string) => `data:text/javascript,${encodeURIComponent(script)}`

/** Ends a process at once and waits until it is gone. */
export async function killNow(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const gone = once(process, 'exit')
  process.kill('SIGKILL')
  await gone
}

/**
 * Starts the API over a database, and what goes with it.
 *
 * @param host - in its public URL; passkeys need a name
 * @returns with it, what ends all
 */
export async function startFlow(
  databaseUrl: string,
  host = '127.0.0.1',
): Promise<{ tocsin: Tocsin; end: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'tocsin-flow-'))
  const apiPort = await aFreePort()
  const env = {
    DATABASE_URL: databaseUrl,
    PORT: String(apiPort),
    TOCSIN_PUBLIC_URL: `http://${host}:${apiPort}`,
    TOCSIN_DATA_DIR: directory,
    TOCSIN_MASTER_KEY: generateMasterKey(),
    // Gateways and subscribers that a test plays.
    TOCSIN_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  }
  const ends: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true })]
  const end = async () => {
    for (const step of ends.splice(0).toReversed()) await step()
  }
  try {
    const said: string[] = []
    const startApi = async (script?: string) => {
      const started = await startTocsin({
        ...env,
        TOCSIN_ROLE: 'api',
        TOCSIN_LOG_LEVEL: 'error',
        ...(script !== undefined && { NODE_OPTIONS: `--import=${moduleOf(script)}` }),
      })
      started.process.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
      return started
    }
    let api = await startApi()
    ends.push(() => api.stop())
    const administrator = await signIn({ url: api.url, ...ADMINISTRATOR })
    const [author, approver] = await Promise.all([
      hire(administrator, api.url, { name: 'Rosa Alvarez', roles: ['author'] }),
      hire(administrator, api.url, { name: 'Mei Chen', roles: ['approver'] }),
    ])
    const tocsin: Tocsin = {
      url: api.url,
      dataDirectory: directory,
      administrator,
      author,
      approver,
      apiLog: () => said.join(''),
      async restartApi(script) {
        await api.stop()
        api = await startApi(script)
      },
      startDispatcher(logs, script) {
        const first = script === undefined ? [] : ['--import', moduleOf(script)]
        const dispatcher = spawn(process.execPath, [...first, entry], {
          env: {
            ...process.env,
            ...env,
            TOCSIN_ROLE: 'dispatch',
            ...(logs !== undefined && { TOCSIN_LOG_LEVEL: 'info' }),
          },
          // The channel's end tells it that the test is gone.
          stdio: ['ignore', logs === undefined ? 'ignore' : 'pipe', 'inherit', 'ipc'],
        })
        if (logs !== undefined) createInterface(dispatcher.stdout!).on('line', logs)
        ends.push(() => killNow(dispatcher))
        return dispatcher
      },
      async startCarriers(carriers, phones) {
        const simulator = await playCarriers(carriers, phones)
        ends.push(() => simulator.close())
        for (const { id } of (await carriersOf(administrator)).items) {
          await administrator.patch(`/v1/carriers/${id}`, { enabled: false })
        }
        for (const [i, { smpp, routes, ...carrier }] of carriers.entries()) {
          const port = simulator.centres[i]!.port
          const account = { ...carrier, port, systemId: 'tocsin', password: 'pw' }
          const { id } = await addCarrier(administrator, account)
          const changes = { ...(smpp && { smpp }), ...(routes && { routes }) }
          if (Object.keys(changes).length > 0) {
            await administrator.patch(`/v1/carriers/${id}`, changes)
          }
        }
        await allBound(administrator)
        return simulator
      },
    }
    return { tocsin, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** The database fixture with Tocsin over it, one a file. */
export const test = databaseTest.extend<{ $file: { tocsin: Tocsin } }>({
  tocsin: [
    async ({ databaseUrl }, use) => {
      const { tocsin, end } = await startFlow(databaseUrl)
      await use(tocsin)
      await end()
    },
    { scope: 'file' },
  ],
})

/** Their message centres, and the phones behind them. */
export function playCarriers(
  carriers: readonly PlayedCarrier[],
  phones: Scenario['phones'] = { seed: 1, rules: [] },
): Promise<Simulator> {
  return startSimulator({
    seed: 1,
    phones,
    carriers: carriers.map(({ name, limit, behaviour = {} }) => ({
      name,
      port: 0,
      accounts: [
        {
          systemId: 'tocsin',
          password: 'pw',
          ...(limit !== undefined && { segmentsPerSecond: limit, aboveLimit: 'throttle' }),
        },
      ],
      behaviour,
    })),
  })
}

interface CarrierNow {
  readonly id: string
  readonly name: string
  readonly state: 'bound' | 'throttled' | 'unbound' | 'disabled'
}

function carriersOf(administrator: Client): Promise<{ items: CarrierNow[] }> {
  return administrator.get('/v1/carriers')
}

/** Waits until every carrier that is not disabled is bound. */
export async function allBound(administrator: Client): Promise<void> {
  await until(
    () => carriersOf(administrator),
    ({ items }) => items.every(({ state }) => state === 'bound' || state === 'disabled'),
    'all carriers bound',
  )
}

export interface Resident {
  readonly phone: string
  readonly language: 'en-US' | 'es-US'
}

/** So many people inside the valley, every third of them Spanish-speaking; numbers of area code 555, which nobody has. */
export async function settle(db: Database, count: number): Promise<Resident[]> {
  const residents = Array.from({ length: count }, (_, i): Resident & { id: string } => ({
    id: uuid(),
    phone: `+1555${String(i).padStart(7, '0')}`,
    language: i % 3 === 2 ? 'es-US' : 'en-US',
  }))
  const ids = arrayLiteral(residents.map(resident => resident.id))
  await db.execute(sql`
    insert into contacts (id, phone, language)
    select * from unnest(${ids}::uuid[], ${arrayLiteral(residents.map(r => r.phone))}::text[],
      ${arrayLiteral(residents.map(r => r.language))}::text[])
  `)
  await db.execute(sql`
    insert into locations (contact_id, position, sole)
    select id, point(-96.9 + random() * 0.8, 30.1 + random() * 0.8), true from unnest(${ids}::uuid[]) as id
  `)
  await db.execute(sql`analyze contacts`)
  await db.execute(sql`analyze locations`)
  return residents
}

export const VALLEY = {
  type: 'Polygon',
  coordinates: [
    [
      [-97, 30],
      [-96, 30],
      [-96, 31],
      [-97, 31],
      [-97, 30],
    ],
  ],
} as const

const TEXTS = {
  'en-US': 'FLASH FLOOD in the valley. Move to high ground now. Reply 1 SAFE, 2 NEED HELP.',
  'es-US': 'INUNDACION en el valle. Suba a un lugar alto. Responda 1 BIEN, 2 AYUDA.',
} as const

/** What each of them should have read. */
export const expectedTexts = (residents: readonly Resident[]): Map<string, string> =>
  new Map(residents.map(({ phone, language }) => [phone, TEXTS[language]]))

interface DraftChanges {
  readonly delivery?: 'at-least-once' | 'at-most-once'
  readonly severity?: string
  readonly expires?: Date
  /** Of the Spanish block, where it ends at another time. */
  readonly spanishExpires?: Date
}

/** A flash flood in the valley, in English and Spanish. */
export function floodAlert(changes: DraftChanges = {}) {
  const { delivery = 'at-least-once', severity = 'Extreme' } = changes
  const { expires = new Date(Date.now() + 3_600_000), spanishExpires = expires } = changes
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    urgency: 'Immediate',
    severity,
    certainty: 'Observed',
  }
  return {
    status: 'Actual',
    info: [
      {
        ...block,
        language: 'en-US',
        expires: expires.toISOString(),
        sms: TEXTS['en-US'],
        area: [{ areaDesc: 'The valley', polygon: [VALLEY] }],
      },
      {
        ...block,
        language: 'es-US',
        expires: spanishExpires.toISOString(),
        sms: TEXTS['es-US'],
      },
    ],
    replies: {
      options: [
        { code: '1', label: 'Safe', words: ['safe'] },
        { code: '2', label: 'Need help', words: ['help me'], urgent: true },
      ],
    },
    delivery,
  }
}

/** Composes, signs, approves. @returns the alert's id */
export async function approveDraft(tocsin: Tocsin, draft: unknown): Promise<string> {
  const { author, approver } = tocsin
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft)
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)
  return id
}

/** The whole way to the dispatch. @returns the alert's id */
export async function sendDraft(tocsin: Tocsin, draft: unknown): Promise<string> {
  const id = await approveDraft(tocsin, draft)
  await tocsin.approver.client.post(`/v1/alerts/${id}/dispatch`)
  return id
}

/** Every recipient is in exactly one count. */
function expectSumsUp(progress: Progress): void {
  const { queued, submitted, delivered, failed, expired, cancelled, unknown, recipients } = progress
  const counts = [queued, submitted, delivered, failed, expired, cancelled, unknown]
  expect(
    counts.every(count => count >= 0),
    JSON.stringify(progress),
  ).toBe(true)
  expect(counts.reduce((sum, count) => sum + count)).toBe(recipients)
}

/**
 * Follows an alert's stream until its progress is as wanted; in every frame on the way the counts add up.
 *
 * @returns that progress and the tally beside it
 */
export async function watchUntil(
  client: Client,
  alertId: string,
  isEnough: (progress: Progress, tally: Tally) => boolean,
  ms = 60_000,
): Promise<{ progress: Progress; tally: Tally }> {
  const stop = AbortSignal.timeout(ms)
  let progress: Progress | undefined
  let tally: Tally | undefined
  try {
    for await (const { event, data } of client.events(`/v1/alerts/${alertId}/stream`, stop)) {
      const frame = data as { progress?: Progress; tally?: Tally }
      if (event === 'snapshot') ({ progress, tally } = { progress, tally, ...frame })
      if (event === 'progress') progress = data as Progress
      if (event === 'tally') tally = data as Tally
      if (progress === undefined || tally === undefined) continue
      expectSumsUp(progress)
      if (isEnough(progress, tally)) return { progress, tally }
    }
  } catch (error) {
    if (!stop.aborted) throw error
  }
  throw new Error(`not within ${ms / 1000} s; the alert stands at ${JSON.stringify(progress)}`)
}
