import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { migrateDatabase } from '../../src/store/migrate.ts'
import { test } from '../support/database.ts'

test('a database that is up to date stays as it is, also for two that migrate at once', async ({
  db,
  databaseUrl,
}) => {
  const applied = () => db.execute(sql`select hash from drizzle.__drizzle_migrations`)
  const before = await applied()
  await Promise.all([migrateDatabase(databaseUrl), migrateDatabase(databaseUrl)])
  expect(before.length).toBeGreaterThan(0)
  expect(await applied()).toEqual(before)
})

test('a database that is being started is waited for', async ({ databaseUrl }) => {
  const fields = ['SFATAL', 'VFATAL', 'C57P03', 'Mthe database system is starting up', '']
  const body = Buffer.from(fields.map(field => `${field}\0`).join(''))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(4 + body.length)
  const cannotConnectNow = Buffer.concat([Buffer.from('E'), length, body])
  const target = new URL(databaseUrl)
  let refused = 0
  const front = createServer(client => {
    client.on('error', () => undefined)
    if (refused < 2) {
      refused++
      client.once('data', () => client.end(cannotConnectNow))
      return
    }
    const server = connect(Number(target.port), target.hostname)
    server.on('error', () => undefined)
    client.pipe(server).pipe(client)
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  try {
    const url = new URL(databaseUrl)
    url.port = String((front.address() as AddressInfo).port)
    await migrateDatabase(url.href)
    expect(refused).toBe(2)
  } finally {
    front.close()
  }
})
