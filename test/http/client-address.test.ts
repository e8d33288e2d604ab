import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { clientAddress } from '../../src/http/client-address.ts'
import type { Env } from '../../src/http/env.ts'

/** What the edge takes for the caller's address, of a request that came in from `peer`. */
async function addressOf(peer: string, forwarded: string, trustedProxies: readonly string[] = []) {
  const app = new Hono<Env>().get('/', c => c.text(clientAddress(c, { trustedProxies })))
  const headers = { 'X-Forwarded-For': forwarded }
  const answer = await app.request(
    '/',
    { headers },
    { incoming: { socket: { remoteAddress: peer } } },
  )
  return answer.text()
}

test('X-Forwarded-For counts only where a trusted proxy wrote it', async () => {
  expect(await addressOf('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1')
  expect(await addressOf('10.0.0.1', '203.0.113.9', ['10.0.0.1'])).toBe('203.0.113.9')
  expect(await addressOf('::ffff:10.0.0.1', '203.0.113.9', ['10.0.0.1'])).toBe('203.0.113.9')
})

test('what the caller wrote in front of the proxies is not believed', async () => {
  const proxies = ['10.0.0.1', '10.0.0.2']
  expect(await addressOf('10.0.0.1', '198.51.100.7, 203.0.113.9, 10.0.0.2', proxies)).toBe(
    '203.0.113.9',
  )
  expect(await addressOf('10.0.0.1', '', proxies)).toBe('10.0.0.1')
})
