import { createHash, createHmac } from 'node:crypto'
import type { GatewayCase } from './gateway-case.ts'

/** Messages API v1, channel sms. @see https://developer.vonage.com/en/api/messages */

const SECRET = 'vonage-signature-secret-of-32-octets'
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(body: string, now: number): string {
  const claims = {
    iat: Math.floor(now / 1000),
    jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5',
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(body).digest('hex'),
    api_key: 'abcd1234',
  }
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

export const vonage: GatewayCase = {
  name: 'Vonage',
  description: {
    preset: 'vonage',
    secrets: { apiKey: 'abcd1234', apiSecret: 'vonage-api-secret', signature: SECRET },
  },
  request: {
    method: 'POST',
    path: '/v1/messages',
    headers: {
      Authorization: `Basic ${Buffer.from('abcd1234:vonage-api-secret').toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: {
      channel: 'sms',
      message_type: 'text',
      to: '15550001234',
      from: '+15550009999',
      text: 'Flood. "Go"\nnow: ü',
      ttl: 900,
      client_ref: 'ref-1',
      sms: { encoding_type: 'auto' },
    },
  },
  answers: [
    {
      what: 'takes it',
      status: 202,
      body: { message_uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab' },
      outcome: { messageIds: ['aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'] },
    },
    {
      what: 'is asked too fast',
      status: 429,
      body: {
        type: 'https://developer.vonage.com/api-errors/messages#1000',
        title: 'Throttled',
        detail: 'You have exceeded the submission capacity allowed on this account.',
        instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
      },
      outcome: {
        kind: 'throttled',
        reason: 'https://developer.vonage.com/api-errors/messages#1000',
        messageIds: [],
      },
    },
    {
      what: 'refuses the sender',
      status: 422,
      body: {
        type: 'https://developer.vonage.com/api-errors/messages#1120',
        title: 'Invalid sender',
        instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
      },
      outcome: {
        kind: 'configuration',
        reason: 'https://developer.vonage.com/api-errors/messages#1120',
        messageIds: [],
      },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: { type: 'https://developer.vonage.com/api-errors#unauthorized', title: 'Unauthorized' },
      outcome: {
        kind: 'configuration',
        reason: 'https://developer.vonage.com/api-errors#unauthorized',
        messageIds: [],
      },
    },
  ],
  sign: (body, now) => ({ authorization: `Bearer ${token(body, now)}` }),
  signs: ['body', 'time'],
  webhooks: [
    {
      what: 'a receipt',
      body: JSON.stringify({
        message_uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
        to: '15550001234',
        from: '15550009999',
        timestamp: '2026-11-28T12:00:00Z',
        status: 'delivered',
        client_ref: 'ref-1',
        channel: 'sms',
      }),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
          state: 'delivered',
          reason: 'delivered',
        },
      ],
    },
    {
      what: 'a receipt of one that failed',
      body: JSON.stringify({
        message_uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
        to: '15550001234',
        from: '15550009999',
        timestamp: '2026-11-28T12:00:00Z',
        status: 'undeliverable',
        error: {
          type: 'https://developer.nexmo.com/api-errors/messages-olympus#1260',
          title: '1260',
          detail: 'Destination unreachable',
        },
        channel: 'sms',
      }),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
          state: 'failed',
          reason: 'undeliverable 1260',
        },
      ],
    },
    {
      what: 'a reply',
      body: JSON.stringify({
        channel: 'sms',
        message_uuid: 'bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab',
        to: '15550009999',
        from: '15550001234',
        timestamp: '2026-11-28T12:00:00Z',
        message_type: 'text',
        text: '1',
        sms: { num_messages: '1' },
      }),
      callbacks: [
        {
          is: 'reply',
          id: 'bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab',
          from: '+15550001234',
          to: '+15550009999',
          text: '1',
        },
      ],
    },
  ],
}
