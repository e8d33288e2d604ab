/**
 * What has become of alerts: expired in the midst of sending, forgotten as retention says, stopped by themselves; a
 * carrier that is slow, figures that have grown old, an exercise that is over.
 */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { until } from '../../scripts/rehearsal.ts'
import { deleteRecipients } from '../../src/reports/delete-recipients.ts'
import type { Progress } from '../../src/reports/progress.ts'
import type { Cast, House, Scene } from './scene.ts'
import { altered, nothing, once, type Props } from './stage-props.ts'

export async function outcomes(house: House, cast: Cast, props: Props): Promise<Scene[]> {
  const expired = once(() => expire(house, cast, props))
  const forgotten = once(() => forget(house, cast, props))
  const after =
    (made: () => Promise<string>, path = (id: string) => `alerts/${id}`) =>
    async () => ({ path: path(await made()), end: nothing })
  const watch = (
    name: string,
    state: 'sending' | 'stopped',
    change: (progress: Progress) => Partial<Progress>,
    more: Partial<Scene> = {},
  ): Scene => ({
    name,
    path: `alerts/${props.sent}`,
    who: 'author',
    async before(page) {
      await altered(page, new RegExp(`/v1/alerts/${props.sent}$`), { state })
      await tells(page, cast, props.sent, progress => ({ state, ...change(progress) }))
    },
    ...more,
  })
  const stopped = (code: string, detail: string) => (progress: Progress) => ({
    alarms: [{ code, detail, since: new Date().toISOString() }],
    ...halfOf(progress, 'cancelled'),
  })
  return [
    { name: 'watch-expired', path: after(expired), who: 'author', isPicture: true },
    {
      name: 'report-expired',
      path: after(expired, id => `reports/${id}`),
      who: 'author',
      isPicture: true,
    },
    { name: 'watch-forgotten', path: after(forgotten), who: 'author', isPicture: true },
    {
      name: 'replies-forgotten',
      path: after(forgotten, id => `alerts/${id}/replies`),
      who: 'author',
      isPicture: true,
    },
    {
      name: 'deliveries-forgotten',
      path: after(forgotten, id => `alerts/${id}/deliveries`),
      who: 'author',
      isPicture: true,
    },
    {
      name: 'report-forgotten',
      path: after(forgotten, id => `reports/${id}`),
      who: 'author',
      isPicture: true,
    },
    watch(
      'watch-audience-changed',
      'stopped',
      stopped('audience_changed', 'there are more than the signed ceiling allows'),
      { isPicture: true },
    ),
    watch(
      'watch-integrity',
      'stopped',
      stopped(
        'integrity_violation',
        'the alert is not sent, for it is not stored as it was signed: its content',
      ),
      { isPicture: true },
    ),
    watch('watch-alarms', 'sending', progress => ({
      ...halfOf(progress, 'queued'),
      alarms: [
        ['stalled', 'no bind is up of Lone Star, Gulf Mobile: connection refused'],
        [
          'mail_stalled',
          'its e-mails wait: no connection is up to County mail: connection refused',
        ],
        ['escalated_1', 'Duty officers is told: 12 need help; nobody has taken it yet'],
        ['reminder_refused', 'its reminders are not sent: a key that signed was revoked'],
        ['aggregator_unknown', 'IPAWS: no answer came within 30 s'],
      ].map(([code = '', detail = '']) => ({ code, detail, since: new Date().toISOString() })),
      etaSeconds: null,
      perSecond: 0,
    })),
    watch(
      'watch-slow-carriers',
      'sending',
      progress => ({
        ...halfOf(progress, 'queued'),
        byCarrier: [
          ...progress.byCarrier,
          ...progress.byCarrier.slice(0, 1).map(one => ({
            ...one,
            carrierId: '00000000-0000-4000-8000-000000000001',
            name: 'Bayou Wireless and Telephone Cooperative',
          })),
        ].map((one, no) => ({
          ...one,
          perSecond: no === 0 ? 41 : 0,
          state: no === 0 ? 'throttled' : 'unbound',
        })),
        etaSeconds: 754,
        perSecond: 41,
      }),
      { isPicture: true },
    ),
    {
      name: 'watch-old-figures',
      path: `alerts/${props.sent}`,
      who: 'author',
      async before(page) {
        // Told once, and then no more.
        await page.route(/\/v1\/(stream\?|alerts\/[^/]+\/(progress|tally)$)/, () => undefined)
        await tells(page, cast, props.sent, () => ({}), 1)
        // So that nobody has to wait until they are old.
        await page.addInitScript(`{
          const { now } = Date
          globalThis.sinceAged = 0
          Date.now = () => now() + globalThis.sinceAged
        }`)
      },
      async act(page) {
        await page.evaluate('globalThis.sinceAged = 20_000')
        await page.locator('.totals[data-old]').waitFor()
      },
    },
    ...(cast.place.mode === 'exercise' ? endedExercise(house) : []),
  ]
}

/** Half of what was delivered is something else. */
const halfOf = (progress: Progress, to: 'cancelled' | 'queued') => {
  const delivered = Math.ceil(progress.delivered / 2)
  return { delivered, [to]: progress[to] + progress.delivered - delivered }
}

/** The figures of an alert as they stand, but for some, in place of what the stream says. @param most - so often */
async function tells(
  page: Page,
  { author }: Cast,
  id: string,
  change: (progress: Progress) => Partial<Progress>,
  most = Infinity,
): Promise<void> {
  const progress = await author.client.get<Progress>(`/v1/alerts/${id}/progress`)
  const tally = await author.client.get(`/v1/alerts/${id}/tally`)
  const figures = { alertId: id, progress: { ...progress, ...change(progress) }, tally }
  let told = 0
  await page.route(/\/v1\/stream\?/, route =>
    told++ < most
      ? route.fulfill({
          contentType: 'text/event-stream',
          body: `event: snapshot\ndata: ${JSON.stringify(figures)}\n\n`,
        })
      : undefined,
  )
}

/** The time of the latter half of its ranges is over before its turn comes, as where a carrier was down for long. */
async function expire({ db }: House, { author }: Cast, { send }: Props): Promise<string> {
  const id = await send(60)
  await until(
    async () =>
      (await db.execute(sql`select from alerts where id = ${id} and plan_state = 'done'`)).length,
    planned => planned > 0,
    'it is planned',
  )
  await db.execute(sql`
    update ranges set expires = now() where alert_id = ${id} and range_no >=
      (select (min(range_no) + max(range_no)) / 2 from ranges where alert_id = ${id})
  `)
  await until(
    () => author.client.get<Progress>(`/v1/alerts/${id}/progress`),
    ({ expired }) => expired > 0,
    'some have expired',
  )
  await db.execute(sql`update alerts set hold_until = now() where id = ${id}`)
  await until(
    () => author.client.get<{ state: string }>(`/v1/alerts/${id}`),
    ({ state }) => state === 'expired',
    'the alert is over',
    60_000,
  )
  return id
}

const DAY_MS = 86_400_000

/** As after a year, by the program's own hand. */
async function forget({ db }: House, { author }: Cast, { send }: Props): Promise<string> {
  const id = await send(0)
  const { expires } = await until(
    () => author.client.get<{ state: string; expires: string }>(`/v1/alerts/${id}`),
    ({ state }) => state === 'sent',
    'the alert is sent',
    60_000,
  )
  const now = Date.now()
  const [over, yearOn] = [new Date(now - 400 * DAY_MS), new Date(now + 400 * DAY_MS)]
  const before = new Date(now - 399 * DAY_MS)
  const { signal } = new AbortController()
  await db.execute(sql`
    update alerts set expires = ${over.toISOString()}, finished_at = ${over.toISOString()}
    where id = ${id}
  `)
  await until(
    () => deleteRecipients(db, before, yearOn, signal),
    count => count > 0,
    'its recipients are deleted',
  )
  await db.execute(sql`
    update alerts set expires = ${expires}, finished_at = now()
    where id = ${id}
  `)
  return id
}

/** Its score can be read when it is over. */
function endedExercise(house: House): Scene[] {
  const { administrator } = house
  const ended = once(async () => {
    const no = randomUUID().slice(0, 4)
    const roster = await administrator.post<{ id: string }>('/v1/groups', { name: `Roster ${no}` })
    const exercise = await administrator.post<{ id: string }>('/v1/exercises', {
      name: `Autumn drill ${no}`,
      rosterId: roster.id,
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    })
    await administrator.post(`/v1/exercises/${exercise.id}/end`)
    return exercise.id
  })
  return [
    {
      name: 'score-ended',
      path: async () => ({ path: `settings/exercises/${await ended()}`, end: nothing }),
      who: 'administrator',
    },
  ]
}
