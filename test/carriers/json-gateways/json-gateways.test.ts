import { describe, expect, test } from 'vitest'
import { httpFaults, openHttp } from '../../../src/accounts/settings/http.ts'
import type { CarrierConfig } from '../../../src/carriers/carrier.ts'
import { jsonGateway } from '../../../src/carriers/http/json-gateway.ts'
import { readJsonWebhook } from '../../../src/carriers/http/json-webhook.ts'
import { encodeText } from '../../../src/encoding/segments.ts'
import { describedAs } from '../../support/described.ts'
import {
  CASE_NOW,
  CASE_TEXT,
  CASE_WEBHOOK,
  type GatewayCase,
  type WebhookCase,
  webhookRequest,
} from './gateway-case.ts'
import { infobip } from './infobip.ts'
import { messagebird } from './messagebird.ts'
import { plivo } from './plivo.ts'
import { sinch } from './sinch.ts'
import { telnyx } from './telnyx.ts'
import { vonage } from './vonage.ts'

function configOf(gateway: GatewayCase): CarrierConfig {
  const { secrets, ...description } = describedAs(gateway.description)
  return {
    id: 'c1',
    name: gateway.name,
    protocol: 'http',
    segmentsPerSecond: 10,
    window: 10,
    binds: 1,
    sourceAddress: '+15550009999',
    routes: [],
    http: openHttp(description, { secrets }, { webhookUrl: CASE_WEBHOOK, allowPrivate: false }),
  }
}

describe.each([infobip, messagebird, plivo, sinch, telnyx, vonage])(
  '$name, as it is described',
  gateway => {
    const config = configOf(gateway)
    const { secrets, ...description } = describedAs(gateway.description)
    const spoken = jsonGateway(config, () => 'ref-1')
    const webhookOf = ({ body, contentType }: WebhookCase, now = CASE_NOW) =>
      webhookRequest(gateway, { body, contentType, now })

    test('has no fault', () => {
      expect(httpFaults({ ...description, secrets })).toEqual([])
    })

    test('is sent a message as it wants it', () => {
      const message = {
        to: '+15550001234',
        text: encodeText(CASE_TEXT),
        expiresAt: CASE_NOW + 900_000,
      }
      const { body, ...request } = spoken.request(message, CASE_NOW)
      expect({ ...request, body: JSON.parse(String(body)) as unknown }).toMatchObject(
        gateway.request,
      )
      expect(spoken.url.href + JSON.stringify(request.path)).not.toContain('secret.')
    })

    test.each(gateway.answers)('$what, and is understood', ({ status, body, outcome }) => {
      const octets = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      expect(spoken.outcome({ status, headers: {}, body: octets })).toEqual(outcome)
    })

    test.each(gateway.webhooks)('says $what by webhook', async webhook => {
      const reading = await readJsonWebhook(config, webhookOf(webhook), CASE_NOW + 10_000)
      expect(reading).toMatchObject({ callbacks: webhook.callbacks })
    })

    test('W1: is not believed without its signature, or with another’s', async () => {
      const request = webhookOf(gateway.webhooks[0]!)
      const bare = { ...request, headers: { 'content-type': 'application/json' } }
      const turned = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) =>
          /signature(-v2|-ed25519|-jwt)?$|authorization/.test(name)
            ? [name, value.replace(/.{6}(?==*$)/, 'AAAAAA')]
            : [name, value],
        ),
      )
      expect(turned).not.toEqual(request.headers)
      for (const forged of [bare, { ...request, headers: turned }]) {
        expect(await readJsonWebhook(config, forged, CASE_NOW)).toBe('bad_signature')
      }
    })

    test.runIf(gateway.signs.includes('body'))(
      'W1: is not believed with another body',
      async () => {
        const request = webhookOf(gateway.webhooks[0]!)
        const forged = { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }
        expect(await readJsonWebhook(config, forged, CASE_NOW)).toBe('bad_signature')
      },
    )

    test.runIf(gateway.signs.includes('url'))('W1: is not believed at another URL', async () => {
      const request = webhookOf(gateway.webhooks[0]!)
      expect(await readJsonWebhook(config, request, CASE_NOW)).not.toBe('bad_signature')
      for (const url of [
        request.url.replace('https:', 'http:'),
        request.url.replace('.org/', '.org:443/'),
        request.url.replace('webhook', 'webhook/'),
        request.url.includes('?') ? `${request.url}&a=1` : `${request.url}?a=1`,
        request.url.replace('c1', 'c2'),
      ]) {
        expect(await readJsonWebhook(config, { ...request, url }, CASE_NOW)).toBe('bad_signature')
      }
    })

    test.runIf(gateway.signs.includes('time'))(
      'W4: is not believed six minutes late or early',
      async () => {
        for (const now of [CASE_NOW - 360_000, CASE_NOW + 360_000]) {
          const request = webhookOf(gateway.webhooks[0]!)
          expect(await readJsonWebhook(config, request, now)).toBe('bad_signature')
        }
        expect(
          await readJsonWebhook(config, webhookOf(gateway.webhooks[0]!), CASE_NOW + 299_000),
        ).toMatchObject({ callbacks: [{}] })
      },
    )
  },
)
