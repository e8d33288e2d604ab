import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { test } from '../support/edge.ts'

test('whether one could send is asked of the carriers of the mode: a practice has its own, whatever else there is', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await edge.caller({ roles: ['author'] })
  const carriersOf = async () => (await author.call('GET', '/v1/readiness')).body.carriers
  expect(await carriersOf()).toEqual({ all: 0, up: 0, segmentsPerSecond: 0 })

  for (const use of ['live', 'both', 'exercise']) {
    const created = await administrator.call('POST', '/v1/carriers', {
      json: {
        name: `For ${use}`,
        protocol: 'smpp',
        segmentsPerSecond: 100,
        sourceAddress: '72345',
        smpp: { host: '127.0.0.1', port: 2775, systemId: 'a', password: 'b' },
        use,
      },
    })
    expect(created.status).toBe(201)
  }
  expect(await carriersOf()).toMatchObject({ all: 2, up: 0 })

  const practice = await author.call('POST', '/v1/exercises/practice')
  expect(practice.status).toBe(201)
  const moved = await author.call('POST', '/v1/auth/mode', {
    json: { mode: 'exercise', exerciseId: practice.body.id },
  })
  const inPractice = await edge.call('GET', '/v1/readiness', {
    headers: { Authorization: `Bearer ${moved.body.accessToken}` },
  })
  expect(inPractice.body.carriers).toMatchObject({ all: 1, up: 0 })
})

test('whether operators can be written to now is asked of the mail accounts of the mode', async ({
  edge,
  db,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await edge.caller({ roles: ['author'] })
  const mail = async () => (await author.call('GET', '/v1/readiness')).body.mail
  expect(await mail()).toEqual({ all: 0, up: 0 })
  const ids: string[] = []
  for (const use of ['exercise', 'both']) {
    const created = await administrator.call('POST', '/v1/carriers', {
      json: {
        name: `Post for ${use}`,
        protocol: 'smtp',
        segmentsPerSecond: 10,
        smtp: { host: '127.0.0.1', port: 25, security: 'none', from: 'alerts@county.example' },
        use,
      },
    })
    expect(created.status).toBe(201)
    ids.push(created.body.id)
  }
  expect(await mail()).toEqual({ all: 1, up: 0 })
  for (const carrierId of ids) {
    await db.execute(sql`
      insert into carrier_links (carrier_id, dispatcher_id, state, per_second, in_flight)
      values (${carrierId}::uuid, ${randomUUID()}::uuid, 'bound', 0, 0)`)
  }
  expect(await mail()).toEqual({ all: 1, up: 1 })
})
