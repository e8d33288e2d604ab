import { describe, expect, test } from 'vitest'
import { httpFaults, newHttpSchema, openHttp } from '../../../src/accounts/settings/http.ts'
import { jsonGateway } from '../../../src/carriers/http/json-gateway.ts'
import { readJsonWebhook } from '../../../src/carriers/http/json-webhook.ts'
import { encodeText } from '../../../src/encoding/segments.ts'
import { CASE_NOW, CASE_TEXT, CASE_WEBHOOK, type WebhookCase } from './gateway-case.ts'
import { infobip } from './infobip.ts'
import { plivo } from './plivo.ts'
import { sinch } from './sinch.ts'
import { telnyx } from './telnyx.ts'
import { vonage } from './vonage.ts'

describe.each([infobip, plivo, sinch, telnyx, vonage])('$name, as it is described', gateway => {
  const parsed = newHttpSchema.parse(gateway.description)
  const { secrets, ...description } = parsed
  const settings = openHttp(
    description,
    { secrets },
    {
      webhookUrl: CASE_WEBHOOK,
      allowPrivate: false,
    },
  )
  const spoken = jsonGateway(
    {
      id: 'c1',
      name: gateway.name,
      protocol: 'http',
      segmentsPerSecond: 10,
      window: 10,
      binds: 1,
      sourceAddress: '+15550009999',
      routes: [],
      http: settings,
    },
    () => 'ref-1',
  )
  const webhookOf = ({ body, contentType = 'application/json' }: WebhookCase, now = CASE_NOW) => ({
    url: CASE_WEBHOOK,
    headers: { 'content-type': contentType, ...gateway.sign(body, now) },
    body: Buffer.from(body),
  })

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
    expect({ ...request, body: JSON.parse(String(body)) as unknown }).toMatchObject(gateway.request)
    expect(spoken.url.href + JSON.stringify(request.path)).not.toContain('secret.')
  })

  test.each(gateway.answers)('$what, and is understood', ({ status, body, outcome }) => {
    const octets = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    expect(spoken.outcome({ status, headers: {}, body: octets })).toEqual(outcome)
  })

  test.each(gateway.webhooks)('says $what by webhook', async webhook => {
    const reading = await readJsonWebhook(settings, webhookOf(webhook), CASE_NOW + 10_000)
    expect(reading).toMatchObject(webhook.reading)
    expect(reading.response.status).toBe(200)
  })

  test('W1: is not believed without its signature, or with another’s', async () => {
    const request = webhookOf(gateway.webhooks[0]!)
    const bare = { ...request, headers: { 'content-type': 'application/json' } }
    const turned = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) =>
        /signature(-v2|-ed25519)?$|authorization/.test(name)
          ? [name, value.replace(/.{6}(?==*$)/, 'AAAAAA')]
          : [name, value],
      ),
    )
    expect(turned).not.toEqual(request.headers)
    for (const forged of [bare, { ...request, headers: turned }]) {
      await expect(readJsonWebhook(settings, forged, CASE_NOW)).rejects.toMatchObject({
        code: 'bad_webhook_signature',
      })
    }
  })

  test.runIf(gateway.signsBody)('W1: is not believed with another body', async () => {
    const request = webhookOf(gateway.webhooks[0]!)
    const forged = { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }
    await expect(readJsonWebhook(settings, forged, CASE_NOW)).rejects.toMatchObject({
      code: 'bad_webhook_signature',
    })
  })

  test.runIf(gateway.signsBody)('W4: is not believed six minutes late or early', async () => {
    for (const now of [CASE_NOW - 360_000, CASE_NOW + 360_000]) {
      const request = webhookOf(gateway.webhooks[0]!)
      await expect(readJsonWebhook(settings, request, now)).rejects.toMatchObject({
        code: 'bad_webhook_signature',
      })
    }
    await readJsonWebhook(settings, webhookOf(gateway.webhooks[0]!), CASE_NOW + 299_000)
  })
})

test('W1: a signature over the URL is not good for another URL', async () => {
  const { secrets, ...description } = newHttpSchema.parse(plivo.description)
  const [webhook] = plivo.webhooks
  const settings = openHttp(
    description,
    { secrets },
    {
      webhookUrl: CASE_WEBHOOK,
      allowPrivate: false,
    },
  )
  const request = (url: string) => ({
    url,
    headers: { 'content-type': webhook!.contentType!, ...plivo.sign('', CASE_NOW) },
    body: Buffer.from(webhook!.body),
  })
  await readJsonWebhook(settings, request(CASE_WEBHOOK), CASE_NOW)
  for (const other of [
    CASE_WEBHOOK.replace('https:', 'http:'),
    CASE_WEBHOOK.replace('.org/', '.org:443/'),
    `${CASE_WEBHOOK}/`,
    `${CASE_WEBHOOK}?a=1`,
    CASE_WEBHOOK.replace('c1', 'c2'),
  ]) {
    await expect(readJsonWebhook(settings, request(other), CASE_NOW)).rejects.toMatchObject({
      code: 'bad_webhook_signature',
    })
  }
})
