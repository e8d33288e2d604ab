import { sql } from 'drizzle-orm'
import { expect, vi } from 'vitest'
import { shareCounts } from '../../src/reports/shared-count.ts'
import { moveProgress } from '../../src/store/progress.ts'
import { test } from '../support/edge.ts'
import { aCarrier, aSentAlert } from '../support/sent-alert.ts'

/** Lets a minute go by for whoever measures how long something was. */
function waitAMinute() {
  const { now } = performance
  vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 60_000)
}

test('who watches sees what the report counts', async ({ db, edge }) => {
  const alertId = await aSentAlert(db, { areas: ['The valley'], recipients: [{}, {}] })
  const viewer = await edge.caller()
  const { body: outcomes } = await viewer.call('GET', `/v1/alerts/${alertId}/outcomes`)
  const { body: report } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  const { madeAt, ...counted } = outcomes
  expect(madeAt).toEqual(expect.any(String))
  expect(report).toMatchObject(counted)
  expect(Object.keys(counted)).toEqual(
    expect.arrayContaining(['reach', 'texts', 'timesTo', 'curve', 'causes', 'plan']),
  )
  const absent = await viewer.call('GET', `/v1/alerts/${viewer.id}/outcomes`)
  expect(absent).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

test('all who watch share one count, and the next is made when something has moved', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const alertId = await aSentAlert(db, { recipients: [{ carrierId, state: 'submitted' }] })
  let asked = 0
  const outcomesOf = shareCounts(db, () => new Date(Date.UTC(2026, 10, 30, 1, 0, ++asked)))
  const [first, second] = await Promise.all([outcomesOf(alertId), outcomesOf(alertId)])
  expect(second).toBe(first)
  const move = { alertId, carrierId, delta: { submitted: -1, failed: 1 } }
  await db.transaction(tx => moveProgress(tx, [move]))
  expect(await outcomesOf(alertId)).toBe(first)

  waitAMinute()
  const later = await outcomesOf(alertId)
  expect(later.madeAt > first.madeAt).toBe(true)
  vi.restoreAllMocks()
})

test('an alert that stands still is not counted again', async ({ db }) => {
  const alertId = await aSentAlert(db, { recipients: [{}] })
  const outcomesOf = shareCounts(db, () => new Date())
  const first = await outcomesOf(alertId)
  waitAMinute()
  expect(await outcomesOf(alertId)).toBe(first)
  vi.restoreAllMocks()
})

test('a count that failed is made again at once', async ({ db }) => {
  const alertId = await aSentAlert(db, { recipients: [{}] })
  const outcomesOf = shareCounts(db, () => new Date())
  await db.execute(sql`alter table blocks rename to blocks_away`)
  await expect(outcomesOf(alertId)).rejects.toThrow()
  await db.execute(sql`alter table blocks_away rename to blocks`)
  await expect(outcomesOf(alertId)).resolves.toMatchObject({ reach: { total: { recipients: 1 } } })
})
