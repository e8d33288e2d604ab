/**
 * What gateways call: no token, for each proves itself by its own signature, over the public URL as it is configured
 * and never as a request's `Host` has it. What came is stored before it is answered; a dispatcher takes it from there.
 */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { openAccountOf } from '../accounts/accounts.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { readWebhook } from '../carriers/webhook.ts'
import { AppError } from '../errors.ts'
import { createCallbackStore } from '../inbound/callbacks.ts'
import { readWhole } from './body.ts'
import type { AppDependencies, Env } from './env.ts'
import { idParams } from './resources.ts'

/** Some gateways tell of one message at a time, some of a hundred. */
const MOST_OCTETS = 256 * 1024
/** A token that was changed counts from then on at the latest. */
const REMEMBERED_MS = 1_000

const webhook = {
  path: '/v1/carriers/{id}/webhook',
  tags: ['Carriers'],
  request: { params: idParams },
  responses: {
    200: {
      description: 'Stored; the body is what the gateway wants to hear',
      content: { 'text/xml': { schema: z.string() }, 'application/json': { schema: z.unknown() } },
    },
  },
}
const webhookRoute = createRoute({
  ...webhook,
  method: 'post',
  summary: 'What a gateway tells of messages and replies; proven by its signature, not by a token',
})
const queryWebhookRoute = createRoute({
  ...webhook,
  method: 'get',
  summary: 'The same, of gateways that tell it in the query of a GET',
})

export const webhookRoutes = ({ database: { db }, config, masterKey, now }: AppDependencies) => {
  const installation = { ...config, masterKey }
  const store = createCallbackStore(db)
  const accounts = new Map<string, { until: number; account: Promise<CarrierConfig> }>()

  const accountOf = (id: string) => {
    const instant = performance.now()
    let known = accounts.get(id)
    if (known === undefined || known.until < instant) {
      // Whoever calls with made-up ids leaves nothing behind.
      for (const [old, { until }] of accounts) if (until < instant) accounts.delete(old)
      known = { until: instant + REMEMBERED_MS, account: openAccountOf(db, installation, id) }
      known.account.catch(() => accounts.delete(id))
      accounts.set(id, known)
    }
    return known.account
  }

  const hear = async (c: Context<Env>, id: string) => {
    const account = await accountOf(id)
    const body = Buffer.from(await readWhole(c, MOST_OCTETS))
    const url = config.publicUrl + targetOf(c)
    const request = { method: c.req.method, url, headers: c.req.header(), body }
    const reading = await readWebhook(account, request, now().getTime())
    switch (reading) {
      case 'bad_signature':
        throw new AppError('bad_webhook_signature', 'the signature is not of this account and URL')
      case 'too_large':
        throw new AppError('too_large', 'no webhook has so many parameters')
      case 'unreadable':
        throw new AppError('invalid_request', 'the body can not be read')
      default:
        await store.add(id, reading.callbacks)
        // What stands between us must not answer the next repetition in our place (RFC 9111 §5.2.2.5).
        c.header('Cache-Control', 'no-store')
        return c.body(reading.answer.body, 200, { 'Content-Type': reading.answer.type })
    }
  }

  return new OpenAPIHono<Env>()
    .openapi(webhookRoute, c => hear(c, c.req.valid('param').id))
    .openapi(queryWebhookRoute, c => hear(c, c.req.valid('param').id))
}

/** Path and query as they came, not decoded. */
function targetOf(c: Context<Env>): string {
  return c.req.url.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
}
