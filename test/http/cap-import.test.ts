import { expect, vi } from 'vitest'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { aListedGroup, anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { capXml, type Change } from '../cap/messages.ts'
import { type Answer, type Caller, test } from '../support/edge.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

const CAP = { 'Content-Type': 'application/cap+xml' }
const IN_THE_VALLEY = [-96.5, 30.5] as const

let messages = 0
/** A message of now that nobody has handed in yet. */
function aMessage(...changes: Change[]): string {
  const now = new Date().toISOString()
  const later = new Date(Date.now() + 3_600_000).toISOString()
  return capXml(
    ['river-7', `river-7-${++messages}`],
    ['2026-11-22T18:00:00-06:00', now],
    ['2027-11-22T20:00:00-06:00', later],
    ...changes,
  ).toString()
}

const hand = (caller: Caller, text: string, query = '', headers = {}) =>
  caller.call('POST', `/v1/alerts/import${query}`, { text, headers: { ...CAP, ...headers } })

const refusal = ({ status, body }: Answer) => [status, body.code]
const faultsOf = ({ body }: Answer): string[] =>
  body.errors.map(({ pointer, detail }: { pointer: string; detail: string }) =>
    `${pointer} ${detail}`.trim(),
  )

test('a message becomes a draft, which goes the way of every draft', async ({ edge, db }) => {
  await contactsAt(db, [IN_THE_VALLEY])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const { status, body, headers } = await hand(author, aMessage())
  expect(status, JSON.stringify(body)).toBe(201)
  expect(body).toMatchObject({
    state: 'draft',
    mode: 'live',
    msgType: 'Alert',
    origin: { sender: 'gauges@example.org', identifier: `river-7-${messages}` },
    createdBy: author.id,
    maxRecipients: 2,
    info: [{ event: 'Flash Flood Warning', parameter: [{ valueName: 'gauge', value: '7.2 m' }] }],
    history: [{ action: 'created', operatorId: author.id }],
  })
  expect(body.warnings).toContainEqual({
    pointer: '/alert/sent',
    detail: 'line 5: writes UTC as Z: taken as -00:00',
    code: 'utc_as_z',
    line: 5,
  })
  expect(headers.get('Location')).toBe(`/v1/alerts/${body.id}`)
  expect(headers.get('ETag')).toBe('"1"')

  // Nothing goes out of what nobody has written for phones.
  const early = await author.submit(body.id)
  expect(faultsOf(early)).toEqual(['/info/0/sms is required at submit'])
  const info = [{ ...body.info[0], sms: 'FLASH FLOOD. Go up.' }]
  await author.call('PATCH', `/v1/alerts/${body.id}`, { json: { info } })
  const submitted = await author.submit(body.id)
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
  expect((await approver.approve(body.id)).body.state).toBe('approved')
})

test('an update by another sender keeps what it follows, through edits and out again', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [IN_THE_VALLEY])
  const author = await aSigner(edge, ['author'])
  const sms = '<parameter><valueName>tocsin:sms</valueName><value>Go up.</value></parameter>'
  const { status, body } = await hand(
    author,
    aMessage(
      ['<msgType>Alert', '<msgType>Cancel'],
      [
        '<incidents>',
        '<references>gauges@example.org,river-6,2026-11-22T17:00:00-06:00</references><incidents>',
      ],
      ['</parameter>', `</parameter>${sms}`],
    ),
  )
  expect(status, JSON.stringify(body)).toBe(201)
  const patch = { json: { note: 'seen' } }
  const edited = await author.call('PATCH', `/v1/alerts/${body.id}`, patch)
  expect(edited.body).toMatchObject({ msgType: 'Cancel', references: [], note: 'seen' })
  await author.submit(body.id)
  const exported = await author.call('GET', `/v1/alerts/${body.id}/cap`)
  const { message } = readCapXml(Buffer.from(exported.body))
  expect(message).toMatchObject({
    msgType: 'Cancel',
    references: [
      { sender: 'gauges@example.org', identifier: 'river-6', sent: '2026-11-22T17:00:00-06:00' },
    ],
  })
  expect(message!.info[0]!.parameter.at(-1)).toMatchObject({
    valueName: 'tocsin:origin',
    value: expect.stringMatching(/^gauges@example\.org,river-7-\d+,\d{4}-.*-00:00$/),
  })
})

test('an Update or a Cancel of a message that went out here follows the alert that it became, to whom that reached', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [IN_THE_VALLEY])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const sms = '<parameter><valueName>tocsin:sms</valueName><value>Go up.</value></parameter>'
  const texted: Change = ['</parameter>', `</parameter>${sms}`]
  const nameOf = ({
    sender,
    identifier,
    sent,
  }: { [Name in 'sender' | 'identifier' | 'sent']: string }) =>
    `${sender},${identifier},${sent.replace('Z', '-00:00').replace(/\.\d+/, '')}`
  const following = (msgType: string, ...names: string[]) =>
    aMessage(
      ['<msgType>Alert', `<msgType>${msgType}`],
      ['<incidents>', `<references>${names.join(' ')}</references><incidents>`],
      texted,
    )
  const send = async (id: string) => {
    await author.submit(id)
    await approver.approve(id)
    const headers = { 'Idempotency-Key': id }
    const { status, body } = await author.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
    expect(status, JSON.stringify(body)).toBe(202)
  }
  const first = (await hand(author, aMessage(texted))).body
  const firstName = nameOf(first.origin)
  // A draft has reached nobody, and of what nobody has heard here there is nothing to follow.
  const tooSoon = (await hand(author, following('Update', firstName))).body
  expect(tooSoon.references).toEqual([])
  await send(first.id)

  const unknown = 'gauges@example.org,river-1,2026-11-22T17:00:00-06:00'
  const update = (await hand(author, following('Update', unknown, firstName))).body
  expect(update).toMatchObject({ msgType: 'Update', references: [first.id] })
  const content = await author.call('GET', `/v1/alerts/${update.id}/content`)
  expect(content.body.reached).toEqual([{ id: first.id, contentDigest: expect.any(String) }])
  await send(update.id)
  // What is left of the first is stopped, for nobody is to get the older word after the newer one.
  expect((await author.call('GET', `/v1/alerts/${first.id}`)).body.state).toBe('stopped')
  const exported = await author.call('GET', `/v1/alerts/${update.id}/cap`)
  expect(
    readCapXml(Buffer.from(exported.body)).message!.references.map(({ identifier }) => identifier),
  ).toEqual([first.id, 'river-1', first.origin.identifier])

  const cancel = (await hand(author, following('Cancel', firstName, nameOf(update.origin)))).body
  expect(cancel).toMatchObject({ msgType: 'Cancel', references: [first.id, update.id] })
  await send(cancel.id)
  // What was taken back is followed no more.
  const late = (await hand(author, following('Update', firstName))).body
  expect(late.references).toEqual([])
})

test('X12: a message becomes one alert, however often it comes', async ({ edge, db }) => {
  await contactsAt(db, [IN_THE_VALLEY])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const message = aMessage()
  const both = await Promise.all([hand(author, message), hand(author, message)])
  expect(both.map(({ status }) => status)).toEqual(expect.arrayContaining([201, 409]))
  const first = both.find(({ status }) => status === 201)!.body.id
  const again = await hand(author, message)
  expect(refusal(again)).toEqual([409, 'already_exists'])
  expect(again.body.detail).toContain(first)
  // Other words under the same name are another message; whoever hands it in has to tell which is right.
  expect((await hand(author, message.replace('rising', 'falling'))).status).toBe(201)

  await author.call('DELETE', `/v1/alerts/${first}`)
  const second = await hand(author, message)
  expect(second.status).toBe(201)
  expect(refusal(await hand(author, message))).toEqual([409, 'already_exists'])

  const info = [{ ...second.body.info[0], sms: 'Go up.' }]
  await author.call('PATCH', `/v1/alerts/${second.body.id}`, { json: { info } })
  await author.submit(second.body.id)
  expect(refusal(await hand(author, message))).toEqual([409, 'already_exists'])
  const json = { reason: 'not ours to say' }
  await approver.call('POST', `/v1/alerts/${second.body.id}/reject`, { json })
  expect((await hand(author, message)).status).toBe(201)
})

test('the same request twice is done once', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const message = aMessage()
  const key = { 'Idempotency-Key': 'twice' }
  const first = await hand(author, message, '', key)
  const second = await hand(author, message, '', key)
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.body.id).toBe(first.body.id)
  expect(second.headers.get('Idempotent-Replayed')).toBe('true')
  const other = await hand(author, message.replace('rising', 'sinking'), '', key)
  expect(refusal(other)).toEqual([422, 'idempotency_key_reused'])
  const sameLength = await hand(author, message.replace('rising', 'fallin'), '', key)
  expect(refusal(sameLength)).toEqual([422, 'idempotency_key_reused'])
})

test('every fault is named at once, by its path and line', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const ofXml = await hand(
    author,
    aMessage(['<event>Flash Flood Warning</event>', ''], ['>Public<', '>Private<']),
  )
  expect(refusal(ofXml)).toEqual([422, 'invalid_alert'])
  expect(faultsOf(ofXml)).toEqual([
    '/alert line 2: lacks addresses, which scope Private needs',
    '/alert/info[1] line 12: lacks event',
  ])
  const parameter = (name: string) =>
    `</parameter><parameter><valueName>${name}</valueName><value>x</value></parameter>`
  const ofMeaning = await hand(
    author,
    aMessage(
      ['30,-97 30,-96 31,-96 31,-97 30,-97', '30,-97 31,-96 30,-96 31,-97 30,-97'],
      ['12.5</circle>', '40000</circle>'],
      ['<value>048201', '<value>000000'],
      ['</parameter>', parameter('Tocsin:sms')],
    ),
  )
  expect(refusal(ofMeaning)).toEqual([422, 'invalid_alert'])
  expect(faultsOf(ofMeaning)).toEqual([
    '/alert/info[1]/parameter[2]/valueName line 30: begins with tocsin:, as ours do',
    expect.stringMatching(/^\/alert\/info\[1]\/area\[1]\/polygon\[1] line \d+: crosses itself/),
    expect.stringMatching(/^\/alert\/info\[1]\/area\[1]\/circle\[1] line \d+: must be at most/),
    expect.stringMatching(/^\/alert\/info\[1]\/area\[1]\/geocode\[1] line \d+: names no state/),
  ])
})

test('X16: a geocode that names no shape is nobody’s alert, never everybody’s', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  for (const change of [
    ['<value>048201', '<value>000000'],
    ['<valueName>SAME</valueName>\n        <value>04', '<valueName>EMMA_ID</valueName><value>04'],
  ] as const) {
    const answer = await hand(author, aMessage(change))
    expect(refusal(answer)).toEqual([422, 'unknown_geocode'])
    expect(faultsOf(answer)[0]).toMatch(/^\/alert\/info\[1]\/area\[1]\/geocode\[1] line \d+: /)
  }
  // Nothing but a name covers no ground.
  const area = /<polygon>[^]*<\/ceiling>/.exec(capXml().toString())![0]
  expect(refusal(await hand(author, aMessage([area, ''])))).toEqual([422, 'invalid_area'])
  const corners = Array.from({ length: 20_000 }, (_, at) => `30.${at},-97`).join(' ')
  const large = await hand(
    author,
    aMessage(['30,-97 30,-96 31,-96 31,-97 30,-97', `30,-97 ${corners} 30,-97`]),
  )
  expect(faultsOf(large)[0]).toContain('has 20001 corners; at most 20000 are allowed')
})

test('X13: what has expired or comes from tomorrow is refused', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const before = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  const past = capXml(
    ['2026-11-22T18:00:00-06:00', before(2)],
    ['2027-11-22T20:00:00-06:00', before(1)],
  )
  expect(faultsOf(await hand(author, past.toString()))).toEqual([
    '/alert/info[1]/expires line 25: is in the past',
  ])
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const afterThat = new Date(Date.now() + 2 * 86_400_000).toISOString()
  const early = capXml(
    ['2026-11-22T18:00:00-06:00', tomorrow],
    ['2027-11-22T20:00:00-06:00', afterThat],
  ).toString()
  expect(faultsOf(await hand(author, early))).toEqual([
    '/alert/sent line 5: is more than an hour ahead of now',
  ])
})

test('X14: a test never becomes the real thing, and reaches its roster alone', async ({
  edge,
  db,
}) => {
  const [member] = await contactsAt(db, [[10, 50], IN_THE_VALLEY])
  const roster = await aListedGroup(db, [member!])
  const live = await edge.caller({ roles: ['author'] })
  const message = aMessage(['<status>Actual', '<status>Test'])
  expect(refusal(await hand(live, message, `?roster=${roster}`))).toEqual([403, 'wrong_mode'])

  const author = await edge.caller({ roles: ['author'], mode: 'exercise' })
  const without = await hand(author, message)
  expect(faultsOf(without)).toEqual([
    expect.stringMatching(/^query parameter roster: is required where status is Test/),
  ])
  const { status, body } = await hand(author, message, `?roster=${roster}`)
  expect(status, JSON.stringify(body)).toBe(201)
  expect(body).toMatchObject({ mode: 'exercise', audience: { roster } })
  const estimate = await author.call('GET', `/v1/alerts/${body.id}/estimate`)
  expect(estimate.body.recipients).toBe(1)

  const actual = await hand(live, aMessage(), `?roster=${roster}`)
  expect(faultsOf(actual)).toEqual([
    expect.stringMatching(/^query parameter roster: is for drills/),
  ])
  expect((await hand(author, message, '?roster=everybody')).status).toBe(400)
})

test('only an author, and only where their jurisdiction reaches', async ({ edge }) => {
  const approver = await edge.caller({ roles: ['approver'] })
  expect(refusal(await hand(approver, aMessage()))).toEqual([403, 'forbidden'])
  const jurisdiction = { geocodes: [{ valueName: 'FIPS', value: '06' }] }
  const elsewhere = await edge.caller({ roles: ['author'], jurisdiction })
  expect(refusal(await hand(elsewhere, aMessage()))).toEqual([403, 'outside_jurisdiction'])
})

test('what is no CAP 1.2 in UTF-8 of at most 512 KiB is not let in', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const message = aMessage()
  for (const type of ['text/xml', 'application/json', 'application/cap+xml; charset=utf-16']) {
    const answer = await hand(author, message, '', { 'Content-Type': type })
    expect(refusal(answer), type).toEqual([415, 'unsupported_media_type'])
  }
  const utf8 = { 'Content-Type': 'application/cap+xml; charset=UTF-8' }
  expect((await hand(author, message, '', utf8)).status).toBe(201)
  const packed = await hand(author, message, '', { 'Content-Encoding': 'gzip' })
  expect(refusal(packed)).toEqual([415, 'unsupported_media_type'])
  const long = message.replace('rising', 'r'.repeat(512 * 1024))
  expect(refusal(await hand(author, long))).toEqual([413, 'too_large'])
  expect(refusal(await hand(author, '{}'))).toEqual([400, 'malformed_xml'])
  expect(refusal(await hand(author, ''))).toEqual([400, 'malformed_xml'])
  const doctype = message.replace('<alert', '<!DOCTYPE alert SYSTEM "http://127.0.0.1/x"><alert')
  expect(refusal(await hand(author, doctype))).toEqual([422, 'invalid_alert'])
})

test('a signature that came along is not taken for anybody’s word', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'
  const { body } = await hand(author, aMessage(['</alert>', `${signature}</alert>`]))
  expect(body.warnings).toContainEqual({
    pointer: '/alert/Signature',
    detail: expect.stringMatching(/^line \d+: was not verified/),
    code: 'cap_signature_unasked',
    line: expect.any(Number),
  })
})

test('nobody writes a parameter of ours, or a ceiling without its floor, by hand', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const { info } = anAlert()
  const area = [{ ...info[0]!.area[0], ceiling: 100 }]
  const parameter = [{ valueName: 'tocsin:origin', value: 'somebody else' }]
  const json = anAlert({ info: { area, parameter } })
  expect(faultsOf(await author.call('POST', '/v1/alerts', { json }))).toEqual([
    '/info/0/parameter/0/valueName begins with tocsin:, as ours do',
    '/info/0/area/0/ceiling needs an altitude beside it',
  ])
  const id = await compose(author, anAlert())
  const patched = await author.call('PATCH', `/v1/alerts/${id}`, { json: { info: json.info } })
  expect(patched.status).toBe(422)
})
