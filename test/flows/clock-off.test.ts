import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import {
  approveDraft,
  clockOff,
  expectedTexts,
  floodAlert,
  type Resident,
  settle,
  test as serviceTest,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 300
const NORTH = { segmentsPerSecond: 200, window: 50, binds: 1 }
const HALF_AN_HOUR_MS = 1_800_000
/** How far the dispatcher's clock may be off by the database's answers, which take their time. */
const SLACK_MS = 2_000

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
})

test.for([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
] as const)(
  'F12: a dispatcher whose clock is an hour %s sends by the database’s, and says so',
  { timeout: 60_000 },
  async ([way, off], { tocsin, residents }) => {
    const { author, url } = tocsin
    const lines: string[] = []
    const dispatcher = tocsin.startDispatcher(line => lines.push(line), clockOff(off))
    const { list } = await tocsin.startCarriers([{ ...NORTH, name: `North ${way}` }])

    // Over for whoever is an hour ahead, and good for an hour and a half to whoever is behind.
    const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + HALF_AN_HOUR_MS)
    const alertId = await approveDraft(tocsin, floodAlert({ expires, spanishExpires: expires }))
    await author.client.post(`/v1/alerts/${alertId}/dispatch`)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, submitted, unknown }) => state === 'sent' && submitted + unknown === 0,
    )

    expect(progress).toMatchObject({ delivered: RECIPIENTS, expired: 0, possibleDuplicates: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    for (let i = 0; i < list.segments; i++) {
      const { at, validSeconds } = list.segment(i)
      const msLeft = expires.getTime() - (list.startedAt + at)
      expect(Math.abs(validSeconds * 1000 - msLeft)).toBeLessThan(1_000 + SLACK_MS)
    }
    await until(
      async () => (await fetch(`${url}/metrics`)).text(),
      text => clockAheadIn(text).some(ahead => Math.abs(ahead * 1000 - off) < SLACK_MS),
      'the metrics say how far the clock is off',
    )
    expect(lines.filter(line => line.includes('clock is off'))).toHaveLength(1)
    dispatcher.kill('SIGKILL')
  },
)

test.for([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
] as const)(
  'F12: a dispatcher whose clock is an hour %s reminds, ends exercises and hears opt-outs by the database’s',
  { timeout: 60_000 },
  async ([way, off], { tocsin, residents, db }) => {
    const { author } = tocsin
    await db.execute(sql`truncate opt_outs`)
    const dispatcher = tocsin.startDispatcher(undefined, clockOff(off))
    const stop = { weight: 1, say: [{ text: 'STOP', means: 'optOut' as const }] }
    await tocsin.startCarriers([{ ...NORTH, name: `South ${way}` }], {
      seed: 1,
      rules: [{ when: 'FLOOD', share: 0.1, delay: { ms: 10, spreadMs: 10 }, choices: [stop] }],
    })
    const inHalfAnHour = new Date(Math.ceil(Date.now() / 1000) * 1000 + HALF_AN_HOUR_MS)
    const exercise = (name: string, endsIn: string) => sql`
      insert into exercises (id, name, roster_id, starts_at, ends_at, simulated, faults, created_by, created_at)
      select gen_random_uuid(), ${name}, gen_random_uuid(), now() - interval '2 hours',
        now() + ${endsIn}::interval, true, '{}', id, now() - interval '2 hours' from operators limit 1`
    await db.execute(exercise(`${way} open`, '30 minutes'))
    const flood = floodAlert({ expires: inHalfAnHour, spanishExpires: inHalfAnHour })
    const reminders = { afterMinutes: 5, times: 1 }
    const alertId = await approveDraft(tocsin, { ...flood, reminders })
    await author.client.post(`/v1/alerts/${alertId}/dispatch`)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, submitted, unknown }) => state === 'sent' && submitted + unknown === 0,
    )
    expect(progress.delivered).toBe(residents.length)

    await until(
      () => db.$count(sql`opt_outs`),
      count => count > 0,
      'some have opted out',
    )
    const [heard] = await db.execute<{ off: number }>(sql`
      select max(abs(extract(epoch from at - now())))::float8 as off from opt_outs`)
    expect(heard!.off).toBeLessThan(60)

    await db.execute(exercise(`${way} over`, '-1 second'))
    await until(
      () =>
        db.execute<{ name: string }>(sql`select name from exercises where ended_at is not null`),
      ended => ended.some(({ name }) => name === `${way} over`),
      'the exercise that is over has ended',
    )
    const open = await db.execute(sql`
      select from exercises where name = ${`${way} open`} and ended_at is null`)
    expect(open).toHaveLength(1)

    // The last message left six minutes ago, and the reminder is due: not an hour late, and not too late.
    // Again and again, for a lane tells of its last messages up to a second after them.
    const remindersOf = async () => {
      await db.execute(sql`
        with ago as (select now() - interval '6 minutes' as at)
        update alerts set dispatched_at = ago.at, first_submitted_at = ago.at, last_submitted_at = ago.at,
          remind_at = now()
        from ago where id = ${alertId}::uuid and remind_at is not null`)
      return db.execute(sql`select from alerts where reminder_of = ${alertId}::uuid`)
    }
    await until(remindersOf, made => made.length === 1, 'the reminder was made')
    dispatcher.kill('SIGKILL')
  },
)

const clockAheadIn = (metrics: string) =>
  Array.from(metrics.matchAll(/^tocsin_lane_clock_ahead_seconds\{.*\} (\S+)$/gm), ([, value]) =>
    Number(value),
  )
