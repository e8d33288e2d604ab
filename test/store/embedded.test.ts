import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import postgres from 'postgres'
import { test as base, expect } from 'vitest'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'

const isRoot = process.getuid?.() === 0
const settings = { fsync: 'off' }

/** A cluster of this file's own, stopped between the tests; what it left elsewhere goes with it. */
const test = base.extend<{ $file: { directory: string } }>({
  directory: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures a fixture needs from its pattern
    async ({}, use) => {
      const directory = await mkdtemp(join(tmpdir(), 'tocsin-embedded-'))
      await chmod(directory, 0o711)
      await use(directory)
      const server = await startEmbeddedPostgres({ directory, settings })
      await server.stop()
      await rm(await realpath(join(directory, 'cluster')), { recursive: true })
      await rm(directory, { recursive: true })
    },
    { scope: 'file' },
  ],
})

interface Owner {
  readonly process: ChildProcess
  readonly url: string
  readonly pid: number
}

async function startOwner(directory: string): Promise<Owner> {
  const script = join(import.meta.dirname, '../support/database-owner.ts')
  const owner = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: owner.stdout })) {
    return { process: owner, ...(JSON.parse(line) as { url: string; pid: number }) }
  }
  throw new Error('the owner ended before it had a database')
}

async function killed(owner: Owner): Promise<void> {
  owner.process.kill('SIGKILL')
  await once(owner.process, 'exit')
}

async function query<T>(url: string, text: string): Promise<readonly T[]> {
  const client = postgres(url, { max: 1 })
  try {
    return await client.unsafe<(T & postgres.Row)[]>(text)
  } finally {
    await client.end()
  }
}

test('the server of a killed owner is taken over, with what it holds', async ({ directory }) => {
  const owner = await startOwner(directory)
  await query(owner.url, 'create table kept as select 1 as one')
  await killed(owner)

  const server = await startEmbeddedPostgres({ directory, settings })

  expect(server).toMatchObject({ pid: owner.pid, url: owner.url })
  expect(await query(server.url, 'select one from kept')).toEqual([{ one: 1 }])
  await server.stop()
  await server.stop()
})

test('after a kill of everything the next start has every committed row', async ({ directory }) => {
  const owner = await startOwner(directory)
  await query(owner.url, 'create table committed as select 1 as one')
  await killed(owner)
  process.kill(owner.pid, 'SIGKILL')

  const server = await startEmbeddedPostgres({ directory, settings })

  expect(server.pid).not.toBe(owner.pid)
  expect(server.url).toBe(owner.url)
  expect(await query(server.url, 'select one from committed')).toEqual([{ one: 1 }])
  await server.stop()
})

test('a server that dies under its owner is started again at the same address', async ({
  directory,
}) => {
  const server = await startEmbeddedPostgres({ directory, settings })
  const first = server.pid
  process.kill(first, 'SIGKILL')

  await expect
    .poll(() => query(server.url, 'select 1 as one').catch(() => []), { timeout: 10_000 })
    .toEqual([{ one: 1 }])
  await expect.poll(() => server.pid).not.toBe(first)
  await server.stop()
})

test('a second owner is refused and told who the first is', async ({ directory }) => {
  const owner = await startOwner(directory)

  await expect(startEmbeddedPostgres({ directory, settings })).rejects.toMatchObject({
    code: 'in_use',
    message: expect.stringContaining(`process ${owner.process.pid}`),
  })
  await killed(owner)
})

test('of two that start at once on a new directory, one gets it', async ({ directory }) => {
  const start = () => startEmbeddedPostgres({ directory: join(directory, 'new'), settings })

  const both = await Promise.allSettled([start(), start()])

  const started = both.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  expect(started).toHaveLength(1)
  expect(both.find(one => one.status === 'rejected')?.reason).toMatchObject({ code: 'in_use' })
  await started[0]?.stop()
})

test('the server ends with an owner that ends', async ({ directory }) => {
  const owner = await startOwner(directory)
  owner.process.stdin?.write('end\n')

  expect((await once(owner.process, 'exit'))[0]).toBe(0)
  const answer = () => query(owner.url, 'select 1').catch((error: { code?: string }) => error.code)
  await expect.poll(answer, { timeout: 10_000 }).toBe('ECONNREFUSED')
})

test('a lock left behind whose number is now another process is no obstacle', async ({
  directory,
}) => {
  const first = await startEmbeddedPostgres({ directory, settings })
  const lock = await readFile(join(directory, 'cluster/postmaster.pid'), 'utf8')
  await first.stop()
  const { uid, gid } = await stat(await realpath(join(directory, 'cluster')))
  // PostgreSQL takes a process of its own user for a server, so a stranger won't do.
  const bystander = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
  const stale = lock.replace(/^\d+/, String(bystander.pid))
  await writeFile(join(directory, 'cluster/postmaster.pid'), stale)

  const server = await startEmbeddedPostgres({ directory, settings })

  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  bystander.kill()
  await server.stop()
})

test('a port that the service itself is about to listen at is left to it', async ({
  directory,
}) => {
  const first = await startEmbeddedPostgres({ directory, settings })
  const port = Number(new URL(first.url).port)
  await first.stop()
  const second = await startEmbeddedPostgres({ directory, settings, notPort: port })
  expect(Number(new URL(second.url).port)).not.toBe(port)
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await second.stop()
})

test('another program on the port of the last run moves the server to a free one', async ({
  directory,
}) => {
  const first = await startEmbeddedPostgres({ directory, settings })
  const port = Number(new URL(first.url).port)
  await first.stop()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  expect((other.address() as AddressInfo).port).toBe(port)

  const server = await startEmbeddedPostgres({ directory, settings })

  expect(new URL(server.url).port).not.toBe(String(port))
  await expect(
    startEmbeddedPostgres({ directory: join(directory, 'second'), settings, port }),
  ).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(String(port)) })
  other.close()
  await server.stop()
})

test('nobody else reads the data or gets in without the password', async ({ directory }) => {
  const server = await startEmbeddedPostgres({ directory, settings })
  const path = await realpath(join(directory, 'cluster'))
  const url = new URL(server.url)
  url.password = ''

  expect((await stat(path)).mode & 0o077).toBe(0)
  expect((await stat(join(path, 'tocsin.password'))).mode & 0o077).toBe(0)
  await expect(query(url.href, 'select 1')).rejects.toThrow()
  await server.stop()
})

test.runIf(isRoot)(
  'root may keep it where the server’s user can’t enter',
  async ({ directory }) => {
    const closed = join(directory, 'closed')
    await mkdir(closed, { mode: 0o700 })

    const first = await startEmbeddedPostgres({ directory: closed, settings })
    await query(first.url, 'create table kept as select 1 as one')
    await first.stop()
    const again = await startEmbeddedPostgres({ directory: closed, settings })

    expect(await query(again.url, 'select one from kept')).toEqual([{ one: 1 }])
    await again.stop()
    await rm(await realpath(join(closed, 'cluster')), { recursive: true })
  },
)

test('a place that cannot hold a directory is named', async ({ directory }) => {
  await writeFile(join(directory, 'file'), '')

  await expect(
    startEmbeddedPostgres({ directory: join(directory, 'file/data'), settings }),
  ).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(join(directory, 'file/data')),
  })
})
