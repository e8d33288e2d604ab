import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { sleep } from '../../src/clock.ts'
import { judge, markList } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Database } from '../../src/store/database.ts'
import { migrateDatabase } from '../../src/store/migrate.ts'
import {
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RATE = 400
const RECIPIENTS = 2_400
const NORTH = { name: 'North', segmentsPerSecond: RATE, window: 200, binds: 2 }

const test = serviceTest.extend<{ $file: { residents: Resident[]; simulator: Simulator } }>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
  simulator: [
    async ({ tocsin }, use) => {
      tocsin.startDispatcher()
      await use(await tocsin.startCarriers([NORTH]))
    },
    { scope: 'file' },
  ],
})

/** The migrations of a version that has one more, the newest. @returns their folder */
async function newerVersion(tag: string, statements: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-newer-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(fileURLToPath(new URL('../../drizzle', import.meta.url)), folder, { recursive: true })
  await writeFile(join(folder, `${tag}.sql`), statements)
  const path = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(await readFile(path, 'utf8')) as { entries: { when: number }[] }
  const when = Math.max(...journal.entries.map(entry => entry.when), Date.now()) + 1
  const entry = { idx: journal.entries.length, version: '7', when, tag, breakpoints: true }
  journal.entries.push(entry)
  await writeFile(path, JSON.stringify(journal))
  return folder
}

const boundLinks = (db: Database) =>
  db.execute(sql`select from carrier_links where state = 'bound'`)

const begin = async (tocsin: Tocsin, { list }: Simulator) => {
  const since = markList(list)
  const alertId = await sendDraft(tocsin, floodAlert())
  await list.until(() => list.messages - since.messages >= 200, 30_000)
  return { since, alertId }
}

test(
  'fault F16: while a newer version takes the place of this one nothing stands still, and everybody is reached once',
  { timeout: 90_000 },
  async ({ tocsin, db, databaseUrl, residents, simulator }) => {
    const { list } = simulator
    const { since, alertId } = await begin(tocsin, simulator)
    // Somebody reads what is to be altered, and takes his time.
    const reading = db.transaction(async tx => {
      await tx.execute(sql`select count(*) from ranges, alerts`)
      await sleep(3_000)
    })
    const folder = await newerVersion(
      '9000_newer',
      `alter table alerts add column newer text;--> statement-breakpoint
       alter table ranges add column newer text;--> statement-breakpoint
       create index ranges_newer on ranges (newer) where newer is not null;`,
    )
    const before = list.messages
    let isMigrated = false
    const migrating = migrateDatabase(databaseUrl, folder).then(() => (isMigrated = true))
    await sleep(2_500)
    expect(isMigrated).toBe(false)
    // Of what the carrier takes in that time not all, but much: who waits for a lock lets the others pass.
    expect(list.messages - before).toBeGreaterThan(RATE)
    await Promise.all([reading, migrating])
    // The dispatchers are replaced one by one, the API too.
    const next = tocsin.startDispatcher()
    await until(
      () => boundLinks(db),
      links => links.length === 2,
      'the next one has a bind',
    )
    await tocsin.restartApi()
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(progress.possibleDuplicates).toBe(0)
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      extraCopies: 0,
    })
    next.kill('SIGTERM')
    await once(next, 'exit')
  },
)

test(
  'where a newer version makes the database ready for itself alone, this one drains, ends, and does not start again',
  { timeout: 90_000 },
  async ({ tocsin, db, databaseUrl, residents, simulator }) => {
    const { list } = simulator
    const said: string[] = []
    const old = tocsin.startDispatcher(line => said.push(line))
    const ended = once(old, 'exit')
    await until(
      () => boundLinks(db),
      links => links.length === 2,
      'both have a bind',
    )
    const { since, alertId } = await begin(tocsin, simulator)
    const [row] = await db.execute<{ migrations: number }>(sql`select migrations from schema_floor`)
    await migrateDatabase(
      databaseUrl,
      await newerVersion('9001_alone', 'update schema_floor set migrations = 9002;'),
    )
    expect(await ended).toEqual([1, null])
    expect(said.join('\n')).toContain('a newer version has taken over the database')
    // One that is left alone binds anew with all binds; one that ends takes its row away.
    const links = () => db.execute(sql`select from carrier_links`)
    await until(links, rows => rows.length === 0, 'both are gone')
    const left = list.messages
    await sleep(500)
    expect(list.messages).toBe(left)
    await expect(migrateDatabase(databaseUrl)).rejects.toThrow('Start the newer one')
    const again = tocsin.startDispatcher()
    expect(await once(again, 'exit')).toEqual([1, null])

    // What the newer version goes on with.
    await db.execute(sql`update schema_floor set migrations = ${row!.migrations}`)
    tocsin.startDispatcher()
    await tocsin.restartApi()
    await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      extraCopies: 0,
    })
  },
)
