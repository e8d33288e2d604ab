/** What the benches of the whole engine have in common: Tocsin, people in its database, a sink, an alert. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { signIn, type Client } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import {
  addCarrier,
  hire,
  scratchDirectory,
  startDispatcherProcess,
  startTocsin,
  until,
  type Person,
  type RunningTocsin,
} from '../rehearsal.ts'
import { LANGUAGES, textsOf, type TextKind } from './cases.ts'
import { startSinkProcess, type SinkProcess } from './sink-process.ts'

const ADMINISTRATOR = { email: 'administrator@county.example', password: 'bench-administrator' }

export interface County {
  readonly tocsin: RunningTocsin
  readonly sink: SinkProcess
  /** That one, and those of the carriers beside. */
  readonly sinks: readonly SinkProcess[]
  /** Straight to its database: what is asked there costs the engine next to nothing. */
  readonly sql: postgres.Sql
  readonly databaseUrl: string
  readonly administrator: Client
  readonly author: Person
  readonly approver: Person
}

export interface CarrierLimits {
  readonly segmentsPerSecond: number
  readonly window: number
  readonly binds: number
}

/** Starts everything, with carriers bound to the sink, and ends it when `work` is done. */
export async function withCounty(
  options: {
    readonly recipients: number
    readonly carrier: CarrierLimits
    /** Accounts like this, up to three. */
    readonly carriers?: number
    readonly texts?: TextKind
    readonly sinkFlags?: readonly string[]
    /** Others beside them, each with a sink of its own. */
    readonly beside?: readonly CarrierLimits[]
    /** Processes that send; one if not said. */
    readonly dispatchers?: number
  },
  work: (county: County) => Promise<void>,
): Promise<void> {
  const scratch = await scratchDirectory('bench')
  const { beside = [], dispatchers = 1 } = options
  const sink = await startSinkProcess(options.sinkFlags)
  const others = await Promise.all(
    beside.map(async limits => ({ limits, sink: await startSinkProcess(options.sinkFlags) })),
  )
  const sinks = [sink, ...others.map(other => other.sink)]
  const carriers = [
    ...['bench', 'bench2', 'bench3']
      .slice(0, options.carriers ?? 1)
      .map(systemId => ({ ...options.carrier, systemId, port: sink.port })),
    ...others.map(other => ({ ...other.limits, systemId: 'bench', port: other.sink.port })),
  ]
  const env = {
    TOCSIN_DATA_DIR: join(scratch, 'data'),
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  }
  const tocsin = await startTocsin(env)
  const more: ChildProcess[] = []
  try {
    const databaseUrl = await findRunningServer(join(scratch, 'data', 'postgres'))
    if (databaseUrl === undefined) throw new Error('the embedded database is not where it was')
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
    await settle(sql, options.recipients, LANGUAGES[options.texts ?? 'short'])
    const administrator = await signIn({ url: tocsin.url, ...ADMINISTRATOR })
    const author = await hire(administrator, tocsin.url, {
      name: 'Bench Author',
      roles: ['author'],
    })
    const approver = await hire(administrator, tocsin.url, {
      name: 'Bench Approver',
      roles: ['approver'],
    })
    for (let i = 1; i < dispatchers; i++) {
      const role = { TOCSIN_ROLE: 'dispatch', DATABASE_URL: databaseUrl }
      more.push(startDispatcherProcess({ ...env, ...role }))
    }
    for (const [i, carrier] of carriers.entries()) {
      await addCarrier(administrator, { name: `Sink ${i + 1}`, password: 'bench', ...carrier })
    }
    await until(
      () => sql<{ links: number }[]>`
        select count(*)::int as links from carrier_links where state = 'bound'`,
      ([found]) => found?.links === dispatchers * carriers.length,
      'every dispatcher bound to every carrier',
    )
    await work({ tocsin, sink, sinks, sql, databaseUrl, administrator, author, approver })
    await sql.end()
  } finally {
    for (const dispatcher of more) dispatcher.kill('SIGTERM')
    for (const dispatcher of more) if (dispatcher.exitCode === null) await once(dispatcher, 'exit')
    await tocsin.stop()
    for (const one of sinks) await one.stop()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The phones +15550000001 …, each with one place, as an import leaves them; `languages` in turn. */
async function settle(
  sql: postgres.Sql,
  people: number,
  languages: readonly string[],
): Promise<void> {
  await sql`
    insert into contacts (id, phone, name, language)
    select gen_random_uuid(), '+1555' || lpad(i::text, 7, '0'), 'Resident ' || i,
      (${[...languages]}::text[])[i % ${languages.length}::int + 1]
    from generate_series(1, ${people}::int) i`
  await sql`
    insert into locations (contact_id, position, sole)
    select id, point(-95 + random(), 29 + random()), true from contacts`
  // As autovacuum leaves them a minute later.
  await sql`vacuum analyze contacts, locations`
}

/** Writes an alert to everyone, signs and approves it. @returns its id, and how to dispatch it, held if need be */
export async function prepareAlert(
  { author, approver }: County,
  texts: TextKind = 'short',
  round = 1,
  sms: readonly string[] = textsOf(texts, round),
): Promise<{ id: string; dispatch: (holdSeconds?: number) => Promise<unknown> }> {
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft(texts, sms))
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)
  return {
    id,
    dispatch: (holdSeconds = 0) =>
      approver.client.post(`/v1/alerts/${id}/dispatch`, { holdSeconds }),
  }
}

/** Recipients taken by the carriers, of those delivered; and how many replied. */
export async function countTaken(
  { sql }: County,
  alertId: string,
): Promise<{ taken: number; delivered: number; replied: number }> {
  const [counts] = await sql`
    select coalesce(sum(submitted + delivered + failed), 0)::int as taken,
      coalesce(sum(delivered), 0)::int as delivered,
      (select coalesce(sum(count), 0)::int from tallies
       where alert_id = ${alertId}::uuid and dimension = 'total' and option <> 'recipients') as replied
    from progress where alert_id = ${alertId}::uuid`
  return counts as unknown as { taken: number; delivered: number; replied: number }
}

export function draft(texts: TextKind, sms: readonly string[]) {
  const square = [
    [-96, 28],
    [-93, 28],
    [-93, 31],
    [-96, 31],
    [-96, 28],
  ]
  return {
    status: 'Actual',
    msgType: 'Alert',
    scope: 'Public',
    info: sms.map((text, i) => ({
      language: LANGUAGES[texts][i],
      category: ['Met'],
      event: 'Flash Flood Warning',
      urgency: 'Immediate',
      severity: 'Extreme',
      certainty: 'Observed',
      headline: 'Flash flood',
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      sms: text,
      area: [{ areaDesc: 'Everywhere', polygon: [{ type: 'Polygon', coordinates: [square] }] }],
    })),
    replies: {
      options: [
        { code: '1', label: 'Safe', words: [] },
        { code: '2', label: 'Need help', words: [], urgent: true },
      ],
    },
  }
}
