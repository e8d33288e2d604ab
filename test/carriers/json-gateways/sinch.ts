import { createHmac } from 'node:crypto'
import type { GatewayCase } from './gateway-case.ts'

/** SMS API, service plans. @see https://developers.sinch.com/docs/sms/api-reference */

export const sinch: GatewayCase = {
  name: 'Sinch',
  description: {
    preset: 'sinch',
    url: 'https://us.sms.api.sinch.com/xms/v1/jd63jf88477ll/batches',
    secrets: { token: 'sinch-token', webhook: 'sinch-webhook-secret' },
  },
  request: {
    method: 'POST',
    path: '/xms/v1/jd63jf88477ll/batches',
    headers: { Authorization: 'Bearer sinch-token' },
    body: {
      from: '+15550009999',
      to: ['15550001234'],
      body: 'Flood. "Go"\nnow: ü',
      expire_at: '2026-11-28T12:15:00.000Z',
      delivery_report: 'per_recipient',
      callback_url: 'https://alerts.example.org/v1/carriers/c1/webhook',
      client_reference: 'ref-1',
    },
  },
  answers: [
    {
      what: 'takes it',
      status: 201,
      body: {
        id: '01FC66621XXXXX119Z8PMV1QPQ',
        to: ['15550001234'],
        from: '15550009999',
        canceled: false,
        body: 'Flood',
        type: 'mt_text',
        delivery_report: 'per_recipient',
      },
      outcome: { messageIds: ['01FC66621XXXXX119Z8PMV1QPQ'] },
    },
    {
      what: 'refuses the number',
      status: 400,
      body: { code: 'syntax_invalid_parameter_format', text: 'Value [x] is not a valid MSISDN' },
      outcome: { kind: 'permanent', reason: 'syntax_invalid_parameter_format', messageIds: [] },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: '',
      outcome: { kind: 'configuration', reason: 'http_401', messageIds: [] },
    },
    {
      what: 'is asked too fast',
      status: 429,
      body: '',
      outcome: { kind: 'throttled', reason: 'http_429', messageIds: [] },
    },
  ],
  sign: (body, now) => {
    const [nonce, timestamp] = ['01FJA8B4A7BM43YGWSG9GBV067', String(Math.floor(now / 1000))]
    const signature = createHmac('sha256', 'sinch-webhook-secret')
    return {
      'x-sinch-webhook-signature-algorithm': 'HmacSHA256',
      'x-sinch-webhook-signature-nonce': nonce,
      'x-sinch-webhook-signature-timestamp': timestamp,
      'x-sinch-webhook-signature': signature
        .update(`${body}.${nonce}.${timestamp}`)
        .digest('base64'),
    }
  },
  signs: ['body', 'time'],
  webhooks: [
    {
      what: 'a receipt',
      body: JSON.stringify({
        at: '2026-11-28T12:00:00.000Z',
        batch_id: '01FC66621XXXXX119Z8PMV1QPQ',
        code: 0,
        recipient: '15550001234',
        status: 'Delivered',
        type: 'recipient_delivery_report_sms',
      }),
      callbacks: [
        {
          is: 'receipt',
          messageId: '01FC66621XXXXX119Z8PMV1QPQ',
          state: 'delivered',
          reason: 'Delivered 0',
        },
      ],
    },
    {
      what: 'a reply',
      body: JSON.stringify({
        body: '2 SOS',
        from: '15550001234',
        id: '01XXXXX21XXXXX119Z8P1XXXXX',
        operator_id: '310000',
        received_at: '2026-11-28T12:00:00.000Z',
        to: '72345',
        type: 'mo_text',
      }),
      callbacks: [
        {
          is: 'reply',
          id: '01XXXXX21XXXXX119Z8P1XXXXX',
          from: '+15550001234',
          to: '72345',
          text: '2 SOS',
        },
      ],
    },
  ],
}
