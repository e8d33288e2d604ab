/** What the benches of the whole engine have in common: Tocsin, people in its database, a sink, an alert. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { signIn } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import {
  addCarrier,
  hire,
  scratchDirectory,
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
  /** Straight to its database: what is asked there costs the engine next to nothing. */
  readonly sql: postgres.Sql
  readonly author: Person
  readonly approver: Person
}

/** Starts everything, with carriers bound to the sink, and ends it when `work` is done. */
export async function withCounty(
  options: {
    readonly recipients: number
    readonly carrier: {
      readonly segmentsPerSecond: number
      readonly window: number
      readonly binds: number
    }
    /** Accounts like this, up to three. */
    readonly carriers?: number
    readonly texts?: TextKind
    readonly sinkFlags?: readonly string[]
  },
  work: (county: County) => Promise<void>,
): Promise<void> {
  const scratch = await scratchDirectory('bench')
  const sink = await startSinkProcess(options.sinkFlags)
  const tocsin = await startTocsin({
    TOCSIN_DATA_DIR: join(scratch, 'data'),
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  })
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
    for (const systemId of ['bench', 'bench2', 'bench3'].slice(0, options.carriers ?? 1)) {
      await addCarrier(administrator, {
        name: `Sink ${systemId}`,
        port: sink.port,
        systemId,
        password: 'bench',
        ...options.carrier,
      })
    }
    await until(
      () => administrator.get<{ items: { state: string }[] }>('/v1/carriers'),
      ({ items }) => items.every(carrier => carrier.state === 'bound'),
      'the carriers bound',
    )
    await work({ tocsin, sink, sql, author, approver })
    await sql.end()
  } finally {
    await tocsin.stop()
    await sink.stop()
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

/** Writes an alert to everyone, signs and approves it. @returns its id, and how to dispatch it */
export async function prepareAlert(
  { author, approver }: County,
  texts: TextKind = 'short',
  round = 1,
): Promise<{ id: string; dispatch: () => Promise<unknown> }> {
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft(texts, round))
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)
  return { id, dispatch: () => approver.client.post(`/v1/alerts/${id}/dispatch`) }
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

function draft(texts: TextKind, round: number) {
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
    info: textsOf(texts, round).map((sms, i) => ({
      language: LANGUAGES[texts][i],
      category: ['Met'],
      event: 'Flash Flood Warning',
      urgency: 'Immediate',
      severity: 'Extreme',
      certainty: 'Observed',
      headline: 'Flash flood',
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      sms,
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
