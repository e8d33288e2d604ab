import { createHmac } from 'node:crypto'
import { CASE_WEBHOOK, type GatewayCase } from './gateway-case.ts'

/** Message API. @see https://www.plivo.com/docs/messaging/api/message */

const form = 'application/x-www-form-urlencoded'

export const plivo: GatewayCase = {
  name: 'Plivo',
  description: {
    preset: 'plivo',
    url: 'https://api.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Message/',
    secrets: { authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'plivo-auth-token' },
  },
  request: {
    method: 'POST',
    path: '/v1/Account/MAXXXXXXXXXXXXXXXXXX/Message/',
    headers: {
      Authorization: `Basic ${Buffer.from('MAXXXXXXXXXXXXXXXXXX:plivo-auth-token').toString('base64')}`,
    },
    body: {
      src: '+15550009999',
      dst: '+15550001234',
      text: 'Flood. "Go"\nnow: ü',
      url: CASE_WEBHOOK,
      method: 'POST',
    },
  },
  answers: [
    {
      what: 'takes it',
      status: 202,
      body: {
        message: 'message(s) queued',
        message_uuid: ['db3ce55a-7f1d-11e1-8ea7-1231380bc196'],
        api_id: 'db342550-7f1d-11e1-8ea7-1231380bc196',
      },
      outcome: { messageIds: ['db3ce55a-7f1d-11e1-8ea7-1231380bc196'] },
    },
    {
      what: 'refuses the number',
      status: 400,
      body: { api_id: 'db342550-7f1d-11e1-8ea7-1231380bc196', error: 'dst is invalid' },
      outcome: { kind: 'permanent', reason: 'http_400', messageIds: [] },
    },
    {
      what: 'refuses the credentials',
      status: 401,
      body: {},
      outcome: { kind: 'configuration', reason: 'http_401', messageIds: [] },
    },
    {
      what: 'has trouble of its own',
      status: 500,
      body: {},
      outcome: { kind: 'uncertain', reason: 'http_500', messageIds: [] },
    },
  ],
  sign: (_body, _now, url) => {
    const nonce = '05429567804466091622'
    const signature = createHmac('sha256', 'plivo-auth-token').update(url + nonce)
    return {
      'x-plivo-signature-v2': signature.digest('base64'),
      'x-plivo-signature-v2-nonce': nonce,
    }
  },
  signs: ['url'],
  webhooks: [
    {
      what: 'a receipt',
      contentType: form,
      body: new URLSearchParams({
        MessageUUID: 'db3ce55a-7f1d-11e1-8ea7-1231380bc196',
        To: '15550001234',
        From: '15550009999',
        Type: 'sms',
        Status: 'undelivered',
        Units: '1',
        ErrorCode: '30',
        Sequence: '3',
      }).toString(),
      callbacks: [
        {
          is: 'receipt',
          messageId: 'db3ce55a-7f1d-11e1-8ea7-1231380bc196',
          state: 'failed',
          reason: 'undelivered 30',
        },
      ],
    },
    {
      what: 'a reply',
      contentType: `${form}; charset=utf-8`,
      body: new URLSearchParams({
        From: '15550001234',
        To: '15550009999',
        Type: 'sms',
        Text: 'Need help & water',
        MessageUUID: 'cc3ce55a-7f1d-11e1-8ea7-1231380bc196',
      }).toString(),
      callbacks: [
        {
          is: 'reply',
          id: 'cc3ce55a-7f1d-11e1-8ea7-1231380bc196',
          from: '+15550001234',
          to: '+15550009999',
          text: 'Need help & water',
        },
      ],
    },
  ],
}
