import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { createAnswerDesk } from '../../src/dispatch/answers.ts'
import { startLane } from '../../src/dispatch/lane.ts'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createPace } from '../../src/dispatch/pace.ts'
import type { EncodedText } from '../../src/encoding/segments.ts'
import { COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import { listConsents, listOptOuts } from '../../src/store/consents.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { insertCarrier } from '../support/sending.ts'
import { configFor } from '../support/smpp-account.ts'
import { startSmsc } from '../support/smsc.ts'

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

test('an answer that the carrier did not want just now is offered anew, those after it first', async ({
  db,
}) => {
  const carrierId = await carrierWithAnswers(db, 'throttled', 2)
  const desk = deskOf(db, carrierId)
  const nextAnswer = async () => {
    await expect.poll(() => desk.claim(true).then(() => desk.waiting), { interval: 200 }).toBe(1)
    return desk.next()!
  }
  const first = await nextAnswer()
  desk.outcome(first.ref, { kind: 'throttled', reason: 'ESME_RTHROTTLED', messageIds: [] })
  const second = await nextAnswer()
  expect(second.id).not.toBe(first.id)
  desk.outcome(second.ref, { messageIds: ['m1'] })
  const again = () => desk.claim(true).then(() => desk.next()?.id)
  await expect.poll(again, { timeout: 10_000, interval: 200 }).toBe(first.id)
  expect(await failuresOf(db, carrierId)).toEqual([null, null])
})

test.for(['elsewhere', 'kept-back'] as const)(
  'nor is one lost that was %s',
  async (kind, { db }) => {
    const carrierId = await carrierWithAnswers(db, kind, 1)
    const desk = deskOf(db, carrierId)
    await desk.claim(true)
    desk.outcome(desk.next()!.ref, { kind, reason: 'ESME_RSYSERR', messageIds: [] })
    const again = () => desk.claim(true).then(() => desk.waiting)
    await expect.poll(again, { timeout: 10_000, interval: 200 }).toBe(1)
    // Past its time it is nobody's.
    await db.execute(sql`update answers set expires = now() where carrier_id = ${carrierId}::uuid`)
    await expect.poll(again).toBe(0)
  },
)

test('a carrier that throttles an answer slows the account down, and the person gets it after that', async ({
  db,
}) => {
  const carrierId = await carrierWithAnswers(db, 'North', 1)
  const smsc = await startSmsc({
    submit: (link, pdu) =>
      link.answer(pdu, smsc.submits.length === 1 ? { status: COMMAND_STATUS.ESME_RTHROTTLED } : {}),
  })
  const account = { ...configFor(smsc.port), id: carrierId }
  const counts = startCounts()
  const lane = startLane({
    db,
    dispatcherId: randomUUID(),
    account,
    share: 1,
    accounts: () => [account],
    fitness: () => new Map(),
    counts,
    sendable: () => Promise.reject(new Error('there is no alert')),
  })
  onTestFinished(async () => {
    await lane.stop(AbortSignal.timeout(5_000))
    await smsc.close()
  })
  await smsc.until('it is refused and sent anew', () => smsc.submits.length === 2, 15_000)
  expect(counts.throttled).toBe(1)
  const [pace] = await db.execute<{ slowed: boolean }>(sql`
    select throttled_at is not null as slowed from carrier_pace where carrier_id = ${carrierId}::uuid
  `)
  expect(pace).toEqual({ slowed: true })
  const sent = () =>
    db.execute(sql`
      select from answers where carrier_id = ${carrierId}::uuid and sent_at is not null
    `)
  await expect.poll(sent).toHaveLength(1)
})

async function failuresOf(db: Database, carrierId: string): Promise<(string | null)[]> {
  const rows = await db.execute<{ failure: string | null }>(sql`
    select failure from answers where carrier_id = ${carrierId}::uuid
  `)
  return rows.map(({ failure }) => failure)
}
