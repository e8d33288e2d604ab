import type { GatewayDescription } from './description.ts'

/**
 * What some gateways publish of their APIs for texts, as descriptions. What is an account's own is given beside it:
 * the URL, where that names the account or its region, and the secrets, by the names that stand here. Only what its
 * source says: an error that it leaves open is judged by its status.
 */

export interface GatewayPreset {
  /** In a sentence, with what is to be given beside it. */
  readonly description: string
  readonly source: string
  readonly settings: Partial<Omit<GatewayDescription, 'method' | 'encodings'>>
}

const VONAGE_ERRORS = 'https://developer.vonage.com/api-errors/messages#'

export const GATEWAY_PRESETS = {
  vonage: {
    description:
      'Vonage, Messages API: secrets `apiKey`, `apiSecret`, and `signature` of its signed webhooks.',
    source: 'https://developer.vonage.com/en/api/messages',
    settings: {
      url: 'https://api.nexmo.com/v1/messages',
      auth: { scheme: 'basic', username: '{secret.apiKey}', password: '{secret.apiSecret}' },
      body: {
        type: 'json',
        template: {
          channel: 'sms',
          message_type: 'text',
          to: '{toDigits}',
          from: '{from}',
          text: '{text}',
          ttl: '{validitySeconds}',
          client_ref: '{reference}',
          sms: { encoding_type: 'auto' },
        },
      },
      validity: { leastSeconds: 20, mostSeconds: 259_200 },
      answer: {
        id: '/message_uuid',
        // RFC 7807; the number behind # is the code.
        code: ['/type'],
        codes: {
          [`${VONAGE_ERRORS}1000`]: 'throttled',
          [`${VONAGE_ERRORS}1030`]: 'uncertain',
          [`${VONAGE_ERRORS}1040`]: 'permanent',
          [`${VONAGE_ERRORS}1050`]: 'permanent',
          [`${VONAGE_ERRORS}1060`]: 'configuration',
          [`${VONAGE_ERRORS}1070`]: 'configuration',
          [`${VONAGE_ERRORS}1080`]: 'configuration',
          [`${VONAGE_ERRORS}1100`]: 'elsewhere',
          [`${VONAGE_ERRORS}1120`]: 'configuration',
          [`${VONAGE_ERRORS}1160`]: 'permanent',
        },
        statuses: { '402': 'configuration' },
      },
      webhook: {
        signature: {
          scheme: 'jwt',
          secrets: ['signature'],
          bodyHashClaim: 'payload_hash',
          toleranceSeconds: 300,
        },
        receipts: {
          when: [{ pointer: '/status' }],
          id: '/message_uuid',
          state: '/status',
          states: {
            submitted: 'enroute',
            delivered: 'delivered',
            read: 'delivered',
            rejected: 'failed',
            undeliverable: 'failed',
          },
          code: '/error/title',
        },
        replies: {
          when: [{ pointer: '/message_type', is: ['text'] }],
          id: '/message_uuid',
          from: '/from',
          to: '/to',
          text: '/text',
        },
        response: { contentType: 'text/plain', body: '' },
      },
    },
  },
  infobip: {
    description:
      'Infobip, SMS API v3: the URL, https://….api.infobip.com/sms/3/messages; secrets `apiKey`, and `webhook`, ' +
      'the password of the user infobip that its webhooks are sent with.',
    source: 'https://www.infobip.com/docs/api/channels/sms',
    settings: {
      headers: { Authorization: 'App {secret.apiKey}' },
      body: {
        type: 'json',
        template: {
          messages: [
            {
              sender: '{from}',
              destinations: [{ to: '{toDigits}' }],
              content: { text: '{text}' },
              options: { validityPeriod: { amount: '{validityMinutes}', timeUnit: 'MINUTES' } },
              webhooks: { delivery: { url: '{webhook}' }, contentType: 'application/json' },
            },
          ],
        },
      },
      validity: { leastSeconds: 60, mostSeconds: 172_800 },
      probePath: '/account/1/balance',
      answer: {
        list: '/messages',
        id: '/messageId',
        // Of a message, of a refused request in version 3, and of one in version 2.
        code: ['/status/groupName', '/errorCode', '/requestError/serviceException/messageId'],
        codes: {
          ACCEPTED: 'accepted',
          PENDING: 'accepted',
          DELIVERED: 'accepted',
          REJECTED: 'permanent',
          UNDELIVERABLE: 'permanent',
          E401: 'configuration',
          E403: 'configuration',
          E429: 'throttled',
          UNAUTHORIZED: 'configuration',
          TOO_MANY_REQUESTS: 'throttled',
        },
        statuses: {},
      },
      webhook: {
        signature: { scheme: 'basic', username: 'infobip', secrets: ['webhook', 'webhookBefore'] },
        receipts: {
          list: '/results',
          when: [{ pointer: '/status/groupName' }],
          id: '/messageId',
          state: '/status/groupName',
          states: {
            ACCEPTED: 'enroute',
            PENDING: 'enroute',
            DELIVERED: 'delivered',
            UNDELIVERABLE: 'failed',
            REJECTED: 'failed',
            EXPIRED: 'expired',
          },
          code: '/error/name',
        },
        replies: {
          list: '/results',
          when: [{ pointer: '/receivedAt' }],
          id: '/messageId',
          from: '/from',
          to: '/to',
          text: '/text',
        },
        response: { contentType: 'text/plain', body: '' },
      },
    },
  },
  plivo: {
    description:
      'Plivo, Message API: the URL, https://api.plivo.com/v1/Account/{auth id}/Message/; secrets `authId` and `authToken`.',
    source: 'https://www.plivo.com/docs/messaging/api/message',
    settings: {
      auth: { scheme: 'basic', username: '{secret.authId}', password: '{secret.authToken}' },
      body: {
        type: 'json',
        template: { src: '{from}', dst: '{to}', text: '{text}', url: '{webhook}', method: 'POST' },
      },
      answer: {
        id: '/message_uuid/0',
        code: [],
        codes: {},
        statuses: { '400': 'permanent', '402': 'configuration' },
      },
      webhook: {
        signature: {
          scheme: 'hmac',
          algorithm: 'sha256',
          header: 'X-Plivo-Signature-V2',
          prefix: '',
          encoding: 'base64',
          nonceHeader: 'X-Plivo-Signature-V2-Nonce',
          signed: '{url}{nonce}',
          toleranceSeconds: 300,
          secrets: ['authToken'],
        },
        receipts: {
          when: [{ pointer: '/Status' }],
          id: '/MessageUUID',
          state: '/Status',
          states: {
            queued: 'enroute',
            sent: 'enroute',
            delivered: 'delivered',
            undelivered: 'failed',
            failed: 'failed',
            rejected: 'failed',
          },
          code: '/ErrorCode',
        },
        replies: {
          when: [{ pointer: '/Text' }],
          id: '/MessageUUID',
          from: '/From',
          to: '/To',
          text: '/Text',
        },
        response: { contentType: 'text/plain', body: '' },
      },
    },
  },
  sinch: {
    description:
      'Sinch, SMS API: the URL, https://{region}.sms.api.sinch.com/xms/v1/{service plan}/batches; secrets `token`, ' +
      'and `webhook` of its signed webhooks.',
    source: 'https://developers.sinch.com/docs/sms/api-reference',
    settings: {
      auth: { scheme: 'bearer', token: '{secret.token}' },
      body: {
        type: 'json',
        template: {
          from: '{from}',
          to: ['{toDigits}'],
          body: '{text}',
          expire_at: '{expires}',
          delivery_report: 'per_recipient',
          callback_url: '{webhook}',
          client_reference: '{reference}',
        },
      },
      answer: {
        id: '/id',
        code: ['/code'],
        codes: {
          syntax_constraint_violation: 'permanent',
          syntax_invalid_parameter_format: 'permanent',
          insufficient_privileges: 'configuration',
        },
        statuses: {},
      },
      webhook: {
        signature: {
          scheme: 'hmac',
          algorithm: 'sha256',
          header: 'x-sinch-webhook-signature',
          prefix: '',
          encoding: 'base64',
          timestampHeader: 'x-sinch-webhook-signature-timestamp',
          nonceHeader: 'x-sinch-webhook-signature-nonce',
          signed: '{body}.{nonce}.{timestamp}',
          toleranceSeconds: 300,
          secrets: ['webhook'],
        },
        receipts: {
          when: [{ pointer: '/type', is: ['recipient_delivery_report_sms'] }],
          id: '/batch_id',
          state: '/status',
          states: {
            Queued: 'enroute',
            Dispatched: 'enroute',
            Delivered: 'delivered',
            Aborted: 'failed',
            Cancelled: 'failed',
            Rejected: 'failed',
            Deleted: 'failed',
            Failed: 'failed',
            Expired: 'expired',
            Unknown: 'enroute',
          },
          code: '/code',
        },
        replies: {
          when: [{ pointer: '/type', is: ['mo_text'] }],
          id: '/id',
          from: '/from',
          to: '/to',
          text: '/body',
        },
        response: { contentType: 'text/plain', body: '' },
      },
    },
  },
  messagebird: {
    description:
      'MessageBird, SMS API: secrets `accessKey`, and `signing`, the key of its signed webhooks. The webhook’s URL is ' +
      'given to it for status reports; of replies nothing is described.',
    source: 'https://developers.messagebird.com/api/sms-messaging/',
    settings: {
      url: 'https://rest.messagebird.com/messages',
      headers: { Authorization: 'AccessKey {secret.accessKey}' },
      body: {
        type: 'json',
        template: {
          originator: '{from}',
          recipients: ['{toDigits}'],
          body: '{text}',
          datacoding: 'auto',
          validity: '{validitySeconds}',
          // Without one there are no reports.
          reference: '{reference}',
          reportUrl: '{webhook}',
        },
      },
      probePath: '/balance',
      answer: {
        id: '/id',
        parts: '/recipients/items/0/messagePartCount',
        code: ['/errors/0/code'],
        codes: {
          // Request not allowed, no balance, not found; parameters missing or wrong.
          '2': 'configuration',
          '9': 'permanent',
          '10': 'permanent',
          '20': 'configuration',
          '25': 'configuration',
          '99': 'uncertain',
        },
        statuses: {},
      },
      webhook: {
        method: 'GET',
        signature: {
          scheme: 'jwt',
          header: 'MessageBird-Signature-JWT',
          secrets: ['signing'],
          urlHashClaim: 'url_hash',
          toleranceSeconds: 300,
        },
        receipts: {
          when: [{ pointer: '/reference' }],
          id: '/id',
          state: '/status',
          states: {
            scheduled: 'enroute',
            sent: 'enroute',
            buffered: 'enroute',
            delivered: 'delivered',
            expired: 'expired',
            delivery_failed: 'failed',
          },
          code: '/statusErrorCode',
        },
        response: { contentType: 'text/plain', body: 'OK' },
      },
    },
  },
} as const satisfies Readonly<Record<string, GatewayPreset>>

export type GatewayPresetName = keyof typeof GATEWAY_PRESETS
