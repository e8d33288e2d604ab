import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { resolveGroups } from '../../src/audience/resolve-groups.ts'
import { anAlert, aSigner, compose, contactsAt, type Signer, square } from '../alerts/people.ts'
import { test as edgeTest, type Answer, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { author: Signer; other: Caller } }>({
  author: [async ({ edge }, use) => use(await aSigner(edge, ['author'])), { scope: 'file' }],
  other: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['author'] })),
    { scope: 'file' },
  ],
})

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]

/** A group, by a name that is free. */
async function made(author: Caller, json: object): Promise<Answer['body']> {
  const answer = await author.call('POST', '/v1/groups', { json: { name: randomUUID(), ...json } })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

async function listed(author: Caller, contactIds: readonly string[]): Promise<string> {
  const { id } = await made(author, {})
  await author.call('PUT', `/v1/groups/${id}/members`, { json: { contactIds } })
  return id
}

test('a group is made of others, geographic ones among them', async ({ author, db }) => {
  const [inside, both, outside] = await contactsAt(db, [
    [60.5, 40.5],
    [60.6, 40.6],
    [62, 42],
  ])
  const wardens = await listed(author, [both!, outside!])
  const area = { areaDesc: 'Valley', polygon: [square(60, 40)] }
  const valley = (await made(author, { area })).id
  const members = async (expression: object) => {
    const group = await made(author, { expression })
    expect(group.expression).toEqual(expression)
    return group.members
  }
  expect(inside).toBeDefined()
  expect(await members({ union: [valley, wardens] })).toBe(3)
  expect(await members({ intersection: [valley, wardens] })).toBe(1)
  expect(await members({ difference: [wardens, valley] })).toBe(1)
  const onlyOne = {
    difference: [{ union: [valley, wardens] }, { intersection: [valley, wardens] }],
  }
  expect(await members(onlyOne)).toBe(2)
  const { id } = await made(author, { expression: onlyOne })
  expect(await members({ difference: [valley, id] })).toBe(1)
  const refused = await author.call('PUT', `/v1/groups/${id}/members`, { json: { phones: [] } })
  expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_group' } })
})

test('what is no expression is named at each place', async ({ author }) => {
  const id = randomUUID()
  const deep = (depth: number): object => ({ union: depth === 1 ? [id] : [deep(depth - 1)] })
  const faultsOf = async (expression: unknown) => {
    const json = { name: randomUUID(), expression }
    const { status, body } = await author.call('POST', '/v1/groups', { json })
    return [status, body.errors?.map((one: { pointer: string }) => one.pointer)]
  }
  expect(await faultsOf(id)).toEqual([400, ['/expression']])
  expect(await faultsOf({})).toEqual([400, ['/expression']])
  expect(await faultsOf({ union: [id], intersection: [id] })).toEqual([400, ['/expression']])
  const many = { union: [id, 7, { xor: [id] }, { difference: [] }, { intersection: ['x', id] }] }
  expect(await faultsOf(many)).toEqual([
    400,
    [
      '/expression/union/1',
      '/expression/union/2',
      '/expression/union/3/difference',
      '/expression/union/4/intersection/0',
    ],
  ])
  expect(await faultsOf({ union: Array.from({ length: 61 }, () => id) })).toEqual([
    400,
    ['/expression/union'],
  ])
  expect((await faultsOf(deep(9)))[0]).toBe(400)
  expect(await faultsOf(deep(8))).toEqual([422, [`/expression${'/union/0'.repeat(8)}`]])
  expect(await faultsOf({ union: [id, { difference: [id] }] })).toEqual([
    422,
    ['/expression/union/0', '/expression/union/1/difference/0'],
  ])
  const two = { name: randomUUID(), rule: { language: 'es' }, expression: { union: [id] } }
  expect(await author.call('POST', '/v1/groups', { json: two })).toMatchObject({
    status: 422,
    body: { code: 'invalid_group', errors: [{ pointer: '/expression' }] },
  })
})

test('a circle is refused with the groups that make it', async ({ author }) => {
  const name = randomUUID()
  const leaf = await listed(author, [])
  const change = (id: string, expression: object) =>
    author.call('PATCH', `/v1/groups/${id}`, { json: { expression } })
  const a = await made(author, { name: `A ${name}`, expression: { union: [leaf] } })
  const b = await made(author, { name: `B ${name}`, expression: { difference: [leaf, a.id] } })
  const c = await made(author, { name: `C ${name}`, expression: { union: [b.id] } })
  const circle = { intersection: [leaf, { union: [c.id, a.id] }] }
  expect(await change(a.id, circle)).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_group',
      errors: [
        {
          pointer: '/expression/intersection/1/union/0',
          detail: `closes a circle: A ${name} → C ${name} → B ${name} → A ${name}`,
        },
        {
          pointer: '/expression/intersection/1/union/1',
          detail: `closes a circle: A ${name} → A ${name}`,
        },
      ],
    },
  })
  expect((await author.call('GET', `/v1/groups/${a.id}`)).body.expression).toEqual(a.expression)
  // A listed group becomes none that is made of others, so nothing but an expression can close one.
  const other = await change(leaf, { union: [a.id] })
  expect(other).toMatchObject({ status: 422, body: { errors: [{ pointer: '/expression' }] } })
})

test('of two changes at once that together close a circle one is refused', async ({
  author,
  other,
  db,
}) => {
  const leaf = await listed(author, [])
  for (let round = 0; round < 10; round++) {
    const expression = { union: [leaf] }
    const a = (await made(author, { expression })).id
    const b = (await made(author, { expression })).id
    const answers = await Promise.all([
      author.call('PATCH', `/v1/groups/${a}`, { json: { expression: { union: [b] } } }),
      other.call('PATCH', `/v1/groups/${b}`, { json: { expression: { union: [a] } } }),
    ])
    expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([
      200, 422,
    ])
    expect((await resolveGroups(db, [a, b])).size).toBe(2)
  }
})

test('what comes to too much is refused, in groups above as well', async ({ author }) => {
  const leaves: string[] = []
  for (let no = 0; no < 61; no++) leaves.push(await listed(author, []))
  const many = await made(author, { expression: { union: leaves.slice(0, 59) } })
  const above = await made(author, { expression: { union: [many.id, leaves[59]] } })
  const change = (id: string, expression: object) =>
    author.call('PATCH', `/v1/groups/${id}`, { json: { expression } })
  expect(await change(many.id, { union: leaves.slice(1, 61) })).toMatchObject({ status: 200 })
  expect(await change(above.id, { union: [many.id, leaves[0]] })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/expression', detail: expect.stringMatching(/61 groups/) }] },
  })
  await change(many.id, { union: leaves.slice(0, 2) })
  await change(above.id, { union: [many.id, ...leaves.slice(0, 59)] })
  expect(await change(many.id, { union: leaves.slice(59, 61) })).toMatchObject({
    status: 422,
    body: {
      errors: [
        { pointer: '/expression', detail: expect.stringContaining(`the group ${above.name}`) },
      ],
    },
  })

  // Each is made of the one before, twice: written out it doubles.
  let last = leaves[0]!
  for (let no = 0; no < 8; no++)
    last = (await made(author, { expression: { union: [last, last] } })).id
  const json = { name: randomUUID(), expression: { union: [last, last] } }
  expect(await author.call('POST', '/v1/groups', { json })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/expression', detail: expect.stringMatching(/512 times/) }] },
  })
  let chain = leaves[0]!
  for (let no = 0; no < 10; no++)
    chain = (await made(author, { expression: { union: [chain] } })).id
  const longer = { name: randomUUID(), expression: { union: [chain] } }
  expect(await author.call('POST', '/v1/groups', { json: longer })).toMatchObject({
    status: 422,
    body: {
      errors: [{ pointer: '/expression', detail: expect.stringMatching(/11 groups one in/) }],
    },
  })
})

test('a member of a group far below who comes after signing is noticed', async ({
  author,
  edge,
  db,
}) => {
  const approver = await aSigner(edge, ['approver'])
  const contacts = await contactsAt(db, [
    [70, 10],
    [70, 11],
    [70, 12],
  ])
  const far = await listed(author, contacts.slice(0, 2))
  const barred = await listed(author, contacts.slice(2))
  const middle = (await made(author, { expression: { difference: [far, barred] } })).id
  const top = (await made(author, { expression: { union: [middle] } })).id
  const approved = async (audience: object) => {
    const id = await compose(
      author,
      anAlert({ info: { area: undefined }, audience, maxRecipients: 9 }),
    )
    expect(said(await author.submit(id))).toEqual([200, 'submitted'])
    expect(said(await approver.approve(id))).toEqual([200, 'approved'])
    return id
  }
  const dispatch = async (id: string) => {
    const headers = { 'Idempotency-Key': randomUUID() }
    return said(await author.call('POST', `/v1/alerts/${id}/dispatch`, { headers }))
  }
  const added = await approved({ groups: [top] })
  const estimate = await author.call('GET', `/v1/alerts/${added}/estimate`)
  expect(estimate.body).toMatchObject({ recipients: 2, byGroup: [{ groupId: top, recipients: 2 }] })
  const left = await approved({ groups: [top] })
  // Nobody more or less is reached: what it is made of has changed all the same.
  await author.call('PUT', `/v1/groups/${barred}/members`, { json: { contactIds: [] } })
  expect(await dispatch(added)).toEqual([409, 'audience_changed'])
  await author.call('PUT', `/v1/groups/${barred}/members`, {
    json: { contactIds: contacts.slice(2) },
  })
  expect(await dispatch(left)).toEqual([202, 'sending'])
})

test('a group that is named is not removed', async ({ author }) => {
  const leaf = await listed(author, [])
  const above = await made(author, { expression: { union: [leaf] } })
  const remove = (id: string, headers = {}) =>
    author.call('DELETE', `/v1/groups/${id}`, { headers })
  const refused = await remove(leaf)
  expect(said(refused)).toEqual([409, 'in_use'])
  expect(refused.body.detail).toContain(`the group ${above.name}`)
  const draft = await compose(
    author,
    anAlert({ audience: { groups: [], excludeGroups: [above.id] } }),
  )
  expect(said(await remove(above.id))).toEqual([409, 'in_use'])
  await author.call('DELETE', `/v1/alerts/${draft}`)
  expect(said(await remove(above.id, { 'If-Match': '"9"' }))).toEqual([412, 'stale_revision'])
  for (const id of [above.id, leaf]) expect((await remove(id)).status).toBe(204)
  expect((await author.call('GET', `/v1/groups/${leaf}`)).status).toBe(404)
})

test('a group is removed, or another made of it, and not both', async ({ author, other }) => {
  for (let round = 0; round < 10; round++) {
    const leaf = await listed(author, [])
    const [removed, above] = await Promise.all([
      author.call('DELETE', `/v1/groups/${leaf}`),
      other.call('POST', '/v1/groups', { json: { name: leaf, expression: { union: [leaf] } } }),
    ])
    expect([
      [204, 422],
      [409, 201],
    ]).toContainEqual([removed.status, above.status])
  }
})

test('a jurisdiction covers what a group is made of, but for what is taken away', async ({
  author,
  edge,
}) => {
  const local = await aSigner(edge, ['author'], { jurisdiction: { geometry: square(80, 20) } })
  const area = (west: number) => ({ areaDesc: 'Ground', polygon: [square(west, 20)] })
  const here = (await made(author, { area: area(80) })).id
  const there = (await made(author, { area: area(85) })).id
  const both = (await made(author, { expression: { union: [here, there] } })).id
  const less = (await made(author, { expression: { difference: [here, there] } })).id
  const info = { area: [area(80)] }
  const tried = async (group: string) => {
    const json = anAlert({ info, audience: { groups: [group] } })
    return said(await local.call('POST', '/v1/alerts', { json }))
  }
  expect(await tried(both)).toEqual([403, 'outside_jurisdiction'])
  expect(await tried(less)).toEqual([201, 'draft'])
})
