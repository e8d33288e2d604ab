import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordOverdueParts, recordReplies } from '../../src/inbound/replies.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { aCarrier, anOrganisation, aPhone, aSentAlert } from '../support/sent-alert.ts'

const MINUTE = 60_000
const noon = new Date('2026-11-22T12:00:00Z')
const later = (minutes: number) => new Date(noon.getTime() + minutes * MINUTE)

const TEXTS = ['We are on the roof ', 'of the school, ', 'forty people']
const WHOLE = TEXTS.join('')

/** A phone that sends texts of three parts, and what has been recorded of it. */
async function aPhoneThatWritesAtLength(db: Database) {
  const carrierId = await aCarrier(db)
  const from = aPhone()
  const part = (no: number, { key = 'udh8 171', text = TEXTS[no - 1]!, total = 3 } = {}) => ({
    from,
    to: '72345',
    text,
    part: { key, total, no },
  })
  const record = (parts: ReturnType<typeof part>[], at = noon) =>
    recordReplies(db, carrierId, parts, at)
  const giveUp = (at: Date) => recordOverdueParts(db, carrierId, at)
  const recorded = async () =>
    [
      ...(await db.execute<{ text: string; partial: boolean }>(sql`
        select text, partial from inbound where carrier_id = ${carrierId}::uuid order by received_at, id
      `)),
    ].map(row => ({ ...row }))
  return { carrierId, from, part, record, giveUp, recorded }
}

const whole = { text: WHOLE, partial: false }

const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
]
for (const key of ['udh8 171', 'udh16 171', 'sar 171']) {
  test(`pitfall 36: parts of ${key} in any order make one text, together or one by one`, async ({
    db,
  }) => {
    for (const order of ORDERS) {
      const together = await aPhoneThatWritesAtLength(db)
      await together.record(order.map(no => together.part(no, { key })))
      expect(await together.recorded()).toEqual([whole])

      const single = await aPhoneThatWritesAtLength(db)
      for (const no of order) await single.record([single.part(no, { key })])
      expect(await single.recorded()).toEqual([whole])
    }
  })
}

test('pitfall 36: parts that come twice, also when all is recorded, make one text', async ({
  db,
}) => {
  const { part, record, recorded, giveUp } = await aPhoneThatWritesAtLength(db)
  await record([part(3), part(3)])
  for (const no of [1, 1, 2, 2, 3, 1]) await record([part(no)], later(1))
  expect(await giveUp(later(9))).toBe(0)
  await record([part(2)], later(10))
  expect(await giveUp(later(20))).toBe(0)
  expect(await recorded()).toEqual([whole])
})

test('pitfall 36: parts are told apart by phone, number, reference and total', async ({ db }) => {
  const { part, record, recorded } = await aPhoneThatWritesAtLength(db)
  await record([
    part(1),
    { ...part(2), from: aPhone() },
    { ...part(2), to: '99999' },
    part(2, { key: 'udh16 171' }),
    part(2, { key: 'udh8 172' }),
    part(2, { total: 4 }),
    part(3),
  ])
  expect(await recorded()).toEqual([])
  await record([part(2)])
  expect(await recorded()).toEqual([whole])
})

test('pitfall 36: without the part that never comes, what came is recorded after five minutes', async ({
  db,
}) => {
  const { part, record, recorded, giveUp } = await aPhoneThatWritesAtLength(db)
  await record([part(3), part(1)])
  await record([part(1)], later(4))
  expect(await giveUp(new Date(later(5).getTime() - 1))).toBe(0)
  expect(await recorded()).toEqual([])
  expect(await giveUp(later(5))).toBe(1)
  const partial = { text: TEXTS[0]! + TEXTS[2]!, partial: true }
  expect(await recorded()).toEqual([partial])
  await record([part(3)], later(6))
  expect(await giveUp(later(12))).toBe(0)
  // It does come: it is no longer joined to anything, and not lost.
  await record([part(2)], later(13))
  expect(await giveUp(later(18))).toBe(1)
  expect(await recorded()).toEqual([partial, { text: TEXTS[1]!, partial: true }])
})

test('pitfall 36: a phone that uses a reference again begins another text', async ({ db }) => {
  const { part, record, recorded } = await aPhoneThatWritesAtLength(db)
  await record([part(1), part(2), part(3)])
  const other = (no: number) => part(no, { text: `other ${no} ` })
  await record([other(1), other(2), other(3)], later(1))
  expect(await recorded()).toEqual([whole, { text: 'other 1 other 2 other 3 ', partial: false }])
})

test('pitfall 36: so also where the first was not whole: what came of it is recorded', async ({
  db,
}) => {
  const { part, record, recorded } = await aPhoneThatWritesAtLength(db)
  const other = (no: number) => part(no, { text: `other ${no} ` })
  await record([part(1), part(2)])
  await record([other(2), other(3), other(1)], later(1))
  expect(await recorded()).toEqual([
    { text: TEXTS[0]! + TEXTS[1]!, partial: true },
    { text: 'other 1 other 2 other 3 ', partial: false },
  ])
})

test('pitfall 36: parts that come at once on binds of several processes make one text', async ({
  db,
  databaseUrl,
}) => {
  const others = [openDatabase(databaseUrl), openDatabase(databaseUrl)]
  const processes = [db, ...others.map(other => other.db)]
  const phones = await Promise.all(Array.from({ length: 20 }, () => aPhoneThatWritesAtLength(db)))
  await Promise.all(
    phones.flatMap(({ carrierId, part }) =>
      [2, 3, 1, 2].map((no, i) => recordReplies(processes[i % 3]!, carrierId, [part(no)], noon)),
    ),
  )
  await Promise.all(others.map(other => other.close()))
  for (const { recorded } of phones) expect(await recorded()).toEqual([whole])
})

test('pitfall 36: a flood of first parts is given up some at a time, and nothing of it stays', async ({
  db,
}) => {
  const { carrierId, part, recorded, giveUp } = await aPhoneThatWritesAtLength(db)
  const flood = Array.from({ length: 1_200 }, () => ({ ...part(1), from: aPhone() }))
  await recordReplies(db, carrierId, flood, noon)
  expect(await giveUp(later(5))).toBe(1_200)
  const texts = await recorded()
  expect(texts).toHaveLength(1_200)
  expect(texts.every(({ text, partial }) => partial && text === TEXTS[0])).toBe(true)
  expect(await giveUp(later(15))).toBe(0)
  const left = await db.execute(sql`
    select from texts_in_parts where carrier_id = ${carrierId}::uuid
  `)
  expect(left).toHaveLength(0)
})

test('pitfall 36: a long reply answers the alert, like a short one', async ({ db }) => {
  const { carrierId, from, part, record } = await aPhoneThatWritesAtLength(db)
  const options = [{ code: '2', label: 'Need help', words: ['help me'] }]
  const alertId = await aSentAlert(db, { options, recipients: [{ phone: from, carrierId }] })
  await record([part(2, { text: 'p me', total: 2 }), part(1, { text: 'Hel', total: 2 })])
  const [row] = await db.execute(sql`
    select alert_id, kind, option from inbound where phone = ${from}
  `)
  expect(row).toMatchObject({ alert_id: alertId, kind: 'option', option: '2' })
})

test('pitfall 37: STOP that comes in two parts is STOP', async ({ db }) => {
  await anOrganisation(db)
  const { from, part, record } = await aPhoneThatWritesAtLength(db)
  await record([part(2, { text: 'OP', total: 2 })])
  await record([part(1, { text: 'ST', total: 2 })])
  const [row] = await db.execute(sql`select scope from opt_outs where phone = ${from}`)
  expect(row).toMatchObject({ scope: 'nonEmergency' })
})
