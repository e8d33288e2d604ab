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
