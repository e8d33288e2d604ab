/**
 * The organisation's own key, which signs the CAP XML that goes out. The first is made when it is first needed; its
 * private half lies in the database sealed under the master key, so that all API nodes sign with the same one.
 *
 * The next one is made ahead of its time: its certificate is shown from then on, and it signs from a moment that the
 * administrator names, when those who pin certificates have it. What was signed before stays as it is, and so do the
 * certificates.
 */
import { X509Certificate } from 'node:crypto'
import { AppError } from '../errors.ts'
import { open, seal } from '../signing/seal.ts'
import { createXmlSigningKey, type XmlSigningKey } from '../signing/xml-signature.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import { insertXmlKey, listXmlKeys, lockXmlKeys, type SealedXmlKey } from '../store/xml-keys.ts'

export async function xmlSigningKey(
  db: Database,
  masterKey: Uint8Array,
  now: Date,
): Promise<XmlSigningKey> {
  const key = signingNow(await listXmlKeys(db), now)
  const { fingerprint, certificate, sealedKey } = key ?? (await makeFirst(db, masterKey, now))
  const opened = open(masterKey, contextOf(fingerprint), sealedKey)
  return { privateKeyPem: Buffer.from(opened).toString(), certificatePem: certificate }
}

/** The first one signs from ever: a clock that is a little behind must not make another. */
function signingNow(keys: readonly SealedXmlKey[], now: Date): SealedXmlKey | undefined {
  return keys.find(({ signsFrom }) => signsFrom <= now) ?? keys.at(-1)
}

/** By which readers know what is ours, PEM: the one that signs now first; none before something was signed. */
export async function xmlCertificates(db: Database, now: Date): Promise<string[]> {
  const keys = await listXmlKeys(db)
  const [waiting, others] = [true, false].map(isWaiting =>
    keys.filter(({ signsFrom }) => signsFrom > now === isWaiting),
  )
  return [...(others ?? []), ...(waiting ?? [])].map(key => key.certificate)
}

/** A key without its private half. */
export type XmlKey = Omit<SealedXmlKey, 'sealedKey'>

/** The last to sign first. */
export async function xmlKeys(db: Database): Promise<XmlKey[]> {
  return (await listXmlKeys(db)).map(({ sealedKey: _sealed, ...key }) => key)
}

/**
 * The key that follows.
 *
 * @param next `signsFrom`: a time that is past means now
 * @throws AppError `wrong_state` while another waits for its time
 */
export async function addXmlKey(
  db: Database,
  masterKey: Uint8Array,
  next: { readonly operatorId: string; readonly signsFrom: Date; readonly now: Date },
): Promise<XmlKey> {
  const { operatorId, signsFrom, now } = next
  // There is one that it follows.
  await xmlSigningKey(db, masterKey, now)
  const made = await newKey(db, masterKey, now)
  return transact(db, async tx => {
    await lockXmlKeys(tx)
    const [last] = await listXmlKeys(tx)
    if (last !== undefined && last.signsFrom > now) {
      const from = last.signsFrom.toISOString()
      throw new AppError('wrong_state', `another key waits: it signs from ${from}`)
    }
    const key = { ...made, signsFrom: signsFrom > now ? signsFrom : now }
    await keep(tx, key, operatorId)
    const { sealedKey: _sealed, ...shown } = key
    return shown
  })
}

async function makeFirst(db: Database, masterKey: Uint8Array, now: Date): Promise<SealedXmlKey> {
  const key = await newKey(db, masterKey, now)
  return transact(db, async tx => {
    await lockXmlKeys(tx)
    // Another node was first.
    const first = signingNow(await listXmlKeys(tx), now)
    if (first !== undefined) return first
    await keep(tx, key, null)
    return key
  })
}

/** A second's work, and more: not while a lock is held. */
async function newKey(db: Database, masterKey: Uint8Array, now: Date): Promise<SealedXmlKey> {
  const { sender } = await readOrganisation(db)
  const made = await createXmlSigningKey(sender, now)
  const certificate = new X509Certificate(made.certificatePem)
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  return {
    fingerprint,
    certificate: made.certificatePem,
    sealedKey: seal(masterKey, contextOf(fingerprint), made.privateKeyPem),
    createdAt: now,
    signsFrom: now,
  }
}

async function keep(tx: Database, key: SealedXmlKey, operatorId: string | null): Promise<void> {
  await insertXmlKey(tx, key)
  const detail = { signsFrom: key.signsFrom.toISOString() }
  await recordAudit(tx, {
    operatorId,
    action: 'xml_key.created',
    subject: key.fingerprint,
    detail,
  })
}

function contextOf(fingerprint: string): string {
  return `xml_signing_keys/${fingerprint}/private_key`
}
