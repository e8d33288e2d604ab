import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { verifyForSending } from '../../src/alerts/verify.ts'
import { checkEvidence } from '../../src/reports/evidence-check.ts'
import { openEvidence } from '../../src/signing/evidence.ts'
import { signAlert } from '../../src/signing/jws.ts'
import { generateSigningKey } from '../../src/signing/keys.ts'
import type { Database } from '../../src/store/database.ts'
import {
  anAlert,
  aSigner,
  compose,
  contactsAt,
  contentBytes,
  type Signer,
} from '../alerts/people.ts'
import { anAuthenticator, type Authenticator, type Oddities } from '../support/authenticator.ts'
import { aFlood, dispatch } from '../support/corrections.ts'
import { type Caller, type Edge, test } from '../support/edge.ts'

const problemOf = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ status, code }) })

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** What a detached signature signs, as whoever reads RFC 7515 would put it together. */
const challengeOf = (jws: string, bytes: Uint8Array) =>
  sha256(`${jws.split('.')[0]}.${Buffer.from(bytes).toString('base64url')}`)

async function aPhoneOf(caller: Caller): Promise<Authenticator & { readonly id: string }> {
  const phone = anAuthenticator({ origin: 'http://tocsin.test' })
  const { body: options } = await caller.call('POST', '/v1/me/passkeys/options')
  const json = { label: 'Phone', response: phone.create(options) }
  const { body } = await caller.call('POST', '/v1/me/passkeys', { json })
  return Object.assign(phone, { id: body.id as string })
}

interface Person extends Signer {
  readonly phone: Authenticator & { readonly id: string }
}

async function aPerson(edge: Edge, role: 'author' | 'approver'): Promise<Person> {
  const signer = await aSigner(edge, [role])
  return { ...signer, phone: await aPhoneOf(signer) }
}

/** Signs as the step demands, has the phone answer to it, and takes the step. */
async function step(
  edge: Edge,
  person: Person,
  id: string,
  what: 'submit' | 'approve',
  odd?: Oddities,
) {
  const role = what === 'submit' ? 'author' : 'approver'
  const bytes = await contentBytes(edge, person, id)
  const signature = await signAlert(bytes, person.key, { role, form: 'detached' })
  const passkey = person.phone.get(challengeOf(signature, bytes), odd)
  const json = { signature, passkey }
  return person.call('POST', `/v1/alerts/${id}/${what}`, { json })
}

async function demand(edge: Edge, passkeys: object): Promise<void> {
  const administrator = await edge.caller({ roles: ['administrator'] })
  await aPhoneOf(administrator)
  const json = { policy: { passkeys } }
  expect((await administrator.call('PATCH', '/v1/organisation', { json })).status).toBe(200)
}

/** Runs under a policy, and takes it back. */
async function under(edge: Edge, passkeys: object, work: () => Promise<void>): Promise<void> {
  await demand(edge, passkeys)
  try {
    await work()
  } finally {
    await demand(edge, { authors: false, approvers: false, keys: false })
  }
}

const stateOf = async (caller: Caller, id: string) =>
  (await caller.call('GET', `/v1/alerts/${id}`)).body.state

test('a passkey confirms a signature, and stands beside it in the alert and in the evidence', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const approver = await aPerson(edge, 'approver')
  const id = await compose(author, anAlert())
  const submitted = await step(edge, author, id, 'submit')
  expect(submitted.status).toBe(200)
  expect((await step(edge, approver, id, 'approve')).status).toBe(200)

  const { body: alert } = await author.call('GET', `/v1/alerts/${id}`)
  expect(alert.signatures).toMatchObject([
    { role: 'author', passkey: { credentialId: author.phone.credentialId } },
    { role: 'approver', passkey: { credentialId: approver.phone.credentialId } },
  ])
  expect(alert.signatures[0].passkey.at).toBe(alert.signatures[0].at)
  await verifyForSending(db, id)

  const auditor = await edge.caller({ roles: ['auditor'] })
  const { body: file } = await auditor.call('GET', `/v1/alerts/${id}/evidence`)
  const { payload } = await openEvidence(JSON.stringify(file))
  const findings = await checkEvidence(payload)
  expect(findings.filter(({ isGood }) => !isGood)).toEqual([])
  const lines = findings.map(({ what }) => what).join('\n')
  expect(lines).toContain(
    `the author's signature is confirmed by the passkey ${author.phone.credentialId} of tocsin.test`,
  )
  expect(lines).toContain(
    `the approver's signature is confirmed by the passkey ${approver.phone.credentialId} of tocsin.test`,
  )

  const said = JSON.parse(Buffer.from(payload).toString())
  const swapped = (text: string) => text.replace(/^./, first => (first === 'A' ? 'B' : 'A'))
  const tamperings: ((passkey: Record<string, string>) => void)[] = [
    passkey => (passkey['signature'] = swapped(passkey['signature']!)),
    passkey => (passkey['authenticatorData'] = swapped(passkey['authenticatorData']!)),
    passkey => (passkey['clientDataJSON'] = 'e30'),
    passkey => (passkey['publicKey'] = said.signatures[1].passkey.publicKey),
    passkey => Object.assign(passkey, said.signatures[1].passkey),
    passkey => (passkey['rpId'] = 'evil.example'),
  ]
  for (const [no, tamper] of tamperings.entries()) {
    const changed = structuredClone(said)
    tamper(changed.signatures[0].passkey)
    const bad = (await checkEvidence(Buffer.from(JSON.stringify(changed)))).filter(
      ({ isGood }) => !isGood,
    )
    expect(bad.map(({ what }) => what).join('\n'), String(no)).toContain(
      "the author's signature is NOT confirmed",
    )
  }
}, 60_000)

test("SECURITY.md T7: no answer but the caller's own, to this very signature, confirms it", async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const other = await aPerson(edge, 'author')
  const id = await compose(author, anAlert())
  const bytes = await contentBytes(edge, author, id)
  const signature = await signAlert(bytes, author.key, { role: 'author', form: 'detached' })
  const challenge = challengeOf(signature, bytes)

  const another = await compose(author, anAlert())
  const otherBytes = await contentBytes(edge, author, another)
  const otherSignature = await signAlert(otherBytes, author.key, {
    role: 'author',
    form: 'detached',
  })
  const revoked = await aPhoneOf(author)
  await author.call('POST', `/v1/me/passkeys/${revoked.id}/revoke`)
  const unverified = await compose(author, anAlert())

  const { challenge: forSignIn } = (
    await edge.call('POST', '/v1/auth/passkey/options', { json: {} })
  ).body
  const good = () => author.phone.get(challenge)
  const altered = (change: Record<string, string>) => {
    const answer = good()
    return { ...answer, response: { ...answer.response, ...change } }
  }
  const answers: Record<string, object> = {
    "another alert's": author.phone.get(challengeOf(otherSignature, otherBytes)),
    'of the content alone': author.phone.get(sha256(Buffer.from(bytes).toString())),
    'of the detached signature as it is written': author.phone.get(sha256(signature)),
    'of a sign-in': author.phone.get(forSignIn),
    "another person's": other.phone.get(challenge),
    'of a revoked passkey': revoked.get(challenge),
    'of an unknown passkey': anAuthenticator({ origin: 'http://tocsin.test' }).get(challenge),
    "another person's, in one's own name": {
      ...other.phone.get(challenge),
      id: author.phone.credentialId,
      rawId: author.phone.credentialId,
    },
    'of another owner': author.phone.get(challenge, {
      userHandle: Buffer.alloc(16).toString('base64url'),
    }),
    'of another origin': author.phone.get(challenge, { origin: 'https://evil.example' }),
    'of another host': author.phone.get(challenge, { rpId: 'evil.example' }),
    'nobody verified': author.phone.get(challenge, { userVerified: false }),
    'from inside another page': author.phone.get(challenge, { crossOrigin: true }),
    'of another kind': author.phone.get(challenge, { type: 'webauthn.create' }),
    'other client data': altered({ clientDataJSON: 'e30' }),
    'another signature': altered({ signature: other.phone.get(challenge).response.signature }),
    garbage: altered({ authenticatorData: Buffer.alloc(3000, 0xff).toString('base64url') }),
  }
  for (const [name, passkey] of Object.entries(answers)) {
    const json = { signature, passkey }
    const refused = await author.call('POST', `/v1/alerts/${id}/submit`, { json })
    expect(refused, name).toEqual(problemOf(422, 'passkey_mismatch'))
    expect(refused.body.errors[0].pointer, name).toBe('/passkey')
  }
  const tooLarge = { signature, passkey: altered({ authenticatorData: 'gYGB'.repeat(262_144) }) }
  expect(await author.call('POST', `/v1/alerts/${id}/submit`, { json: tooLarge })).toEqual(
    problemOf(400, 'invalid_request'),
  )
  expect(await stateOf(author, id)).toBe('draft')
  const json = { signature, passkey: good() }
  expect((await author.call('POST', `/v1/alerts/${id}/submit`, { json })).status).toBe(200)
  // The same once more is a step that was taken, and no copied passkey.
  expect(await author.call('POST', `/v1/alerts/${id}/submit`, { json })).toEqual(
    problemOf(409, 'wrong_state'),
  )
  expect((await step(edge, author, unverified, 'submit')).status).toBe(200)
})

test('a passkey whose counter goes back confirms nothing, and that stays on record', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const auditor = await edge.caller({ roles: ['auditor'] })
  const author = await aPerson(edge, 'author')
  const [one, two] = [await compose(author, anAlert()), await compose(author, anAlert())]
  expect((await step(edge, author, one, 'submit')).status).toBe(200)
  const counter = author.phone.counter
  expect(await step(edge, author, two, 'submit', { counter })).toEqual(
    problemOf(422, 'passkey_mismatch'),
  )
  const { body: listed } = await author.call('GET', '/v1/me/passkeys')
  expect(listed.items[0].suspectedAt).not.toBeNull()
  const { body: trail } = await auditor.call('GET', '/v1/audit?limit=1')
  expect(trail.items).toMatchObject([
    { action: 'passkey.suspected', operatorId: author.id, subject: author.phone.id },
  ])
  expect(await stateOf(author, two)).toBe('draft')
  expect(await step(edge, author, two, 'submit')).toEqual(problemOf(422, 'passkey_mismatch'))
})

test('where policy asks approvers for it, no key alone approves, and no dispatcher sends', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const approver = await aPerson(edge, 'approver')
  await under(edge, { approvers: true }, async () => {
    const id = await compose(author, anAlert())
    expect((await author.submit(id)).status).toBe(200)
    const refused = await approver.approve(id)
    expect(refused).toEqual(problemOf(422, 'passkey_required'))
    // Whoever builds a console on this is told what to ask the passkey for.
    const bytes = await contentBytes(edge, approver, id)
    const signature = await signAlert(bytes, approver.key, { role: 'approver', form: 'attached' })
    expect(refused.body.detail).toContain(challengeOf(signature, bytes))
    expect((await step(edge, approver, id, 'approve')).status).toBe(200)
    const content = JSON.parse(Buffer.from(bytes).toString())
    expect(content.passkeys).toEqual(['approver'])
    await verifyForSending(db, id)

    await expectRefusals(db, id, author, approver)
  })
})

/** What is stored is not what was confirmed: nothing goes out. */
async function expectRefusals(
  db: Database,
  id: string,
  author: Person,
  approver: Person,
): Promise<void> {
  const { credentialId } = approver.phone
  const cases: readonly [string, ReturnType<typeof sql>][] = [
    ['integrity_violation', sql`update signatures set passkey = null where alert_id = ${id}`],
    [
      'integrity_violation',
      sql`update signatures set passkey = jsonb_set(passkey, '{signature}', '"AAAA"')
          where alert_id = ${id} and role = 'approver'`,
    ],
    [
      'integrity_violation',
      sql`update signatures set passkey = jsonb_set(passkey, '{credentialId}', ${JSON.stringify(author.phone.credentialId)}::jsonb)
          where alert_id = ${id} and role = 'approver'`,
    ],
    [
      'integrity_violation',
      sql`update passkeys set operator_id = ${author.id} where credential_id = ${credentialId}`,
    ],
    [
      'integrity_violation',
      sql`update passkeys set public_key = '\\x00' where credential_id = ${credentialId}`,
    ],
    [
      'signature_key_revoked',
      sql`update passkeys set revoked_at = now() where credential_id = ${credentialId}`,
    ],
    [
      'signature_key_revoked',
      sql`update passkeys set suspected_at = now() where credential_id = ${credentialId}`,
    ],
  ]
  class Undo extends Error {}
  for (const [code, damage] of cases) {
    await db
      .transaction(async tx => {
        await tx.execute(damage)
        await expect(verifyForSending(tx, id)).rejects.toMatchObject({ code })
        throw new Undo()
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undo)) throw error
      })
  }
  await verifyForSending(db, id)
}

test('where policy asks authors for it, no key alone submits', async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const approver = await aPerson(edge, 'approver')
  await under(edge, { authors: true }, async () => {
    const id = await compose(author, anAlert())
    expect(await author.submit(id)).toEqual(problemOf(422, 'passkey_required'))
    expect(await stateOf(author, id)).toBe('draft')
    expect((await step(edge, author, id, 'submit')).status).toBe(200)
    expect((await approver.approve(id)).status).toBe(200)
    await verifyForSending(db, id)
  })
})

test('who sends an alert without an approver confirms it as both would have', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const administrator = await edge.caller({ roles: ['administrator'] })
  const allow = (breakGlassAfterSeconds: number | null) =>
    administrator.call('PATCH', '/v1/organisation', {
      json: { policy: { breakGlassAfterSeconds } },
    })
  await allow(60)
  await under(edge, { approvers: true }, async () => {
    const id = await compose(author, anAlert())
    expect((await author.submit(id)).status).toBe(200)
    edge.pass(60)
    expect(await author.breakGlass(id)).toEqual(problemOf(422, 'passkey_required'))
    expect(await stateOf(author, id)).toBe('submitted')
    const bytes = await contentBytes(edge, author, id)
    const signature = await signAlert(bytes, author.key, { role: 'breakGlass', form: 'detached' })
    const answer = (passkey: object) => {
      const json = { signature, passkey, reason: 'Nobody answers.' }
      return author.call('POST', `/v1/alerts/${id}/break-glass`, { json })
    }
    // What confirmed the author's own signature confirms no other.
    const asAuthor = await signAlert(bytes, author.key, { role: 'author', form: 'detached' })
    expect(await answer(author.phone.get(challengeOf(asAuthor, bytes)))).toEqual(
      problemOf(422, 'passkey_mismatch'),
    )
    expect((await answer(author.phone.get(challengeOf(signature, bytes)))).status).toBe(200)
    await verifyForSending(db, id)
    await db.execute(sql`
      update signatures set passkey = null where alert_id = ${id}::uuid and role = 'breakGlass'`)
    await expect(verifyForSending(db, id)).rejects.toMatchObject({ code: 'integrity_violation' })
  })
  await allow(null)
})

test('what was approved before policy asked for more is sent as it was approved', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const approver = await aPerson(edge, 'approver')
  const [approved, waiting] = [await compose(author, anAlert()), await compose(author, anAlert())]
  for (const id of [approved, waiting]) expect((await author.submit(id)).status).toBe(200)
  expect((await approver.approve(approved)).status).toBe(200)
  await under(edge, { authors: true, approvers: true }, async () => {
    await verifyForSending(db, approved)
    expect(await approver.approve(waiting)).toEqual(problemOf(422, 'passkey_required'))
    expect((await step(edge, approver, waiting, 'approve')).status).toBe(200)
  })
})

test('a key is enrolled with a passkey that answers to its thumbprint', async ({ edge, db }) => {
  const author = await edge.caller({ roles: ['author'] })
  const phone = await aPhoneOf(author)
  const { publicJwk, kid } = await generateSigningKey('P-256')
  const enrolled = (passkey?: object, jwk: object = publicJwk) =>
    author.call('POST', '/v1/me/keys', { json: { jwk, label: 'Laptop', passkey } })
  await under(edge, { keys: true }, async () => {
    expect(await enrolled()).toEqual(problemOf(422, 'passkey_required'))
    expect(await enrolled(phone.get(sha256('another thumbprint')))).toEqual(
      problemOf(422, 'passkey_mismatch'),
    )
    expect(await enrolled(phone.get(sha256(kid), { userVerified: false }))).toEqual(
      problemOf(422, 'passkey_mismatch'),
    )
    expect((await author.call('GET', '/v1/me/keys')).body.items).toEqual([])
    // Somebody was there just now, so it matters no more when they signed in.
    edge.pass(6 * 60)
    expect(await enrolled(phone.get(sha256(kid)))).toMatchObject({
      status: 201,
      body: { kid, passkey: { credentialId: phone.credentialId } },
    })
    expect(await enrolled(phone.get(sha256(kid)))).toEqual(problemOf(409, 'already_exists'))
  })
  const [row] = await db.execute<{ kept: { credentialId: string; signature: string } }>(
    sql`select passkey as kept from signing_keys where kid = ${kid}`,
  )
  expect(row?.kept.credentialId).toBe(phone.credentialId)
  const { publicJwk: next } = await generateSigningKey('Ed25519')
  expect(await enrolled(undefined, next)).toEqual(problemOf(403, 'forbidden'))
})

test('nobody asks others for a passkey who has none', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  for (const passkeys of [{ authors: true }, { approvers: true }, { keys: true }]) {
    const json = { policy: { passkeys } }
    expect(await administrator.call('PATCH', '/v1/organisation', { json })).toEqual(
      problemOf(422, 'passkey_required'),
    )
  }
  await aPhoneOf(administrator)
  const json = { policy: { passkeys: { keys: true } } }
  const { body } = await administrator.call('PATCH', '/v1/organisation', { json })
  // What is left out stays.
  expect(body.policy.passkeys).toEqual({
    signIn: 'optional',
    authors: false,
    approvers: false,
    keys: true,
  })
  const back = { policy: { passkeys: { keys: false } } }
  await administrator.call('PATCH', '/v1/organisation', { json: back })
})

test('a retraction is confirmed as any signature, and a phone that is lost later stops nothing', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aPerson(edge, 'author')
  const approver = await aPerson(edge, 'approver')
  await under(edge, { authors: true, approvers: true }, async () => {
    const id = await compose(author, aFlood())
    expect((await step(edge, author, id, 'submit')).status).toBe(200)
    expect((await step(edge, approver, id, 'approve')).status).toBe(200)
    await dispatch(author, id)

    const bytes = await contentBytes(edge, author, id, 'cancel')
    const signature = await signAlert(bytes, author.key, { role: 'author', form: 'detached' })
    const cancel = (passkey?: object) =>
      author.call('POST', `/v1/alerts/${id}/cancel`, { json: { signature, passkey } })
    expect(await cancel()).toEqual(problemOf(422, 'passkey_required'))
    expect(await cancel(approver.phone.get(challengeOf(signature, bytes)))).toEqual(
      problemOf(422, 'passkey_mismatch'),
    )
    expect(await stateOf(author, id)).toBe('sending')
    const { status, body } = await cancel(author.phone.get(challengeOf(signature, bytes)))
    expect(status).toBe(202)
    const { body: correction } = await author.call('GET', `/v1/alerts/${body.correctionId}`)
    expect(correction.signatures).toMatchObject([
      { role: 'author', passkey: { credentialId: author.phone.credentialId } },
    ])

    edge.pass(1)
    for (const { call, phone } of [author, approver]) {
      expect((await call('POST', `/v1/me/passkeys/${phone.id}/revoke`)).status).toBe(200)
    }
    await verifyForSending(db, id)
    await verifyForSending(db, body.correctionId)
    await db.execute(
      sql`update signatures set passkey = null where alert_id = ${body.correctionId}`,
    )
    await expect(verifyForSending(db, body.correctionId)).rejects.toMatchObject({
      code: 'integrity_violation',
    })
  })
})
