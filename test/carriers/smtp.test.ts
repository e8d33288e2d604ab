import { describe, expect, onTestFinished, test } from 'vitest'
import type {
  Carrier,
  CarrierConfig,
  ShortMessage,
  SmtpSettings,
} from '../../src/carriers/carrier.ts'
import { isMailAddress } from '../../src/encoding/mail-address.ts'
import { composeLetter } from '../../src/carriers/smtp/compose.ts'
import { outcomeOf } from '../../src/carriers/smtp/replies.ts'
import { readReturnPath, returnPath } from '../../src/carriers/smtp/return-path.ts'
import { createSmtpCarrier } from '../../src/carriers/smtp/smtp-carrier.ts'
import { encodeText, measureText } from '../../src/encoding/segments.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { type MailServer, type Refusals, startMailServer } from '../support/mail-server.ts'
import { carrierConformance } from './conformance.ts'
import { fc } from '../support/property.ts'

const QUICK = { backoffBaseMs: 20, backoffCapMs: 200, restMs: 50 }
const FROM = 'alerts@county.example'
const TAG = '0123456789abcdef'.repeat(4)

const configFor = (
  port: number,
  { binds = 1, ...smtp }: Partial<SmtpSettings> & { binds?: number } = {},
): CarrierConfig => ({
  id: '0',
  name: 'Post',
  protocol: 'smtp',
  segmentsPerSecond: 1_000,
  window: 1,
  binds,
  sourceAddress: '',
  routes: [],
  smtp: { host: '127.0.0.1', port, security: 'none', from: FROM, answerMs: 5_000, ...smtp },
})

/** The suite writes to phones; here each has a mailbox. */
function withMailboxes(carrier: Carrier): Carrier {
  return {
    name: carrier.name,
    get room() {
      return carrier.room
    },
    get inFlight() {
      return carrier.inFlight
    },
    open: (events, signal) => carrier.open(events, signal),
    submit: (message, ref, segments) =>
      carrier.submit({ ...message, to: `${message.to.slice(1)}@people.example` }, ref, segments),
    release: segments => carrier.release(segments),
    keepBack: () => carrier.keepBack(),
    close: signal => carrier.close(signal),
  }
}

const bodyOf = (raw: string) => raw.slice(raw.indexOf('\r\n\r\n') + 4)
/** RFC 2045 §6.7, of ASCII alone. */
const unquoted = (body: string) => body.replaceAll('=\r\n', '').trimEnd()

carrierConformance(
  'SMTP',
  async () => {
    const server = await startMailServer()
    return {
      config: configFor(server.port, { binds: 10 }),
      takes: 'messages',
      get received() {
        return server.mails.reduce(
          (sum, { raw }) => sum + measureText(unquoted(bodyOf(raw))).segments,
          0,
        )
      },
      until: server.until,
      hold: server.hold,
      resume: server.resume,
      dropLinks: server.dropLinks,
      close: server.close,
    }
  },
  config => withMailboxes(createSmtpCarrier(config, QUICK)),
)

const OURS = new Set<string | undefined>([
  'Auto-Submitted',
  'Content-Language',
  'Content-Transfer-Encoding',
  'Content-Type',
  'Date',
  'From',
  'MIME-Version',
  'Message-ID',
  'Subject',
  'To',
])

const letter = {
  subject: 'Inundación repentina en el valle',
  body: 'Suba a un lugar alto ahora.\n.Un punto al principio.\nNo cruce el río.',
  language: 'es-US',
  tag: TAG,
}
const text = encodeText('Flash flood. Move to higher ground.')
const message = (to: string, more: Partial<ShortMessage> = {}): ShortMessage => ({
  to,
  text,
  expiresAt: Date.now() + 3_600_000,
  letter,
  ...more,
})

async function opened(server: Pick<MailServer, 'port'>, smtp: Partial<SmtpSettings> = {}) {
  const carrier = createSmtpCarrier(configFor(server.port, smtp), QUICK)
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
  await carrier.open(events, AbortSignal.timeout(5_000))
  const send = async (given: ShortMessage) => {
    await events.until('room', () => carrier.room > 0)
    const ref = events.outcomes.length
    carrier.submit(given, ref)
    await events.until('an end', () => events.outcomes.length > ref)
    return events.outcomes[ref]!.outcome
  }
  return { carrier, events, send }
}

async function served(refusals: Refusals = {}, ...options: [] | [object]) {
  const server = await startMailServer(refusals, ...options)
  onTestFinished(() => server.close())
  return server
}

describe('a letter', () => {
  test('goes out as it was written, says that a machine wrote it, and who is to hear of its bounce', async () => {
    const server = await served()
    const { send } = await opened(server, { replyTo: 'duty@county.example' })
    const outcome = await send(message('ana@people.example'))
    const messageId = `<${TAG}@county.example>`
    expect(outcome).toEqual({ messageIds: [messageId] })
    const [mail] = server.mails
    expect(mail).toMatchObject({ from: returnPath(TAG, FROM), to: 'ana@people.example' })
    const head = mail!.raw.slice(0, mail!.raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]/g, ' ')
    const fields = new Map(
      head.split('\r\n').map(line => line.split(/: (.*)/s) as [string, string]),
    )
    expect(fields.get('From')).toBe(FROM)
    expect(fields.get('To')).toBe('ana@people.example')
    expect(fields.get('Reply-To')).toBe('duty@county.example')
    expect(fields.get('Message-ID')).toBe(messageId)
    expect(fields.get('Auto-Submitted')).toBe('auto-generated')
    expect(fields.get('Content-Language')).toBe('es-US')
    expect(fields.get('Content-Type')).toBe('text/plain; charset=utf-8')
    expect(Math.abs(Date.parse(fields.get('Date')!) - Date.now())).toBeLessThan(60_000)
    expect(fields.has('List-Unsubscribe')).toBe(false)
    // RFC 2047 §4: ó is C3 B3 in UTF-8.
    expect(fields.get('Subject')).toMatch(/^=\?UTF-8\?Q\?Inundaci=C3=B3n_repentina_en_el_valle\?=$/)
    const octets = Buffer.from(
      unquoted(bodyOf(mail!.raw)).replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
      'latin1',
    )
    expect(octets.toString().replaceAll('\r\n', '\n')).toBe(letter.body)
  })

  test('has the same Message-ID when it is sent once more', async () => {
    const server = await served()
    const { send } = await opened(server)
    const first = await send(message('ana@people.example'))
    expect(await send(message('ana@people.example'))).toEqual(first)
    expect(server.mails).toHaveLength(2)
    expect(server.connections).toBe(1)
  })

  test('takes no other header and no other command in, whatever it is asked to carry', async () => {
    const server = await served()
    const { send } = await opened(server)
    for (const to of [
      'ana@people.example\r\nRCPT TO:<eve@people.example>',
      'ana@people.example\nBcc: eve@people.example',
      'ana@people.example, eve@people.example',
      'ana@people.example> NOTIFY=NEVER',
      '"Ana" <ana@people.example>',
      'ana@localhost',
      'ana@@people.example',
      'ana.@people.example',
      `${'a'.repeat(65)}@people.example`,
      'añá@people.example',
      '+15550000001',
      '',
    ]) {
      expect([to, await send(message(to))]).toEqual([
        to,
        { kind: 'permanent', reason: 'bad_address', messageIds: [] },
      ])
    }
    for (const subject of ['Flood\r\nBcc: eve@people.example', 'Flood\nX: y', 'Flood\u0000']) {
      const outcome = await send(message('ana@people.example', { letter: { ...letter, subject } }))
      expect(outcome).toMatchObject({ kind: 'permanent', reason: 'bad_subject' })
    }
    expect(server.mails).toEqual([])
    for (const address of ['ana@people.example', "o'neil+alerts@mail.people.example"]) {
      expect(isMailAddress(address)).toBe(true)
    }
  })

  test('whatever text it holds, its head has the lines that we wrote and no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        async (a, body) => {
          const subject = a.replaceAll(/\p{Cc}/gu, ' ')
          const given = message('ana@people.example', { letter: { ...letter, subject, body } })
          const { octets } = await composeLetter({ from: FROM }, given, TAG, new Date())
          const raw = octets.toString('latin1')
          const lines = raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n')
          const names = lines.filter(line => !/^[ \t]/.test(line)).map(line => line.split(':')[0])
          expect(names.filter(name => !OURS.has(name))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a file goes beside the text, octet for octet', async () => {
    const octets = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256))
    const attachment = { name: 'alert.pdf', type: 'application/pdf', octets }
    const given = message('ana@people.example', { letter: { ...letter, attachment } })
    const composed = await composeLetter({ from: FROM }, given, TAG, new Date())
    const raw = composed.octets.toString('latin1')
    const [head, file = ''] = raw.split('Content-Transfer-Encoding: base64')
    expect(head).toContain('Content-Type: application/pdf; name=alert.pdf')
    const encoded = file.slice(file.indexOf('\r\n\r\n'), file.indexOf('\r\n--'))
    expect(Buffer.from(encoded, 'base64')).toEqual(octets)
  })

  test('a text that is no letter has its beginning for a subject', async () => {
    const server = await served()
    const { send } = await opened(server)
    const { letter: _letter, ...plain } = message('ana@people.example')
    await send(plain)
    expect(server.mails[0]?.raw).toContain('Subject: Flash flood. Move to higher ground.\r\n')
  })
})

describe('the return path', () => {
  test('gives back the tag that it was made of, in whatever case it comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), octets => {
        const tag = Buffer.from(octets).toString('hex')
        const address = returnPath(tag, FROM)
        expect(isMailAddress(address)).toBe(true)
        expect(readReturnPath(address)).toBe(tag)
        expect(readReturnPath(address.toUpperCase())).toBe(tag)
      }),
    )
  })

  test('is base32 of RFC 4648', () => {
    // 32 octets of zero are 51 letters of five bits and one of the bit that is left.
    expect(returnPath('00'.repeat(32), FROM)).toBe(`bounce+${'a'.repeat(52)}@county.example`)
    expect(returnPath('ff'.repeat(32), FROM)).toBe(`bounce+${'7'.repeat(51)}q@county.example`)
  })

  test('reads no other address', () => {
    const spelt = returnPath('00'.repeat(32), FROM)
    for (const other of [
      FROM,
      'bounce+@county.example',
      'bounce+aaaa@county.example',
      spelt.replace('bounce+', 'bounces+'),
      // The bits that are left over are nothing.
      spelt.replace('a@', 'b@'),
      spelt.replace('aaaa', 'aa1a'),
    ]) {
      expect([other, readReturnPath(other)]).toEqual([other, undefined])
    }
  })
})

describe('a reply', () => {
  // RFC 5321 §4.2.3, RFC 4954 §6, RFC 3463.
  test.each([
    ['RCPT TO', '550 5.1.1 no such mailbox', 'permanent', 'smtp_550 5.1.1'],
    ['RCPT TO', '553 bad name', 'permanent', 'smtp_553'],
    ['RCPT TO', '450 4.2.1 greylisted', 'elsewhere', 'smtp_450 4.2.1'],
    ['RCPT TO', '451 4.3.0 local error', 'elsewhere', 'smtp_451 4.3.0'],
    ['RCPT TO', '452 4.5.3 too many', 'throttled', 'smtp_452 4.5.3'],
    ['MAIL FROM', '450 4.7.1 too fast', 'throttled', 'smtp_450 4.7.1'],
    ['MAIL FROM', '550 5.7.1 not your address', 'configuration', 'smtp_550 5.7.1'],
    ['MAIL FROM', '530 5.7.0 sign in first', 'configuration', 'smtp_530 5.7.0'],
    ['MAIL FROM', '421 4.3.2 shutting down', 'throttled', 'smtp_421 4.3.2'],
  ])('after %s that says %s is %s', (command, response, kind, reason) => {
    const responseCode = Number(response.slice(0, 3))
    const fault = { code: 'EENVELOPE', command, responseCode, response }
    expect(outcomeOf(fault, false)).toEqual({ kind, reason, messageIds: [] })
  })

  test('to a letter that was read to its end is the final word; a link that is lost then is not', () => {
    const refused = {
      code: 'EMESSAGE',
      command: 'DATA',
      responseCode: 554,
      response: '554 5.7.1 no',
    }
    expect(outcomeOf(refused, true)).toMatchObject({ kind: 'permanent', reason: 'smtp_554 5.7.1' })
    const lost = { code: 'ECONNECTION', command: 'CONN' }
    expect(outcomeOf(lost, true)).toMatchObject({ kind: 'uncertain', reason: 'link_lost' })
    expect(outcomeOf(lost, false)).toMatchObject({ kind: 'elsewhere', reason: 'unbound' })
    const late = { code: 'ETIMEDOUT', command: 'CONN' }
    expect(outcomeOf(late, true)).toMatchObject({ kind: 'uncertain', reason: 'response_timeout' })
    // A server that says goodbye in the midst of a letter may have it.
    const goodbye = { ...lost, responseCode: 421, response: '421 4.3.2 shutting down' }
    expect(outcomeOf(goodbye, true)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a mail server', () => {
  test('that refuses a recipient takes the next one on the same connection; its words stay with it', async () => {
    const server = await served({
      rcptTo: address =>
        address.startsWith('nobody') ? `550 5.1.1 ${address} unknown` : undefined,
      data: ({ to }) => (to.startsWith('full') ? '552 5.2.2 mailbox full' : undefined),
    })
    const { send } = await opened(server)
    const refused = await send(message('nobody@people.example'))
    expect(refused).toEqual({ kind: 'permanent', reason: 'smtp_550 5.1.1', messageIds: [] })
    expect(await send(message('full@people.example'))).toMatchObject({
      kind: 'permanent',
      reason: 'smtp_552 5.2.2',
    })
    expect(await send(message('ana@people.example'))).toHaveProperty('messageIds.length', 1)
    expect(server.connections).toBe(1)
  })

  test('that asks for fewer gets none for a while, and the carrier says so', async () => {
    let busy = true
    const server = await served({ rcptTo: () => (busy ? '452 4.3.1 no room' : undefined) })
    const { carrier, events, send } = await opened(server)
    expect(await send(message('ana@people.example'))).toMatchObject({ kind: 'throttled' })
    expect(events.states.at(-1)).toMatchObject({ state: 'throttled', reason: 'smtp_452 4.3.1' })
    expect(carrier.room).toBe(0)
    busy = false
    expect(await send(message('ana@people.example'))).toHaveProperty('messageIds.length', 1)
    expect(events.states.at(-1)).toMatchObject({ state: 'bound' })
  })

  test('that refuses the password takes nothing; the carrier is unbound and tries again', async () => {
    let password = 'other'
    const server = await served(
      {},
      {
        disabledCommands: ['STARTTLS'],
        allowInsecureAuth: true,
        onAuth: (
          auth: { username?: string; password?: string },
          _session: unknown,
          done: (error: Error | null, answer?: { user: string }) => void,
        ) =>
          auth.password === password
            ? done(null, { user: 'post' })
            : done(new Error('no'), undefined),
      },
    )
    const carrier = createSmtpCarrier(
      configFor(server.port, { user: 'post', password: 'canary-1' }),
      QUICK,
    )
    const events = recordEvents()
    onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
    const opening = carrier.open(events, AbortSignal.timeout(10_000))
    await events.until('refused', () => events.states.length > 1)
    expect(events.states[0]).toMatchObject({ state: 'unbound', reason: 'smtp_535' })
    expect(JSON.stringify(events.states)).not.toContain('canary')
    expect(carrier.room).toBe(0)
    password = 'canary-1'
    await opening
    expect(events.states.at(-1)).toMatchObject({ state: 'bound' })
  })

  test('without STARTTLS gets no password and no letter where STARTTLS is asked for', async () => {
    const server = await served({}, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
    const carrier = createSmtpCarrier(
      configFor(server.port, { security: 'starttls', user: 'post', password: 'canary-1' }),
      QUICK,
    )
    const events = recordEvents()
    onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
    void carrier.open(events, AbortSignal.timeout(5_000))
    await events.until('refused', () => events.states.length > 0)
    expect(events.states[0]).toMatchObject({ state: 'unbound' })
    expect([carrier.room, server.mails.length]).toEqual([0, 0])
  })

  test('whose certificate nobody vouches for gets no letter', async () => {
    const server = await served({}, { secure: true, disabledCommands: ['AUTH'] })
    const carrier = createSmtpCarrier(configFor(server.port, { security: 'tls' }), QUICK)
    const events = recordEvents()
    onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
    void carrier.open(events, AbortSignal.timeout(5_000))
    await events.until('refused', () => events.states.length > 0)
    expect(events.states[0]).toMatchObject({ state: 'unbound' })
  })

  test('that ends a connection which lay idle is called again, and nothing is said of it', async () => {
    const server = await served()
    const { carrier, events, send } = await opened(server)
    await send(message('ana@people.example'))
    server.dropLinks()
    expect(await send(message('ana@people.example'))).toBeDefined()
    expect(await send(message('ana@people.example'))).toHaveProperty('messageIds.length', 1)
    expect(events.states.map(({ state }) => state)).toEqual(['bound'])
    expect(carrier.room).toBe(1)
  })

  test('that is away keeps the carrier unbound until it is back', async () => {
    const gone = await startMailServer()
    await gone.close()
    const carrier = createSmtpCarrier(configFor(gone.port), QUICK)
    const events = recordEvents()
    onTestFinished(() => carrier.close(AbortSignal.timeout(1_000)))
    void carrier.open(events, AbortSignal.timeout(5_000))
    await events.until('three tries', () => events.states.length >= 3)
    expect(events.states.every(({ state }) => state === 'unbound')).toBe(true)
    carrier.submit(message('ana@people.example'), 0)
    await events.until('an end', () => events.outcomes.length === 1)
    expect(events.outcomes[0]?.outcome).toMatchObject({ kind: 'elsewhere', reason: 'unbound' })
  })
})
