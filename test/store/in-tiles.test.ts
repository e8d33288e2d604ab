import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import type { Box } from '../../src/geometry/geojson.ts'
import { runsOf, tilesOver } from '../../src/geometry/grid.ts'
import { countInTiles, inTilesUpTo, type InTiles } from '../../src/store/audience.ts'
import { insertContact, setLocations } from '../../src/store/contacts.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'

const EMERGENCY = { emergency: true, categories: [] }

const phoneOf = (no: number, latitude: number) =>
  `+1555010${latitude}${String(no).padStart(3, '0')}`

/** Thirty people in a row, a degree apart; every fifth is at a second place, ten degrees to the east. */
async function settle(db: Database, latitude: number): Promise<string[]> {
  const ids: string[] = []
  for (let no = 0; no < 30; no++) {
    const id = uuid()
    const fields = { language: undefined, email: undefined, name: undefined, externalId: undefined }
    await insertContact(db, { id, phone: phoneOf(no, latitude), ...fields })
    const places = no % 5 === 0 ? [no, no + 10] : [no]
    await setLocations(
      db,
      id,
      places.map(longitude => ({ longitude, latitude, label: undefined })),
    )
    ids.push(id.replaceAll('-', ''))
  }
  return ids
}

const runsOver = (box: Box) => runsOf(tilesOver(box))
const tilesAt = (latitude: number) => ({
  boxes: runsOver([-0.5, latitude - 0.1, 9.5, latitude + 0.1]),
  cells: runsOver([9.6, latitude - 0.1, 19.5, latitude + 0.1]),
})

/** What is said of the tiles, in any order. */
function told({ once, others, solePlaces, shared }: InTiles) {
  const places = solePlaces.flatMap(packed =>
    Array.from({ length: packed.length / 16 }, (_, at) => packed.readDoubleBE(at * 16)),
  )
  return {
    once,
    others: others.toSorted(),
    places: places.toSorted((a, b) => a - b),
    shared: shared.map(({ contactId, longitude }) => `${contactId} ${longitude}`).toSorted(),
  }
}

test('few in tiles are told in one question as many are in the other, and too many not at all', async ({
  db,
}) => {
  await settle(db, 1)
  const tiles = tilesAt(1)
  const many = told(await countInTiles(db, tiles, { barred: [] }, undefined))
  // Tiles lie over more than the box that they are asked for.
  const locations = many.once + many.others.length + many.places.length + many.shared.length
  expect(locations).toBeGreaterThan(20)
  const few = (most: number) => inTilesUpTo(db, tiles, most, undefined, 'shared')
  expect(told((await few(locations))!)).toEqual(many)
  expect(await few(locations - 1)).toBeUndefined()

  const everyone = told((await inTilesUpTo(db, tiles, 99, undefined, 'everyone'))!)
  expect(everyone).toMatchObject({ once: 0, places: [] })
  expect(everyone.others).toHaveLength(many.once + many.others.length)
  expect(everyone.shared).toHaveLength(many.places.length + many.shared.length)
})

test('who opted out is left out of the few, and counts where it is asked whether they are few', async ({
  db,
}) => {
  const ids = await settle(db, 5)
  const tiles = tilesAt(5)
  const out = [1, 5, 11, 15]
  for (const no of out) {
    await db.execute(sql`
      insert into opt_outs (phone, scope, source) values (${phoneOf(no, 5)}, 'all', 'reply')`)
  }
  // Another scope than an emergency heeds, and somebody who is no contact.
  await db.execute(sql`
    insert into opt_outs (phone, scope, source)
    values (${phoneOf(2, 5)}, 'nonEmergency', 'reply'), ('+15550199999', 'all', 'reply')`)
  const barred = out.map(no => ids[no]!)
  const expected = told(await countInTiles(db, tiles, { barred }, undefined))
  const everybody = told(await countInTiles(db, tiles, { barred: [] }, undefined))
  expect(expected.once).toBe(everybody.once - 1)

  const few = (most: number) => inTilesUpTo(db, tiles, most, undefined, 'shared', EMERGENCY)
  expect(told((await few(99))!)).toEqual(expected)
  const locations = (of: typeof expected) =>
    of.once + of.others.length + of.places.length + of.shared.length
  expect(await few(locations(everybody) - 1)).toBeUndefined()
  const otherwise = { emergency: false, categories: ['Met'] }
  const notUrgent = await inTilesUpTo(db, tiles, 99, undefined, 'shared', otherwise)
  expect(told(notUrgent!).once).toBe(expected.once - 1)
})
