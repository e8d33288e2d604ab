/** How an aggregator knows us: what an administrator enters, its private key sealed apart from it. */
import { AppError } from '../../errors.ts'
import { faultAt, type Fault } from '../../faults.ts'
import { certificateFacts, type CertificateFacts, readKeyPair } from '../../signing/key-pair.ts'
import { open, seal } from '../../signing/seal.ts'
import type { XmlSigningKey } from '../../signing/xml-signature.ts'

/** As it is stored beside the subscriber. */
export interface IpawsSettings {
  /** `logonUser` of the header: traced with each transaction. */
  readonly logonUser: string
  /** `logonCogId`: the Collaborative Operating Group. */
  readonly logonCogId: string
  /** A test one reaches nobody, and may be posted what is not for real. */
  readonly endpoint: 'live' | 'test'
  /** PEM. */
  readonly certificate: string
}

/** As an administrator hands it over. */
export interface IpawsDraft extends IpawsSettings {
  /** PKCS #8, PEM. */
  readonly privateKey: string
}

/** What is left out stays. */
export type IpawsEdit = { readonly [Field in keyof IpawsDraft]?: IpawsDraft[Field] | undefined }

/** As it is shown: never with its key. */
export type IpawsShown = Omit<IpawsSettings, 'certificate'> & {
  readonly certificate: CertificateFacts
}

export function showIpaws({ certificate, ...rest }: IpawsSettings): IpawsShown {
  return { ...rest, certificate: certificateFacts(certificate) }
}

/** Each fault at its place in the body of the request. */
export function keyFaults(draft: IpawsDraft, now: Date): readonly Fault[] {
  const { faults } = readKeyPair(draft, now)
  return faults.map(fault => ({ ...fault, pointer: `/ipaws${fault.pointer}` }))
}

export function statusFaults(
  endpoint: IpawsSettings['endpoint'],
  statuses: readonly string[],
): readonly Fault[] {
  return endpoint === 'test' || statuses.every(status => status === 'Actual')
    ? []
    : [faultAt('/statuses', 'actual_alone')]
}

/** @param draft without faults */
export function splitDraft(
  masterKey: Uint8Array,
  id: string,
  draft: IpawsDraft,
  now: Date,
): { ipaws: IpawsSettings; sealedSecrets: Uint8Array } {
  const { pair } = readKeyPair(draft, now)
  if (pair === undefined) throw new AppError('invalid_subscriber', 'its key can not be used')
  const { logonUser, logonCogId, endpoint } = draft
  return {
    ipaws: { logonUser, logonCogId, endpoint, certificate: pair.certificatePem },
    sealedSecrets: seal(masterKey, contextOf(id), pair.privateKeyPem),
  }
}

/** @throws AppError `integrity_violation` */
export function openKey(
  masterKey: Uint8Array,
  id: string,
  { certificate }: IpawsSettings,
  sealed: Uint8Array,
): XmlSigningKey {
  const privateKeyPem = Buffer.from(open(masterKey, contextOf(id), sealed)).toString()
  return { privateKeyPem, certificatePem: certificate }
}

function contextOf(id: string): string {
  return `subscribers/${id}/private_key`
}
