import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { beside } from '../../src/store/in-two.ts'
import { test } from '../support/database.ts'

const repeatableRead = { isolationLevel: 'repeatable read' } as const

async function see(db: Database): Promise<{ people: number; connection: number }> {
  const [row] = await db.execute<{ people: number; connection: number }>(sql`
    select count(*)::int as people, pg_backend_pid() as connection from contacts`)
  return row!
}

const moveIn = (db: Database, phone: number) =>
  db.execute(sql`
    insert into contacts (id, phone) values (gen_random_uuid(), ${`+1555${String(phone).padStart(7, '0')}`})`)

test('two questions see the same people on a connection each, whoever moves in between', async ({
  databaseUrl,
}) => {
  const { db, close } = openDatabase(databaseUrl)
  const before = await see(db)
  const [first, second] = await db.transaction(
    async tx =>
      beside(tx, db)(
        async on => {
          await moveIn(db, 1)
          return see(on)
        },
        async on => {
          await expect.poll(async () => (await see(db)).people).toBe(before.people + 1)
          return see(on)
        },
      ),
    repeatableRead,
  )
  expect([first.people, second.people]).toEqual([before.people, before.people])
  expect(first.connection).not.toBe(second.connection)
  await close()
})

test('where many are asked so, the others ask one after the other, and all are answered', async ({
  databaseUrl,
}) => {
  const { db, close } = openDatabase(databaseUrl)
  const slowly = async (on: Database) => {
    await on.execute(sql`select pg_sleep(0.1)`)
    return see(on)
  }
  const asked = await Promise.all(
    Array.from({ length: 20 }, () =>
      db.transaction(tx => beside(tx, db)(slowly, slowly), repeatableRead),
    ),
  )
  const onOne = asked.filter(([first, second]) => first.connection === second.connection)
  expect(onOne.length).toBeGreaterThan(0)
  expect(onOne.length).toBeLessThan(20)
  expect(new Set(asked.flat().map(({ people }) => people)).size).toBe(1)
  await close()
})

test('what goes wrong in either is told when both have ended, and keeps no connection', async ({
  databaseUrl,
}) => {
  const { db, close } = openDatabase(databaseUrl, { max: 2 })
  const fail = () => Promise.reject(new Error('refused'))
  for (let i = 0; i < 5; i++) {
    for (const [first, second] of [
      [fail, see],
      [see, fail],
    ] as const) {
      await expect(
        db.transaction(tx => beside(tx, db)<unknown, unknown>(first, second), repeatableRead),
      ).rejects.toThrow('refused')
    }
  }
  expect((await see(db)).people).toBeGreaterThanOrEqual(0)
  await close()
})
