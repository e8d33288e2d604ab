import { expect, vi } from 'vitest'
import { square } from '../alerts/people.ts'
import { test } from '../support/edge.ts'
import { aStoredTemplate, review } from '../templates/people.ts'
import { aTemplate } from '../templates/sample.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

let names = 0
const aName = () => `Named ${++names}`

const states = (body: { states: { language: string; state: string }[] }) =>
  body.states.map(({ state }) => state)

test('a template is written, read, changed as a new version, and what it was stays readable', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const json = aTemplate({ name: aName() })
  const made = await author.call('POST', '/v1/templates', { json })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const { id } = made.body
  expect(made.headers.get('Location')).toBe(`/v1/templates/${id}`)
  expect(made.headers.get('ETag')).toBe('"1"')
  expect(made.body).toMatchObject({
    ...json,
    version: 1,
    starter: null,
    isUsable: true,
    missing: [],
    writtenBy: author.id,
    states: [
      { language: 'en-US', state: 'draft', since: 1, writers: [author.id], reviewer: null },
      { language: 'es-US', state: 'draft', since: 1, writers: [author.id], reviewer: null },
    ],
  })
  // By the organisation's name as it is now, Tocsin; 40 letters of a place, a time of eight.
  const english = 'Tocsin: FLOOD in  until . Go up now. Reply 1 SAFE, 2 NEED HELP.'
  expect(made.body.longest[0]).toEqual({
    language: 'en-US',
    part: 'sms',
    alphabet: 'GSM7',
    units: english.length + 40 + '12:58 PM'.length,
    segments: 1,
  })

  const administrator = await edge.caller({ roles: ['administrator'] })
  const headers = { 'If-Match': '"1"' }
  const changed = await administrator.call('PATCH', `/v1/templates/${id}`, {
    json: { severity: 'Extreme' },
    headers,
  })
  expect(changed.body).toMatchObject({
    version: 2,
    severity: 'Extreme',
    writtenBy: administrator.id,
    states: [
      { since: 1, writers: [author.id] },
      { since: 1, writers: [author.id] },
    ],
  })
  expect(changed.headers.get('ETag')).toBe('"2"')
  const stale = await author.call('PATCH', `/v1/templates/${id}`, { json: {}, headers })
  expect([stale.status, stale.body.code]).toEqual([412, 'stale_revision'])

  const viewer = await edge.caller({ roles: ['viewer'] })
  expect((await viewer.call('GET', `/v1/templates/${id}`)).body).toEqual(changed.body)
  const first = await viewer.call('GET', `/v1/templates/${id}/versions/1`)
  expect(first.body).toMatchObject({ version: 1, severity: 'Severe', writtenBy: author.id })
  const { body: versions } = await viewer.call('GET', `/v1/templates/${id}/versions?limit=1`)
  expect(versions.items).toMatchObject([{ version: 2, writtenBy: administrator.id }])
  const rest = await viewer.call(
    'GET',
    `/v1/templates/${id}/versions?limit=1&cursor=${versions.nextCursor}`,
  )
  expect(rest.body).toMatchObject({ items: [{ version: 1 }], nextCursor: null })
  expect((await viewer.call('GET', `/v1/templates/${id}/versions/3`)).status).toBe(404)
})

test('what is wrong with a template is refused all at once, each at its place, and nothing is stored', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const [en, es] = aTemplate().texts
  const name = aName()
  const json = aTemplate({
    name,
    texts: [{ ...en, sms: '{where}: {place} {until}' }, es],
    within: {
      areaDesc: 'A bow-tie',
      polygon: [
        {
          type: 'Polygon',
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [1, 0],
              [0, 1],
              [0, 0],
            ],
          ],
        },
      ],
      geocode: [{ valueName: 'SAME', value: '999999' }],
    },
  })
  const refused = await author.call('POST', '/v1/templates', { json })
  expect([refused.status, refused.body.code]).toEqual([422, 'invalid_template'])
  expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
    '/texts/0/sms',
    '/within/polygon/0/coordinates/0',
    '/within/geocode/0',
  ])
  const shapeless = await author.call('POST', '/v1/templates', {
    json: { ...aTemplate({ name }), blanks: [{ name: 'A', type: 'colour', label: 'x' }], more: 1 },
  })
  expect([shapeless.status, shapeless.body.code]).toEqual([400, 'invalid_request'])
  expect((await author.call('POST', '/v1/templates', { json: aTemplate({ name }) })).status).toBe(
    201,
  )
  const taken = await author.call('POST', '/v1/templates', { json: aTemplate({ name }) })
  expect([taken.status, taken.body.code]).toEqual([409, 'already_exists'])
  const id = await aStoredTemplate(author)
  const renamed = await author.call('PATCH', `/v1/templates/${id}`, { json: { name } })
  expect([renamed.status, renamed.body.errors]).toEqual([
    409,
    [
      {
        pointer: '/name',
        detail: 'is the name of another template',
        code: 'template_name_taken',
      },
    ],
  ])
})

test('names that would reach into an object are refused as blanks', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  for (const name of ['constructor', 'prototype', '__proto__', 'sender', 'toString', 'a__b', '']) {
    const json = aTemplate({ blanks: [{ name, type: 'place', label: 'x' }] })
    const { status, body } = await author.call('POST', '/v1/templates', { json })
    expect([status, body.errors?.[0].pointer], name).toEqual([400, '/blanks/0/name'])
  }
})

test('limits are drawn without what a slip of the hand left in them, and that is said', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const [west, south] = [-97, 30]
  const { coordinates } = square(west, south)
  const [ring] = coordinates
  const within = {
    areaDesc: 'The valley',
    polygon: [{ type: 'Polygon', coordinates: [[ring![0], ...ring!]] }],
  }
  const json = aTemplate({ name: aName(), within })
  const { status, body } = await author.call('POST', '/v1/templates', { json })
  expect(status, JSON.stringify(body)).toBe(201)
  expect(body.warnings).toHaveLength(1)
  expect(body.within.polygon[0].coordinates).toEqual(coordinates)
  const { body: read } = await author.call('GET', `/v1/templates/${body.id}`)
  expect([read.warnings, read.within]).toEqual([[], body.within])
  const freed = await author.call('PATCH', `/v1/templates/${body.id}`, { json: { within: null } })
  expect(freed.body).not.toHaveProperty('within')
})

test('each language is reviewed by somebody who did not write it, and is stale when its source changes', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const other = await edge.caller({ roles: ['author'] })
  const approver = await edge.caller({ roles: ['approver'] })
  const id = await aStoredTemplate(author)

  const own = await review(author, id, 'en-US', 1)
  expect([own.status, own.body.code]).toEqual([403, 'had_a_hand'])
  expect((await review(other, id, 'en-US', 1)).status).toBe(200)
  const both = await review(approver, id, 'es-US', 1)
  expect(both.body.states).toMatchObject([
    { state: 'reviewed', reviewer: other.id },
    { state: 'reviewed', reviewer: approver.id, reviewedAt: expect.any(String) },
  ])
  expect(both.headers.get('ETag')).toBe('"3"')
  // Once more says nothing new.
  const again = await review(other, id, 'es-US', 1)
  expect([again.headers.get('ETag'), again.body.states[1].reviewer]).toEqual(['"3"', approver.id])

  const [en, es] = aTemplate().texts
  const texts = [{ ...en, sms: '{sender}: FLOOD in {place} until {until}. Leave now.' }, es]
  const changed = await other.call('PATCH', `/v1/templates/${id}`, { json: { texts } })
  expect(states(changed.body)).toEqual(['draft', 'stale'])
  expect(states((await other.call('GET', `/v1/templates/${id}/versions/1`)).body)).toEqual([
    'reviewed',
    'reviewed',
  ])
  // The Spanish text is the first author's still, and who wrote the English may hold it against that.
  expect((await review(other, id, 'es-US', 2)).status).toBe(200)
  expect((await review(other, id, 'en-US', 2)).body.code).toBe('had_a_hand')
  expect(states((await review(author, id, 'en-US', 2)).body)).toEqual(['reviewed', 'reviewed'])

  for (const [language, version, status] of [
    ['fr-CA', 2, 422],
    ['en-US', 3, 404],
    ['en-US', 0, 400],
  ] as const) {
    expect((await review(approver, id, language, version)).status).toBe(status)
  }
})

test('where policy asks for nobody else, a writer may review', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await edge.caller({ roles: ['author'] })
  const id = await aStoredTemplate(author)
  const policy = (templateReview: string) =>
    administrator.call('PATCH', '/v1/organisation', { json: { policy: { templateReview } } })
  expect((await policy('anyone')).status).toBe(200)
  expect((await review(author, id, 'en-US', 1)).status).toBe(200)
  await policy('another')
  expect((await review(author, id, 'es-US', 1)).status).toBe(403)
})

test('a template that lacks something is kept, and says what; the list has them by name', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const [en] = aTemplate().texts
  const name = `A ${aName()}`
  const id = await aStoredTemplate(author, { name, texts: [en], description: 'For the river' })
  const { body } = await author.call('GET', `/v1/templates/${id}`)
  expect(body).toMatchObject({
    isUsable: false,
    missing: [{ pointer: '/texts', detail: 'has none in es-US' }],
    states: [{ state: 'draft' }, { language: 'es-US', state: 'missing', since: null }],
  })
  const { body: page } = await author.call('GET', '/v1/templates?limit=1')
  expect(page.items).toMatchObject([{ id, name, description: 'For the river', isUsable: false }])
  expect(page.items[0]).not.toHaveProperty('texts')
  const { body: next } = await author.call('GET', `/v1/templates?cursor=${page.nextCursor}`)
  const listed = next.items.map((item: { name: string }) => item.name)
  expect(listed).toEqual(listed.toSorted())
  expect(listed).not.toContain(name)
})

test('one that is deleted is gone from the list and frees its name, and its versions stay readable', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const name = aName()
  const id = await aStoredTemplate(author, { name })
  const headers = { 'If-Match': '"2"' }
  expect((await author.call('DELETE', `/v1/templates/${id}`, { headers })).status).toBe(412)
  expect((await author.call('DELETE', `/v1/templates/${id}`)).status).toBe(204)
  for (const [method, path, json] of [
    ['GET', '', undefined],
    ['PATCH', '', {}],
    ['DELETE', '', undefined],
    ['POST', '/review', { language: 'en-US', version: 1 }],
  ] as const) {
    const who = path === '/review' ? await edge.caller({ roles: ['approver'] }) : author
    const gone = await who.call(method, `/v1/templates/${id}${path}`, { json })
    expect([method, gone.status]).toEqual([method, 404])
  }
  const { body } = await author.call('GET', `/v1/templates/${id}/versions/1`)
  expect(body).toMatchObject({ name, deletedAt: expect.any(String) })
  expect(await aStoredTemplate(author, { name })).not.toBe(id)
})

test('who wrote, reviewed and deleted what is in the trail, and no text is', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const approver = await edge.caller({ roles: ['approver'] })
  const auditor = await edge.caller({ roles: ['auditor'] })
  const id = await aStoredTemplate(author)
  await review(approver, id, 'es-US', 1)
  await author.call('PATCH', `/v1/templates/${id}`, { json: { durationMinutes: 60 } })
  await author.call('DELETE', `/v1/templates/${id}`)
  const { body } = await auditor.call('GET', '/v1/audit?limit=4')
  const entries = body.items.map((entry: Record<string, unknown>) => [
    entry['action'],
    entry['operatorId'],
    entry['subject'],
    entry['detail'],
  ])
  expect(entries).toEqual([
    ['template.deleted', author.id, id, { version: 2 }],
    ['template.changed', author.id, id, { version: 2, fields: ['durationMinutes'] }],
    ['template.reviewed', approver.id, id, { version: 1, language: 'es-US' }],
    ['template.created', author.id, id, { version: 1 }],
  ])
})

test('of two who change it at once one is told that it has changed', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const id = await aStoredTemplate(author)
  const change = (durationMinutes: number) =>
    author.call('PATCH', `/v1/templates/${id}`, {
      json: { durationMinutes },
      headers: { 'If-Match': '"1"' },
    })
  const answers = await Promise.all([change(10), change(20)])
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
  const { body } = await author.call('GET', `/v1/templates/${id}/versions`)
  expect(body.items.map((item: { version: number }) => item.version)).toEqual([2, 1])
})
