import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { touchKey } from '../../src/store/idempotency.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

const create = (caller: Caller, key: string, name: string) =>
  caller.call('POST', '/v1/operators', {
    json: { email: `${name}@example.org`, name, roles: ['viewer'] },
    headers: { 'Idempotency-Key': key },
  })

test('the same key and body give the same answer, and nothing is done twice', async ({
  administrator,
  db,
}) => {
  const first = await create(administrator, 'a-1', 'ada')
  const again = await create(administrator, 'a-1', 'ada')

  expect(first.status).toBe(201)
  expect(again.status).toBe(201)
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('ETag')).toBe(first.headers.get('ETag'))
  expect(again.headers.get('Location')).toBe(first.headers.get('Location'))
  expect(again.headers.get('Idempotent-Replayed')).toBe('true')
  const rows = await db.execute(sql`select 1 from operators where email = 'ada@example.org'`)
  expect(rows).toHaveLength(1)
})

test('refusals are repeated too', async ({ administrator }) => {
  await create(administrator, 'a-2', 'grace')
  const taken = await create(administrator, 'a-3', 'grace')
  expect(taken).toMatchObject({ status: 409, body: { code: 'already_exists' } })
  const again = await create(administrator, 'a-3', 'grace')
  expect(again.body).toEqual(taken.body)
  expect(again.headers.get('Content-Type')).toBe('application/problem+json')
})

test('the same key with another body is refused', async ({ administrator }) => {
  await create(administrator, 'a-4', 'joan')
  expect(await create(administrator, 'a-4', 'jean')).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  })
})

test('another operator may use the same key', async ({ edge, administrator }) => {
  const other = await edge.caller({ roles: ['administrator'] })
  await create(administrator, 'a-5', 'barbara')
  expect((await create(other, 'a-5', 'margaret')).status).toBe(201)
})

test('the same key in the other mode is another request: a stop there stops nothing here', async ({
  edge,
}) => {
  const noor = { email: 'noor@example.org', password: 'a passphrase of her own' }
  const { token } = await edge.caller({ ...noor, roles: ['approver'] })
  const drill = await edge.call('POST', '/v1/auth/token', {
    json: { grantType: 'password', ...noor, mode: 'exercise' },
  })
  const stop = (as: string) =>
    edge.call('POST', '/v1/stop', {
      json: { reason: 'enough' },
      headers: { Authorization: `Bearer ${as}`, 'Idempotency-Key': 'all-stop' },
    })

  const inDrill = await stop(drill.body.accessToken)
  const live = await stop(token)
  expect([inDrill.status, live.status]).toEqual([202, 202])
  expect(live.headers.get('Idempotent-Replayed')).toBeNull()
  expect((await stop(token)).headers.get('Idempotent-Replayed')).toBe('true')
})

test('of many that race with one key one is done; the others wait or hear its answer', async ({
  administrator,
  db,
}) => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => create(administrator, 'a-6', 'hedy')),
  )
  const statuses = answers.map(answer => answer.status)
  expect(statuses).toContain(201)
  expect(statuses.every(status => status === 201 || status === 409)).toBe(true)
  const refused = answers.filter(answer => answer.status === 409)
  expect(refused.every(answer => answer.body.code === 'in_progress')).toBe(true)
  const rows = await db.execute(sql`select 1 from operators where email = 'hedy@example.org'`)
  expect(rows).toHaveLength(1)
})

test('a request that died is running for a minute after its last sign of life, then taken over', async ({
  administrator,
  db,
}) => {
  await create(administrator, 'a-7', 'mary')
  const request = { operatorId: administrator.id, path: '/v1/operators', key: 'a-7' }
  const die = (secondsAgo: number) =>
    db.execute(sql`
      update idempotency set status = null, headers = null, body = null,
        created_at = now() - make_interval(secs => ${secondsAgo})
      where key = 'a-7'`)

  await die(59)
  expect(await create(administrator, 'a-7', 'mary')).toMatchObject({
    status: 409,
    body: { code: 'in_progress' },
  })
  await die(61)
  await touchKey(db, request)
  expect((await create(administrator, 'a-7', 'mary')).status).toBe(409)

  await die(61)
  // The work was done before it died: its unique name says so, and nothing is done twice.
  expect(await create(administrator, 'a-7', 'mary')).toMatchObject({
    status: 409,
    body: { code: 'already_exists' },
  })
  await die(61)
  expect(await create(administrator, 'a-7', 'someone else')).toMatchObject({ status: 422 })
})

test('a key is free again after a day', async ({ administrator, db }) => {
  await create(administrator, 'a-8', 'emmy')
  await db.execute(
    sql`update idempotency set created_at = now() - interval '24 hours 1 second' where key = 'a-8'`,
  )
  expect((await create(administrator, 'a-8', 'sofia')).status).toBe(201)
})

test('a key of 10 KB, or with spaces, is no key', async ({ administrator }) => {
  for (const key of ['k'.repeat(10_000), 'a b', '']) {
    expect(await create(administrator, key, 'nobody')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  }
})

test('dispatching needs a key', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const id = '018f0000-0000-7000-8000-000000000000'
  for (const path of ['/v1/dispatches', `/v1/alerts/${id}/dispatch`]) {
    expect(await author.call('POST', path, { json: {} })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_required' },
    })
  }
})

const sendFile = (caller: Caller, key: string, text: string, query = '') =>
  caller.call('POST', `/v1/contacts/import${query}`, {
    text,
    headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': key },
  })

test('the same file under the same key is one import; another of the same length is refused', async ({
  edge,
  db,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const first = await sendFile(author, 'file-1', 'phone\n+12025550101\n')
  expect(first.status).toBe(202)
  const again = await sendFile(author, 'file-1', 'phone\n+12025550101\n')
  expect([again.status, again.body]).toEqual([202, first.body])
  expect(again.headers.get('Idempotent-Replayed')).toBe('true')

  const reused = { status: 422, body: { code: 'idempotency_key_reused' } }
  expect(await sendFile(author, 'file-1', 'phone\n+12025550102\n')).toMatchObject(reused)
  expect(await sendFile(author, 'file-1', 'phone\n+12025550101\n', '?mode=replace')).toMatchObject(
    reused,
  )
  expect(await db.execute(sql`select 1 from imports`)).toHaveLength(1)
})

test('a file whose import was refused before it was read leaves its key free', async ({ edge }) => {
  const email = 'katherine@example.org'
  const viewer = await edge.caller({ email, roles: ['viewer'] })
  expect((await sendFile(viewer, 'file-2', 'phone\n+12025550103\n')).status).toBe(403)
  const { db } = edge.deps.database
  await db.execute(sql`update operators set roles = '{author}' where email = ${email}`)
  await untilMerged(db)
  expect((await sendFile(viewer, 'file-2', 'phone\n+12025550104\n')).status).toBe(202)
})

test('an import that died with its body read is taken over by the same file, and by no other', async ({
  edge,
  db,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const die = async () => {
    await untilMerged(db)
    await db.execute(sql`
      update idempotency set status = null, headers = null, body = null,
        created_at = now() - interval '61 seconds'
      where key = 'file-3'`)
  }
  await untilMerged(db)
  expect((await sendFile(author, 'file-3', 'phone\n+12025550105\n')).status).toBe(202)
  await die()
  expect(await sendFile(author, 'file-3', 'phone\n+12025550106\n')).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  })
  expect(await db.execute(sql`select 1 from contacts where phone = '+12025550106'`)).toHaveLength(0)
  await die()
  const taken = await sendFile(author, 'file-3', 'phone\n+12025550105\n')
  expect([taken.status, taken.headers.get('Idempotent-Replayed')]).toEqual([202, null])
})

/** One import at a time: the next is refused while one is merged. */
async function untilMerged(db: Database): Promise<void> {
  await expect
    .poll(() => db.execute(sql`select 1 from imports where state = 'running'`), { timeout: 20_000 })
    .toHaveLength(0)
}
