import { Hono } from 'hono'
import { describeError } from '../log.ts'
import type { Database } from '../store/database.ts'
import { isSuperseded, readSchemaVersion } from '../store/schema-version.ts'
import { buildId } from './console.ts'
import type { AppDependencies, Env } from './env.ts'
import { laneMetrics } from './lane-metrics.ts'
import type { Metrics } from './metrics.ts'

/** What watches over the service asks these; they take no token. */
export const healthRoutes = ({ database: { db } }: AppDependencies, { registry }: Metrics) =>
  new Hono<Env>()
    .get('/healthz', c => c.json({ status: 'ok', build: buildId() }))
    .get('/readyz', async c => {
      const reasons = await reasonsNotReady(db)
      return reasons.length === 0
        ? c.json({ status: 'ready' })
        : c.json({ status: 'not ready', reasons }, 503, { 'Retry-After': '2' })
    })
    .get('/metrics', async c => {
      const text = `${await registry.metrics()}\n${await laneMetrics(db)}`
      return c.body(text, 200, { 'Content-Type': registry.contentType })
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
