import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { answersTo, inboundOf, later, noon, say, tallyOf } from '../support/replies.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const options = [
  { code: '1', label: 'I can come', quota: 2 },
  { code: '2', label: 'I can not' },
]
const quotaTexts = {
  taken: [
    { language: 'en-US', sms: 'Come to the depot.' },
    { language: 'es-US', sms: 'Venga al deposito.' },
  ],
  full: [
    { language: 'en-US', sms: 'Thank you, enough.' },
    { language: 'es-US', sms: 'Gracias, ya basta.' },
  ],
}

/** People who were asked who can come. */
async function aPoll(db: Database, people: number, replies: object = {}) {
  const carrierId = await aCarrier(db)
  const phones = Array.from({ length: people }, () => aPhone())
  const alertId = await aSentAlert(db, {
    options,
    replies: { quotaTexts, ...replies },
    recipients: phones.map(phone => ({ phone, carrierId })),
  })
  const say1 = (no: number, text: string, minute = 0) =>
    recordReplies(db, carrierId, [say(phones[no]!, text)], later(minute))
  return { alertId, carrierId, phones, says: say1, tally: () => tallyOf(db, alertId) }
}

const placesOf = async (db: Database, alertId: string) =>
  (
    await db.execute<{ option: string; taken: number }>(sql`
      select option, taken from quotas where alert_id = ${alertId}::uuid`)
  ).map(row => ({ ...row }))

const wordsTo = async (db: Database, phone: string) =>
  (
    await db.execute<{ text: string }>(sql`
      select text from answers where phone = ${phone} order by created_at, id`)
  ).map(({ text }) => text)

test('the first so many are taken, the others are told that it is enough', async ({ db }) => {
  const { alertId, phones, says, tally } = await aPoll(db, 5)
  await db.execute(sql`
    insert into contacts (id, phone, language) values (gen_random_uuid(), ${phones[2]}, 'es-US')`)
  for (const no of [0, 1, 2]) await says(no, '1')
  await says(3, '2')
  await says(4, 'I can come')
  expect(await tally()).toEqual({ 1: 2, 2: 1, full: 2 })
  expect(await placesOf(db, alertId)).toEqual([{ option: '1', taken: 2 }])
  expect(await wordsTo(db, phones[0]!)).toEqual(['Come to the depot.'])
  expect(await wordsTo(db, phones[2]!)).toEqual(['Gracias, ya basta.'])
  expect(await wordsTo(db, phones[3]!)).toEqual([])
  expect(await wordsTo(db, phones[4]!)).toEqual(['Thank you, enough.'])
  // What they chose is kept, whatever came of it.
  expect(await inboundOf(db, phones[4]!)).toMatchObject([{ kind: 'option', option: '1' }])
})

test('who changes their mind gives the place to whoever asks next, and to nobody by itself', async ({
  db,
}) => {
  const { alertId, phones, says, tally } = await aPoll(db, 4)
  for (const no of [0, 1, 2]) await says(no, '1')
  await says(0, '2', 1)
  expect(await tally()).toEqual({ 1: 1, 2: 1, full: 1 })
  await says(3, '1', 2)
  await says(2, '1 please', 3)
  expect(await tally()).toEqual({ 1: 2, 2: 1, full: 1 })
  await says(1, 'hello', 4)
  await says(1, '2', 5)
  await says(2, '1!', 6)
  expect(await tally()).toEqual({ 1: 2, 2: 2 })
  expect(await placesOf(db, alertId)).toEqual([{ option: '1', taken: 2 }])
  // At most one answer of a kind in ten minutes.
  expect(await answersTo(db, phones[2]!)).toEqual(['full', 'taken'])
})

test(
  'however many answer at once over several nodes, as many are taken as there are places',
  { timeout: 60_000 },
  async ({ db, databaseUrl }) => {
    const { alertId, carrierId, phones, tally } = await aPoll(db, 60, {})
    const nodes = Array.from({ length: 4 }, () => openDatabase(databaseUrl))
    try {
      const batches = nodes.map((node, i) => {
        const mine = phones.filter((_phone, no) => no % nodes.length === i)
        const texts = mine.map((phone, no) => say(phone, no % 5 === 4 ? '2' : '1'))
        return Promise.all(
          [0, 5, 10].map(from =>
            recordReplies(node.db, carrierId, texts.slice(from, from + 5), noon),
          ),
        )
      })
      await Promise.all(batches)
    } finally {
      for (const node of nodes) await node.close()
    }
    const counts = await tally()
    expect(counts).toEqual({ 1: 2, 2: 12, full: 46 })
    expect(await placesOf(db, alertId)).toEqual([{ option: '1', taken: 2 }])
    const [told] = await db.execute<{ taken: number; full: number }>(sql`
      select count(*) filter (where kind = 'taken')::int as taken,
        count(*) filter (where kind = 'full')::int as full
      from answers where carrier_id = ${carrierId}::uuid`)
    expect({ ...told }).toEqual({ taken: 2, full: 46 })
  },
)

test('what comes after the deadline counts, and is marked as late', async ({ db }) => {
  const { phones, says, tally } = await aPoll(db, 3, { deadline: later(5).toISOString() })
  await says(0, '1', 5)
  await says(1, '1', 6)
  expect(await tally()).toEqual({ 1: 2 })
  expect(await inboundOf(db, phones[0]!)).toMatchObject([{ late: false }])
  expect(await inboundOf(db, phones[1]!)).toMatchObject([{ late: true }])
})
