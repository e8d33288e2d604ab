/** A carrier account as its form has it; secrets are written and never come back. */
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import type { Carrier } from '../../../lib/setting-types.ts'
import { gatewayOf } from './gateways.ts'

export const PROTOCOLS = ['smpp', 'twilio', 'http', 'smtp'] as const
type Protocol = (typeof PROTOCOLS)[number]

export interface Secret {
  readonly name: string
  readonly value: string | null
}

type Settings = Readonly<Record<string, unknown>>

export interface CarrierDraft {
  readonly name: string
  readonly protocol: Protocol
  readonly sourceAddress: string | null
  readonly segmentsPerSecond: number | null
  readonly window: number
  readonly binds: number
  readonly routes: Carrier['routes']
  readonly enabled: boolean
  readonly draining: boolean
  readonly use: Carrier['use']
  readonly smpp: Settings
  readonly twilio: Settings
  readonly http: Settings & {
    readonly secrets: readonly Secret[]
    /** Of an account that is being set up: the gateway that the API describes, and its secrets by name. */
    readonly preset: string | null
    readonly given: Readonly<Record<string, string | null>>
  }
  readonly smtp: Settings
}

export const FRESH: CarrierDraft = {
  name: '',
  protocol: 'smpp',
  sourceAddress: null,
  segmentsPerSecond: 10,
  window: 10,
  binds: 1,
  routes: [],
  enabled: true,
  draining: false,
  use: 'both',
  smpp: {
    host: '',
    port: 2775,
    systemId: '',
    systemType: '',
    bindType: 'transceiver',
    tls: false,
    enquireLinkSeconds: 15,
    responseTimeoutSeconds: 10,
  },
  twilio: {
    baseUrl: 'https://api.twilio.com',
    accountSid: '',
    statusCallbacks: true,
    responseTimeoutSeconds: 10,
  },
  http: {
    url: '',
    method: 'POST',
    auth: { scheme: 'bearer', token: '{secret.token}' },
    headers: {},
    query: {},
    body: { type: 'json', template: { to: '{to}', from: '{from}', text: '{text}' } },
    encodings: { gsm7: 'gsm7', ucs2: 'ucs2' },
    validity: { leastSeconds: 1, mostSeconds: 259_200 },
    answer: { id: '/id', code: [], codes: {}, statuses: {} },
    responseTimeoutSeconds: 10,
    secrets: [{ name: 'token', value: null }],
    preset: null,
    given: {},
  },
  smtp: {
    host: '',
    port: 587,
    security: 'starttls',
    from: '',
    responseTimeoutSeconds: 60,
  },
}

export function draftOf(carrier: Carrier): CarrierDraft {
  const { name, protocol, sourceAddress, segmentsPerSecond, window, binds, routes } = carrier
  const { enabled, draining, smpp, twilio, http, smtp } = carrier
  return {
    name,
    protocol,
    sourceAddress,
    segmentsPerSecond,
    window,
    binds,
    routes,
    enabled,
    draining,
    use: carrier.use,
    smpp: smpp ?? FRESH.smpp,
    twilio: twilio ?? FRESH.twilio,
    http: { ...(http ?? FRESH.http), secrets: [], preset: null, given: {} },
    smtp: smtp ?? FRESH.smtp,
  }
}

/** Common fields, and those of the protocol that was chosen. */
function bodyOf(draft: CarrierDraft) {
  const { smpp, twilio, http, smtp, routes, ...common } = draft
  const of = { smpp, twilio, http: httpOf(http), smtp }
  return {
    ...common,
    // A weight that was emptied is the usual one.
    routes: routes.map(route => withoutEmpty(route)),
    [draft.protocol]: of[draft.protocol],
  }
}

/** Of a gateway that the API describes no more is sent than that does not say. */
function httpOf({ preset, given, secrets, ...described }: CarrierDraft['http']) {
  const gateway = gatewayOf(preset)
  if (gateway === undefined) return { ...described, secrets: recordOf(secrets) }
  return {
    preset,
    ...(gateway.address !== undefined && { url: described['url'] }),
    responseTimeoutSeconds: described['responseTimeoutSeconds'],
    secrets: recordOf(gateway.secrets.map(name => ({ name, value: given[name] ?? null }))),
  }
}

const recordOf = (secrets: readonly Secret[]) =>
  Object.fromEntries(
    secrets.flatMap(({ name, value }) => (name === '' || value === null ? [] : [[name, value]])),
  )

export const newBodyOf = (draft: CarrierDraft) => {
  const { sourceAddress, ...rest } = withoutEmpty(bodyOf(draft))
  return draft.protocol === 'smtp' ? rest : { sourceAddress, ...rest }
}

export function editOf(before: CarrierDraft, after: CarrierDraft): object {
  const [was, is] = [bodyOf(before), bodyOf(after)]
  return changesOf<object>(was, is, PROTOCOLS)
}
