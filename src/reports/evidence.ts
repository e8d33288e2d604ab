/**
 * All that an alert was, for whoever must be shown it later: the bytes that were signed and who signed them, what was
 * published, each step as the audit trail has it, and the report; the deliveries by their digest, so that no phone
 * number is in it.
 */
import { createHash } from 'node:crypto'
import { exportAlert } from '../alerts/cap-export.ts'
import { isAppError } from '../errors.ts'
import { xmlSigningKey } from '../operators/xml-keys.ts'
import { signEvidence } from '../signing/evidence.ts'
import { verifyChain } from '../signing/hash-chain.ts'
import type { AlertRole } from '../signing/jws.ts'
import type { KeptAssertion } from '../signing/kept-assertions.ts'
import type { PublicJwk } from '../signing/keys.ts'
import type { AlertRow } from '../store/alerts.ts'
import { type AuditEntry, listAuditOf, readAuditChain } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { findSigningKey } from '../store/keys.ts'
import { readOperatorNames } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { standingSignatures } from '../store/signatures.ts'
import { deliveriesCsv } from './deliveries.ts'
import { type AlertReport, reportOf } from './report.ts'

interface Evidence {
  readonly version: 1
  /** RFC 3339. */
  readonly madeAt: string
  readonly organisation: { readonly name: string; readonly sender: string }
  readonly alertId: string
  readonly state: string
  /** The canonical JSON that was signed, as it is; null: it was never submitted. */
  readonly content: string | null
  readonly signatures: readonly {
    readonly role: AlertRole
    readonly operatorId: string
    readonly operatorName: string | null
    readonly kid: string
    readonly jwk: PublicJwk | null
    /** Compact JWS over `content`. */
    readonly jws: string
    readonly at: string
    /** What a passkey answered to the signature; null: nothing did. */
    readonly passkey: KeptAssertion | null
    /** What a passkey answered to the thumbprint when the key was enrolled. */
    readonly keyPasskey: KeptAssertion | null
  }[]
  /** As CAP 1.2 under the organisation's XML signature; null where it has none. */
  readonly cap: string | null
  readonly audit: {
    /** Of the whole trail, recomputed for this. */
    readonly intact: boolean
    readonly entries: number
    /** Hash of its last entry, hex: what another copy of the trail must hold at this length. */
    readonly head: string | null
    /** Those of this alert, in order; each hash covers the one before and the entry (`hash-chain.ts`). */
    readonly ofAlert: readonly (Omit<AuditEntry, 'at'> & { readonly at: string })[]
  }
  readonly report: AlertReport
  /** Of `GET /v1/alerts/{id}/report` as CSV, phones in full: SHA-256, hex. */
  readonly deliveriesSha256: string
  /** Since when there are none, by the organisation's retention: evidence from before has their digest. */
  readonly deliveriesDeletedAt: string | null
}

/**
 * @returns a flattened JWS of `Evidence` as JSON
 * @throws AppError `not_found`
 */
export async function evidenceOf(
  db: Database,
  alertId: string,
  masterKey: Uint8Array,
  now: Date,
): ReturnType<typeof signEvidence> {
  const { alert, report } = await reportOf(db, alertId, now)
  const { name, sender } = await readOrganisation(db)
  const evidence: Evidence = {
    version: 1,
    madeAt: now.toISOString(),
    organisation: { name, sender },
    alertId,
    state: alert.state,
    content: alert.content === null ? null : Buffer.from(alert.content).toString(),
    signatures: await signaturesOf(db, alertId),
    cap: await capOf(db, alert, masterKey, now),
    audit: await auditOf(db, alertId),
    report,
    deliveriesSha256: await digestOfDeliveries(db, alertId),
    deliveriesDeletedAt: alert.recipientsDeletedAt?.toISOString() ?? null,
  }
  const payload = Buffer.from(JSON.stringify(evidence))
  return signEvidence(payload, await xmlSigningKey(db, masterKey, now))
}

async function signaturesOf(db: Database, alertId: string): Promise<Evidence['signatures']> {
  const rows = await standingSignatures(db, alertId)
  const names = await readOperatorNames(
    db,
    rows.map(({ operatorId }) => operatorId),
  )
  return Promise.all(
    rows.map(async ({ role, operatorId, kid, jws, at, passkey }) => {
      const key = await findSigningKey(db, kid)
      return {
        role,
        operatorId,
        operatorName: names.get(operatorId) ?? null,
        kid,
        jwk: key?.jwk ?? null,
        jws,
        at: at.toISOString(),
        passkey,
        keyPasskey: key?.passkey ?? null,
      }
    }),
  )
}

/** A draft has none, and what was damaged can't be published: the rest is evidence of that. */
async function capOf(
  db: Database,
  alert: AlertRow,
  masterKey: Uint8Array,
  now: Date,
): Promise<string | null> {
  try {
    return Buffer.from(await exportAlert(db, alert, masterKey, now)).toString()
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
}

async function auditOf(db: Database, alertId: string): Promise<Evidence['audit']> {
  const verdict = await verifyChain(readAuditChain(db))
  const ofAlert = await listAuditOf(db, alertId)
  return {
    intact: verdict.intact,
    entries: verdict.intact ? verdict.entries : verdict.seq - 1,
    head: verdict.intact ? Buffer.from(verdict.head).toString('hex') : null,
    ofAlert: ofAlert.map(entry => ({ ...entry, at: entry.at.toISOString() })),
  }
}

async function digestOfDeliveries(db: Database, alertId: string): Promise<string> {
  const hash = createHash('sha256')
  const inFull = { roles: ['administrator' as const] }
  for await (const piece of deliveriesCsv(db, alertId, inFull)) hash.update(piece)
  return hash.digest('hex')
}
