import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { transact } from '../../src/store/database.ts'
import { Bin } from '../../src/store/packing.ts'
import { claimPlan, PlanLost, planSlice } from '../../src/store/plan.ts'
import { contactsAt } from '../alerts/people.ts'
import { aFlood, dispatched, onDuty } from '../support/corrections.ts'
import { test } from '../support/edge.ts'

test('who has lost an alert writes nothing of it, whatever the other planner has written', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const id = await dispatched(await onDuty(edge), aFlood())
  const slice = (phone: number) => {
    const bin = new Bin({
      routeClass: '',
      textNo: 0,
      segments: 1,
      expires: new Date(),
      blockSize: 1,
    })
    bin.add(Buffer.alloc(16), 0, phone, -1, [])
    return bin.cut(true)
  }
  const [first, second] = [randomUUID(), randomUUID()]
  const plan = (planner: string, planned: number, phone: number) =>
    transact(db, tx => planSlice(tx, { planner, alertId: id, planned }, slice(phone)))
  const phones = async () => {
    const rows = await db.execute<{ first_phone: string }>(sql`
      select first_phone from blocks where alert_id = ${id}::uuid order by block_no`)
    return rows.map(row => Number(row.first_phone))
  }

  expect((await claimPlan(db, first))?.alertId).toBe(id)
  expect(await plan(first, 0, 15550000001)).toBe(1)
  await db.execute(sql`update alerts set planner_until = now() - interval '1 second'`)
  expect(await claimPlan(db, second)).toMatchObject({ alertId: id, planned: 1 })
  await expect(plan(first, 1, 15550000002)).rejects.toThrow(PlanLost)
  expect(await plan(second, 1, 15550000003)).toBe(2)
  // The numbers of its block are taken by now.
  await expect(plan(first, 1, 15550000002)).rejects.toThrow(PlanLost)
  expect(await phones()).toEqual([15550000001, 15550000003])
})
