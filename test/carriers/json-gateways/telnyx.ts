import { generateKeyPairSync, sign } from 'node:crypto'
import type { GatewayCase } from './gateway-case.ts'

/** Messaging API v2. @see https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks */

const { publicKey, privateKey } = generateKeyPairSync('ed25519')

const event = (type: string, payload: object) =>
  JSON.stringify({
    data: {
      event_type: type,
      id: 'b301ed3f-1490-491f-995f-6e64e69674d4',
      occurred_at: '2026-11-28T12:00:00.000+00:00',
      payload,
      record_type: 'event',
    },
    meta: { attempt: 1 },
  })

export const telnyx: GatewayCase = {
  name: 'Telnyx',
  description: {
    url: 'https://api.telnyx.com/v2/messages',
    auth: { scheme: 'bearer', token: '{secret.apiKey}' },
    body: {
      type: 'json',
      template: { from: '{from}', to: '{to}', text: '{text}', webhook_url: '{webhook}' },
    },
    answer: {
      id: '/data/id',
      code: ['/errors/0/code'],
      codes: {
        '10002': 'permanent',
        '10009': 'configuration',
        '10010': 'configuration',
        '10011': 'throttled',
        '10016': 'permanent',
        '40300': 'optedOut',
      },
    },
    webhook: {
      signature: {
        scheme: 'ed25519',
        publicKey: Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString(
          'base64',
        ),
        header: 'telnyx-signature-ed25519',
        encoding: 'base64',
        timestampHeader: 'telnyx-timestamp',
        signed: '{timestamp}|{body}',
      },
      receipts: {
        when: [{ pointer: '/data/event_type', is: ['message.sent', 'message.finalized'] }],
        id: '/data/payload/id',
        state: '/data/payload/to/0/status',
        states: {
          queued: 'enroute',
          sending: 'enroute',
          sent: 'enroute',
          delivery_unconfirmed: 'enroute',
          delivered: 'delivered',
          sending_failed: 'failed',
          delivery_failed: 'failed',
          expired: 'expired',
        },
        code: '/data/payload/errors/0/code',
      },
      replies: {
        when: [{ pointer: '/data/event_type', is: ['message.received'] }],
        id: '/data/payload/id',
        from: '/data/payload/from/phone_number',
        to: '/data/payload/to/0/phone_number',
        text: '/data/payload/text',
      },
    },
    probePath: '/v2/balance',
    secrets: { apiKey: 'telnyx-api-key' },
  },
  request: {
    method: 'POST',
    path: '/v2/messages',
    headers: { Authorization: 'Bearer telnyx-api-key' },
    body: {
      from: '+15550009999',
      to: '+15550001234',
      text: 'Flood. "Go"\nnow: ü',
      webhook_url: 'https://alerts.example.org/v1/carriers/c1/webhook',
    },
  },
  answers: [
    {
      what: 'takes it',
      status: 200,
      body: {
        data: {
          record_type: 'message',
          direction: 'outbound',
          id: '40385f64-5717-4562-b3fc-2c963f66afa6',
          type: 'SMS',
          to: [{ phone_number: '+15550001234', status: 'queued' }],
          errors: [],
        },
      },
      outcome: { messageIds: ['40385f64-5717-4562-b3fc-2c963f66afa6'] },
    },
    {
      what: 'knows that the person sent STOP',
      status: 400,
      body: { errors: [{ code: '40300', title: 'Blocked due to STOP message' }] },
      outcome: { kind: 'permanent', reason: '40300', messageIds: [], optedOut: true },
    },
    {
      what: 'is asked too fast',
      status: 429,
      body: { errors: [{ code: '10011', title: 'Too many requests' }] },
      outcome: { kind: 'throttled', reason: '10011', messageIds: [] },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: { errors: [{ code: '10009', title: 'Authentication failed' }] },
      outcome: { kind: 'configuration', reason: '10009', messageIds: [] },
    },
  ],
  sign: (body, now) => {
    const timestamp = String(Math.floor(now / 1000))
    return {
      'telnyx-timestamp': timestamp,
      'telnyx-signature-ed25519': sign(
        null,
        Buffer.from(`${timestamp}|${body}`),
        privateKey,
      ).toString('base64'),
    }
  },
  signs: ['body', 'time'],
  webhooks: [
    {
      what: 'a receipt',
      body: event('message.finalized', {
        direction: 'outbound',
        errors: [{ code: '40001', title: 'Not routable' }],
        from: { phone_number: '+15550009999' },
        id: '40385f64-5717-4562-b3fc-2c963f66afa6',
        text: 'Flood. Reply 1 if safe.',
        to: [{ phone_number: '+15550001234', status: 'delivery_failed' }],
      }),
      callbacks: [
        {
          is: 'receipt',
          messageId: '40385f64-5717-4562-b3fc-2c963f66afa6',
          state: 'failed',
          reason: 'delivery_failed 40001',
        },
      ],
    },
    {
      what: 'a reply',
      body: event('message.received', {
        direction: 'inbound',
        from: { phone_number: '+15550001234' },
        id: '7ee4241c-f127-47e5-9c34-3aac291f8058',
        text: '1',
        to: [{ phone_number: '+15550009999', status: 'webhook_delivered' }],
      }),
      callbacks: [
        {
          is: 'reply',
          id: '7ee4241c-f127-47e5-9c34-3aac291f8058',
          from: '+15550001234',
          to: '+15550009999',
          text: '1',
        },
      ],
    },
  ],
}
