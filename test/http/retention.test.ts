import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { purgeRejects } from '../../src/store/imports.ts'
import { purgeReplies } from '../../src/store/retention.ts'
import { test } from '../support/edge.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const DAY_MS = 86_400_000
const options = [
  { code: '1', label: 'Safe', words: ['safe'] },
  { code: '2', label: 'Need help', urgent: true },
]

test('what people wrote is deleted when its time is over, but for what is still at work', async ({
  db,
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const carrierId = await aCarrier(db)
  const [safe = '', chatty = '', trapped = '', helped = '', weary = '', stranger = ''] = Array.from(
    { length: 6 },
    () => aPhone(),
  )
  const alertId = await aSentAlert(db, {
    state: 'sent',
    options,
    recipients: [safe, chatty, trapped, helped, weary].map(phone => ({ phone, carrierId })),
  })
  await recordReplies(
    db,
    carrierId,
    [
      [safe, '1'],
      [chatty, 'what a night'],
      [trapped, '2'],
      [helped, '2'],
      [weary, 'please stop texting me'],
      [stranger, 'who is this'],
    ].map(([from = '', text = '']) => ({ from, to: '72345', text })),
  )
  const { items } = (await author.call('GET', `/v1/alerts/${alertId}/requests`)).body
  const { id } = items.find((one: { phone: string }) => one.phone === helped)
  await author.call('POST', `/v1/requests/${id}/take`, { json: {} })
  const closed = { outcome: 'helped', note: 'carried down the stairs' }
  expect((await author.call('POST', `/v1/requests/${id}/close`, { json: closed })).status).toBe(200)
  const tallyOf = async () => {
    const {
      updatedAt: _,
      requests: __,
      ...tally
    } = (await author.call('GET', `/v1/alerts/${alertId}/tally`)).body
    return tally
  }
  const before = await tallyOf()
  const phonesKept = async () =>
    (await db.execute<{ phone: string }>(sql`select phone from inbound order by id`)).map(
      row => row.phone,
    )

  expect(await purgeReplies(db, new Date(Date.now() - DAY_MS))).toBe(0)
  expect(await phonesKept()).toEqual([safe, chatty, trapped, helped, weary, stranger])

  expect(await purgeReplies(db, new Date(Date.now() + DAY_MS))).toBe(4)
  // One is still in need, and of the other nobody has said yet whether it opts out.
  expect(await phonesKept()).toEqual([trapped, weary])
  const left = (await author.call('GET', `/v1/alerts/${alertId}/requests`)).body.items
  expect(left).toMatchObject([{ phone: trapped, state: 'open', text: '2' }])
  const notes = await db.execute(sql`select from help_steps where note is not null`)
  expect(notes.length).toBe(0)
  expect(await tallyOf()).toEqual(before)
})

test('an alert that is being sent keeps what it was answered', async ({ db }) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, { options, recipients: [{ phone, carrierId }] })
  await recordReplies(db, carrierId, [{ from: phone, to: '72345', text: '1' }])
  const tomorrow = new Date(Date.now() + DAY_MS)
  expect(await purgeReplies(db, tomorrow)).toBe(0)
  await db.execute(sql`update alerts set state = 'sent' where id = ${alertId}`)
  expect(await purgeReplies(db, tomorrow)).toBe(1)
})

test('what an import turned down goes when nobody puts the file right any more; its counts stay', async ({
  db,
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const text = 'phone,language\n+15550001111,en\nnobody,en\nnothing,es\n'
  const headers = { 'Content-Type': 'text/csv' }
  const { body } = await author.call('POST', '/v1/contacts/import', { text, headers })
  const importOf = async () => (await author.call('GET', `/v1/imports/${body.id}`)).body
  await expect.poll(async () => (await importOf()).state, { timeout: 10_000 }).not.toBe('running')
  const done = await importOf()
  expect(done).toMatchObject({ read: 3, accepted: 1, rejected: 2 })
  const linesOf = async () =>
    ((await author.call('GET', `/v1/imports/${body.id}/rejects`)).body as string).trim().split('\n')
  expect(await linesOf()).toHaveLength(3)
  await purgeRejects(db, new Date(Date.now() - DAY_MS))
  expect(await linesOf()).toHaveLength(3)
  await purgeRejects(db, new Date(Date.now() + DAY_MS))
  expect(await linesOf()).toEqual(['line,column,reason,value'])
  expect(await importOf()).toEqual(done)
})
