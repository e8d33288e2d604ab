import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { aDrill, anAlert, aSigner, compose, contactsAt, square } from '../alerts/people.ts'
import { type Answer, test } from '../support/edge.ts'

const HOUR = 3_600_000
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString()
const area = (fields: object) => [{ areaDesc: 'Here', ...fields }]
const drawn = (coordinates: unknown, type = 'Polygon') =>
  anAlert({ info: { area: area({ polygon: [{ type, coordinates }] }) } })
const option = (fields: object) => ({ code: '1', label: 'Safe', ...fields })
const replies = (...options: object[]) => anAlert({ replies: { options } })
const pointers = ({ body }: Answer): string[] =>
  (body.errors ?? []).map((fault: { pointer: string }) => fault.pointer)
const spanish = { ...anAlert().info[0], language: 'es' }

// What does not fit the schema: 400, at its place.
test.for([
  ['a status that CAP has not', anAlert({ status: 'Actually' }), '/status'],
  ['no status', { ...anAlert(), status: undefined }, '/status'],
  ['an unknown field', anAlert({ approved_by: 'me' }), '/approved_by'],
  ['an unknown field inside', anAlert({ info: { approved: true } }), '/info/0/approved'],
  ['no block', { ...anAlert(), info: [] }, '/info'],
  ['a quota of nobody', replies(option({ quota: 0 })), '/replies/options/0/quota'],
  [
    'a deadline without offset',
    anAlert({ replies: { deadline: '2027-01-01T00:00:00' } }),
    '/replies/deadline',
  ],
  [
    'quota texts that never say enough',
    anAlert({ replies: { quotaTexts: { taken: [{ language: 'en', sms: 'x' }] } } }),
    '/replies/quotaTexts/full',
  ],
  ['a language that is none', anAlert({ info: { language: 'en_US!' } }), '/info/0/language'],
  ['no category', anAlert({ info: { category: [] } }), '/info/0/category'],
  [
    'an expiry without offset',
    anAlert({ info: { expires: '2027-01-01T00:00:00' } }),
    '/info/0/expires',
  ],
  [
    'an expiry on 30 February',
    anAlert({ info: { expires: '2027-02-30T00:00:00Z' } }),
    '/info/0/expires',
  ],
  [
    'an expiry in the year 0',
    anAlert({ info: { expires: '0000-06-01T00:00:00Z' } }),
    '/info/0/expires',
  ],
  [
    'an expiry in the year 10000, by UTC',
    anAlert({ info: { expires: '9999-12-31T23:00:00-12:00' } }),
    '/info/0/expires',
  ],
  ['a ceiling in a string', anAlert({ maxRecipients: '50' }), '/maxRecipients'],
  ['a ceiling of nobody', anAlert({ maxRecipients: 0 }), '/maxRecipients'],
  ['a fraction of a recipient', anAlert({ maxRecipients: 1.5 }), '/maxRecipients'],
  ['a delivery that is none', anAlert({ delivery: 'exactly-once' }), '/delivery'],
  ['a polygon of words', drawn('everywhere'), '/info/0/area/0/polygon/0/coordinates'],
  ['a point for a polygon', drawn([1, 2], 'Point'), '/info/0/area/0/polygon/0/type'],
  [
    'an area without a name',
    anAlert({ info: { area: [{ polygon: [square(0, 0)] }] } }),
    '/info/0/area/0/areaDesc',
  ],
  ['a group that is no id', anAlert({ audience: { groups: ['all'] } }), '/audience/groups/0'],
  ['a U+202E in a headline', anAlert({ info: { headline: 'FLO\u{202E}OD' } }), '/info/0/headline'],
  ['a zero-width space in a text', anAlert({ info: { sms: 'FLO\u{200B}OD' } }), '/info/0/sms'],
  ['a tag character in a name', anAlert({ info: { event: 'FLOOD\u{E0041}' } }), '/info/0/event'],
  [
    'ten thousand combining marks',
    anAlert({ info: { description: `A${'\u{302}'.repeat(10_000)}` } }),
    '/info/0/description',
  ],
  ['an empty text', anAlert({ info: { sms: ' ' } }), '/info/0/sms'],
  ['twenty-one blocks', { ...anAlert(), info: Array.from({ length: 21 }, () => spanish) }, '/info'],
] as const)('%s is 400 at its place', async ([, alert, pointer], { edge }) => {
  const author = await aSigner(edge, ['author'])
  const answer = await author.call('POST', '/v1/alerts', { json: alert })
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
  expect(pointers(answer)).toEqual([pointer])
})

test.for([
  ['a lone surrogate', '{"status": "Actual", "info": [{"headline": "\\ud83d"}]}'],
  ['a key named twice', '{"status": "Actual", "status": "Test"}'],
  ['__proto__', '{"__proto__": {}, "status": "Actual"}'],
  ['1e400', '{"maxRecipients": 1e400}'],
  ['a number past 2^53', '{"maxRecipients": 9007199254740993}'],
  ['half a body', '{"status": "Act'],
] as const)('%s is 400, before anything is looked at', async ([, text], { edge }) => {
  const author = await aSigner(edge, ['author'])
  const headers = { 'Content-Type': 'application/json' }
  const { status, body } = await author.call('POST', '/v1/alerts', { text, headers })
  expect([status, body.code]).toEqual([400, 'malformed_json'])
})

test('a code point that can’t be seen is named', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const alert = anAlert({ info: { headline: 'FLO\u{202E}OD' } })
  const { body } = await author.call('POST', '/v1/alerts', { json: alert })
  expect(body.errors[0].detail).toContain('U+202E')
})

// What fits and is refused by its meaning: 422, at its place.
test.for([
  ['no area and no group', anAlert({ info: { area: undefined } }), 'invalid_alert', ['']],
  ['an area of nothing', anAlert({ info: { area: area({}) } }), 'invalid_area', ['/info/0/area/0']],
  [
    'an unknown SAME code',
    anAlert({ info: { area: area({ geocode: [{ valueName: 'SAME', value: '099999' }] }) } }),
    'unknown_geocode',
    ['/info/0/area/0/geocode/0'],
  ],
  [
    'a SAME code of nowhere',
    anAlert({ info: { area: area({ geocode: [{ valueName: 'SAME', value: '000000' }] }) } }),
    'unknown_geocode',
    ['/info/0/area/0/geocode/0'],
  ],
  [
    'an unknown UGC code',
    anAlert({ info: { area: area({ geocode: [{ valueName: 'UGC', value: 'ZZC001' }] }) } }),
    'unknown_geocode',
    ['/info/0/area/0/geocode/0'],
  ],
  [
    'a code system nobody knows',
    anAlert({ info: { area: area({ geocode: [{ valueName: 'ZIP', value: '78701' }] }) } }),
    'unknown_geocode',
    ['/info/0/area/0/geocode/0'],
  ],
  [
    'a ring of three positions, open',
    drawn([
      [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    ]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/0', '/info/0/area/0/polygon/0/coordinates/0'],
  ],
  [
    'an open ring',
    drawn([
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    ]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/0'],
  ],
  [
    'a bow-tie',
    drawn([
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    ]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/0'],
  ],
  [
    'swapped coordinates',
    drawn([
      [
        [30, -97],
        [31, -97],
        [31, -96],
        [30, -97],
      ],
    ]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/0'],
  ],
  [
    'a hole outside',
    drawn([square(0, 0).coordinates[0], square(5, 5).coordinates[0]]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/1'],
  ],
  [
    'the whole globe',
    drawn([
      [
        [-180, -90],
        [180, -90],
        [180, 90],
        [-180, 90],
        [-180, -90],
      ],
    ]),
    'invalid_area',
    ['/info/0/area/0/polygon/0/coordinates/0'],
  ],
  [
    'a circle of radius -1',
    anAlert({ info: { area: area({ circle: [{ center: [0, 0], radiusKm: -1 }] }) } }),
    'invalid_area',
    ['/info/0/area/0/circle/0/radiusKm'],
  ],
  [
    'a circle of 1e9 km',
    anAlert({ info: { area: area({ circle: [{ center: [0, 0], radiusKm: 1e9 }] }) } }),
    'invalid_area',
    ['/info/0/area/0/circle/0/radiusKm'],
  ],
  [
    'an expiry in the past',
    anAlert({ info: { expires: inHours(-1) } }),
    'invalid_alert',
    ['/info/0/expires'],
  ],
  [
    'an expiry in ten years',
    anAlert({ info: { expires: inHours(87_600) } }),
    'invalid_alert',
    ['/info/0/expires'],
  ],
  [
    'an expiry before its onset',
    anAlert({ info: { expires: inHours(1), onset: inHours(2) } }),
    'invalid_alert',
    ['/info/0/expires'],
  ],
  [
    'one language twice for the same areas',
    { ...anAlert(), info: [anAlert().info[0], { ...anAlert().info[0], language: 'EN-us' }] },
    'invalid_alert',
    ['/info/1/language'],
  ],
  [
    'STOP as an option',
    replies(option({ code: 'STOP' })),
    'invalid_alert',
    ['/replies/options/0/code'],
  ],
  [
    'END and cancel as words',
    replies(option({ words: ['End!', 'ok', 'CANCEL'] })),
    'invalid_alert',
    ['/replies/options/0/words/0', '/replies/options/0/words/2'],
  ],
  [
    'help as a label',
    replies(option({ label: 'Help' })),
    'invalid_alert',
    ['/replies/options/0/label'],
  ],
  [
    'one code twice',
    replies(option({}), option({ label: 'Other' })),
    'invalid_alert',
    ['/replies/options/1/code'],
  ],
  [
    'a word of two options',
    replies(option({ words: ['OK'] }), option({ code: '2', label: 'Fine', words: ['“ok”'] })),
    'invalid_alert',
    ['/replies/options/1/words/0'],
  ],
  [
    'a code that nobody can type',
    replies(option({ code: '👍' })),
    'invalid_alert',
    ['/replies/options/0/code'],
  ],
  [
    'a code for the alert that is a keyword',
    anAlert({ replies: { options: [option({})], code: 'Stop' } }),
    'invalid_alert',
    ['/replies/code'],
  ],
  [
    'a code for the alert that is an answer',
    anAlert({ replies: { options: [option({ words: ['all 12 safe'] })], code: '12' } }),
    'invalid_alert',
    ['/replies/code'],
  ],
  [
    'a code for the alert of two words',
    anAlert({ replies: { options: [option({})], code: 'A 7' } }),
    'invalid_alert',
    ['/replies/code'],
  ],
  [
    'a quota that nobody is told of, an option by a word of the tally, and a deadline in the past',
    anAlert({
      replies: {
        options: [option({ quota: 20 }), option({ code: 'Full', label: 'No' })],
        deadline: inHours(-1),
      },
    }),
    'invalid_alert',
    ['/replies/options/1/code', '/replies/options/0/quota', '/replies/deadline'],
  ],
  [
    'texts for no quota, and a deadline after the expiry, of nothing that is asked',
    anAlert({
      replies: {
        quotaTexts: { full: [{ language: 'en', sms: 'x'.repeat(2000) }] },
        deadline: inHours(2),
      },
    }),
    'invalid_alert',
    [
      '/replies/quotaTexts',
      '/replies/deadline',
      '/replies/deadline',
      '/replies/quotaTexts/full/0/sms',
    ],
  ],
  [
    'a link with a user name',
    anAlert({ info: { sms: 'See https://alerts.example@evil.example/x' } }),
    'invalid_alert',
    ['/info/0/sms'],
  ],
  [
    'a link of look-alike letters',
    anAlert({ info: { sms: 'See https://аlerts.example/x' } }),
    'invalid_alert',
    ['/info/0/sms'],
  ],
  [
    'a restricted scope without its rule',
    anAlert({ scope: 'Restricted' }),
    'invalid_alert',
    ['/restriction'],
  ],
  [
    'a private scope without addresses',
    anAlert({ scope: 'Private' }),
    'invalid_alert',
    ['/addresses'],
  ],
  ['an update out of nothing', anAlert({ msgType: 'Update' }), 'invalid_alert', ['/msgType']],
  [
    'a roster for the real thing',
    anAlert({ audience: { roster: randomUUID() } }),
    'invalid_alert',
    ['/audience/roster', '/audience/roster'],
  ],
  [
    'a group that is none',
    anAlert({ audience: { groups: [randomUUID()] } }),
    'invalid_group',
    ['/audience/groups/0'],
  ],
  [
    'a text of too many segments',
    anAlert({ info: { sms: 'a'.repeat(1_531) } }),
    'text_too_long',
    ['/info/0/sms'],
  ],
  [
    'a text that one emoji makes too long',
    anAlert({ info: { sms: `${'a'.repeat(669)}🌊` } }),
    'text_too_long',
    ['/info/0/sms'],
  ],
  [
    'a correction that is too long',
    anAlert({ corrections: { cancel: [{ language: 'en', sms: 'a'.repeat(1_531) }] } }),
    'text_too_long',
    ['/corrections/cancel/0/sms'],
  ],
] as const)('%s is 422 at its place', async ([, alert, code, places], { edge }) => {
  const author = await aSigner(edge, ['author'])
  const answer = await author.call('POST', '/v1/alerts', { json: alert })
  expect([answer.status, answer.body.code, pointers(answer)]).toEqual([422, code, places])
})

test('a drill needs a roster, and the roster must list its members', async ({ edge, db }) => {
  const driller = await aSigner(edge, ['author'], { mode: 'exercise' })
  const without = await driller.call('POST', '/v1/alerts', {
    json: anAlert({ status: 'Exercise' }),
  })
  expect([without.status, pointers(without)]).toEqual([422, ['/audience/roster']])
  const geographic = randomUUID()
  const ground = JSON.stringify({ areaDesc: 'Here', polygon: [square(0, 0)] })
  await db.execute(
    sql`insert into groups (id, name, area) values (${geographic}, 'g', ${ground}::jsonb)`,
  )
  const drawnRoster = await driller.call('POST', '/v1/alerts', { json: aDrill(geographic) })
  expect([drawnRoster.body.code, pointers(drawnRoster)]).toEqual([
    'invalid_group',
    ['/audience/roster'],
  ])
})

test('every fault is named at once', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const alert = anAlert({
    scope: 'Restricted',
    info: {
      expires: inHours(-1),
      area: area({
        polygon: [
          {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 0],
                [1, 1],
                [0, 1],
              ],
            ],
          },
        ],
        geocode: [
          { valueName: 'SAME', value: '048453' },
          { valueName: 'FIPS', value: '99' },
        ],
      }),
    },
    audience: { groups: [randomUUID()] },
    replies: { options: [option({ code: 'quit' })] },
  })
  const answer = await author.call('POST', '/v1/alerts', { json: alert })
  expect([answer.status, answer.body.code]).toEqual([422, 'invalid_alert'])
  expect(pointers(answer).toSorted()).toEqual([
    '/audience/groups/0',
    '/info/0/area/0/geocode/1',
    '/info/0/area/0/polygon/0/coordinates/0',
    '/info/0/expires',
    '/replies/options/0/code',
    '/restriction',
  ])
})

test('an edit is held to the same rules, and a refused one changes nothing', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert())
  const before = await author.call('GET', `/v1/alerts/${id}`)
  const bad = await author.call('PATCH', `/v1/alerts/${id}`, { json: { scope: 'Private' } })
  expect([bad.status, pointers(bad)]).toEqual([422, ['/addresses']])
  const typed = await author.call('PATCH', `/v1/alerts/${id}`, { json: { msgType: 'Cancel' } })
  expect([typed.status, pointers(typed)]).toEqual([422, ['/msgType']])
  expect((await author.call('PATCH', `/v1/alerts/${id}`, { json: { id } })).status).toBe(400)
  const after = await author.call('GET', `/v1/alerts/${id}`)
  expect(after.body).toEqual(before.body)
})

test('If-Match guards an edit: a stale one is 412', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert())
  const path = `/v1/alerts/${id}`
  const edit = (note: string, etag: string) =>
    author.call('PATCH', path, { json: { note }, headers: { 'If-Match': etag } })
  const first = await edit('one', '"1"')
  expect([first.status, first.headers.get('ETag'), first.body.note]).toEqual([200, '"2"', 'one'])
  expect((await edit('two', '"1"')).body.code).toBe('stale_revision')
  expect((await edit('two', 'nonsense')).status).toBe(412)
  expect((await edit('three', '*')).status).toBe(200)
  const dropped = await author.call('DELETE', path, { headers: { 'If-Match': '"1"' } })
  expect(dropped.status).toBe(412)
  expect((await author.call('PATCH', path, { json: { note: null } })).body.note).toBeUndefined()
  expect((await author.call('DELETE', path)).status).toBe(204)
  expect((await author.call('GET', path)).status).toBe(404)
})

test('what a draft may lack, a submitted alert may not', async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert({ info: { sms: undefined, expires: undefined } }))
  const answer = await author.submit(id)
  expect([answer.status, answer.body.code, pointers(answer)]).toEqual([
    422,
    'invalid_alert',
    ['/info/0/sms', '/info/0/expires'],
  ])
})

test('an alert that expired while it was a draft is refused at submit', async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author'])
  const soon = new Date(edge.deps.now().getTime() + 60_000).toISOString()
  const id = await compose(author, anAlert({ info: { expires: soon } }))
  edge.pass(60)
  const answer = await author.submit(id)
  expect([answer.status, pointers(answer)]).toEqual([422, ['/info/0/expires']])
})

test('an empty audience and one above the ceiling are refused at submit', async ({ edge, db }) => {
  const author = await aSigner(edge, ['author'])
  const far = { area: area({ polygon: [square(10, 50)] }) }
  const empty = await compose(author, anAlert({ info: far }))
  expect((await author.submit(empty)).body.code).toBe('audience_empty')
  await contactsAt(db, [
    [10.5, 50.5],
    [10.6, 50.6],
  ])
  const narrow = await compose(author, anAlert({ info: far, maxRecipients: 1 }))
  expect((await author.submit(narrow)).body.code).toBe('ceiling_exceeded')
  // Left out, it is the estimate + 5 %: two recipients and their twentieth, rounded up.
  const edited = await author.call('PATCH', `/v1/alerts/${narrow}`, {
    json: { maxRecipients: null },
  })
  expect(edited.body.maxRecipients).toBe(3)
  expect((await author.submit(narrow)).body.state).toBe('submitted')
})

test('an audience below its floor is refused at submit, and a floor above the ceiling at once', async ({
  edge,
  db,
}) => {
  const author = await aSigner(edge, ['author'])
  const far = { area: area({ polygon: [square(12, 50)] }) }
  await contactsAt(db, [
    [12.5, 50.5],
    [12.6, 50.6],
  ])
  const id = await compose(author, anAlert({ info: far, minRecipients: 2 }))
  await db.execute(sql`
    delete from contacts where id in (select contact_id from locations where position ~= point(12.5, 50.5))
  `)
  expect((await author.submit(id)).body).toMatchObject({ status: 409, code: 'audience_changed' })
  // Left out, it is half of what the estimate says now.
  const edited = await author.call('PATCH', `/v1/alerts/${id}`, { json: { minRecipients: null } })
  expect(edited.body.minRecipients).toBe(0)
  expect((await author.submit(id)).body.state).toBe('submitted')
  const crossed = anAlert({ info: far, maxRecipients: 5, minRecipients: 6 })
  expect((await author.call('POST', '/v1/alerts', { json: crossed })).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/minRecipients' }],
  })
})

test('corrections that lack a language of the alert are told, not refused', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const alert = {
    ...anAlert({ corrections: { cancel: [{ language: 'en-US', sms: 'SENT IN ERROR' }] } }),
    info: [anAlert().info[0], spanish],
  }
  const { status, body } = await author.call('POST', '/v1/alerts', { json: alert })
  expect(status).toBe(201)
  expect(body.warnings.map((one: { pointer: string }) => one.pointer)).toEqual([
    '/corrections/cancel',
    '/corrections/allClear',
  ])
  expect(body.warnings[0].detail).toContain('es')
})

test('lists are filtered, paged and light', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const since = new Date(Date.now() + 100_000).toISOString()
  edge.pass(100)
  const ids = [await compose(author, anAlert()), await compose(author, anAlert())]
  const filters = `state=draft,submitted&status=Actual&since=${encodeURIComponent(since)}`
  const first = await author.call('GET', `/v1/alerts?${filters}&limit=1`)
  const second = await author.call(
    'GET',
    `/v1/alerts?${filters}&limit=1&cursor=${first.body.nextCursor}`,
  )
  expect([...first.body.items, ...second.body.items].map(one => one.id)).toEqual(ids.toReversed())
  expect(second.body.nextCursor).toBeNull()
  expect(first.body.items[0].info).toEqual([
    {
      language: 'en-US',
      event: 'Flash Flood Warning',
      severity: 'Extreme',
      expires: expect.anything(),
    },
  ])
  const years = ['since=0000-01-01T00:00:00Z', 'since=9999-12-31T23:00:00-12:00']
  const forged = ['state=gone', 'limit=1e9', 'cursor=forged', 'sort=name', 'since=yesterday']
  for (const bad of [...forged, ...years]) {
    expect([bad, (await author.call('GET', `/v1/alerts?${bad}`)).status]).toEqual([bad, 400])
  }
})
