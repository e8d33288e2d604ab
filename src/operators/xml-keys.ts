/**
 * The organisation's own key, which signs the CAP XML that goes out. It is made when it is first needed; its
 * private half lies in the database sealed under the master key, so that all API nodes sign with the same one.
 */
import { X509Certificate } from 'node:crypto'
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
  const [key] = await listXmlKeys(db)
  const { fingerprint, certificate, sealedKey } = key ?? (await makeKey(db, masterKey, now))
  const opened = open(masterKey, contextOf(fingerprint), sealedKey)
  return { privateKeyPem: Buffer.from(opened).toString(), certificatePem: certificate }
}

/** By which readers know what is ours, PEM, the one that signs first; none before something was signed. */
export async function xmlCertificates(db: Database): Promise<string[]> {
  return (await listXmlKeys(db)).map(key => key.certificate)
}

async function makeKey(db: Database, masterKey: Uint8Array, now: Date): Promise<SealedXmlKey> {
  const { sender } = await readOrganisation(db)
  // A second's work, and more: not while a lock is held.
  const made = await createXmlSigningKey(sender, now)
  const fingerprint = new X509Certificate(made.certificatePem).fingerprint256.replaceAll(':', '')
  return transact(db, async tx => {
    await lockXmlKeys(tx)
    // Another node was first.
    const [first] = await listXmlKeys(tx)
    if (first !== undefined) return first
    const key: SealedXmlKey = {
      fingerprint: fingerprint.toLowerCase(),
      certificate: made.certificatePem,
      sealedKey: seal(masterKey, contextOf(fingerprint.toLowerCase()), made.privateKeyPem),
      createdAt: now,
    }
    await insertXmlKey(tx, key)
    await recordAudit(tx, {
      operatorId: null,
      action: 'xml_key.created',
      subject: key.fingerprint,
    })
    return key
  })
}

function contextOf(fingerprint: string): string {
  return `xml_signing_keys/${fingerprint}/private_key`
}
