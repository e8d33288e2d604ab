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
