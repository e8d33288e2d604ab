import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import {
  aDrill,
  aListedGroup,
  anAlert,
  aSigner,
  compose,
  contactsAt,
  contentBytes,
  type Signer,
  square,
} from '../alerts/people.ts'
import { signAlert } from '../../src/signing/jws.ts'
import { generateSigningKey, publicPart } from '../../src/signing/keys.ts'
import type { Database } from '../../src/store/database.ts'
import { type Answer, test } from '../support/edge.ts'
import { fc } from '../support/property.ts'

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]
const post = (who: Signer, id: string, step: string, json?: object) =>
  who.call('POST', `/v1/alerts/${id}/${step}`, json && { json })

/** A draft that reaches somebody. */
async function aDraft(db: Database, author: Signer): Promise<string> {
  await contactsAt(db, [[-96.5, 30.5]])
  return compose(author, anAlert())
}

test('T5: who wrote, edited or submitted an alert can’t approve it, in whatever order', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const people = [
    await aSigner(edge, ['author', 'approver']),
    await aSigner(edge, ['author', 'approver']),
    await aSigner(edge, ['author', 'approver']),
  ]
  const person = fc.constantFrom(0, 1, 2)
  const story = fc.record({
    writer: person,
    hands: fc.array(fc.record({ who: person, what: fc.constantFrom('edit', 'withdraw') }), {
      maxLength: 3,
    }),
    submitter: person,
  })
  await fc.assert(
    fc.asyncProperty(story, async ({ writer, hands, submitter }) => {
      const touched = new Set<number>([writer, submitter])
      const id = await compose(people[writer]!, anAlert())
      for (const { who, what } of hands) {
        if (what === 'edit') {
          touched.add(who)
          await people[who]!.call('PATCH', `/v1/alerts/${id}`, { json: { note: String(who) } })
        } else {
          touched.add(who)
          await people[who]!.submit(id)
          await post(people[who]!, id, 'withdraw')
        }
      }
      expect(said(await people[submitter]!.submit(id))).toEqual([200, 'submitted'])
      for (const who of [0, 1, 2].filter(one => touched.has(one))) {
        expect(said(await people[who]!.approve(id))).toEqual([403, 'had_a_hand'])
      }
      const clean = [0, 1, 2].find(one => !touched.has(one))
      if (clean !== undefined)
        expect(said(await people[clean]!.approve(id))).toEqual([200, 'approved'])
    }),
    { numRuns: 12 },
  )
})

test('A33: a hundred approvals at once are one', { timeout: 30_000 }, async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const approvers = [await aSigner(edge, ['approver']), await aSigner(edge, ['approver'])]
  const id = await aDraft(db, author)
  await author.submit(id)
  const signatures = [
    await approvers[0]!.sign(id, 'approver'),
    await approvers[1]!.sign(id, 'approver'),
  ]
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      post(approvers[i % 2]!, id, 'approve', { signature: signatures[i % 2] }),
    ),
  )
  expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
  expect(answers.filter(answer => answer.body.code === 'wrong_state')).toHaveLength(99)
  const { body } = await author.call('GET', `/v1/alerts/${id}`)
  expect(body.signatures).toHaveLength(2)
  expect(body.history.filter((one: { action: string }) => one.action === 'approved')).toHaveLength(
    1,
  )
})

test('approval and withdrawal at once: one comes first, and what stands afterwards is whole', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  for (let round = 0; round < 5; round++) {
    const id = await aDraft(db, author)
    await author.submit(id)
    const signature = await approver.sign(id, 'approver')
    const [approved, withdrawn] = await Promise.all([
      post(approver, id, 'approve', { signature }),
      post(author, id, 'withdraw'),
    ])
    expect(said(withdrawn)).toEqual([200, 'draft'])
    expect([200, 409]).toContain(approved.status)
    const { body } = await author.call('GET', `/v1/alerts/${id}`)
    expect([body.state, body.signatures, body.contentDigest]).toEqual(['draft', [], null])
  }
})

test('two dispatches at once send once', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await aDraft(db, author)
  await author.submit(id)
  await approver.approve(id)
  const answers = await Promise.all(
    [author, approver, author, approver].map(who =>
      who.call('POST', `/v1/alerts/${id}/dispatch`, {
        headers: { 'Idempotency-Key': randomUUID() },
      }),
    ),
  )
  const statuses = answers.map(answer => answer.status)
  expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409])
})

test('A34: a signature over anything but the content, or by any other key, is refused', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const other = await aSigner(edge, ['author', 'approver'])
  const exercise = await aSigner(edge, ['author'], { mode: 'exercise' })
  const id = await aDraft(db, author)
  const bytes = await contentBytes(edge, author, id)
  const before = await author.call('GET', `/v1/alerts/${id}`)
  const signed = (payload: Uint8Array, key = author.key, role: 'author' | 'approver' = 'author') =>
    signAlert(payload, key, { role, form: 'detached' })
  const pretty = new TextEncoder().encode(
    JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 2),
  )
  const foreign = await contentBytes(edge, author, await aDraft(db, author))
  const { privateJwk: unknown } = await generateSigningKey('Ed25519')
  const wrong = {
    'over another alert': await signed(foreign),
    'over the same, printed prettily': await signed(pretty),
    'over one byte more': await signed(new Uint8Array([...bytes, 10])),
    'as approver': await signed(bytes, author.key, 'approver'),
    'by somebody else’s key': await signed(bytes, other.key),
    'by a key of the other mode': await signed(bytes, exercise.key),
    'by a key that nobody has': await signed(bytes, unknown),
    'of nothing': 'a.b.c',
    'that is no JWS': 'signed, the author',
  }
  for (const [how, signature] of Object.entries(wrong)) {
    expect([how, ...said(await post(author, id, 'submit', { signature }))]).toEqual([
      how,
      422,
      'invalid_signature',
    ])
  }
  await author.call('POST', `/v1/me/keys/${author.kid}/revoke`)
  const revoked = await post(author, id, 'submit', { signature: await signed(bytes) })
  expect(said(revoked)).toEqual([403, 'forbidden'])
  expect((await author.call('GET', `/v1/alerts/${id}`)).body).toEqual(before.body)
})

test('an attached signature, and one by a P-256 key, are as good', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const id = await aDraft(db, author)
  const { privateJwk } = await generateSigningKey('P-256')
  await author.call('POST', '/v1/me/keys', { json: { jwk: publicPart(privateJwk), label: 'p' } })
  const bytes = await contentBytes(edge, author, id)
  const signature = await signAlert(bytes, privateJwk, { role: 'author', form: 'attached' })
  expect(said(await post(author, id, 'submit', { signature }))).toEqual([200, 'submitted'])
})

test('T4: what was signed for an earlier revision fits no later one', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await aDraft(db, author)
  const old = await author.sign(id, 'author')
  await author.call('PATCH', `/v1/alerts/${id}`, { json: { note: 'changed' } })
  expect(said(await post(author, id, 'submit', { signature: old }))).toEqual([
    422,
    'invalid_signature',
  ])
  await author.submit(id)
  const approval = await approver.sign(id, 'approver')
  expect(said(await approver.approve(id))).toEqual([200, 'approved'])
  expect(said(await author.call('PATCH', `/v1/alerts/${id}`, { json: { note: 'again' } }))).toEqual(
    [409, 'wrong_state'],
  )
  expect(said(await post(author, id, 'withdraw', { reason: 'typo' }))).toEqual([200, 'draft'])
  await author.submit(id)
  expect(said(await post(approver, id, 'approve', { signature: approval }))).toEqual([
    422,
    'invalid_signature',
  ])
  expect(said(await approver.approve(id))).toEqual([200, 'approved'])
})

test('a return, a rejection and a withdrawal say why in the history', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await aDraft(db, author)
  await author.submit(id)
  expect((await post(approver, id, 'return')).status).toBe(400)
  expect(said(await post(approver, id, 'return', { reason: 'wrong river' }))).toEqual([
    200,
    'draft',
  ])
  await author.submit(id)
  expect(said(await post(approver, id, 'reject', { reason: 'no river at all' }))).toEqual([
    200,
    'rejected',
  ])
  const { body } = await author.call('GET', `/v1/alerts/${id}`)
  expect(body.history.at(-1)).toMatchObject({
    action: 'rejected',
    from: 'submitted',
    to: 'rejected',
    detail: 'no river at all',
    operatorId: approver.id,
  })
  const trail = await db.execute<{ action: string }>(
    sql`select action from audit where subject = ${id} order by seq`,
  )
  expect(trail.map(entry => entry.action)).toEqual([
    'alert.created',
    'alert.submitted',
    'alert.returned',
    'alert.submitted',
    'alert.rejected',
  ])
})

test('limits and jurisdiction hold for each step of author and approver', async ({ edge, db }) => {
  const free = await aSigner(edge, ['author'])
  const id = await aDraft(db, free)
  const inside = { geometry: square(-98, 29, 3) }
  const covers = await aSigner(edge, ['author', 'approver'], { jurisdiction: inside })
  const far = await aSigner(edge, ['author', 'approver'], {
    jurisdiction: { geometry: square(10, 50) },
  })
  const county = await aSigner(edge, ['author'], {
    jurisdiction: { geocodes: [{ valueName: 'SAME', value: '048453' }] },
  })
  const mild = await aSigner(edge, ['author', 'approver'], { limits: { severities: ['Minor'] } })
  const small = await aSigner(edge, ['author', 'approver'], { limits: { maxRecipients: 1 } })
  const other = await aSigner(edge, ['author', 'approver'], {
    limits: { events: ['Tornado Warning'] },
  })
  for (const [who, code] of [
    [far, 'outside_jurisdiction'],
    [county, 'outside_jurisdiction'],
    [mild, 'over_limits'],
    [small, 'over_limits'],
    [other, 'over_limits'],
  ] as const) {
    expect(said(await who.call('POST', '/v1/alerts', { json: anAlert() }))).toEqual([403, code])
    expect(said(await who.call('PATCH', `/v1/alerts/${id}`, { json: { note: 'x' } }))).toEqual([
      403,
      code,
    ])
    expect(said(await post(who, id, 'submit', { signature: 'a.b.c' }))).toEqual([403, code])
  }
  const made = await covers.call('POST', '/v1/alerts', { json: anAlert() })
  expect(said(made)).toEqual([201, 'draft'])
  const escape = [{ ...anAlert().info[0], area: [{ areaDesc: 'Else', polygon: [square(10, 50)] }] }]
  const moved = await covers.call('PATCH', `/v1/alerts/${made.body.id}`, { json: { info: escape } })
  expect(said(moved)).toEqual([403, 'outside_jurisdiction'])
  const groundId = randomUUID()
  const ground = JSON.stringify({ areaDesc: 'Far', polygon: [square(10, 50)] })
  await db.execute(
    sql`insert into groups (id, name, area) values (${groundId}, 'far', ${ground}::jsonb)`,
  )
  const byGroup = anAlert({ audience: { groups: [groundId] } })
  expect(said(await covers.call('POST', '/v1/alerts', { json: byGroup }))).toEqual([
    403,
    'outside_jurisdiction',
  ])
  await free.submit(id)
  expect(said(await far.approve(id))).toEqual([403, 'outside_jurisdiction'])
  expect(said(await covers.approve(id))).toEqual([200, 'approved'])
})

test('policy may ask for no second person, or always for one', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const driller = await aSigner(edge, ['author'], { mode: 'exercise' })
  const roster = await aListedGroup(db, await contactsAt(db, [[-96.5, 30.5]]))
  const setPolicy = (word: string) =>
    db.execute(
      sql`update organisation set policy = jsonb_set(policy, '{secondPerson}', to_jsonb(${word}::text))`,
    )
  const submitted = async (who: Signer, alert: object) =>
    said(await who.submit(await compose(who, alert)))
  await contactsAt(db, [[-96.5, 30.5]])
  expect(await submitted(author, anAlert())).toEqual([200, 'submitted'])
  expect(await submitted(driller, aDrill(roster))).toEqual([200, 'approved'])
  await setPolicy('all')
  expect(await submitted(driller, aDrill(roster))).toEqual([200, 'submitted'])
  await setPolicy('none')
  expect(await submitted(author, anAlert())).toEqual([200, 'approved'])
  await setPolicy('actual')
})
