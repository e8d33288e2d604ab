import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import {
  insertContact,
  lockContact,
  setLocations,
  updateContact,
} from '../../src/store/contacts.ts'
import type { Database } from '../../src/store/database.ts'
import { phoneOfKey } from '../../src/store/phone-key.ts'
import { test } from '../support/database.ts'

const LOCATION = { longitude: 1, latitude: 2, label: undefined }
const fields = (phone: string, language: string | undefined) => ({
  phone,
  language,
  email: undefined,
  name: undefined,
  externalId: undefined,
})

async function beside(db: Database, contactId: string) {
  const rows = await db.execute<{ key: Buffer; language: string }>(
    sql`select int8send(phone_key) as key, language from locations where contact_id = ${contactId}`,
  )
  return rows.map(row => [phoneOfKey(row.key, 0), row.language])
}

test('what an estimate asks of a contact stands beside its locations, and changes with it', async ({
  db,
}) => {
  const id = uuid()
  await insertContact(db, { id, ...fields('+15550123456', 'es') })
  await setLocations(db, id, [LOCATION, { ...LOCATION, longitude: 3 }])
  const one = [15550123456, 'es']
  expect(await beside(db, id)).toEqual([one, one])
  await updateContact(db, id, fields('+2904567', undefined))
  expect(await beside(db, id)).toEqual([
    [2904567, ''],
    [2904567, ''],
  ])
  await updateContact(db, id, fields('+290456789', 'en-US'))
  expect(await beside(db, id)).toEqual([
    [290456789, 'en-US'],
    [290456789, 'en-US'],
  ])
})

test('a contact that changes while it is given a place waits, and is followed', async ({ db }) => {
  const id = uuid()
  await insertContact(db, { id, ...fields('+15550123499', 'en') })
  const changing = await db.transaction(async tx => {
    await setLocations(tx, id, [LOCATION])
    const changed = updateContact(db, id, fields('+15550123499', 'es'))
    expect(await Promise.race([changed, pause(200)])).toBe('paused')
    return [changed]
  })
  await Promise.all(changing)
  expect(await beside(db, id)).toEqual([[15550123499, 'es']])
  expect(await lockContact(db, id)).toBe(2)
})

function pause(ms: number): Promise<'paused'> {
  return new Promise(resolve => setTimeout(() => resolve('paused'), ms))
}
