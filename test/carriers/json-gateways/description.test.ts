import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { httpFaults, newHttpSchema, openHttp } from '../../../src/accounts/settings/http.ts'
import type { CarrierConfig } from '../../../src/carriers/carrier.ts'
import { jsonGateway } from '../../../src/carriers/http/json-gateway.ts'
import { readJsonWebhook } from '../../../src/carriers/http/json-webhook.ts'
import { encodeText } from '../../../src/encoding/segments.ts'
import { describedAs } from '../../support/described.ts'
import { CASE_NOW, CASE_WEBHOOK } from './gateway-case.ts'

type Draft = object

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function jwtOf(claims: object, key: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

function open(draft: Draft) {
  const { secrets, ...description } = describedAs({
    url: 'https://gateway.example/send',
    answer: {},
    ...draft,
  })
  return openHttp(description, { secrets }, { webhookUrl: CASE_WEBHOOK, allowPrivate: false })
}

const gatewayOf = (draft: Draft) => jsonGateway(configOf(draft))

function configOf(draft: Draft): CarrierConfig {
  return {
    id: 'c1',
    name: 'Described',
    protocol: 'http',
    segmentsPerSecond: 10,
    window: 10,
    binds: 1,
    sourceAddress: 'Tocsin',
    routes: [],
    http: open(draft),
  }
}

const requestOf = (draft: Draft, { text = 'Flood', seconds = 600 } = {}) =>
  gatewayOf(draft).request(
    { to: '+15550001234', text: encodeText(text), expiresAt: CASE_NOW + seconds * 1000 },
    CASE_NOW,
  )

function outcomeOf(draft: Draft, status: number, body: unknown) {
  const octets = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return gatewayOf(draft).outcome({ status, headers: {}, body: octets })
}

function faultsOf(draft: Draft) {
  const { secrets, ...description } = describedAs({
    url: 'https://gateway.example/send',
    answer: {},
    ...draft,
  })
  return httpFaults({ ...description, secrets })
}

describe('a template', () => {
  const json = (template: unknown) => ({ body: { type: 'json', template } })

  test.each([
    'He said "go", then {to} and \\ and \n\t and }',
    '{"text":"{text}"}',
    '{secret.key}',
    '\u2028 \u0000 \u{1f30a} \ud800',
    '$& $1 $$',
  ])('takes the text %j and nothing of it ends its string', text => {
    const { body } = requestOf(
      { ...json({ a: '{text}', b: ['> {text} <'] }), secrets: { key: 's3cret' } },
      { text },
    )
    const sent = encodeText(text).text
    expect(JSON.parse(String(body))).toEqual({ a: sent, b: [`> ${sent} <`] })
  })

  test('keeps what is no string, and a number stays one where it stands alone', () => {
    const { body } = requestOf(
      json({ n: 1, t: true, z: null, deep: { v: '{validitySeconds}', s: '{validitySeconds}s' } }),
    )
    expect(JSON.parse(String(body))).toEqual({
      n: 1,
      t: true,
      z: null,
      deep: { v: 600, s: '600s' },
    })
  })

  test('of a form is encoded, and so is one of the query', () => {
    const { path, headers, body } = requestOf(
      {
        url: 'https://gateway.example/send?a=1',
        query: { to: '{to}', q: 'x&y={text}' },
        body: { type: 'form', template: { text: '{text}', from: '{from}' } },
      },
      { text: 'a&b=c d+ü' },
    )
    expect(headers['Content-Type']).toBe('application/x-www-form-urlencoded')
    expect(String(body)).toBe('text=a%26b%3Dc+d%2B%C3%BC&from=Tocsin')
    expect(path).toBe('/send?a=1&to=%2B15550001234&q=x%26y%3Da%26b%3Dc+d%2B%C3%BC')
  })

  test('says the alphabet in the gateway’s words', () => {
    const draft = { ...json({ type: '{encoding}' }), encodings: { gsm7: 'text', ucs2: 'unicode' } }
    expect(requestOf(draft, { text: 'Flood' }).body).toBe('{"type":"text"}')
    expect(requestOf(draft, { text: 'Паводок' }).body).toBe('{"type":"unicode"}')
  })

  test('says no validity that the gateway would not take', () => {
    const draft = {
      ...json({ s: '{validitySeconds}', m: '{validityMinutes}', e: '{expires}' }),
      validity: { leastSeconds: 60, mostSeconds: 3_600 },
    }
    const sent = (seconds: number) => JSON.parse(String(requestOf(draft, { seconds }).body))
    expect(sent(86_400)).toEqual({ s: 3_600, m: 60, e: '2026-11-28T13:00:00.000Z' })
    expect(sent(1.5)).toEqual({ s: 60, m: 1, e: '2026-11-28T12:01:00.000Z' })
    expect(sent(1_799)).toEqual({ s: 1_799, m: 29, e: '2026-11-28T12:29:59.000Z' })
  })

  test('has another reference for each request', () => {
    const draft = { headers: { 'Idempotency-Key': '{reference}' } }
    const keys = [1, 2].map(() => requestOf(draft).headers['Idempotency-Key'])
    expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
    expect(keys[1]).not.toBe(keys[0])
  })
})

describe('an answer', () => {
  const answer = {
    list: '/messages',
    id: '/id',
    code: ['/status', '/error/code'],
    codes: { '0': 'accepted', '1': 'throttled', '7': 'permanent' },
  }

  test('of a message in parts has their ids', () => {
    const messages = [
      { id: 'a', status: '0' },
      { id: 'b', status: 0 },
    ]
    expect(outcomeOf({ answer }, 200, { messages })).toMatchObject({ messageIds: ['a', 'b'] })
  })

  test('says how many parts the gateway has made, one by one or in a number', () => {
    const list = {
      messages: [
        { id: 'a', status: '0' },
        { id: 'b', status: '0' },
      ],
    }
    expect(outcomeOf({ answer }, 200, list)).toEqual({ messageIds: ['a', 'b'], segments: 2 })
    const draft = { answer: { id: '/id', parts: '/recipients/items/0/messagePartCount' } }
    const body = (messagePartCount: unknown) => ({
      id: 'a',
      recipients: { items: [{ messagePartCount }] },
    })
    expect(outcomeOf(draft, 200, body(3))).toEqual({ messageIds: ['a'], segments: 3 })
    expect(outcomeOf(draft, 200, body('2'))).toEqual({ messageIds: ['a'], segments: 2 })
    for (const odd of [0, -1, 1.5, 256, '', 'many', null, [2]]) {
      expect(outcomeOf(draft, 200, body(odd))).toEqual({ messageIds: ['a'] })
    }
  })

  test('that took some parts only is uncertain, for what it took may have left', () => {
    const messages = [{ id: 'a', status: '0' }, { status: '1' }]
    expect(outcomeOf({ answer }, 200, { messages })).toEqual({
      kind: 'uncertain',
      reason: '1',
      messageIds: ['a'],
    })
  })

  test.each([
    ['a code it was told', 200, { messages: [{ status: '7' }] }, 'permanent', '7'],
    ['a code nobody described', 200, { messages: [{ id: 'a', status: '99' }] }, 'uncertain', '99'],
    ['an error in place of the list', 400, { error: { code: '1' } }, 'throttled', '1'],
    ['another error in place of it', 400, { error: { code: 'x' } }, 'elsewhere', 'x'],
    ['no id', 200, { messages: [{}] }, 'uncertain', 'no_message_id'],
    ['a page of somebody else’s', 200, '<html>Sign in</html>', 'uncertain', 'no_message_id'],
    [
      'a word for a member of every object',
      200,
      { messages: [{ status: 'constructor' }] },
      'uncertain',
      'constructor',
    ],
    [
      'a person’s number for a code',
      400,
      { error: { code: '+15550001234' } },
      'elsewhere',
      'http_400',
    ],
    ['a sentence for a code', 400, { error: { code: 'x'.repeat(200) } }, 'elsewhere', 'http_400'],
    ['a way elsewhere', 302, '', 'configuration', 'http_302'],
    ['401', 401, '', 'configuration', 'http_401'],
    ['404', 404, '', 'configuration', 'http_404'],
    ['429', 429, '', 'throttled', 'http_429'],
    ['500', 500, '', 'uncertain', 'http_500'],
    ['502', 502, '', 'uncertain', 'http_502'],
    ['503', 503, '', 'elsewhere', 'http_503'],
  ] as const)('with %s', (_what, status, body, kind, reason) => {
    expect(outcomeOf({ answer }, status, body)).toEqual({ kind, reason, messageIds: [] })
  })

  test('is judged by its status as described, the status before its class', () => {
    const statuses = { '4xx': 'permanent', '409': 'accepted', '503': 'throttled' }
    const draft = { answer: { statuses } }
    expect(outcomeOf(draft, 422, '')).toMatchObject({ kind: 'permanent' })
    expect(outcomeOf(draft, 409, '')).toEqual({ messageIds: [''] })
    expect(outcomeOf(draft, 503, '')).toMatchObject({ kind: 'throttled' })
  })

  test('that gives a word of acceptance and no id is taken', () => {
    expect(outcomeOf({ answer }, 200, { messages: [{ status: '0' }] })).toEqual({
      messageIds: [''],
    })
  })

  test('has long ids digit by digit', () => {
    const body =
      '{"id": 9223372036854775807, "s": "\\"9223372036854775808", "n": 0.12345678901234567}'
    expect(outcomeOf({ answer: { id: '/id' } }, 200, body)).toEqual({
      messageIds: ['9223372036854775807'],
    })
    expect(outcomeOf({ answer: { id: '/s' } }, 200, body)).toEqual({
      messageIds: ['"9223372036854775808'],
    })
  })

  test('is read at names with strokes and tildes', () => {
    const draft = { answer: { id: '/a~1b/m~0n/' } }
    expect(outcomeOf(draft, 200, { 'a/b': { 'm~n': { '': 'x' } } })).toEqual({ messageIds: ['x'] })
  })
})

describe('a webhook', () => {
  const replies = { from: '/from', to: '/to', text: '/text' }
  const hmac = (over: object, secrets: Record<string, string> = { hook: 'key' }) => ({
    secrets,
    webhook: {
      signature: {
        scheme: 'hmac',
        algorithm: 'sha256',
        header: 'X-Sig',
        encoding: 'hex',
        secrets: ['hook'],
        ...over,
      },
      replies,
    },
  })
  const heard = {
    callbacks: [{ is: 'reply', from: '+15550001234', to: '72345', text: '1' }],
  }
  const body = Buffer.from('{"from":"15550001234","to":"72345","text":"1"}')
  const read = (draft: Draft, headers: Record<string, string>, sent = body) =>
    readJsonWebhook(
      configOf(draft),
      { method: 'POST', url: CASE_WEBHOOK, headers, body: sent },
      CASE_NOW,
    )

  test.each([
    ['sha1', 'hex', ''],
    ['sha256', 'base64', 'sha256='],
    ['sha512', 'hex', 'v1,'],
  ] as const)('is signed with HMAC-%s in %s behind %j', async (algorithm, encoding, prefix) => {
    const draft = hmac({ algorithm, encoding, prefix })
    const good = createHmac(algorithm, 'key').update(body).digest(encoding)
    expect(await read(draft, { 'x-sig': prefix + good })).toEqual({
      ...heard,
      answer: { type: 'text/plain', body: '' },
    })
    for (const bad of ['', good.slice(0, -2), `${good}00`, `x${prefix}${good}`]) {
      expect(await read(draft, { 'x-sig': bad })).toBe('bad_signature')
    }
  })

  test('W9: of a former secret is good until that is taken away', async () => {
    const good = createHmac('sha256', 'old').update(body).digest('hex')
    const both = { secrets: ['hook', 'before'] }
    expect(await read(hmac(both, { hook: 'new', before: 'old' }), { 'x-sig': good })).toMatchObject(
      heard,
    )
    expect(await read(hmac(both, { hook: 'new', before: '' }), { 'x-sig': good })).toBe(
      'bad_signature',
    )
  })

  test('signed with nothing is not good where the secret is empty', async () => {
    const good = createHmac('sha256', '').update(body).digest('hex')
    expect(await read(hmac({}, { hook: '' }), { 'x-sig': good })).toBe('bad_signature')
    expect(await read(hmac({}, {}), { 'x-sig': good })).toBe('bad_signature')
  })

  test('with a shared secret in a header', async () => {
    const draft = {
      secrets: { hook: 'Token abc' },
      webhook: { signature: { scheme: 'header', header: 'X-Auth', secrets: ['hook'] }, replies },
    }
    expect(await read(draft, { 'x-auth': 'Token abc' })).toMatchObject(heard)
    for (const bad of ['token abc', 'Token ab', '']) {
      expect(await read(draft, { 'x-auth': bad })).toBe('bad_signature')
    }
  })

  test('W4: with a timestamp in milliseconds, six minutes old or early, or none at all', async () => {
    const draft = hmac({ timestampHeader: 'X-Time', signed: '{timestamp}.{body}' })
    const headers = (at: number | string) => ({
      'x-time': String(at),
      'x-sig': createHmac('sha256', 'key').update(`${at}.`).update(body).digest('hex'),
    })
    expect(await read(draft, headers(CASE_NOW))).toMatchObject(heard)
    expect(await read(draft, headers(CASE_NOW / 1000 - 299))).toMatchObject(heard)
    for (const at of [CASE_NOW / 1000 - 360, CASE_NOW / 1000 + 360, '', 'now', '1e9']) {
      expect(await read(draft, headers(at))).toBe('bad_signature')
    }
  })

  describe('by GET', () => {
    const query = 'from=15550001234&to=72345&text=1&text=2'
    const url = `${CASE_WEBHOOK}?${query}`
    const readGet = (
      signature: object,
      headers: Record<string, string>,
      { at = url, method = 'GET', secrets = { hook: 'key' } } = {},
    ) =>
      readJsonWebhook(
        configOf({ secrets, webhook: { method: 'GET', signature, replies } }),
        { method, url: at, headers, body: Buffer.alloc(0) },
        CASE_NOW,
      )
    const overUrl = {
      scheme: 'hmac',
      algorithm: 'sha256',
      header: 'X-Sig',
      encoding: 'hex',
      signed: '{url}',
      secrets: ['hook'],
    }
    const sigOf = (signed: string) => ({
      'x-sig': createHmac('sha256', 'key').update(signed).digest('hex'),
    })

    test('says in its query what others say in a body; of two of a name the first', async () => {
      expect(await readGet(overUrl, sigOf(url))).toMatchObject(heard)
    })

    test('W1: is not believed with another query, nor by another method', async () => {
      const other = url.replace('text=1', 'text=9')
      expect(await readGet(overUrl, sigOf(url), { at: other })).toBe('bad_signature')
      for (const method of ['POST', 'HEAD', 'PUT']) {
        expect(await readGet(overUrl, sigOf(url), { method })).toBe('bad_signature')
      }
      const posted = { url: CASE_WEBHOOK, headers: sigOf(''), body: Buffer.alloc(0) }
      const draft = hmac({}, { hook: 'key' })
      expect(await readJsonWebhook(configOf(draft), { method: 'GET', ...posted }, CASE_NOW)).toBe(
        'bad_signature',
      )
    })

    test('with a secret in the query, of a gateway that signs nothing', async () => {
      const signature = { scheme: 'parameter', parameter: 'key', secrets: ['hook'] }
      const at = (key: string) => ({ at: `${url}&key=${key}` })
      expect(await readGet(signature, {}, at('key'))).toMatchObject(heard)
      for (const bad of ['', 'kez', 'keyy', 'KEY']) {
        expect(await readGet(signature, {}, at(bad))).toBe('bad_signature')
      }
      expect(await readGet(signature, {})).toBe('bad_signature')
      expect(await readGet(signature, {}, { ...at(''), secrets: { hook: '' } })).toBe(
        'bad_signature',
      )
    })

    test('with a token in a header of its own whose claims hold the URL’s hash', async () => {
      const signature = {
        scheme: 'jwt',
        header: 'X-Token',
        urlHashClaim: 'url_hash',
        secrets: ['hook'],
      }
      const token = (claims: object) => ({
        'x-token': jwtOf({ nbf: CASE_NOW / 1000, url_hash: sha256(url), ...claims }, 'key'),
      })
      expect(await readGet(signature, token({}))).toMatchObject(heard)
      for (const bad of [
        { url_hash: sha256(CASE_WEBHOOK) },
        { url_hash: undefined },
        { nbf: undefined },
        { nbf: CASE_NOW / 1000 - 400 },
        { nbf: CASE_NOW / 1000 + 400 },
        { nbf: CASE_NOW / 1000, iat: CASE_NOW / 1000 - 400 },
      ]) {
        expect(await readGet(signature, token(bad))).toBe('bad_signature')
      }
      const bearer = { authorization: `Bearer ${token({})['x-token']}` }
      expect(await readGet(signature, bearer)).toBe('bad_signature')
    })
  })

  test('that is neither JSON nor a form is malformed, once it is known whose it is', async () => {
    const bad = Buffer.from('{"from":')
    const sig = createHmac('sha256', 'key').update(bad).digest('hex')
    expect(await read(hmac({}), { 'x-sig': sig }, bad)).toBe('unreadable')
    expect(await read(hmac({}), {}, bad)).toBe('bad_signature')
  })

  test.each(['[]', '"x"', 'null', '{"from":["+15550001234"],"text":{}}', '{"text":"1"}'])(
    'that says %s says nothing',
    async text => {
      const odd = Buffer.from(text)
      const sig = createHmac('sha256', 'key').update(odd).digest('hex')
      expect(await read(hmac({}), { 'x-sig': sig }, odd)).toMatchObject({ callbacks: [] })
    },
  )
})

describe('a description', () => {
  test('is told of all its faults, each at its place', () => {
    const faults = faultsOf({
      method: 'GET',
      auth: { scheme: 'bearer', token: '{secret.absent}' },
      headers: { 'X-Key': '{secret.key}', 'X-Text': '{text}' },
      query: { 'a/b': '{nothing}' },
      body: { type: 'json', template: { list: [{ deep: '{to} {secret.empty}' }] } },
      webhook: {
        signature: {
          scheme: 'hmac',
          algorithm: 'sha256',
          header: 'X-Sig',
          encoding: 'hex',
          timestampHeader: 'X-Time',
          signed: '{nonce}{body}{secret.key}',
          secrets: ['empty', 'absent'],
        },
      },
      secrets: { key: 'k', empty: '' },
    })
    expect(faults.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual([
      '/auth/token names what is not there: {secret.absent}',
      '/headers/X-Text names what is not there: {text}',
      '/query/a~1b names what is not there: {nothing}',
      '/body/template/list/0/deep names what is not there: {secret.empty}',
      '/body does not belong to the method GET',
      '/webhook/signature/secrets names no secret that is there',
      '/webhook/signature/signed names what is not there: {nonce}',
      '/webhook/signature/signed names what is not there: {secret.key}',
      '/webhook/signature/signed leaves the timestamp unsigned',
    ])
  })

  test.each([
    [{ scheme: 'jwt', secrets: ['key'] }, 'urlHashClaim is required of webhooks by GET'],
    [
      { scheme: 'jwt', secrets: ['key'], bodyHashClaim: 'payload_hash' },
      'urlHashClaim is required of webhooks by GET',
    ],
    [
      {
        scheme: 'hmac',
        algorithm: 'sha256',
        header: 'X',
        encoding: 'hex',
        secrets: ['key'],
      },
      'signed leaves the query unsigned',
    ],
  ])(
    'whose webhooks by GET are signed as %j leaves what they say to anybody',
    (signature, fault) => {
      const faults = faultsOf({ webhook: { method: 'GET', signature }, secrets: { key: 'k' } })
      expect(faults.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual([
        `/webhook/signature/${fault}`,
      ])
      const posted = { scheme: 'jwt', secrets: ['key'], urlHashClaim: 'url_hash' }
      expect(faultsOf({ webhook: { signature: posted }, secrets: { key: 'k' } })).toEqual([
        {
          pointer: '/webhook/signature/bodyHashClaim',
          detail: 'is required of webhooks by POST',
        },
      ])
    },
  )

  test.each([
    { headers: { Host: 'elsewhere.example' } },
    { headers: { 'transfer-encoding': 'chunked' } },
    { headers: { 'X-A': 'b\r\nX-C: d' } },
    { headers: { 'X A': 'b' } },
    { answer: { id: 'id' } },
    { answer: { id: '/a~2' } },
    { answer: { codes: { '0': 'expired' } } },
    { answer: { statuses: { '2000': 'accepted' } } },
    { probePath: 'https://elsewhere.example/' },
    { probePath: '/a b' },
    { secrets: { 'a.b': 'x' } },
    { secrets: { a: 'x\n' } },
    { method: 'DELETE' },
    { unknown: 1 },
    {
      webhook: {
        signature: { scheme: 'ed25519', publicKey: 'c2hvcnQ=', header: 'X', encoding: 'hex' },
      },
    },
    { webhook: { signature: { scheme: 'none' } } },
  ])('that does not fit is refused: %j', draft => {
    const url = 'https://gateway.example/send'
    expect(newHttpSchema.safeParse({ url, answer: {}, ...draft }).success).toBe(false)
  })
})
