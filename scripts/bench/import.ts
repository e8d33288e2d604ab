/**
 * bench:import: a million contacts imported, beside a bare COPY of the same rows into the same tables with the
 * same indexes. It must reach a third of that, with flat memory.
 *
 * Then the same people again, each under another name and in another language, at another place and in a group, as
 * an upsert and as a replacement. Meanwhile a dispatch is prepared over and over, all its recipients read as the
 * planner reads them: how long that takes beside the import, and alone, is printed.
 *
 * `--rows n` (default 1,000,000). Starts a PostgreSQL of its own in a temporary directory.
 */
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { v7 as uuid } from 'uuid'
import { startImport, getImport } from '../../src/audience/import.ts'
import { copyAudience } from '../../src/audience/recipients.ts'
import { resolveAudience } from '../../src/audience/resolve.ts'
import type { Area } from '../../src/cap/area.ts'
import { openDatabase, type OpenDatabase } from '../../src/store/database.ts'
import { insertGroup } from '../../src/store/groups.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { scratchDirectory } from '../rehearsal.ts'
import { phoneKeyOf, phoneOf } from './phones.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const rows = Math.min(Number(values.rows), 5_000_000)

const GROUP = {
  name: 'Everybody',
  description: undefined,
  area: undefined,
  rule: undefined,
  expression: undefined,
}
/** Some hundredth of the people. */
const READ: Area = {
  areaDesc: 'a hundredth of the people',
  circle: [{ center: [-95, 37], radiusKm: 250 }],
}

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
  const imported = await timed(() => importFile(database, 'first'))
  const alone = await planningTimes(database, pause(3_000))
  const changed: { mode: string; seconds: number; planning: readonly number[] }[] = []
  await insertGroup(database.db, { id: uuid(), ...GROUP })
  for (const mode of ['upsert', 'replace'] as const) {
    const startedAt = performance.now()
    const planning = await planningTimes(database, importFile(database, mode))
    changed.push({ mode, seconds: (performance.now() - startedAt) / 1000, planning })
  }
  clearInterval(sampler)
  await database.close()

  const perSecond = (seconds: number) => Math.round(rows / seconds).toLocaleString('en')
  console.log(`bare COPY   ${bare.toFixed(1)} s, ${perSecond(bare)} contacts/s`)
  console.log(`import      ${imported.toFixed(1)} s, ${perSecond(imported)} contacts/s`)
  console.log(`ratio       ${(bare / imported).toFixed(2)} (at least 0.33)`)
  console.log(`planning    ${READ.areaDesc}, alone: ${inWords(alone)}`)
  for (const { mode, seconds, planning } of changed) {
    console.log(`all changed ${seconds.toFixed(1)} s, ${perSecond(seconds)} contacts/s by ${mode}`)
    console.log(`planning    beside it: ${inWords(planning)}`)
  }
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
      Readable.from(
        batches(no => {
          const place = `(${positionOf(no).join(',')})`
          return `${idOf(no)}\t${place}\tt\t${phoneKeyOf(no)}\ten\n`
        }),
      ),
      await session.sql`
        copy locations (contact_id, position, sole, phone_key, language) from stdin`.writable(),
    )
  })
}

async function importFile(
  database: OpenDatabase,
  turn: 'first' | 'upsert' | 'replace',
): Promise<void> {
  const lineOf = {
    first: (no: number) => `${phoneOf(no)},Person ${no},en,${positionOf(no).join(',')}\n`,
    upsert: (no: number) =>
      `${phoneOf(no)},Renamed ${no},es,${positionOf(no + 1).join(',')},${GROUP.name}\n`,
    replace: (no: number) => `${phoneOf(no)},Again ${no},en,${positionOf(no).join(',')},\n`,
  }[turn]
  async function* body() {
    yield Buffer.from(
      `phone,name,language,longitude,latitude${turn === 'first' ? '' : ',groups'}\n`,
    )
    yield* batches(lineOf)
  }
  const { id, finished } = await startImport(database, body(), {
    operatorId: uuid(),
    mode: turn === 'replace' ? 'replace' : 'upsert',
    country: undefined,
    confirmRemove: undefined,
  })
  await finished
  const { state, created, updated } = await getImport(database.db, id)
  if (state !== 'completed' || (turn === 'first' ? created : updated) !== rows)
    throw new Error(`the import ${state}: ${created} created, ${updated} changed`)
}

/** @returns milliseconds of each time that everybody of an area was read until `work` was done */
async function planningTimes(database: OpenDatabase, work: Promise<void>): Promise<number[]> {
  let isDone = false
  const end = work.finally(() => (isDone = true))
  const times: number[] = []
  while (!isDone) {
    const startedAt = performance.now()
    await plan(database)
    times.push(performance.now() - startedAt)
    await pause(200)
  }
  await end
  return times
}

async function plan(database: OpenDatabase): Promise<void> {
  const audience = await resolveAudience(database.db, {
    areas: [READ],
    groups: [],
    excludeGroups: [],
    emergency: true,
    categories: [],
  })
  await database.session(session =>
    session.db.transaction(
      snapshot =>
        copyAudience(
          session,
          snapshot,
          audience,
          { ids: [] },
          {
            take: () => undefined,
            drain: () => undefined,
          },
        ),
      { isolationLevel: 'repeatable read' },
    ),
  )
}

function inWords(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const ms = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]!)
  return `median ${ms(0.5)} ms, longest ${ms(1)} ms of ${sorted.length}`
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function* batches(lineOf: (no: number) => string): Generator<Buffer> {
  for (let from = 0; from < rows; from += 1000) {
    let text = ''
    for (let no = from; no < Math.min(rows, from + 1000); no++) text += lineOf(no)
    yield Buffer.from(text)
  }
}
