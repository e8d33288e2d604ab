import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Env } from './env.ts'

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

export interface Metrics {
  readonly registry: Registry
  readonly observe: MiddlewareHandler<Env>
}

/** Metrics of this process. Labels come from fixed sets: a path counts under its route's pattern, never as typed. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'tocsin_' })
  const seconds = new Histogram({
    name: 'tocsin_http_request_seconds',
    help: 'Time to answer a request, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  return {
    registry,
    async observe(c, next) {
      const startedAt = performance.now()
      await next()
      // Middleware matches by a wildcard; what remains is the route itself, or nothing.
      const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? 'none'
      const method = METHODS.has(c.req.method) ? c.req.method : 'other'
      seconds.observe(
        { method, route, status: c.res.status },
        (performance.now() - startedAt) / 1000,
      )
    },
  }
}
