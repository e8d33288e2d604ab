import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { createAnswerDesk } from '../../src/dispatch/answers.ts'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createPace } from '../../src/dispatch/pace.ts'
import type { EncodedText } from '../../src/encoding/segments.ts'
import { listConsents, listOptOuts } from '../../src/store/consents.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { insertCarrier } from '../support/sending.ts'

// Of 20 a second the answers' share is one: the second finds no room for more, and the first must still leave.
const RATE = 20
const PAGE = { after: undefined, limit: 10 }

async function carrierWithAnswers(db: Database, name: string, count: number): Promise<string> {
  const carrierId = await insertCarrier(db, name)
  await db.execute(sql`
    insert into answers (id, phone, carrier_id, kind, text, expires)
    select gen_random_uuid(), '+1555000000' || n, ${carrierId}::uuid, 'help', 'Call 211.', now() + interval '5 minutes'
    from generate_series(1, ${count}::int) as n
  `)
  return carrierId
}

function deskOf(db: Database, carrierId: string, pace = createPace(RATE)) {
  const segmentsHere = ({ segments }: EncodedText) => segments.length
  const counts = startCounts()
  const dispatcherId = randomUUID()
  return createAnswerDesk({ db, carrierId, dispatcherId, rate: RATE, segmentsHere, pace, counts })
}

test('an answer whose slot lapsed unused gets another', async ({ db }) => {
  const carrierId = await carrierWithAnswers(db, 'busy', 2)
  const pace = createPace(RATE)
  const desk = deskOf(db, carrierId, pace)
  const hasSlot = () => pace.outstanding(performance.now()) > 0
  for (let time = 1; time <= 3; time++) {
    await desk.claim(true)
    expect(hasSlot()).toBe(true)
    expect(desk.waiting).toBe(1)
    // Nobody uses it, as on a machine that is busy with other things.
    while (hasSlot()) await new Promise(resolve => setTimeout(resolve, 5))
  }
})

test('an answer in hand is nobody else’s, however long it waits, and one that was taken is let go', async ({
  db,
}) => {
  const carrierId = await carrierWithAnswers(db, 'slow', 1)
  const [first, second] = [deskOf(db, carrierId), deskOf(db, carrierId)]
  const waitLong = () =>
    db.execute(sql`update answers set claimed_at = now() - interval '1 minute'`)
  await first.claim(true)
  await waitLong()
  await first.claim(true)
  await second.claim(true)
  expect([first.waiting, second.waiting]).toEqual([1, 0])
  // Handed to a carrier that takes its time, it is in hand all the same.
  const answer = first.next()!
  await waitLong()
  await first.claim(true)
  await second.claim(true)
  expect([first.waiting, second.waiting]).toEqual([0, 0])
  first.outcome(answer.ref, { kind: 'uncertain', reason: 'link_lost', messageIds: [] })
  await expect.poll(() => failuresOf(db, carrierId)).toEqual(['link_lost'])

  await db.execute(
    sql`update answers set failure = null, claimed_at = null where carrier_id = ${carrierId}::uuid`,
  )
  await first.claim(true)
  await waitLong()
  await second.claim(true)
  await first.claim(true)
  expect([first.waiting, second.waiting]).toEqual([0, 1])
})

test('pitfall 40: a carrier that refuses an answer for good has the phone on its list', async ({
  db,
}) => {
  const carrierId = await carrierWithAnswers(db, 'listed', 1)
  const desk = deskOf(db, carrierId)
  await desk.claim(true)
  const answer = desk.next()!
  const refused = { kind: 'permanent', reason: '21610', messageIds: [], optedOut: true } as const
  desk.outcome(answer.ref, refused)
  const proofs = () => listConsents(db, answer.message.to, PAGE)
  await expect
    .poll(proofs)
    .toMatchObject([{ act: 'optOut', scope: 'carrier', category: carrierId, source: 'carrier' }])
  await expect.poll(() => failuresOf(db, carrierId)).toEqual(['21610'])
  const standing = await listOptOuts(db, { phone: answer.message.to, scope: undefined }, PAGE)
  expect(standing).toEqual(await proofs())
})

async function failuresOf(db: Database, carrierId: string): Promise<(string | null)[]> {
  const rows = await db.execute<{ failure: string | null }>(sql`
    select failure from answers where carrier_id = ${carrierId}::uuid
  `)
  return rows.map(({ failure }) => failure)
}
