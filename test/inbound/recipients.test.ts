import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { findRecipients, forgetPeople } from '../../src/inbound/recipients.ts'
import { readRecentAlerts } from '../../src/store/inbound.ts'
import { test } from '../support/database.ts'
import { aPhone, aSentAlert } from '../support/sent-alert.ts'

test('a phone is found in the alerts that memory holds as in those it has no room for', async ({
  db,
}) => {
  const phones = [aPhone(), aPhone(), aPhone()]
  const older = await aSentAlert(db, { recipients: phones.map(phone => ({ phone })) })
  const newer = await aSentAlert(db, { recipients: [{ phone: phones[1]! }] })
  const recent = await readRecentAlerts(db)
  const ours = recent.filter(({ id }) => id === older || id === newer)
  expect(ours.map(({ id }) => id)).toEqual([newer, older])
  for (const mostPeople of [100, 2, 1, 0]) {
    const found = await findRecipients(db, ours, [...phones, aPhone()], mostPeople)
    const alertsOf = phones.map(phone => found.get(phone)?.map(({ alert }) => alert.id))
    expect(alertsOf).toEqual([[older], [newer, older], [older]])
    expect(found.size).toBe(3)
  }
})

test('whom an alert reached is not read anew because somebody asked about other alerts', async ({
  db,
}) => {
  const [phone, other] = [aPhone(), aPhone()]
  await aSentAlert(db, { recipients: [{ phone }] })
  await aSentAlert(db, { recipients: [{ phone: other }] })
  const [exercise, live] = await readRecentAlerts(db)
  expect((await findRecipients(db, [live!], [phone])).size).toBe(1)
  expect((await findRecipients(db, [exercise!], [other])).size).toBe(1)
  // Whatever is read from here on is not found.
  await db.execute(sql`update blocks set phones = '' where alert_id = ${live!.id}::uuid`)
  expect((await findRecipients(db, [live!], [phone])).size).toBe(1)
})

test('whom an alert reached is let go when no text answers it any more', async ({ db }) => {
  const [phone, other] = [aPhone(), aPhone()]
  const over = await aSentAlert(db, { recipients: [{ phone }] })
  const current = await aSentAlert(db, { recipients: [{ phone: other }] })
  const ours = (await readRecentAlerts(db)).filter(({ id }) => id === over || id === current)
  const isFound = async () => {
    const found = await findRecipients(db, ours, [phone, other])
    return [found.has(phone), found.has(other)]
  }
  expect(await isFound()).toEqual([true, true])
  await db.execute(sql`
    update alerts set dispatched_at = now() - interval '8 days', expires = now() - interval '7 days'
    where id = ${over}::uuid`)
  // What is read from here on is not found, so it is memory that answers.
  await db.execute(
    sql`update blocks set phones = '' where alert_id in (${over}::uuid, ${current}::uuid)`,
  )
  expect(await isFound()).toEqual([true, true])
  await forgetPeople(db)
  expect(await isFound()).toEqual([false, true])
  // Retention may have deleted them sooner.
  await db.execute(sql`update alerts set recipients_deleted_at = now() where id = ${current}::uuid`)
  await forgetPeople(db)
  expect(await isFound()).toEqual([false, false])
})
