import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { finishAlerts } from '../../src/dispatch/finish.ts'
import { contactsAt } from '../alerts/people.ts'
import { aFlood, dispatched, onDuty, phonesOf, planAll } from '../support/corrections.ts'
import { test } from '../support/edge.ts'

test(
  'an alert that is stopped has its end once nothing of it is in flight, and a retry takes the end back',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    const { author } = duty
    await contactsAt(
      db,
      Array.from({ length: 6 }, () => [-96.5, 30.5]),
    )
    const id = await dispatched(duty, aFlood())
    await planAll(database)
    expect(await phonesOf(db, id)).not.toEqual([])
    const finish = async () => {
      const ended: string[] = []
      await finishAlerts(db, () => new Date(), {
        loaded: () => [],
        forget: alertId => void ended.push(alertId),
      })
      return {
        ended,
        at: (await author.call('GET', `/v1/alerts/${id}`)).body.finishedAt as unknown,
      }
    }
    // A dispatcher that lives holds all of it, with messages in flight.
    await db.execute(sql`
      update ranges set state = 'leased', owner = ${randomUUID()}::uuid, hwm = from_seq,
        lease_until = now() + interval '1 minute'
      where alert_id = ${id}::uuid`)
    expect((await author.call('POST', `/v1/alerts/${id}/stop`, {})).status).toBe(202)
    expect(await finish()).toEqual({ ended: [], at: null })

    await db.execute(sql`
      update ranges set state = 'ready', owner = null, lease_until = null, hwm = 0
      where alert_id = ${id}::uuid`)
    const { ended, at } = await finish()
    expect([ended, at]).toEqual([[id], expect.stringMatching(/^20/)])
    // It is told once, and stays.
    expect(await finish()).toEqual({ ended: [], at })

    const headers = { 'Idempotency-Key': randomUUID() }
    const again = await author.call('POST', `/v1/alerts/${id}/retry`, { headers })
    expect(again.status, JSON.stringify(again.body)).toBe(202)
    expect((await author.call('GET', `/v1/alerts/${id}`)).body).toMatchObject({
      state: 'sending',
      finishedAt: null,
    })
  },
)

test('an alert that is stopped before it is laid out ends with everyone of it cancelled', async ({
  edge,
  database,
  db,
}) => {
  const duty = await onDuty(edge)
  const people = await contactsAt(
    db,
    Array.from({ length: 6 }, () => [-96.5, 30.5]),
  )
  const id = await dispatched(duty, aFlood())
  expect((await duty.author.call('POST', `/v1/alerts/${id}/stop`, {})).status).toBe(202)
  await planAll(database)
  const finish = async (loaded: string[]) => {
    const forgotten: string[] = []
    const forget = (alertId: string) => void forgotten.push(alertId)
    await finishAlerts(db, () => new Date(), { loaded: () => loaded, forget })
    return forgotten
  }
  const going = await dispatched(duty, aFlood())
  expect(await finish([id, going])).toEqual([id])
  // Another dispatcher that has it in memory ended nothing of it, and lets it go too.
  expect(await finish([id, going])).toEqual([id])
  const { body } = await duty.author.call('GET', `/v1/alerts/${id}/progress`)
  expect(body).toMatchObject({ state: 'stopped', queued: 0, submitted: 0 })
  expect(body.recipients).toBeGreaterThanOrEqual(people.length)
  expect(body.cancelled).toBe(body.recipients)
})
