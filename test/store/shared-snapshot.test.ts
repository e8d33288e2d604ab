import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { inSnapshot, shareSnapshot } from '../../src/store/shared-snapshot.ts'
import { test } from '../support/database.ts'

const people = async (db: Database) =>
  (await db.execute<{ n: number }>(sql`select count(*)::int as n from contacts`))[0]!.n
let phones = 0
const moveIn = (db: Database) =>
  db.execute(sql`
    insert into contacts (id, phone) values (gen_random_uuid(), ${`+1555${String(++phones).padStart(7, '0')}`})
  `)

test('two processes see the same people for a second, whoever moves in between', async ({
  databaseUrl,
}) => {
  const [here, there] = [openDatabase(databaseUrl), openDatabase(databaseUrl)]
  const before = await people(here.db)
  const shared = await shareSnapshot(here, async given => {
    await moveIn(here.db)
    return { name: given!.name, counted: await people(given!.snapshot) }
  })
  expect(shared.counted).toBe(before)
  const seen = (name: string | undefined) =>
    there.session(session =>
      inSnapshot(session, name, async (snapshot, which) => [which, await people(snapshot)]),
    )
  expect(await seen(shared.name)).toEqual(['shared', before])
  await expect.poll(() => seen(shared.name), { timeout: 5_000 }).toEqual(['own', before + 1])
  expect(await seen("'; drop table contacts; --")).toEqual(['own', before + 1])
  await Promise.all([here.close(), there.close()])
})

test('more at once than connections wait for each other, and none for ever', async ({
  databaseUrl,
}) => {
  const database = openDatabase(databaseUrl, { max: 5 })
  const counted = await Promise.all(
    Array.from({ length: 20 }, () =>
      shareSnapshot(database, given =>
        database.db.transaction(async tx => people(given?.snapshot ?? tx)),
      ),
    ),
  )
  expect(new Set(counted).size).toBe(1)
  await database.close()
})

test('what goes wrong in it is told, and keeps no connection', async ({ databaseUrl }) => {
  const database = openDatabase(databaseUrl, { max: 1 })
  for (let i = 0; i < 5; i++) {
    await expect(
      shareSnapshot(database, () => Promise.reject(new Error('refused'))),
    ).rejects.toThrow('refused')
  }
  expect(await people(database.db)).toBeGreaterThanOrEqual(0)
  await database.close()
})
