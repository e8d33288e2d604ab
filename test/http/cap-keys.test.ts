import { expect } from 'vitest'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { verifyXmlSignature } from '../../src/signing/xml-signature.ts'
import { anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { type Edge, test } from '../support/edge.ts'

const pemsOf = async (edge: Edge): Promise<string[]> => {
  const { body } = await edge.call('GET', '/.well-known/cap-certificates.pem')
  return body.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g)
}

/** An approved alert's CAP, and which of the certificates has signed it. */
async function signedNow(edge: Edge) {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await compose(
    author,
    anAlert({ info: { expires: new Date(edge.deps.now().getTime() + 3_600_000).toISOString() } }),
  )
  await author.submit(id)
  await approver.approve(id)
  const read = async () => (await author.call('GET', `/v1/alerts/${id}/cap`)).body as string
  return { id, xml: await read(), read }
}

const isSignedBy = (xml: string, pem: string) => {
  const { signature } = readCapXml(Buffer.from(xml))
  return verifyXmlSignature(xml, signature!, pem) !== undefined
}

test(
  'a key is followed by another that was shown before; what the first has signed stays',
  { timeout: 120_000 },
  async ({ edge, db }) => {
    await contactsAt(db, [[-96.5, 30.5]])
    const administrator = await edge.caller({ roles: ['administrator'] })
    const before = await signedNow(edge)
    const [first] = await pemsOf(edge)
    const signsFrom = new Date(edge.deps.now().getTime() + 3_600_000).toISOString()
    const made = await administrator.call('POST', '/v1/cap-keys', { json: { signsFrom } })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect(made.body.signsFrom).toBe(signsFrom)
    expect(JSON.stringify(made.body)).not.toContain('PRIVATE')
    const second = made.body.certificate

    // Everybody can read it; the first still signs, and stands first.
    expect(await pemsOf(edge)).toEqual([first, second])
    expect(isSignedBy((await signedNow(edge)).xml, first!)).toBe(true)
    const impatient = await administrator.call('POST', '/v1/cap-keys', { json: {} })
    expect([impatient.status, impatient.body.code]).toEqual([409, 'wrong_state'])

    edge.pass(3_600)
    expect(await pemsOf(edge)).toEqual([second, first])
    const after = await signedNow(edge)
    expect([isSignedBy(after.xml, second), isSignedBy(after.xml, first!)]).toEqual([true, false])
    const auditor = await edge.caller({ roles: ['auditor'] })
    const listed = await auditor.call('GET', '/v1/cap-keys')
    expect(listed.body.items.map((key: { certificate: string }) => key.certificate)).toEqual([
      second,
      first,
    ])
    const again = await auditor.call('GET', `/v1/alerts/${before.id}/cap`)
    expect(again.body).toBe(before.xml)
    expect(isSignedBy(again.body, first!)).toBe(true)
    const audit = await auditor.call('GET', '/v1/audit?limit=1000')
    const created = audit.body.items.filter(
      ({ action }: { action: string }) => action === 'xml_key.created',
    )
    expect(created.map(({ operatorId }: { operatorId: string | null }) => operatorId)).toEqual(
      expect.arrayContaining([null, administrator.id]),
    )
  },
)
