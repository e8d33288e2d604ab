import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Socket, createServer, isIP } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Origin,
  type OriginOptions,
  NetworkFault,
  type Resolve,
  openOrigin,
} from '../../src/network/origin.ts'
import { type WebPeer, httpAnswer, startWebPeer } from '../support/web-peer.ts'
import { HOSTILE_URLS } from './hostile-urls.ts'

const GET = { method: 'GET', path: '/', headers: {} }
const POST = {
  method: 'POST',
  path: '/messages?x=1',
  headers: { 'content-type': 'application/json' },
  body: '{"to":"somebody"}',
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(thing => thing.close()))
})

async function peerThat(onRequest: (socket: Socket, request: string, peer: WebPeer) => void) {
  const peer = await startWebPeer(onRequest)
  open.push(peer)
  return peer
}

function originAt(url: URL, options: Partial<OriginOptions> = {}, resolve?: Resolve): Origin {
  const origin = openOrigin({ url, connections: 1, allowPrivate: true, ...options }, resolve)
  open.push(origin)
  return origin
}

/** The fault that a send ended with. */
const faultOf = (answer: Promise<unknown>): Promise<NetworkFault> =>
  answer.then(
    () => expect.fail('an answer came'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(NetworkFault)
      return error as NetworkFault
    },
  )

/** A resolver that tells these of every name. */
const addresses =
  (...found: string[]): Resolve =>
  (_host, tell) =>
    tell(
      null,
      found.map(address => ({ address, family: isIP(address) })),
    )

const pemPath = (kind: string) =>
  fileURLToPath(new URL(`../data/tls/localhost.${kind}.pem`, import.meta.url))

/** With a certificate of its own making. */
async function tlsPeer(): Promise<WebPeer> {
  const server = createTlsServer({
    cert: readFileSync(pemPath('cert')),
    key: readFileSync(pemPath('key')),
  })
  const answer = (socket: Socket) => socket.write(httpAnswer('200 OK'))
  const peer = await startWebPeer(answer, server, 'secureConnection')
  open.push(peer)
  return peer
}

const named = (url: URL, host = 'gateway.example') =>
  new URL(`${url.protocol}//${host}:${url.port}`)

describe('an exchange', () => {
  test('sends the request as it is and gives the answer as it came', async () => {
    const peer = await peerThat(socket =>
      socket.write(httpAnswer('201 Created', '{"id":"m1"}', ['X-Id: 7', 'x-two: a', 'x-two: b'])),
    )
    const answer = await originAt(peer.url).send(POST)
    expect(answer.status).toBe(201)
    expect(answer.body.toString()).toBe('{"id":"m1"}')
    expect(answer.headers).toMatchObject({ 'x-id': '7', 'x-two': 'a, b' })
    const [head, body] = peer.requests[0]!.split('\r\n\r\n')
    expect(head).toMatch(/^POST \/messages\?x=1 HTTP\/1\.1\r\n/)
    expect(head).toContain(`host: ${peer.url.host}`)
    expect(head).toContain('content-type: application/json')
    expect(head).not.toMatch(/accept-encoding/i)
    expect(body).toBe(POST.body)
  })

  test('looks past what a server says in between', async () => {
    const peer = await peerThat(socket => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
      socket.write(httpAnswer('200 OK', 'done'))
    })
    const answer = await originAt(peer.url).send(GET)
    expect([answer.status, answer.body.toString()]).toEqual([200, 'done'])
  })

  test('has one request under way on a connection, and no more connections than it may', async () => {
    const waiting: Socket[] = []
    const peer = await peerThat(socket => waiting.push(socket))
    const origin = originAt(peer.url, { connections: 2 })
    const answers = Array.from({ length: 6 }, () => origin.send(POST))
    for (let seen = 2; seen <= 6; seen += 2) {
      await peer.until('two came', () => waiting.length === 2)
      expect(peer.requests.length).toBe(seen)
      for (const socket of waiting.splice(0)) socket.write(httpAnswer('200 OK'))
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect(peer.sockets.length).toBe(2)
  })

  test('W12: does not follow where it is sent on', async () => {
    const peer = await peerThat((socket, _request, { url }) =>
      socket.write(httpAnswer('302 Found', '', [`location: ${url.href}elsewhere`])),
    )
    const answer = await originAt(peer.url).send(GET)
    expect(answer.status).toBe(302)
    expect(peer.requests.length).toBe(1)
  })

  test('of a header that is none is the caller’s fault, and nothing is sent', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    const origin = originAt(peer.url)
    const sent = origin.send({ ...GET, headers: { 'x-a': 'b\r\nx-c: d' } })
    await expect(sent).rejects.not.toBeInstanceOf(NetworkFault)
    expect(peer.requests).toEqual([])
  })
})

describe('a fault says whether the request may have arrived', () => {
  test('no: nobody listens', async () => {
    const peer = await peerThat(() => undefined)
    await peer.close()
    const fault = await faultOf(originAt(peer.url).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['unreachable', false])
    expect(fault.message).toContain('ECONNREFUSED')
  })

  test('no: the name is unknown', async () => {
    const unknown: Resolve = (_host, found) =>
      found(Object.assign(new Error(), { code: 'ENOTFOUND' }), [])
    const origin = originAt(new URL('http://gateway.example'), {}, unknown)
    const fault = await faultOf(origin.send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['unreachable', false])
    expect(fault.message).toContain('ENOTFOUND')
  })

  test('no: the connection takes too long', async () => {
    // It takes the connection and never answers the TLS hello.
    const silent = await startWebPeer(() => undefined, createServer())
    open.push(silent)
    const url = new URL(`https://127.0.0.1:${silent.url.port}`)
    const fault = await faultOf(originAt(url, { connectMs: 50 }).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['timeout', false])
  })

  test('no: it waited for a connection until its time was over, and never leaves after that', async () => {
    const waiting: Socket[] = []
    const peer = await peerThat(socket => waiting.push(socket))
    const origin = originAt(peer.url, { connectMs: 50, answerMs: 1_000 })
    const first = origin.send(POST)
    await peer.until('the first came', () => waiting.length === 1)
    const controller = new AbortController()
    const second = faultOf(origin.send(POST, controller.signal))
    controller.abort()
    const fault = await second
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', false])
    waiting[0]!.write(httpAnswer('200 OK'))
    await first
    const third = origin.send({ ...POST, path: '/third' })
    await peer.until('the third came', () => waiting.length === 2)
    waiting[1]!.write(httpAnswer('200 OK'))
    await third
    expect(peer.requests.map(request => request.split(' ')[1])).toEqual(['/messages?x=1', '/third'])
  })

  test('yes: no answer in time', async () => {
    const peer = await peerThat(() => undefined)
    const fault = await faultOf(originAt(peer.url, { answerMs: 50 }).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['timeout', true])
    await peer.until('hung up', () => peer.sockets.every(socket => socket.destroyed))
  })

  test('yes: the connection breaks before the answer', async () => {
    const peer = await peerThat(socket => socket.destroy())
    const fault = await faultOf(originAt(peer.url).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', true])
    expect(peer.requests.length).toBe(1)
  })

  test('yes: the connection breaks within the answer', async () => {
    const peer = await peerThat(socket => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it')
    })
    const fault = await faultOf(originAt(peer.url).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', true])
  })

  test('yes: the answer is no HTTP', async () => {
    const peer = await peerThat(socket => socket.write('220 mail.example ESMTP\r\n'))
    const fault = await faultOf(originAt(peer.url).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', true])
  })

  test('yes: the caller gives up while it waits', async () => {
    const controller = new AbortController()
    const peer = await peerThat(() => controller.abort())
    const fault = await faultOf(originAt(peer.url).send(POST, controller.signal))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', true])
    const early = await faultOf(originAt(peer.url).send(POST, AbortSignal.abort()))
    expect(early.mayHaveArrived).toBe(false)
  })
})

describe('a connection that lay idle', () => {
  test('and was closed is not written to: the request goes over another, once', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    const origin = originAt(peer.url)
    for (let round = 1; round <= 20; round++) {
      await origin.send(POST)
      // The next request begins in the same turn of the event loop.
      peer.sockets.at(-1)!.end()
    }
    await origin.send(POST)
    expect([peer.requests.length, peer.sockets.length]).toEqual([21, 21])
  })

  test('and is reset before a byte of the request was taken did not get it, and nobody hides that', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    const origin = originAt(peer.url)
    await origin.send(POST)
    peer.sockets[0]!.resetAndDestroy()
    const fault = await faultOf(origin.send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', false])
    expect(peer.requests.length).toBe(1)
    expect((await origin.send(POST)).status).toBe(200)
  })

  test('and was closed by a host that went away is unreachable: no byte was taken', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    const origin = originAt(peer.url)
    await origin.send(POST)
    const closed = peer.close()
    const fault = await faultOf(origin.send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['unreachable', false])
    await closed
  })

  test('and is closed as the request comes in may have taken it: it is not sent again', async () => {
    const peer = await peerThat((socket, _request, { requests }) => {
      if (requests.length === 1) socket.write(httpAnswer('200 OK'))
      else socket.resetAndDestroy()
    })
    const origin = originAt(peer.url)
    await origin.send(POST)
    const fault = await faultOf(origin.send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['connection_lost', true])
    expect([peer.requests.length, peer.sockets.length]).toEqual([2, 1])
  })
})

describe('pitfall 43: a host that somebody configured leads nowhere inside, and holds nothing up', () => {
  test.each(HOSTILE_URLS.filter(url => URL.canParse(url)))(
    'W10: %s is blocked at send',
    async url => {
      const fault = await faultOf(originAt(new URL(url), { allowPrivate: false }).send(GET))
      expect([fault.reason, fault.mayHaveArrived]).toEqual(['refused_address', false])
    },
  )

  test('169.254.169.254 is blocked at send even where private hosts are allowed', async () => {
    const literal = await faultOf(originAt(new URL('http://169.254.169.254/latest/')).send(GET))
    expect([literal.reason, literal.mayHaveArrived]).toEqual(['refused_address', false])
    const resolve = addresses('169.254.169.254')
    const byName = originAt(new URL('http://metadata.google.internal/latest/'), {}, resolve)
    const fault = await faultOf(byName.send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['refused_address', false])
  })

  test('a name that leads inside is blocked, and so is each of its addresses', async () => {
    const resolve = addresses('127.0.0.1', '::ffff:10.0.0.1', 'fd00::1')
    const origin = originAt(new URL('https://gateway.example'), { allowPrivate: false }, resolve)
    const fault = await faultOf(origin.send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['refused_address', false])
  })

  test('W11: a name that resolves otherwise the next time stays where it was judged', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    let asked = 0
    const rebinding: Resolve = (_host, found) => {
      asked += 1
      found(null, [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
    }
    const origin = originAt(named(peer.url), {}, rebinding)
    await origin.send(GET)
    await origin.send(GET)
    // One question for one connection: between judging and connecting there is no second.
    expect([asked, peer.sockets.length, peer.requests.length]).toEqual([1, 1, 2])
    peer.sockets[0]!.end()
    const fault = await faultOf(origin.send(GET))
    expect([fault.reason, asked]).toEqual(['refused_address', 2])
  })

  test('of several addresses only those outside are tried', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
    const resolve = addresses('169.254.169.254', '127.0.0.1')
    const answer = await originAt(named(peer.url), { connectMs: 500 }, resolve).send(GET)
    expect(answer.status).toBe(200)
  })

  test('a server that sends one octet a second is cut', async () => {
    // Scaled down: an octet each 10 ms, 300 ms for the whole. Each octet alone is quick.
    let sent = 0
    const peer = await peerThat(socket => {
      const header = 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'
      const drip = setInterval(() => socket.write(header[sent++] ?? 'x'), 10)
      socket.on('close', () => clearInterval(drip))
    })
    const fault = await faultOf(originAt(peer.url, { answerMs: 300 }).send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['timeout', true])
    await peer.until('hung up', () => peer.sockets.every(socket => socket.destroyed))
    expect(sent).toBeGreaterThan(5)
  })

  test('a body that drips is cut by the same deadline as its header', async () => {
    const peer = await peerThat(socket => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 10)
      socket.on('close', () => clearInterval(drip))
    })
    const fault = await faultOf(originAt(peer.url, { answerMs: 200 }).send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['timeout', true])
  })

  test.each([
    ['says its length', 'content-length: 1000000000\r\n\r\n', () => 'x'.repeat(10_000)],
    ['never ends', 'transfer-encoding: chunked\r\n\r\n', () => `2710\r\n${'x'.repeat(10_000)}\r\n`],
    ['ends with the connection', 'connection: close\r\n\r\n', () => 'x'.repeat(10_000)],
  ])('W13: a body beyond the limit that %s is cut', async (_how, header, chunk) => {
    const peer = await peerThat(socket => {
      socket.write(`HTTP/1.1 200 OK\r\n${header}`)
      const flood = setInterval(() => socket.write(chunk()), 1)
      socket.on('close', () => clearInterval(flood))
    })
    const fault = await faultOf(originAt(peer.url).send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['answer_too_large', true])
    await peer.until('hung up', () => peer.sockets.every(socket => socket.destroyed))
  })

  test('W13: 100 KB of headers are cut', async () => {
    const peer = await peerThat(socket =>
      socket.write(httpAnswer('200 OK', '', [`x-long: ${'x'.repeat(100_000)}`])),
    )
    const fault = await faultOf(originAt(peer.url).send(GET))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['answer_too_large', true])
  })

  test('W13: a compressed answer is not unpacked', async () => {
    const peer = await peerThat(socket =>
      socket.write(httpAnswer('200 OK', 'packed', ['content-encoding: gzip'])),
    )
    expect((await originAt(peer.url).send(GET)).body.toString()).toBe('packed')
  })

  test('a body of the limit passes', async () => {
    const peer = await peerThat(socket => socket.write(httpAnswer('200 OK', 'x'.repeat(65_536))))
    expect((await originAt(peer.url).send(GET)).body.length).toBe(65_536)
  })

  test('W14: a certificate that nobody vouches for is a fault, and nothing is sent in the clear', async () => {
    const peer = await tlsPeer()
    const fault = await faultOf(originAt(peer.url).send(POST))
    expect([fault.reason, fault.mayHaveArrived]).toEqual(['unreachable', false])
    expect(peer.requests).toEqual([])
  })

  test('W14: one that is vouched for is good for its own name alone', async () => {
    const peer = await tlsPeer()
    const origins = new URL('../../src/network/origin.ts', import.meta.url).href
    // Whom Node trusts is settled when it starts.
    const script = `
      import { openOrigin } from ${JSON.stringify(origins)}
      const resolve = (host, found) => found(null, [{ address: '127.0.0.1', family: 4 }])
      for (const host of ['localhost', 'gateway.example']) {
        const url = new URL('https://' + host + ':${peer.url.port}')
        const origin = openOrigin({ url, connections: 1, allowPrivate: true }, resolve)
        const send = origin.send({ method: 'GET', path: '/', headers: {} })
        console.log(await send.then(answer => answer.status, fault => fault.message))
        await origin.close()
      }`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: pemPath('cert') } },
    )
    expect(stdout.trim().split('\n')).toEqual(['200', 'unreachable: ERR_TLS_CERT_ALTNAME_INVALID'])
  })
})

test('closing waits for the answer that is due', async () => {
  const waiting: Socket[] = []
  const peer = await peerThat(socket => waiting.push(socket))
  const origin = originAt(peer.url)
  const answer = origin.send(POST)
  await peer.until('it came', () => waiting.length === 1)
  const closed = Promise.all([origin.close(), origin.close()])
  waiting[0]!.write(httpAnswer('200 OK'))
  expect((await answer).status).toBe(200)
  await closed
  await peer.until('hung up', () => peer.sockets.every(socket => socket.destroyed))
  const fault = await faultOf(origin.send(POST))
  expect([fault.reason, fault.mayHaveArrived]).toEqual(['unreachable', false])
})

test('nothing is written once its time is over, however long the connection took', async () => {
  const peer = await peerThat(socket => socket.write(httpAnswer('200 OK')))
  const slow: Resolve = (_host, tell) => {
    setTimeout(() => tell(null, [{ address: '127.0.0.1', family: 4 }]), 200)
  }
  const origin = originAt(named(peer.url), {}, slow)
  const fault = await faultOf(origin.send({ ...POST, notAfter: Date.now() + 100 }))
  expect([fault.reason, fault.mayHaveArrived]).toEqual(['too_late', false])
  expect(await origin.send({ ...POST, notAfter: Date.now() + 60_000 })).toMatchObject({
    status: 200,
  })
  expect(peer.requests.length).toBe(1)
})
