import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { contactsAt, square } from '../alerts/people.ts'
import { aFlood, dispatched, onDuty, phonesOf, planAll, planTurn } from '../support/corrections.ts'
import type { Database, OpenDatabase } from '../../src/store/database.ts'
import { type Edge, test } from '../support/edge.ts'

const HARBOUR = [-90.5, 30.5] as const
const MARKET = [-80.5, 30.5] as const

const ground = (west: number) => JSON.stringify({ areaDesc: 'Ground', polygon: [square(west, 30)] })

/** An alert to the valley and to a group that holds the harbour, laid out as far as its planner lived. */
async function halfPlanned(edge: Edge, database: OpenDatabase) {
  const { db } = database
  await db.execute(sql`delete from contacts`)
  await contactsAt(db, [[-96.5, 30.5], HARBOUR])
  const group = randomUUID()
  await db.execute(
    sql`insert into groups (id, name, area) values (${group}, ${group}, ${ground(-91)}::jsonb)`,
  )
  const duty = await onDuty(edge)
  const id = await dispatched(duty, aFlood({ audience: { groups: [group] }, maxRecipients: 10 }))
  await planTurn(database)
  await db.execute(sql`
    update alerts set plan_state = 'running', planner_until = now() - interval '1 second'
    where id = ${id}::uuid`)
  return { id, group, planned: await phonesOf(db, id) }
}

const alertOf = async (db: Database, id: string) => {
  const [row] = await db.execute(sql`
    select state, planned, jsonb_path_query_array(alarms, '$[*].code') as alarms
    from alerts where id = ${id}::uuid`)
  return row
}

test('whoever goes on with a plan sends to nobody whom a group holds since it was signed', async ({
  edge,
  database,
  db,
}) => {
  const { id, group, planned } = await halfPlanned(edge, database)
  expect(planned).toHaveLength(2)
  await contactsAt(db, [MARKET])
  await db.execute(sql`update groups set area = ${ground(-81)}::jsonb where id = ${group}`)
  await planAll(database)
  expect(await phonesOf(db, id)).toEqual(planned)
  expect(await alertOf(db, id)).toEqual({
    state: 'stopped',
    planned: 2,
    alarms: ['audience_changed'],
  })
})

test('and goes on to its end where the audience is the one that was signed', async ({
  edge,
  database,
  db,
}) => {
  const { id, planned } = await halfPlanned(edge, database)
  await contactsAt(db, [MARKET, HARBOUR])
  await planAll(database)
  expect(await phonesOf(db, id)).toEqual([...planned, expect.any(String)])
  expect(await alertOf(db, id)).toEqual({ state: 'sending', planned: 3, alarms: [] })
})
