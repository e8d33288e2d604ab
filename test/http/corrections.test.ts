import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { correctionContent } from '../../src/cap/correction.ts'
import { readContent } from '../../src/cap/content.ts'
import { signAlert } from '../../src/signing/jws.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import {
  aDrill,
  aListedGroup,
  aSigner,
  compose,
  contactsAt,
  contentBytes,
  square,
} from '../alerts/people.ts'
import {
  aFlood,
  correct,
  CORRECTIONS,
  dispatched,
  end,
  handOver,
  onDuty,
  phonesOf,
  planAll,
} from '../support/corrections.ts'
import { type Answer, type Edge, test } from '../support/edge.ts'

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]

/** Two people in the valley, of whom the alert has reached one. */
async function halfSent(database: OpenDatabase, edge: Edge, changes: object = {}) {
  const { db } = database
  await contactsAt(db, [
    [-96.5, 30.5],
    [-96.4, 30.5, 'es-US'],
  ])
  const duty = await onDuty(edge)
  const id = await dispatched(duty, aFlood(changes))
  await planAll(database)
  const phones = await phonesOf(db, id)
  await handOver(db, id, phones.slice(0, 1))
  return { ...duty, id, phones }
}

test(
  'everyone is given the same octets to sign, and reading them changes nothing',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { id, author, approver } = await halfSent(database, edge)
    const before = await author.call('GET', `/v1/alerts/${id}`)
    const bytes = await contentBytes(edge, author, id, 'cancel')
    edge.pass(60)
    const viewer = await edge.caller({ roles: ['viewer'] })
    for (const who of [author, approver, viewer]) {
      expect(await contentBytes(edge, who, id, 'cancel')).toEqual(bytes)
    }
    expect(canonicalBytes(readContent(bytes))).toEqual(bytes)
    expect((await author.call('GET', `/v1/alerts/${id}`)).body).toEqual(before.body)
    const stored = new Uint8Array(
      (
        await database.db.execute<{ content: Uint8Array }>(
          sql`select content from alerts where id = ${id}::uuid`,
        )
      )[0]!.content,
    )
    const { contentDigest } = before.body
    expect(bytes).toEqual(
      canonicalBytes(correctionContent(readContent(stored), contentDigest, 'cancel')!),
    )
  },
)

test(
  'one person cancels: the rest is stopped, and the retraction is an alert of its own',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    for (const role of ['author', 'approver'] as const) {
      const duty = await halfSent(database, edge)
      const { id } = duty
      const who = duty[role]
      const { status, body, headers } = await correct(who, id, 'cancel', role)
      expect([status, body.state, body.left]).toEqual([202, 'stopped', 1])
      expect(headers.get('Location')).toBe(`/v1/alerts/${body.correctionId}`)

      const { body: cancel } = await who.call('GET', `/v1/alerts/${body.correctionId}`)
      expect(cancel).toMatchObject({
        state: 'sending',
        msgType: 'Cancel',
        references: [id],
        recipients: 1,
        createdBy: who.id,
        signatures: [{ role, operatorId: who.id, kid: who.kid }],
      })
      expect(cancel.info.map((block: { sms: string }) => block.sms)).toEqual(
        CORRECTIONS.cancel.map(({ sms }) => sms),
      )
      expect(cancel.history).toMatchObject([
        { action: 'dispatched', operatorId: who.id, from: null, to: 'sending' },
      ])
      const { body: alert } = await who.call('GET', `/v1/alerts/${id}`)
      expect(alert.correctedBy).toMatchObject([{ id: cancel.id, kind: 'cancel', state: 'sending' }])
      expect(alert.history.at(-1)).toMatchObject({
        action: 'cancelled',
        operatorId: who.id,
        from: 'sending',
        to: 'stopped',
        detail: cancel.id,
      })
      const [row] = await db.execute(sql`
      select priority, emergency, plan_state, extract(epoch from expires - dispatched_at)::int as lasts from alerts where id = ${cancel.id}::uuid`)
      expect(row).toEqual({ priority: 0, emergency: true, plan_state: 'pending', lasts: 86_400 })
      const entries = await db.execute(sql`
      select action from audit where subject in (${id}, ${cancel.id as string}) order by seq desc limit 2`)
      expect(entries).toEqual([{ action: 'alert.dispatched' }, { action: 'alert.cancelled' }])
      // Nobody gets the alert after its retraction.
      expect(said(await who.call('POST', `/v1/alerts/${id}/retry`))).toEqual([409, 'wrong_state'])
      expect(said(await who.call('POST', `/v1/alerts/${id}/resume`))).toEqual([409, 'wrong_state'])
      await planAll(database)
    }
  },
)

test(
  'its CAP names the alert with sender, identifier and the time when it was sent',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { id, author } = await halfSent(database, edge)
    const { body } = await correct(author, id, 'all-clear')
    const xmlOf = async (alertId: string) =>
      (await author.call('GET', `/v1/alerts/${alertId}/cap`)).body as string
    const [original, allClear] = [await xmlOf(id), await xmlOf(body.correctionId)]
    const member = (xml: string, name: string) =>
      new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1]
    expect(member(allClear, 'references')).toBe(
      ['sender', 'identifier', 'sent'].map(name => member(original, name)).join(),
    )
    expect(member(allClear, 'msgType')).toBe('Update')
    expect(member(allClear, 'responseType')).toBe('AllClear')
    expect(allClear).toContain('ALL CLEAR. The flood is over.')
  },
)

test(
  'an alert is cancelled once, and after that has no all-clear',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { id, author, approver } = await halfSent(database, edge)
    // Two click at once.
    const both = await Promise.all([
      correct(author, id),
      correct(approver, id, 'cancel', 'approver'),
    ])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409])
    expect(said(await correct(author, id, 'all-clear'))).toEqual([409, 'wrong_state'])
    expect(said(await author.call('POST', `/v1/alerts/${id}/update`))).toEqual([409, 'wrong_state'])
  },
)

test(
  'an alert that is over may still turn out to have been sent in error',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { id, author } = await halfSent(database, edge)
    await handOver(database.db, id, await phonesOf(database.db, id))
    await end(database.db, id)
    expect(said(await correct(author, id, 'all-clear'))).toEqual([202, 'sent'])
    expect(said(await correct(author, id, 'all-clear'))).toEqual([409, 'wrong_state'])
    edge.pass(1)
    expect(said(await correct(author, id, 'cancel'))).toEqual([202, 'sent'])
    const { body } = await author.call('GET', `/v1/alerts/${id}`)
    expect(body.correctedBy.map((one: { kind: string }) => one.kind)).toEqual([
      'allClear',
      'cancel',
    ])
  },
)

test(
  'what was not prepared can not be sent in one step',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { cancel } = CORRECTIONS
    const { id, author } = await halfSent(database, edge, { corrections: { cancel } })
    const path = `/v1/alerts/${id}/all-clear`
    expect(said(await author.call('GET', `${path}/content`))).toEqual([
      422,
      'no_correction_prepared',
    ])
    const signature = await signAlert(new Uint8Array([1]), author.key, {
      role: 'author',
      form: 'detached',
    })
    expect(said(await author.call('POST', path, { json: { signature } }))).toEqual([
      422,
      'no_correction_prepared',
    ])
    expect((await author.call('GET', `/v1/alerts/${id}`)).body.state).toBe('sending')
  },
)

test(
  'only who may act on the alert corrects it, with a key that stands',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const { id, author, approver } = await halfSent(database, edge)
    const elsewhere = await aSigner(edge, ['author'], {
      jurisdiction: { geometry: square(10, 10) },
    })
    const small = await aSigner(edge, ['author'], { limits: { severities: ['Minor'] } })
    const viewer = await aSigner(edge, ['viewer'])
    const drilling = await aSigner(edge, ['author'], { mode: 'exercise' })
    expect(said(await correct(elsewhere, id))).toEqual([403, 'outside_jurisdiction'])
    expect(said(await correct(small, id))).toEqual([403, 'over_limits'])
    expect(said(await correct(viewer, id))).toEqual([403, 'forbidden'])
    expect(said(await correct(drilling, id))).toEqual([403, 'wrong_mode'])
    // Another's role, other octets, and a key that was revoked.
    expect(said(await correct(approver, id, 'cancel', 'author'))).toEqual([
      422,
      'invalid_signature',
    ])
    const signature = await author.sign(id, 'author')
    const cancel = `/v1/alerts/${id}/cancel`
    expect(said(await author.call('POST', cancel, { json: { signature } }))).toEqual([
      422,
      'invalid_signature',
    ])
    edge.pass(1)
    await author.call('POST', `/v1/me/keys/${author.kid}/revoke`)
    expect(said(await correct(author, id))).toEqual([403, 'forbidden'])
    const rows = await db.execute(
      sql`select from alerts where "references" @> ${`{${id}}`}::uuid[]`,
    )
    expect(rows).toHaveLength(0)
    // The key that signed the alert was revoked after it had been sent: others still take it back.
    expect((await correct(approver, id, 'cancel', 'approver')).status).toBe(202)
  },
)

test('what was never sent has nothing to correct', { timeout: 60_000 }, async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const { author, approver } = await onDuty(edge)
  const id = await compose(author, aFlood())
  const contentOf = () => author.call('GET', `/v1/alerts/${id}/cancel/content`)
  expect(said(await contentOf())).toEqual([409, 'wrong_state'])
  await author.submit(id)
  await approver.approve(id)
  expect(said(await contentOf())).toEqual([409, 'wrong_state'])
  for (const step of ['cancel', 'all-clear']) {
    const json = { signature: 'x.y.z' }
    const answer = await author.call('POST', `/v1/alerts/${id}/${step}`, { json })
    expect(said(answer)).toEqual([409, 'wrong_state'])
  }
  expect(said(await author.call('POST', `/v1/alerts/${id}/update`))).toEqual([409, 'wrong_state'])
  const nobody = randomUUID()
  expect(said(await author.call('GET', `/v1/alerts/${nobody}/cancel/content`))).toEqual([
    404,
    'not_found',
  ])
})

test(
  'a repeat with the same Idempotency-Key is the same cancellation',
  { timeout: 60_000 },
  async ({ edge, database }) => {
    const { id, author } = await halfSent(database, edge)
    const signature = await signAlert(await contentBytes(edge, author, id, 'cancel'), author.key, {
      role: 'author',
      form: 'attached',
    })
    const headers = { 'Idempotency-Key': randomUUID() }
    const cancel = () =>
      author.call('POST', `/v1/alerts/${id}/cancel`, { json: { signature }, headers })
    const first = await cancel()
    expect(first.status).toBe(202)
    expect((await cancel()).body).toEqual(first.body)
  },
)

test(
  'a drill is corrected by those who are signed in for drills, with the drill word',
  { timeout: 60_000 },
  async ({ edge, database, db }) => {
    const contacts = await contactsAt(db, [[-96.5, 30.5]])
    const roster = await aListedGroup(db, contacts)
    const duty = await onDuty(edge, { mode: 'exercise' })
    const id = await dispatched(duty, aDrill(roster, { corrections: CORRECTIONS }))
    await planAll(database)
    await handOver(db, id, await phonesOf(db, id))
    const { body } = await correct(duty.author, id)
    expect(body.left).toBe(1)
    const { body: cancel } = await duty.author.call('GET', `/v1/alerts/${body.correctionId}`)
    expect(cancel).toMatchObject({ status: 'Exercise', mode: 'exercise' })
    expect(cancel.info[0].sms).toBe('EXERCISE: SENT IN ERROR. There is no flood.')
  },
)
