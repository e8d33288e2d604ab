/**
 * bench:receipts: how long a receipt takes to find its message, by how many messages wait for theirs. Ids lie in
 * the database as dispatchers write them, 250 a batch; receipts come in random order, 250 at a time, and each
 * must find its own.
 *
 * `--outstanding 10000,1000000,4000000`: past two million ids, memory keeps only fingerprints of the oldest.
 * `--receipts 100000`. Starts a PostgreSQL of its own in a temporary directory.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { insertSubmissions } from '../../src/store/submissions.ts'
import { scratchDirectory } from '../rehearsal.ts'

const { values } = parseArgs({
  options: {
    outstanding: { type: 'string', default: '10000,1000000,4000000' },
    receipts: { type: 'string', default: '100000' },
  },
})
const BATCH = 250
/** Batches written in one statement, to be done sooner. */
const AT_ONCE = 40

const directory = await scratchDirectory('bench')
const server = await startEmbeddedPostgres({ directory })
try {
  await migrateDatabase(server.url)
  const { db, close } = openDatabase(server.url, { deadlineMs: 600_000 })
  for (const outstanding of values.outstanding.split(',').map(Number)) {
    await bench(db, outstanding)
  }
  await close()
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}

/** As many message centres write them: digits of equal length. */
function idOf(no: number): string {
  return String(7_000_000_000_000_000 + no)
}

async function bench(db: Database, outstanding: number): Promise<void> {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId)
  await ids.find(['nobody'])
  const alertId = randomUUID()
  const refs = Buffer.alloc(BATCH * 4)
  for (let i = 0; i < BATCH; i++) refs.writeUInt32BE((i << 16) | 1, i * 4)
  let addSeconds = 0
  for (let from = 0; from < outstanding; from += BATCH * AT_ONCE) {
    const batches = Array.from({ length: AT_ONCE }, (_batch, n) => {
      const first = from + n * BATCH
      const given = Array.from({ length: BATCH }, (_, i) => idOf(first + i))
      return { carrierId, alertId, blockNo: first + 1, ids: given, refs }
    })
    const written = await insertSubmissions(db, randomUUID(), batches)
    const startedAt = performance.now()
    for (const submissions of written) ids.add(submissions)
    addSeconds += (performance.now() - startedAt) / 1000
  }

  const receipts = Math.min(Number(values.receipts), outstanding)
  const waiting: number[] = []
  while (waiting.length < receipts) waiting.push(randomInt(outstanding))
  const startedAt = performance.now()
  for (let at = 0; at < receipts; at += BATCH) {
    const batch = waiting.slice(at, at + BATCH)
    const found = await ids.find(batch.map(idOf))
    for (const no of batch) {
      const given = found.get(idOf(no))
      if (given === undefined || given.blockNo + given.offset !== no + 1) {
        throw new Error(`the message ${no} was not found`)
      }
    }
  }
  const micros = ((performance.now() - startedAt) * 1000) / receipts
  process.stdout.write(
    `${outstanding.toLocaleString('en').padStart(11)} outstanding: ${micros.toFixed(2)} µs a receipt, ` +
      `${((addSeconds * 1e6) / outstanding).toFixed(2)} µs to take up an id, ` +
      `${Math.round(process.memoryUsage().arrayBuffers / 2 ** 20)} MiB of tables\n`,
  )
}
