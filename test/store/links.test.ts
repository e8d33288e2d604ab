import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { noteSubmissions } from '../../src/store/links.ts'
import { test } from '../support/database.ts'
import { aSentAlert } from '../support/sent-alert.ts'

test('the first and last message of an alert are as the lanes say, whichever tells first, and none is after its end', async ({
  db,
}) => {
  const alertId = await aSentAlert(db, { recipients: [{}] })
  const start = Date.parse('2026-06-01T12:00:00Z')
  const times = async () => {
    const [row] = await db.execute<{ first: number; last: number }>(sql`
      select (extract(epoch from first_submitted_at) * 1000)::float8 as first,
        (extract(epoch from last_submitted_at) * 1000)::float8 as last
      from alerts where id = ${alertId}::uuid`)
    return [row!.first - start, row!.last - start]
  }
  const note = (firstAt: number, lastAt: number) =>
    noteSubmissions(db, [{ alertId, firstAt: start + firstAt, lastAt: start + lastAt }])
  await note(500, 900)
  expect(await times()).toEqual([500, 900])
  await note(200, 700)
  expect(await times()).toEqual([200, 900])
  const end = new Date(start + 1_000).toISOString()
  await db.execute(sql`
    update alerts set state = 'sent', finished_at = ${end}::timestamptz where id = ${alertId}::uuid`)
  await note(300, 1_400)
  expect(await times()).toEqual([200, 1_000])
})
