import {
  createPrivateKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type JsonWebKey,
} from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { parse } from 'csv-parse/sync'
import smpp, { type PDU, type Session } from 'smpp'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startTocsin, until } from '../../scripts/rehearsal.ts'
import { generateMasterKey } from '../../src/signing/seal.ts'
import { test } from '../support/database.ts'

/**
 * The whole way by a script that knows API.md and nothing of ours: it speaks HTTP, signs with Node's own
 * crypto, and the carrier's end is the `smpp` package's.
 */

const ADMINISTRATOR = { email: 'first@county.example', password: 'the first administrator' }
const ENGLISH = 'FLASH FLOOD in the valley. Move to high ground now. Reply 1 SAFE, 2 NEED HELP.'
const SPANISH = 'INUNDACION en el valle. Suba a un lugar alto. Responda 1 BIEN, 2 AYUDA.'

// ---- what API.md says of each body

const id = z.uuidv7()
const time = z.iso.datetime({ offset: true })
const count = z.int().min(0)
const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})
const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
const operator = z.object({
  id,
  email: z.string(),
  name: z.string(),
  roles: z.array(z.enum(['author', 'approver', 'viewer', 'auditor', 'administrator'])),
})
const tokens = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().max(15 * 60),
  refreshToken: z.string(),
  operator,
})
const carrier = z.object({
  id,
  name: z.string(),
  protocol: z.literal('smpp'),
  segmentsPerSecond: z.int(),
  window: z.int(),
  binds: z.int(),
  sourceAddress: z.string(),
  smpp: z.object({
    host: z.string(),
    port: z.int(),
    systemId: z.string(),
    bindType: z.literal('transceiver'),
    tls: z.boolean(),
    password: z.never().optional(),
  }),
  routes: z.array(z.object({ prefix: z.string(), weight: z.number() })),
  enabled: z.boolean(),
  state: z.enum(['bound', 'throttled', 'unbound', 'disabled']),
  perSecond: z.number(),
  inFlight: count,
  lastError: z.string().nullable(),
})
const group = z.object({ id, name: z.string(), members: count })
const importState = z.object({
  state: z.enum(['running', 'completed', 'failed']),
  read: count,
  accepted: count,
  created: count,
  updated: count,
  removed: count,
  rejected: count,
  startedAt: time,
  finishedAt: time.nullable(),
})
const contact = z.object({
  id,
  phone: z.string(),
  name: z.string().nullable(),
  language: z.string().nullable(),
  locations: z.array(z.object({ longitude: z.number(), latitude: z.number() })),
  groups: z.array(z.string()),
  externalId: z.string().nullable(),
})
const alertState = z.enum([
  'draft',
  'submitted',
  'approved',
  'rejected',
  'sending',
  'paused',
  'sent',
  'stopped',
  'expired',
])
const alert = z.object({
  id,
  state: alertState,
  status: z.enum(['Actual', 'Exercise', 'System', 'Test']),
  msgType: z.string(),
  scope: z.string(),
  info: z.array(z.object({ language: z.string(), event: z.string(), sms: z.string() })),
  delivery: z.enum(['at-least-once', 'at-most-once']),
  maxRecipients: z.int(),
  signatures: z.array(
    z.object({
      role: z.enum(['author', 'approver']),
      operatorId: id,
      kid: z.string(),
      jws: z.string(),
      at: time,
    }),
  ),
  history: z.array(z.object({ at: time })),
})
const estimate = z.object({
  recipients: count,
  ifActual: count,
  optedOut: count,
  byLanguage: z.array(z.object({ language: z.string().nullable(), recipients: count })),
  byCarrier: z.array(z.object({ carrierId: id, name: z.string(), recipients: count })),
  byArea: z.array(z.object({ areaDesc: z.string(), recipients: count })),
  byGroup: z.array(z.object({ groupId: id, name: z.string(), recipients: count })),
  segments: count,
  seconds: z.number(),
})
const moved = z.object({ state: alertState, left: count })
const progressBody = z.object({
  state: alertState,
  recipients: count,
  queued: count,
  submitted: count,
  delivered: count,
  failed: count,
  expired: count,
  cancelled: count,
  unknown: count,
  possibleDuplicates: count,
  segmentsSubmitted: count,
  byCarrier: z.array(
    z.object({
      carrierId: id,
      name: z.string(),
      submitted: count,
      delivered: count,
      failed: count,
      perSecond: z.number(),
      state: z.string(),
    }),
  ),
  alarms: z.array(z.object({ code: z.string(), detail: z.string(), since: time })),
  firstSubmittedAt: time.nullable(),
  lastSubmittedAt: time.nullable(),
  perSecond: z.number(),
  etaSeconds: z.number().nullable(),
})
const replied = {
  recipients: count,
  replied: count,
  byOption: z.array(z.object({ code: z.string(), label: z.string(), count })),
}
const tallyBody = z.object({
  ...replied,
  other: count,
  optedOut: count,
  noReply: count,
  byArea: z.array(z.object({ areaDesc: z.string(), ...replied })),
  byGroup: z.array(z.object({ groupId: id, name: z.string(), ...replied })),
  updatedAt: time,
})
const delivery = z.object({
  seq: z.int().min(1),
  phone: z.string(),
  contactId: id,
  state: z.enum(['queued', 'submitted', 'unknown', 'failed', 'delivered', 'expired', 'cancelled']),
  reason: z.string().nullable(),
  carrierId: id.nullable(),
  segments: z.int().min(1),
  attempts: count,
  possibleDuplicate: z.boolean(),
  submittedAt: time.nullable(),
  finalAt: time.nullable(),
  reply: z.string().nullable(),
  repliedAt: time.nullable(),
})
const reply = z.object({
  id,
  phone: z.string(),
  receivedAt: time,
  text: z.string(),
  option: z.string().nullable(),
  kind: z.enum(['option', 'optOut', 'optIn', 'help', 'other']),
  carrierId: id,
})

// ---- the carrier's end

/** What the people behind these numbers say when they read of the flood; the others keep silent. */
const SAYINGS: Readonly<Record<string, readonly string[]>> = {
  '15550000001': ['1'],
  '15550000002': ['Safe!'],
  '15550000003': ['2'],
  '15550000004': ['On my way'],
  '15550000005': ['STOP'],
  '15550000006': ['help'],
  '15550000008': ['1', '2'],
  '15550000011': ['1'],
}
const UNREACHABLE = '15550000007'

interface ForeignCentre {
  readonly port: number
  /** What each phone has read, in order. */
  readonly read: ReadonlyMap<string, readonly string[]>
}

async function startForeignCentre(): Promise<ForeignCentre> {
  const read = new Map<string, string[]>()
  const sessions = new Set<Session>()
  let ids = 0
  const take = (session: Session, pdu: PDU) => {
    const phone = pdu.destination_addr ?? ''
    const text = String(pdu.short_message?.message)
    const messageId = `foreign-${++ids}`
    session.send(pdu.response({ message_id: messageId }))
    read.set(phone, [...(read.get(phone) ?? []), text])
    const back = {
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: phone,
      destination_addr: pdu.source_addr,
    }
    const stat = phone === UNREACHABLE ? 'UNDELIV err:001' : 'DELIVRD err:000'
    const receipt = `id:${messageId} sub:001 dlvrd:001 stat:${stat} text:`
    session.deliver_sm({ ...back, esm_class: 4, short_message: receipt })
    if (!text.startsWith('FLASH') && !text.startsWith('INUNDACION')) return
    // A second thought comes after the first was heard.
    const say = ([first, ...rest]: readonly string[]) => {
      if (first !== undefined) {
        session.deliver_sm({ ...back, short_message: first }, () => say(rest))
      }
    }
    say(SAYINGS[phone] ?? [])
  }
  const server = smpp.createServer(session => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('bind_transceiver', (pdu: PDU) => session.send(pdu.response()))
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()))
    session.on('unbind', (pdu: PDU) => session.send(pdu.response()))
    session.on('submit_sm', (pdu: PDU) => take(session, pdu))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, read }
}

// ---- the caller's end

interface Sent {
  readonly json?: unknown
  readonly csv?: string
  readonly accept?: string
  readonly idempotencyKey?: string
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, held against its shape. */
  as<Shape extends z.ZodType>(shape: Shape): z.output<Shape>
}

type Call = (method: string, path: string, sent?: Sent) => Promise<Answer>

function caller(url: string, token?: string): Call {
  return async (method, path, { json, csv, accept, idempotencyKey } = {}) => {
    const body = csv ?? (json === undefined ? undefined : JSON.stringify(json))
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && {
          'Content-Type': csv === undefined ? 'application/json' : 'text/csv',
        }),
        ...(accept !== undefined && { Accept: accept }),
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
      },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      as: shape => shape.parse(JSON.parse(text)),
    }
    if (response.status >= 400) {
      expect(response.headers.get('Content-Type')).toMatch(/^application\/problem\+json/)
      expect(answer.as(problem).status).toBe(response.status)
    }
    return answer
  }
}

/** RFC 7515 appendix F: the compact form without its payload. */
function detachedJws(key: JsonWebKey, kid: string, role: string, content: string): string {
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  const header = encoded(JSON.stringify({ alg: 'EdDSA', kid, typ: 'alert+jws', role }))
  const input = Buffer.from(`${header}.${encoded(content)}`)
  const signature = sign(null, input, createPrivateKey({ key, format: 'jwk' }))
  return `${header}..${signature.toString('base64url')}`
}

interface Signer {
  readonly id: string
  readonly token: string
  readonly call: Call
  sign(content: string): string
}

async function enrol(
  url: string,
  administrator: Call,
  role: 'author' | 'approver',
): Promise<Signer> {
  const email = `${role}@county.example`
  const password = `the ${role} of the county`
  const made = await administrator('POST', '/v1/operators', {
    json: { email, name: `The ${role}`, password, roles: [role] },
  })
  expect(made.status).toBe(201)
  expect(made.headers.get('ETag')).toBeTruthy()
  const signedIn = await caller(url)('POST', '/v1/auth/token', {
    json: { grantType: 'password', email, password },
  })
  expect(signedIn.status).toBe(200)
  const { accessToken } = signedIn.as(tokens)
  const call = caller(url, accessToken)
  expect((await call('GET', '/v1/me')).as(operator)).toMatchObject({ email, roles: [role] })

  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const enrolled = await call('POST', '/v1/me/keys', {
    json: { jwk: publicKey.export({ format: 'jwk' }), label: 'phone' },
  })
  expect(enrolled.status).toBe(201)
  const { kid } = enrolled.as(z.object({ kid: z.string().length(43) }))
  const { items } = (await call('GET', '/v1/me/keys')).as(page(z.object({ kid: z.string() })))
  expect(items.map(key => key.kid)).toEqual([kid])
  const jwk = privateKey.export({ format: 'jwk' })
  return {
    id: made.as(operator).id,
    token: accessToken,
    call,
    sign: content => detachedJws(jwk, kid, role, content),
  }
}

const PEOPLE = [
  'phone,name,language,longitude,latitude,groups',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(
    n => `+1 555 000 000${n},Person ${n},${n % 3 === 0 ? 'es-MX' : 'en-US'},-96.${n},30.5,`,
  ),
  // Outside; the second of them is a warden all the same.
  '+15550000010,Far away,en-US,-90,40,',
  '+15550000011,Warden,en-US,-90,40,Wardens',
  '911,Nobody,en-US,-96.5,30.5,',
].join('\n')

const VALLEY = {
  type: 'Polygon',
  coordinates: [
    [
      [-97, 30],
      [-96, 30],
      [-96, 31],
      [-97, 31],
      [-97, 30],
    ],
  ],
}

function floodIn(groups: readonly string[]) {
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    expires: new Date(Date.now() + 3_600_000).toISOString(),
  }
  return {
    status: 'Actual',
    msgType: 'Alert',
    scope: 'Public',
    info: [
      {
        ...block,
        language: 'en-US',
        headline: 'Flood',
        sms: ENGLISH,
        area: [{ areaDesc: 'The valley', polygon: [VALLEY] }],
      },
      { ...block, language: 'es', headline: 'Inundación', sms: SPANISH },
    ],
    audience: { groups, excludeGroups: [] },
    replies: {
      options: [
        { code: '1', label: 'Safe', words: ['safe', 'ok'] },
        { code: '2', label: 'Need help', words: ['help me'], urgent: true },
      ],
    },
    delivery: 'at-least-once',
  }
}

/** Reads the stream until its latest progress and tally are as wanted. */
async function follow(
  url: string,
  token: string,
  isEnough: (progress: z.output<typeof progressBody>, tally: z.output<typeof tallyBody>) => boolean,
): Promise<Set<string>> {
  const response = await fetch(url, {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(45_000),
  })
  expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/)
  const kinds = new Set<string>()
  let [progress, tally]: [z.output<typeof progressBody>?, z.output<typeof tallyBody>?] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const fields = new Map(
        frame
          .split('\n')
          .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const event = fields.get('event')
      if (event === undefined) continue
      expect(fields.get('id')).toBeTruthy()
      kinds.add(event)
      const data: unknown = JSON.parse(fields.get('data') ?? '')
      z.object({ alertId: id }).parse(data)
      if (event === 'snapshot') {
        ;({ progress, tally } = z.object({ progress: progressBody, tally: tallyBody }).parse(data))
      } else if (event === 'progress') progress = progressBody.parse(data)
      else tally = tallyBody.parse(data)
      if (progress !== undefined && tally !== undefined && isEnough(progress, tally)) return kinds
    }
  }
  throw new Error('the stream ended early')
}

test(
  'a script that knows API.md alone sends an alert and counts the replies',
  {
    timeout: 90_000,
  },
  async ({ databaseUrl }) => {
    const centre = await startForeignCentre()
    const tocsin = await startTocsin({
      DATABASE_URL: databaseUrl,
      TOCSIN_ROLE: 'all',
      TOCSIN_MASTER_KEY: generateMasterKey(),
      TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
      TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
    })
    onTestFinished(() => tocsin.stop())
    const { url } = tocsin

    const stranger = caller(url)
    expect((await stranger('GET', '/healthz')).status).toBe(200)
    expect((await stranger('GET', '/readyz')).status).toBe(200)
    const jwks = (await stranger('GET', '/.well-known/jwks.json')).as(
      z.object({ keys: z.array(z.object({ kid: z.string(), x: z.string() })).min(1) }),
    )
    expect(jwks.keys[0]).not.toHaveProperty('d')
    expect((await stranger('GET', '/v1/alerts')).status).toBe(401)
    const wrong = await stranger('POST', '/v1/auth/token', {
      json: { grantType: 'password', email: ADMINISTRATOR.email, password: 'not the password' },
    })
    expect([wrong.status, wrong.as(problem).code]).toEqual([401, 'invalid_credentials'])
    const signedIn = await stranger('POST', '/v1/auth/token', {
      json: { grantType: 'password', ...ADMINISTRATOR },
    })
    const administrator = caller(url, signedIn.as(tokens).accessToken)
    const author = await enrol(url, administrator, 'author')
    const approver = await enrol(url, administrator, 'approver')

    // The carrier.
    const north = await administrator('POST', '/v1/carriers', {
      json: {
        name: 'North',
        protocol: 'smpp',
        segmentsPerSecond: 100,
        window: 10,
        binds: 1,
        sourceAddress: '72345',
        smpp: {
          host: '127.0.0.1',
          port: centre.port,
          systemId: 'north',
          password: 'secret',
          bindType: 'transceiver',
          tls: false,
        },
        routes: [{ prefix: '+1', weight: 1 }],
        enabled: true,
      },
    })
    expect(north.status).toBe(201)
    const { id: carrierId } = north.as(carrier)
    await until(
      async () => (await administrator('GET', '/v1/carriers')).as(page(carrier)).items,
      items => items[0]?.state === 'bound',
      'the carrier is bound',
    )

    // The people.
    const wardens = await author.call('POST', '/v1/groups', {
      json: { name: 'Wardens', description: 'They knock on doors.' },
    })
    expect(wardens.status).toBe(201)
    const below = await author.call('POST', '/v1/groups', {
      json: {
        name: 'Below the dam',
        area: { areaDesc: 'Below the dam', circle: [{ center: [-96.1, 30.5], radiusKm: 5 }] },
      },
    })
    expect(below.status).toBe(201)
    const started = await author.call('POST', '/v1/contacts/import', { csv: PEOPLE })
    expect(started.status).toBe(202)
    const { id: importId } = started.as(z.object({ id }))
    const imported = await until(
      async () => (await author.call('GET', `/v1/imports/${importId}`)).as(importState),
      ({ state }) => state !== 'running',
      'the import has ended',
    )
    expect(imported).toMatchObject({
      state: 'completed',
      read: 12,
      accepted: 11,
      created: 11,
      updated: 0,
      removed: 0,
      rejected: 1,
    })
    const rejects = await author.call('GET', `/v1/imports/${importId}/rejects`)
    expect(rejects.text.split(/\r?\n/)[0]).toBe('line,column,reason,value')
    expect(rejects.text.split(/\r?\n/)[1]).toMatch(/^13,phone,/)
    const contacts = (await author.call('GET', '/v1/contacts?limit=5')).as(page(contact))
    expect(contacts.items).toHaveLength(5)
    expect(contacts.nextCursor).not.toBeNull()
    const groups = (await author.call('GET', '/v1/groups')).as(page(group)).items
    expect(Object.fromEntries(groups.map(({ name, members }) => [name, members]))).toEqual({
      Wardens: 1,
      'Below the dam': 1,
    })

    // The alert.
    const composed = await author.call('POST', '/v1/alerts', {
      json: floodIn([wardens.as(group).id]),
    })
    expect([composed.status, composed.as(alert).state]).toEqual([201, 'draft'])
    expect(composed.headers.get('ETag')).toBeTruthy()
    const alertId = composed.as(alert).id
    const path = `/v1/alerts/${alertId}`
    expect((await approver.call('GET', `${path}/estimate`)).as(estimate)).toMatchObject({
      recipients: 10,
      ifActual: 10,
      optedOut: 0,
      byCarrier: [{ carrierId, name: 'North', recipients: 10 }],
      byArea: [{ areaDesc: 'The valley', recipients: 9 }],
      byGroup: [{ name: 'Wardens', recipients: 1 }],
      segments: 10,
    })
    const content = await author.call('GET', `${path}/content`)
    expect(content.headers.get('Content-Type')).toBe('application/json')
    const submitted = await author.call('POST', `${path}/submit`, {
      json: { signature: author.sign(content.text) },
    })
    expect([submitted.status, submitted.as(alert).state]).toEqual([200, 'submitted'])
    const approve = { json: { signature: approver.sign(content.text) } }
    expect((await author.call('POST', `${path}/approve`, approve)).status).toBe(403)
    expect((await approver.call('GET', `${path}/content`)).text).toBe(content.text)
    const approved = await approver.call('POST', `${path}/approve`, approve)
    expect([approved.status, approved.as(alert).state]).toEqual([200, 'approved'])
    expect(approved.as(alert).signatures.map(({ role, operatorId }) => [role, operatorId])).toEqual(
      [
        ['author', author.id],
        ['approver', approver.id],
      ],
    )

    const withoutKey = await approver.call('POST', `${path}/dispatch`, { json: {} })
    expect([withoutKey.status, withoutKey.as(problem).code]).toEqual([
      400,
      'idempotency_key_required',
    ])
    const idempotencyKey = randomUUID()
    const dispatched = await approver.call('POST', `${path}/dispatch`, { json: {}, idempotencyKey })
    expect([dispatched.status, dispatched.as(moved)]).toEqual([202, { state: 'sending', left: 0 }])
    const once = await approver.call('POST', `${path}/dispatch`, { json: {}, idempotencyKey })
    expect([once.status, once.text]).toEqual([dispatched.status, dispatched.text])

    // While it is sent, and afterwards.
    const kinds = await follow(
      `${url}${path}/stream`,
      approver.token,
      ({ state, delivered, failed }, { replied: answered, byOption, optedOut }) =>
        state === 'sent' &&
        delivered + failed === 10 &&
        answered === 7 &&
        byOption[1]?.count === 3 &&
        optedOut === 1,
    )
    expect(kinds).toEqual(new Set(['snapshot', 'progress', 'tally']))
    await until(
      () => Promise.resolve([centre.read.get('15550000005'), centre.read.get('15550000006')]),
      read => read.every(texts => texts?.length === 2),
      'STOP and HELP were answered',
    )
    expect(centre.read.has('15550000010')).toBe(false)
    expect(centre.read.size).toBe(10)
    for (const [phone, [first]] of centre.read) {
      expect(first).toBe(/[369]$/.test(phone) ? SPANISH : ENGLISH)
    }

    expect((await approver.call('GET', `${path}/progress`)).as(progressBody)).toMatchObject({
      state: 'sent',
      recipients: 10,
      queued: 0,
      submitted: 0,
      delivered: 9,
      failed: 1,
      expired: 0,
      cancelled: 0,
      unknown: 0,
      possibleDuplicates: 0,
      segmentsSubmitted: 10,
      byCarrier: [{ carrierId, name: 'North', submitted: 0, delivered: 9, failed: 1 }],
      alarms: [],
      etaSeconds: 0,
    })
    const options = (safe: number, help: number) => [
      { code: '1', label: 'Safe', count: safe },
      { code: '2', label: 'Need help', count: help },
    ]
    expect((await approver.call('GET', `${path}/tally`)).as(tallyBody)).toMatchObject({
      recipients: 10,
      replied: 7,
      // HELP is answered, and counts as the option that offers it.
      byOption: options(3, 3),
      other: 1,
      optedOut: 1,
      noReply: 3,
      byArea: [{ areaDesc: 'The valley', recipients: 9, replied: 6, byOption: options(2, 3) }],
      byGroup: [{ name: 'Wardens', recipients: 1, replied: 1, byOption: options(1, 0) }],
    })
    const deliveries = (await author.call('GET', `${path}/deliveries?limit=6`)).as(page(delivery))
    const rest = (
      await author.call('GET', `${path}/deliveries?limit=6&cursor=${deliveries.nextCursor}`)
    ).as(page(delivery))
    expect(rest.nextCursor).toBeNull()
    const all = [...deliveries.items, ...rest.items]
    expect(all.map(({ phone }) => phone.slice(1)).toSorted()).toEqual(
      [...centre.read.keys()].toSorted(),
    )
    const ofPhone = (last: number) => all.find(({ phone }) => phone.endsWith(`00${last}`))
    expect(ofPhone(8)).toMatchObject({ state: 'delivered', reply: '2', attempts: 1, carrierId })
    expect(ofPhone(4)).toMatchObject({ reply: 'other' })
    expect(ofPhone(9)).toMatchObject({ reply: null, repliedAt: null })
    const failed = (await author.call('GET', `${path}/deliveries?state=failed`)).as(page(delivery))
    expect(failed.items).toMatchObject([{ phone: `+${UNREACHABLE}`, reason: 'UNDELIV 001' }])
    // Viewers of a delivery who neither write nor administer see the last three digits.
    const seen = (await approver.call('GET', `${path}/deliveries?state=failed`)).as(page(delivery))
    expect(seen.items[0]?.phone).toMatch(/^\D*007$/)
    const replies = (await author.call('GET', `${path}/replies`)).as(page(reply)).items
    expect(
      replies.map(one => [one.phone, one.text, one.option, one.kind].join(' | ')).toSorted(),
    ).toEqual([
      '+15550000001 | 1 | 1 | option',
      '+15550000002 | Safe! | 1 | option',
      '+15550000003 | 2 | 2 | option',
      '+15550000004 | On my way |  | other',
      '+15550000005 | STOP |  | optOut',
      '+15550000006 | help | 2 | help',
      '+15550000008 | 1 | 1 | option',
      '+15550000008 | 2 | 2 | option',
      '+15550000011 | 1 | 1 | option',
    ])

    const report = (await author.call('GET', `${path}/report`, { accept: 'application/json' })).as(
      z.object({
        alert,
        timeline: z.array(z.object({ at: time })).min(1),
        progress: progressBody,
        tally: tallyBody,
      }),
    )
    expect([report.alert.id, report.tally.replied, report.progress.delivered]).toEqual([
      alertId,
      7,
      9,
    ])
    const csv = await author.call('GET', `${path}/report`, { accept: 'text/csv' })
    expect(csv.headers.get('Content-Type')).toMatch(/^text\/csv/)
    const rows: string[][] = parse(csv.text)
    expect(rows[0]).toEqual(Object.keys(delivery.shape))
    expect(rows).toHaveLength(1 + 10)

    // It has been sent, and nothing more can be done to it but a retry.
    expect((await author.call('POST', `${path}/stop`, { json: {} })).status).toBe(409)
    expect((await author.call('GET', path)).as(alert).state).toBe('sent')
    const trail = (await administrator('GET', '/v1/audit?limit=1000')).as(
      page(z.object({ action: z.string(), hash: z.string(), previousHash: z.string() })),
    )
    expect(trail.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'alert.submitted',
        'alert.approved',
        'alert.dispatched',
        'alert.ended',
      ]),
    )
  },
)
