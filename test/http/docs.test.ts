import { expect } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import { FAULT_CODES } from '../../src/faults.ts'
import { test } from '../support/edge.ts'

test('the API describes itself: every path, its failures and the closed list of codes', async ({
  edge,
}) => {
  const { status, body } = await edge.call('GET', '/openapi.json')
  expect(status).toBe(200)
  expect(body.openapi).toBe('3.1.0')
  expect(body.components.schemas.Problem.properties.code.enum).toEqual([...ERROR_CODES])
  expect(body.components.schemas.Fault.properties.code.enum).toEqual(FAULT_CODES)
  for (const [path, item] of Object.entries<Record<string, { responses: object }>>(body.paths)) {
    for (const operation of Object.values(item)) {
      expect(operation.responses, path).toHaveProperty('default')
    }
  }
  expect(body.paths['/v1/auth/token'].post.security).toEqual([])
  expect(body.paths['/v1/me'].get.security).toBeUndefined()
})

test('it tells of what is streamed, what watches over the service, and where a key is needed', async ({
  edge,
}) => {
  const { body } = await edge.call('GET', '/openapi.json')
  const { paths } = body
  expect(Object.keys(paths['/v1/contacts/import'].post.requestBody.content)).toEqual(['text/csv'])
  expect(paths['/v1/contacts/import'].post.requestBody.required).toBe(true)
  expect(paths['/v1/groups/{id}/members'].put.requestBody.content).toHaveProperty(
    'application/json',
  )
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect(paths[path].get.security, path).toEqual([])
  }
  const needsKey = (path: string) =>
    paths[path].post.parameters.find((one: { name: string }) => one.name === 'Idempotency-Key')
      .required
  expect(needsKey('/v1/dispatches')).toBe(true)
  expect(needsKey('/v1/alerts/{id}/dispatch')).toBe(true)
  expect(needsKey('/v1/alerts/{id}/stop')).toBe(false)
})

test('the pages to read it are served from here, and may load nothing from elsewhere', async ({
  edge,
}) => {
  const page = await edge.call('GET', '/docs')
  expect(page.status).toBe(200)
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
  expect(page.body).not.toMatch(/https?:\/\//)
  const linked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1])
  for (const path of linked) expect((await edge.call('GET', path)).status, path).toBe(200)
  expect((await edge.call('GET', '/docs/package.json')).status).toBe(404)
})

test('it says that it is alive and ready, and measures itself by fixed labels', async ({
  edge,
}) => {
  expect((await edge.call('GET', '/healthz')).status).toBe(200)
  expect(await edge.call('GET', '/readyz')).toMatchObject({
    status: 200,
    body: { status: 'ready' },
  })
  await edge.call('GET', '/v1/operators/made-up-by-a-caller')
  await edge.call('GET', '/made-up-by-a-caller')
  const { body } = await edge.call('GET', '/metrics')
  expect(body).toContain('tocsin_http_request_seconds_count')
  expect(body).not.toContain('made-up-by-a-caller')
})
