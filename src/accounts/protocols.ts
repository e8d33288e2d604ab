/**
 * What an account has of its own protocol: settings under the protocol's name, of which some members are secrets.
 * Settings are kept as they are shown; secrets are sealed and shown to the dispatcher alone.
 */
import type { CarrierConfig } from '../carriers/carrier.ts'
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Config } from '../config.ts'
import { mayBePrivate, urlFault } from '../network/origin.ts'
import {
  type HttpAccountSettings,
  type HttpSecrets,
  httpFaults,
  type NewHttp,
  openHttp,
  withGatewayPreset,
} from './settings/http.ts'
import {
  type NewSmpp,
  type SmppAccountSettings,
  type SmppSecrets,
  openSmpp,
} from './settings/smpp.ts'
import { dialectFaults, withPreset } from './settings/smpp-dialect.ts'
import { tlsFaults } from './settings/smpp-tls.ts'
import {
  openSmtp,
  smtpFaults,
  type NewSmtp,
  type SmtpAccountSettings,
  type SmtpSecrets,
} from './settings/smtp.ts'
import { openTwilio, type TwilioAccountSettings, type TwilioSecrets } from './settings/twilio.ts'

export type Protocol = Exclude<CarrierConfig['protocol'], 'simulated'>

/** What accounts take from the installation that they are of. */
export interface Installation extends Pick<Config, 'publicUrl' | 'privateHosts'> {
  readonly masterKey: Uint8Array
}

/** As an account is set up: the protocol's own member, secrets included. */
export interface ProtocolDraft {
  readonly smpp?: NewSmpp | undefined
  readonly twilio?: (TwilioAccountSettings & TwilioSecrets) | undefined
  readonly http?: NewHttp | undefined
  readonly smtp?: NewSmtp | undefined
}
/** As an account is changed. A secret that is left out stays. */
export type ProtocolEdit = {
  readonly [Name in keyof ProtocolDraft]?:
    { readonly [Field in keyof NonNullable<ProtocolDraft[Name]>]?: unknown } | undefined
}
/** As an account is shown. */
export interface ProtocolSettings {
  readonly smpp?: SmppAccountSettings
  readonly twilio?: TwilioAccountSettings
  readonly http?: HttpAccountSettings
  readonly smtp?: SmtpAccountSettings
}

export type Fields = Readonly<Record<string, unknown>>

/** The members that are sealed. */
const SECRETS: Readonly<Record<Protocol, readonly string[]>> = {
  smpp: ['password', 'tlsKey'],
  twilio: ['authToken', 'formerAuthToken'],
  http: ['secrets'],
  smtp: ['password'],
}
/** The members that are URLs of somebody else's, which we call. */
const CALLED: Readonly<Record<Protocol, readonly (readonly string[])[]>> = {
  smpp: [],
  twilio: [['baseUrl']],
  http: [['url'], ['auth', 'tokenUrl']],
  smtp: [],
}
/** The members that say where the secrets are shown. */
const LEADING: Readonly<Record<Protocol, readonly (readonly string[])[]>> = {
  ...CALLED,
  smpp: [['host']],
  smtp: [['host']],
}
const PROTOCOLS = Object.keys(SECRETS) as Protocol[]

/** The member that belongs to the protocol, and what is wrong with it and the others. */
export function readProtocol(
  protocol: Protocol,
  given: ProtocolDraft | ProtocolEdit,
  { privateHosts }: Pick<Installation, 'privateHosts'>,
): { readonly own: Fields | undefined; readonly faults: readonly Fault[] } {
  const faults = PROTOCOLS.filter(name => name !== protocol && given[name] !== undefined).map(
    name => faultAt(`/${name}`, 'other_protocol', { protocol }),
  )
  const own = given[protocol] as Fields | undefined
  for (const path of CALLED[protocol]) {
    const url = textAt(own, path)
    if (url === undefined) continue
    const detail = urlFault(url, mayBePrivate(url, privateHosts))
    if (detail !== undefined) faults.push({ pointer: `/${protocol}/${path.join('/')}`, detail })
  }
  return { own, faults }
}

function textAt(fields: unknown, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Fields)[name] : undefined),
    fields,
  )
  return typeof value === 'string' ? value : undefined
}

/** What an account is set up with: what was said, and what goes without saying. */
export function completed(protocol: Protocol, own: Fields): Fields {
  if (protocol === 'smpp') return withPreset(own)
  return protocol === 'http' ? { ...withGatewayPreset(own) } : own
}

/** What is wrong with settings and secrets that are each right by themselves. */
export function settingFaults(
  protocol: Protocol,
  own: Fields,
  { privateHosts }: Pick<Installation, 'privateHosts'>,
): readonly Fault[] {
  const faults = {
    smpp: () => [...dialectFaults(own), ...tlsFaults(own)],
    twilio: () => [],
    http: () => httpFaults(own as unknown as HttpAccountSettings & HttpSecrets),
    smtp: () => smtpFaults(own as unknown as NewSmtp, privateHosts),
  }
  return faults[protocol]().map(fault => ({ ...fault, pointer: `/${protocol}${fault.pointer}` }))
}

/** What an account has whatever its protocol. */
export function withoutProtocols<Given extends ProtocolDraft | ProtocolEdit>(
  given: Given,
): Omit<Given, keyof ProtocolDraft> {
  const { smpp: _smpp, twilio: _twilio, http: _http, smtp: _smtp, ...rest } = given
  return rest
}

export function splitSecrets(
  protocol: Protocol,
  fields: Fields,
): { readonly settings: Fields; readonly secrets: Fields } {
  const hidden = SECRETS[protocol]
  const part = (which: (name: string) => boolean) =>
    Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => value !== undefined && which(name)),
    )
  return {
    settings: part(name => !hidden.includes(name)),
    secrets: part(name => hidden.includes(name)),
  }
}

/** What an edit leaves out stays, what is null goes; where a secret has members, each of them. */
export function joinSecrets(kept: Fields, edited: Fields): Fields {
  const joined = Object.entries(edited).map(([name, value]) =>
    typeof value === 'object' && value !== null
      ? [name, withoutNull({ ...(kept[name] as Fields | undefined), ...value })]
      : [name, value],
  )
  return withoutNull({ ...kept, ...(Object.fromEntries(joined) as Fields) })
}

export function withoutNull(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/**
 * A secret is shown to whom it was given for: an account that is led to another host needs its secrets anew, or
 * whoever may edit it could have them sent to a host of their own.
 */
export function strayingSecrets(
  protocol: Protocol,
  kept: { readonly settings: Fields; readonly secrets: Fields },
  own: Fields,
): Fault[] {
  const straying = LEADING[protocol].find(path => {
    const to = textAt(own, path)
    return to !== undefined && hostOf(to) !== hostOf(textAt(kept.settings, path) ?? '')
  })
  if (straying === undefined) return []
  const field = straying.at(-1) ?? ''
  const given = textsOf(own).map(({ pointer }) => pointer)
  return textsOf(kept.secrets)
    .filter(({ pointer, text }) => text !== '' && !given.includes(pointer))
    .map(({ pointer }) => faultAt(`/${protocol}${pointer}`, 'secret_again', { field }))
}

function textsOf(fields: Fields): { readonly pointer: string; readonly text: string }[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (typeof value === 'string') return [{ pointer: `/${name}`, text: value }]
    if (typeof value !== 'object' || value === null) return []
    return textsOf(value as Fields).map(({ pointer, text }) => ({
      pointer: `/${name}${pointer}`,
      text,
    }))
  })
}

/** Of a URL, or a host as it stands: an IPv6 address may read as a URL, of a scheme without origins. */
function hostOf(place: string): string {
  const origin = URL.canParse(place) ? new URL(place).origin : 'null'
  return origin === 'null' ? place : origin
}

/** What the dispatcher opens the account with. */
export function openProtocol(
  protocol: Protocol,
  settings: unknown,
  secrets: unknown,
  { id, publicUrl, privateHosts }: Omit<Installation, 'masterKey'> & { readonly id: string },
): Pick<CarrierConfig, Protocol> {
  switch (protocol) {
    case 'smpp':
      return { smpp: openSmpp(settings as SmppAccountSettings, secrets as SmppSecrets) }
    case 'smtp':
      return { smtp: openSmtp(settings as SmtpAccountSettings, secrets as SmtpSecrets) }
    case 'twilio': {
      const kept = settings as TwilioAccountSettings
      return {
        twilio: openTwilio(kept, secrets as TwilioSecrets, {
          webhookUrl: webhookUrlOf(publicUrl, id),
          allowPrivate: mayBePrivate(kept.baseUrl, privateHosts),
        }),
      }
    }
    case 'http': {
      const kept = settings as HttpAccountSettings
      return {
        http: openHttp(kept, secrets as HttpSecrets, {
          webhookUrl: webhookUrlOf(publicUrl, id),
          allowPrivate: mayBePrivate(kept.url, privateHosts),
          ...(kept.auth?.scheme === 'oauth2' && {
            allowPrivateTokens: mayBePrivate(kept.auth.tokenUrl, privateHosts),
          }),
        }),
      }
    }
  }
}

/** Where a gateway reports what became of an account's messages, and what people answered. */
function webhookUrlOf(publicUrl: string, id: string): string {
  return `${publicUrl}/v1/carriers/${id}/webhook`
}
