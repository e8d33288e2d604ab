import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { CarrierConfig } from '../../src/carriers/carrier.ts'
import { readTwilioWebhook } from '../../src/carriers/twilio/webhook.ts'
import type { WebhookRequest } from '../../src/carriers/webhook.ts'

const URL = 'https://alerts.example/v1/carriers/0/webhook'

const config = (formerAuthToken?: string): CarrierConfig => ({
  id: '0',
  name: 'North',
  protocol: 'twilio',
  segmentsPerSecond: 1,
  window: 1,
  binds: 1,
  sourceAddress: '+15550009999',
  routes: [],
  twilio: {
    baseUrl: 'https://api.example',
    allowPrivate: false,
    accountSid: 'AC0123',
    authToken: 'canary-1',
    formerAuthToken,
    answerMs: 1_000,
  },
})

const FORM = 'application/x-www-form-urlencoded'
const hmac = (text: string, token: string) =>
  createHmac('sha1', token).update(text).digest('base64')

function request(
  signature: string,
  body: string,
  { url = URL, type = FORM }: { url?: string; type?: string } = {},
): WebhookRequest {
  const headers = { 'content-type': type, 'x-twilio-signature': signature }
  return { method: 'POST', url, headers, body: Buffer.from(body) }
}

/** A form as Twilio signs it, its parameters in the order of their names already. */
function signed(form: readonly (readonly [string, string])[], token = 'canary-1', url = URL) {
  const text = url + form.map(([name, value]) => name + value).join('')
  const body = new URLSearchParams(
    form.map(([name, value]): [string, string] => [name, value]),
  ).toString()
  return request(hmac(text, token), body, { url })
}

const reply = [
  ['Body', 'I am safe'],
  ['From', '+15550000001'],
  ['MessageSid', 'SM1'],
  ['SmsStatus', 'received'],
  ['To', '+15550009999'],
] as const
const BODY =
  'Body=I+am+safe&From=%2B15550000001&MessageSid=SM1&SmsStatus=received&To=%2B15550009999'
// openssl dgst -sha1 -hmac canary-1 of the URL and, behind it, names and values in the order of the names
const SIGNATURE = 'h6qYBl9igETefPsN+Rzg016y0y8='

describe('pitfall 41: a webhook is heard where its signature is the account’s, over the public URL', () => {
  test('as OpenSSL computes it', () => {
    expect(readTwilioWebhook(config(), request(SIGNATURE, BODY))).toEqual({
      callbacks: [
        {
          is: 'reply',
          id: 'SM1',
          from: '+15550000001',
          to: '+15550009999',
          text: 'I am safe',
        },
      ],
      answer: { type: 'text/xml', body: '<Response></Response>' },
    })
  })

  test.each([
    ['none', request('', BODY)],
    ['another', request('AAAAAAAAAAAAAAAAAAAAAAAAAAA=', BODY)],
    ['for another body', request(SIGNATURE, BODY.replace('safe', 'lost'))],
    ['for another path', request(SIGNATURE, BODY, { url: `${URL}/` })],
    ['for another scheme', request(SIGNATURE, BODY, { url: URL.replace('https', 'http') })],
    ['for another port', request(SIGNATURE, BODY, { url: URL.replace('example', 'example:8443') })],
    ['for another query', request(SIGNATURE, BODY, { url: `${URL}?a=1&b=2` })],
    ['under another token', signed(reply, 'canary-2')],
    ['with a parameter more', request(SIGNATURE, `${BODY}&Zip=1`)],
    ['of a form, with JSON', request(SIGNATURE, '{}', { type: 'application/json' })],
  ])('a signature that is %s is refused', (_what, sent) => {
    expect(readTwilioWebhook(config(), sent)).toBe('bad_signature')
  })

  test('in whatever order the parameters come, blanks and empty values included', () => {
    const shuffled = BODY.split('&').toReversed().join('&')
    expect(readTwilioWebhook(config(), request(SIGNATURE, shuffled))).toHaveProperty(
      'callbacks.length',
      1,
    )
    const odd = signed([
      ['Body', '  two  blanks + plus % percent ä '],
      ['Empty', ''],
      ['From', '+15550000001'],
      ['MessageSid', 'SM2'],
      ['SmsStatus', 'received'],
    ])
    expect(readTwilioWebhook(config(), odd)).toMatchObject({
      callbacks: [{ text: '  two  blanks + plus % percent ä ' }],
    })
  })

  test('a parameter that comes twice counts once, and by value', () => {
    const twice = signed([
      ['A', '1'],
      ['A', '2'],
    ])
    const again = { ...twice, body: Buffer.from('A=2&A=1&A=2') }
    expect(readTwilioWebhook(config(), again)).toHaveProperty('callbacks', [])
  })

  test('the standard port may be spelt out', () => {
    const spelt = signed(reply, 'canary-1', URL.replace('example', 'example:443'))
    expect(readTwilioWebhook(config(), { ...spelt, url: URL })).toHaveProperty(
      'callbacks.length',
      1,
    )
  })

  test('a former token counts while it is kept', () => {
    expect(readTwilioWebhook(config('canary-0'), signed(reply, 'canary-0'))).toHaveProperty(
      'callbacks',
    )
    expect(readTwilioWebhook(config('canary-0'), signed(reply))).toHaveProperty('callbacks')
    expect(readTwilioWebhook(config(), signed(reply, 'canary-0'))).toBe('bad_signature')
  })

  test('JSON is signed by the hash of its octets', () => {
    const body = JSON.stringify({ MessageSid: 'SM3', MessageStatus: 'delivered' })
    const hash = createHash('sha256').update(body).digest('hex')
    const url = `${URL}?bodySHA256=${hash}`
    const type = 'application/json'
    const good = request(hmac(url, 'canary-1'), body, { url, type })
    expect(readTwilioWebhook(config(), good)).toMatchObject({
      callbacks: [{ is: 'receipt', messageId: 'SM3', state: 'delivered' }],
    })
    expect(readTwilioWebhook(config(), { ...good, body: Buffer.from(`${body} `) })).toBe(
      'bad_signature',
    )
    const bare = request(hmac(URL, 'canary-1'), body, { type })
    expect(readTwilioWebhook(config(), bare)).toBe('bad_signature')
  })

  test('ten thousand parameters are too many', () => {
    expect(readTwilioWebhook(config(), request('', 'a=&'.repeat(10_000)))).toBe('too_large')
  })
})

const status = (MessageStatus: string, ErrorCode = '') =>
  signed([
    ...(ErrorCode === '' ? [] : [['ErrorCode', ErrorCode] as const]),
    ['MessageSid', 'SM1'],
    ['MessageStatus', MessageStatus],
    ['To', '+15550000001'],
  ])

test.each([
  ['delivered', '', { state: 'delivered', reason: 'delivered' }],
  ['undelivered', '30003', { state: 'failed', reason: 'undelivered 30003' }],
  ['failed', '30008', { state: 'failed', reason: 'failed 30008' }],
  ['failed', '30001', { state: 'failed', reason: 'failed 30001', tooFast: true }],
  ['failed', '30036', { state: 'expired', reason: 'failed 30036', tooFast: true }],
  ['undelivered', '30007', { state: 'failed', reason: 'undelivered 30007', filtered: true }],
  ['failed', '21610', { state: 'failed', reason: 'failed 21610', optedOut: '+15550000001' }],
])('pitfall 40: a status callback of %s %s', (word, code, said) => {
  expect(readTwilioWebhook(config(), status(word, code))).toMatchObject({
    callbacks: [{ is: 'receipt', messageId: 'SM1', ...said }],
  })
})

test('a message on its way ends nothing', () => {
  for (const word of ['accepted', 'queued', 'sending', 'sent', 'something new']) {
    expect(readTwilioWebhook(config(), status(word))).toHaveProperty('callbacks', [])
  }
})

test('what Twilio took for an opt-out by a keyword of its customer’s is one', () => {
  const said = (OptOutType: string) =>
    readTwilioWebhook(
      config(),
      signed([
        ['Body', 'ALTO'],
        ['From', '+15550000001'],
        ['MessageSid', 'SM4'],
        ['OptOutType', OptOutType],
        ['SmsStatus', 'received'],
      ]),
    )
  expect(said('STOP')).toMatchObject({ callbacks: [{ meaning: 'optOut', text: 'ALTO' }] })
  expect(said('START')).toMatchObject({ callbacks: [{ meaning: 'optIn' }] })
  expect(said('HELP')).toMatchObject({ callbacks: [{ meaning: 'help' }] })
})
