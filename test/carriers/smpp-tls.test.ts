import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { TlsSettings } from '../../src/carriers/carrier.ts'
import { openCarrier } from '../../src/carriers/open.ts'
import { type RecordedEvents, recordEvents } from '../support/carrier-events.ts'
import { TEXT, configFor, inAnHour } from '../support/smpp-account.ts'
import { type SmscLink, serveLink } from '../support/smsc.ts'

// Each vouches for itself, as an authority of its own: `localhost` and 127.0.0.1 for a century, `stranger` too,
// `expired` for localhost until 2021.
const pathOf = (file: string) => fileURLToPath(new URL(`../data/tls/${file}.pem`, import.meta.url))
const pem = (file: string) => readFileSync(pathOf(file), 'utf8')
const LOCALHOST = pem('localhost.cert')

interface TlsSmsc {
  readonly port: number
  readonly links: SmscLink[]
}

async function startTlsSmsc(options: tls.TlsOptions = {}): Promise<TlsSmsc> {
  const links: SmscLink[] = []
  const usual = { key: pem('localhost.key'), cert: LOCALHOST }
  const server = tls.createServer({ ...usual, ...options }, socket => {
    links.push(serveLink(socket, {}))
  })
  server.on('tlsClientError', () => undefined)
  onTestFinished(() => void server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, links }
}

async function refusalOf({ port, links }: TlsSmsc, settings: true | TlsSettings): Promise<string> {
  const carrier = openCarrier(configFor(port, { tls: settings }))
  const events = recordEvents()
  void carrier.open(events, AbortSignal.timeout(5_000))
  await events.until('refused', () => events.states.length > 0)
  await carrier.close(AbortSignal.timeout(100))
  expect(events.states[0]).toMatchObject({ state: 'unbound' })
  expect(links.flatMap(link => link.received)).toEqual([])
  return events.states[0]!.reason
}

async function sendOver({ port }: TlsSmsc, settings: true | TlsSettings): Promise<RecordedEvents> {
  const carrier = openCarrier(configFor(port, { tls: settings }))
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
  await carrier.open(events, AbortSignal.timeout(5_000))
  carrier.submit({ to: '+15550000001', text: TEXT, expiresAt: inAnHour() }, 1)
  await events.until('taken', () => events.outcomes.length === 1)
  return events
}

test('over TLS a certificate that nobody vouches for is refused before a secret is sent', async () => {
  expect(await refusalOf(await startTlsSmsc(), true)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
})

test('over TLS an authority that is not the one configured vouches for nothing', async () => {
  const reason = await refusalOf(await startTlsSmsc(), { ca: pem('stranger.cert') })
  expect(reason).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
})

test('over TLS a certificate for another name is refused', async () => {
  const reason = await refusalOf(await startTlsSmsc(), {
    ca: LOCALHOST,
    serverName: 'smsc.north.example',
  })
  expect(reason).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
})

test('over TLS an expired certificate is refused', async () => {
  const smsc = await startTlsSmsc({ key: pem('expired.key'), cert: pem('expired.cert') })
  const reason = await refusalOf(smsc, { ca: pem('expired.cert'), serverName: 'localhost' })
  expect(reason).toBe('CERT_HAS_EXPIRED')
})

test('over TLS 1.1 nothing is sent', async () => {
  const smsc = await startTlsSmsc({
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  })
  await refusalOf(smsc, { ca: LOCALHOST })
})

test.each([undefined, 'localhost'])(
  'over TLS to an address whose certificate bears it, or the name %s, texts go out',
  async serverName => {
    const settings = { ca: LOCALHOST, ...(serverName !== undefined && { serverName }) }
    const events = await sendOver(await startTlsSmsc(), settings)
    expect(events.outcomes[0]!.outcome).toEqual({ messageIds: ['m1'] })
  },
)

test('over TLS to a name that its certificate bears, vouched for by the system, texts go out', async () => {
  const { port } = await startTlsSmsc()
  const script = fileURLToPath(new URL('../support/bind-over-tls.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, 'localhost', String(port)],
    {
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: pathOf('localhost.cert'),
        TOCSIN_LOG_LEVEL: 'silent',
      },
    },
  )
  expect(JSON.parse(stdout)).toEqual({ messageIds: ['m1'] })
}, 20_000)

const ASKING = { requestCert: true, rejectUnauthorized: true, ca: pem('stranger.cert') }

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'over %s a message centre that asks who we are is shown our certificate',
  async version => {
    const smsc = await startTlsSmsc({ ...ASKING, minVersion: version, maxVersion: version })
    const events = await sendOver(smsc, {
      ca: LOCALHOST,
      certificate: pem('stranger.cert'),
      key: pem('stranger.key'),
    })
    expect(events.outcomes[0]!.outcome).toEqual({ messageIds: ['m1'] })
    const shown = (smsc.links[0]!.socket as tls.TLSSocket).getPeerCertificate().subject
    expect(shown).toEqual({ CN: 'stranger' })
  },
)

test.each([
  // OpenSSL names the alert otherwise from release to release.
  ['TLSv1.2', 'who shows nothing', {}, /^ERR_SSL_.+_ALERT_HANDSHAKE_FAILURE$/],
  ['TLSv1.3', 'who shows nothing', {}, /^ERR_SSL_.+_ALERT_CERTIFICATE_REQUIRED$/],
  // It looks by itself and hangs up without an alert, as Node does.
  [
    'TLSv1.3',
    'whom it does not know',
    { certificate: LOCALHOST, key: pem('localhost.key') },
    /^closed_by_peer$/,
  ],
] as const)(
  'over %s a message centre that asks who we are refuses one %s',
  async (version, _whom, ours, reason) => {
    const smsc = await startTlsSmsc({ ...ASKING, minVersion: version, maxVersion: version })
    expect(await refusalOf(smsc, { ca: LOCALHOST, ...ours })).toMatch(reason)
  },
)

test('a key that belongs to another certificate opens no carrier, and is not quoted', () => {
  const mixed = { certificate: pem('localhost.cert'), key: pem('stranger.key') }
  expect(() => openCarrier(configFor(1, { tls: mixed }))).toThrow(
    'its TLS certificates or key can not be used: ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  )
})
