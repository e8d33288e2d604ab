import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { describeError } from '../log.ts'
import type { Database } from '../store/database.ts'
import { isSuperseded, readSchemaVersion } from '../store/schema-version.ts'
import { buildId } from './console.ts'
import type { AppDependencies, Env } from './env.ts'
import { laneMetrics } from './lane-metrics.ts'
import type { Metrics } from './metrics.ts'
import { answerOf } from './resources.ts'

const tags = ['Health']
const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags,
  summary: 'Whether the process answers',
  responses: {
    200: answerOf('It does', z.object({ status: z.literal('ok'), build: z.string() })),
  },
})
const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  tags,
  summary: 'Whether the database is there, and migrated for this program',
  responses: {
    200: answerOf('It is', z.object({ status: z.literal('ready') })),
    503: answerOf(
      'It is not',
      z.object({ status: z.literal('not ready'), reasons: z.array(z.string()) }),
    ),
  },
})
const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  tags,
  summary: 'Figures for Prometheus',
  responses: {
    200: {
      description: 'Its text format',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
})

/** What watches over the service asks these; they take no token. */
export const healthRoutes = ({ database: { db } }: AppDependencies, { registry }: Metrics) =>
  new OpenAPIHono<Env>()
    .openapi(healthRoute, c => c.json({ status: 'ok' as const, build: buildId() }, 200))
    .openapi(readyRoute, async c => {
      const reasons = await reasonsNotReady(db)
      return reasons.length === 0
        ? c.json({ status: 'ready' as const }, 200)
        : c.json({ status: 'not ready' as const, reasons }, 503, { 'Retry-After': '2' })
    })
    .openapi(metricsRoute, async c => {
      const text = `${await registry.metrics()}\n${await laneMetrics(db)}`
      return c.text(text, 200, { 'Content-Type': registry.contentType })
    })

async function reasonsNotReady(db: Database): Promise<string[]> {
  try {
    const version = await readSchemaVersion(db)
    const { due, applied, floor } = version
    if (isSuperseded(version)) {
      return [`the database asks for ${floor} migrations, this program knows ${due}`]
    }
    return applied < due ? [`the database has had ${applied} of ${due} migrations`] : []
  } catch (error) {
    return [`the database is away: ${describeError(error)}`]
  }
}
