/**
 * The whole engine against the wire: recipients in the database, an alert signed, approved and dispatched over
 * HTTP, the dispatcher as the process that it is, fsync on. Beside it, in the same run and against the same
 * sink, the loop by hand without a database.
 *
 *     npm run bench:dispatch -- --recipients 200000 [--receipts]
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { signIn } from '../../src/cli/client.ts'
import type { Progress } from '../../src/reports/progress.ts'
import { signAs } from '../../src/cli/send.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import { addCarrier, hire, scratchDirectory, startTocsin, until } from '../rehearsal.ts'
import { processorSeconds } from './processor-time.ts'
import { sendByHand, TEXT, WINDOW } from './hand-loop.ts'
import { startSinkProcess, type Arrived } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '200000' },
    receipts: { type: 'boolean', default: false },
    binds: { type: 'string', default: '1' },
  },
})
const RECIPIENTS = Number(values.recipients)
const BINDS = Number(values.binds)
const ADMINISTRATOR = { email: 'administrator@county.example', password: 'bench-administrator' }

const scratch = await scratchDirectory('bench')
const sink = await startSinkProcess(values.receipts ? ['--receipts'] : [])
const tocsin = await startTocsin({
  TOCSIN_DATA_DIR: join(scratch, 'data'),
  TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
  TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
})
try {
  await bench()
} finally {
  await tocsin.stop()
  await sink.stop()
  await rm(scratch, { recursive: true, force: true })
}

async function bench(): Promise<void> {
  const databaseUrl = await findRunningServer(join(scratch, 'data', 'postgres'))
  if (databaseUrl === undefined) throw new Error('the embedded database is not where it was')
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  await seed(sql)

  const administrator = await signIn({ url: tocsin.url, ...ADMINISTRATOR })
  const author = await hire(administrator, tocsin.url, { name: 'Bench Author', roles: ['author'] })
  const approver = await hire(administrator, tocsin.url, {
    name: 'Bench Approver',
    roles: ['approver'],
  })
  await addCarrier(administrator, {
    name: 'Sink',
    port: sink.port,
    systemId: 'bench',
    password: 'bench',
    segmentsPerSecond: 1_000_000,
    window: WINDOW / BINDS,
    binds: BINDS,
  })
  await until(
    () => administrator.get<{ items: { state: string }[] }>('/v1/carriers'),
    ({ items }) => items.every(carrier => carrier.state === 'bound'),
    'the carrier bound',
  )

  const byHand = await sendByHand(sink.port, RECIPIENTS)
  assertAllOnce('by hand', await sink.arrived(RECIPIENTS))
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft())
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)

  const walBefore = await walBytes(sql)
  const cpuBefore = await processorTimes(sql)
  const dispatchedAt = performance.now()
  await approver.client.post(`/v1/alerts/${id}/dispatch`)
  let firstMs = 0
  const enough = values.receipts ? 'delivered' : 'submitted'
  // Asked of the database, not over HTTP, so that the asking costs the engine next to nothing.
  for (;;) {
    const [counts] = await sql`
      select coalesce(sum(submitted + delivered + failed), 0)::int as taken, coalesce(sum(delivered), 0)::int as delivered
      from progress where alert_id = ${id}::uuid`
    const { taken, delivered } = counts as unknown as { taken: number; delivered: number }
    if (taken > 0 && firstMs === 0) firstMs = performance.now() - dispatchedAt
    if ((enough === 'delivered' ? delivered : taken) >= RECIPIENTS) break
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  const seconds = (performance.now() - dispatchedAt) / 1000
  const progress = await author.client
    .get<Progress>(`/v1/alerts/${id}/progress`)
    .catch(() => undefined)
  const perSecond = Math.round(RECIPIENTS / seconds)
  const walPerMessage = Math.round(((await walBytes(sql)) - walBefore) / RECIPIENTS)
  const cpu = await processorTimes(sql)
  const micros = (part: keyof typeof cpu) =>
    Number((((cpu[part] - cpuBefore[part]) * 1e6) / RECIPIENTS).toFixed(1))
  const processorMicros = { dispatcher: micros('dispatcher'), postgres: micros('postgres') }
  await sql.end()
  assertAllOnce('engine', await sink.arrived(RECIPIENTS))

  const line = (name: string, rate: number) =>
    process.stdout.write(
      `${name.padEnd(28)} ${rate.toLocaleString('en').padStart(9)} a second ${(rate / byHand.perSecond).toFixed(2).padStart(6)} of the limit\n`,
    )
  line('by hand, no database', byHand.perSecond)
  line(values.receipts ? 'engine, a receipt each' : 'engine, no receipts', perSecond)
  process.stdout.write(
    `first result after ${Math.round(firstMs)} ms, ${walPerMessage} bytes of WAL a message, possible duplicates ${progress?.possibleDuplicates ?? '?'}\n` +
      `processor time a message: dispatcher ${processorMicros.dispatcher} µs, database ${processorMicros.postgres} µs\n`,
  )
  process.stdout.write(
    `${JSON.stringify({ bench: 'dispatch', recipients: RECIPIENTS, receipts: values.receipts, byHand, perSecond, seconds, firstMs, walPerMessage, processorMicros })}\n`,
  )
}

async function seed(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into contacts (id, phone, name, language)
    select gen_random_uuid(), '+1555' || lpad(i::text, 7, '0'), 'Resident ' || i, 'en-US'
    from generate_series(1, ${RECIPIENTS}::int) i`
  await sql`
    insert into locations (contact_id, position, sole)
    select id, point(-95 + random(), 29 + random()), true from contacts`
  // As autovacuum leaves them a minute later.
  await sql`vacuum analyze contacts, locations`
}

function draft() {
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
    info: [
      {
        language: 'en-US',
        category: ['Met'],
        event: 'Flash Flood Warning',
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
        headline: 'Flash flood',
        expires: new Date(Date.now() + 3_600_000).toISOString(),
        sms: TEXT,
        area: [{ areaDesc: 'Everywhere', polygon: [{ type: 'Polygon', coordinates: [square] }] }],
      },
    ],
    replies: {
      options: [
        { code: '1', label: 'Safe', words: [] },
        { code: '2', label: 'Need help', words: [], urgent: true },
      ],
    },
  }
}

/** A figure counts only where the sink's own list says that everyone was reached, and nobody twice. */
function assertAllOnce(who: string, { reached, twice }: Arrived): void {
  if (reached === RECIPIENTS && twice === 0) return
  throw new Error(`${who}: ${reached} of ${RECIPIENTS} reached, ${twice} more than once`)
}

/** The database's processes are those of its postmaster. */
async function processorTimes(sql: postgres.Sql) {
  const backends = await sql`select pid from pg_stat_activity`
  const stat = await readFile(`/proc/${backends[0]?.['pid']}/stat`, 'latin1')
  const postmaster = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  const main = tocsin.process.pid
  return {
    dispatcher: await processorSeconds(
      (command, parent) => parent === main && command.includes('main.js'),
    ),
    postgres: await processorSeconds((_command, parent) => parent === postmaster),
  }
}

async function walBytes(sql: postgres.Sql): Promise<number> {
  const [row] = await sql`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`
  return Number((row as unknown as { bytes: string }).bytes)
}
