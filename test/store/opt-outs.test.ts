import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { setOptOut } from '../../src/store/consents.ts'
import type { Database } from '../../src/store/database.ts'
import { loadRanges } from '../../src/store/ranges.ts'
import { test } from '../support/database.ts'
import { anOrganisation, aPhone, aSentAlert } from '../support/sent-alert.ts'

/** Each of these opts out once the alert is being sent. @returns who is left out of what still waits */
async function leftOut(db: Database, alert: { readonly emergency: boolean }): Promise<string[]> {
  const { operatorId } = await anOrganisation(db)
  const wishes = [
    { scope: 'nonEmergency', category: '' },
    { scope: 'category', category: 'Met' },
    { scope: 'category', category: 'Fire' },
    { scope: 'otherCategories', category: 'Met,Fire' },
    { scope: 'otherCategories', category: 'Geo,Fire' },
    { scope: 'all', category: '' },
  ] as const
  const phones = wishes.map(() => aPhone())
  const alertId = await aSentAlert(db, {
    recipients: [...phones, aPhone()].map(phone => ({ phone, state: 'queued' })),
    dispatchedAt: new Date(Date.now() - 60_000),
  })
  await db.execute(
    sql`update alerts set emergency = ${alert.emergency} where id = ${alertId}::uuid`,
  )
  for (const [no, wish] of wishes.entries()) {
    const decision = { ...wish, phone: phones[no]!, operatorId, reason: 'rang' }
    await setOptOut(db, decision)
  }
  const place = { blockNo: 1, generation: 0, fromSeq: 1, toSeq: 7, seqs: null, hwm: 0 }
  const [{ recipients } = { recipients: [] }] = await loadRanges(db, alertId, [place])
  expect(recipients).toHaveLength(7)
  return recipients.flatMap(({ seq, optedOut }) => {
    const { scope, category } = wishes[seq - 1] ?? { scope: 'none', category: '' }
    return optedOut ? [`${scope} ${category}`.trim()] : []
  })
}

test('who opts out while an alert is being sent is left out of what still waits', async ({
  db,
}) => {
  expect(await leftOut(db, { emergency: false })).toEqual([
    'nonEmergency',
    'category Met',
    'otherCategories Geo,Fire',
    'all',
  ])
})

test('an emergency goes to all but those who want nothing at all', async ({ db }) => {
  expect(await leftOut(db, { emergency: true })).toEqual(['all'])
})

test('whose wish was being recorded when the alert was laid out is left out too', async ({
  db,
}) => {
  const { operatorId } = await anOrganisation(db)
  const phone = aPhone()
  const decision = {
    scope: 'nonEmergency',
    category: '',
    phone,
    operatorId,
    reason: 'rang',
  } as const
  // Stamped before the dispatch, and seen after it.
  await setOptOut(db, decision)
  const alertId = await aSentAlert(db, {
    recipients: [{ phone, state: 'queued' }],
    dispatchedAt: new Date(Date.now() + 2_000),
  })
  await db.execute(sql`update alerts set emergency = false where id = ${alertId}::uuid`)
  const place = { blockNo: 1, generation: 0, fromSeq: 1, toSeq: 1, seqs: null, hwm: 0 }
  const [loaded] = await loadRanges(db, alertId, [place])
  expect(loaded?.recipients).toMatchObject([{ seq: 1, optedOut: true }])
})
