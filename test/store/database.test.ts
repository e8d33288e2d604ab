import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { temporaryDirectory } from '../support/cluster.ts'
import { test } from '../support/database.ts'

const script = fileURLToPath(new URL('../support/database-cut.ts', import.meta.url))

test('connections that are cut in a transaction fail it, and end no process', async ({
  databaseUrl,
}) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, databaseUrl],
    { timeout: 60_000, env: { ...process.env, TOCSIN_LOG_LEVEL: 'silent' } },
  )
  expect(stdout).toBe('survived\n')
}, 60_000)

test(
  'a database that is back answers at once, however often it had not',
  { timeout: 60_000 },
  async () => {
    const directory = await temporaryDirectory()
    onTestFinished(() => directory.remove())
    const start = () =>
      startEmbeddedPostgres({ directory: directory.path, settings: { fsync: 'off' } })
    const first = await start()
    const database = openDatabase(first.url)
    onTestFinished(() => database.close())
    const askAll = () =>
      Promise.allSettled(Array.from({ length: 10 }, () => database.db.execute(sql`select 1`)))
    await askAll()
    await first.stop()
    for (let round = 0; round < 3; round++) await askAll()

    const second = await start()
    onTestFinished(() => second.stop())
    expect(second.url).toBe(first.url)
    const startedAt = performance.now()
    expect((await askAll()).map(({ status }) => status)).toEqual(Array(10).fill('fulfilled'))
    // The driver's own pause would be ten seconds and more.
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  },
)
