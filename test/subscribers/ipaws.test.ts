import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { sql } from 'drizzle-orm'
import { afterEach, beforeAll, describe, expect, vi } from 'vitest'
import { completeNotices } from '../../src/alerts/notice-cap.ts'
import type { Database } from '../../src/store/database.ts'
import { claimNotices } from '../../src/store/notices.ts'
import { startCourier } from '../../src/subscribers/courier.ts'
import { anAlert, contactsAt, type Signer } from '../alerts/people.ts'
import {
  type Aggregator,
  type Item,
  postAnswer,
  soapFault,
  startAggregator,
  TAKEN,
} from '../support/aggregator.ts'
import { corrected, dispatch, dispatched, type Duty, onDuty } from '../support/corrections.ts'
import { type Caller, type Edge, test as edgeTest } from '../support/edge.ts'
import { aKeyPair, type KeyPair } from '../support/key-pair.ts'

vi.setConfig({ testTimeout: 60_000 })

const test = edgeTest.extend<{ $file: { administrator: Caller; duty: Duty } }>({
  administrator: [
    async ({ edge, db }, use) => {
      await contactsAt(db, [[-96.5, 30.5]])
      await use(await edge.caller({ roles: ['administrator'] }))
    },
    { scope: 'file' },
  ],
  duty: [async ({ edge }, use) => use(await onDuty(edge)), { scope: 'file' }],
})

let pair: KeyPair
let other: KeyPair
beforeAll(() => {
  pair = aKeyPair()
  other = aKeyPair()
})

const aggregators: Aggregator[] = []
const aggregate = async () => {
  const aggregator = await startAggregator()
  aggregator.trusted = pair.certificate
  aggregators.push(aggregator)
  return aggregator
}

afterEach<{ db: Database }>(async ({ db }) => {
  await Promise.all(aggregators.splice(0).map(one => one.close()))
  await db.execute(sql`delete from subscribers`)
})

const draft = (
  url: string,
  { ipaws = {}, ...more }: { ipaws?: object; kind?: string } & object = {},
) => ({
  kind: 'ipaws',
  url,
  description: 'The aggregator',
  ipaws: {
    logonUser: 'county-alerts',
    logonCogId: '120075',
    endpoint: 'live',
    ...pair,
    ...ipaws,
  },
  ...more,
})

/** @returns its path */
async function enter(administrator: Caller, url: string, more: object = {}): Promise<string> {
  const json = draft(url, more)
  const { status, body } = await administrator.call('POST', '/v1/subscribers', { json })
  expect(status, JSON.stringify(body)).toBe(201)
  return `/v1/subscribers/${body.id}`
}

/** What the profile takes. */
const fitting = (more: Readonly<Record<string, unknown>> & { info?: object } = {}) =>
  anAlert({
    code: ['IPAWSv1.0'],
    corrections: {
      cancel: [{ language: 'en-US', sms: 'SENT IN ERROR. There is no flood.' }],
      allClear: [{ language: 'en-US', sms: 'ALL CLEAR. The flood is over.' }],
    },
    ...more,
    info: {
      eventCode: [{ valueName: 'SAME', value: 'FFW' }],
      parameter: [
        { valueName: 'EAS-ORG', value: 'CIV' },
        { valueName: 'BLOCKCHANNEL', value: 'NWEM' },
      ],
      ...more.info,
    },
  })

const courierOf = (edge: Edge, db: Database, now = () => new Date()) =>
  startCourier({
    db,
    masterKey: edge.masterKey,
    privateHosts: edge.deps.config.privateHosts,
    now,
    wake: () => undefined,
  })

const complete = ({ masterKey }: Edge, db: Database) =>
  completeNotices({ db, masterKey, now: () => new Date() })

/** Brings all that is due, until nothing is. */
async function bring(edge: Edge, db: Database, now?: () => Date) {
  await complete(edge, db)
  const courier = courierOf(edge, db, now)
  for (let round = 0; round < 4; round++) {
    await courier.turn()
    await courier.idle()
  }
}

const passTime = (db: Database) =>
  db.execute(sql`update notice_deliveries set due_at = now() where state = 'waiting'`)

const deliveries = async (administrator: Caller, path: string) =>
  (await administrator.call('GET', `${path}/deliveries`)).body.items

/** Those of its posts: no dispatcher sends here, which is an alarm of its own after a while. */
const alarmsOf = async (who: Signer, id: string) => {
  const { body } = await who.call('GET', `/v1/alerts/${id}/progress`)
  const alarms = body.alarms as { code: string; detail: string }[]
  return alarms.filter(({ code }) => code.startsWith('aggregator_'))
}

const trailOf = async (db: Database, path: string) =>
  db.execute<{ action: string; detail: Record<string, unknown> }>(sql`
    select action, detail from audit where subject = ${path.split('/').at(-1)!} order by seq`)

test('a public alert is posted when it is dispatched, signed twice, and each channel’s outcome kept', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const aggregator = await aggregate()
  const path = await enter(administrator, aggregator.url)
  const before = Date.now()
  const id = await dispatched(duty, fitting())
  await bring(edge, db)

  expect(aggregator.refused).toEqual([])
  expect(aggregator.posts).toHaveLength(1)
  const [{ message, logonUser, logonCogId, alert } = { message: undefined }] = aggregator.posts
  expect([logonUser, logonCogId]).toEqual(['county-alerts', '120075'])
  expect(message).toMatchObject({ identifier: id, status: 'Actual', msgType: 'Alert' })
  // The far side refuses what is older than five minutes.
  expect(Date.parse(message!.sent)).toBeGreaterThanOrEqual(before - 1000)
  // The organisation's own signature is not in it: one alert has one.
  expect(alert!.match(/<Signature /g)).toHaveLength(1)
  const [delivery, ...others] = await deliveries(administrator, path)
  expect(others).toEqual([])
  expect(delivery).toMatchObject({
    event: 'alert.sending',
    alertId: id,
    state: 'delivered',
    attempts: 1,
    lastStatus: 200,
    lastFault: null,
    outcome: { sent: message!.sent, faults: [], said: null },
  })
  expect(delivery.outcome.channels).toEqual(
    TAKEN.map(([channel, code, , status]) => ({ channel, code, error: false, status })),
  )
  expect(await alarmsOf(duty.author, id)).toEqual([])
  const trail = await trailOf(db, path)
  expect(trail.map(({ action }) => action)).toEqual(['subscriber.created', 'subscriber.posted'])
  expect(trail[1]!.detail).toMatchObject({ alertId: id, status: 200 })

  // What an alert goes through afterwards is no message.
  await duty.author.call('POST', `/v1/alerts/${id}/pause`)
  await duty.author.call('POST', `/v1/alerts/${id}/resume`)
  await bring(edge, db)
  expect(aggregator.posts).toHaveLength(1)
})

test('its retraction names it as it was posted, goes by its channels, and ends when it would have', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const aggregator = await aggregate()
  const path = await enter(administrator, aggregator.url)
  const id = await dispatched(duty, fitting())
  await bring(edge, db, () => new Date(Date.now() + 90_000))
  const cancelId = await corrected(duty.author, id, 'cancel')
  await bring(edge, db)
  const [alert, cancel] = aggregator.posts.map(({ message }) => message)
  expect(cancel).toMatchObject({ identifier: cancelId, msgType: 'Cancel' })
  expect(cancel!.references).toEqual([{ identifier: id, sender: alert!.sender, sent: alert!.sent }])
  expect(cancel!.info[0]!.expires).toBe(alert!.info[0]!.expires)
  expect(cancel!.info[0]!.parameter).toEqual(
    expect.arrayContaining([
      { valueName: 'EAS-ORG', value: 'CIV' },
      { valueName: 'BLOCKCHANNEL', value: 'NWEM' },
    ]),
  )
  expect(
    (await deliveries(administrator, path)).map((one: { state: string }) => one.state),
  ).toEqual(['delivered', 'delivered'])
})

test('an update and an all-clear are posted as what they are', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const aggregator = await aggregate()
  await enter(administrator, aggregator.url)
  const id = await dispatched(duty, fitting())
  await bring(edge, db)
  const { body: update } = await duty.author.call('POST', `/v1/alerts/${id}/update`)
  const { status } = await duty.author.submit(update.id)
  expect(status).toBe(200)
  await duty.approver.approve(update.id)
  await dispatch(duty.author, update.id)
  await bring(edge, db)
  const clearId = await corrected(duty.author, update.id, 'all-clear')
  await bring(edge, db)
  expect(aggregator.refused).toEqual([])
  expect(
    aggregator.posts.map(({ message }) => [
      message.identifier,
      message.msgType,
      message.references.map(one => one.identifier),
    ]),
  ).toEqual([
    [id, 'Alert', []],
    [update.id, 'Update', [id]],
    [clearId, 'Update', [update.id]],
  ])
  expect(aggregator.posts[2]!.message.info[0]!.responseType).toEqual(['AllClear'])
})

describe('what is not posted', () => {
  test('what does not fit the profile; every reason is told, and texts go on', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    const id = await dispatched(duty, anAlert())
    await bring(edge, db)
    expect(aggregator.posts).toEqual([])
    const [delivery] = await deliveries(administrator, path)
    expect(delivery).toMatchObject({ state: 'failed', lastFault: 'does_not_fit', attempts: 1 })
    expect(delivery.outcome.faults).toEqual([
      {
        pointer: '/code',
        detail: 'must include IPAWSv1.0',
        code: 'ipaws_code',
        values: { name: 'IPAWSv1.0' },
      },
      {
        pointer: '/info/0/eventCode',
        detail: 'must have exactly one SAME code of three letters',
        code: 'one_same_code',
      },
    ])
    expect(await alarmsOf(duty.author, id)).toMatchObject([
      { code: 'aggregator_refused', detail: 'The aggregator: does_not_fit' },
    ])
    const { body } = await duty.author.call('GET', `/v1/alerts/${id}`)
    expect(body.state).toBe('sending')
  })

  test('what is not public, and not for real where it is no test endpoint', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const [live, trial] = [await aggregate(), await aggregate()]
    await enter(administrator, live.url)
    await enter(administrator, trial.url, { ipaws: { endpoint: 'test' }, statuses: ['Test'] })
    await dispatched(duty, fitting({ scope: 'Restricted', restriction: 'staff' }))
    await bring(edge, db)
    expect([live.posts, trial.posts]).toEqual([[], []])
    const practice = await onDuty(edge, { mode: 'exercise' })
    const [contact] = await contactsAt(db, [[-96.5, 30.5]])
    const group = '0193b2f0-0000-7000-8000-000000000001'
    await db.execute(sql`insert into groups (id, name) values (${group}, 'roster')`)
    await db.execute(
      sql`insert into group_members (group_id, contact_id) values (${group}, ${contact!})`,
    )
    await dispatched(practice, fitting({ status: 'Test', audience: { roster: group } }))
    await bring(edge, db)
    expect(live.posts).toEqual([])
    expect(trial.posts.map(({ message }) => message.status)).toEqual(['Test'])
  })

  test('what was stopped, has expired or was followed before it could be posted', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    const stopped = await dispatched(duty, fitting())
    await duty.author.call('POST', `/v1/alerts/${stopped}/stop`, { json: { reason: 'x' } })
    const expired = await dispatched(duty, fitting())
    const wrong = await dispatched(duty, fitting())
    await complete(edge, db)
    aggregator.trusted = other.certificate
    // Refused by a fault, so it waits; and is taken back meanwhile.
    await bring(edge, db)
    const cancelId = await corrected(duty.author, wrong, 'cancel')
    aggregator.trusted = pair.certificate
    await db.execute(sql`
      update notice_deliveries d set due_at = now() + interval '1 hour' from notices n
      where n.id = d.notice_id and n.alert_id = ${wrong}::uuid`)
    await db.transaction(async tx => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`update alerts set expires = now() where id = ${expired}::uuid`)
    })
    await db.execute(sql`
      update notice_deliveries d set due_at = now() from notices n
      where n.id = d.notice_id and n.alert_id = ${expired}::uuid`)
    await bring(edge, db)
    expect(aggregator.posts.map(({ message }) => message.identifier)).toEqual([cancelId])
    const told = await deliveries(administrator, path)
    const states = new Map(
      told.map((one: { alertId: string; state: string; lastFault: string | null }) => [
        one.alertId,
        [one.state, one.lastFault],
      ]),
    )
    expect(states.get(stopped)).toEqual(['cancelled', 'alert_stopped'])
    expect(states.get(expired)).toEqual(['failed', 'expired'])
    expect(states.get(wrong)).toEqual(['cancelled', 'superseded'])
    expect(await alarmsOf(duty.author, wrong)).toEqual([])
  })

  test('nothing before the hold is over, and nothing while it is paused', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    const id = await dispatched(duty, fitting())
    await db.transaction(async tx => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(
        sql`update alerts set hold_until = now() + interval '1 minute' where id = ${id}::uuid`,
      )
    })
    await bring(edge, db)
    await duty.author.call('POST', `/v1/alerts/${id}/pause`)
    await passTime(db)
    await bring(edge, db, () => new Date(Date.now() + 61_000))
    expect(aggregator.posts).toEqual([])
    expect(await deliveries(administrator, path)).toMatchObject([{ state: 'waiting', attempts: 0 }])
    await duty.author.call('POST', `/v1/alerts/${id}/resume`)
    await passTime(db)
    await bring(edge, db, () => new Date(Date.now() + 61_000))
    expect(aggregator.posts).toHaveLength(1)
  })

  test('nothing with a certificate that has run out', async ({ edge, db, administrator, duty }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    await db.execute(sql`
      update subscribers set ipaws = ipaws || jsonb_build_object('certificate', ${aKeyPair({ from: -2, to: -1 }).certificate}::text)`)
    const id = await dispatched(duty, fitting())
    await bring(edge, db)
    expect(aggregator.posts).toEqual([])
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'failed', lastFault: 'certificate_expired' },
    ])
    expect(await alarmsOf(duty.author, id)).toMatchObject([{ code: 'aggregator_refused' }])
  })
})

test('a channel that refuses is an alarm; the others have taken it, and nothing is posted twice', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const aggregator = await aggregate()
  const path = await enter(administrator, aggregator.url)
  aggregator.items = TAKEN.map(item =>
    item[0] === 'CMAS' ? (['CMAS', '615', 'Y', 'cog-not-permitted'] satisfies Item) : item,
  )
  const id = await dispatched(duty, fitting())
  await bring(edge, db)
  await passTime(db)
  await bring(edge, db)
  expect(aggregator.posts).toHaveLength(1)
  const [delivery] = await deliveries(administrator, path)
  expect(delivery).toMatchObject({ state: 'partial', lastFault: 'channel_error' })
  expect(delivery.outcome.channels.filter((one: { error: boolean }) => one.error)).toEqual([
    { channel: 'CMAS', code: '615', error: true, status: 'cog-not-permitted' },
  ])
  expect(await alarmsOf(duty.author, id)).toMatchObject([
    { code: 'aggregator_refused', detail: 'The aggregator: CMAS 615' },
  ])
  const trail = await trailOf(db, path)
  expect(trail.at(-1)).toMatchObject({
    action: 'subscriber.postedInPart',
    detail: { channels: expect.arrayContaining([{ channel: 'CMAS', code: '615', error: true }]) },
  })
})

test('a signature that is not trusted is told as that, and not tried again by itself', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const aggregator = await aggregate()
  const path = await enter(administrator, aggregator.url)
  aggregator.answer = (response, post) => {
    const items: Item[] = [
      ['CAPEXCH', '208', 'Y', 'alert-signature-is-not-valid'],
      ['CAPEXCH', '221', 'Y', 'alert-signature-not-trusted'],
    ]
    response.end(postAnswer(post!.message.identifier, items))
    return true
  }
  const id = await dispatched(duty, fitting())
  await bring(edge, db)
  await passTime(db)
  await bring(edge, db)
  expect(aggregator.posts).toHaveLength(1)
  expect(await deliveries(administrator, path)).toMatchObject([
    { state: 'failed', lastFault: 'bad_signature', outcome: { sent: null } },
  ])
  expect(await alarmsOf(duty.author, id)).toMatchObject([
    { code: 'aggregator_refused', detail: 'The aggregator: CAPEXCH 208, CAPEXCH 221' },
  ])
  // Put right, and posted once more by hand: made anew, and taken.
  aggregator.answer = undefined
  const [{ id: deliveryId }] = await deliveries(administrator, path)
  await administrator.call('POST', `${path}/deliveries/${deliveryId}/replay`)
  await bring(edge, db)
  expect(await deliveries(administrator, path)).toMatchObject([{ state: 'delivered' }])
  expect(await alarmsOf(duty.author, id)).toEqual([])
})

describe('where nothing was taken it is tried again, signed anew', () => {
  test.for([
    ['a SOAP fault', 500, soapFault('S:Server', 'The exchange is closed'), 'soap_fault'],
    ['a fault with status 200', 200, soapFault('S:Server', 'The exchange is closed'), 'soap_fault'],
    ['a status that says so', 503, 'later', 'http_error'],
    ['a redirect', 302, '', 'http_error'],
    ['a refusal', 403, '<html/>', 'http_error'],
  ] as const)('%s', async ([, status, body, fault], { edge, db, administrator, duty }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    aggregator.answer = response => {
      response.writeHead(status, { location: aggregator.url }).end(body)
      return true
    }
    const id = await dispatched(duty, fitting())
    await bring(edge, db)
    expect(aggregator.posts).toHaveLength(1)
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'waiting', lastStatus: status, lastFault: fault, attempts: 1 },
    ])
    expect(await alarmsOf(duty.author, id)).toMatchObject([{ code: 'aggregator_waiting' }])
    aggregator.answer = undefined
    await passTime(db)
    await bring(edge, db, () => new Date(Date.now() + 120_000))
    const [first, second, ...more] = aggregator.posts
    expect(more).toEqual([])
    expect(second!.message.identifier).toBe(first!.message.identifier)
    expect(Date.parse(second!.message.sent)).toBeGreaterThan(Date.parse(first!.message.sent))
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'delivered', attempts: 2 },
    ])
    expect(await alarmsOf(duty.author, id)).toEqual([])
  })

  test('nobody listens', async ({ edge, db, administrator, duty }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    await aggregator.close()
    await dispatched(duty, fitting())
    await bring(edge, db)
    const [delivery] = await deliveries(administrator, path)
    expect(delivery).toMatchObject({ state: 'waiting', lastFault: 'unreachable', attempts: 1 })
    const pause = Date.parse(delivery.nextAttemptAt) - Date.now()
    expect(pause).toBeGreaterThan(2_000)
    expect(pause).toBeLessThan(7_000)
  })
})

describe('where nobody knows, it is not posted again by itself', () => {
  type Answer = (response: ServerResponse, identifier: string) => void
  const answers: readonly (readonly [string, Answer, string])[] = [
    ['garbage', response => response.end('<html>all is well</html>'), 'invalid_answer'],
    ['no XML', response => response.end(Buffer.from([0xff, 0, 1])), 'invalid_answer'],
    [
      'an answer to another message',
      response => response.end(postAnswer('another', TAKEN)),
      'invalid_answer',
    ],
    [
      'a document type',
      (response, identifier) =>
        response.end(
          postAnswer(identifier, TAKEN).replace('?>', '?><!DOCTYPE x [<!ENTITY y "z">]>'),
        ),
      'invalid_answer',
    ],
    [
      'an item without its error',
      (response, identifier) =>
        response.end(postAnswer(identifier, TAKEN).replace('>ERROR<', '>MISTAKE<')),
      'invalid_answer',
    ],
    [
      'no channel at all',
      (response, identifier) => response.end(postAnswer(identifier, [])),
      'invalid_answer',
    ],
    ['more than anybody says', response => response.end('x'.repeat(200_000)), 'answer_too_large'],
    ['a connection that is cut', response => response.destroy(), 'connection_lost'],
    ['a gateway that gives up', response => response.writeHead(504).end(), 'http_error'],
  ]
  test.for(answers)('%s', async ([, answer, fault], { edge, db, administrator, duty }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    aggregator.answer = (response, post) => {
      answer(response, post!.message.identifier)
      return true
    }
    const id = await dispatched(duty, fitting())
    await bring(edge, db)
    await passTime(db)
    await bring(edge, db)
    expect(aggregator.posts).toHaveLength(1)
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'unknown', lastFault: fault, outcome: { channels: [] } },
    ])
    expect(await alarmsOf(duty.author, id)).toMatchObject([
      { code: 'aggregator_unknown', detail: `The aggregator: ${fault}` },
    ])
  })

  test('a far side that hangs holds up nothing else; posted once more, it is a duplicate', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    // It takes the first one, and is never heard of again.
    let lost = 0
    aggregator.answer = () => lost++ === 0
    const id = await dispatched(duty, fitting())
    await complete(edge, db)
    const courier = courierOf(edge, db)
    await courier.turn()
    await aggregator.until('the post', () => aggregator.posts.length === 1)
    // In flight, nobody takes it; the alert goes its own way.
    expect(await claimNotices(db, { busy: [], each: 4, leaseSeconds: 30 })).toEqual([])
    const { status } = await duty.author.call('POST', `/v1/alerts/${id}/pause`)
    expect(status).toBe(202)
    await duty.author.call('POST', `/v1/alerts/${id}/resume`)
    await courier.idle()
    const [unknown] = await deliveries(administrator, path)
    expect(unknown).toMatchObject({ state: 'unknown', lastFault: 'timeout' })
    await administrator.call('POST', `${path}/deliveries/${unknown.id}/replay`)
    aggregator.answer = (response, post) => {
      const items: Item[] = [['CAPEXCH', '222', 'Y', 'duplicate-message-identifier']]
      response.end(postAnswer(post!.message.identifier, items))
      return true
    }
    await bring(edge, db)
    expect(aggregator.posts).toHaveLength(2)
    expect(aggregator.posts[1]!.alert).toBe(aggregator.posts[0]!.alert)
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'delivered', lastFault: 'duplicate' },
    ])
    expect(await alarmsOf(duty.author, id)).toEqual([])
  })

  test('a courier that dies after it has posted leaves it unknown; later it is signed anew, the same message', async ({
    edge,
    db,
    administrator,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    await db.execute(sql`
      create function die() returns trigger language plpgsql as $$
      begin raise exception 'killed'; end $$`)
    await db.execute(sql`
      create trigger die before update on notice_deliveries for each row
      when (new.state = 'delivered') execute function die()`)
    const id = await dispatched(duty, fitting())
    await bring(edge, db)
    await db.execute(sql`drop trigger die on notice_deliveries`)
    await db.execute(sql`drop function die()`)
    await passTime(db)
    await bring(edge, db)
    expect(aggregator.posts).toHaveLength(1)
    const [delivery] = await deliveries(administrator, path)
    expect(delivery).toMatchObject({ state: 'unknown', lastFault: 'no_answer' })
    await administrator.call('POST', `${path}/deliveries/${delivery.id}/replay`)
    await bring(edge, db, () => new Date(Date.now() + 10 * 60_000))
    const [first, second] = aggregator.posts.map(({ message }) => message)
    expect(second!.identifier).toBe(first!.identifier)
    expect(second!.sent).not.toBe(first!.sent)
    expect(await deliveries(administrator, path)).toMatchObject([
      { state: 'delivered', lastFault: 'duplicate' },
    ])
    // The far side holds the first one, and that is what a retraction must name.
    await corrected(duty.author, id, 'cancel')
    await bring(edge, db)
    expect(aggregator.posts.at(-1)!.message.references).toMatchObject([{ sent: first!.sent }])
  })

  test('two couriers post each alert once', async ({ edge, db, administrator, duty }) => {
    const aggregator = await aggregate()
    await enter(administrator, aggregator.url)
    const ids = [await dispatched(duty, fitting()), await dispatched(duty, fitting())]
    await complete(edge, db)
    const couriers = [courierOf(edge, db), courierOf(edge, db), courierOf(edge, db)]
    for (let round = 0; round < 4; round++) {
      await Promise.all(couriers.map(courier => courier.turn()))
      await Promise.all(couriers.map(courier => courier.idle()))
    }
    expect(aggregator.posts.map(({ message }) => message.identifier).toSorted()).toEqual(
      ids.toSorted(),
    )
  })
})

test('an address that may not be called is not called, and a key in another’s place signs nothing', async ({
  edge,
  db,
  administrator,
  duty,
}) => {
  const [a, b] = [await aggregate(), await aggregate()]
  const path = await enter(administrator, a.url)
  await enter(administrator, b.url)
  await db.execute(sql`
    update subscribers set sealed_secrets =
      (select other.sealed_secrets from subscribers other where other.url = ${b.url})
    where url = ${a.url}`)
  const id = await dispatched(duty, fitting())
  await complete(edge, db)
  const courier = startCourier({
    db,
    masterKey: edge.masterKey,
    privateHosts: [],
    now: () => new Date(),
    wake: () => undefined,
  })
  await courier.turn()
  await courier.idle()
  expect([a.posts, b.posts, a.refused, b.refused]).toEqual([[], [], [], []])
  expect(await deliveries(administrator, path)).toMatchObject([
    { state: 'failed', lastFault: 'integrity_violation', alertId: id },
  ])
  const all = await db.execute(sql`
    select d.state, d.last_fault, d.posted_xml from notice_deliveries d
    join subscribers s on s.id = d.subscriber_id where s.url = ${b.url}`)
  expect(all).toEqual([{ state: 'waiting', last_fault: 'refused_address', posted_xml: null }])
})

describe('entering one', () => {
  test('its key is sealed and never given out; who it is for is told back', async ({
    administrator,
    db,
  }) => {
    const json = draft('https://aggregator.example.org/IPAWS')
    const { status, body } = await administrator.call('POST', '/v1/subscribers', { json })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      kind: 'ipaws',
      secret: null,
      events: ['alert.sending'],
      statuses: ['Actual'],
      ipaws: {
        logonUser: 'county-alerts',
        logonCogId: '120075',
        endpoint: 'live',
        certificate: { commonName: 'IPAWSOPEN120075' },
      },
    })
    const line = pair.privateKey.split('\n')[5]!
    const stored = await db.execute<{ sealed: Buffer }>(sql`
      select s.*, sealed_secrets as sealed from subscribers s`)
    const listed = await administrator.call('GET', '/v1/subscribers')
    const trail = await administrator.call('GET', '/v1/audit')
    for (const place of [stored, listed.body, trail.body, body]) {
      expect(JSON.stringify(place)).not.toContain(line)
    }
    expect(Buffer.from(stored[0]!.sealed).toString('latin1')).not.toContain('PRIVATE KEY')
  })

  test('every fault of what is handed over is told at once', async ({ administrator }) => {
    const refusal = async (more: object) => {
      const json = draft('https://aggregator.example.org/IPAWS', more)
      const { status, body } = await administrator.call('POST', '/v1/subscribers', { json })
      return [
        status,
        body.code,
        body.errors?.map((one: { pointer: string; code: string }) => [one.pointer, one.code]),
      ]
    }
    const expired = aKeyPair({ from: -2, to: -1 })
    const weak = aKeyPair({ bits: 1024 })
    const future = aKeyPair({ from: 1, to: 2 })
    const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const locked = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    })
    const elliptic = {
      privateKey: curve.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    expect(await refusal({ ipaws: expired })).toEqual([
      422,
      'invalid_subscriber',
      [['/ipaws/certificate', 'certificate_expired']],
    ])
    expect(await refusal({ ipaws: weak })).toMatchObject([
      422,
      'invalid_subscriber',
      [['/ipaws/certificate', 'weak_key']],
    ])
    expect(await refusal({ ipaws: future })).toMatchObject([
      422,
      'invalid_subscriber',
      [['/ipaws/certificate', 'certificate_not_yet']],
    ])
    const belongs = [['/ipaws/privateKey', 'key_of_other']]
    for (const ipaws of [{ privateKey: other.privateKey }, elliptic]) {
      expect(await refusal({ ipaws })).toEqual([422, 'invalid_subscriber', belongs])
    }
    expect(
      await refusal({
        url: 'http://169.254.169.254/',
        statuses: ['Actual', 'Test'],
        ipaws: { certificate: 'none', privateKey: locked.toString() },
      }),
    ).toMatchObject([
      422,
      'invalid_subscriber',
      [
        ['/url', undefined],
        ['/ipaws/certificate', 'not_one_certificate'],
        ['/ipaws/privateKey', 'key_encrypted'],
        ['/statuses', 'actual_alone'],
      ],
    ])
    const { ipaws: _left, ...rest } = draft('https://aggregator.example.org/IPAWS')
    const json = { ...rest, events: ['alert.sent'] }
    expect(await administrator.call('POST', '/v1/subscribers', { json })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/ipaws', detail: 'is required of kind ipaws' },
          { pointer: '/events', detail: 'must be left out of kind ipaws' },
        ],
      },
    })
    const webhook = { json: draft('https://aggregator.example.org/IPAWS', { kind: 'webhook' }) }
    expect(await administrator.call('POST', '/v1/subscribers', webhook)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/events', detail: 'is required of kind webhook' },
          { pointer: '/ipaws', detail: 'must be left out of kind webhook' },
        ],
      },
    })
  })

  test('a certificate is changed with its key, or not at all; a webhook’s calls are not its own', async ({
    administrator,
    edge,
    db,
    duty,
  }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    const edit = (json: object) => administrator.call('PATCH', path, { json })
    const { certificate } = other
    expect(await edit({ ipaws: { certificate } })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/ipaws/privateKey' }] },
    })
    expect(await edit({ statuses: ['Test'] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/statuses' }] },
    })
    expect(await edit({ events: ['alert.sent'] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/events' }] },
    })
    expect((await edit({ kind: 'webhook' })).status).toBe(400)
    expect(await edit({ ipaws: { ...other, logonUser: 'night-shift' } })).toMatchObject({
      status: 200,
      body: { ipaws: { logonUser: 'night-shift', logonCogId: '120075' } },
    })
    for (const call of ['secret', 'test']) {
      expect(await administrator.call('POST', `${path}/${call}`)).toMatchObject({
        status: 409,
        body: { code: 'wrong_state' },
      })
    }
    aggregator.trusted = certificate
    await dispatched(duty, fitting())
    await bring(edge, db)
    expect(aggregator.posts.map(({ logonUser }) => logonUser)).toEqual(['night-shift'])
  })
})

describe('checking the connection', () => {
  test('asks for a sign of life, and posts nothing', async ({ administrator, db }) => {
    const aggregator = await aggregate()
    const path = await enter(administrator, aggregator.url)
    const check = async () => (await administrator.call('POST', `${path}/check`)).body
    expect(await check()).toEqual({ reached: true, status: 200, fault: null, said: null })
    expect([aggregator.checks, aggregator.posts, aggregator.refused]).toEqual([1, [], []])
    aggregator.trusted = other.certificate
    expect(await check()).toEqual({
      reached: false,
      status: 500,
      fault: 'soap_fault',
      said: 'wsse:InvalidSecurity: The security token could not be verified',
    })
    aggregator.trusted = pair.certificate
    aggregator.answer = response => {
      response.end('hello')
      return true
    }
    expect(await check()).toMatchObject({ reached: false, status: 200, fault: 'invalid_answer' })
    await aggregator.close()
    expect(await check()).toMatchObject({ reached: false, status: null, fault: 'unreachable' })
    const trail = await trailOf(db, path)
    expect(trail.filter(({ action }) => action === 'subscriber.checked')).toHaveLength(4)
  })

  test('of a webhook there is none', async ({ administrator }) => {
    const json = {
      url: 'https://sirens.example.org/',
      description: 'Sirens',
      events: ['alert.sent'],
    }
    const { body } = await administrator.call('POST', '/v1/subscribers', { json })
    const checked = await administrator.call('POST', `/v1/subscribers/${body.id}/check`)
    expect(checked).toMatchObject({ status: 409, body: { code: 'wrong_state' } })
  })
})
