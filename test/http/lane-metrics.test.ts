import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { lockBlocks, writeBlocks } from '../../src/store/blocks.ts'
import { transact } from '../../src/store/database.ts'
import { reportLink } from '../../src/store/links.ts'
import { test } from '../support/edge.ts'
import { idleLane } from '../support/lane-figures.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

/** Samples by name and labels, as they stand in the text. */
const samplesOf = (text: string) =>
  new Map(
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => line.split(' ') as [string, string]),
  )

test('each lane of each dispatcher that lives is in the metrics', async ({ db, edge }) => {
  const carrierId = await insertCarrier(db, 'North')
  const [one, two, dead] = [randomUUID(), randomUUID(), randomUUID()]
  const report = {
    carrierId,
    state: 'bound' as const,
    perSecond: 9,
    inFlight: 7,
    lastError: undefined,
  }
  const figures = {
    ...idleLane,
    acceptedMessages: 120,
    throttled: 3,
    leaseAge: 0.5,
    isResting: true,
  }
  await reportLink(db, { ...report, dispatcherId: one, figures })
  await reportLink(db, {
    ...report,
    dispatcherId: two,
    state: 'unbound',
    figures: { ...idleLane, acceptedMessages: 80, batches: 4, batchSeconds: 0.25 },
  })
  await reportLink(db, { ...report, dispatcherId: dead, figures })
  await db.execute(sql`
    update carrier_links set reported_at = now() - interval '6 s' where dispatcher_id = ${dead}::uuid
  `)
  await db.execute(sql`update carrier_pace set factor = 0.75 where carrier_id = ${carrierId}::uuid`)
  await db.execute(sql`
    insert into orphan_receipts (carrier_id, message_id, state, reason)
    values (${carrierId}::uuid, 'm1', 'delivered', '')
  `)
  const { alertId } = await insertSendingAlert(db, { recipients: 5 })
  await transact(db, async tx => {
    const [block] = (await lockBlocks(tx, alertId, [1])).values()
    for (const offset of [0, 3]) block!.suspect(offset)
    await writeBlocks(tx, [block!])
  })

  const { body, headers } = await edge.call('GET', '/metrics')
  expect(headers.get('Content-Type')).toMatch(/^text\/plain/)
  const samples = samplesOf(body as string)
  const of = (name: string, dispatcher: string) =>
    samples.get(`tocsin_lane_${name}{carrier="${carrierId}",dispatcher="${dispatcher}"}`)
  expect(of('accepted_messages_total', one)).toBe('120')
  expect(of('accepted_messages_total', two)).toBe('80')
  expect(of('accepted_messages_total', dead)).toBeUndefined()
  expect(of('throttled_total', one)).toBe('3')
  expect(of('lease_age_seconds', one)).toBe('0.5')
  expect(of('window_segments', one)).toBe('10')
  expect(of('batch_seconds_total', two)).toBe('0.25')
  expect([of('bound', one), of('bound', two)]).toEqual(['1', '0'])
  expect([of('resting', one), of('resting', two)]).toEqual(['1', '0'])
  expect(samples.get(`tocsin_pace_factor{carrier="${carrierId}"}`)).toBe('0.75')
  expect(samples.get(`tocsin_orphan_receipts{carrier="${carrierId}"}`)).toBe('1')
  expect(samples.get('tocsin_possible_duplicates')).toBe('2')
  expect(samples.get('tocsin_stalled_alerts{reason="no_carrier_bound"}')).toBe('0')
  expect(samples.get('tocsin_database_reachable')).toBe('1')
  expect(samples.has('tocsin_process_cpu_seconds_total')).toBe(true)
})
