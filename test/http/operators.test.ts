import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { PASSWORD, test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

const SQUARE = {
  type: 'Polygon',
  coordinates: [
    [
      [-95.6, 29.6],
      [-95.2, 29.6],
      [-95.2, 29.9],
      [-95.6, 29.9],
      [-95.6, 29.6],
    ],
  ],
}

test('an administrator creates an operator with a jurisdiction and limits', async ({
  administrator,
}) => {
  const json = {
    email: 'Ida@Example.org',
    name: 'Ida',
    password: PASSWORD,
    roles: ['author', 'author'],
    jurisdiction: { geometry: SQUARE, geocodes: [{ valueName: 'SAME', value: '048201' }] },
    limits: { severities: ['Minor'], events: ['Flood Warning'], maxRecipients: 1000 },
  }
  const created = await administrator.call('POST', '/v1/operators', { json })
  expect(created.status).toBe(201)
  expect(created.headers.get('ETag')).toBe('"1"')
  const { password: _password, ...shown } = json
  expect(created.body).toMatchObject({
    ...shown,
    email: 'ida@example.org',
    roles: ['author'],
    disabledAt: null,
  })
  expect(JSON.stringify(created.body)).not.toContain(PASSWORD)

  const read = await administrator.call('GET', `/v1/operators/${created.body.id}`)
  expect(read.body).toEqual(created.body)
})

test('a password is refused with what to do about it', async ({ administrator }) => {
  const refused = async (password: string) => {
    const json = { email: 'someone.long@example.org', name: 'S', roles: ['viewer'], password }
    return administrator.call('POST', '/v1/operators', { json })
  }
  for (const password of [
    'elevenchars',
    'Someone.Long@example.org',
    'someone.long',
    'aaaaaaaaaaaa',
  ]) {
    expect(await refused(password), password).toMatchObject({
      status: 422,
      body: { code: 'invalid_operator', errors: [{ pointer: '/password' }] },
    })
  }
  expect((await refused('elevenchars')).body.detail).toContain('at least 12 characters')
})

test('a jurisdiction that is no area is refused with its faults', async ({ administrator }) => {
  const [ring = []] = SQUARE.coordinates
  const open = { type: 'Polygon', coordinates: [ring.slice(0, 4)] }
  const json = { email: 'o@example.org', name: 'O', roles: ['author'] }
  expect(
    await administrator.call('POST', '/v1/operators', {
      json: { ...json, jurisdiction: { geometry: open } },
    }),
  ).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_area',
      errors: [{ pointer: '/jurisdiction/geometry/coordinates/0' }],
    },
  })
  const nowhere = { geocodes: [{ valueName: 'SAME', value: '099999' }] }
  expect(
    await administrator.call('POST', '/v1/operators', { json: { ...json, jurisdiction: nowhere } }),
  ).toMatchObject({
    status: 422,
    body: { code: 'unknown_geocode', errors: [{ pointer: '/jurisdiction/geocodes/0' }] },
  })
  expect(
    (await administrator.call('POST', '/v1/operators', { json: { ...json, jurisdiction: {} } }))
      .status,
  ).toBe(400)
})

test('an edit guarded by If-Match loses to the one before it', async ({ edge, administrator }) => {
  const { id } = await edge.caller({ roles: ['author'] })
  const path = `/v1/operators/${id}`
  const edit = (name: string, etag: string) =>
    administrator.call('PATCH', path, { json: { name }, headers: { 'If-Match': etag } })

  const changed = await edit('First', '"1"')
  expect(changed).toMatchObject({ status: 200, body: { name: 'First', revision: 2 } })
  expect(changed.headers.get('ETag')).toBe('"2"')
  expect(await edit('Second', '"1"')).toMatchObject({
    status: 412,
    body: { code: 'stale_revision' },
  })
  expect((await edit('Third', 'W/"2"')).status).toBe(412)
  expect((await edit('Fourth', '*')).body.name).toBe('Fourth')
})

test('null takes a jurisdiction away, and what is left out stays', async ({
  edge,
  administrator,
}) => {
  const { id } = await edge.caller({ roles: ['author'], limits: { maxRecipients: 5 } })
  const path = `/v1/operators/${id}`
  await administrator.call('PATCH', path, { json: { jurisdiction: { geometry: SQUARE } } })
  const { body } = await administrator.call('PATCH', path, { json: { jurisdiction: null } })
  expect(body).toMatchObject({ jurisdiction: null, limits: { maxRecipients: 5 } })
})

test('a new password ends all sign-ins; roles hold from the next request', async ({
  edge,
  administrator,
}) => {
  const caller = await edge.caller({ roles: ['viewer'] })
  const path = `/v1/operators/${caller.id}`
  await administrator.call('PATCH', path, { json: { roles: ['auditor'] } })
  expect((await caller.call('GET', '/v1/audit')).status).toBe(200)
  await administrator.call('PATCH', path, { json: { password: 'another good password' } })
  expect((await caller.call('GET', '/v1/me')).status).toBe(401)
})

test('operators set their own password by the current one', async ({ edge }) => {
  const caller = await edge.caller()
  const set = (currentPassword: string, password: string) =>
    caller.call('POST', '/v1/me/password', { json: { currentPassword, password } })

  expect((await set('not the right one', 'a brand new password')).status).toBe(401)
  expect((await set(PASSWORD, 'short')).status).toBe(422)
  expect((await set(PASSWORD, 'a brand new password')).status).toBe(204)
  expect((await caller.call('GET', '/v1/me')).status).toBe(401)
})

test('a password that an administrator replaces stays, whoever is just setting one by the old', async ({
  edge,
  db,
}) => {
  const caller = await edge.caller()
  const { pending } = await db.transaction(async tx => {
    await tx.execute(sql`select from operators where id = ${caller.id}::uuid for update`)
    const json = { currentPassword: PASSWORD, password: 'a brand new password' }
    const asked = caller.call('POST', '/v1/me/password', { json })
    const isWaiting = async () => {
      const waiting = await db.execute(sql`
        select from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where not l.granted and a.datname = current_database()
      `)
      return waiting.length > 0
    }
    await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true)
    await tx.execute(sql`
      update operators set password_hash = 'another' where id = ${caller.id}::uuid
    `)
    return { pending: asked }
  })
  expect(await pending).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
  const [row] = await db.execute(sql`
    select password_hash from operators where id = ${caller.id}::uuid
  `)
  expect(row).toEqual({ password_hash: 'another' })
})

test('whoever found a console left open guesses the password no faster than at sign-in', async ({
  edge,
}) => {
  const caller = await edge.caller()
  const guess = async () => {
    const json = { currentPassword: 'not the right one', password: 'a brand new password' }
    return (await caller.call('POST', '/v1/me/password', { json })).status
  }
  const answers: number[] = []
  for (let i = 0; i < 8; i++) answers.push(await guess())
  expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
})

test('the last administrator stays', async ({ edge, administrator }) => {
  const { body } = await administrator.call('GET', '/v1/operators?limit=1000')
  const others = body.items.filter(
    (one: { id: string; roles: string[] }) =>
      one.roles.includes('administrator') && one.id !== administrator.id,
  )
  for (const { id } of others) await administrator.call('POST', `/v1/operators/${id}/disable`)

  const path = `/v1/operators/${administrator.id}`
  const kept = { status: 409, body: { code: 'last_administrator' } }
  expect(await administrator.call('POST', `${path}/disable`)).toMatchObject(kept)
  expect(await administrator.call('PATCH', path, { json: { roles: ['author'] } })).toMatchObject(
    kept,
  )

  // Two who disable each other at once: one of them stays.
  const second = await edge.caller({ roles: ['administrator'] })
  const answers = await Promise.all([
    administrator.call('POST', `/v1/operators/${second.id}/disable`),
    second.call('POST', `${path}/disable`),
  ])
  expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
  // Give the file's administrator back its place, if it lost.
  await edge.deps.database.db.execute(`update operators set disabled_at = null`)
})

test('operators are listed page by page', async ({ edge, administrator: _one }) => {
  const auditor = await edge.caller({ roles: ['auditor'] })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { body } = await auditor.call('GET', `/v1/operators?limit=2${query}`)
    expect(body.items.length).toBeLessThanOrEqual(2)
    seen.push(...body.items.map((one: { email: string }) => one.email))
    cursor = body.nextCursor
  } while (cursor !== null)
  const { body: all } = await auditor.call('GET', '/v1/operators?limit=1000')
  expect(seen).toEqual(all.items.map((one: { email: string }) => one.email))
  expect(new Set(seen).size).toBe(seen.length)
})

test('whoever was changed since one read them is not disabled with a stale If-Match', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const { id } = await edge.caller({ roles: ['author'] })
  const read = await administrator.call('GET', `/v1/operators/${id}`)
  const before = { headers: { 'If-Match': read.headers.get('ETag') ?? '' } }
  await administrator.call('PATCH', `/v1/operators/${id}`, { json: { roles: ['approver'] } })
  expect(await administrator.call('POST', `/v1/operators/${id}/disable`, before)).toMatchObject({
    status: 412,
    body: { code: 'stale_revision' },
  })
  const now = await administrator.call('GET', `/v1/operators/${id}`)
  expect(now.body.disabledAt).toBeNull()
  const current = { headers: { 'If-Match': now.headers.get('ETag') ?? '' } }
  const disabled = await administrator.call('POST', `/v1/operators/${id}/disable`, current)
  expect(disabled.status).toBe(200)
})
