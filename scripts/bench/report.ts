/**
 * bench:report: how fast the CSV of an alert comes, beside a bare COPY of the same rows out of a table that holds
 * them one by one; how long the after-action report takes, and what twenty watchers ask for twice; each with what
 * memory it grows by.
 *
 * `--recipients 200000,1000000`. Starts a PostgreSQL of its own in a temporary directory.
 */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import { draftSchema } from '../../src/cap/alert.ts'
import { deliveriesCsv } from '../../src/reports/deliveries.ts'
import { htmlOf } from '../../src/reports/html.ts'
import { readableReport } from '../../src/reports/readable-report.ts'
import { shareCounts } from '../../src/reports/shared-count.ts'
import { Block } from '../../src/store/block.ts'
import { writeBlocks } from '../../src/store/blocks.ts'
import {
  openDatabase,
  transact,
  type Database,
  type OpenDatabase,
} from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_RETENTION,
  ensureOrganisation,
} from '../../src/store/organisation.ts'
import { Bin } from '../../src/store/packing.ts'
import { insertBlocks } from '../../src/store/plan.ts'
import { scratchDirectory } from '../rehearsal.ts'

const { values } = parseArgs({
  options: { recipients: { type: 'string', default: '200000,1000000' } },
})
const BLOCK = 500
/** Blocks written in one transaction. */
const AT_ONCE = 40
/** Of ten recipients so many have answered. */
const ANSWERED = 4
const WATCHERS = 20

const directory = await scratchDirectory('bench')
const server = await startEmbeddedPostgres({ directory })
try {
  await migrateDatabase(server.url)
  const database = openDatabase(server.url, { deadlineMs: 600_000 })
  for (const recipients of values.recipients.split(',').map(Number)) {
    await bench(database, recipients)
  }
  await database.close()
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}

async function bench(database: OpenDatabase, recipients: number): Promise<void> {
  const { db } = database
  const alertId = await anAlert(db, recipients)
  process.stdout.write(`${recipients.toLocaleString('en')} recipients\n`)
  await measured('CSV', recipients, async () => {
    let octets = 0
    for await (const piece of deliveriesCsv(db, alertId, { roles: ['author'] })) {
      octets += Buffer.byteLength(piece)
    }
    return octets
  })
  await measured('report', recipients, async () => {
    const { sheet } = await readableReport(db, alertId, ['en'], new Date())
    return Buffer.byteLength(await htmlOf(sheet))
  })
  await measured('watched', recipients, () => watchAlert(db, alertId))
  await spreadOut(database, alertId)
  await measured('COPY', recipients, copyOut)
}

/** Twenty consoles ask for what they show beside the stream, and ask again. */
async function watchAlert(db: Database, alertId: string): Promise<number> {
  const outcomesOf = shareCounts(db, () => new Date())
  const ask = () => Promise.all(Array.from({ length: WATCHERS }, () => outcomesOf(alertId)))
  const [outcomes] = [await ask(), await ask()].flat()
  return Buffer.byteLength(JSON.stringify(outcomes)) * WATCHERS * 2
}

async function measured(
  what: string,
  recipients: number,
  work: () => Promise<number>,
): Promise<void> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const octets = await work()
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(sampler)
  const rate = Math.round(recipients / seconds).toLocaleString('en')
  const grown = Math.round((peak - before) / 2 ** 20)
  process.stdout.write(
    `  ${what.padEnd(7)} ${seconds.toFixed(2).padStart(6)} s, ${rate.padStart(9)} recipients a second, ` +
      `${(octets / 2 ** 20).toFixed(1)} MiB; memory + ${grown} MiB, ` +
      `${((user + system) / recipients).toFixed(1)} µs of our processor time each\n`,
  )
}

/** Sent, and delivered to nearly all, as the engine leaves it. */
async function anAlert(db: Database, recipients: number): Promise<string> {
  await ensureOrganisation(db, {
    name: 'Bench County',
    timeZone: 'America/Chicago',
    country: 'US',
    sender: 'alerts@bench.example',
    languages: ['en-US'],
    policy: DEFAULT_POLICY,
    retention: DEFAULT_RETENTION,
    masterKeyCheck: 'none',
  })
  const [alertId, operatorId, carrierId] = [randomUUID(), randomUUID(), randomUUID()]
  await db.execute(sql`
    insert into operators (id, email, name, roles)
    values (${operatorId}, ${`${operatorId}@bench.example`}, 'A. Author', '{author}')`)
  await db.execute(sql`
    insert into carriers (id, name, protocol, segments_per_second, "window", binds, source_address,
      settings, routes, enabled)
    values (${carrierId}, ${carrierId}, 'smpp', 1000, 10, 1, '72345', '{}', '[]', true)`)
  const draft = draftSchema.parse({
    status: 'Actual',
    info: [
      {
        category: ['Met'],
        event: 'Flash Flood Warning',
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
        sms: 'FLASH FLOOD.',
      },
    ],
  })
  await db.execute(sql`
    insert into alerts (id, state, mode, status, msg_type, severity, draft, content, created_by, delivery,
      recipients, planned, plan_state, dispatched_at)
    values (${alertId}, 'sending', 'live', 'Actual', 'Alert', 'Extreme', ${JSON.stringify(draft)}::jsonb, '',
      ${operatorId}, 'at-least-once', ${recipients}, ${recipients}, 'done', now())`)
  for (let from = 0; from < recipients; from += BLOCK * AT_ONCE) {
    const size = Math.min(BLOCK * AT_ONCE, recipients - from)
    await transact(db, tx => insertSent(tx, alertId, carrierId, from, size))
  }
  await db.execute(sql`
    insert into replies (alert_id, seq, option, replied_at)
    select ${alertId}::uuid, seq, '1', now() + random() * interval '60 seconds'
    from generate_series(1, ${recipients}::int) as seq where seq % 10 < ${ANSWERED}`)
  await db.execute(sql`analyze blocks, replies`)
  return alertId
}

async function insertSent(
  tx: Database,
  alertId: string,
  carrierId: string,
  from: number,
  size: number,
): Promise<void> {
  const bin = new Bin({
    routeClass: '',
    textNo: 0,
    segments: 1,
    expires: new Date(),
    blockSize: BLOCK,
  })
  const id = Buffer.alloc(16)
  for (let i = 0; i < size; i++) {
    id.writeUInt32BE(from + i, 12)
    bin.add(id, 0, 15_550_000_000 + from + i, 0, [])
  }
  const packed = bin.cut(true)
  const blockNos = packed.map((_block, i) => from + i * BLOCK + 1)
  await insertBlocks(tx, alertId, packed, blockNos)
  const now = Date.now()
  const blocks = packed.map(({ size: held }, i) => {
    const empty = new Uint8Array()
    const row = { alertId, blockNo: blockNos[i]!, size: held, segments: 1, plannedAt: now }
    const rest = { parts: null, olderParts: null, carriers: [], reasons: [] }
    const block = new Block({ ...row, ...rest, now: now + 3_000, records: empty, extras: empty })
    for (let offset = 0; offset < held; offset++) {
      block.submitted(offset, carrierId)
      const segment = { offset, part: 0, tryNo: 0 }
      if (offset % 100 === 0) block.segmentFailed(segment, 'UNDELIV 001', carrierId)
      else block.segmentDelivered(segment, carrierId)
    }
    return block
  })
  await writeBlocks(tx, blocks)
}

/** The same rows as they would stand in a table of one a recipient. */
async function spreadOut({ db }: OpenDatabase, alertId: string): Promise<void> {
  await db.execute(sql`drop table if exists one_by_one`)
  await db.execute(sql`
    create table one_by_one as
    select seq, '+' || (15550000000 + seq) as phone, gen_random_uuid() as contact_id, 'delivered' as state,
      null::text as reason, b.carriers[1] as carrier_id, 1 as segments, 1 as attempts, false as possible_duplicate,
      b.planned_at + interval '1 second' as submitted_at, b.planned_at + interval '3 seconds' as final_at,
      r.option as reply, r.replied_at
    from blocks b
      cross join lateral generate_series(b.block_no, b.block_no + b.size - 1) as seq
      left join replies r using (alert_id, seq)
    where b.alert_id = ${alertId}::uuid`)
}

/** On a pool of its own: of one connection postgres.js may not hear again behind a COPY (`store/audience.ts`). */
async function copyOut(): Promise<number> {
  const apart = openDatabase(server.url, { deadlineMs: 600_000 })
  const octets = await apart.session(async ({ sql: driver }) => {
    let sum = 0
    const query = driver`copy one_by_one to stdout with (format csv, header, force_quote *)`
    const stream = await query.readable()
    for await (const piece of stream) sum += (piece as Buffer).byteLength
    await query
    return sum
  })
  await apart.close()
  return octets
}
