import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import {
  expectedTexts,
  floodAlert,
  killNow,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 2_000
const NORTH = { name: 'North', segmentsPerSecond: 2_000, window: 200, binds: 1 }

/** Who stands before somebody else's row. */
const WAITING = sql<{ waiting: number }>`
  select count(*)::int as waiting from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query ilike '%update contacts%'`

interface ImportNow {
  readonly state: string
  readonly updated: number
  readonly rejected: number
}

test(
  'an alert goes out while a file that changes everybody stands half written, and to all of them',
  { timeout: 120_000 },
  async ({ tocsin, db, database }) => {
    const { author } = tocsin
    const residents = await settle(db, RECIPIENTS)
    const dispatcher = tocsin.startDispatcher()
    onTestFinished(() => killNow(dispatcher))
    const { list } = await tocsin.startCarriers([NORTH])
    // The last of them is held by somebody else, and the whole file is one transaction: it stands, with all others
    // changed and locked.
    const held = residents.at(-1)!.phone
    const imported = await database.session(async session => {
      await session.sql`begin`
      await session.sql`select from contacts where phone = ${held} for update`
      try {
        const rows = residents.map(({ phone }, no) => `${phone},Renamed ${no},fr,-96.5,30.5\n`)
        const csv = new Blob(['phone,name,language,longitude,latitude\n', ...rows]).stream()
        const path = '/v1/contacts/import?mode=replace'
        const { id } = await author.client.upload<{ id: string }>(path, csv)
        await until(
          () => database.db.execute(WAITING),
          ([row]) => row?.waiting === 1,
          'the import waiting for the row',
        )
        const alertId = await sendDraft(tocsin, floodAlert())
        const { progress } = await watchUntil(
          author.client,
          alertId,
          ({ state }) => state === 'sent',
          30_000,
        )
        expect(progress).toMatchObject({ recipients: RECIPIENTS, failed: 0, unknown: 0 })
        const { state } = await author.client.get<ImportNow>(`/v1/imports/${id}`)
        expect(state).toBe('running')
        return id
      } finally {
        await session.sql`commit`
      }
    })
    expect(judge(list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      wrongText: [],
      twice: [],
    })
    const after = await until(
      () => author.client.get<ImportNow>(`/v1/imports/${imported}`),
      ({ state }) => state !== 'running',
      'the import at its end',
    )
    expect(after).toMatchObject({ state: 'completed', updated: RECIPIENTS, rejected: 0 })
    const [row] = await db.execute<{ french: number }>(sql`
      select count(*)::int as french from locations where language = 'fr' and position ~= point(-96.5, 30.5)`)
    expect(row?.french).toBe(RECIPIENTS)
  },
)
