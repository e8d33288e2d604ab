import { expect } from 'vitest'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

const asJson = (text: string) => ({ text, headers: { 'Content-Type': 'application/json' } })

test('JSON that two readers could read differently is malformed', async ({ administrator }) => {
  const bodies = {
    truncated: '{"name":',
    NaN: '{"segmentsPerSecond":NaN}',
    'trailing comma': '{"name":"a",}',
    'byte order mark': '\ufeff{"name":"a"}',
    'a key twice': '{"name":"North","name":"South"}',
    __proto__: '{"__proto__":{"x":1}}',
    'constructor.prototype': '{"constructor":{"prototype":{"x":1}}}',
    '1e400': '{"segmentsPerSecond":1e400}',
    '2^53+1': '{"segmentsPerSecond":9007199254740993}',
    '-0': '{"segmentsPerSecond":-0}',
    'half a surrogate pair': '{"name":"\\ud83d"}',
    'deep nesting': '['.repeat(100_000),
  }
  for (const [name, text] of Object.entries(bodies)) {
    const answer = await administrator.call('POST', '/v1/carriers', asJson(text))
    expect(answer, name).toMatchObject({ status: 400, body: { code: 'malformed_json' } })
    expect(answer.headers.get('Content-Type'), name).toBe('application/problem+json')
  }
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('every fault of a body is named at once, by its pointer, and no value is repeated', async ({
  administrator,
}) => {
  const json = {
    name: '',
    protocol: 'ucp',
    segmentsPerSecond: '500',
    window: 0,
    sourceAddress: 'a name that is far too long',
    routes: [{ prefix: '+1' }, { prefix: 'secret-value' }],
    approved_by: 'me',
  }
  const answer = await administrator.call('POST', '/v1/carriers', { json })

  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  const pointers = answer.body.errors.map((fault: { pointer: string }) => fault.pointer)
  expect(pointers.sort()).toEqual([
    '/approved_by',
    '/name',
    '/protocol',
    '/routes/1/prefix',
    '/segmentsPerSecond',
    '/sourceAddress',
    '/window',
  ])
  expect(JSON.stringify(answer.body)).not.toContain('secret-value')
})

test('names of unknown fields are escaped and cut in pointers', async ({ administrator }) => {
  const json = { 'a/b~c': 1, ['x'.repeat(10_000)]: 1 }
  const answer = await administrator.call('PATCH', '/v1/organisation', { json })
  expect(answer.body.errors).toEqual([
    { pointer: '/a~1b~0c', detail: 'is not a known field', code: 'unknown_field' },
    { pointer: `/${'x'.repeat(64)}`, detail: 'is not a known field', code: 'unknown_field' },
  ])
})

test('U+0000 is refused in any text, by its place', async ({ administrator }) => {
  const text = '{"name":"a\\u0000b","policy":{"helpText":"\\\\u0000 is fine"}}'
  const answer = await administrator.call('PATCH', '/v1/organisation', asJson(text))
  expect(answer).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ pointer: '/name', detail: 'holds U+0000' }] },
  })
})

test('ids that are none are 400, ids of nothing are 404', async ({ administrator }) => {
  for (const id of ['..%2f', '%00', '-1', '9223372036854775808', 'not-an-id']) {
    const answer = await administrator.call('GET', `/v1/carriers/${id}`)
    expect([400, 404], id).toContain(answer.status)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  }
  const nobody = await administrator.call(
    'GET',
    '/v1/operators/018f0000-0000-7000-8000-000000000000',
  )
  expect(nobody).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

test('limits, cursors and filters that no list knows are refused', async ({ administrator }) => {
  const forged = Buffer.from('["a","b"]').toString('base64url')
  for (const query of [
    'limit=1000000000',
    'limit=0',
    'limit=-1',
    'limit=1e3',
    'limit=1&limit=2',
    'cursor=forged',
    `cursor=${forged}`,
    `cursor=${forged}=`,
    'sort=name;drop',
    'name=%22a%22%22%20;%20--',
  ]) {
    const answer = await administrator.call('GET', `/v1/carriers?${query}`)
    expect(answer, query).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  }
})

test('no list breaks on a cursor that somebody has made up', async ({ administrator }) => {
  const lists = (await administrator.call('GET', '/openapi.json')).body.paths as Record<
    string,
    { get?: { parameters?: { name: string }[] } }
  >
  const paged = Object.entries(lists).filter(([, { get }]) =>
    get?.parameters?.some(({ name }) => name === 'cursor'),
  )
  expect(paged.length).toBeGreaterThan(15)
  const id = '018f0000-0000-7000-8000-000000000000'
  const made = ['["a\\u0000"]', `["0000-01-01T00:00:00Z","${id}"]`, '[9007199254740991]', '[-1]']
  for (const [path] of paged) {
    const at = path.replaceAll(/\{[^}]+\}/g, id)
    for (const position of made) {
      const cursor = Buffer.from(position).toString('base64url')
      const { status } = await administrator.call('GET', `${at}?cursor=${cursor}`)
      expect([path, position, status < 500]).toEqual([path, position, true])
    }
  }
})

test('an unknown path is 404, an unknown method 405 with the ones it takes', async ({
  administrator,
}) => {
  expect(await administrator.call('GET', '/v1/nothing')).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
  const answer = await administrator.call('DELETE', '/v1/organisation')
  expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
  expect(answer.headers.get('Allow')).toContain('PATCH')
})

test('answers carry headers that keep browsers from guessing', async ({ edge }) => {
  const { headers } = await edge.call('GET', '/healthz')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
  expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
})
