import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { settleExercises } from '../../src/alerts/exercise-end.ts'
import { publicPart } from '../../src/signing/keys.ts'
import type { Database } from '../../src/store/database.ts'
import { purgeSimulated } from '../../src/store/simulated-exercises.ts'
import {
  aDrill,
  aListedGroup,
  anAlert,
  aSigner,
  contactsAt,
  contentBytes,
  type Signer,
  square,
} from '../alerts/people.ts'
import { signAlert } from '../../src/signing/jws.ts'
import { type Answer, type Caller, type Edge, PASSWORD, test } from '../support/edge.ts'

const HOUR = 3600

interface SetUp {
  readonly id: string
  readonly roster: string
}

/** An hour's exercise for three people in the valley. */
async function anExercise(
  edge: Edge,
  db: Database,
  leader: Caller,
  fields: object = {},
): Promise<SetUp> {
  const roster = await aRoster(db)
  const json = { name: 'Spring drill', rosterId: roster, endsAt: soon(edge, HOUR), ...fields }
  const { status, body } = await leader.call('POST', '/v1/exercises', { json })
  expect([status, body.state]).toEqual([201, 'open'])
  return { id: body.id, roster }
}

async function aRoster(db: Database): Promise<string> {
  const members = await contactsAt(db, [
    [-96.5, 30.5],
    [-96.5, 30.5],
    [10, 50],
  ])
  return aListedGroup(db, members)
}

const soon = (edge: Edge, seconds: number) =>
  new Date(edge.deps.now().getTime() + seconds * 1000).toISOString()

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]
const pointers = ({ body }: Answer) => body.errors.map((one: { pointer: string }) => one.pointer)

/** The same person with the tokens that they were given. */
function withTokens(edge: Edge, who: Signer, { body }: Answer): Signer {
  const call: Caller['call'] = (method, path, sent = {}) =>
    edge.call(method, path, {
      ...sent,
      headers: { Authorization: `Bearer ${body.accessToken}`, ...sent.headers },
    })
  const next = { ...who, token: body.accessToken, refreshToken: body.refreshToken, call }
  const step = (name: 'submit' | 'approve', role: 'author' | 'approver') => async (id: string) => {
    const bytes = await contentBytes(edge, next, id)
    const signature = await signAlert(bytes, who.key, { role, form: 'detached' })
    return call('POST', `/v1/alerts/${id}/${name}`, { json: { signature } })
  }
  return { ...next, submit: step('submit', 'author'), approve: step('approve', 'approver') }
}

/** Goes into an exercise, with a key for exercises. */
async function enter(edge: Edge, who: Signer, exerciseId: string): Promise<Signer> {
  const json = { mode: 'exercise', exerciseId }
  const answer = await who.call('POST', '/v1/auth/mode', { json })
  expect(answer.status).toBe(200)
  const inside = withTokens(edge, who, answer)
  const jwk = publicPart(inside.key)
  await inside.call('POST', '/v1/me/keys', { json: { jwk, label: 'drill' } })
  return inside
}

/** Somebody who is in the exercise from the start. */
async function aPlayer(edge: Edge, exerciseId: string): Promise<Signer> {
  const person = await aSigner(edge, ['author', 'approver'], { mode: 'exercise' })
  return enter(edge, person, exerciseId)
}

const dispatch = (who: Caller, id: string) =>
  who.call('POST', `/v1/alerts/${id}/dispatch`, { headers: { 'Idempotency-Key': `send-${id}` } })

test('an exercise is set up, read, changed and ended', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const viewer = await edge.caller({ roles: ['viewer'], mode: 'exercise' })
  const roster = await aRoster(db)
  const json = {
    name: 'Autumn drill',
    rosterId: roster,
    startsAt: soon(edge, HOUR),
    endsAt: soon(edge, 2 * HOUR),
  }
  const made = await leader.call('POST', '/v1/exercises', { json })
  expect(made).toMatchObject({
    status: 201,
    body: { ...json, state: 'planned', phones: 3, simulated: false, createdBy: leader.id },
  })
  const path = `/v1/exercises/${made.body.id}`
  expect((await viewer.call('GET', path)).body).toEqual(made.body)
  const list = await viewer.call('GET', '/v1/exercises?state=planned')
  expect(list.body).toMatchObject({ items: [{ id: made.body.id }], live: { sending: 0 } })
  expect((await viewer.call('GET', '/v1/exercises?state=open,ended')).body.items).toEqual([])

  const changed = await leader.call('PATCH', path, {
    json: { name: 'Winter drill', startsAt: soon(edge, 10) },
    headers: { 'If-Match': made.headers.get('ETag') ?? '' },
  })
  expect(changed.body).toMatchObject({ name: 'Winter drill', state: 'planned' })
  const stale = { json: { name: 'x' }, headers: { 'If-Match': made.headers.get('ETag') ?? '' } }
  expect(said(await leader.call('PATCH', path, stale))).toEqual([412, 'stale_revision'])
  const enterEarly = { mode: 'exercise', exerciseId: made.body.id }
  expect(said(await viewer.call('POST', '/v1/auth/mode', { json: enterEarly }))).toEqual([
    409,
    'exercise_not_open',
  ])

  const ends = await Promise.all([1, 2, 3].map(() => leader.call('POST', `${path}/end`)))
  expect(ends.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409])
  expect((await viewer.call('GET', path)).body).toMatchObject({
    state: 'ended',
    endedBy: leader.id,
  })
  expect(said(await leader.call('PATCH', path, { json: { name: 'x' } }))).toEqual([
    409,
    'wrong_state',
  ])
  const [{ ends: told } = { ends: 0 }] = await db.execute<{ ends: number }>(sql`
    select count(*)::int as ends from audit
    where action = 'exercise.ended' and subject = ${made.body.id}::text`)
  expect(told).toBe(1)
})

test('a window that can not be, and a roster that is none, are refused at their places', async ({
  edge,
  db,
}) => {
  const leader = await edge.caller({ roles: ['administrator'] })
  const rosterId = await aRoster(db)
  const area = { areaDesc: 'Valley', polygon: [square(-97, 30)] }
  const geographic = await leader.call('POST', '/v1/groups', { json: { name: 'Valley', area } })
  const tried = (fields: object) =>
    leader.call('POST', '/v1/exercises', {
      json: { name: 'Drill', rosterId, endsAt: soon(edge, HOUR), ...fields },
    })
  const refused: [object, string[]][] = [
    [{ endsAt: soon(edge, -1) }, ['/endsAt']],
    [{ startsAt: soon(edge, -HOUR), endsAt: soon(edge, -HOUR) }, ['/startsAt', '/endsAt']],
    [{ endsAt: soon(edge, 10 * 365 * 86_400) }, ['/endsAt']],
    [{ endsAt: soon(edge, 7 * 86_400 + 60) }, ['/endsAt']],
    [{ startsAt: soon(edge, HOUR) }, ['/endsAt']],
    [{ rosterId: geographic.body.id }, ['/rosterId']],
    [{ rosterId: '019ad000-0000-7000-8000-000000000000' }, ['/rosterId']],
    [{ faults: { failPercent: 5 } }, ['/faults']],
    [
      { rosterId: geographic.body.id, endsAt: soon(edge, -1), faults: { failPercent: 5 } },
      ['/endsAt', '/faults', '/rosterId'],
    ],
  ]
  for (const [fields, places] of refused) {
    const answer = await tried(fields)
    expect(said(answer)).toEqual([422, 'invalid_exercise'])
    expect(pointers(answer)).toEqual(places)
  }
  expect((await tried({ endsAt: soon(edge, 7 * 86_400) })).status).toBe(201)
})

test('a sign-in moves between live and an exercise, and the place that it left is closed to it', async ({
  edge,
  db,
}) => {
  const leader = await edge.caller({ roles: ['approver'] })
  const { id } = await anExercise(edge, db, leader)
  const person = await aSigner(edge, ['author'])
  const both = await Promise.all(
    [1, 2].map(() =>
      person.call('POST', '/v1/auth/mode', { json: { mode: 'exercise', exerciseId: id } }),
    ),
  )
  // Of two at once one is the sign-in's next place; the other finds it gone.
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  const answer = both.find(({ status }) => status === 200)!
  expect(answer.body).toMatchObject({ mode: 'exercise', exerciseId: id, tokenType: 'Bearer' })
  const inside = withTokens(edge, person, answer)
  expect((await person.call('GET', '/v1/me')).status).toBe(401)
  const stale = { grantType: 'refresh', refreshToken: person.refreshToken }
  expect((await edge.call('POST', '/v1/auth/token', { json: stale })).status).toBe(401)
  expect((await inside.call('GET', '/v1/me')).body).toMatchObject({
    id: person.id,
    mode: 'exercise',
    exerciseId: id,
  })
  const refreshed = await edge.call('POST', '/v1/auth/token', {
    json: { grantType: 'refresh', refreshToken: inside.refreshToken },
  })
  expect(refreshed.body).toMatchObject({ mode: 'exercise', exerciseId: id })
  const back = await inside.call('POST', '/v1/auth/mode', { json: { mode: 'live' } })
  expect(back.body).toMatchObject({ mode: 'live', exerciseId: null })
  expect((await inside.call('GET', '/v1/me')).status).toBe(401)
})

test('a password opens an exercise too, one that is there and open', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const { id } = await anExercise(edge, db, leader)
  await edge.caller({ roles: ['viewer'], email: 'player@example.org' })
  const grant = { grantType: 'password', email: 'player@example.org', password: PASSWORD }
  const signIn = (place: object) =>
    edge.call('POST', '/v1/auth/token', { json: { ...grant, ...place } })
  expect((await signIn({ mode: 'exercise', exerciseId: id })).body).toMatchObject({
    mode: 'exercise',
    exerciseId: id,
  })
  expect((await signIn({ mode: 'exercise' })).body).toMatchObject({ exerciseId: null })
  const misplaced = await signIn({ mode: 'live', exerciseId: id })
  expect([misplaced.status, pointers(misplaced)]).toEqual([400, ['/exerciseId']])
  const none = '019ad000-0000-7000-8000-000000000000'
  expect((await signIn({ mode: 'exercise', exerciseId: none })).status).toBe(404)
  await leader.call('POST', `/v1/exercises/${id}/end`)
  expect(said(await signIn({ mode: 'exercise', exerciseId: id }))).toEqual([
    409,
    'exercise_not_open',
  ])
})

test('what is written in an exercise is for its roster, and stays in it', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const { id, roster } = await anExercise(edge, db, leader)
  const other = await anExercise(edge, db, leader)
  const player = await aPlayer(edge, id)
  const stranger = await aPlayer(edge, other.id)
  const alone = await aSigner(edge, ['author', 'approver'], { mode: 'exercise' })
  const live = await aSigner(edge, ['author'])

  const made = await player.call('POST', '/v1/alerts', { json: anAlert({ status: 'Exercise' }) })
  expect(made).toMatchObject({
    status: 201,
    body: { exerciseId: id, status: 'Exercise', audience: { roster } },
  })
  const refused = async (alert: object) => player.call('POST', '/v1/alerts', { json: alert })
  expect(said(await refused(anAlert()))).toEqual([403, 'wrong_mode'])
  const elsewhere = await refused(aDrill(other.roster))
  expect([...said(elsewhere), pointers(elsewhere)]).toEqual([
    422,
    'invalid_alert',
    ['/audience/roster'],
  ])
  const further = await refused(
    anAlert({
      status: 'Exercise',
      escalations: [
        {
          when: 'noReplyAbove',
          percent: 50,
          afterMinutes: 5,
          to: other.roster,
          texts: [{ language: 'en-US', sms: 'NOBODY ANSWERS' }],
        },
      ],
    }),
  )
  expect(said(further)).toEqual([422, 'invalid_alert'])
  expect(pointers(further)).toContain('/escalations/0/to')
  const system = await refused(aDrill(roster, { status: 'System' }))
  expect([...said(system), pointers(system)]).toEqual([422, 'invalid_alert', ['/status']])
  const path = `/v1/alerts/${made.body.id}`
  const moved = await player.call('PATCH', path, { json: { audience: { roster: other.roster } } })
  expect(pointers(moved)).toEqual(['/audience/roster'])

  const outside = await alone.call('POST', '/v1/alerts', { json: aDrill(roster) })
  expect(outside.body.exerciseId).toBe(null)
  for (const [who, alertId] of [
    [stranger, made.body.id],
    [alone, made.body.id],
    [live, made.body.id],
    [player, outside.body.id],
  ] as const) {
    const calls: [string, string, object?][] = [
      ['PATCH', '', { json: { note: 'x' } }],
      ['DELETE', ''],
      ['POST', '/submit', { json: { signature: 'x.y.z' } }],
      ['POST', '/notes', { json: { text: 'x' } }],
    ]
    for (const [method, step, sent = {}] of calls) {
      const answer = await who.call(method, `/v1/alerts/${alertId}${step}`, sent)
      expect(said(answer), `${method} ${step}`).toEqual([403, 'wrong_mode'])
    }
  }

  const idsOf = async (who: Caller, query = '') =>
    (await who.call('GET', `/v1/alerts${query}`)).body.items.map((one: { id: string }) => one.id)
  expect(await idsOf(player)).toEqual([made.body.id])
  expect(await idsOf(player, '?status=Exercise,Actual')).toEqual([made.body.id])
  expect(await idsOf(player, `?exercise=${other.id}`)).toEqual([])
  expect(await idsOf(stranger)).toEqual([])
  expect(await idsOf(alone)).toContain(outside.body.id)
  expect(await idsOf(alone)).not.toContain(made.body.id)
  expect(await idsOf(live)).not.toContain(made.body.id)
  expect(await idsOf(live, `?exercise=${id}`)).toEqual([made.body.id])

  // A key of the other mode signs nothing here.
  const bytes = await contentBytes(edge, player, made.body.id)
  expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
    exercise: { id, simulated: false },
    roster: { id: roster },
  })
  const liveKey = await signAlert(bytes, live.key, { role: 'author', form: 'detached' })
  const json = { signature: liveKey }
  expect(said(await player.call('POST', `${path}/submit`, { json }))).toEqual([
    422,
    'invalid_signature',
  ])
  expect(said(await player.submit(made.body.id))).toEqual([200, 'approved'])

  const changedRoster = { json: { rosterId: other.roster } }
  expect(said(await leader.call('PATCH', `/v1/exercises/${id}`, changedRoster))).toEqual([
    409,
    'wrong_state',
  ])
  expect(said(await leader.call('DELETE', `/v1/groups/${roster}`))).toEqual([409, 'in_use'])
})

test('nothing of an alert is worth more than its exercise', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const { id } = await anExercise(edge, db, leader, { endsAt: soon(edge, HOUR / 2) })
  const player = await aPlayer(edge, id)
  const exercise = await player.call('GET', `/v1/exercises/${id}`)
  const made = await player.call('POST', '/v1/alerts', { json: anAlert({ status: 'Exercise' }) })
  const { body } = await player.submit(made.body.id)
  expect(body.expires).toBe(exercise.body.endsAt)
})

test('an exercise ends by itself: what is sending stops, and its people are out', async ({
  edge,
  db,
}) => {
  const leader = await edge.caller({ roles: ['author'] })
  const { id } = await anExercise(edge, db, leader, { endsAt: soon(edge, 600) })
  const player = await aPlayer(edge, id)
  const ids: string[] = []
  for (let i = 0; i < 2; i++) {
    const json = anAlert({ status: 'Exercise' })
    const made = await player.call('POST', '/v1/alerts', { json })
    await player.submit(made.body.id)
    ids.push(made.body.id)
  }
  const [sending = '', approved = ''] = ids
  expect(said(await dispatch(player, sending))).toEqual([202, 'sending'])
  edge.pass(600)
  // Before anybody has looked the door is shut.
  expect(said(await dispatch(player, approved))).toEqual([401, 'invalid_token'])
  expect((await leader.call('GET', `/v1/exercises/${id}`)).body.state).toBe('ended')
  const now = edge.deps.now()
  await Promise.all([settleExercises(db, now), settleExercises(db, now), settleExercises(db, now)])
  await settleExercises(db, now)
  const stopped = await leader.call('GET', `/v1/alerts/${sending}`)
  expect(stopped.body).toMatchObject({ state: 'stopped' })
  const stops = stopped.body.history.filter(
    ({ action }: { action: string }) => action === 'stopped',
  )
  expect(stops).toMatchObject([{ operatorId: null, detail: 'its exercise has ended' }])
  const [sessions] = await db.execute<{ open: number }>(sql`
    select count(*)::int as open from sessions where exercise_id = ${id} and revoked_at is null`)
  expect(sessions?.open).toBe(0)
  expect((await leader.call('GET', `/v1/exercises/${id}`)).body).toMatchObject({
    state: 'ended',
    endedBy: null,
  })
  expect((await leader.call('GET', `/v1/alerts/${approved}`)).body.state).toBe('approved')
})

test('the score says what was done when, and what was taken back', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const { id } = await anExercise(edge, db, leader)
  const score = async () => (await leader.call('GET', `/v1/exercises/${id}/score`)).body
  expect(await score()).toEqual({ points: null, alerts: [] })
  const player = await aPlayer(edge, id)
  edge.pass(30)
  const json = anAlert({
    status: 'Exercise',
    corrections: { cancel: [{ language: 'en-US', sms: 'SENT IN ERROR' }] },
  })
  const made = await player.call('POST', '/v1/alerts', { json })
  edge.pass(20)
  await player.submit(made.body.id)
  await player.call('POST', `/v1/alerts/${made.body.id}/withdraw`)
  edge.pass(10)
  await player.submit(made.body.id)
  await dispatch(player, made.body.id)
  const played = await score()
  expect(played).toMatchObject({
    alerts: [
      {
        alertId: made.body.id,
        event: 'Flash Flood Warning',
        signedAfter: 30,
        approvedAfter: null,
        firstSentAfter: null,
        mistakes: ['withdrawn'],
        prepared: { cancel: true, allClear: false },
        // 15 without the mistake, 10 for the cancellation.
        points: 25,
      },
    ],
    points: 25,
  })
  expect(played.alerts[0].draftedAfter).toBeCloseTo(30, 0)
  expect(await score()).toEqual(played)
  // Nobody has written what those on duty are told by a rule.
  const told = await player.call('POST', '/v1/alerts', { json })
  await db.execute(sql`
    update alerts set escalation_of = ${made.body.id}::uuid, escalation_rule = 0
    where id = ${told.body.id}::uuid`)
  expect(await score()).toEqual(played)
})

test('the all-stop of an exercise stops what is its own', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const sent: { player: Signer; alertId: string }[] = []
  for (let i = 0; i < 2; i++) {
    const { id } = await anExercise(edge, db, leader)
    const player = await aPlayer(edge, id)
    const json = anAlert({ status: 'Exercise' })
    const made = await player.call('POST', '/v1/alerts', { json })
    await player.submit(made.body.id)
    await dispatch(player, made.body.id)
    sent.push({ player, alertId: made.body.id })
  }
  const [one, two] = sent
  const stop = await one!.player.call('POST', '/v1/stop', { json: { reason: 'enough' } })
  expect(stop.body.alerts).toMatchObject([{ alertId: one!.alertId }])
  expect((await two!.player.call('GET', `/v1/alerts/${two!.alertId}`)).body.state).toBe('sending')
})

test('what is in force in an exercise is its own alerts, and no other’s', async ({ edge, db }) => {
  const leader = await edge.caller({ roles: ['author'] })
  const over = { areas: [{ polygon: [square(-97, 30)] }] }
  const overlapsFor = async (who: Caller) =>
    (await who.call('POST', '/v1/areas', { json: over })).body.overlaps
  const { id } = await anExercise(edge, db, leader)
  const player = await aPlayer(edge, id)
  const before = await overlapsFor(leader)
  expect(await overlapsFor(player)).toEqual([])
  const area = [{ areaDesc: 'The valley', polygon: [square(-97, 30)] }]
  const json = anAlert({ status: 'Exercise', info: { area } })
  const made = await player.call('POST', '/v1/alerts', { json })
  await player.submit(made.body.id)
  await dispatch(player, made.body.id)
  expect(await overlapsFor(player)).toEqual([{ alertId: made.body.id, areaDesc: 'The valley' }])
  expect(await overlapsFor(leader)).toEqual(before)
  const elsewhere = await anExercise(edge, db, leader)
  expect(await overlapsFor(await aPlayer(edge, elsewhere.id))).toEqual([])
})

test('a practice is one’s own, and its phones are in no live audience', async ({ edge, db }) => {
  const administrator = await edge.caller({ roles: ['administrator', 'author'] })
  const person = await aSigner(edge, ['author'])
  const before = await administrator.call('GET', '/v1/contacts')
  const made = await person.call('POST', '/v1/exercises/practice')
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'open', phones: 25, simulated: true, practice: true },
  })
  const { id, rosterId } = made.body
  expect((await administrator.call('GET', `/v1/exercises/${id}`)).status).toBe(404)
  expect((await administrator.call('POST', `/v1/exercises/${id}/end`)).status).toBe(404)
  const stranger = { mode: 'exercise', exerciseId: id }
  expect((await administrator.call('POST', '/v1/auth/mode', { json: stranger })).status).toBe(404)

  const people = await db.execute<{ phone: string; language: string }>(sql`
    select phone, language from contacts where simulated`)
  expect(people).toHaveLength(25)
  expect(new Set(people.map(one => one.language)).size).toBeGreaterThan(3)
  // They are no contacts, of no group of people, and of no carrier that is listed.
  const contacts = await administrator.call('GET', '/v1/contacts')
  expect(contacts.body.items).toHaveLength(before.body.items.length)
  const groups = await administrator.call('GET', '/v1/groups')
  expect(groups.body.items.map((one: { id: string }) => one.id)).not.toContain(rosterId)
  expect(JSON.stringify((await administrator.call('GET', '/v1/carriers')).body)).not.toContain(
    'simulated',
  )
  const own = await administrator.call('POST', '/v1/groups', { json: { name: 'Own' } })
  const [one] = people
  const members = { json: { phones: [one!.phone] } }
  const put = await administrator.call('PUT', `/v1/groups/${own.body.id}/members`, members)
  expect(said(put)).toEqual([422, 'invalid_group'])
  const emptied = { json: { phones: [] } }
  const practised = await administrator.call('PUT', `/v1/groups/${rosterId}/members`, emptied)
  expect(said(practised)).toEqual([422, 'invalid_group'])

  // Nothing that is live, and no drill to real phones, may name them.
  const named = { audience: { groups: [rosterId] }, info: { area: undefined } }
  const live = await administrator.call('POST', '/v1/alerts', { json: anAlert(named) })
  expect([...said(live), pointers(live)]).toEqual([422, 'invalid_group', ['/audience/groups/0']])
  const alone = await aSigner(edge, ['author'], { mode: 'exercise' })
  const drill = await alone.call('POST', '/v1/alerts', { json: aDrill(rosterId) })
  expect([...said(drill), pointers(drill)]).toEqual([422, 'invalid_group', ['/audience/roster']])
  const real = { name: 'Real', rosterId, endsAt: soon(edge, HOUR) }
  const exercise = await administrator.call('POST', '/v1/exercises', { json: real })
  expect(pointers(exercise)).toEqual(['/rosterId'])
  const rule = { name: 'By language', rule: { language: one!.language } }
  const ruled = await administrator.call('POST', '/v1/groups', { json: rule })
  expect(ruled.body.members).toBe(0)
  const around = { name: 'Around', expression: { union: [rosterId, own.body.id] } }
  const union = await administrator.call('POST', '/v1/groups', { json: around })
  const hidden = { audience: { groups: [union.body.id] }, info: { area: undefined } }
  const circled = await administrator.call('POST', '/v1/alerts', { json: anAlert(hidden) })
  expect(pointers(circled)).toEqual(['/audience/groups/0'])

  // And the database refuses whoever tries past all that.
  const [{ contactId } = { contactId: '' }] = await db.execute<{ contactId: string }>(sql`
    select id as "contactId" from contacts where simulated limit 1`)
  const [somebody] = await contactsAt(db, [[10, 50]])
  for (const attempt of [
    sql`insert into locations (contact_id, position) values (${contactId}, point(10, 50))`,
    sql`insert into group_members (group_id, contact_id) values (${own.body.id}, ${contactId})`,
    sql`insert into group_members (group_id, contact_id) values (${rosterId}, ${somebody})`,
    sql`update contacts set simulated = false where id = ${contactId}`,
    sql`update contacts set simulated = true where id = ${somebody}`,
    sql`update groups set simulated = false where id = ${rosterId}`,
  ]) {
    await expect(db.execute(attempt)).rejects.toMatchObject({ code: '23514' })
  }

  // Whoever turns out to have such a number is a contact like any other.
  const theirs = { phone: one!.phone, locations: [{ longitude: -96.5, latitude: 30.5 }] }
  expect((await administrator.call('POST', '/v1/contacts', { json: theirs })).status).toBe(201)

  const again = await person.call('POST', '/v1/exercises/practice', { json: { phones: 30 } })
  expect(again.body).toMatchObject({ state: 'open', phones: 30 })
  expect((await person.call('GET', `/v1/exercises/${id}`)).body.state).toBe('ended')
  const other = await aSigner(edge, ['approver'])
  const theirOwn = await other.call('POST', '/v1/exercises/practice')
  const [{ shared } = { shared: -1 }] = await db.execute<{ shared: number }>(sql`
    select count(*)::int as shared from group_members a join group_members b using (contact_id)
    where a.group_id = ${again.body.rosterId} and b.group_id = ${theirOwn.body.rosterId}`)
  expect(shared).toBe(0)
})

test('what simulated exercises needed goes when they have long been over, and what their reports say stays', async ({
  edge,
  db,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const person = await aSigner(edge, ['author', 'approver'], { mode: 'exercise' })
  const practise = async (who: Caller) => {
    const { status, body } = await who.call('POST', '/v1/exercises/practice')
    expect(status).toBe(201)
    return body as { id: string; rosterId: string }
  }
  const sent = await practise(person)
  const player = await enter(edge, person, sent.id)
  const made = await player.call('POST', '/v1/alerts', { json: anAlert({ status: 'Exercise' }) })
  expect(said(await player.submit(made.body.id))).toEqual([200, 'approved'])
  expect(said(await dispatch(player, made.body.id))).toEqual([202, 'sending'])
  const carrierOf = async (exerciseId: string) => {
    const [row] = await db.execute<{ id: string; deleted: boolean }>(sql`
      select id, deleted_at is not null as deleted from carriers where exercise_id = ${exerciseId}::uuid`)
    return row
  }
  const used = await carrierOf(sent.id)
  await db.execute(sql`
    insert into progress (alert_id, carrier_id, slot, delivered)
    values (${made.body.id}::uuid, ${used!.id}::uuid, 0, 3)`)
  expect((await player.call('POST', `/v1/exercises/${sent.id}/end`)).status).toBe(200)
  const other = await edge.caller({ roles: ['author'] })
  const idle = await practise(other)
  const open = await practise(other)
  await settleExercises(db, edge.deps.now())
  // Its phones are another's now.
  const after = {
    name: 'After',
    rosterId: sent.rosterId,
    endsAt: soon(edge, HOUR),
    simulated: true,
  }
  expect((await other.call('POST', '/v1/exercises', { json: after })).status).toBe(201)

  const read = async (path: string) => (await administrator.call('GET', path)).body
  const progress = () => read(`/v1/alerts/${made.body.id}/progress`)
  const told = await progress()
  expect(JSON.stringify(told)).toContain(used!.id)
  expect(await read('/metrics')).toContain(used!.id)
  const rosters = async () => {
    const rows = await db.execute<{ id: string }>(sql`select id from groups where simulated`)
    return rows.map(row => row.id)
  }
  const later = (seconds: number) => new Date(edge.deps.now().getTime() + seconds * 1000)
  await purgeSimulated(db, later(-HOUR))
  expect(await rosters()).toEqual(
    expect.arrayContaining([sent.rosterId, idle.rosterId, open.rosterId]),
  )
  expect(await carrierOf(idle.id)).toMatchObject({ deleted: false })

  const phones = sql`select count(*)::int as count from contacts where simulated`
  const before = await db.execute(phones)
  await Promise.all([purgeSimulated(db, later(HOUR)), purgeSimulated(db, later(HOUR))])
  expect(await rosters()).toEqual(expect.arrayContaining([open.rosterId, sent.rosterId]))
  expect(await rosters()).not.toContain(idle.rosterId)
  expect(await carrierOf(idle.id)).toBeUndefined()
  expect(await carrierOf(sent.id)).toEqual({ id: used!.id, deleted: true })
  expect(await carrierOf(open.id)).toMatchObject({ deleted: false })
  expect(await progress()).toEqual(told)
  expect((await other.call('GET', `/v1/exercises/${idle.id}`)).body).toMatchObject({
    state: 'ended',
    phones: null,
  })
  // Their phones are there for whoever practises next.
  expect(await db.execute(phones)).toEqual(before)
  expect(await read('/metrics')).not.toContain(used!.id)
  expect((await other.call('GET', `/v1/exercises/${open.id}`)).body.phones).toBe(25)
})

test('of ten who set up simulated exercises at once, those begin for whom there is room', async ({
  edge,
  db,
}) => {
  const leader = await edge.caller({ roles: ['author'] })
  const people = await Promise.all(
    Array.from({ length: 5 }, () => edge.caller({ roles: ['author'] })),
  )
  const rosterId = await aRoster(db)
  expect((await leader.call('POST', '/v1/exercises/practice')).status).toBe(201)
  const going = async () => {
    const [row] = await db.execute<{ going: number }>(
      sql`select count(*)::int as going from exercises where simulated and ended_at is null`,
    )
    return row!.going
  }
  await db.execute(sql`
    insert into exercises (id, name, roster_id, starts_at, ends_at, simulated, faults, created_by, created_at)
    select gen_random_uuid(), 'Earlier', ${rosterId}::uuid, now(), now() + interval '1 hour', true, '{}',
      ${leader.id}::uuid, now()
    from generate_series(${await going()}::int + 1, 45)`)
  const json = { name: 'Drill', rosterId, endsAt: soon(edge, HOUR), simulated: true }
  const answers = await Promise.all(
    people.flatMap(person => [
      person.call('POST', '/v1/exercises/practice'),
      leader.call('POST', '/v1/exercises', { json }),
    ]),
  )
  const saying = (what: string) => answers.filter(answer => said(answer).join(' ') === what).length
  expect([saying('201 open'), saying('409 in_use')]).toEqual([5, 5])
  expect(await going()).toBe(50)
  // Who practises begins anew without taking more room.
  const one =
    people[answers.filter((_, i) => i % 2 === 0).findIndex(({ status }) => status === 201)]
  if (one !== undefined) {
    expect((await one.call('POST', '/v1/exercises/practice')).status).toBe(201)
  }
  expect(await going()).toBe(50)
})

test('a key that was used in one exercise is free in the next: its stop stops what goes out there', async ({
  edge,
  db,
}) => {
  const leader = await edge.caller({ roles: ['approver', 'administrator'] })
  const first = await anExercise(edge, db, leader, { name: 'Morning' })
  const second = await anExercise(edge, db, leader, { name: 'Afternoon' })
  const approver = await aSigner(edge, ['approver'])
  const stop = (who: Signer) =>
    who.call('POST', '/v1/stop', {
      json: { reason: 'enough' },
      headers: { 'Idempotency-Key': 'all-stop' },
    })
  const inFirst = await enter(edge, approver, first.id)
  expect((await stop(inFirst)).status).toBe(202)
  const inSecond = await enter(edge, inFirst, second.id)
  const answer = await stop(inSecond)
  expect([answer.status, answer.headers.get('Idempotent-Replayed')]).toEqual([202, null])
  expect((await stop(inSecond)).headers.get('Idempotent-Replayed')).toBe('true')
})
