/**
 * What an account has of its own protocol: settings under the protocol's name, of which some members are secrets.
 * Settings are kept as they are shown; secrets are sealed and shown to the dispatcher alone.
 */
import type { CarrierConfig } from '../carriers/carrier.ts'
import { AppError, type Fault } from '../errors.ts'
import { type SmppAccountSettings, type SmppSecrets, openSmpp } from './settings/smpp.ts'

export type Protocol = CarrierConfig['protocol']

/** As an account is set up: the protocol's own member, secrets included. */
export interface ProtocolDraft {
  readonly smpp?: (SmppAccountSettings & SmppSecrets) | undefined
}
/** As an account is changed. A secret that is left out stays. */
export type ProtocolEdit = {
  readonly [Name in keyof ProtocolDraft]?:
    { readonly [Field in keyof NonNullable<ProtocolDraft[Name]>]?: unknown } | undefined
}
/** As an account is shown. */
export interface ProtocolSettings {
  readonly smpp?: SmppAccountSettings
}

export type Fields = Readonly<Record<string, unknown>>

/** The members that are sealed. */
const SECRETS: Readonly<Record<keyof ProtocolDraft, readonly string[]>> = {
  smpp: ['password'],
}
const PROTOCOLS = Object.keys(SECRETS) as (keyof ProtocolDraft)[]

/** The member that belongs to the protocol, and what is wrong with it and the others. */
export function readProtocol(
  protocol: Protocol,
  given: ProtocolDraft | ProtocolEdit,
): { readonly own: Fields | undefined; readonly faults: readonly Fault[] } {
  const faults = PROTOCOLS.filter(name => name !== protocol && given[name] !== undefined).map(
    name => ({ pointer: `/${name}`, detail: `does not belong to the protocol ${protocol}` }),
  )
  if (!isSpoken(protocol)) {
    const detail = `${protocol} is not supported yet: use ${PROTOCOLS.join(' or ')}`
    return { own: undefined, faults: [{ pointer: '/protocol', detail }, ...faults] }
  }
  return { own: given[protocol] as Fields | undefined, faults }
}

/** What an account has whatever its protocol. */
export function withoutProtocols<Given extends ProtocolDraft | ProtocolEdit>(
  given: Given,
): Omit<Given, keyof ProtocolDraft> {
  const { smpp: _smpp, ...rest } = given
  return rest
}

export function splitSecrets(
  protocol: Protocol,
  fields: Fields,
): { readonly settings: Fields; readonly secrets: Fields } {
  const hidden = isSpoken(protocol) ? SECRETS[protocol] : []
  const part = (which: (name: string) => boolean) =>
    Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => value !== undefined && which(name)),
    )
  return {
    settings: part(name => !hidden.includes(name)),
    secrets: part(name => hidden.includes(name)),
  }
}

/** What the dispatcher opens the account with. @throws AppError `invalid_carrier` for a protocol not spoken here */
export function openProtocol(
  protocol: Protocol,
  settings: unknown,
  secrets: unknown,
): Pick<CarrierConfig, 'smpp'> {
  switch (protocol) {
    case 'smpp':
      return { smpp: openSmpp(settings as SmppAccountSettings, secrets as SmppSecrets) }
    case 'twilio':
    case 'http':
      throw new AppError('invalid_carrier', `${protocol} is not spoken here`)
  }
}

function isSpoken(protocol: Protocol): protocol is keyof ProtocolDraft {
  return (PROTOCOLS as readonly string[]).includes(protocol)
}
