import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect, onTestFinished } from 'vitest'
import type { CarrierConfig } from '../../src/carriers/carrier.ts'
import { startLane } from '../../src/dispatch/lane.ts'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import type { SendableAlert } from '../../src/dispatch/work.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { test } from '../support/database.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Whether nothing holds it any more, sooner or later. */
async function isGone(one: WeakRef<object>): Promise<boolean> {
  for (let turn = 0; turn < 50; turn++) {
    collectGarbage()
    if (one.deref() === undefined) return true
    await wait(20)
  }
  return false
}

/** What an alert is made ready for sending as; whoever has a range of it in hand has this. */
function sendableOf(id: string, exerciseId: string): SendableAlert {
  const text = {
    encoded: encodeText('EXERCISE. Take shelter.'),
    personal: undefined,
    expiresAt: Date.now() + 3_600_000,
    letter: { subject: 'Exercise', body: 'Take shelter.', language: 'en-US' },
  }
  return {
    id,
    traffic: `simulated:${exerciseId}`,
    priority: 1,
    delivery: 'at-least-once',
    emergency: true,
    texts: new Map([[0, text]]),
  }
}

test('a lane that has sent all of an alert holds none of its phones', async ({ db }) => {
  const [carrierId, exerciseId] = [await insertCarrier(db, 'Simulated phones'), uuid()]
  const account: CarrierConfig = {
    id: carrierId,
    name: 'Simulated phones',
    protocol: 'simulated',
    segmentsPerSecond: 200,
    window: 50,
    binds: 1,
    sourceAddress: '70000',
    routes: [],
    exerciseId,
    simulated: {},
  }
  const made = new Map<string, WeakRef<SendableAlert>>()
  const lane = startLane({
    db,
    dispatcherId: uuid(),
    account,
    share: 1,
    accounts: () => [account],
    fitness: () => new Map(),
    counts: startCounts(),
    sendable: async id => {
      const alert = sendableOf(id, exerciseId)
      made.set(id, new WeakRef(alert))
      return alert
    },
  })
  onTestFinished(() => lane.stop(AbortSignal.timeout(5_000)))
  const { alertId } = await insertSendingAlert(db, { recipients: 60, rangeSize: 20 })
  await db.execute(sql`
    update ranges set route_class = ${`simulated:${exerciseId}`} where alert_id = ${alertId}::uuid`)
  const left = async () => {
    const [row] = await db.execute<{ left: number }>(sql`
      select count(*)::int as left from ranges where alert_id = ${alertId}::uuid and state <> 'done'`)
    return row!.left
  }
  await expect.poll(left, { timeout: 10_000 }).toBe(0)
  expect(await isGone(made.get(alertId)!)).toBe(true)
})
