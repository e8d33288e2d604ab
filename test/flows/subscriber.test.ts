import { sql } from 'drizzle-orm'
import { afterAll, expect } from 'vitest'
import { startReceiver } from '../support/receiver.ts'
import { floodAlert, killNow, sendDraft, settle, test, watchUntil } from '../support/service.ts'

const receiver = await startReceiver()
afterAll(() => receiver.close())

test(
  'an outside system follows an alert; one dispatcher dies between telling and writing it down',
  { timeout: 180_000 },
  async ({ tocsin, db }) => {
    await settle(db, 30)
    const { administrator, author } = tocsin
    const { secret } = await administrator.post<{ secret: string }>('/v1/subscribers', {
      url: receiver.url,
      description: 'The siren network',
      events: ['alert.approved', 'alert.sending', 'alert.sent'],
    })
    receiver.secrets = [secret]
    // What comes to the first dispatcher is never answered.
    receiver.answer = () => undefined
    const dispatcher = tocsin.startDispatcher()
    await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 100, window: 50, binds: 1 }])
    const alertId = await sendDraft(tocsin, floodAlert())
    // The key that signs its CAP is made now.
    await receiver.until('the first notice', () => receiver.received.length > 0, 30_000)
    await killNow(dispatcher)
    receiver.answer = () => 204
    const unwritten = receiver.received.map(({ id }) => id)
    await db.execute(sql`update notice_deliveries set due_at = now() where state = 'waiting'`)

    tocsin.startDispatcher()
    await watchUntil(author.client, alertId, ({ state }) => state === 'sent')
    const told = () => receiver.received.map(({ body }) => body.type as string)
    const timesTold = (id: string) => receiver.received.filter(one => one.id === id).length
    // In whatever order: those that were never answered may come beside the last.
    const isOver = () => new Set(told()).size === 3 && unwritten.every(id => timesTold(id) > 1)
    await receiver.until('the end', isOver, 60_000)
    expect(new Set(told())).toEqual(new Set(['alert.approved', 'alert.sending', 'alert.sent']))
    for (const id of unwritten) expect(timesTold(id)).toBe(2)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(3)
    expect(receiver.refused).toBe(0)
  },
)
