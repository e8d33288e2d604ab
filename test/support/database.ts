import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { test as base, inject } from 'vitest'
import { openDatabase, type Database, type OpenDatabase } from '../../src/store/database.ts'

/** Vitest's `test` with a database of this file's own: cloned from the migrated template, dropped after. */
export const test = base.extend<{
  $file: { databaseUrl: string; database: OpenDatabase; db: Database }
}>({
  databaseUrl: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures a fixture needs from its pattern
    async ({}, use) => {
      const url = new URL(inject('templateUrl'))
      const template = url.pathname.slice(1)
      const name = `test_${randomBytes(6).toString('hex')}`
      url.pathname = '/postgres'
      const admin = postgres(url.href, { max: 1, onnotice: () => undefined })
      await admin`create database ${admin(name)} template ${admin(template)}`
      url.pathname = name
      await use(url.href)
      await admin`drop database ${admin(name)} with (force)`
      await admin.end()
    },
    { scope: 'file' },
  ],
  database: [
    async ({ databaseUrl }, use) => {
      const database = openDatabase(databaseUrl)
      await use(database)
      await database.close()
    },
    { scope: 'file' },
  ],
  db: [async ({ database }, use) => use(database.db), { scope: 'file' }],
})
