import { execFile } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { notify, openDatabase, transact } from '../../src/store/database.ts'
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
    const heard: string[] = []
    for (const channel of ['work', 'states', 'alerts'] as const) {
      await database.listen(
        channel,
        payload => heard.push(`${channel} ${payload}`),
        () => heard.push(`${channel} again`),
      )
    }
    await first.stop()
    heard.length = 0
    for (let round = 0; round < 3; round++) await askAll()
    await wait(3_000)

    const second = await start()
    onTestFinished(() => second.stop())
    expect(second.url).toBe(first.url)
    const startedAt = performance.now()
    expect((await askAll()).map(({ status }) => status)).toEqual(Array(10).fill('fulfilled'))
    // The driver's own pause would be ten seconds and more.
    expect(performance.now() - startedAt).toBeLessThan(4_000)

    // Whoever listens is told once that it may have missed something, however often the connection failed.
    const again = ['work again', 'states again', 'alerts again']
    await expect.poll(() => heard).toEqual(again)
    await notify(database.db, 'states', 'one')
    await notify(database.db, 'alerts', 'two')
    await expect.poll(() => heard).toEqual([...again, 'states one', 'alerts two'])
  },
)

test('a server that refuses is not knocked at by every call', async () => {
  let knocks = 0
  const refusing = createServer(client => {
    knocks++
    client.once('data', () => client.end(STARTING_UP))
    client.on('error', () => undefined)
  })
  await new Promise<void>(resolve => refusing.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void refusing.close())
  const { port } = refusing.address() as AddressInfo
  const url = `postgres://nobody@127.0.0.1:${port}/none`
  const database = openDatabase(url)
  onTestFinished(() => database.close())

  const ask = () => database.db.execute(sql`select 1`)
  await expect(ask()).rejects.toMatchObject({ code: '57P03' })
  const before = knocks
  const begin = () => database.db.transaction(() => Promise.resolve())
  // The pools of a process hear of it from each other.
  const other = openDatabase(url)
  onTestFinished(() => other.close())
  const askOther = () => other.db.execute(sql`select 1`)
  const calls = Array.from({ length: 50 }, () => [ask(), begin(), askOther()]).flat()
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: '57P03' } })
  }
  expect(knocks).toBe(before)
  // But it is asked again.
  await expect
    .poll(async () => (await ask().catch(() => undefined), knocks))
    .toBeGreaterThan(before)
})

/** ErrorResponse of PostgreSQL's protocol: severity, SQLSTATE, message. */
const STARTING_UP = errorResponse('SFATAL', 'C57P03', 'Mstarting up')

function errorResponse(...fields: readonly string[]): Buffer {
  const body = Buffer.from(`${fields.map(field => `${field}\0`).join('')}\0`)
  const head = Buffer.from('E\0\0\0\0', 'latin1')
  head.writeUInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

test.for([
  ['has more to write', async (say: () => PromiseLike<unknown>) => void (await say())],
  ['has written all', async () => undefined],
] as const)(
  'a transaction that was given up while it %s commits nothing afterwards',
  { timeout: 30_000 },
  async ([, goOn], { databaseUrl }) => {
    const { db, close } = openDatabase(databaseUrl, { deadlineMs: 500 })
    onTestFinished(close)
    await db.execute(sql`create table if not exists written (no int)`)
    let ended = () => {}
    const end = new Promise<void>(resolve => (ended = resolve))
    const write = (no: number) => sql`insert into written values (${no}::int)`
    const written = transact(db, async tx => {
      try {
        await tx.execute(write(1))
        // Past the deadline and the two seconds that the server has to end it.
        await wait(3_000)
        await goOn(() => tx.execute(write(2)))
      } finally {
        ended()
      }
    })
    await expect(written).rejects.toMatchObject({ code: 'unavailable' })
    await end
    // Its locks are gone once it is over, in one way or the other.
    const other = openDatabase(databaseUrl)
    onTestFinished(other.close)
    const left = await transact(other.db, async tx => {
      await tx.execute(sql`lock table written in access exclusive mode`)
      return tx.execute(sql`select no from written`)
    })
    expect(left).toEqual([])
  },
)
