import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { sleep } from '../../src/clock.ts'
import { arrayLiteral, type Database } from '../../src/store/database.ts'
import {
  floodAlert,
  killNow,
  sendDraft,
  settle,
  test as serviceTest,
  VALLEY,
  watchUntil,
  type Resident,
} from '../support/service.ts'

const RECIPIENTS = 200
const NORTH = { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 }
/** What a dispatch counted is looked at again for a second; later the audience is counted anew. */
const SNAPSHOT_GONE_MS = 1_500

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db }, use) => use(await settle(db, RECIPIENTS)),
    { scope: 'file', auto: true },
  ],
})

/** More people in the valley, with numbers that nobody else has. */
async function moveIn(db: Database, count: number): Promise<void> {
  const phones = Array.from({ length: count }, (_, i) => `+1555${String(9_000_000 + i)}`)
  await db.execute(sql`
    with people as (
      insert into contacts (id, phone, language)
      select gen_random_uuid(), phone, 'en-US' from unnest(${arrayLiteral(phones)}::text[]) as phone
      returning id
    )
    insert into locations (contact_id, position, sole) select id, point(-96.5, 30.5), true from people
  `)
}

test(
  'an alert that would pass its ceiling by now stops itself and says so',
  { timeout: 60_000 },
  async ({ tocsin, db }) => {
    const { author } = tocsin
    const alertId = await sendDraft(tocsin, { ...floodAlert(), maxRecipients: RECIPIENTS + 10 })
    // Nobody dispatches yet.
    await sleep(SNAPSHOT_GONE_MS)
    await moveIn(db, 11)
    const dispatcher = tocsin.startDispatcher()
    onTestFinished(() => killNow(dispatcher))
    const { list } = await tocsin.startCarriers([NORTH])
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state }) => state === 'stopped',
    )
    expect(progress).toMatchObject({ queued: 0, submitted: 0, cancelled: RECIPIENTS })
    expect(progress.alarms).toMatchObject([{ code: 'audience_changed' }])
    expect(list.messages).toBe(0)
  },
)

test(
  'an alert to a group whose area is another by now stops itself and says so',
  { timeout: 60_000 },
  async ({ tocsin, db }) => {
    const { author } = tocsin
    const { id } = await author.client.post<{ id: string }>('/v1/groups', {
      name: 'The valley, always',
      area: { areaDesc: 'The valley', polygon: [VALLEY] },
    })
    const draft = { ...floodAlert(), audience: { groups: [id], excludeGroups: [] } }
    const alertId = await sendDraft(tocsin, draft)
    await db.execute(sql`
      update groups set area = jsonb_set(area, '{polygon,0,coordinates,0,1,0}', '-96.1')
      where id = ${id}::uuid
    `)
    const dispatcher = tocsin.startDispatcher()
    onTestFinished(() => killNow(dispatcher))
    const { list } = await tocsin.startCarriers([{ ...NORTH, name: 'South' }])
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state }) => state === 'stopped',
    )
    expect(progress.alarms).toMatchObject([{ code: 'audience_changed' }])
    expect(progress.queued).toBe(0)
    expect(list.messages).toBe(0)
  },
)
