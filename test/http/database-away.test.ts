import { expect } from 'vitest'
import { test } from '../support/edge.ts'

test('while the database is away callers are told to try again, and why is not told', async ({
  edge,
}) => {
  const caller = await edge.caller()
  await edge.deps.database.close()

  const answer = await caller.call('GET', '/v1/me')
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(answer.headers.get('Retry-After')).toBe('2')

  const ready = await edge.call('GET', '/readyz')
  expect(ready.status).toBe(503)
  expect(ready.body.reasons).toHaveLength(1)
  expect((await edge.call('GET', '/healthz')).status).toBe(200)

  const metrics = await edge.call('GET', '/metrics')
  expect(metrics.status).toBe(200)
  expect(metrics.body).toContain('\ntocsin_database_reachable 0\n')
  expect(metrics.body).not.toContain('tocsin_lane_')
})
