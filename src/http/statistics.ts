import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import { statisticsOf } from '../reports/statistics.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, timeSchema, words } from './resources.ts'

/** Of one alert's recipients. */
export const alertCounts = {
  recipients: z.int(),
  delivered: z.int(),
  unconfirmed: z.int().meta({ description: 'Taken by a carrier, without a receipt' }),
  failed: z.int(),
  unknown: z.int(),
  expired: z.int(),
  cancelled: z.int(),
  replied: z.int(),
  optedOut: z.int().meta({ description: 'By an answer to the alert' }),
}
const counts = { alerts: z.int(), ...alertCounts }

export const statisticsSchema = z
  .object({
    since: timeSchema,
    until: timeSchema,
    timeZone: z.string().meta({ description: 'IANA: hours and days are its' }),
    total: z.object(counts),
    byEvent: z.array(z.object({ event: z.string(), ...counts })).readonly(),
    byHour: z.array(z.object({ hour: z.int().min(0).max(23), ...counts })).readonly(),
    byCarrier: z
      .array(
        z.object({
          carrierId: z.uuid(),
          name: z.string(),
          alerts: z.int(),
          delivered: z.int(),
          unconfirmed: z.int(),
          failed: z.int(),
          unknown: z.int(),
        }),
      )
      .readonly(),
    optOutSpikes: z
      .array(
        z.object({
          day: z.iso.date(),
          optOuts: z.int(),
          usual: z.number().meta({ description: 'The median of the 28 days before' }),
        }),
      )
      .readonly()
      .meta({ description: 'Days with five opt-outs or more, and over three times the usual' }),
  })
  .meta({ id: 'Statistics' })

const YEAR_MS = 366 * 86_400_000
/** Counting one takes two look-ups by its key. */
const MOST_ALERTS = 5_000

const statisticsRoute = createRoute({
  method: 'get',
  path: '/v1/statistics',
  tags: ['Alerts'],
  summary: 'Reach and response over many alerts, by event, hour and carrier',
  description: `The latest ${MOST_ALERTS} alerts that were dispatched in that time: of the last year unless said.`,
  request: {
    query: z.strictObject({
      since: timeSchema.optional().meta({ description: 'Dispatched then or later' }),
      until: timeSchema.optional().meta({ description: 'Dispatched before' }),
      status: words(STATUSES).optional().meta({ description: '`Actual` unless said' }),
    }),
  },
  responses: { 200: answerOf('Counts of recipients', statisticsSchema) },
})

export function statisticsRoutes({ database: { db }, now }: AppDependencies): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(statisticsRoute, async c => {
    const query = c.req.valid('query')
    const until = query.until === undefined ? now() : new Date(query.until)
    const since =
      query.since === undefined ? new Date(until.getTime() - YEAR_MS) : new Date(query.since)
    const statuses = query.status ?? ['Actual']
    const statistics = await statisticsOf(db, { since, until, statuses, limit: MOST_ALERTS })
    const asked = { since: since.toISOString(), until: until.toISOString() }
    return c.json({ ...asked, ...statistics }, 200)
  })
}
