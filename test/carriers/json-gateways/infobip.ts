import type { GatewayCase } from './gateway-case.ts'

/** SMS API v3. @see https://www.infobip.com/docs/api/channels/sms */

export const infobip: GatewayCase = {
  name: 'Infobip',
  description: {
    preset: 'infobip',
    url: 'https://xyz123.api.infobip.example/sms/3/messages',
    secrets: { apiKey: 'infobip-api-key', webhook: 'basic-now', webhookBefore: 'basic-before' },
  },
  request: {
    method: 'POST',
    path: '/sms/3/messages',
    headers: { Authorization: 'App infobip-api-key', 'Content-Type': 'application/json' },
    body: {
      messages: [
        {
          sender: '+15550009999',
          destinations: [{ to: '15550001234' }],
          content: { text: 'Flood. "Go"\nnow: ü' },
          options: { validityPeriod: { amount: 15, timeUnit: 'MINUTES' } },
          webhooks: {
            delivery: { url: 'https://alerts.example.org/v1/carriers/c1/webhook' },
            contentType: 'application/json',
          },
        },
      ],
    },
  },
  answers: [
    {
      what: 'takes it',
      status: 200,
      body: {
        bulkId: 'a28dd97c-2222-4fcf-99f1-0b557ed381da',
        messages: [
          {
            messageId: 'a28dd97c-1ffb-4fcf-99f1-0b557ed381da',
            status: {
              groupId: 1,
              groupName: 'PENDING',
              id: 26,
              name: 'PENDING_ACCEPTED',
              description: 'Message sent to next instance',
            },
            destination: '15550001234',
          },
        ],
      },
      outcome: { messageIds: ['a28dd97c-1ffb-4fcf-99f1-0b557ed381da'] },
    },
    {
      what: 'refuses the number',
      status: 200,
      body: {
        messages: [
          {
            messageId: 'a28dd97c-1ffb-4fcf-99f1-0b557ed381da',
            status: { groupId: 5, groupName: 'REJECTED', id: 52, name: 'REJECTED_DESTINATION' },
            destination: '15550001234',
          },
        ],
      },
      outcome: { kind: 'permanent', reason: 'REJECTED', messageIds: [] },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: { errorCode: 'E401', description: 'The request lacks valid credentials.' },
      outcome: { kind: 'configuration', reason: 'E401', messageIds: [] },
    },
    {
      what: 'is asked too fast',
      status: 429,
      body: {
        requestError: {
          serviceException: { messageId: 'TOO_MANY_REQUESTS', text: 'Too many requests' },
        },
      },
      outcome: { kind: 'throttled', reason: 'TOO_MANY_REQUESTS', messageIds: [] },
    },
  ],
  sign: () => ({
    authorization: `Basic ${Buffer.from('infobip:basic-before').toString('base64')}`,
  }),
  signs: [],
  webhooks: [
    {
      what: 'two receipts',
      body: JSON.stringify({
        results: [
          {
            bulkId: 'BULK-ID-123-xyz',
            messageId: 'MESSAGE-ID-123-xyz',
            to: '15550001234',
            sentAt: '2026-11-28T12:00:00.000+0000',
            doneAt: '2026-11-28T12:00:03.000+0000',
            smsCount: 1,
            status: { groupId: 3, groupName: 'DELIVERED', id: 5, name: 'DELIVERED_TO_HANDSET' },
            error: { groupId: 0, groupName: 'OK', id: 0, name: 'NO_ERROR', permanent: false },
          },
          {
            messageId: '12db39c3-7822-4e72-a3ec-c87442c0ffc5',
            to: '15550001235',
            status: { groupId: 4, groupName: 'EXPIRED', id: 15, name: 'EXPIRED_EXPIRED' },
            error: {
              groupId: 1,
              groupName: 'HANDSET_ERRORS',
              id: 27,
              name: 'EC_ABSENT_SUBSCRIBER',
            },
          },
        ],
      }),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'MESSAGE-ID-123-xyz',
          state: 'delivered',
          reason: 'DELIVERED NO_ERROR',
        },
        {
          is: 'receipt',
          messageId: '12db39c3-7822-4e72-a3ec-c87442c0ffc5',
          state: 'expired',
          reason: 'EXPIRED EC_ABSENT_SUBSCRIBER',
        },
      ],
    },
    {
      what: 'a reply',
      body: JSON.stringify({
        results: [
          {
            messageId: '817790313235066447',
            from: '15550001234',
            to: '15550009999',
            text: 'SAFE at home',
            cleanText: 'at home',
            keyword: 'SAFE',
            receivedAt: '2026-11-28T12:00:00.000+0000',
            smsCount: 1,
          },
        ],
        messageCount: 1,
        pendingMessageCount: 0,
      }),
      callbacks: [
        {
          is: 'reply',
          id: '817790313235066447',
          from: '+15550001234',
          to: '+15550009999',
          text: 'SAFE at home',
        },
      ],
    },
  ],
}
