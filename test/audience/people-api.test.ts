import { setTimeout as later } from 'node:timers/promises'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { author: Caller; viewer: Caller } }>({
  author: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['author'] })),
    { scope: 'file' },
  ],
  viewer: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['viewer'] })),
    { scope: 'file' },
  ],
})

const square = (west: number, south: number) => ({
  areaDesc: 'Square',
  polygon: [
    {
      type: 'Polygon',
      coordinates: [
        [
          [west, south],
          [west + 1, south],
          [west + 1, south + 1],
          [west, south + 1],
          [west, south],
        ],
      ],
    },
  ],
})

test('a contact is added, read, changed and removed', async ({ author }) => {
  await author.call('POST', '/v1/groups', { json: { name: 'Wardens' } })
  const created = await author.call('POST', '/v1/contacts', {
    json: {
      phone: '+1 (555) 010-0001',
      name: 'Ann',
      language: 'EN-us',
      locations: [{ longitude: -95, latitude: 29.5, label: 'home' }],
      groups: ['Wardens'],
      externalId: 'A1',
    },
  })
  expect(created.status).toBe(201)
  expect(created.headers.get('ETag')).toBe('"1"')
  expect(created.body).toMatchObject({
    phone: '+15550100001',
    name: 'Ann',
    language: 'en-US',
    locations: [{ longitude: -95, latitude: 29.5, label: 'home' }],
    groups: ['Wardens'],
    externalId: 'A1',
  })
  const path = `/v1/contacts/${created.body.id}`
  const stale = await author.call('PATCH', path, { json: {}, headers: { 'If-Match': '"7"' } })
  expect(stale).toMatchObject({ status: 412, body: { code: 'stale_revision' } })
  const changed = await author.call('PATCH', path, {
    json: { name: null, groups: [], locations: [] },
    headers: { 'If-Match': '"1"' },
  })
  expect(changed).toMatchObject({
    status: 200,
    body: { name: null, language: 'en-US', groups: [], locations: [], revision: 2 },
  })
  expect((await author.call('DELETE', path)).status).toBe(204)
  expect(await author.call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

test('a contact is refused with every fault at once', async ({ author }) => {
  const refused = await author.call('POST', '/v1/contacts', {
    json: {
      phone: '911',
      language: 'not a language',
      locations: [{ longitude: 29, latitude: -95 }],
      groups: ['Nobody knows'],
    },
  })
  expect(refused).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_contact',
      errors: [
        { pointer: '/phone' },
        { pointer: '/language' },
        { pointer: '/locations/0' },
        { pointer: '/groups/0' },
      ],
    },
  })
  const unknown = await author.call('POST', '/v1/contacts', {
    json: { phone: '+15550100002', age: 7 },
  })
  expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
})

test('a location has hours, read as they were written; what is wrong with them is said at its place', async ({
  author,
}) => {
  const place = { longitude: -95, latitude: 29.5, label: 'work' }
  const hours = [
    { days: ['Mo', 'Tu'], from: '08:00', to: '18:00' },
    { days: ['Tu', 'Su'], from: '17:00', to: '06:00' },
    { days: ['Sa'], from: '00:00', to: '24:00' },
  ]
  const created = await author.call('POST', '/v1/contacts', {
    json: { phone: '+15550100016', locations: [{ ...place, hours }, place] },
  })
  expect(created.status).toBe(201)
  const path = `/v1/contacts/${created.body.id}`
  const { body } = await author.call('GET', path)
  expect(body.locations).toHaveLength(2)
  expect(body.locations).toContainEqual({ ...place, hours })
  expect(body.locations).toContainEqual({ ...place, hours: null })
  const untouched = await author.call('PATCH', path, { json: { name: 'Ann' } })
  expect(untouched.body.locations).toContainEqual({ ...place, hours })
  const always = await author.call('PATCH', path, { json: { locations: [place] } })
  expect(always.body.locations).toEqual([{ ...place, hours: null }])

  const patch = (given: unknown) =>
    author.call('PATCH', path, { json: { locations: [place, { ...place, hours: given }] } })
  const meaningless = await patch([
    { days: ['Mo'], from: '08:00', to: '08:00' },
    { days: ['Fr', 'Mo', 'Fr'], from: '09:00', to: '09:00' },
  ])
  expect(meaningless).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_contact',
      errors: [
        { pointer: '/locations/1/hours/0/to' },
        { pointer: '/locations/1/hours/1/days/2' },
        { pointer: '/locations/1/hours/1/to' },
      ],
    },
  })
  const misshapen = await patch([
    { days: ['Monday'], from: '8:00', to: '24:01' },
    { days: [], from: '24:00', to: '24:00' },
  ])
  expect(misshapen).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  expect(misshapen.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
    '/locations/1/hours/0/days/0',
    '/locations/1/hours/0/from',
    '/locations/1/hours/0/to',
    '/locations/1/hours/1/days',
    '/locations/1/hours/1/from',
  ])
  const span = { days: ['Mo'], from: '08:00', to: '18:00' }
  for (const size of [0, 22]) {
    const { status, body: said } = await patch(Array.from({ length: size }, () => span))
    expect([status, said.errors[0].pointer]).toEqual([400, '/locations/1/hours'])
  }
})

test('an address is given, changed and taken away; viewers see where the mailbox is and no more', async ({
  author,
  viewer,
}) => {
  const given = { phone: '+15550100005', email: 'Ann.Lee@People.Example' }
  const created = await author.call('POST', '/v1/contacts', { json: given })
  expect(created).toMatchObject({ status: 201, body: { email: 'Ann.Lee@people.example' } })
  const path = `/v1/contacts/${created.body.id}`
  const seen = await viewer.call('GET', path)
  expect(seen.body.email).toBe('A…@people.example')
  const kept = await author.call('PATCH', path, { json: { name: 'Ann' } })
  expect(kept.body).toMatchObject({ name: 'Ann', email: 'Ann.Lee@people.example' })
  for (const email of ['ann', 'ann@people.example\r\nBcc: eve@people.example', 'ann@localhost']) {
    const refused = await author.call('PATCH', path, { json: { email } })
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'invalid_contact', errors: [{ pointer: '/email' }] },
    })
  }
  const taken = await author.call('PATCH', path, { json: { email: null } })
  expect(taken.body.email).toBeNull()
  // A family may share a mailbox.
  for (const phone of ['+15550100006', '+15550100007']) {
    const shared = await author.call('POST', '/v1/contacts', {
      json: { phone, email: 'home@people.example' },
    })
    expect(shared.status).toBe(201)
  }
})

test('a phone belongs to one contact', async ({ author }) => {
  await author.call('POST', '/v1/contacts', { json: { phone: '+15550100003' } })
  const again = await author.call('POST', '/v1/contacts', { json: { phone: '(555) 010-0003' } })
  expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } })
})

test('contacts are listed page by page, and viewers see the last three digits of a phone', async ({
  author,
  viewer,
}) => {
  const phones = ['+15550100011', '+15550100012', '+15550100013']
  const groups = ['Page']
  await author.call('POST', '/v1/groups', { json: { name: 'Page' } })
  for (const phone of phones) await author.call('POST', '/v1/contacts', { json: { phone, groups } })
  const listed = await author.call('GET', '/v1/groups?limit=1000')
  const group = listed.body.items.find((one: { name: string }) => one.name === 'Page')
  expect(group.members).toBe(3)

  const first = await author.call('GET', `/v1/contacts?group=${group.id}&limit=2`)
  const cursor = first.body.nextCursor
  const second = await author.call('GET', `/v1/contacts?group=${group.id}&limit=2&cursor=${cursor}`)
  const shown = [...first.body.items, ...second.body.items].map(
    (one: { phone: string }) => one.phone,
  )
  expect(shown).toEqual(phones)
  expect(second.body.nextCursor).toBeNull()

  const seen = await viewer.call('GET', `/v1/contacts?group=${group.id}`)
  expect(seen.body.items.map((one: { phone: string }) => one.phone)).toEqual([
    '…011',
    '…012',
    '…013',
  ])
  const found = await viewer.call('GET', '/v1/contacts?phone=555-010-0012')
  expect(found.body.items.length).toBe(1)
  expect(JSON.stringify([seen.body, found.body])).not.toMatch(/555010/)
  const forbidden = await viewer.call('POST', '/v1/contacts', { json: { phone: '+15550100014' } })
  expect(forbidden).toMatchObject({ status: 403, body: { code: 'forbidden' } })
})

test('a group by rule holds whoever is as all of it says, and whoever comes to be so', async ({
  author,
}) => {
  const person = (phone: string, json: object) =>
    author.call('POST', '/v1/contacts', { json: { phone, ...json } })
  const ann = await person('+15550100061', { language: 'es-US', externalId: 'ward-1' })
  await person('+15550100062', { language: 'es', externalId: 'school-1' })
  await person('+15550100063', { language: 'en', externalId: 'ward-2' })
  await person('+15550100064', { externalId: 'ward-3' })
  const rule = { language: 'ES', externalIdPrefix: 'ward-' }
  const made = await author.call('POST', '/v1/groups', { json: { name: 'Spanish wards', rule } })
  expect(made).toMatchObject({
    status: 201,
    body: { rule: { language: 'es', externalIdPrefix: 'ward-' }, area: null, members: 1 },
  })
  const path = `/v1/groups/${made.body.id}`
  await person('+15550100065', { language: 'es-MX', externalId: 'ward-4' })
  const grown = await author.call('GET', path)
  expect(grown.body).toMatchObject({ members: 2, definitionDigest: made.body.definitionDigest })
  await author.call('PATCH', `/v1/contacts/${ann.body.id}`, { json: { language: null } })
  expect((await author.call('GET', path)).body.members).toBe(1)
  const widened = await author.call('PATCH', path, { json: { rule: { language: 'es' } } })
  expect(widened.body.members).toBe(2)
  expect(widened.body.definitionDigest).not.toBe(made.body.definitionDigest)

  const invalid = { status: 422, body: { code: 'invalid_group' } }
  const members = await author.call('PUT', `${path}/members`, { json: { phones: [] } })
  expect(members).toMatchObject(invalid)
  const both = { name: 'Both', rule, area: square(10, 10) }
  expect(await author.call('POST', '/v1/groups', { json: both })).toMatchObject(invalid)
  const strange = { name: 'Strange', rule: { language: 'no language' } }
  expect(await author.call('POST', '/v1/groups', { json: strange })).toMatchObject({
    ...invalid,
    body: { errors: [{ pointer: '/rule/language' }] },
  })
  // A rule that says nothing is nobody's wish, and would be everybody to some.
  const empty = { name: 'Empty', rule: {} }
  expect((await author.call('POST', '/v1/groups', { json: empty })).status).toBe(400)
  const listed = await author.call('POST', '/v1/groups', { json: { name: 'Listed for rules' } })
  const ruled = await author.call('PATCH', `/v1/groups/${listed.body.id}`, { json: { rule } })
  expect(ruled).toMatchObject({ ...invalid, body: { errors: [{ pointer: '/rule' }] } })
  // It takes in nobody by name.
  const named = await person('+15550100066', { groups: ['Spanish wards'] })
  expect(named).toMatchObject({ status: 422, body: { errors: [{ pointer: '/groups/0' }] } })
})

test('a geographic group holds whoever is inside, and its area has to be one', async ({
  author,
}) => {
  const locations = [{ longitude: 10, latitude: 10 }]
  await author.call('POST', '/v1/contacts', { json: { phone: '+15550100021', locations } })
  const made = await author.call('POST', '/v1/groups', {
    json: { name: 'Square', area: square(10, 10) },
  })
  expect(made).toMatchObject({ status: 201, body: { members: 1 } })
  const path = `/v1/groups/${made.body.id}`
  const moved = await author.call('PATCH', path, { json: { area: square(20, 10) } })
  expect(moved).toMatchObject({ status: 200, body: { members: 0, revision: 2 } })
  expect(moved.body.definitionDigest).not.toBe(made.body.definitionDigest)
  const listed = await author.call('PUT', `${path}/members`, { json: { phones: ['+15550100021'] } })
  expect(listed).toMatchObject({ status: 422, body: { code: 'invalid_group' } })

  const again = await author.call('POST', '/v1/groups', { json: { name: 'Square' } })
  expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } })
  const unknown = await author.call('POST', '/v1/groups', {
    json: { name: 'X', area: { areaDesc: 'X', geocode: [{ valueName: 'SAME', value: '048999' }] } },
  })
  expect(unknown).toMatchObject({
    status: 422,
    body: { code: 'unknown_geocode', errors: [{ pointer: '/area/geocode/0' }] },
  })
  const nowhere = await author.call('POST', '/v1/groups', {
    json: { name: 'X', area: { areaDesc: 'X' } },
  })
  expect(nowhere).toMatchObject({ status: 422, body: { code: 'invalid_area' } })
})

test("a listed group's members are set whole, or not at all", async ({ author }) => {
  const ids: string[] = []
  for (const phone of ['+15550100031', '+15550100032']) {
    const { body } = await author.call('POST', '/v1/contacts', { json: { phone } })
    ids.push(body.id)
  }
  const { body: group } = await author.call('POST', '/v1/groups', { json: { name: 'Listed' } })
  const path = `/v1/groups/${group.id}/members`
  const set = await author.call('PUT', path, {
    json: { phones: ['+1 555 010 0031', '+15550100031'], contactIds: [ids[1]] },
  })
  expect(set).toMatchObject({ status: 200, body: { members: 2, revision: 2 } })

  const refused = await author.call('PUT', path, {
    json: { contactIds: [ids[0], group.id, 'x'], phones: ['+15550100031', '+15550100099', '112'] },
  })
  expect(refused).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_group',
      errors: [
        { pointer: '/contactIds/1', detail: 'is the id of no contact' },
        { pointer: '/contactIds/2', detail: 'is no id' },
        { pointer: '/phones/1', detail: 'is the phone of no contact' },
        { pointer: '/phones/2', detail: 'is no phone' },
      ],
    },
  })
  expect(JSON.stringify(refused.body)).not.toContain('5550100')
  expect((await author.call('GET', `/v1/groups/${group.id}`)).body.members).toBe(2)

  expect((await author.call('PUT', path, { json: { phones: [] } })).body.members).toBe(0)
})

test.for([
  ['{"phones":["+15550100001"', 'malformed_json'],
  ['{"phones":["+1\n"]}', 'malformed_json'],
  ['{"phones":[],}', 'malformed_json'],
  ['[]', 'invalid_request'],
  ['null', 'invalid_request'],
  ['nul', 'malformed_json'],
  ['{"phones":[1}', 'malformed_json'],
  ['{"phones":[01]}', 'malformed_json'],
  ['', 'malformed_json'],
  ['{} {}', 'malformed_json'],
  ['{"people":[]}', 'invalid_request'],
  ['{"phones":[],"phones":[]}', 'invalid_request'],
  ['{"phones":[15550100001]}', 'invalid_request'],
  ['{"phones":"+15550100001"}', 'invalid_request'],
] as const)('members in %s are refused', async ([text, code], { author }) => {
  const { body: group } = await author.call('POST', '/v1/groups', {
    json: { name: `Bad ${uuid()}` },
  })
  const headers = { 'Content-Type': 'application/json' }
  const refused = await author.call('PUT', `/v1/groups/${group.id}/members`, { text, headers })
  expect(refused).toMatchObject({ status: 400, body: { code } })
})

test('each place in a list of members that does not fit is named', async ({ author }) => {
  const { body: group } = await author.call('POST', '/v1/groups', { json: { name: 'Misfits' } })
  const placesIn = async (json: unknown) => {
    const path = `/v1/groups/${group.id}/members`
    const { status, body } = await author.call('PUT', path, { json })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    return body.errors.map((fault: { pointer: string }) => fault.pointer)
  }
  expect(await placesIn({ contactIds: ['x', 1, 'y', null], phones: [2] })).toEqual([
    '/contactIds/1',
    '/contactIds/3',
    '/phones/0',
  ])
  expect(await placesIn({ phones: '+15550100001', contactIds: [true] })).toEqual([
    '/phones',
    '/contactIds/0',
  ])
  expect(await placesIn({ phones: [1, ['+15550100001']] })).toEqual(['/phones/0', '/phones/1'])
  expect(await placesIn({ phones: {} })).toEqual(['/phones'])
  expect(await placesIn([])).toEqual([''])
  expect(await placesIn(null)).toEqual([''])
})

test('of a place with both coordinates outside both are named', async ({ author }) => {
  const json = { phone: '+15550100041', locations: [{ longitude: 200, latitude: 100 }] }
  const { status, body } = await author.call('POST', '/v1/contacts', { json })
  expect([status, body.code]).toEqual([422, 'invalid_contact'])
  expect(body.errors).toMatchObject([
    { pointer: '/locations/0', code: 'latitude_outside' },
    { pointer: '/locations/0', code: 'longitude_outside' },
  ])
})

test('a CSV file is imported, and what was turned down is text that no spreadsheet runs', async ({
  edge,
  author,
  viewer,
}) => {
  const csv = 'text/csv; charset=utf-8'
  const text = [
    'phone,name,language',
    '+15550100041,Ann,en',
    '"=HYPERLINK()",x,',
    '+12345,x,',
    '+15550100042,x,@SUM(1)',
  ].join('\n')
  const headers = { 'Content-Type': csv }
  const sent = await author.call('POST', '/v1/contacts/import', { text, headers })
  expect(sent.status).toBe(202)
  const path = `/v1/imports/${sent.body.id}`
  let state = await author.call('GET', path)
  for (let tries = 0; state.body.state === 'running' && tries < 100; tries++) {
    await later(20)
    state = await author.call('GET', path)
  }
  expect(state.body).toMatchObject({
    state: 'completed',
    read: 4,
    accepted: 1,
    created: 1,
    updated: 0,
    removed: 0,
    rejected: 3,
  })
  const rejects = await author.call('GET', `${path}/rejects`)
  expect(rejects.headers.get('Content-Type')).toContain('text/csv')
  expect(rejects.body.split('\r\n')).toEqual([
    'line,column,reason,value',
    "3,phone,is no phone number,'=HYPERLINK()",
    `4,phone,"is a short code, no phone",+12345`,
    "5,language,is no BCP 47 language tag,'@SUM(1)",
    '',
  ])
  expect((await viewer.call('GET', `${path}/rejects`)).body).toContain(',…345\r\n')

  const wrong = await author.call('POST', '/v1/contacts/import', { json: {} })
  expect(wrong).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
  const header = await author.call('POST', '/v1/contacts/import', { text: 'Telefon\n', headers })
  expect(header).toMatchObject({ status: 400, body: { code: 'malformed_csv' } })
  const mode = await author.call('POST', '/v1/contacts/import?mode=all', { text, headers })
  expect(mode).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  const all = await author.call('POST', '/v1/contacts/import?mode=replace', {
    text: 'phone\n+15550100099\n',
    headers,
  })
  expect(all).toMatchObject({ status: 422, body: { code: 'removes_too_many' } })
  const unknown = await author.call('GET', '/v1/imports/018f0000-0000-7000-8000-000000000000')
  expect(unknown).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect((await edge.call('POST', '/v1/contacts/import', { text, headers })).status).toBe(401)
})
