/** What evidence says, held against itself: by anybody, anywhere, with nothing but the file. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CHAIN_START, chainHash } from '../signing/hash-chain.ts'
import { challengeOf, keptAssertionSchema, verifyKept } from '../signing/kept-assertions.ts'
import { ALERT_ROLES, signingInputDigest, verifyAlertJws } from '../signing/jws.ts'
import { checkPublicJwk } from '../signing/keys.ts'

export interface Finding {
  readonly isGood: boolean
  readonly what: string
}

/** What is looked at; there is more in it. */
const evidenceSchema = z.object({
  version: z.literal(1),
  madeAt: z.string(),
  organisation: z.object({ name: z.string() }),
  alertId: z.string(),
  state: z.string(),
  content: z.string().nullable(),
  signatures: z.array(
    z.object({
      role: z.enum(ALERT_ROLES),
      operatorName: z.string().nullable(),
      kid: z.string(),
      jwk: z.unknown(),
      jws: z.string(),
      at: z.string(),
      // Evidence from before there were passkeys has none.
      passkey: keptAssertionSchema.nullable().default(null),
      keyPasskey: keptAssertionSchema.nullable().default(null),
    }),
  ),
  audit: z.object({
    intact: z.boolean(),
    entries: z.int(),
    ofAlert: z.array(
      z.object({
        seq: z.int(),
        at: z.string(),
        operatorId: z.string().nullable(),
        action: z.string(),
        subject: z.string(),
        detail: z.record(z.string(), z.unknown()),
        previousHash: z.string(),
        hash: z.string(),
      }),
    ),
  }),
  deliveriesSha256: z.string(),
  // Evidence from before they could be has nothing of it.
  deliveriesDeletedAt: z.string().nullable().default(null),
})
type Said = z.output<typeof evidenceSchema>

/**
 * @param payload what `openEvidence` gave
 * @param deliveriesSha256 of the CSV at hand, hex; undefined: none is
 */
export async function checkEvidence(
  payload: Uint8Array,
  deliveriesSha256?: string,
): Promise<Finding[]> {
  const said = readSaid(payload)
  if (said === undefined) return [{ isGood: false, what: 'it is not in the form of evidence' }]
  const { name } = said.organisation
  const findings = [
    { isGood: true, what: `alert ${said.alertId} of ${name}, ${said.state} at ${said.madeAt}` },
    contentFinding(said),
    ...(await signatureFindings(said)),
    ...(await passkeyFindings(said)),
    ...breakGlassFindings(said),
    ...auditFindings(said),
  ]
  const { deliveriesDeletedAt: deletedAt } = said
  if (deletedAt !== null) {
    const what = `the deliveries had been deleted at ${deletedAt}: evidence from before tells of them`
    findings.push({ isGood: true, what })
  } else if (deliveriesSha256 !== undefined) {
    const isGood = deliveriesSha256 === said.deliveriesSha256
    findings.push({ isGood, what: `the deliveries are ${isGood ? '' : 'NOT '}those of then` })
  }
  return findings
}

function readSaid(payload: Uint8Array): Said | undefined {
  try {
    return evidenceSchema.parse(JSON.parse(Buffer.from(payload).toString()))
  } catch {
    return undefined
  }
}

function contentFinding({ content, alertId }: Said): Finding {
  if (content === null) return { isGood: true, what: 'nothing was signed' }
  const digest = createHash('sha256').update(content).digest('hex')
  const isGood = contentId(content) === alertId
  return {
    isGood,
    what: `what was signed is ${isGood ? '' : 'NOT '}of this alert: SHA-256 ${digest}`,
  }
}

function contentId(content: string): unknown {
  try {
    return z.object({ id: z.string() }).parse(JSON.parse(content)).id
  } catch {
    return undefined
  }
}

const TITLES = {
  author: 'the author',
  approver: 'the approver',
  breakGlass: 'who sent it alone',
} as const

async function signatureFindings({ content, signatures }: Said): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { role, operatorName, kid, jwk, jws, at } of signatures) {
    const whose = `${TITLES[role]}, ${operatorName ?? 'somebody'}, at ${at}, key ${kid}`
    try {
      const checked = await checkPublicJwk(jwk)
      await verifyAlertJws(jws, Buffer.from(content ?? ''), {
        role,
        resolveKey: wanted => (wanted === kid && checked.kid === kid ? checked : undefined),
      })
      findings.push({ isGood: true, what: `signed by ${whose}` })
    } catch {
      findings.push({ isGood: false, what: `NO good signature of ${whose}` })
    }
  }
  return findings
}

/** That nobody approved it is said; whether it might go so, and had waited so long, by what was signed and by the trail. */
function breakGlassFindings({ content, signatures, audit }: Said): Finding[] {
  const alone = signatures.find(({ role }) => role === 'breakGlass')
  if (alone === undefined) return []
  const author = signatures.find(({ role }) => role === 'author')
  const who = alone.operatorName ?? 'somebody'
  const seconds = breakGlassAfterSeconds(content ?? '')
  const waited = (Date.parse(alone.at) - Date.parse(author?.at ?? '')) / 1000
  const entryOf = (action: string, at: string | undefined) =>
    audit.ofAlert.find(one => one.action === action && one.detail['signedAt'] === at)
  const submitted = entryOf('alert.submitted', author?.at)
  const entry = entryOf('alert.brokeGlass', alone.at)
  const given = entry?.detail['reason']
  const reason = typeof given === 'string' ? given : 'no reason is on record'
  const isGood =
    seconds !== undefined && waited >= seconds && submitted !== undefined && entry !== undefined
  return [
    { isGood: true, what: `sent by one person, without an approver: ${who}: ${reason}` },
    {
      isGood,
      what: isGood
        ? `that was signed to be allowed after ${seconds} s; it had waited for ${waited} s`
        : 'that was NOT allowed by what was signed, or it had NOT waited so long',
    },
  ]
}

function breakGlassAfterSeconds(content: string): number | undefined {
  try {
    return z.object({ breakGlassAfterSeconds: z.number() }).parse(JSON.parse(content))
      .breakGlassAfterSeconds
  } catch {
    return undefined
  }
}

/** Whether those who signed were there: what their passkeys answered to the signature, and to the key. */
async function passkeyFindings({ content, signatures }: Said): Promise<Finding[]> {
  const bytes = Buffer.from(content ?? '')
  const answers = signatures.flatMap(({ role, kid, jws, passkey, keyPasskey }) => [
    {
      kept: passkey,
      challenge: signingInputDigest(jws, bytes),
      what: `${TITLES[role]}'s signature`,
    },
    {
      kept: keyPasskey,
      challenge: challengeOf(kid),
      what: `the enrolment of ${TITLES[role]}'s key`,
    },
  ])
  const findings: Finding[] = []
  for (const { kept, challenge, what } of answers) {
    if (kept === null) continue
    const by = `the passkey ${kept.credentialId} of ${kept.rpId}, its owner verified`
    const isGood = await verifyKept(kept, challenge).then(
      () => true,
      () => false,
    )
    findings.push({ isGood, what: `${what} is ${isGood ? '' : 'NOT '}confirmed by ${by}` })
  }
  return findings
}

/** Of one alert the entries stand apart: each is held against its own hash, and against its neighbour where it has one. */
function auditFindings({ audit, alertId }: Said): Finding[] {
  let last: (typeof audit.ofAlert)[number] | undefined
  for (const entry of audit.ofAlert) {
    const { seq, at, operatorId, action, subject, detail, previousHash, hash } = entry
    const previous = seq === 1 ? CHAIN_START : Buffer.from(previousHash, 'hex')
    const hashed = chainHash(previous, { seq, at, operatorId, action, subject, detail })
    const isInOrder = last === undefined || seq > last.seq
    const isLinked = last === undefined || seq !== last.seq + 1 || previousHash === last.hash
    if (
      Buffer.from(hashed).toString('hex') !== hash ||
      subject !== alertId ||
      !isInOrder ||
      !isLinked
    )
      return [{ isGood: false, what: `audit entry ${seq} does NOT hash to what it says` }]
    last = entry
  }
  const trail = audit.intact ? 'was whole' : 'was BROKEN'
  return [
    {
      isGood: audit.intact,
      what: `${audit.ofAlert.length} audit entries hash to what they say; the trail of ${audit.entries} ${trail}`,
    },
  ]
}
