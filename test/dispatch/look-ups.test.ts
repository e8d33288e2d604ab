import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import type { CarrierConfig, Receipt } from '../../src/carriers/carrier.ts'
import { createTwilioCarrier } from '../../src/carriers/twilio/messages.ts'
import { createLookUps } from '../../src/dispatch/look-ups.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openReceiptBook } from '../../src/inbound/receipts.ts'
import type { Database } from '../../src/store/database.ts'
import { recordsOf, wasGiven } from '../support/blocks.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { test } from '../support/database.ts'
import { answerJson, startGateway } from '../support/gateway.ts'
import { insertCarrier } from '../support/sending.ts'
import { aSentAlert } from '../support/sent-alert.ts'

/** A Twilio that says of each message what `fates` does, and knows nothing of others. */
async function startTwilio(fates: Readonly<Record<string, object>>) {
  const gateway = await startGateway({
    probe(response) {
      const sid = /Messages\/(\w+)\.json$/.exec(gateway.requests.at(-1)!.path)?.[1]
      const json = sid === undefined ? {} : fates[sid]
      answerJson(response, json === undefined ? { status: 404 } : { json })
    },
  })
  const config: CarrierConfig = {
    id: '0',
    name: 'Twilio',
    protocol: 'twilio',
    segmentsPerSecond: 20,
    window: 10,
    binds: 1,
    sourceAddress: '+15550009999',
    routes: [],
    twilio: {
      baseUrl: gateway.url,
      allowPrivate: true,
      accountSid: 'AC0123',
      authToken: 'canary-1',
      answerMs: 1_000,
    },
  }
  const carrier = createTwilioCarrier(config)
  onTestFinished(async () => {
    await carrier.close(AbortSignal.timeout(100))
    await gateway.close()
  })
  await carrier.open(recordEvents(), AbortSignal.timeout(5_000))
  return {
    gateway,
    lookUp: carrier.lookUp!,
    asked: () =>
      gateway.requests.flatMap(({ path }) => /Messages\/(\w+)\.json$/.exec(path)?.[1] ?? []),
  }
}

/** Messages that a carrier took so long ago, `SM1` and so on. */
async function taken(db: Database, carrierId: string, count: number, minutesAgo: number) {
  const recipients = Array.from({ length: count }, () => ({ state: 'submitted', carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  await wasGiven(
    db,
    alertId,
    carrierId,
    recipients.map((_one, i) => ({ seq: i + 1, ids: [`SM${i + 1}`], of: 'whole' })),
  )
  await age(db, carrierId, minutesAgo)
  return alertId
}

/** Lets time pass over what a carrier has taken, and over what was asked of it. */
const age = (db: Database, carrierId: string, minutes: number) =>
  db.execute(sql`
    update submissions set at = at - make_interval(mins => ${minutes}::int),
      looked_at = looked_at - make_interval(mins => ${minutes}::int)
    where carrier_id = ${carrierId}::uuid
  `)

test('what no callback told is asked for, a share of the rate at a time, and ends as Twilio says', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'asked')
  const alertId = await taken(db, carrierId, 6, 11)
  const { lookUp, asked } = await startTwilio({
    SM1: { sid: 'SM1', status: 'delivered', error_code: null, to: '+15550000001' },
    SM2: { sid: 'SM2', status: 'undelivered', error_code: 30003, to: '+15550000002' },
    SM3: { sid: 'SM3', status: 'sent', error_code: null, to: '+15550000003' },
    // SM4 isn't known there; SM5 has got its callback.
    SM6: { sid: 'SM6', status: 'failed', error_code: 30036, to: '+15550000006' },
  })
  const book = openReceiptBook(db, new MessageIds(db, carrierId))
  await book.record([{ messageId: 'SM5', state: 'delivered', reason: 'delivered' }])
  const receipts: Receipt[] = []
  const receive = (receipt: Receipt) => void receipts.push(receipt)
  // A tenth of twenty a second.
  const lookUps = createLookUps({ db, carrierId, rate: 20, lookUp, receive })
  await lookUps.turn()
  expect(asked().toSorted()).toEqual(['SM1', 'SM2'])
  // Its slots are the account's: who asks again at once has none.
  const [pace] = await db.execute<{ slots: number }>(sql`
    select round(extract(epoch from tat - clock_timestamp()) * 20 * 0.985 + 0.4)::int as slots
    from carrier_pace where carrier_id = ${carrierId}::uuid
  `)
  expect(pace!.slots).toBeGreaterThan(0)
  await expect.poll(async () => (await lookUps.turn(), asked().length), { timeout: 5_000 }).toBe(5)
  expect(asked().toSorted()).toEqual(['SM1', 'SM2', 'SM3', 'SM4', 'SM6'])
  await book.record(receipts)
  expect((await recordsOf(db, alertId)).map(({ state, reason }) => [state, reason])).toEqual([
    ['delivered', null],
    ['failed', 'undelivered 30003'],
    ['submitted', null],
    ['submitted', null],
    ['delivered', null],
    ['failed', 'failed 30036'],
  ])
})

test('nothing is asked for before ten minutes, nor of two dispatchers twice, and again when it is twice as old', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'in time')
  await taken(db, carrierId, 2, 9)
  const { lookUp, asked } = await startTwilio({})
  const receive = () => undefined
  const dispatcher = () => createLookUps({ db, carrierId, rate: 100, lookUp, receive })
  await dispatcher().turn()
  expect(asked()).toEqual([])
  await age(db, carrierId, 2)
  await Promise.all([dispatcher().turn(), dispatcher().turn()])
  expect(asked().length).toBe(2)
  await age(db, carrierId, 10)
  await dispatcher().turn()
  expect(asked().length).toBe(2)
  await age(db, carrierId, 2)
  await dispatcher().turn()
  expect(asked().length).toBe(4)
  // Past the longest that it is kept, nobody asks.
  await age(db, carrierId, 12 * 60)
  await dispatcher().turn()
  expect(asked().length).toBe(4)
})

test('a gateway that does not answer is left alone for a while', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'mute')
  await taken(db, carrierId, 5, 11)
  const { gateway, lookUp, asked } = await startTwilio({})
  gateway.script = { probe: response => answerJson(response, { status: 429 }) }
  const receipts: Receipt[] = []
  const receive = (receipt: Receipt) => void receipts.push(receipt)
  const lookUps = createLookUps({ db, carrierId, rate: 20, lookUp, receive })
  for (let turns = 0; turns < 3; turns++) await lookUps.turn()
  expect(asked().length).toBe(2)
  expect(receipts).toEqual([])
})
