import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { createAnswerDesk } from '../../src/dispatch/answers.ts'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createPace } from '../../src/dispatch/pace.ts'
import { test } from '../support/database.ts'
import { insertCarrier } from '../support/sending.ts'

// Of 20 a second the answers' share is one: the second finds no room for more, and the first must still leave.
const RATE = 20

test('an answer whose slot lapsed unused gets another', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'busy')
  await db.execute(sql`
    insert into answers (id, phone, carrier_id, kind, text, expires)
    select gen_random_uuid(), '+1555000000' || n, ${carrierId}::uuid, 'help', 'Call 211.', now() + interval '5 minutes'
    from generate_series(1, 2) as n
  `)
  const pace = createPace(RATE)
  const desk = createAnswerDesk({
    db,
    carrierId,
    dispatcherId: randomUUID(),
    rate: RATE,
    segmentsHere: ({ segments }) => segments.length,
    pace,
    counts: startCounts(),
  })
  const hasSlot = () => pace.outstanding(performance.now()) > 0
  for (let time = 1; time <= 3; time++) {
    await desk.claim(true)
    expect(hasSlot()).toBe(true)
    expect(desk.waiting).toBe(1)
    // Nobody uses it, as on a machine that is busy with other things.
    while (hasSlot()) await new Promise(resolve => setTimeout(resolve, 5))
  }
})
