import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { heedOverdueReviews } from '../../src/audience/opt-outs.ts'
import { CATEGORIES } from '../../src/cap/alert.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { blockPhones } from '../../src/store/consents.ts'
import { aSigner, anAlert, compose, contactsAt, square } from '../alerts/people.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

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

const say = (from: string, text: string) => ({ from, to: '72345', text })

async function aContact(author: Caller): Promise<{ phone: string; id: string }> {
  const phone = aPhone()
  const { body } = await author.call('POST', '/v1/contacts', { json: { phone } })
  return { phone, id: body.id }
}

test('an opt-out by a text is shown with its proof, and so is what lifted it', async ({
  db,
  author,
  viewer,
}) => {
  const carrierId = await aCarrier(db)
  const { phone, id } = await aContact(author)
  const alertId = await aSentAlert(db, { recipients: [{ phone, carrierId }] })
  await recordReplies(db, carrierId, [say(phone, 'Stop, please!')])
  const path = `/v1/contacts/${id}/opt-outs`
  const stopped = (await author.call('GET', path)).body
  const proof = {
    phone,
    act: 'optOut',
    scope: 'nonEmergency',
    category: null,
    source: 'reply',
    number: '72345',
    words: 'Stop, please!',
    carrierId,
    alertId,
    operatorId: null,
    reason: null,
  }
  expect(stopped).toMatchObject({ consent: null, optOuts: [proof], history: [proof] })
  expect(Date.now() - Date.parse(stopped.optOuts[0].at)).toBeLessThan(60_000)

  await recordReplies(db, carrierId, [say(phone, 'START')])
  expect((await viewer.call('GET', path)).body).toMatchObject({
    optOuts: [],
    history: [
      { act: 'optOut', phone: expect.stringMatching(/^\D*\d{3}$/) as string },
      { act: 'optIn', scope: 'nonEmergency', words: 'START', source: 'reply' },
    ],
  })
})

test('START lifts what STOP set and the block of that carrier; each has its proof, in order', async ({
  db,
  author,
}) => {
  const [carrierId, other] = [await aCarrier(db), await aCarrier(db)]
  const phone = aPhone()
  await blockPhones(db, carrierId, [phone])
  await blockPhones(db, other, [phone, phone])
  await recordReplies(db, carrierId, [say(phone, 'STOP')])
  await recordReplies(db, carrierId, [say(phone, 'START')])
  await recordReplies(db, carrierId, [say(phone, 'STOP')])
  const of = async (path: string) =>
    (await author.call('GET', `${path}?phone=${encodeURIComponent(phone)}`)).body.items
  const history = (await of('/v1/consents')).map(
    ({ act, scope }: Record<string, string>) => `${act} ${scope}`,
  )
  expect(history.slice(0, 3)).toEqual(['optOut carrier', 'optOut carrier', 'optOut nonEmergency'])
  // Two at one moment.
  expect(new Set(history.slice(3, 5))).toEqual(new Set(['optIn carrier', 'optIn nonEmergency']))
  expect(history.slice(5)).toEqual(['optOut nonEmergency'])
  expect(await of('/v1/opt-outs')).toMatchObject([
    { scope: 'carrier', carrierId: other, source: 'carrier' },
    { scope: 'nonEmergency', words: 'STOP' },
  ])
})

test('an operator sets and lifts opt-outs, with a reason and a trail', async ({
  db,
  edge,
  author,
}) => {
  const { phone, id } = await aContact(author)
  const set = (json: object) => author.call('POST', '/v1/opt-outs', { json: { phone, ...json } })
  const lift = (json: object) =>
    author.call('POST', '/v1/opt-outs/lift', { json: { phone, ...json } })
  const reason = 'rang the desk'
  const standing = async () =>
    (await author.call('GET', `/v1/opt-outs?phone=${encodeURIComponent(phone)}`)).body.items.map(
      (one: { scope: string; category: string | null }) => [one.scope, one.category],
    )
  expect((await set({ scope: 'nonEmergency', reason })).status).toBe(204)
  expect((await set({ scope: 'category', category: 'Met', reason })).status).toBe(204)
  // Twice is once.
  expect((await set({ scope: 'category', category: 'Met', reason })).status).toBe(204)
  const silent = await set({ scope: 'all', reason })
  expect(silent).toMatchObject({
    status: 422,
    body: { code: 'invalid_contact', errors: [{ pointer: '/confirmed' }] },
  })
  expect((await set({ scope: 'all', reason, confirmed: true })).status).toBe(204)
  expect(await standing()).toEqual([
    ['nonEmergency', null],
    ['category', 'Met'],
    ['all', null],
  ])
  const carrierId = await aCarrier(db)
  await recordReplies(db, carrierId, [say(phone, 'START')])
  // A text takes back what a text can set.
  expect(await standing()).toEqual([
    ['category', 'Met'],
    ['all', null],
  ])
  expect((await lift({ scope: 'all', reason: 'moved back' })).status).toBe(204)
  expect((await lift({ scope: 'all', reason })).body).toMatchObject({ code: 'not_found' })
  expect(await standing()).toEqual([['category', 'Met']])
  const { history } = (await author.call('GET', `/v1/contacts/${id}/opt-outs`)).body
  expect(history.at(-1)).toMatchObject({
    act: 'optIn',
    scope: 'all',
    source: 'operator',
    operatorId: author.id,
    reason: 'moved back',
  })
  expect(history).toHaveLength(5)

  const auditor = await edge.caller({ roles: ['auditor'] })
  const { body } = await auditor.call('GET', '/v1/audit?limit=20')
  const trail = body.items.filter(({ action }: { action: string }) => action.startsWith('optOut.'))
  expect(
    trail.map(({ action, operatorId }: Record<string, string>) => [action, operatorId]),
  ).toEqual([
    ['optOut.lifted', author.id],
    ['optOut.set', author.id],
    ['optOut.set', author.id],
    ['optOut.set', author.id],
  ])
  expect(JSON.stringify(body)).not.toContain(phone)
})

test('somebody wants only some categories: the last list counts, with the proof of each', async ({
  db,
  author,
}) => {
  const { phone, id } = await aContact(author)
  const say204 = async (path: string, json: object) => {
    const sent = { phone, scope: 'otherCategories', reason: 'signed up at the fair', ...json }
    const { status, body } = await author.call('POST', path, { json: sent })
    expect([status, body.code]).toEqual([204, undefined])
  }
  await say204('/v1/opt-outs', { categories: ['Met', 'Fire', 'Met'] })
  // Twice is once, however it is written.
  await say204('/v1/opt-outs', { categories: ['Fire', 'Met'] })
  await Promise.all([
    say204('/v1/opt-outs', { categories: ['Health'] }),
    say204('/v1/opt-outs', { categories: ['Health'] }),
  ])
  // A text takes back what a text can set.
  await recordReplies(db, await aCarrier(db), [say(phone, 'START')])
  const path = `/v1/contacts/${id}/opt-outs`
  const { body } = await author.call('GET', path)
  expect(body.optOuts).toMatchObject([
    { scope: 'otherCategories', category: null, categories: ['Health'], source: 'operator' },
  ])
  expect(
    body.history.map(({ act, categories }: { act: string; categories: string[] }) => [
      act,
      ...categories,
    ]),
  ).toEqual([
    ['optOut', 'Met', 'Fire'],
    ['optIn', 'Met', 'Fire'],
    ['optOut', 'Health'],
  ])
  await say204('/v1/opt-outs/lift', { categories: ['Health'] })
  expect((await author.call('GET', path)).body.optOuts).toEqual([])

  const refused = async (json: object) => {
    const sent = { phone, scope: 'otherCategories', reason: 'asked', ...json }
    const answer = await author.call('POST', '/v1/opt-outs', { json: sent })
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_contact'])
    return answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)
  }
  expect(await refused({})).toEqual(['/categories'])
  expect(await refused({ categories: [] })).toEqual(['/categories'])
  expect(await refused({ categories: [...CATEGORIES] })).toEqual(['/categories'])
  expect(await refused({ categories: ['Met', 'Weather', 'Fire,Met'] })).toEqual([
    '/categories/1',
    '/categories/2',
  ])
  expect(await refused({ category: 'Met', categories: ['Fire'] })).toEqual(['/category'])
  expect(await refused({ scope: 'nonEmergency', categories: ['Met'] })).toEqual(['/categories'])
})

test('whatever is wrong with an opt-out is said at once', async ({ author }) => {
  const faultsOf = async (json: object, path = '/v1/opt-outs') => {
    const { status, body } = await author.call('POST', path, { json })
    return [status, body.errors?.map(({ pointer }: { pointer: string }) => pointer)]
  }
  const reason = 'rang'
  expect(await faultsOf({ phone: '911', scope: 'category', category: 'Rain', reason })).toEqual([
    422,
    ['/phone', '/category'],
  ])
  expect(
    await faultsOf({
      phone: '911',
      scope: 'nonEmergency',
      category: 'Met',
      confirmed: true,
      reason,
    }),
  ).toEqual([422, ['/phone', '/category', '/confirmed']])
  expect(await faultsOf({ phone: aPhone(), scope: 'carrier', reason })).toEqual([422, ['/scope']])
  expect(await faultsOf({ scope: 'some', reason: '' })).toEqual([
    400,
    ['/phone', '/scope', '/reason'],
  ])
  expect(
    await faultsOf(
      { phone: aPhone(), scope: 'carrier', carrierId: randomUUID(), reason },
      '/v1/opt-outs/lift',
    ),
  ).toEqual([422, ['/carrierId']])
})

test('what may be an opt-out is heeded when people have said that it is one', async ({
  db,
  author,
}) => {
  const carrierId = await aCarrier(db)
  const [tired, waiting] = [aPhone(), aPhone()]
  await aSentAlert(db, { recipients: [tired, waiting].map(phone => ({ phone, carrierId })) })
  await recordReplies(db, carrierId, [
    say(tired, 'please stop texting me'),
    say(waiting, 'no more texts than these? fine'),
    say(aPhone(), 'who is this'),
  ])
  const list = async (name: string) => (await author.call('GET', `/v1/replies?list=${name}`)).body
  const { items } = await list('review')
  expect(items).toMatchObject([
    { phone: tired, kind: 'other', review: 'optOut' },
    { phone: waiting, kind: 'other', review: 'optOut' },
  ])
  expect((await list('unattributed')).items.slice(-1)).toMatchObject([
    { text: 'who is this', alertId: null },
  ])
  const optedOut = () =>
    db.execute(sql`select phone, scope from opt_outs where phone in (${tired}, ${waiting})`)
  expect(await optedOut()).toEqual([])

  const judge = (no: number, json: object) =>
    author.call('POST', `/v1/replies/${items[no].id}/review`, { json })
  expect((await judge(0, { optOut: true })).body).toMatchObject({ review: null, phone: tired })
  expect((await judge(1, { optOut: false, reason: 'asks something' })).status).toBe(200)
  expect((await judge(1, { optOut: true })).status).toBe(404)
  expect(await optedOut()).toEqual([{ phone: tired, scope: 'nonEmergency' }])
  expect((await list('review')).items).toEqual([])
  const [proof] = (await author.call('GET', `/v1/opt-outs?phone=${encodeURIComponent(tired)}`)).body
    .items
  expect(proof).toMatchObject({
    source: 'operator',
    operatorId: author.id,
    words: 'please stop texting me',
    number: '72345',
    carrierId,
  })
})

test('what nobody has judged within nine days is an opt-out, in its own words', async ({
  db,
  author,
}) => {
  const carrierId = await aCarrier(db)
  const [early, late, back] = [aPhone(), aPhone(), aPhone()]
  const day = 86_400_000
  const now = new Date()
  const daysAgo = (days: number) => new Date(now.getTime() - days * day)
  await recordReplies(db, carrierId, [say(early, 'no more texts')], daysAgo(9.1))
  await recordReplies(db, carrierId, [say(early, 'leave me alone')], daysAgo(9.05))
  await recordReplies(db, carrierId, [say(back, 'STOP'), say(back, 'wrong number')], daysAgo(9.1))
  await recordReplies(db, carrierId, [say(late, 'no more texts')], daysAgo(8.9))
  await heedOverdueReviews(db, now)
  const proofsOf = async (phone: string) =>
    (await author.call('GET', `/v1/consents?phone=${encodeURIComponent(phone)}`)).body.items
  expect(await proofsOf(early)).toMatchObject([
    { act: 'optOut', scope: 'nonEmergency', source: 'reply', words: 'leave me alone', carrierId },
  ])
  expect(await proofsOf(late)).toEqual([])
  // Who had opted out already has one proof.
  expect(await proofsOf(back)).toMatchObject([{ words: 'STOP' }])
  const { items } = (await author.call('GET', '/v1/replies?list=review')).body
  expect(items.map(({ phone }: { phone: string }) => phone)).toEqual([late])
})

test('replies are filtered by what they need of people', async ({ db, author }) => {
  const carrierId = await aCarrier(db)
  const phones = Array.from({ length: 5 }, () => aPhone())
  const options = [
    { code: '1', label: 'Safe', words: ['safe'] },
    { code: '2', label: 'Need help', urgent: true },
  ]
  const alertId = await aSentAlert(db, {
    options,
    recipients: phones.map(phone => ({ phone, carrierId })),
  })
  const texts = ['1', '2', 'HELP', 'we are trapped', 'stop sending me these']
  await recordReplies(
    db,
    carrierId,
    texts.map((text, i) => say(phones[i]!, text)),
  )
  const found = async (query: string) =>
    (await author.call('GET', `/v1/alerts/${alertId}/replies?${query}`)).body.items.map(
      ({ text }: { text: string }) => text,
    )
  expect(await found('urgent=true')).toEqual(['2', 'HELP', 'we are trapped'])
  expect(await found('urgent=false')).toEqual(['1', 'stop sending me these'])
  expect(await found('kind=help')).toEqual(['HELP'])
  expect(await found('review=optOut')).toEqual(['stop sending me these'])
  expect(await found('urgent=true&kind=option')).toEqual(['2'])
  const first = (await author.call('GET', `/v1/alerts/${alertId}/replies?urgent=true&limit=1`)).body
  const next = `urgent=true&limit=1&cursor=${first.nextCursor}`
  expect(await found(next)).toEqual(['HELP'])
})

test('STOP to one number of the organisation holds for all; a carrier blocks the number that it blocks', async ({
  db,
  edge,
}) => {
  const signer = await aSigner(edge, ['author'])
  await db.execute(sql`update carriers set enabled = false`)
  const [north, south] = [await aCarrier(db, 'North'), await aCarrier(db, 'South')]
  await db.execute(sql`update carriers set source_address = '73333' where id = ${south}::uuid`)
  const here = Array.from({ length: 3 }, () => [12.5, 47.5] as const)
  const ids = await contactsAt(db, here)
  const people = await db.execute<{ phone: string }>(sql`
    select phone from contacts where id = any(${`{${ids.join()}}`}::uuid[]) order by phone`)
  const [stopped, blocked] = people.map(({ phone }) => phone)
  await recordReplies(db, north, [say(stopped!, 'STOP')])
  await blockPhones(db, north, [blocked!])

  const polygon = [square(12, 47)]
  const info = { severity: 'Minor', area: [{ areaDesc: 'The lake', polygon }] }
  const news = await compose(signer, anAlert({ info }))
  const emergency = await compose(signer, anAlert({ info: { ...info, severity: 'Extreme' } }))
  const estimated = async (id: string) => {
    const { body } = await signer.call('GET', `/v1/alerts/${id}/estimate`)
    return [body.recipients, body.optedOut]
  }
  // Whichever carrier it would go over: neither of them wants what is no emergency.
  expect(await estimated(news)).toEqual([1, 2])
  expect(await estimated(emergency)).toEqual([3, 0])

  await blockPhones(db, south, [blocked!])
  expect(await estimated(emergency)).toEqual([2, 1])
  // South sends from another number, which nobody has blocked: what is no emergency is still unwanted.
  await db.execute(sql`update carriers set source_address = '74444' where id = ${south}::uuid`)
  expect(await estimated(emergency)).toEqual([3, 0])
  expect(await estimated(news)).toEqual([1, 2])

  await blockPhones(db, south, [blocked!])
  expect(await estimated(emergency)).toEqual([2, 1])
  const path = `/v1/consents?phone=${encodeURIComponent(blocked!)}`
  expect((await signer.call('GET', path)).body.items).toMatchObject([
    { scope: 'carrier', carrierId: north, number: '72345' },
    { scope: 'carrier', carrierId: south, number: '73333' },
    { scope: 'carrier', carrierId: south, number: '74444' },
  ])
})
