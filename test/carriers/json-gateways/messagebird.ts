import { createHash, createHmac } from 'node:crypto'
import { CASE_WEBHOOK, type GatewayCase } from './gateway-case.ts'

/**
 * SMS API, and reports by GET.
 * @see https://developers.messagebird.com/api/sms-messaging/
 * @see https://developers.messagebird.com/docs/verify-http-requests
 */

const KEY = 'messagebird-signing-key'
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Its claims name the moment as `nbf`; a hash of the body only where there is one. */
function token(url: string, now: number): string {
  const seconds = Math.floor(now / 1000)
  const claims = {
    iss: 'MessageBird',
    nbf: seconds,
    exp: seconds + 60,
    jti: 'a9d8ed4e-5d0e-4a72-b4ac-8b7a1b6f4b4d',
    url_hash: createHash('sha256').update(url).digest('hex'),
  }
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`
  return `${signed}.${createHmac('sha256', KEY).update(signed).digest('base64url')}`
}

const report = (status: string, more: Readonly<Record<string, string>> = {}) =>
  new URLSearchParams({
    id: 'e8077d803532c0b5937c639b60216938',
    reference: 'ref-1',
    recipient: '15550001234',
    status,
    statusDatetime: '2026-11-28T12:00:00+00:00',
    ...more,
  }).toString()

const refusal = (code: number, description: string, parameter: string | null) => ({
  errors: [{ code, description, parameter }],
})

export const messagebird: GatewayCase = {
  name: 'MessageBird',
  description: {
    preset: 'messagebird',
    secrets: { accessKey: 'messagebird-access-key', signing: KEY },
  },
  request: {
    method: 'POST',
    path: '/messages',
    headers: {
      Authorization: 'AccessKey messagebird-access-key',
      'Content-Type': 'application/json',
    },
    body: {
      originator: '+15550009999',
      recipients: ['15550001234'],
      body: 'Flood. "Go"\nnow: ü',
      datacoding: 'auto',
      validity: 900,
      reference: 'ref-1',
      reportUrl: CASE_WEBHOOK,
    },
  },
  answers: [
    {
      what: 'takes it, in two parts',
      status: 201,
      body: {
        id: 'e8077d803532c0b5937c639b60216938',
        href: 'https://rest.messagebird.com/messages/e8077d803532c0b5937c639b60216938',
        direction: 'mt',
        type: 'sms',
        originator: '+15550009999',
        body: 'Flood',
        reference: 'ref-1',
        recipients: {
          totalCount: 1,
          totalSentCount: 1,
          totalDeliveredCount: 0,
          totalDeliveryFailedCount: 0,
          items: [
            {
              recipient: 15550001234,
              status: 'sent',
              statusDatetime: '2026-11-28T12:00:00+00:00',
              messagePartCount: 2,
            },
          ],
        },
      },
      outcome: { messageIds: ['e8077d803532c0b5937c639b60216938'], segments: 2 },
    },
    {
      what: 'refuses the number',
      status: 422,
      body: refusal(9, 'no (correct) recipients found', 'recipient'),
      outcome: { kind: 'permanent', reason: '9', messageIds: [] },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: refusal(2, 'Request not allowed (incorrect access_key)', 'access_key'),
      outcome: { kind: 'configuration', reason: '2', messageIds: [] },
    },
  ],
  sign: (_body, now, url) => ({ 'messagebird-signature-jwt': token(url, now) }),
  signs: ['url', 'time'],
  tellsBy: 'GET',
  webhooks: [
    {
      what: 'a receipt',
      body: report('delivered'),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'e8077d803532c0b5937c639b60216938',
          state: 'delivered',
          reason: 'delivered',
        },
      ],
    },
    {
      what: 'a receipt of one that failed',
      body: report('delivery_failed', { statusErrorCode: '5' }),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'e8077d803532c0b5937c639b60216938',
          state: 'failed',
          reason: 'delivery_failed 5',
        },
      ],
    },
    { what: 'nothing of one on its way', body: report('buffered'), callbacks: [] },
  ],
}
