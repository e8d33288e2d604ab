import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { verifyXmlSignature } from '../../src/signing/xml-signature.ts'
import {
  aDrill,
  aListedGroup,
  anAlert,
  aSigner,
  compose,
  contactsAt,
  square,
} from '../alerts/people.ts'
import { type Caller, type Edge, test } from '../support/edge.ts'

/** A key for XML is made once, and takes its second. */
const SLOW = { timeout: 60_000 }

async function capOf(caller: Caller, id: string) {
  const answer = await caller.call('GET', `/v1/alerts/${id}/cap`)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  expect(answer.headers.get('Content-Type')).toBe('application/cap+xml')
  const reading = readCapXml(Buffer.from(answer.body))
  expect(reading.faults).toEqual([])
  return { xml: answer.body as string, etag: answer.headers.get('ETag')!, ...reading }
}

async function verified(edge: Edge, xml: string, signature: string | undefined) {
  const pinned = await edge.call('GET', '/.well-known/cap-certificates.pem')
  return verifyXmlSignature(xml, signature!, pinned.body)
}

test(
  'an alert goes out as CAP: a draft until it is approved, then for good',
  SLOW,
  async ({ edge, db }) => {
    await contactsAt(db, [[-96.5, 30.5]])
    const author = await aSigner(edge, ['author'])
    const approver = await aSigner(edge, ['approver'])
    const holed = square(-97, 30)
    const inner = [
      [-96.6, 30.4],
      [-96.6, 30.6],
      [-96.4, 30.6],
      [-96.4, 30.4],
      [-96.6, 30.4],
    ]
    const id = await compose(
      author,
      anAlert({
        source: 'gauge 12',
        code: ['profile:example:1'],
        incidents: 'flood-2026',
        info: {
          expires: new Date(Date.now() + 3_600_000).toISOString().replace('Z', '+00:00'),
          headline: 'Water over the dam & rising ]]>',
          eventCode: [{ valueName: 'SAME', value: 'FFW' }],
          parameter: [{ valueName: 'gauge', value: '' }],
          resource: [
            { resourceDesc: 'Map', mimeType: 'image/png', uri: 'https://example.org/map' },
          ],
          area: [
            {
              areaDesc: 'The valley',
              polygon: [
                { type: 'Polygon', coordinates: [...holed.coordinates, inner] },
                {
                  type: 'MultiPolygon',
                  coordinates: [square(-90, 30).coordinates, square(-88, 30).coordinates],
                },
              ],
              circle: [{ center: [-96.5, 30.5], radiusKm: 2.5 }],
              geocode: [{ valueName: 'SAME', value: '048201' }],
              altitude: 0,
              ceiling: 1500,
            },
          ],
        },
      }),
    )
    const draft = await author.call('GET', `/v1/alerts/${id}/cap`)
    expect([draft.status, draft.body.code]).toEqual([409, 'wrong_state'])

    const submitted = await author.submit(id)
    expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
    const waiting = await capOf(author, id)
    expect(waiting.message).toMatchObject({ identifier: id, status: 'Draft' })

    await approver.approve(id)
    const { message, xml, signature, etag } = await capOf(author, id)
    const { sent, info } = submitted.body
    expect(message).toEqual({
      identifier: id,
      sender: 'tocsin@tocsin.test',
      sent: sent.replace(/\.\d+Z/, '-00:00'),
      status: 'Actual',
      msgType: 'Alert',
      source: 'gauge 12',
      scope: 'Public',
      code: ['profile:example:1'],
      references: [],
      incidents: 'flood-2026',
      info: [
        {
          language: 'en-US',
          category: ['Met'],
          event: 'Flash Flood Warning',
          responseType: [],
          urgency: 'Immediate',
          severity: 'Extreme',
          certainty: 'Observed',
          eventCode: [{ valueName: 'SAME', value: 'FFW' }],
          expires: info[0].expires.replace(/\.\d+\+00:00/, '-00:00'),
          headline: 'Water over the dam & rising ]]>',
          parameter: [
            { valueName: 'gauge', value: '' },
            { valueName: 'tocsin:sms', value: info[0].sms },
          ],
          resource: [
            { resourceDesc: 'Map', mimeType: 'image/png', uri: 'https://example.org/map' },
          ],
          area: [
            {
              areaDesc: 'The valley',
              // The one with the hole in two parts.
              polygon: [
                expect.any(Array),
                expect.any(Array),
                square(-90, 30).coordinates[0],
                square(-88, 30).coordinates[0],
              ],
              circle: [{ center: [-96.5, 30.5], radiusKm: 2.5 }],
              geocode: [{ valueName: 'SAME', value: '048201' }],
              altitude: 0,
              ceiling: 1500,
            },
          ],
        },
      ],
    })
    expect(await verified(edge, xml, signature)).toContain('Water over the dam')
    expect(await verified(edge, xml.replace('rising', 'falling'), signature)).toBeUndefined()

    const again = await approver.call('GET', `/v1/alerts/${id}/cap`)
    expect(again.body).toBe(xml)
    const unchanged = await author.call('GET', `/v1/alerts/${id}/cap`, {
      headers: { 'If-None-Match': etag },
    })
    expect([unchanged.status, unchanged.body]).toEqual([304, ''])
  },
)

test(
  'a drill says so, in its status and in its texts; withdrawn it has no CAP',
  SLOW,
  async ({ edge, db }) => {
    const members = await contactsAt(db, [[-96.5, 30.5]])
    const author = await aSigner(edge, ['author'], { mode: 'exercise' })
    const id = await compose(author, aDrill(await aListedGroup(db, members), { note: 'Drill 7' }))
    await author.submit(id)
    const { message } = await capOf(author, id)
    expect(message).toMatchObject({ status: 'Exercise', note: 'Drill 7' })
    expect(message!.info[0]!.parameter).toEqual([
      { valueName: 'tocsin:sms', value: expect.stringMatching(/^EXERCISE: FLASH FLOOD/) },
    ])
    await author.call('POST', `/v1/alerts/${id}/withdraw`, { json: {} })
    expect((await author.call('GET', `/v1/alerts/${id}/cap`)).status).toBe(409)
  },
)

test('what is not stored as it was signed is not shown as ours', SLOW, async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const approved = async () => {
    const id = await compose(author, anAlert())
    await author.submit(id)
    await approver.approve(id)
    return id
  }
  const [altered, revoked] = [await approved(), await approved()]
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`
      update alerts set content = b, content_digest = encode(sha256(b), 'hex')
      from (select convert_to(replace(convert_from(content, 'UTF8'), 'higher', 'lower'), 'UTF8') as b
        from alerts where id = ${altered}) as changed where id = ${altered}`)
  })
  const answer = await author.call('GET', `/v1/alerts/${altered}/cap`)
  expect([answer.status, answer.body.code]).toEqual([409, 'integrity_violation'])

  await approver.call('POST', `/v1/me/keys/${approver.kid}/revoke`)
  const refused = await author.call('GET', `/v1/alerts/${revoked}/cap`)
  expect([refused.status, refused.body.code]).toEqual([409, 'signature_key_revoked'])
})
