import { sql } from 'drizzle-orm'
import { expect, vi } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { aListedGroup, aSigner, contactsAt, contentBytes, square } from '../alerts/people.ts'
import { handOver, onDuty, phonesOf, planAll, textsOf, dispatch } from '../support/corrections.ts'
import { type Answer, type Caller, type Edge, test } from '../support/edge.ts'
import { aReviewedTemplate, aStoredTemplate, aUse, draftOf, review } from '../templates/people.ts'
import { aTemplate } from '../templates/sample.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

const pointers = ({ body }: Answer) =>
  (body.errors ?? []).map((fault: { pointer: string }) => fault.pointer)
const refusal = (answer: Answer) => [answer.status, answer.body.code, pointers(answer)]

async function drafted(author: Caller, templateId: string, changes: object = {}) {
  const answer = await draftOf(author, templateId, changes)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return answer.body
}

/** An author and an approver, somebody to be reached, and a template that they have written and reviewed. */
async function onDutyWithTemplate(edge: Edge, db: Database, changes: object = {}) {
  await contactsAt(db, [[-96.5, 30.5]])
  const duty = await onDuty(edge)
  return { ...duty, templateId: await aReviewedTemplate(duty.author, duty.approver, changes) }
}

const edit = (who: Caller, id: string, json: object) =>
  who.call('PATCH', `/v1/alerts/${id}`, { json })

test('template, draft, signatures, messages, all-clear: each in the language of whoever gets it', async ({
  edge,
  database,
  db,
}) => {
  await contactsAt(db, [
    [-96.5, 30.5, 'en-US'],
    [-96.4, 30.4, 'es-US'],
  ])
  const duty = await onDuty(edge)
  const { author, approver } = duty
  const templateId = await aReviewedTemplate(author, approver)
  const until = new Date(Date.now() + 2 * 3_600_000)
  until.setUTCSeconds(0, 0)
  const made = await draftOf(author, templateId, {
    blanks: { place: 'Hunt', until: until.toISOString() },
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const { id } = made.body
  expect(made.headers.get('Location')).toBe(`/v1/alerts/${id}`)
  const hour = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    hour: 'numeric',
    minute: '2-digit',
  })
  const written = hour.format(until).replaceAll(/\s/g, ' ')
  expect(made.body).toMatchObject({
    state: 'draft',
    severity: 'Severe',
    msgType: 'Alert',
    scope: 'Public',
    info: [
      {
        language: 'en-US',
        event: 'Flood Warning',
        responseType: ['Evacuate'],
        headline: 'Flood in Hunt',
        expires: until.toISOString(),
        sms: `Tocsin: FLOOD in Hunt until ${written}. Go up now. Reply 1 SAFE, 2 NEED HELP.`,
      },
      { language: 'es-US', headline: 'Crecida en Hunt', expires: until.toISOString() },
    ],
    replies: { options: [{ code: '1' }, { code: '2', urgent: true }] },
    corrections: {
      cancel: [
        { language: 'en-US', sms: 'Tocsin: SENT IN ERROR. There is no flood in Hunt.' },
        { language: 'es-US', sms: 'Tocsin: ENVIADO POR ERROR. No hay crecida en Hunt.' },
      ],
      allClear: [
        { language: 'en-US', sms: 'Tocsin: ALL CLEAR. The flood in Hunt is over.' },
        { language: 'es-US', sms: 'Tocsin: FIN DE LA ALERTA por la crecida en Hunt.' },
      ],
    },
    template: {
      id: templateId,
      version: 1,
      name: expect.stringMatching(/^Flood \d+$/),
      blanks: { place: 'Hunt', until: until.toISOString() },
      partedAt: null,
    },
    warnings: [],
  })
  // One block names the areas, and all speak of them.
  expect(made.body.info.map((block: { area?: unknown }) => block.area !== undefined)).toEqual([
    true,
    false,
  ])

  const submitted = await author.submit(id)
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
  expect((await approver.approve(id)).status).toBe(200)
  await dispatch(author, id)
  await planAll(database)
  const sms = made.body.info.map((block: { sms: string }) => block.sms)
  expect([...(await textsOf(db, id)).values()].toSorted()).toEqual(sms.toSorted())
  await handOver(db, id, await phonesOf(db, id))

  // Later one person alone, with what was approved.
  const bytes = JSON.parse(
    Buffer.from(await contentBytes(edge, approver, id, 'all-clear')).toString(),
  )
  const over = made.body.corrections.allClear.map((text: { sms: string }) => text.sms)
  expect(bytes.texts.map((text: { sms: string }) => text.sms)).toEqual(over)
  const signature = await approver.sign(id, 'approver', 'all-clear')
  const sent = await approver.call('POST', `/v1/alerts/${id}/all-clear`, { json: { signature } })
  expect(sent.status, JSON.stringify(sent.body)).toBe(202)
  await planAll(database)
  const told = await textsOf(db, sent.body.correctionId)
  expect([...told.values()].toSorted()).toEqual(over.toSorted())
  expect([...told.keys()].toSorted()).toEqual((await phonesOf(db, id)).toSorted())
  // Made of the alert, not of the template; the alert says what it was made of for good.
  const clear = await author.call('GET', `/v1/alerts/${sent.body.correctionId}`)
  expect(clear.body.template).toBeNull()
  expect((await author.call('GET', `/v1/alerts/${id}`)).body.template.version).toBe(1)
})

test('what is filled in wrongly is refused all at once, each at its place, and makes no alert', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const templateId = await aStoredTemplate(author)
  const before = (await author.call('GET', '/v1/alerts')).body.items.length
  const wrong = await draftOf(author, templateId, {
    blanks: { place: '{until}', until: 'noon', road: '27' },
  })
  expect(refusal(wrong)).toEqual([
    422,
    'invalid_template',
    ['/blanks/road', '/blanks/place', '/blanks/until'],
  ])
  const places = ['Hunt\u0007', 'Hunt\nB', 'x'.repeat(41), '']
  for (const place of places) {
    const answer = await draftOf(author, templateId, { blanks: { place } })
    expect(refusal(answer)).toEqual([422, 'invalid_template', ['/blanks/place']])
    expect(JSON.stringify(answer.body)).not.toContain('xxxx')
  }
  const crossed = {
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
  }
  const [hour, past] = [2, -2].map(hours => new Date(Date.now() + hours * 3_600_000).toISOString())
  const area = [...aUse().area, crossed]
  expect(refusal(await draftOf(author, templateId, { area, expires: past }))).toEqual([
    422,
    'invalid_alert',
    ['/expires', '/expires', '/area/1/polygon/0/coordinates/0'],
  ])
  const two = { place: 'Hunt', until: new Date(Date.now() + 3_600_000).toISOString() }
  expect(refusal(await draftOf(author, templateId, { blanks: two, expires: hour }))).toEqual([
    422,
    'invalid_template',
    ['/expires'],
  ])
  const unknown = await draftOf(author, templateId, { sms: 'of my own' })
  expect(refusal(unknown)).toEqual([400, 'invalid_request', ['/sms']])
  expect((await draftOf(author, templateId, { area: undefined })).body.code).toBe('invalid_alert')
  const noSuch = await draftOf(author, templateId, { version: 2 })
  expect([noSuch.status, noSuch.body.code]).toEqual([404, 'not_found'])
  const json = aUse()
  const nowhere = await author.call('POST', `/v1/templates/${author.id}/draft`, { json })
  expect(nowhere.status).toBe(404)
  const polluting = await author.call('POST', `/v1/templates/${templateId}/draft`, {
    text: JSON.stringify(json).replace('"place"', '"__proto__"'),
    headers: { 'Content-Type': 'application/json' },
  })
  expect(polluting.status).toBe(400)
  expect((await author.call('GET', '/v1/alerts')).body.items).toHaveLength(before)
})

test('no alert is made of a template that lacks its corrections in a language', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const [en, es] = aTemplate().texts
  const { cancel: _cancel, ...without } = es!
  const templateId = await aStoredTemplate(author, { texts: [en, without] })
  const answer = await draftOf(author, templateId)
  expect([answer.status, answer.body.code, answer.body.errors]).toEqual([
    422,
    'invalid_template',
    [{ pointer: '', detail: '/texts/1/cancel of the template is missing in es-US' }],
  ])
})

test('a text that nobody has reviewed, or whose source has changed since, is not submitted', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const { author, approver } = await onDuty(edge)
  const templateId = await aStoredTemplate(author)
  await review(approver, templateId, 'en-US', 1)
  const first = await drafted(author, templateId)
  expect(first.warnings).toEqual([
    { pointer: '/info/1/sms', detail: expect.stringMatching(/not reviewed .*template: null/) },
  ])
  expect(refusal(await author.submit(first.id))).toEqual([422, 'not_as_template', ['/info/1/sms']])
  await review(approver, templateId, 'es-US', 1)
  expect((await author.call('GET', `/v1/alerts/${first.id}`)).body.warnings).toEqual([])

  const [en, es] = aTemplate().texts
  const texts = [{ ...en, sms: '{sender}: FLOOD in {place} until {until}. Leave now.' }, es]
  await author.call('PATCH', `/v1/templates/${templateId}`, { json: { texts } })
  const second = await drafted(author, templateId)
  expect(second.template.version).toBe(2)
  const stale = await author.submit(second.id)
  expect(refusal(stale)).toEqual([422, 'not_as_template', ['/info/0/sms', '/info/1/sms']])
  expect(stale.body.errors[1].detail).toContain('stale')

  // What was made of the version before says what was reviewed together; it is told that there is a later one.
  const { body: old } = await author.call('GET', `/v1/alerts/${first.id}`)
  expect(old.warnings).toEqual([
    { pointer: '/template/version', detail: 'is version 1 of the template, which is at 2 now' },
  ])
  expect((await author.submit(first.id)).status).toBe(200)

  // Policy may take what nobody has reviewed, and never what is stale.
  const administrator = await edge.caller({ roles: ['administrator'] })
  const policy = (templateReview: string) =>
    administrator.call('PATCH', '/v1/organisation', { json: { policy: { templateReview } } })
  await policy('none')
  expect(refusal(await author.submit(second.id))).toEqual([422, 'not_as_template', ['/info/1/sms']])
  await policy('another')
  for (const language of ['en-US', 'es-US']) await review(approver, templateId, language, 2)
  expect((await author.submit(second.id)).status).toBe(200)
})

test('as long as it is held to its template an alert says that and nothing else; its author may part from it', async ({
  edge,
  db,
}) => {
  const { author, templateId } = await onDutyWithTemplate(edge, db)
  const { id, info, corrections } = await drafted(author, templateId)
  const [english, spanish] = info

  const changed = await edit(author, id, {
    info: [
      { ...english, sms: 'FLOOD. Leave now.', instruction: 'Leave.' },
      { ...spanish, language: 'fr-CA' },
    ],
    corrections: { cancel: corrections.cancel.slice(0, 1) },
  })
  expect(changed.status).toBe(200)
  const wrong = [
    '/info',
    '/corrections/cancel',
    '/corrections/allClear',
    '/corrections/allClear',
    '/info/0/sms',
    '/info/0/instruction',
    '/info/1/language',
  ]
  const told = changed.body.warnings.map((one: { pointer: string }) => one.pointer)
  expect(told.slice(-wrong.length).toSorted()).toEqual(wrong.toSorted())
  const refused = await author.submit(id)
  expect([refused.status, refused.body.code, pointers(refused).toSorted()]).toEqual([
    422,
    'not_as_template',
    wrong.toSorted(),
  ])

  const cancel = [{ language: 'en-US', sms: 'Never mind.' }, corrections.cancel[1]]
  await edit(author, id, { info: [english, spanish], corrections: { ...corrections, cancel } })
  expect(pointers(await author.submit(id))).toEqual(['/corrections/cancel/0/sms'])

  // Another expiry than the one that the text says.
  const expires = new Date(Date.parse(english.expires) + 3_600_000).toISOString()
  await edit(author, id, { info: [{ ...english, expires }, spanish], corrections })
  expect(pointers(await author.submit(id))).toEqual(['/info/0/expires'])

  await edit(author, id, { info: [{ ...english, sms: 'FLOOD. Leave now.' }, spanish] })
  const parted = await edit(author, id, { template: null })
  expect(parted.body.template).toMatchObject({
    id: templateId,
    version: 1,
    partedAt: expect.any(String),
  })
  expect(parted.body.history.at(-1)).toMatchObject({
    action: 'edited',
    operatorId: author.id,
    detail: `parted from template ${templateId}`,
  })
  const submitted = await author.submit(id)
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
  expect(submitted.body.template.partedAt).not.toBeNull()
})

test('blanks are filled in anew, of a later version too, and what the author gave beside them stays', async ({
  edge,
  db,
}) => {
  const { author, approver, templateId } = await onDutyWithTemplate(edge, db)
  const { id, info } = await drafted(author, templateId, { note: 'for the river' })
  const until = new Date(Date.now() + 5 * 3_600_000).toISOString()
  // With a language lost, and a text of the author's own.
  await edit(author, id, { info: [{ ...info[0], sms: 'mine', contact: '555 0100' }] })
  const filled = await edit(author, id, { template: { blanks: { place: 'Ingram', until } } })
  expect(filled.body).toMatchObject({
    note: 'for the river',
    info: [
      {
        headline: 'Flood in Ingram',
        sms: expect.stringContaining('in Ingram until'),
        expires: until,
        contact: '555 0100',
        area: info[0].area,
      },
      { language: 'es-US', headline: 'Crecida en Ingram', expires: until },
    ],
    corrections: { cancel: [{ sms: expect.stringContaining('in Ingram') }, {}] },
    template: { version: 1, blanks: { place: 'Ingram', until }, partedAt: null },
    warnings: [],
  })

  const [en, es] = aTemplate().texts
  const texts = [en, { ...es, sms: '{sender}: CRECIDA en {place}. Hasta: {until}. Salga ya.' }]
  await author.call('PATCH', `/v1/templates/${templateId}`, { json: { texts } })
  await review(approver, templateId, 'es-US', 2)
  const later = await edit(author, id, { template: { version: 2, blanks: { place: 'Ingram' } } })
  expect(later.body).toMatchObject({ template: { version: 2 }, warnings: [] })
  expect(later.body.info[1].sms).toContain('Salga ya.')
  expect((await author.submit(id)).status).toBe(200)

  const other = await drafted(author, templateId)
  const wrong = await edit(author, other.id, { template: { blanks: { place: 7 } } })
  expect(refusal(wrong)).toEqual([422, 'invalid_template', ['/template/blanks/place']])
  await edit(author, other.id, { template: null })
  expect((await edit(author, other.id, { template: null })).status).toBe(200)
  const late = await edit(author, other.id, { template: { blanks: { place: 'Hunt' } } })
  expect([late.status, late.body.code]).toEqual([409, 'wrong_state'])
})

test('a template is used within its limits: the alert’s areas and those of its groups', async ({
  edge,
  db,
}) => {
  const within = { areaDesc: 'Kerr County', polygon: [square(-97, 30)] }
  const { author, templateId } = await onDutyWithTemplate(edge, db, { within })
  const inside = { areaDesc: 'Hunt', polygon: [square(-96.6, 30.4, 0.2)] }
  const across = { areaDesc: 'The border', polygon: [square(-96.1, 30.1, 0.2)] }

  const refused = await draftOf(author, templateId, { area: [inside, across] })
  expect([refused.status, refused.body.code, refused.body.errors]).toEqual([
    422,
    'not_as_template',
    [
      {
        pointer: '/area/1',
        detail: 'lies not wholly within the limits of the template: Kerr County',
      },
    ],
  ])
  const group = await author.call('POST', '/v1/groups', {
    json: { name: 'Far away', area: across },
  })
  const audience = { groups: [group.body.id] }
  const byGroup = await draftOf(author, templateId, { area: [inside], audience })
  expect(refusal(byGroup)).toEqual([422, 'not_as_template', ['/audience/groups/0']])
  const expression = { union: [group.body.id] }
  const made = await author.call('POST', '/v1/groups', { json: { name: 'Made', expression } })
  const byMade = await draftOf(author, templateId, {
    area: [inside],
    audience: { groups: [made.body.id] },
  })
  expect(refusal(byMade)).toEqual([422, 'not_as_template', ['/audience/groups/0']])
  // Who is only listed names no ground.
  const listed = await aListedGroup(db, [])
  const { id, info } = await drafted(author, templateId, {
    area: [inside],
    audience: { groups: [listed] },
  })
  await edit(author, id, { info: [{ ...info[0], area: [across] }, info[1]] })
  expect(refusal(await author.submit(id))).toEqual([422, 'not_as_template', ['/info/0/area/0']])
  await edit(author, id, { info: [{ ...info[0], area: [inside] }, info[1]] })
  const submitted = await author.submit(id)
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200)
})

test('a drill is made of the same template, and says so in each language', async ({ edge, db }) => {
  const [someone] = await contactsAt(db, [[-96.5, 30.5]])
  const roster = await aListedGroup(db, [someone!])
  const { author, approver } = await onDuty(edge, { mode: 'exercise' })
  const templateId = await aReviewedTemplate(author, approver)
  const live = await draftOf(author, templateId)
  expect([live.status, live.body.code]).toEqual([403, 'wrong_mode'])
  const { id } = await drafted(author, templateId, { status: 'Exercise', audience: { roster } })
  const content = JSON.parse(Buffer.from(await contentBytes(edge, author, id)).toString())
  const words = ({ sms }: { sms: string }) => sms.split(':', 1)[0]
  expect(content.texts.map(words)).toEqual(['EXERCISE', 'EJERCICIO'])
  expect(content.corrections.allClear.map(words)).toEqual(['EXERCISE', 'EJERCICIO'])
  expect((await author.submit(id)).status).toBe(200)
})

test('an alert stands when its template is changed or deleted, and no other is made of that', async ({
  edge,
  db,
}) => {
  const { author, templateId } = await onDutyWithTemplate(edge, db)
  const { id, template } = await drafted(author, templateId)
  await author.call('DELETE', `/v1/templates/${templateId}`)
  expect((await draftOf(author, templateId)).status).toBe(404)
  expect((await draftOf(author, templateId, { version: 1 })).status).toBe(404)
  const { body } = await author.call('GET', `/v1/alerts/${id}`)
  expect(body.template).toEqual(template)
  expect((await author.submit(id)).status).toBe(200)
})

test('a stored text that was changed behind our back is not submitted as the template’s', async ({
  edge,
  db,
}) => {
  const { author, templateId } = await onDutyWithTemplate(edge, db)
  const { id } = await drafted(author, templateId)
  await db.execute(sql`
    update alerts set draft = jsonb_set(draft, '{info,1,sms}', '"Todo bien."') where id = ${id}::uuid`)
  expect(refusal(await author.submit(id))).toEqual([422, 'not_as_template', ['/info/1/sms']])
})

test('the trail says of each step which template it was, and whether it was parted from', async ({
  edge,
  db,
}) => {
  const auditor = await edge.caller({ roles: ['auditor'] })
  const { author, templateId: template } = await onDutyWithTemplate(edge, db)
  const { id } = await drafted(author, template)
  await edit(author, id, { template: null })
  await author.submit(id)
  const { body } = await auditor.call('GET', '/v1/audit?limit=3')
  const told = body.items.map((entry: { action: string; detail: object }) => [
    entry.action,
    entry.detail,
  ])
  expect(told).toEqual([
    ['alert.submitted', expect.objectContaining({ template, templateVersion: 1, parted: true })],
    ['alert.edited', expect.objectContaining({ template, templateVersion: 1, parted: true })],
    ['alert.created', expect.objectContaining({ template, templateVersion: 1, parted: false })],
  ])
})

test('the alerts that were made of a template are listed, those that parted from it too', async ({
  edge,
  db,
}) => {
  const { author, templateId } = await onDutyWithTemplate(edge, db)
  const other = await aStoredTemplate(author)
  const listed = async (id: string) =>
    (await author.call('GET', `/v1/alerts?template=${id}`)).body.items.map(
      (item: { id: string }) => item.id,
    )
  const [first, second] = [await drafted(author, templateId), await drafted(author, templateId)]
  await edit(author, first.id, { template: null })
  expect(await listed(templateId)).toEqual([second.id, first.id])
  expect(await listed(other)).toEqual([])
  expect((await author.call('GET', '/v1/alerts?template=x')).status).toBe(400)
})

test('the same draft is made once, however often it is asked for', async ({ edge }) => {
  const author = await aSigner(edge, ['author'])
  const templateId = await aStoredTemplate(author)
  const headers = { 'Idempotency-Key': 'once' }
  const path = `/v1/templates/${templateId}/draft`
  const [first, second] = [
    await author.call('POST', path, { json: aUse(), headers }),
    await author.call('POST', path, { json: aUse(), headers }),
  ]
  expect([first.status, second.body.id]).toEqual([201, first.body.id])
})

test('before anything is made one sees what it would say, and how long that is', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const templateId = await aStoredTemplate(author)
  const fill = (json: object) => author.call('POST', `/v1/templates/${templateId}/fill`, { json })
  const { status, body } = await fill({ blanks: { place: 'Cañón de los Álamos' } })
  expect(status, JSON.stringify(body)).toBe(200)
  expect(body).toMatchObject({
    version: 1,
    blanks: { place: 'Cañón de los Álamos', until: body.expires },
    texts: [
      {
        language: 'en-US',
        cancel: 'Tocsin: SENT IN ERROR. There is no flood in Cañón de los Álamos.',
        lengths: { sms: { alphabet: 'UCS2', segments: 2 } },
      },
      { language: 'es-US' },
    ],
  })
  expect(refusal(await fill({}))).toEqual([422, 'invalid_template', ['/blanks/place']])
})

test('an area as intricate as an alert may have is taken, though it is megabytes', async ({
  edge,
}) => {
  const author = await aSigner(edge, ['author'])
  const templateId = await aStoredTemplate(author)
  const round = (west: number) => {
    const corners = Array.from({ length: 19_000 }, (_, no) => {
      const angle = (no / 19_000) * 2 * Math.PI
      return [west + Math.cos(angle) / 2, 30.5 + Math.sin(angle) / 2]
    })
    return { type: 'Polygon', coordinates: [[...corners, corners[0]!]] }
  }
  const area = [{ areaDesc: 'Two', polygon: [round(-96.5), round(-92.5)] }]
  expect(JSON.stringify(area).length).toBeGreaterThan(1024 * 1024)
  const made = await draftOf(author, templateId, { area })
  expect(made.status, JSON.stringify(made.body.errors)).toBe(201)
})
