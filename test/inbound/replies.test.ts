import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { recount } from '../../src/reports/recount.ts'
import { lockBlocks, writeBlocks } from '../../src/store/blocks.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { answersTo, inboundOf, later, MINUTE, noon, say, tallyOf } from '../support/replies.ts'
import { aCarrier, anOrganisation, aPhone, aSentAlert } from '../support/sent-alert.ts'

const options = [
  { code: '1', label: 'Safe', words: ['safe', 'yes'] },
  { code: '2', label: 'Need help', words: ['help me'] },
]

/** One phone that was sent one alert, and a way to text back. */
async function aPhoneWithAnAlert(db: Database) {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, { options, recipients: [{ phone, carrierId }] })
  let minute = 0
  /** A text a minute. */
  const texts = async (...said: string[]) => {
    for (const text of said) await recordReplies(db, carrierId, [say(phone, text)], later(minute++))
  }
  const waits = (minutes: number) => {
    minute += minutes
  }
  return { phone, alertId, carrierId, texts, waits, tally: () => tallyOf(db, alertId) }
}

async function optOutsOf(db: Database, phone: string): Promise<string[]> {
  const rows = await db.execute<{ scope: string }>(sql`
    select scope from opt_outs where phone = ${phone} order by scope
  `)
  return rows.map(row => row.scope)
}

test('a person is counted once, by the last valid reply', async ({ db }) => {
  const { texts, tally } = await aPhoneWithAnAlert(db)
  await texts('what is happening')
  expect(await tally()).toEqual({ other: 1 })
  await texts('1')
  expect(await tally()).toEqual({ 1: 1 })
  await texts('2')
  expect(await tally()).toEqual({ 2: 1 })
  await texts('thank you')
  expect(await tally()).toEqual({ 2: 1 })
})

test("a carrier's repeat is one text; a person who changes their mind twice said three", async ({
  db,
}) => {
  const { phone, carrierId, texts, tally } = await aPhoneWithAnAlert(db)
  await texts('1', '1')
  expect(await inboundOf(db, phone)).toHaveLength(1)
  await texts('2', '1')
  expect((await inboundOf(db, phone)).map(({ text }) => text)).toEqual(['1', '2', '1'])
  expect(await tally()).toEqual({ 1: 1 })

  const together = aPhone()
  await recordReplies(
    db,
    carrierId,
    ['1', '1', '2', '2', '1'].map(text => say(together, text)),
    noon,
  )
  expect((await inboundOf(db, together)).map(({ text }) => text)).toEqual(['1', '2', '1'])
})

test('pitfall 47: two alerts within a minute are each answered with the same word', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const first = await aSentAlert(db, { options, recipients: [{ phone, carrierId }] })
  await recordReplies(db, carrierId, [say(phone, '1')], noon)
  const second = await aSentAlert(db, { options, recipients: [{ phone, carrierId }] })
  await recordReplies(db, carrierId, [say(phone, '1'), say(phone, '1')], later(0.5))
  expect(await tallyOf(db, first)).toMatchObject({ 1: 1 })
  expect(await tallyOf(db, second)).toMatchObject({ 1: 1 })
  expect(await inboundOf(db, phone)).toMatchObject([{ alert: first }, { alert: second }])
})

test('the same words after ten minutes, or to another carrier, are new', async ({ db }) => {
  const { phone, texts, waits } = await aPhoneWithAnAlert(db)
  await texts('1')
  waits(10)
  await texts('1')
  await recordReplies(db, await aCarrier(db), [say(phone, '1')], later(11))
  expect(await inboundOf(db, phone)).toHaveLength(3)
})

test('STOP is no reply: it opts out of what is no emergency, is confirmed once, and START takes it back', async ({
  db,
}) => {
  const { phone, texts, tally } = await aPhoneWithAnAlert(db)
  await texts('1', 'STOP')
  expect(await tally()).toEqual({ 1: 1, optedOut: 1 })
  expect(await optOutsOf(db, phone)).toEqual(['nonEmergency'])
  await texts('Stop please')
  expect(await tally()).toEqual({ 1: 1, optedOut: 1 })
  expect(await answersTo(db, phone)).toEqual(['optOut'])
  await db.execute(
    sql`insert into opt_outs (phone, scope, source) values (${phone}, 'all', 'operator')`,
  )
  await texts('START')
  expect(await tally()).toEqual({ 1: 1 })
  expect(await optOutsOf(db, phone)).toEqual(['all'])
  expect(await answersTo(db, phone)).toEqual(['optOut', 'optIn'])
})

test('pitfall 47: YES that answers an alert leaves an opt-out as it is', async ({ db }) => {
  const { phone, texts, tally } = await aPhoneWithAnAlert(db)
  await texts('STOP', 'YES')
  expect(await tally()).toEqual({ 1: 1, optedOut: 1 })
  expect(await optOutsOf(db, phone)).toEqual(['nonEmergency'])
})

test('pitfall 46: HELP is answered, to strangers too, and no machine is answered for ever', async ({
  db,
}) => {
  await anOrganisation(db)
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  for (let minute = 0; minute < 10; minute++) {
    await recordReplies(
      db,
      carrierId,
      [say(phone, 'HELP'), say(phone, 'Out of office')],
      later(minute),
    )
    await db.execute(sql`update answers set sent_at = now() where phone = ${phone}`)
  }
  expect(await answersTo(db, phone)).toEqual(['help'])
  const [answer] = await db.execute<{ text: string; seconds: number }>(sql`
    select text, extract(epoch from expires - created_at)::int as seconds from answers where phone = ${phone}
  `)
  expect(answer).toMatchObject({ text: expect.stringContaining('STOP') as string, seconds: 300 })
  await recordReplies(db, carrierId, [say(phone, 'HELP')], later(10))
  expect(await answersTo(db, phone)).toEqual(['help', 'help'])
})

test('whoever asked for help and never got the answer may ask again at once', async ({ db }) => {
  await anOrganisation(db)
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const ask = (minute: number) =>
    recordReplies(db, carrierId, [say(phone, 'HELP'), say(phone, 'please')], later(minute))
  await ask(0)
  // It waits for its turn.
  await ask(4)
  expect(await answersTo(db, phone)).toEqual(['help'])
  // Nothing took it while it was worth sending.
  await ask(6)
  expect(await answersTo(db, phone)).toEqual(['help', 'help'])
  await db.execute(sql`update answers set failure = 'link_lost' where phone = ${phone}`)
  await ask(7)
  expect(await answersTo(db, phone)).toEqual(['help', 'help', 'help'])
})

test('pitfall 46: a phone that echoes every message is answered at most once', async ({ db }) => {
  const { phone, texts } = await aPhoneWithAnAlert(db)
  await texts('FLASH FLOOD. Reply 1 SAFE, 2 NEED HELP.')
  expect(await answersTo(db, phone)).toEqual([])
  for (const first of ['HELP', 'STOP', 'START']) {
    const before = (await answersTo(db, phone)).length
    await texts(first)
    // Whatever we say comes back, and what we say to that.
    for (let said = before; ; said++) {
      const answers = await db.execute<{ text: string }>(sql`
        select text from answers where phone = ${phone} order by created_at, id
      `)
      const answer = answers[said]
      if (answer === undefined) break
      await texts(answer.text)
    }
    expect((await answersTo(db, phone)).length - before).toBeLessThanOrEqual(1)
  }
})

test('pitfall 47: one reply answers one alert: the newest that asks and is open', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alert = (minutes: number, more: { options?: typeof options; expires?: Date } = {}) =>
    aSentAlert(db, {
      options,
      recipients: [{ phone, carrierId }],
      dispatchedAt: new Date(Date.now() - 60 * MINUTE + minutes * MINUTE),
      ...more,
    })
  const older = await alert(1)
  const newer = await alert(2)
  await alert(3, { options: [] })
  await alert(4, { expires: new Date(Date.now() - MINUTE) })
  await recordReplies(db, carrierId, [say(phone, '1')], noon)
  expect(await inboundOf(db, phone)).toMatchObject([{ alert: newer, late: false }])
  expect(await tallyOf(db, newer)).toEqual({ 1: 1 })
  expect(await tallyOf(db, older)).toEqual({})
})

test('pitfall 47: of two open alerts, the newest that came from the number written to', async ({
  db,
}) => {
  const [north, south] = [await aCarrier(db), await aCarrier(db)]
  await db.execute(sql`update carriers set source_address = '15550001' where id = ${south}::uuid`)
  const phone = aPhone()
  const from = (carrierId: string, minutes: number) =>
    aSentAlert(db, {
      options,
      recipients: [{ phone, carrierId }],
      dispatchedAt: new Date(Date.now() - 60 * MINUTE + minutes * MINUTE),
    })
  const bySouth = await from(south, 1)
  const byNorth = await from(north, 2)
  await recordReplies(db, south, [say(phone, '1', '+15550001')], noon)
  await recordReplies(db, north, [say(phone, '2', '72345')], noon)
  expect(await tallyOf(db, bySouth)).toEqual({ 1: 1 })
  expect(await tallyOf(db, byNorth)).toEqual({ 2: 1 })
})

test('an alert that is open is answered also after a week, one that is over is not', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const longAgo = async (expires: Date) => {
    const phone = aPhone()
    const dispatchedAt = new Date(Date.now() - 8 * 24 * 60 * MINUTE)
    await aSentAlert(db, { options, recipients: [{ phone, carrierId }], dispatchedAt, expires })
    await recordReplies(db, carrierId, [say(phone, '1')], noon)
    return (await inboundOf(db, phone))[0]?.alert !== null
  }
  expect(await longAgo(new Date(Date.now() + MINUTE))).toBe(true)
  expect(await longAgo(new Date(Date.now() - MINUTE))).toBe(false)
})

test('a reply after the alert expired counts, and is marked late', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, {
    options,
    recipients: [{ phone, carrierId }],
    state: 'sending',
    expires: new Date(Date.now() - MINUTE),
  })
  await recordReplies(db, carrierId, [say(phone, 'safe')], noon)
  expect(await inboundOf(db, phone)).toMatchObject([{ alert: alertId, late: true, option: '1' }])
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})

test('a phone can be quicker than the result that says its message was taken', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const [quick, waiting] = [aPhone(), aPhone()]
  const alertId = await aSentAlert(db, {
    options,
    recipients: [
      { phone: quick, state: 'queued' },
      { phone: waiting, state: 'queued' },
    ],
  })
  await db.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, state, hwm, expires)
    values (${alertId}::uuid, 1, 1, '', 1, 2, 'leased', 1, now() + interval '1 hour')
  `)
  await recordReplies(db, carrierId, [say(quick, '1'), say(waiting, '1')], noon)
  expect(await inboundOf(db, quick)).toMatchObject([{ alert: alertId }])
  // Nothing was handed over for this one: it answers something else.
  expect(await inboundOf(db, waiting)).toMatchObject([{ alert: null }])
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})

test('a reply is heard whose message’s result is written while it is being judged', async ({
  db,
  databaseUrl,
}) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, { options, recipients: [{ phone, state: 'queued' }] })
  await db.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, state, hwm, expires)
    values (${alertId}::uuid, 1, 1, '', 1, 1, 'leased', 1, now() + interval '1 hour')
  `)
  const writer = openDatabase(databaseUrl, { max: 1 })
  try {
    let judged: Promise<void> | undefined
    await writer.db.transaction(async tx => {
      // It waits for the marks, having seen that no result was there.
      await tx.execute(sql`lock table ranges in access exclusive mode`)
      judged = recordReplies(db, carrierId, [say(phone, '1')], noon)
      await untilSomebodyWaits(tx)
      const [block] = (await lockBlocks(tx, alertId, [1])).values()
      block!.submitted(0, carrierId)
      await writeBlocks(tx, [block!])
      await tx.execute(sql`update ranges set state = 'done' where alert_id = ${alertId}::uuid`)
    })
    await judged
  } finally {
    await writer.close()
  }
  expect(await inboundOf(db, phone)).toMatchObject([{ alert: alertId }])
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})

async function untilSomebodyWaits(tx: Database): Promise<void> {
  for (;;) {
    const waiting = await tx.execute(sql`
      select from pg_locks where not granted and relation = 'ranges'::regclass
    `)
    if (waiting.length > 0) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test('texts from phones that no alert was sent to are kept and change no tally', async ({ db }) => {
  const { alertId, carrierId } = await aPhoneWithAnAlert(db)
  const strangers = Array.from({ length: 1_000 }, () => say(aPhone(), '1'))
  await recordReplies(db, carrierId, strangers, noon)
  expect(await tallyOf(db, alertId)).toEqual({})
  expect(await inboundOf(db, strangers[999]!.from)).toMatchObject([{ text: '1', alert: null }])
})

test('replies are tallied by the first area and by every group', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const phones = [aPhone(), aPhone(), aPhone()]
  const [a, b, c] = phones as [string, string, string]
  const alertId = await aSentAlert(db, {
    options,
    areas: ['North', 'South'],
    groups: [
      { id: randomUUID(), name: 'Schools' },
      { id: randomUUID(), name: 'Volunteers' },
    ],
    recipients: [
      { phone: a, carrierId, areaNo: 0, groupNos: [0, 1] },
      { phone: b, carrierId, areaNo: 1, groupNos: [1] },
      { phone: c, carrierId, areaNo: null, groupNos: [0] },
    ],
  })
  await recordReplies(db, carrierId, [say(a, '1'), say(b, '2'), say(c, '1'), say(a, 'STOP')], noon)
  await recordReplies(db, carrierId, [say(b, '1')], later(1))
  await tallyOf(db, alertId)
  const { tallies } = await recount(db, alertId)
  const count = (dimension: string, key: number) =>
    Object.fromEntries(
      tallies.counters
        .filter(one => one.dimension === dimension && one.key === key)
        .map(one => [one.option, one.count]),
    )
  expect(count('total', 0)).toEqual({ 1: 3, optedOut: 1 })
  expect(count('area', 0)).toEqual({ recipients: 1, 1: 1, optedOut: 1 })
  expect(count('area', 1)).toEqual({ recipients: 1, 1: 1 })
  expect(count('group', 0)).toEqual({ recipients: 2, 1: 2, optedOut: 1 })
  expect(count('group', 1)).toEqual({ recipients: 2, 1: 2, optedOut: 1 })
})

test('whatever a phone sends is kept as it was, as far as PostgreSQL can hold it', async ({
  db,
}) => {
  const { phone, texts, tally } = await aPhoneWithAnAlert(db)
  const strange = [
    '"}\'); drop table inbound;--',
    '{null,"a"}',
    'a\\b',
    'null',
    'жар 🔥',
    'a\0b',
    '\ud83d',
    '',
  ]
  await texts(...strange)
  expect((await inboundOf(db, phone)).map(({ text }) => text)).toEqual([
    ...strange.slice(0, 5),
    'ab',
    '\ufffd',
    '',
  ])
  expect(await tally()).toEqual({ other: 1 })
})

test('processes that hear the same phones at once count each of them once', async ({
  db,
  databaseUrl,
}) => {
  const carriers = [await aCarrier(db), await aCarrier(db), await aCarrier(db)]
  const phones = Array.from({ length: 40 }, () => aPhone())
  const alertId = await aSentAlert(db, {
    options,
    areas: ['North', 'South'],
    groups: [{ id: randomUUID(), name: 'Schools' }],
    recipients: phones.map((phone, i) => ({
      phone,
      areaNo: i % 2,
      groupNos: i % 3 === 0 ? [0] : [],
    })),
  })
  const said = ['1', '2', 'STOP', 'hello', 'START', '1', 'HELP', '2']
  const others = [openDatabase(databaseUrl), openDatabase(databaseUrl)]
  await Promise.all(
    [db, ...others.map(other => other.db)].map(async (mine, n) => {
      for (const [round, text] of said.entries()) {
        const order = phones.map((phone, i) => ({ phone, key: (i * 31 * (n + round + 1)) % 41 }))
        const batch = order.toSorted((x, y) => x.key - y.key).map(({ phone }) => say(phone, text))
        await recordReplies(mine, carriers[n]!, batch, later(round))
      }
    }),
  )
  await Promise.all(others.map(other => other.close()))
  const tally = await tallyOf(db, alertId)
  expect((tally['1'] ?? 0) + (tally['2'] ?? 0)).toBe(40)
  const [doubled] = await db.execute<{ most: number }>(sql`
    select max(n)::int as most from (select count(*) as n from answers
      where phone = any(${`{${phones.join(',')}}`}::text[]) group by phone, kind) a
  `)
  expect(doubled).toEqual({ most: 1 })
})

test('two carriers that pass on the same reply at once move the tally once', async ({
  db,
  databaseUrl,
}) => {
  const { phone, alertId, carrierId } = await aPhoneWithAnAlert(db)
  const other = openDatabase(databaseUrl)
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      recordReplies(i % 2 ? db : other.db, carrierId, [say(phone, '1')], noon),
    ),
  )
  await other.close()
  expect(await inboundOf(db, phone)).toHaveLength(1)
  expect(await tallyOf(db, alertId)).toEqual({ 1: 1 })
})
