import { connect } from 'node:net'
import { once } from 'node:events'
import { expect } from 'vitest'
import { startServer, type RunningServer } from '../../src/http/server.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'

/** What only a real socket shows: framing, repeated headers, chunked and broken bodies. */
const test = edgeTest.extend<{
  $file: { server: RunningServer; administrator: Caller }
}>({
  server: [
    async ({ edge }, use) => {
      const server = await startServer(edge.app.fetch, { host: '127.0.0.1', port: 0 })
      await use(server)
      await server.stop(AbortSignal.abort())
    },
    { scope: 'file' },
  ],
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

interface RawAnswer {
  readonly status: number
  readonly contentType: string | undefined
  readonly code: string | undefined
}

/** Sends octets as they are and reads one answer. */
async function exchange(server: RunningServer, request: string | Buffer): Promise<RawAnswer> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write(request)
  let received = ''
  for await (const chunk of socket) {
    received += String(chunk)
    const [head = '', body = ''] = received.split('\r\n\r\n')
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity)
    if (body.length >= length || received.endsWith('\r\n0\r\n\r\n')) break
  }
  socket.destroy()
  return {
    status: Number(received.slice(9, 12)),
    contentType: /^content-type: (.*)$/im.exec(received)?.[1]?.trim(),
    code: /"code":"(\w+)"/.exec(received)?.[1],
  }
}

const problem = (status: number, code: string): RawAnswer => ({
  status,
  contentType: 'application/problem+json',
  code,
})

const post = (caller: Caller, headers: string, body: string | Buffer = '') =>
  Buffer.concat([
    Buffer.from(
      `POST /v1/operators HTTP/1.1\r\nHost: tocsin\r\nAuthorization: Bearer ${caller.token}\r\n` +
        `${headers}\r\n`,
    ),
    Buffer.from(body),
  ])

test('two Authorization headers are refused, whichever of them is good', async ({
  server,
  administrator,
}) => {
  const good = `Authorization: Bearer ${administrator.token}\r\n`
  const request = (first: string, second: string) =>
    `GET /v1/me HTTP/1.1\r\nHost: tocsin\r\n${first}${second}\r\n`
  expect(await exchange(server, request(good, 'Authorization: Bearer x\r\n'))).toEqual(
    problem(400, 'invalid_request'),
  )
  expect(await exchange(server, request('authorization: Bearer x\r\n', good))).toEqual(
    problem(400, 'invalid_request'),
  )
  expect((await exchange(server, request(good, ''))).status).toBe(200)
})

test('two Host headers are refused', async ({ server, administrator }) => {
  const request =
    `GET /v1/me HTTP/1.1\r\nHost: tocsin\r\nHost: evil\r\n` +
    `Authorization: Bearer ${administrator.token}\r\n\r\n`
  expect((await exchange(server, request)).status).toBe(400)
})

test('requests that are framed two ways, or not at all, are refused as problems', async ({
  server,
}) => {
  const head = 'POST /v1/auth/token HTTP/1.1\r\nHost: tocsin\r\n'
  const hostile = [
    `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: tocsin\r\nX-A: b\r\n folded\r\n\r\n`,
    'not http at all\r\n\r\n',
  ]
  for (const request of hostile) {
    expect(await exchange(server, request), request).toEqual(problem(400, 'invalid_request'))
  }
})

test('headers of 20 KB are refused', async ({ server }) => {
  const request = `GET /healthz HTTP/1.1\r\nHost: tocsin\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`
  expect(await exchange(server, request)).toEqual(problem(431, 'too_large'))
})

test('a body over the limit is refused by its announced length, without being read', async ({
  server,
  administrator,
}) => {
  const headers = `Content-Type: application/json\r\nContent-Length: ${9 * 1024 * 1024}\r\n`
  expect(await exchange(server, post(administrator, headers, '{"a":'))).toEqual(
    problem(413, 'too_large'),
  )
})

test('a chunked body over the limit is cut as soon as it passes it', async ({
  server,
  administrator,
}) => {
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
  const headers = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n'
  // 8 MiB and one chunk more; its end never comes.
  const body = chunk.repeat(129)
  expect(await exchange(server, post(administrator, headers, body))).toEqual(
    problem(413, 'too_large'),
  )
})

test('a small limit holds where no drawn area is sent', async ({ server, administrator }) => {
  const request =
    `PATCH /v1/organisation HTTP/1.1\r\nHost: tocsin\r\nContent-Type: application/json\r\n` +
    `Authorization: Bearer ${administrator.token}\r\nContent-Length: ${1024 * 1024 + 1}\r\n\r\n`
  expect(await exchange(server, request)).toEqual(problem(413, 'too_large'))
})

test('a compressed body, another type or none is refused', async ({ server, administrator }) => {
  const length = 'Content-Length: 2\r\n'
  for (const headers of [
    `${length}Content-Type: application/json\r\nContent-Encoding: gzip\r\n`,
    `${length}Content-Type: text/plain\r\n`,
    `${length}Content-Type: application/json; charset=utf-16\r\n`,
    length,
  ]) {
    expect(await exchange(server, post(administrator, headers, '{}')), headers).toEqual(
      problem(415, 'unsupported_media_type'),
    )
  }
})

test('an override header does not change the method', async ({ server, administrator }) => {
  const request =
    `GET /v1/me HTTP/1.1\r\nHost: tocsin\r\nX-HTTP-Method-Override: DELETE\r\n` +
    `Authorization: Bearer ${administrator.token}\r\n\r\n`
  expect((await exchange(server, request)).status).toBe(200)
})

test('a body that stops arriving is cut after 30 s, and told so rather than that the database is away', async ({
  edge,
  server,
  administrator,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const group = await author.call('POST', '/v1/groups', { json: { name: 'Wardens' } })
  const stalled = (line: string, type: string) =>
    exchange(
      server,
      `${line} HTTP/1.1\r\nHost: tocsin\r\nAuthorization: Bearer ${author.token}\r\n` +
        `Content-Type: ${type}\r\nContent-Length: 1000\r\n\r\n`,
    )
  const answers = await Promise.all([
    stalled('POST /v1/contacts/import', 'text/csv'),
    stalled(`PUT /v1/groups/${group.body.id}/members`, 'application/json'),
    exchange(
      server,
      post(administrator, 'Content-Type: application/json\r\nContent-Length: 9\r\n'),
    ),
  ])
  expect(answers).toEqual(answers.map(() => problem(503, 'timeout')))
}, 60_000)

test('who is refused in the midst of sending hears why, and that the connection ends', async ({
  edge,
  server,
  administrator,
}) => {
  const viewer = await edge.caller({ roles: ['viewer'] })
  const group = await administrator.call('POST', '/v1/groups', { json: { name: 'Runners' } })
  const octets = 9 * 1024 * 1024
  const sent = async (line: string, { token }: Caller, type: string) => {
    const socket = connect(server.port, '127.0.0.1')
    const failures: unknown[] = []
    socket.on('error', error => failures.push(error))
    const head =
      `${line} HTTP/1.1\r\nHost: tocsin\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: ${type}\r\nContent-Length: ${octets}\r\n\r\n`
    // As a client does that writes all before it reads anything.
    socket.pause()
    await new Promise(resolve => socket.write(head, resolve))
    for (let left = octets; left > 0; left -= 65_536) {
      await new Promise(resolve => socket.write(Buffer.alloc(65_536, ' '), resolve))
      // The refusal is out long before the last of it; a slow line takes longer than any half second.
      if (left === octets / 2) await new Promise(resolve => setTimeout(resolve, 1_000))
    }
    let received = ''
    for await (const chunk of socket) received += String(chunk)
    return [
      Number(received.slice(9, 12)),
      /^connection: (.*)$/im.exec(received)?.[1]?.trim(),
      /"code":"(\w+)"/.exec(received)?.[1],
      failures,
    ]
  }
  const csv = 'POST /v1/contacts/import'
  expect(await sent('POST /v1/operators', administrator, 'application/json')).toEqual([
    413,
    'close',
    'too_large',
    [],
  ])
  expect(await sent(csv, viewer, 'text/csv')).toEqual([403, 'close', 'forbidden', []])
  const wrongType = [415, 'close', 'unsupported_media_type', []]
  expect(await sent(csv, administrator, 'text/plain')).toEqual(wrongType)
  const members = `PUT /v1/groups/${group.body.id}/members`
  const refused = [403, 'close', 'forbidden', []]
  expect(await sent(members, viewer, 'application/json')).toEqual(refused)
})

test('a connection whose bodies were read is kept', async ({ server, administrator }) => {
  const socket = connect(server.port, '127.0.0.1')
  const heard: string[] = []
  socket.on('data', chunk => heard.push(String(chunk)))
  const headers = 'Content-Type: application/json\r\nContent-Length: 2\r\n'
  for (const count of [1, 2]) {
    socket.write(post(administrator, headers, '{}'))
    await expect.poll(() => heard.join('').split('HTTP/1.1 400').length - 1).toBe(count)
  }
  expect(heard.join('')).not.toMatch(/connection: close/i)
  socket.destroy()
})
