import { createHash, X509Certificate } from 'node:crypto'
import { expect } from 'vitest'
import { checkEvidence } from '../../src/reports/evidence-check.ts'
import { createXmlSigningKey } from '../../src/signing/xml-signature.ts'
import { openEvidence, signEvidence } from '../../src/signing/evidence.ts'
import { anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

/** A key for XML is made once, and takes its second. */
const SLOW = { timeout: 60_000 }

test(
  'what an alert was is shown by one file, and whoever changes anything in it is found out',
  SLOW,
  async ({ edge, db }) => {
    await contactsAt(db, [[-96.5, 30.5]])
    const author = await aSigner(edge, ['author'])
    const approver = await aSigner(edge, ['approver'])
    const id = await compose(author, anAlert())
    expect((await author.submit(id)).status).toBe(200)
    expect((await approver.approve(id)).status).toBe(200)
    const auditor = await edge.caller({ roles: ['auditor'] })
    const admin = await edge.caller({ roles: ['administrator'] })

    const answer = await auditor.call('GET', `/v1/alerts/${id}/evidence`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Content-Disposition')).toContain(`alert-${id}.evidence.json`)
    const file = JSON.stringify(answer.body)
    const { payload, fingerprint } = await openEvidence(file)
    const pem = await edge.call('GET', '/.well-known/cap-certificates.pem')
    expect(fingerprint).toBe(
      new X509Certificate(pem.body).fingerprint256.replaceAll(':', '').toLowerCase(),
    )

    const csv = await admin.call('GET', `/v1/alerts/${id}/report`, {
      headers: { Accept: 'text/csv' },
    })
    const digest = createHash('sha256').update(csv.body).digest('hex')
    const findings = await checkEvidence(payload, digest)
    expect(findings.filter(({ isGood }) => !isGood)).toEqual([])
    const lines = findings.map(({ what }) => what).join('\n')
    expect(lines).toMatch(/signed by the author, .*, key \S{43}/)
    expect(lines).toMatch(/signed by the approver, .*, key \S{43}/)
    expect(lines).toMatch(/[3-9] audit entries hash to what they say; the trail of \d+ was whole/)
    expect(lines).toContain('the deliveries are those of then')

    const said = JSON.parse(Buffer.from(payload).toString())
    expect(said).toMatchObject({ alertId: id, state: 'approved', version: 1 })
    expect(said.cap).toContain('<status>Actual</status>')
    expect(Buffer.from(payload).toString()).not.toContain('+1555')

    const tamperings: readonly [string, (evidence: typeof said) => void][] = [
      ['NO good signature of the author', e => (e.content = e.content.replace('30', '31'))],
      ['NOT of this alert', e => (e.alertId = '018f0000-0000-7000-8000-000000000000')],
      ['NO good signature of the approver', e => (e.signatures[1].jwk = e.signatures[0].jwk)],
      ['does NOT hash', e => (e.audit.ofAlert[0].operatorId = approver.id)],
      ['does NOT hash', e => (e.audit.ofAlert[1].at = new Date().toISOString())],
      ['does NOT hash', e => e.audit.ofAlert.reverse()],
      ['was BROKEN', e => (e.audit.intact = false)],
      ['NOT those of then', e => (e.deliveriesSha256 = '0'.repeat(64))],
      ['not in the form', e => delete e.audit],
    ]
    for (const [found, tamper] of tamperings) {
      const changed = structuredClone(said)
      tamper(changed)
      const bytes = Buffer.from(JSON.stringify(changed))
      const bad = (await checkEvidence(bytes, digest)).filter(({ isGood }) => !isGood)
      expect(bad.map(({ what }) => what).join('\n')).toContain(found)
      // It can't be put back under the signature either.
      const forged = { ...answer.body, payload: bytes.toString('base64url') }
      await expect(openEvidence(JSON.stringify(forged))).rejects.toMatchObject({
        code: 'invalid_signature',
      })
    }
    // Under another key it opens, and shows whose it is.
    const other = await createXmlSigningKey('somebody else', new Date())
    const signed = await openEvidence(JSON.stringify(await signEvidence(payload, other)))
    expect(signed.fingerprint).not.toBe(fingerprint)
  },
)

test('of a draft there is evidence that nothing was signed', SLOW, async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author'])
  const auditor = await edge.caller({ roles: ['auditor'] })
  const id = await compose(author, anAlert())
  const { body } = await auditor.call('GET', `/v1/alerts/${id}/evidence`)
  const { payload } = await openEvidence(JSON.stringify(body))
  const findings = await checkEvidence(payload)
  expect(findings.every(({ isGood }) => isGood)).toBe(true)
  expect(findings.map(({ what }) => what)).toContain('nothing was signed')
})

test('what is no evidence is not opened', async () => {
  for (const file of ['', '{}', '[]', '{"payload":"e30","protected":"e30","signature":"e30"}']) {
    await expect(openEvidence(file)).rejects.toMatchObject({ code: 'invalid_signature' })
  }
})
