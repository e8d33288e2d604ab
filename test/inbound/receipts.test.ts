import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { normaliseMessageId } from '../../src/encoding/receipt-text.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openReceiptBook } from '../../src/inbound/receipts.ts'
import { recount } from '../../src/reports/recount.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { readProgress } from '../../src/store/progress.ts'
import { countRows } from '../../src/store/tallies.ts'
import { recordsOf, wasGiven } from '../support/blocks.ts'
import { test } from '../support/database.ts'
import { aCarrier, aSentAlert } from '../support/sent-alert.ts'

type Said = {
  messageId: string
  state: 'enroute' | 'delivered' | 'failed' | 'expired'
  reason: string
}
const delivered = (messageId: string): Said => ({
  messageId,
  state: 'delivered',
  reason: 'DELIVRD 000',
})
const failed = (messageId: string): Said => ({ messageId, state: 'failed', reason: 'UNDELIV 001' })
const enroute = (messageId: string): Said => ({
  messageId,
  state: 'enroute',
  reason: 'ENROUTE 000',
})

/** One process's view of a carrier's receipts: it knows of an id what the database says. */
const bookOf = (db: Database, carrierId: string) =>
  openReceiptBook(db, new MessageIds(db, carrierId))

async function expectExact(db: Database, alertId: string): Promise<void> {
  const { progress } = await recount(db, alertId)
  expect(progress.counters).toEqual(progress.rows)
}

/** One recipient whose message has `segments` segments and is on its way. */
async function oneOnItsWay(db: Database, segments = 1, state = 'submitted') {
  const carrierId = await aCarrier(db)
  const alertId = await aSentAlert(db, { recipients: [{ segments, state, carrierId }] })
  const id = (part: number) => `${alertId}-${part}`
  const ids = Array.from({ length: segments }, (_, i) => id(i + 1))
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids }])
  const book = bookOf(db, carrierId)
  const record = (...said: Said[]) => book.record(said)
  const row = async () => (await recordsOf(db, alertId))[0]
  return { alertId, carrierId, id, record, row }
}

test('a message is delivered when all that its carrier took it in is, whatever was approved', async ({
  db,
}) => {
  // Three segments as message_payload: one id, and one receipt for all.
  const whole = await oneOnItsWay(db, 3)
  await wasGiven(db, whole.alertId, whole.carrierId, [{ seq: 1, ids: ['payload'], of: 'whole' }])
  await whole.record(delivered('payload'))
  expect(await whole.row()).toMatchObject({ state: 'delivered' })
  // One segment that took two where a segment has 140 octets, ten that took twelve.
  // And as message_payload what was one segment and is two there.
  const more = await oneOnItsWay(db, 1)
  await wasGiven(db, more.alertId, more.carrierId, [{ seq: 1, ids: ['two'], of: 'whole' }], 2)
  await more.record(delivered('two'))
  expect(await more.row()).toMatchObject({ state: 'delivered' })
  for (const [segments, parts] of [
    [1, 2],
    [10, 12],
  ] as const) {
    const { alertId, carrierId, record, row } = await oneOnItsWay(db, segments)
    const ids = Array.from({ length: parts }, (_, i) => `${alertId}-more-${i}`)
    await wasGiven(db, alertId, carrierId, [{ seq: 1, ids }], parts)
    for (const id of ids) {
      expect(await row()).toMatchObject({ state: 'submitted' })
      await record(delivered(id))
    }
    expect(await row()).toMatchObject({ state: 'delivered' })
    await expectExact(db, alertId)
  }
})

test('pitfall 24: a receipt finds its message in whatever spelling, and no other', async ({
  db,
}) => {
  const submitted = normaliseMessageId('00B8BE19', 'hexadecimal')
  for (const spelling of ['b8be19', '00B8BE19', '12107289', '0012107289']) {
    const { alertId, carrierId, record, row } = await oneOnItsWay(db)
    await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: [submitted] }])
    for (const other of ['b8be18', '12107288', '2107289']) {
      await record(delivered(normaliseMessageId(other, 'decimal')))
    }
    expect(await row()).toMatchObject({ state: 'submitted' })
    await record(delivered(normaliseMessageId(spelling, 'decimal')))
    expect(await row()).toMatchObject({ state: 'delivered' })
  }
})

const ORDERS = [
  { order: [delivered, enroute], contradicted: 0 },
  { order: [enroute, delivered], contradicted: 0 },
  { order: [delivered, delivered], contradicted: 0 },
  { order: [failed, delivered], contradicted: 1 },
  { order: [delivered, failed], contradicted: 1 },
  // The second failure speaks against the delivery as the first did.
  { order: [enroute, failed, delivered, failed, enroute], contradicted: 2 },
]

test('pitfall 28: in whatever order receipts come, one outcome', async ({ db }) => {
  for (const { order, contradicted } of ORDERS) {
    const { alertId, id, record, row } = await oneOnItsWay(db)
    let found = 0
    for (const say of order) found += (await record(say(id(1)))).contradicted
    expect(found).toBe(contradicted)
    expect(await row()).toMatchObject({ state: 'delivered', reason: null })
    await expectExact(db, alertId)
  }
})

test('pitfall 28: so also when they come together, and a contradiction is told', async ({ db }) => {
  for (const { order, contradicted } of ORDERS) {
    const { alertId, id, record, row } = await oneOnItsWay(db)
    const found = await record(...order.map(say => say(id(1))))
    expect(found).toEqual({ orphaned: 0, contradicted: Math.min(1, contradicted) })
    expect(await row()).toMatchObject({ state: 'delivered', reason: null })
    await expectExact(db, alertId)
  }
})

test('a part that failed is told from one that was delivered, of one message and of two tries', async ({
  db,
}) => {
  const { alertId, carrierId, id, record } = await oneOnItsWay(db, 2)
  expect(await record(delivered(id(1)))).toMatchObject({ contradicted: 0 })
  expect(await record(failed(id(2)))).toMatchObject({ contradicted: 0 })
  expect(await record(failed(id(1)))).toMatchObject({ contradicted: 1 })
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['again-1', 'again-2'] }])
  expect(await record(failed('again-1'))).toMatchObject({ contradicted: 0 })
})

test('pitfall 27: an intermediate receipt ends nothing, and a failure is kept with its reason', async ({
  db,
}) => {
  const { id, record, row } = await oneOnItsWay(db)
  await record(enroute(id(1)))
  expect(await row()).toMatchObject({ state: 'submitted' })
  await record(failed(id(1)))
  expect(await row()).toMatchObject({ state: 'failed', reason: 'UNDELIV 001' })
})

test('what the carrier calls expired has failed: it was handed over', async ({ db }) => {
  const { id, record, row } = await oneOnItsWay(db)
  await record({ messageId: id(1), state: 'expired', reason: 'EXPIRED 000' })
  expect(await row()).toMatchObject({ state: 'failed', reason: 'EXPIRED 000' })
})

test('one id for a message of several parts speaks of them all', async ({ db }) => {
  const { alertId, carrierId, record, row } = await oneOnItsWay(db, 3)
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['whole'], of: 'whole' }])
  await record(failed('whole'))
  expect(await row()).toMatchObject({ state: 'failed', reason: 'UNDELIV 001', parts: 0 })
  // Another try, under another id.
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['again'], of: 'whole' }])
  await record(delivered('again'))
  expect(await row()).toMatchObject({ state: 'delivered', reason: null, parts: 3 })
  await record(failed('again'), failed('whole'))
  expect(await row()).toMatchObject({ state: 'delivered', parts: 3 })
  await expectExact(db, alertId)
})

test('pitfall 29: a message is delivered when all its parts are, and a failed part stays visible', async ({
  db,
}) => {
  const { alertId, id, record, row } = await oneOnItsWay(db, 3)
  await record(delivered(id(1)), delivered(id(3)))
  expect(await row()).toMatchObject({ state: 'submitted', parts: 2 })
  await record({ messageId: id(2), state: 'expired', reason: 'EXPIRED 000' })
  expect(await row()).toMatchObject({ state: 'failed', reason: 'EXPIRED 000', parts: 2 })
  await record(delivered(id(2)))
  expect(await row()).toMatchObject({ state: 'delivered', reason: null, parts: 3 })
  await expectExact(db, alertId)
})

test('parts of two attempts make no whole message', async ({ db }) => {
  const { alertId, carrierId, id, record, row } = await oneOnItsWay(db, 2)
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['again-1', 'again-2'] }])
  await record(delivered(id(1)))
  // A third attempt broke off after its first part.
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['once-more'] }])
  await record(delivered('again-2'), delivered('once-more'))
  expect(await row()).toMatchObject({ state: 'submitted', parts: 1 })
  await record(delivered('again-1'))
  expect(await row()).toMatchObject({ state: 'delivered' })
})

test('a delivery whose result was lost is delivered by its receipt, but not failed by it', async ({
  db,
}) => {
  const lost = await oneOnItsWay(db, 1, 'queued')
  await lost.record(failed(lost.id(1)))
  expect(await lost.row()).toMatchObject({ state: 'queued' })
  await lost.record(delivered(lost.id(1)))
  expect(await lost.row()).toMatchObject({ state: 'delivered', carrier: lost.carrierId })
  await expectExact(db, lost.alertId)
  expect((await readProgress(db, lost.alertId)).get(lost.carrierId)).toMatchObject({ segments: 1 })
})

test('unknown < failed < delivered', async ({ db }) => {
  const { alertId, id, record, row } = await oneOnItsWay(db, 1, 'unknown')
  await record(failed(id(1)))
  expect(await row()).toMatchObject({ state: 'failed' })
  await record(delivered(id(1)))
  expect(await row()).toMatchObject({ state: 'delivered' })
  await expectExact(db, alertId)
})

test('who delivered it has it: a first carrier that was slow takes it back from the second', async ({
  db,
}) => {
  const { alertId, carrierId: second } = await oneOnItsWay(db)
  const first = await aCarrier(db)
  await wasGiven(db, alertId, first, [{ seq: 1, ids: ['slow'] }])
  await bookOf(db, first).record([delivered('slow')])
  const { segments: _none, ...none } = (await readProgress(db, alertId)).get(second)!
  expect(Object.values(none).every(count => count === 0)).toBe(true)
  expect((await readProgress(db, alertId)).get(first)).toMatchObject({ delivered: 1 })
})

test('pitfall 25: a receipt that overtakes its response is kept and adopted, once', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const alertId = await aSentAlert(db, { recipients: [{ carrierId }, { carrierId }] })
  // A book of its own for each look: what it finds does not hang on what was asked a moment before.
  const adopt = () => bookOf(db, carrierId).adopt()
  const book = bookOf(db, carrierId)
  const orphaned = async (...said: Said[]) => (await book.record(said)).orphaned
  expect(await orphaned(delivered('early-1'), failed('early-2'))).toBe(2)
  expect(await orphaned(delivered('early-1'))).toBe(1)
  expect(await adopt()).toEqual({ left: 2 })
  await wasGiven(db, alertId, carrierId, [{ seq: 1, ids: ['early-1'] }])
  expect(await adopt()).toEqual({ left: 1 })
  expect(await recordsOf(db, alertId)).toMatchObject([
    { state: 'delivered' },
    { state: 'submitted' },
  ])
  await wasGiven(db, alertId, carrierId, [{ seq: 2, ids: ['early-2'] }])
  await Promise.all([adopt(), adopt()])
  expect(await adopt()).toEqual({ left: 0 })
  expect(await recordsOf(db, alertId)).toMatchObject([{ state: 'delivered' }, { state: 'failed' }])
  await expectExact(db, alertId)
})

test("another carrier's ids are other messages", async ({ db }) => {
  const { id, row } = await oneOnItsWay(db)
  const other = await aCarrier(db)
  expect(await bookOf(db, other).record([delivered(id(1))])).toMatchObject({ orphaned: 1 })
  expect(await row()).toMatchObject({ state: 'submitted' })
})

test(
  'a hundred thousand receipts told twice change nothing the second time',
  { timeout: 60_000 },
  async ({ db }) => {
    const carrierId = await aCarrier(db)
    const recipients = Array.from({ length: 100_000 }, () => ({ carrierId }))
    const alertId = await aSentAlert(db, { recipients })
    await wasGiven(
      db,
      alertId,
      carrierId,
      recipients.map((_, i) => ({ seq: i + 1, ids: [`m${i}`] })),
    )
    const said = recipients.map((_, i) => (i % 10 === 0 ? failed(`m${i}`) : delivered(`m${i}`)))
    const book = bookOf(db, carrierId)
    const tell = async () => {
      for (let i = 0; i < said.length; i += 1_000) {
        await book.record(said.slice(i, i + 1_000))
      }
      return {
        counters: (await readProgress(db, alertId)).get(carrierId),
        versions: await db.execute(sql`
        select count(distinct xmin::text)::int as n, min(xmin::text) as a, max(xmin::text) as b
        from blocks where alert_id = ${alertId}::uuid
      `),
      }
    }
    const first = await tell()
    expect(first.counters).toMatchObject({ submitted: 0, delivered: 90_000, failed: 10_000 })
    expect(await tell()).toEqual(first)
  },
)

test('processes that hear the same receipts at once, in other orders, count each message once', async ({
  db,
  databaseUrl,
}) => {
  const carrierId = await aCarrier(db)
  const recipients = Array.from({ length: 60 }, (_, i) => ({
    carrierId,
    segments: 1 + (i % 3),
    state: ['submitted', 'unknown', 'queued'][i % 5] ?? 'submitted',
  }))
  const alertId = await aSentAlert(db, { recipients })
  const messages = recipients.map(({ segments }, i) => ({
    seq: i + 1,
    ids: Array.from({ length: segments }, (_, part) => `${alertId}-${i}-${part}`),
  }))
  // Half of the ids are written only while the receipts come.
  const half = (odd: number) => messages.filter((_, i) => i % 2 === odd)
  await wasGiven(db, alertId, carrierId, half(0))
  const ids = messages.flatMap(message => message.ids)
  const said = ids.flatMap(id => [delivered(id), failed(id), enroute(id), delivered(id)])
  const others = [openDatabase(databaseUrl), openDatabase(databaseUrl)]
  const processes = [db, ...others.map(other => other.db)]
  await Promise.all([
    ...processes.map(async (mine, n) => {
      const book = bookOf(mine, carrierId)
      const order = said.map((one, i) => ({ one, key: (i * 7919 * (n + 1)) % 1009 }))
      const shuffled = order.toSorted((a, b) => a.key - b.key).map(({ one }) => one)
      for (let i = 0; i < shuffled.length; i += 13) {
        await book.record(shuffled.slice(i, i + 13))
        await book.adopt()
      }
    }),
    wasGiven(db, alertId, carrierId, half(1)),
  ])
  await bookOf(db, carrierId).adopt()
  await Promise.all(others.map(other => other.close()))
  const rows = await recordsOf(db, alertId)
  expect(rows.filter(row => row.state !== 'delivered')).toEqual([])
  await expectExact(db, alertId)
  const byCarrier = (await readProgress(db, alertId)).get(carrierId)
  expect(byCarrier).toMatchObject({ ...(await countRows(db, alertId)).progress.get(carrierId) })
})

test('pitfall 25: a receipt for no message of ours is dropped after 72 hours', async ({ db }) => {
  const carrierId = randomUUID()
  const book = bookOf(db, carrierId)
  await book.record([delivered('nobody-1'), delivered('nobody-2')])
  const age = (messageId: string, minutes: number) =>
    db.execute(sql`
      update orphan_receipts set at = now() - make_interval(mins => ${minutes}::int)
      where message_id = ${messageId}
    `)
  await age('nobody-1', 72 * 60 + 1)
  await age('nobody-2', 72 * 60 - 1)
  expect(await book.adopt()).toEqual({ left: 1 })
})

test('receipts that come at once for one block, over several links, are all heard and counted once', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const people = 120
  const recipients = Array.from({ length: people }, () => ({ state: 'submitted', carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  const id = (seq: number) => `${alertId}-${seq}`
  const seqs = Array.from({ length: people }, (_, i) => i + 1)
  await wasGiven(
    db,
    alertId,
    carrierId,
    seqs.map(seq => ({ seq, ids: [id(seq)] })),
  )
  // Each batch has a book of its own, as another process has; every receipt comes in two of them.
  const batches = Array.from({ length: 24 }, (_, no) => seqs.filter(seq => seq % 12 === no % 12))
  await Promise.all(
    batches.map(batch =>
      bookOf(db, carrierId).record(
        batch.map(seq => (seq % 10 === 0 ? failed(id(seq)) : delivered(id(seq)))),
      ),
    ),
  )
  const states = (await recordsOf(db, alertId)).map(({ state }) => state)
  expect(states.filter(state => state === 'delivered')).toHaveLength(108)
  expect(states.filter(state => state === 'failed')).toHaveLength(12)
  await expectExact(db, alertId)
})

test('what was rolled back counts once for the share that networks filter, and hides no alarm', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const recipients = Array.from({ length: 20 }, () => ({ state: 'submitted', carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  const given = recipients.map((_one, i) => ({ seq: i + 1, ids: [`T${i}`] }))
  await wasGiven(db, alertId, carrierId, given)
  const book = bookOf(db, carrierId)
  const record = (from: number, to: number) =>
    book.record([
      { ...failed(`T${from}`), filtered: true },
      ...given.slice(from + 1, to).map(({ ids }) => delivered(ids[0]!)),
    ])
  const alarms = async () => {
    const [row] = await db.execute<{ alarms: { code: string; detail: string }[] }>(
      sql`select alarms from alerts where id = ${alertId}::uuid`,
    )
    return row!.alarms.map(({ code, detail }) => `${code} ${detail.split(' ')[0]} %`)
  }

  await deadlocksOnce(db, 'blocks')
  await record(0, 12)
  // 12 are too few to judge by.
  expect(await alarms()).toEqual([])
  await deadlocksOnce(db, 'alerts')
  await record(12, 20)
  expect(await alarms()).toEqual(['messages_filtered 10 %'])
})

/** The next transaction that changes the table is found to be in a deadlock as it commits. */
async function deadlocksOnce(db: Database, table: 'blocks' | 'alerts'): Promise<void> {
  const name = sql.raw(`deadlock_on_${table}`)
  await db.execute(sql`create sequence ${name}`)
  await db.execute(sql`
    create function ${name}() returns trigger language plpgsql as $$
    begin
      if nextval(tg_argv[0]::regclass) = 1 then
        raise exception 'deadlock detected' using errcode = '40P01';
      end if;
      return null;
    end $$
  `)
  await db.execute(sql`
    create constraint trigger ${name} after update on ${sql.raw(table)}
    deferrable initially deferred for each row execute function ${name}('${name}')
  `)
}
