import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterEach, beforeAll, expect, vi } from 'vitest'
import { verifyForSending } from '../../src/alerts/verify.ts'
import { readContent } from '../../src/cap/content.ts'
import { pollFeeds } from '../../src/feeds/poller.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import {
  createXmlSigningKey,
  signXml,
  type XmlSigningKey,
} from '../../src/signing/xml-signature.ts'
import type { Database } from '../../src/store/database.ts'
import {
  aListedGroup,
  aSigner,
  contactsAt,
  contentBytes,
  type Signer,
  square,
} from '../alerts/people.ts'
import type { Change } from '../cap/messages.ts'
import { anAuthenticator } from '../support/authenticator.ts'
import { dispatch, planAll } from '../support/corrections.ts'
import { type Caller, test as edgeTest } from '../support/edge.ts'
import { aReviewedTemplate } from '../templates/people.ts'
import { aMessage, alertsOf, enter, named, optionsOf, poll, problemsOf } from './polling.ts'
import { type Publisher, startPublisher } from './publisher.ts'
import { aRule } from './rules.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

interface People {
  readonly administrator: Caller
  readonly author: Signer
  readonly approver: Signer
}

const test = edgeTest.extend<{ $file: { people: People; residents: string[] } }>({
  people: [
    async ({ edge }, use) =>
      use({
        administrator: await edge.caller({ roles: ['administrator'] }),
        author: await aSigner(edge, ['author']),
        approver: await aSigner(edge, ['approver']),
      }),
    { scope: 'file' },
  ],
  residents: [
    async ({ db }, use) =>
      use(
        await contactsAt(db, [
          [-96.5, 30.5],
          [-96.4, 30.4],
        ]),
      ),
    { scope: 'file' },
  ],
})

let ours: XmlSigningKey
beforeAll(async () => {
  ours = await createXmlSigningKey('gauges@example.org', new Date())
}, 120_000)

const publishers: Publisher[] = []

afterEach<{ db: Database }>(async ({ db }) => {
  await Promise.all(publishers.splice(0).map(publisher => publisher.close()))
  await forget(db)
})

/** All feeds, and what they brought. */
async function forget(db: Database): Promise<void> {
  for (const table of ['feed_rules', 'cap_feeds', 'imported_messages', 'alerts']) {
    await db.execute(sql`delete from ${sql.identifier(table)}`)
  }
}

const SAYING: Change = [
  '<parameter>',
  `<parameter><valueName>tocsin:sms</valueName><value>FLOOD in the valley. Go up now.</value></parameter>
    <parameter>`,
]
const saying = (...changes: Change[]) => signXml(aMessage(SAYING, ...changes), ours)
const sentOf = (xml: string) => /<sent>(.*)<\/sent>/.exec(xml)![1]!

/** That it follows another of its feed. */
const following = (msgType: 'Update' | 'Cancel', identifier: string, sent: string): Change[] => [
  ['>Alert<', `>${msgType}<`],
  ['<incidents>', `<references>gauges@example.org,${identifier},${sent}</references><incidents>`],
]

/** A feed of one message, whose signatures count. */
async function aFeed({ administrator, author }: People, message: string, more: object = {}) {
  const publisher = await startPublisher()
  publishers.push(publisher)
  publisher.pages.set('/now', message)
  const certificates = [ours.certificatePem]
  const path = await enter(administrator, author, `${publisher.url}/now`, { certificates, ...more })
  return { publisher, path }
}

const putRule = (administrator: Caller, path: string, changes: object = {}) =>
  administrator.call('PUT', `${path}/rule`, { json: { rule: aRule(changes) } })

async function aRuledFeed(people: People, message: string, changes: object = {}) {
  const feed = await aFeed(people, message)
  const { status, body } = await putRule(people.administrator, feed.path, changes)
  expect(status, JSON.stringify(body)).toBe(200)
  return { ...feed, operatorId: body.rule.operatorId as string }
}

const theAlert = async (author: Caller, filter = '') => {
  const alerts = await alertsOf(author, filter)
  expect(alerts).toHaveLength(1)
  return (await author.call('GET', `/v1/alerts/${alerts[0]!.id}`)).body
}

const messagesOf = async (administrator: Caller, path: string) =>
  (await administrator.call('GET', `${path}/messages`)).body.items

const told = (reasons: { code: string; pointer: string }[]) =>
  reasons.map(({ code, pointer }) => `${pointer} ${code}`.trim())

test('what the rule takes is submitted, a second person approves it, and both signatures are verified', async ({
  edge,
  db,
  database,
  people,
  residents,
}) => {
  const { author, approver, administrator } = people
  const { path, operatorId } = await aRuledFeed(people, saying())
  await poll(edge, db)
  const alert = await theAlert(author)
  const feedId = path.split('/').at(-1)
  expect(alert).toMatchObject({
    state: 'submitted',
    byRuleOf: feedId,
    createdBy: operatorId,
    maxRecipients: 3,
    origin: { sender: 'gauges@example.org', identifier: 'river-7' },
    signatures: [{ role: 'author', operatorId }],
  })
  expect(
    alert.history.map((entry: { action: string; operatorId: string }) => [
      entry.action,
      entry.operatorId,
    ]),
  ).toEqual([
    ['created', operatorId],
    ['ruled', administrator.id],
    ['pinned', administrator.id],
    ['submitted', operatorId],
  ])
  const content = readContent(await contentBytes(edge, approver, alert.id))
  expect(content).toMatchObject({ byRuleOf: feedId, secondPerson: true })
  // No bytes that say otherwise are read by anybody.
  expect(() => readContent(canonicalBytes({ ...content, secondPerson: false }))).toThrow(
    'would be sent unread',
  )
  expect(await messagesOf(administrator, path)).toMatchObject([
    { identifier: 'river-7', became: 'submitted', alertId: alert.id, reasons: [] },
  ])
  const waiting = await author.call('GET', '/v1/alerts?state=submitted')
  expect(waiting.body.items).toMatchObject([{ byRuleOf: feedId }])
  const { body: who } = await author.call('GET', '/v1/people?limit=1000')
  expect(who.items).toContainEqual(
    expect.objectContaining({ id: operatorId, name: 'Gauges', feedId }),
  )

  expect((await approver.approve(alert.id)).status).toBe(200)
  await dispatch(approver, alert.id)
  await planAll(database)
  expect((await verifyForSending(db, alert.id)).texts[0]!.sms).toBe(
    'FLOOD in the valley. Go up now.',
  )
  expect((await theAlert(author)).recipients).toBe(residents.length)
  // As anybody's: a key that is revoked sends nothing.
  await db.execute(
    sql`update signing_keys set revoked_at = now() where operator_id = ${operatorId}`,
  )
  await expect(verifyForSending(db, alert.id)).rejects.toMatchObject({
    code: 'signature_key_revoked',
  })
})

test('what no person has read never goes without an approver', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { author, administrator } = people
  const allow = (breakGlassAfterSeconds: number | null) =>
    administrator.call('PATCH', '/v1/organisation', {
      json: { policy: { breakGlassAfterSeconds } },
    })
  await allow(60)
  await aRuledFeed(people, saying())
  await poll(edge, db)
  const { id, state } = await theAlert(author)
  expect(state).toBe('submitted')
  const content = readContent(await contentBytes(edge, author, id))
  expect(content).not.toHaveProperty('breakGlassAfterSeconds')
  expect(() => readContent(canonicalBytes({ ...content, breakGlassAfterSeconds: 60 }))).toThrow(
    'could be sent without an approver',
  )
  edge.pass(60)
  expect(await author.breakGlass(id)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  await allow(null)
})

test('who wrote the rule, and who pinned the certificates, had a hand in what it submits', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const pinner = await aSigner(edge, ['administrator', 'approver'])
  const writer = await aSigner(edge, ['administrator', 'approver'])
  const { path } = await aFeed({ ...people, administrator: pinner }, saying())
  expect((await putRule(writer, path)).status).toBe(200)
  await poll(edge, db)
  const { id } = await theAlert(people.author)
  for (const hand of [pinner, writer]) {
    const answer = await hand.approve(id)
    expect([answer.status, answer.body.code]).toEqual([403, 'had_a_hand'])
  }
  const { body } = await people.author.call('GET', `/v1/alerts/${id}/approvers`)
  const ids = body.items.map((one: { operatorId: string }) => one.operatorId)
  expect(ids).toContain(people.approver.id)
  expect(ids).not.toContain(pinner.id)
  expect(ids).not.toContain(writer.id)
})

test('what does not fit stays a draft, with every reason told beside the feed and in the draft', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const area = /<polygon>[^]*<\/geocode>/.exec(aMessage())![0]
  const anEmptyOne = '<polygon>10,10 10,11 11,11 11,10 10,10</polygon>'
  const far = { jurisdiction: { geometry: square(9, 9, 3) } }
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  const lasting = (hours: number) =>
    aMessage(SAYING).replace(/<expires>.*</, `<expires>${inHours(hours)}<`)
  const minor: Change[] = [
    ['>Extreme<', '>Minor<'],
    ['>Immediate<', '>Future<'],
  ]
  const california = { jurisdiction: { geocodes: [{ valueName: 'FIPS', value: '06' }] } }
  const cases: [message: string, rule: object, reasons: string[]][] = [
    [saying(...minor), {}, ['/info/0/severity not_in_rule', '/info/0/urgency not_in_rule']],
    [saying(['Flash Flood Warning', 'Dust']), {}, ['/info/0/event not_in_rule']],
    [saying(), { msgTypes: ['Cancel'] }, ['/msgType not_in_rule']],
    [saying(), california, ['outside_jurisdiction']],
    [saying(), { maxRecipients: 1 }, ['over_limits']],
    [saying(['>en-US<', '>fr<']), {}, ['/info no_text_in']],
    [saying(['tocsin:sms', 'other:sms']), {}, ['/info no_text_in']],
    [saying([area, anEmptyOne]), far, ['audience_empty']],
    [signXml(lasting(30), ours), {}, ['/info/0/expires lasts_too_long']],
  ]
  for (const [message, rule, reasons] of cases) {
    const { path } = await aRuledFeed(people, message, rule)
    await poll(edge, db)
    const alert = await theAlert(people.author)
    expect(alert, String(reasons)).toMatchObject({
      state: 'draft',
      byRuleOf: null,
      createdBy: people.author.id,
      signatures: [],
    })
    const [kept] = await messagesOf(people.administrator, path)
    expect(kept).toMatchObject({ became: 'draft', alertId: alert.id })
    expect(told(kept.reasons)).toEqual(reasons)
    const note = alert.history.find((entry: { action: string }) => entry.action === 'noted')
    expect(note.detail).toContain('The rule of the feed did not submit it')
    expect(note.detail).toContain(kept.reasons[0].detail)
    expect(await problemsOf(people.administrator, path)).toEqual([])
    await forget(db)
  }
})

test('a rule takes what its certificates signed and nothing else, whatever the feed was when it was claimed', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const strangers = await createXmlSigningKey('gauges@example.org', new Date())
  const forged = signXml(aMessage(SAYING), strangers)
  const { path } = await aRuledFeed(people, forged)
  await poll(edge, db)
  expect(await alertsOf(people.author)).toEqual([])
  expect(await problemsOf(people.administrator, path)).toEqual(['bad_signature'])

  // Unsigned messages were let in when the poll began; the rule came while it fetched.
  const publisher = await startPublisher()
  publishers.push(publisher)
  const unsigned = aMessage(SAYING, named('late'))
  let ruled: Promise<unknown> | undefined
  const { administrator, author } = people
  const open = await enter(administrator, author, `${publisher.url}/now`)
  publisher.pages.set('/now', response => {
    ruled ??= administrator
      .call('PATCH', open, { json: { certificates: [ours.certificatePem] } })
      .then(() => putRule(administrator, open))
      .then(answer => {
        expect(answer.status).toBe(200)
        response.writeHead(200).end(unsigned)
      })
  })
  await poll(edge, db)
  await ruled
  const alert = await theAlert(author)
  expect(alert.state).toBe('draft')
  expect(told((await messagesOf(administrator, open))[0].reasons)).toEqual(['invalid_signature'])
})

test('a rule is written by an administrator who has just signed in, over pinned certificates, every fault at once', async ({
  edge,
  people,
}) => {
  const { administrator, author } = people
  const publisher = await startPublisher()
  publishers.push(publisher)
  const path = await enter(administrator, author, `${publisher.url}/unsigned`)
  const nowhere = '018f0000-0000-7000-8000-000000000000'
  const refused = await putRule(administrator, path, {
    jurisdiction: { geocodes: [{ valueName: 'FIPS', value: '99' }] },
    texts: 'template',
    template: { id: nowhere, blanks: {}, takesBack: 'allClear' },
  })
  expect([refused.status, refused.body.code]).toEqual([422, 'invalid_feed'])
  expect(told(refused.body.errors)).toEqual([
    '/rule certificates_required',
    expect.stringMatching('/rule/jurisdiction/geocodes/0'),
    '/rule/template/id no_template',
  ])
  const halfSaid = await putRule(administrator, path, { texts: 'template' })
  expect([halfSaid.status, told(halfSaid.body.errors)]).toEqual([
    400,
    ['/rule/template template_of_message'],
  ])
  expect((await administrator.call('POST', `${path}/rule/try`, { json: {} })).status).toBe(404)
  expect((await administrator.call('DELETE', `${path}/rule`)).status).toBe(404)

  const pinned = await administrator.call('PATCH', path, {
    json: { certificates: [ours.certificatePem] },
  })
  expect(pinned.body.certificatesBy).toBe(administrator.id)
  const stale = await administrator.call('PUT', `${path}/rule`, {
    json: { rule: aRule() },
    headers: { 'If-Match': '"1"' },
  })
  expect(stale.status).toBe(412)
  const written = await putRule(administrator, path)
  expect(written.body.rule).toMatchObject({ terms: aRule(), writtenBy: administrator.id })
  expect(JSON.stringify(written.body)).not.toMatch(/sealed|"d":/)
  // What it relies on stays while it stands.
  const held = await administrator.call('PATCH', path, { json: { certificates: [] } })
  expect([held.status, told(held.body.errors)]).toEqual([422, ['/certificates certificates_held']])
  expect((await administrator.call('PATCH', path, { json: { description: 'Dams' } })).status).toBe(
    200,
  )
  const { body: writer } = await administrator.call(
    'GET',
    `/v1/operators/${written.body.rule.operatorId}`,
  )
  expect(writer).toMatchObject({ name: 'Dams', limits: { maxRecipients: 100 } })
  const audit = await administrator.call('GET', '/v1/audit?limit=1000')
  const actions = audit.body.items.map(({ action }: { action: string }) => action)
  expect(actions).toContain('feed.ruleWritten')

  edge.pass(6 * 60)
  const late = await putRule(administrator, path)
  expect([late.status, late.body.code]).toEqual([403, 'forbidden'])
  edge.pass(-6 * 60)
  expect((await administrator.call('DELETE', path)).status).toBe(204)
})

test('nobody can be the rule: no sign-in, no password, no other role, nothing handed to it', async ({
  edge,
  db,
  people,
}) => {
  const { administrator } = people
  const { operatorId, path } = await aRuledFeed(people, saying())
  const at = `/v1/operators/${operatorId}`
  const { body: rule } = await administrator.call('GET', at)
  expect(rule).toMatchObject({ roles: ['author'], feedId: path.split('/').at(-1) })
  for (const json of [
    { password: 'a good long password' },
    { roles: ['author', 'approver'] },
    { jurisdiction: null },
    { email: 'me@example.org' },
  ]) {
    const answer = await administrator.call('PATCH', at, { json })
    expect([answer.status, answer.body.code]).toEqual([409, 'wrong_state'])
  }
  const { email } = rule
  const grant = { grantType: 'password', email, password: 'a good long password' }
  const signIn = await edge.call('POST', '/v1/auth/token', { json: grant })
  expect([signIn.status, signIn.body.code]).toEqual([401, 'invalid_credentials'])
  const mine = { url: 'https://feeds.example.org/x', description: 'x', certificates: [] }
  const entered = await administrator.call('POST', '/v1/feeds', {
    json: { ...mine, authorId: operatorId },
  })
  expect(entered.body.errors).toMatchObject([{ pointer: '/authorId' }])
  const mailed = await administrator.call('POST', '/v1/report-schedules', {
    json: { kind: 'statistics', every: 'week', operatorIds: [operatorId] },
  })
  expect(mailed.body.errors).toContainEqual(expect.objectContaining({ pointer: '/operatorIds/0' }))
  // The database itself refuses what no call does.
  for (const change of [
    sql`update operators set password_hash = 'x' where id = ${operatorId}`,
    sql`update operators set roles = '{author,approver}' where id = ${operatorId}`,
  ]) {
    await expect(db.execute(change)).rejects.toMatchObject({ code: '23514' })
  }
  // Disabled, it writes nothing until the rule is written anew.
  expect((await administrator.call('POST', `${at}/disable`)).status).toBe(200)
  await poll(edge, db)
  expect((await theAlert(people.author)).state).toBe('draft')
  expect(told((await messagesOf(administrator, path))[0].reasons)).toEqual(['forbidden'])
})

test('without its rule nothing that it submitted is sent: keys revoked, what waits is drafts again', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { administrator, author, approver } = people
  const ways: [string, (path: string) => Promise<{ status: number }>][] = [
    ['removed', path => administrator.call('DELETE', `${path}/rule`)],
    ['feed-removed', path => administrator.call('DELETE', path)],
    ['written-anew', path => putRule(administrator, path, { maxHours: 12 })],
  ]
  for (const [what, end] of ways) {
    const { path, publisher, operatorId } = await aRuledFeed(people, saying(named(`${what}-1`)))
    await poll(edge, db)
    const first = await theAlert(author)
    expect((await approver.approve(first.id)).body.state).toBe('approved')
    publisher.pages.set('/now', saying(named(`${what}-2`)))
    await poll(edge, db)
    const keys = await db.execute<{ kid: string }>(
      sql`select kid from signing_keys where operator_id = ${operatorId} and revoked_at is null`,
    )
    expect(keys).toHaveLength(2)
    expect([200, 204]).toContain((await end(path)).status)
    for (const { id } of await alertsOf(author)) {
      const { body } = await author.call('GET', `/v1/alerts/${id}`)
      expect(body, what).toMatchObject({ state: 'draft', byRuleOf: null, signatures: [] })
      expect(body.history.at(-1)).toMatchObject({
        action: 'withdrawn',
        operatorId: administrator.id,
        detail: expect.stringContaining('the rule of the feed'),
      })
      // A person goes on with it; whoever made the rule has had a hand in it still.
      expect((await author.submit(id)).body.state).toBe('submitted')
    }
    const [{ standing } = { standing: -1 }] = await db.execute<{ standing: number }>(sql`
      select count(*)::int as standing from signing_keys
      where kid in (${sql.join(
        keys.map(({ kid }) => sql`${kid}`),
        sql`, `,
      )}) and revoked_at is null`)
    expect(standing).toBe(0)
    await forget(db)
  }
})

test('two nodes at once, and one that dies in between, submit a message once', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { path, publisher } = await aRuledFeed(people, saying())
  // The same message by two feeds of the same publisher, so that no lease keeps the second node from it.
  const again = await enter(people.administrator, people.author, `${publisher.url}/now?2`, {
    certificates: [ours.certificatePem],
  })
  publisher.pages.set('/now?2', publisher.pages.get('/now')!)
  expect((await putRule(people.administrator, again)).status).toBe(200)
  await db.execute(sql`update cap_feeds set due_at = now()`)
  await Promise.all([1, 2].map(async () => pollFeeds(optionsOf(edge, db))))
  expect(await alertsOf(people.author)).toMatchObject([{ state: 'submitted' }])
  await people.administrator.call('PATCH', again, { json: { enabled: false } })

  // The alert is written and signed; then its connection is gone.
  publisher.pages.set('/now', saying(named('next')))
  await db.execute(sql`
    create function die() returns trigger language plpgsql as $$
    begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$`)
  await db.execute(sql`create trigger die before insert on feed_messages execute function die()`)
  try {
    await poll(edge, db).catch(() => undefined)
  } finally {
    await vi.waitFor(async () => db.execute(sql`drop trigger if exists die on feed_messages`))
    await db.execute(sql`drop function die`)
  }
  const before = await alertsOf(people.author)
  expect(before.map(({ state }) => state)).toEqual(['submitted'])
  await poll(edge, db)
  await poll(edge, db)
  const after = await alertsOf(people.author)
  expect(after.map(({ state }) => state)).toEqual(['submitted', 'submitted'])
  expect(await problemsOf(people.administrator, path)).toEqual([])
})

test('what follows an alert of the rule goes to whom it has reached; what still waits is taken back', async ({
  edge,
  db,
  database,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { author, approver, administrator } = people
  const first = saying(named('one'))
  const { publisher, path } = await aRuledFeed(people, first)
  await poll(edge, db)
  const one = await theAlert(author)

  // It waits still: what has followed it stands alone.
  const second = saying(named('two'), ...following('Update', 'one', sentOf(first)))
  publisher.pages.set('/now', second)
  await poll(edge, db)
  const waiting = (await author.call('GET', '/v1/alerts?state=submitted')).body.items
  expect(waiting).toHaveLength(1)
  const { body: two } = await author.call('GET', `/v1/alerts/${waiting[0].id}`)
  expect(two).toMatchObject({ msgType: 'Update', references: [] })
  const { body: taken } = await author.call('GET', `/v1/alerts/${one.id}`)
  expect(taken).toMatchObject({ state: 'draft', byRuleOf: null })
  expect(taken.history.at(-1)).toMatchObject({
    action: 'withdrawn',
    detail: 'the feed has sent the Update two, which follows it',
  })

  await approver.approve(two.id)
  await dispatch(approver, two.id)
  await planAll(database)
  const third = saying(named('three'), ...following('Update', 'two', sentOf(second)))
  publisher.pages.set('/now', third)
  await poll(edge, db)
  const [three] = (await author.call('GET', '/v1/alerts?state=submitted')).body.items
  expect((await author.call('GET', `/v1/alerts/${three.id}`)).body).toMatchObject({
    msgType: 'Update',
    references: [two.id],
    byRuleOf: path.split('/').at(-1),
  })

  const last = saying(named('four'), ...following('Cancel', 'two', sentOf(second)))
  publisher.pages.set('/now', last)
  await poll(edge, db)
  const [four] = (await alertsOf(author)).filter(({ state }) => state === 'submitted').slice(0, 1)
  expect((await author.call('GET', `/v1/alerts/${four!.id}`)).body).toMatchObject({
    msgType: 'Cancel',
    references: [two.id],
    audience: { only: 'reached' },
  })
  // Nothing went out by itself.
  const gone = await db.execute(sql`select id from alerts where dispatched_at is not null`)
  expect(gone).toMatchObject([{ id: two.id }])

  // What takes back nothing of ours, or what a person wrote, is for people.
  publisher.pages.set('/now', saying(named('five'), ...following('Cancel', 'zero', sentOf(last))))
  await poll(edge, db)
  const [message] = await messagesOf(administrator, path)
  expect(told(message.reasons)).toEqual(['/references takes_back_nothing'])
  await db.execute(sql`update alerts set by_rule_of = null where id = ${two.id}`)
  publisher.pages.set('/now', saying(named('six'), ...following('Update', 'two', sentOf(second))))
  await poll(edge, db)
  const [other] = await messagesOf(administrator, path)
  expect(told(other.reasons)).toEqual(['/references follows_by_hand'])
})

test('the texts are a template’s where the message has none, each language reviewed', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { administrator, author, approver } = people
  const languages = (tags: string[]) =>
    administrator.call('PATCH', '/v1/organisation', { json: { languages: tags } })
  await languages(['en-US', 'es-US'])
  const id = await aReviewedTemplate(author, approver)
  const template = { id, blanks: { place: { from: 'areaDesc' } }, takesBack: 'allClear' }
  const plain = signXml(aMessage(named('plain')), ours)
  const { publisher, path } = await aRuledFeed(people, plain, { texts: 'template', template })
  await poll(edge, db)
  const alert = await theAlert(author)
  expect(alert).toMatchObject({
    state: 'submitted',
    template: { id, version: 1, partedAt: null },
    replies: { options: [{ code: '1' }, { code: '2' }] },
  })
  const said = (one: { info: { language: string; sms: string }[] }) =>
    one.info.map(({ language, sms }) => [
      language,
      sms.replace(/until .*? Go|Hasta: .*? Suba/, '…'),
    ])
  expect(said(alert)).toEqual([
    ['en-US', expect.stringMatching(/FLOOD in The valley …/)],
    ['es-US', expect.stringMatching(/CRECIDA en The valley\. …/)],
  ])
  expect(alert.info[0].severity).toBe('Extreme')
  expect(alert.corrections.cancel).toHaveLength(2)

  // Its own words where it has them, beside the template's.
  await putRule(administrator, path, { texts: 'messageElseTemplate', template })
  publisher.pages.set('/now', saying(named('own')))
  await poll(edge, db)
  const [mixed] = (await author.call('GET', '/v1/alerts?state=submitted')).body.items
  const { body } = await author.call('GET', `/v1/alerts/${mixed.id}`)
  expect(body.template).toBeNull()
  expect(said(body)).toEqual([
    ['en-US', 'FLOOD in the valley. Go up now.'],
    ['es-US', expect.stringMatching(/CRECIDA en The valley\. …/)],
  ])

  // A text that changed since it was reviewed is not said.
  const { body: written } = await author.call('GET', `/v1/templates/${id}`)
  const texts = written.texts.map((text: { sms: string }) => ({ ...text, sms: `${text.sms} Now.` }))
  const changed = await author.call('PATCH', `/v1/templates/${id}`, { json: { texts } })
  expect(changed.status).toBe(200)
  publisher.pages.set('/now', signXml(aMessage(named('stale')), ours))
  await poll(edge, db)
  const [message] = await messagesOf(administrator, path)
  expect(told(message.reasons)).toEqual(['/info text_not_ready', '/info text_not_ready'])
  const refused = await putRule(administrator, path, { texts: 'template', template })
  expect(told(refused.body.errors)).toEqual([
    '/rule/template/id text_not_ready',
    '/rule/template/id text_not_ready',
  ])
  await languages(['en-US'])
})

test('a drill by rule goes to the roster, and waits for a person where policy asks for none', async ({
  edge,
  db,
  people,
  residents,
}) => {
  const { administrator, author } = people
  const roster = await aListedGroup(db, residents)
  const drill = saying(['>Actual<', '>Exercise<'])
  const { path } = await aFeed(people, drill, { statuses: ['Exercise'], roster })
  expect((await putRule(administrator, path, { statuses: ['Exercise'] })).status).toBe(200)
  await poll(edge, db)
  const alert = await theAlert(author, '?status=Exercise')
  expect(alert).toMatchObject({ state: 'submitted', mode: 'exercise', audience: { roster } })
})

test('a dry run says what the rule would do with what came, and changes nothing', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { administrator } = people
  const { path, publisher } = await aFeed(people, saying(named('one')))
  await poll(edge, db)
  publisher.pages.set('/now', saying(named('two'), ['>Extreme<', '>Minor<']))
  await poll(edge, db)
  const everything = async () => {
    const [row] = await db.execute(sql`
      select (select max(seq) from audit) as trail, (select count(*)::int from operators) as operators,
        (select count(*)::int from signing_keys) as keys, (select count(*)::int from alerts) as alerts,
        (select count(*)::int from alert_history) as history, (select count(*)::int from feed_rules) as rules,
        (select count(*)::int from imported_messages) as imported,
        (select count(*)::int from feed_messages) as messages,
        (select count(*)::int from notices) as notices, (select revision from cap_feeds) as revision`)
    return row
  }
  const before = await everything()
  const tried = await administrator.call('POST', `${path}/rule/try`, { json: { rule: aRule() } })
  expect(tried.status, JSON.stringify(tried.body)).toBe(200)
  expect(tried.body.items).toMatchObject([
    { identifier: 'two', became: 'draft', reasons: [{ code: 'not_in_rule' }] },
    { identifier: 'one', became: 'submitted', reasons: [] },
  ])
  const none = await administrator.call('POST', `${path}/rule/try`, {
    json: { rule: aRule({ maxRecipients: 1 }) },
  })
  expect(
    none.body.items.map((one: { reasons: { code: string }[] }) => told(one.reasons as never)),
  ).toEqual([['/info/0/severity not_in_rule'], ['over_limits']])
  expect(await everything()).toEqual(before)

  // Of the rule as it stands.
  await putRule(administrator, path)
  const standing = await administrator.call('POST', `${path}/rule/try`, { json: {} })
  expect(standing.body.items).toMatchObject([{ became: 'draft' }, { became: 'submitted' }])
  expect((await alertsOf(people.author)).every(({ state }) => state === 'draft')).toBe(true)
})

test('policy that asks authors for a passkey leaves no room for a rule', async ({
  edge,
  db,
  people,
  residents,
}) => {
  expect(residents).not.toEqual([])
  const { administrator } = people
  const { path } = await aRuledFeed(people, saying())
  await db.execute(
    sql`update organisation set policy = jsonb_set(policy, '{passkeys,authors}', 'true')`,
  )
  try {
    await poll(edge, db)
    expect((await theAlert(people.author)).state).toBe('draft')
    expect(told((await messagesOf(administrator, path))[0].reasons)).toEqual([
      '/passkey passkey_required',
    ])
    const refused = await putRule(administrator, path)
    expect(told(refused.body.errors)).toEqual(['/rule author_passkeys_demanded'])
  } finally {
    await db.execute(
      sql`update organisation set policy = jsonb_set(policy, '{passkeys,authors}', 'false')`,
    )
  }
})

test('where policy asks for a passkey at new keys, it confirms exactly the rule that is written', async ({
  edge,
  db,
  people,
}) => {
  const { administrator } = people
  const phone = anAuthenticator({ origin: 'http://tocsin.test' })
  const { body: options } = await administrator.call('POST', '/v1/me/passkeys/options')
  const json = { label: 'Phone', response: phone.create(options) }
  await administrator.call('POST', '/v1/me/passkeys', { json })
  const { path } = await aFeed(people, saying())
  const feedId = path.split('/').at(-1)
  const answerTo = (rule: object, revision = 1) => {
    const text = Buffer.from(canonicalBytes({ feedId, revision, rule }))
    return phone.get(createHash('sha256').update(text).digest('base64url'))
  }
  const put = (rule: object, passkey?: object) =>
    administrator.call('PUT', `${path}/rule`, { json: { rule, passkey } })
  await db.execute(
    sql`update organisation set policy = jsonb_set(policy, '{passkeys,keys}', 'true')`,
  )
  try {
    expect((await put(aRule())).body.code).toBe('passkey_required')
    const other = await put(aRule({ maxRecipients: 99 }), answerTo(aRule()))
    expect([other.status, other.body.code]).toEqual([422, 'passkey_mismatch'])
    const later = await put(aRule(), answerTo(aRule(), 2))
    expect([later.status, later.body.code]).toEqual([422, 'passkey_mismatch'])
    // Whoever shows it is there now, however long ago they signed in.
    edge.pass(6 * 60)
    expect((await put(aRule(), answerTo(aRule()))).status).toBe(200)
  } finally {
    edge.pass(-6 * 60)
    await db.execute(
      sql`update organisation set policy = jsonb_set(policy, '{passkeys,keys}', 'false')`,
    )
  }
})
