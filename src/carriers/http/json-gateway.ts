/** A gateway of the description's kind, as pure functions: what is sent, and what an answer says. */
import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { HttpAnswer, HttpRequest } from '../../network/origin.ts'
import type { Carrier, CarrierConfig, HttpSettings, Outcome, ShortMessage } from '../carrier.ts'
import type { AnswerDescription, AnswerKind, GatewayAuth } from './description.ts'
import type { Gateway } from './gateway.ts'
import { createHttpCarrier, type ProbeTuning } from './http-carrier.ts'
import { listAt, parseJson, wordAt } from './pointer.ts'
import { reasonOf } from './reason.ts'
import type { TokenEndpoint } from './tokens.ts'
import { type Values, fillFields, fillJson, fillText } from './template.ts'

/** What a template may name of a message; numbers stay numbers where a JSON string holds nothing else. */
export const MESSAGE_PLACEHOLDERS = [
  /** E.164 with `+`, and without. */
  'to',
  'toDigits',
  'from',
  'text',
  /** `gsm7` or `ucs2`, or what the description calls them. */
  'encoding',
  /** Another for each request. */
  'reference',
  'validitySeconds',
  'validityMinutes',
  'validityMilliseconds',
  /** RFC 3339, UTC. */
  'expires',
  /** Where this account's webhooks are taken. */
  'webhook',
] as const

export function createJsonGatewayCarrier(config: CarrierConfig, tuning?: ProbeTuning): Carrier {
  return createHttpCarrier(config, jsonGateway(config), tuning)
}

/**
 * @param reference makes one that was never made before
 * @throws AppError `invalid_carrier` without settings
 */
export function jsonGateway(config: CarrierConfig, reference: () => string = randomUUID): Gateway {
  const { http: settings, name, sourceAddress } = config
  if (settings === undefined) {
    throw new AppError('invalid_carrier', `carrier ${name} has no http settings`)
  }
  const { method, query, body, probePath, allowPrivate, answerMs } = settings
  const url = new URL(settings.url)
  const fixed: Values = new Map([
    ...secretValues(settings.secrets),
    ['from', sourceAddress],
    ['webhook', settings.webhookUrl],
  ])
  const { auth } = settings
  const authorization =
    auth === undefined || auth.scheme === 'oauth2' ? undefined : authorizationOf(auth, fixed)
  const headersWith = (values: Values) => ({
    Accept: 'application/json',
    ...(authorization !== undefined && { Authorization: authorization }),
    ...Object.fromEntries(fillFields(settings.headers, values)),
  })
  return {
    url,
    allowPrivate,
    answerMs,
    ...(auth?.scheme === 'oauth2' && { tokens: tokenEndpointOf(auth, settings, fixed) }),
    probe: { method: 'GET', path: probePath ?? url.pathname, headers: headersWith(fixed) },
    request(message, now): HttpRequest {
      const values: Values = new Map([
        ...fixed,
        ...messageValues(message, now, settings),
        ['reference', reference()],
      ])
      const added = new URLSearchParams(fillFields(query, values)).toString()
      const joined = [url.search.slice(1), added].filter(part => part !== '').join('&')
      const headers = headersWith(values)
      return {
        method,
        path: joined === '' ? url.pathname : `${url.pathname}?${joined}`,
        ...(body === undefined
          ? { headers }
          : {
              headers: { 'Content-Type': CONTENT_TYPES[body.type], ...headers },
              body:
                body.type === 'json'
                  ? JSON.stringify(fillJson(body.template, values))
                  : new URLSearchParams(fillFields(body.template, values)).toString(),
            }),
      }
    },
    outcome: answer => readAnswer(settings.answer, answer),
  }
}

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
} as const

const secretValues = (secrets: Readonly<Record<string, string>>) =>
  Object.entries(secrets).map(([name, value]) => [`secret.${name}`, value] as const)

function messageValues(
  { to, text, expiresAt }: ShortMessage,
  now: number,
  { encodings, validity }: HttpSettings,
): [string, string | number][] {
  const left = Math.floor((expiresAt - now) / 1000)
  const seconds = Math.max(validity.leastSeconds, Math.min(validity.mostSeconds, left))
  return [
    ['to', to],
    ['toDigits', to.slice(1)],
    ['text', text.text],
    ['encoding', text.alphabet === 'UCS2' ? encodings.ucs2 : encodings.gsm7],
    ['validitySeconds', seconds],
    ['validityMinutes', Math.max(1, Math.floor(seconds / 60))],
    ['validityMilliseconds', seconds * 1000],
    ['expires', new Date(now + seconds * 1000).toISOString()],
  ]
}

type OAuth2 = Extract<GatewayAuth, { scheme: 'oauth2' }>

function tokenEndpointOf(auth: OAuth2, settings: HttpSettings, values: Values): TokenEndpoint {
  const { tokenUrl, clientId, clientSecret, credentialsIn, parameters } = auth
  return {
    url: new URL(tokenUrl),
    allowPrivate: settings.allowPrivateTokens === true,
    answerMs: settings.answerMs,
    clientId: fillText(clientId, values),
    clientSecret: fillText(clientSecret, values),
    credentialsIn,
    parameters: Object.fromEntries(fillFields(parameters, values)),
  }
}

function authorizationOf(auth: Exclude<GatewayAuth, OAuth2>, values: Values): string {
  if (auth.scheme === 'bearer') return `Bearer ${fillText(auth.token, values)}`
  const pair = `${fillText(auth.username, values)}:${fillText(auth.password, values)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

// ---- answers

/** 3GPP TS 23.040 §9.2.3.24.1: no text has more. */
const MOST_PARTS = 255

interface End {
  readonly kind: AnswerKind
  readonly id: string
  readonly reason: string
  readonly parts: number | undefined
}

/** What the gateway says of it, or the length of its list; of one item that says nothing nobody knows. */
function partsOf(ends: readonly End[]): number | undefined {
  if (ends.length === 1) return ends[0]!.parts
  return ends.reduce((sum, { parts = 1 }) => sum + parts, 0)
}

/** One that wasn't taken speaks for the message; what was taken before it may have gone out. */
function readAnswer(description: AnswerDescription, { status, body }: HttpAnswer): Outcome {
  const document = parseJson(body.toString())
  const list = description.list === undefined ? [] : (listAt(document, description.list) ?? [])
  const ends = (list.length === 0 ? [document] : list).map(item => endOf(description, item, status))
  const messageIds = ends.filter(({ kind }) => kind === 'accepted').map(({ id }) => id)
  const refusal = ends.find(({ kind }) => kind !== 'accepted')
  if (refusal === undefined) {
    const segments = partsOf(ends)
    return segments === undefined ? { messageIds } : { messageIds, segments }
  }
  const { kind, reason } = refusal
  if (kind === 'accepted' || messageIds.length > 0) return { kind: 'uncertain', reason, messageIds }
  if (kind === 'optedOut') return { kind: 'permanent', reason, messageIds, optedOut: true }
  return { kind, reason, messageIds }
}

function endOf(description: AnswerDescription, item: unknown, status: number): End {
  const { id: idPointer, codes } = description
  const code = description.code
    .map(pointer => wordAt(item, pointer))
    .find(word => word !== undefined)
  const known = code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined
  const id = idPointer === undefined ? undefined : wordAt(item, idPointer)
  const reason = reasonOf(code, `http_${status}`)
  const isTaken = status >= 200 && status < 300
  // A code that nobody described, in an answer that is no refusal: it may have been taken.
  const kind =
    known ?? (isTaken && code !== undefined ? 'uncertain' : kindOfStatus(description, status))
  // Neither an id nor a word of acceptance: whoever answered may not even be the gateway.
  if (kind === 'accepted' && known === undefined && idPointer !== undefined && id === undefined) {
    return { kind: 'uncertain', id: '', reason: 'no_message_id', parts: undefined }
  }
  const counted = description.parts === undefined ? NaN : Number(wordAt(item, description.parts))
  const parts = Number.isInteger(counted) && counted >= 1 && counted <= MOST_PARTS
  return { kind, id: id ?? '', reason, parts: parts ? counted : undefined }
}

function kindOfStatus({ statuses }: AnswerDescription, status: number): AnswerKind {
  const described = [String(status), `${Math.floor(status / 100)}xx`].find(name =>
    Object.hasOwn(statuses, name),
  )
  if (described !== undefined) return statuses[described]!
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 429) return 'throttled'
  // Wrong credentials, a wrong path or method, or the gateway has moved.
  if (status < 400 || [401, 403, 404, 405].includes(status)) return 'configuration'
  // One on the way may say so after it has passed the request on.
  if (status >= 500 && status !== 503) return 'uncertain'
  return 'elsewhere'
}
