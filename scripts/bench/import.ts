/**
 * bench:import: a million contacts imported, beside a bare COPY of the same rows into the same tables with the
 * same indexes. It must reach a third of that, with flat memory.
 *
 * `--rows n` (default 1,000,000). Starts a PostgreSQL of its own in a temporary directory.
 */
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { v7 as uuid } from 'uuid'
import { startImport, getImport } from '../../src/audience/import.ts'
import { openDatabase, type OpenDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { scratchDirectory } from '../rehearsal.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const rows = Math.min(Number(values.rows), 5_000_000)

const directory = await scratchDirectory('bench')
const server = await startEmbeddedPostgres({ directory })
try {
  await migrateDatabase(server.url)
  const database = openDatabase(server.url, { deadlineMs: 600_000 })
  const bare = await timed(() => copyBare(database))
  await database.session(session => session.sql`truncate contacts cascade`)
  await database.session(session => session.sql`checkpoint`)

  let peak = 0
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50)
  const before = process.memoryUsage.rss()
  const imported = await timed(() => importFile(database))
  clearInterval(sampler)
  await database.close()

  const perSecond = (seconds: number) => Math.round(rows / seconds).toLocaleString('en')
  console.log(`bare COPY   ${bare.toFixed(1)} s, ${perSecond(bare)} contacts/s`)
  console.log(`import      ${imported.toFixed(1)} s, ${perSecond(imported)} contacts/s`)
  console.log(`ratio       ${(bare / imported).toFixed(2)} (at least 0.33)`)
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  console.log(`memory      ${mebibytes(before)} before, ${mebibytes(peak)} at its peak`)
  process.exitCode = bare / imported >= 1 / 3 ? 0 : 1
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Around a thousand places, as people live: close together, in no order. */
function positionOf(no: number): [longitude: number, latitude: number] {
  const place = Math.imul(no, 2654435761) >>> 22
  const noise = (seed: number) => ((Math.imul(no + seed, 2246822519) >>> 0) / 2 ** 32 - 0.5) / 5
  return [-120 + ((place * 37) % 1000) / 20 + noise(1), 26 + ((place * 61) % 997) / 45 + noise(2)]
}

function phoneOf(no: number): string {
  return `+1555${String(no).padStart(7, '0')}`
}

/** In rising order, as UUIDv7 are. */
function idOf(no: number): string {
  return `018f0000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`
}

async function copyBare(database: OpenDatabase): Promise<void> {
  await database.session(async session => {
    await pipeline(
      Readable.from(batches(no => `${idOf(no)}\t${phoneOf(no)}\tPerson ${no}\ten\n`)),
      await session.sql`copy contacts (id, phone, name, language) from stdin`.writable(),
    )
    await pipeline(
      Readable.from(batches(no => `${idOf(no)}\t(${positionOf(no).join(',')})\tt\n`)),
      await session.sql`copy locations (contact_id, position, sole) from stdin`.writable(),
    )
  })
}

async function importFile(database: OpenDatabase): Promise<void> {
  async function* body() {
    yield Buffer.from('phone,name,language,longitude,latitude\n')
    yield* batches(no => `${phoneOf(no)},Person ${no},en,${positionOf(no).join(',')}\n`)
  }
  const { id, finished } = await startImport(database, body(), {
    operatorId: uuid(),
    mode: 'upsert',
    country: undefined,
    confirmRemove: undefined,
  })
  await finished
  const { state, created } = await getImport(database.db, id)
  if (state !== 'completed' || created !== rows) throw new Error(`the import ${state}: ${created}`)
}

function* batches(lineOf: (no: number) => string): Generator<Buffer> {
  for (let from = 0; from < rows; from += 1000) {
    let text = ''
    for (let no = from; no < Math.min(rows, from + 1000); no++) text += lineOf(no)
    yield Buffer.from(text)
  }
}
