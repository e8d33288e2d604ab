import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { anAlert, aSigner, compose, contactsAt, type Signer } from '../alerts/people.ts'
import type { Role } from '../../src/operators/operator.ts'
import type { Database } from '../../src/store/database.ts'
import { ALERT_STATES } from '../../src/store/schema.ts'
import { CORRECTIONS } from '../support/corrections.ts'
import { type Edge, test } from '../support/edge.ts'

type State = (typeof ALERT_STATES)[number]

const DISPATCHED = ['sending', 'paused', 'sent', 'stopped', 'expired'] as const
// API.md, Alerts, the table of calls: who, from which states, what it answers, and where it leads.
const TABLE = {
  edit: { who: ['author'], from: ['draft'], status: 200, to: 'draft' },
  delete: { who: ['author'], from: ['draft'], status: 204, to: undefined },
  submit: { who: ['author'], from: ['draft'], status: 200, to: 'submitted' },
  approve: { who: ['approver'], from: ['submitted'], status: 200, to: 'approved' },
  return: { who: ['approver'], from: ['submitted'], status: 200, to: 'draft' },
  reject: { who: ['approver'], from: ['submitted'], status: 200, to: 'rejected' },
  withdraw: {
    who: ['author', 'approver'],
    from: ['submitted', 'approved'],
    status: 200,
    to: 'draft',
  },
  dispatch: { who: ['author', 'approver'], from: ['approved'], status: 202, to: 'sending' },
  pause: { who: ['author', 'approver'], from: ['sending'], status: 202, to: 'paused' },
  resume: { who: ['author', 'approver'], from: ['paused'], status: 202, to: 'sending' },
  stop: { who: ['author', 'approver'], from: ['sending', 'paused'], status: 202, to: 'stopped' },
  retry: { who: ['author', 'approver'], from: ['sent', 'stopped'], status: 202, to: 'sending' },
  update: { who: ['author'], from: DISPATCHED, status: 201, to: 'as it was' },
  cancel: { who: ['author', 'approver'], from: DISPATCHED, status: 202, to: 'no more sending' },
  'all-clear': {
    who: ['author', 'approver'],
    from: DISPATCHED,
    status: 202,
    to: 'no more sending',
  },
} as const satisfies Record<
  string,
  {
    who: readonly Role[]
    from: readonly State[]
    status: number
    to: State | 'as it was' | 'no more sending' | undefined
  }
>
type Call = keyof typeof TABLE
const CALLS = Object.keys(TABLE) as Call[]
const ROLES = ['author', 'approver', 'viewer', 'auditor', 'administrator'] as const

interface Cast {
  readonly writer: Signer
  readonly checker: Signer
  /** One of each role, with no hand in any alert. */
  readonly by: Record<Role, Signer>
}

async function aCast(edge: Edge, db: Database): Promise<Cast> {
  await contactsAt(db, [[-96.5, 30.5]])
  const by = {} as Record<Role, Signer>
  for (const role of ROLES) by[role] = await aSigner(edge, [role])
  return { writer: await aSigner(edge, ['author']), checker: await aSigner(edge, ['approver']), by }
}

/** Leads a new alert into a state by the calls that lead there; the engine's own steps are taken for it. */
async function alertIn(state: State, { writer, checker }: Cast, db: Database): Promise<string> {
  const id = await compose(writer, anAlert({ corrections: CORRECTIONS }))
  if (state === 'draft') return id
  await writer.submit(id)
  if (state === 'submitted') return id
  if (state === 'rejected') {
    await checker.call('POST', `/v1/alerts/${id}/reject`, { json: { reason: 'no' } })
    return id
  }
  await checker.approve(id)
  if (state === 'approved') return id
  const headers = { 'Idempotency-Key': randomUUID() }
  await writer.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
  if (state === 'sending') return id
  if (state === 'paused') await writer.call('POST', `/v1/alerts/${id}/pause`)
  else if (state === 'stopped') await writer.call('POST', `/v1/alerts/${id}/stop`)
  else await db.execute(sql`update alerts set state = ${state} where id = ${id}::uuid`)
  return id
}

async function make(call: Call, caller: Signer, id: string, correct: boolean) {
  const path = `/v1/alerts/${id}`
  switch (call) {
    case 'edit':
      return caller.call('PATCH', path, { json: { note: 'edited' } })
    case 'delete':
      return caller.call('DELETE', path)
    case 'submit':
    case 'approve': {
      if (correct) return caller[call](id)
      return caller.call('POST', `${path}/${call}`, { json: { signature: 'a.b.c' } })
    }
    case 'return':
    case 'reject':
      return caller.call('POST', `${path}/${call}`, { json: { reason: 'because' } })
    case 'dispatch':
      return caller.call('POST', `${path}/${call}`, {
        headers: { 'Idempotency-Key': randomUUID() },
      })
    case 'cancel':
    case 'all-clear': {
      const signature = correct ? await caller.sign(id, 'either', call) : 'a.b.c'
      return caller.call('POST', `${path}/${call}`, { json: { signature } })
    }
    default:
      return caller.call('POST', `${path}/${call}`)
  }
}

const everything = async (db: Database, id: string) => ({
  alert: await db.execute(sql`select * from alerts where id = ${id}::uuid`),
  signatures: await db.execute(sql`select * from signatures where alert_id = ${id}::uuid`),
  history: await db.execute(sql`select * from alert_history where alert_id = ${id}::uuid`),
})

const allowed = (call: Call, state: State, role: Role): boolean => {
  const { who, from }: { who: readonly Role[]; from: readonly State[] } = TABLE[call]
  return who.includes(role) && from.includes(state)
}

test(
  'whoever may not, and whatever may not now, changes nothing',
  { timeout: 120_000 },
  async ({ edge, db }) => {
    const cast = await aCast(edge, db)
    for (const state of ALERT_STATES) {
      const id = await alertIn(state, cast, db)
      const before = await everything(db, id)
      for (const call of CALLS) {
        for (const role of ROLES) {
          if (allowed(call, state, role)) continue
          const mayCall = (TABLE[call].who as readonly Role[]).includes(role)
          const { status, body } = await make(call, cast.by[role], id, false)
          const expected = mayCall ? [409, 'wrong_state'] : [403, 'forbidden']
          expect([state, call, role, status, body.code]).toEqual([state, call, role, ...expected])
        }
      }
      expect(await everything(db, id)).toEqual(before)
    }
  },
)

test(
  'whoever may, when it may, moves the alert where the table says',
  { timeout: 120_000 },
  async ({ edge, db }) => {
    const cast = await aCast(edge, db)
    for (const call of CALLS) {
      for (const state of TABLE[call].from) {
        for (const role of TABLE[call].who) {
          const id = await alertIn(state, cast, db)
          const answer = await make(call, cast.by[role], id, true)
          const after = await cast.writer.call('GET', `/v1/alerts/${id}`)
          const { status, to: leadsTo } = TABLE[call]
          const isGoing = state === 'sending' || state === 'paused'
          const stays = leadsTo === 'as it was' || (leadsTo === 'no more sending' && !isGoing)
          const to = stays ? state : leadsTo === 'no more sending' ? 'stopped' : leadsTo
          expect([call, state, role, answer.status, after.body.state]).toEqual([
            call,
            state,
            role,
            status,
            to,
          ])
          if (status === 202) expect(answer.body).toMatchObject({ state: to, left: 0 })
          if (status === 200) expect(answer.headers.get('ETag')).toBe(`"${answer.body.revision}"`)
          if (to === 'draft' || to === 'rejected') expect(after.body.signatures).toEqual([])
        }
      }
    }
  },
)

test('every call on an alert that is not there is 404, on no id at all 400', async ({ edge }) => {
  const both = await aSigner(edge, ['author', 'approver'])
  for (const call of CALLS) {
    const { status, body } = await make(call, both, randomUUID(), false)
    expect([call, status, body.code]).toEqual([call, 404, 'not_found'])
    expect([call, (await make(call, both, 'not-an-id', false)).status]).toEqual([call, 400])
  }
  for (const path of ['', '/content', '/estimate', '/cancel/content', '/all-clear/content']) {
    expect((await both.call('GET', `/v1/alerts/${randomUUID()}${path}`)).status).toBe(404)
  }
})

test('T6: a live sign-in touches no exercise, nor an exercise sign-in the real thing', async ({
  edge,
  db,
}) => {
  const cast = await aCast(edge, db)
  const driller = await aSigner(edge, ['author', 'approver'], { mode: 'exercise' })
  for (const state of ['draft', 'submitted', 'approved', 'sending'] as const) {
    const id = await alertIn(state, cast, db)
    const before = await everything(db, id)
    for (const call of CALLS) {
      const { status, body } = await make(call, driller, id, false)
      expect([call, status, body.code]).toEqual([call, 403, 'wrong_mode'])
    }
    expect(await everything(db, id)).toEqual(before)
  }
  const refused = await driller.call('POST', '/v1/alerts', { json: anAlert() })
  expect([refused.status, refused.body.code]).toEqual([403, 'wrong_mode'])
  for (const status of ['Exercise', 'Test', 'System']) {
    const drill = anAlert({ status, audience: { roster: randomUUID() } })
    const { body } = await cast.writer.call('POST', '/v1/alerts', { json: drill })
    expect([status, body.code]).toEqual([status, 'wrong_mode'])
  }
})
