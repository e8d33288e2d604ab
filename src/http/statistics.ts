import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import { causeOf } from '../reports/causes.ts'
import { phoneAsSeenBy } from '../reports/deliveries.ts'
import { statisticsOf } from '../reports/statistics.ts'
import { listUnreached, type UnreachedContact } from '../store/ended-alerts.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
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
    byArea: z
      .array(
        z.object({
          areaDesc: z
            .string()
            .nullable()
            .meta({ description: 'Null: reached through groups, outside the areas' }),
          ...counts,
        }),
      )
      .readonly()
      .meta({
        description:
          'Of alerts that have ended, by the first signed area that holds a recipient; receipts that come later are ' +
          'counted within minutes, of old alerts within a day',
      }),
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
  summary: 'Reach and response over many alerts, by event, hour, area and carrier',
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

export const unreachedSchema = z
  .object({
    contactId: z.uuid(),
    name: z.string().nullable(),
    phone: z.string().meta({
      description: 'In full for administrators and authors, else its last three digits',
    }),
    failures: z.int().meta({ description: 'Deliveries in a row that failed' }),
    firstAt: timeSchema.meta({ description: 'When the first alert of these was dispatched' }),
    lastAt: timeSchema,
    lastAlertId: z.uuid(),
    reason: z.string().nullable().meta({ description: "The network's own code of the latest" }),
    cause: z.string().meta({ description: 'What it comes to, as in a report' }),
    reachedAt: timeSchema
      .nullable()
      .meta({ description: 'When an alert last reached them; null: none is on record' }),
  })
  .meta({ id: 'UnreachedContact' })

const unreachedRoute = createRoute({
  method: 'get',
  path: '/v1/statistics/unreached',
  tags: ['Contacts'],
  summary: 'Contacts whose last deliveries have all failed, those with the most first',
  description:
    'Of alerts that have ended. What a carrier has taken and not refused since ends the row; who opted out is not here.',
  request: {
    query: pageQuery.extend({
      failures: z
        .string()
        .regex(/^([1-9]|1\d|20)$/, 'must be a whole number from 1 to 20')
        .transform(Number)
        .default(3)
        .meta({
          type: 'integer',
          minimum: 1,
          maximum: 20,
          default: 3,
          description: 'So many in a row at least',
        }),
    }),
  },
  responses: { 200: answerOf('A page', pageSchema(unreachedSchema)) },
})

export function statisticsRoutes({ database: { db }, now }: AppDependencies): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>()
    .openapi(statisticsRoute, async c => {
      const query = c.req.valid('query')
      const until = query.until === undefined ? now() : new Date(query.until)
      const since =
        query.since === undefined ? new Date(until.getTime() - YEAR_MS) : new Date(query.since)
      const statuses = query.status ?? ['Actual']
      const statistics = await statisticsOf(db, { since, until, statuses, limit: MOST_ALERTS })
      const asked = { since: since.toISOString(), until: until.toISOString() }
      return c.json({ ...asked, ...statistics }, 200)
    })
    .openapi(unreachedRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer')
      const { failures: least, limit, cursor } = c.req.valid('query')
      const [failures, contactId] = readCursor(cursor, z.tuple([z.int32(), z.uuid()])) ?? []
      const after =
        failures === undefined || contactId === undefined ? undefined : { failures, contactId }
      const rows = await listUnreached(db, { least, after, limit: limit + 1 })
      const shown = (row: UnreachedContact) => ({
        ...row,
        phone: phoneAsSeenBy(operator, row.phone),
        cause: causeOf({ state: 'failed', reason: row.reason }),
        firstAt: row.firstAt.toISOString(),
        lastAt: row.lastAt.toISOString(),
        reachedAt: row.reachedAt?.toISOString() ?? null,
      })
      return c.json(
        pageOf(rows, limit, shown, row => [row.failures, row.contactId]),
        200,
      )
    })
}
