import { z } from 'zod'
import type { HttpSettings } from '../../carriers/carrier.ts'
import type { GatewayDescription } from '../../carriers/http/description.ts'
import { MESSAGE_PLACEHOLDERS } from '../../carriers/http/json-gateway.ts'
import { isPointer } from '../../carriers/http/pointer.ts'
import {
  GATEWAY_PRESETS,
  type GatewayPreset,
  type GatewayPresetName,
} from '../../carriers/http/presets.ts'
import { isEd25519Key } from '../../carriers/http/signature.ts'
import { placeholdersIn } from '../../carriers/http/template.ts'
import type { Fault } from '../../errors.ts'

/** What is configured of an account at a gateway that is described here, for there is no adapter of its own. */

const template = z.string().max(2_000)
const printable = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
const pointer = z
  .string()
  .max(200)
  .refine(isPointer, 'must be a JSON pointer (RFC 6901), e.g. /messages/0/id')
const headerName = z.string().regex(/^[!#$%&'*+.^`|~\w-]{1,100}$/, 'must be a header’s name')
const word = z.string().min(1).max(100)
const secretName = z
  .string()
  .regex(/^[A-Za-z]\w{0,39}$/, 'must be a letter, then letters and digits')

/** The connection's own: they would say another host, length or framing than is sent (RFC 9112 §6). */
const RESERVED_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const seconds = z.int().min(1).max(1_000_000)

const answerKind = z.enum([
  'accepted',
  'optedOut',
  'throttled',
  'permanent',
  'elsewhere',
  'configuration',
  'uncertain',
])

const fields = (max: number) =>
  z
    .record(z.string().min(1).max(100), template)
    .refine(given => Object.keys(given).length <= max, `must have at most ${max} members`)

const auth = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('basic'), username: template, password: template }),
  z.strictObject({ scheme: z.literal('bearer'), token: template }),
  z
    .strictObject({
      scheme: z.literal('oauth2'),
      tokenUrl: z
        .string()
        .min(1)
        .max(1_000)
        .regex(/^[^{}]*$/, 'must hold no placeholder'),
      clientId: template,
      clientSecret: template,
      credentialsIn: z.enum(['header', 'body']).default('header').meta({
        description: 'Where the token server wants client id and secret: as Basic, or in the form',
      }),
      parameters: fields(10).default({}).meta({
        description: 'Beside grant_type, such as scope and audience',
      }),
    })
    .meta({
      description:
        'Tokens by client credentials (RFC 6749 §4.4): had once for many messages, and anew before they end',
    }),
])

const headers = z
  .record(headerName, template.regex(/^[\x20-\x7e]*$/, 'must be printable ASCII'))
  .refine(given => Object.keys(given).length <= 30, 'must have at most 30 members')
  .refine(
    given => Object.keys(given).every(name => !RESERVED_HEADERS.includes(name.toLowerCase())),
    'must not name a header of the connection itself',
  )

const body = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('json'),
    template: z
      .record(z.string(), z.unknown())
      .or(z.array(z.unknown()))
      .refine(
        given => JSON.stringify(given).length <= 10_000,
        'must have at most 10,000 characters',
      )
      .meta({ description: 'A document; placeholders stand in its strings' }),
  }),
  z.strictObject({ type: z.literal('form'), template: fields(50) }),
])

const secretNames = z.array(secretName).min(1).max(3)
const signedText = {
  header: headerName,
  prefix: printable.max(40).default(''),
  encoding: z.enum(['hex', 'base64']),
  signed: z.string().max(200).default('{body}').meta({
    description: 'What is signed: {body}, {url}, {timestamp}, {nonce} and what stands between',
  }),
  timestampHeader: headerName.optional(),
  nonceHeader: headerName.optional(),
  toleranceSeconds: z.int().min(1).max(3600).default(300),
}
const signature = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: z.literal('hmac'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']),
    secrets: secretNames,
    ...signedText,
  }),
  z.strictObject({
    scheme: z.literal('ed25519'),
    publicKey: z.string().max(100).refine(isEd25519Key, 'must be 32 octets in base64'),
    ...signedText,
  }),
  z.strictObject({
    scheme: z.literal('jwt'),
    header: headerName.optional().meta({ description: 'Absent: Authorization, as a bearer' }),
    secrets: secretNames,
    bodyHashClaim: word.optional(),
    urlHashClaim: word.optional(),
    toleranceSeconds: signedText.toleranceSeconds,
  }),
  z.strictObject({ scheme: z.literal('header'), header: headerName, secrets: secretNames }),
  z
    .strictObject({ scheme: z.literal('parameter'), parameter: word, secrets: secretNames })
    .meta({ description: 'A secret in the query, of a gateway that signs nothing' }),
  z.strictObject({
    scheme: z.literal('basic'),
    username: printable.max(200),
    secrets: secretNames,
  }),
])

const items = {
  list: pointer.optional(),
  when: z
    .array(z.strictObject({ pointer, is: z.array(word).min(1).max(20).optional() }))
    .max(5)
    .default([]),
}
const webhook = z.strictObject({
  method: z.enum(['POST', 'GET']).default('POST').meta({
    description: 'With GET what it says stands in the query, and pointers name its parameters',
  }),
  signature,
  receipts: z
    .strictObject({
      ...items,
      id: pointer,
      state: pointer,
      states: z.record(word, z.enum(['enroute', 'delivered', 'failed', 'expired'])),
      code: pointer.optional(),
    })
    .optional(),
  replies: z
    .strictObject({ ...items, id: pointer.optional(), from: pointer, to: pointer, text: pointer })
    .optional(),
  response: z
    .strictObject({
      contentType: printable.min(1).max(100).default('text/plain'),
      body: z.string().max(1_000).default(''),
    })
    .prefault({}),
})

const shown = {
  url: z.string().min(1).max(1_000),
  method: z.enum(['GET', 'POST', 'PUT']),
  auth: auth.optional(),
  headers,
  query: fields(50),
  body: body.optional(),
  encodings: z.strictObject({ gsm7: word, ucs2: word }),
  validity: z.strictObject({ leastSeconds: seconds, mostSeconds: seconds }).meta({
    description: 'What the gateway takes; what an alert has beyond is cut',
  }),
  probePath: z
    .string()
    .max(500)
    .regex(/^\/[\x21-\x7e]*$/, 'must begin with /')
    .optional()
    .meta({
      description: 'Read by GET to see whether the gateway answers; absent: the path of url',
    }),
  answer: z.strictObject({
    list: pointer.optional(),
    id: pointer.optional(),
    parts: pointer.optional().meta({
      description:
        'How many parts the gateway has made of the text; absent: one an item of the list, else as many as Tocsin counts',
    }),
    code: z.array(pointer).max(5).default([]),
    codes: z.record(word, answerKind).default({}),
    statuses: z
      .record(
        z.string().regex(/^[1-5](\d\d|xx)$/, 'must be a status or a class, 429 or 4xx'),
        answerKind,
      )
      .default({}),
  }),
  webhook: webhook.optional(),
  responseTimeoutSeconds: z.int().min(1).max(60),
}
const hidden = {
  secrets: z.record(secretName, printable.max(2_000)).meta({
    description: 'By name, write-only; templates name them as {secret.NAME}. Left out, one stays',
  }),
}

export const httpSettingsSchema = z.strictObject(shown)

const presetNames = Object.keys(GATEWAY_PRESETS) as [GatewayPresetName, ...GatewayPresetName[]]
const presetOf = (name: GatewayPresetName | undefined): GatewayPreset['settings'] =>
  name === undefined ? {} : GATEWAY_PRESETS[name].settings

/** What is not said when an account is set up is what its preset says, or else the usual. */
export const newHttpSchema = z
  .strictObject({
    ...z.strictObject({ ...shown, ...hidden }).partial().shape,
    preset: z
      .enum(presetNames)
      .optional()
      .meta({
        description: [
          'Describes a gateway of the field; what is said beside it counts more.',
          ...presetNames.map(name => `\`${name}\`: ${GATEWAY_PRESETS[name].description}`),
        ].join(' '),
      }),
  })
  .superRefine(
    (given, { addIssue }) => {
      for (const name of ['url', 'answer'] as const) {
        if (given[name] !== undefined || presetOf(given.preset)[name] !== undefined) continue
        addIssue({ code: 'custom', path: [name], message: 'is required' })
      }
    },
    // Beside whatever else is wrong.
    { when: ({ value }) => typeof value === 'object' && value !== null },
  )

export type NewHttp = z.output<typeof newHttpSchema>

const USUAL = {
  method: 'POST',
  headers: {},
  query: {},
  encodings: { gsm7: 'gsm7', ucs2: 'ucs2' },
  // Three days are what most keep a message at the longest.
  validity: { leastSeconds: 1, mostSeconds: 259_200 },
  responseTimeoutSeconds: 10,
  secrets: {},
} as const

/** As it is kept, of what was said when the account was set up. */
export function withGatewayPreset({
  preset,
  ...given
}: NewHttp): HttpAccountSettings & HttpSecrets {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return {
    ...USUAL,
    ...presetOf(preset),
    ...Object.fromEntries(said),
    // Its schema has seen that both are there.
  } as HttpAccountSettings & HttpSecrets
}

/** As a JSON merge patch has it (RFC 7396): null takes a member away that may be absent, and a secret. */
export const httpEditSchema = z
  .strictObject({
    ...shown,
    auth: shown.auth.nullable(),
    body: shown.body.nullable(),
    probePath: shown.probePath.nullable(),
    webhook: shown.webhook.nullable(),
    secrets: z.record(secretName, hidden.secrets.valueType.nullable()).meta({
      description: 'By name. Left out, one stays; null takes it away',
    }),
  })
  .partial()

export type HttpAccountSettings = z.output<typeof httpSettingsSchema>
export interface HttpSecrets {
  readonly secrets: Readonly<Record<string, string>>
}

/** What its schema can't see of a description: placeholders of nothing, secrets that aren't there. */
export function httpFaults({ secrets, ...settings }: HttpAccountSettings & HttpSecrets): Fault[] {
  const has = (name: string) => (secrets[name] ?? '') !== ''
  const known = Object.keys(secrets)
    .filter(has)
    .map(name => `secret.${name}`)
  const { auth: authorization, headers: named, query, method, body: sent } = settings
  return [
    ...placeholderFaults('/auth', authorization, known),
    ...placeholderFaults('/headers', named, [...known, ...HEADER_PLACEHOLDERS]),
    ...placeholderFaults('/query', query, [...known, ...MESSAGE_PLACEHOLDERS]),
    ...placeholderFaults('/body/template', sent?.template, [...known, ...MESSAGE_PLACEHOLDERS]),
    ...(method === 'GET' && sent !== undefined
      ? [{ pointer: '/body', detail: 'does not belong to the method GET' }]
      : []),
    ...signatureFaults(settings.webhook, has),
  ]
}

/** Of every string in it, wherever it stands. */
function placeholderFaults(at: string, value: unknown, allowed: readonly string[]): Fault[] {
  if (typeof value === 'string') {
    return placeholdersIn(value)
      .filter(name => !allowed.includes(name))
      .map(name => ({ pointer: at, detail: `names what is not there: {${name}}` }))
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) =>
    placeholderFaults(`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, item, allowed),
  )
}

function signatureFaults(
  described: GatewayDescription['webhook'],
  has: (secret: string) => boolean,
): Fault[] {
  const at = '/webhook/signature'
  const faults: Fault[] = []
  if (described === undefined) return faults
  const { signature: signed, method = 'POST' } = described
  if ('secrets' in signed && !signed.secrets.some(has)) {
    faults.push({ pointer: `${at}/secrets`, detail: 'names no secret that is there' })
  }
  if (signed.scheme === 'jwt') {
    const claim = method === 'GET' ? 'urlHashClaim' : 'bodyHashClaim'
    if (signed[claim] === undefined) {
      faults.push({ pointer: `${at}/${claim}`, detail: `is required of webhooks by ${method}` })
    }
  }
  if ('signed' in signed) {
    const { signed: over, timestampHeader, nonceHeader } = signed
    const allowed = ['body', 'url']
    if (timestampHeader !== undefined) allowed.push('timestamp')
    if (nonceHeader !== undefined) allowed.push('nonce')
    faults.push(...placeholderFaults(`${at}/signed`, over, allowed))
    if (timestampHeader !== undefined && !over.includes('{timestamp}')) {
      faults.push({ pointer: `${at}/signed`, detail: 'leaves the timestamp unsigned' })
    }
    if (method === 'GET' && !over.includes('{url}')) {
      faults.push({ pointer: `${at}/signed`, detail: 'leaves the query unsigned' })
    }
  }
  return faults
}

/** A text has line breaks, which would end a header. */
const HEADER_PLACEHOLDERS = MESSAGE_PLACEHOLDERS.filter(name => name !== 'text')

export function openHttp(
  { responseTimeoutSeconds, body: sent, ...settings }: HttpAccountSettings,
  { secrets }: HttpSecrets,
  installation: Pick<HttpSettings, 'webhookUrl' | 'allowPrivate' | 'allowPrivateTokens'>,
): HttpSettings {
  return {
    ...settings,
    ...installation,
    secrets,
    // As JSON it came, and as JSON it was kept.
    body: sent as GatewayDescription['body'],
    answerMs: responseTimeoutSeconds * 1000,
  }
}
