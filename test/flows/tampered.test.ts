import { sql, type SQL } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import type { Progress } from '../../src/reports/progress.ts'
import { judge } from '../../src/simulator/judge.ts'
import { generateSigningKey } from '../../src/signing/keys.ts'
import type { Database } from '../../src/store/database.ts'
import {
  approveDraft,
  expectedTexts,
  floodAlert,
  killNow,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 600
const NORTH = { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 }

/** What only somebody with the database in their hands can do: past the triggers that guard it. */
async function tamper(db: Database, change: SQL): Promise<void> {
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(change)
  })
}

const flipped = (column: SQL) => sql`set_byte(${column}, 100, get_byte(${column}, 100) # 1)`

test(
  'an alert that is not stored as it was signed is not sent',
  { timeout: 90_000 },
  async ({ tocsin, db }) => {
    const { author, approver } = tocsin
    const residents = await settle(db, RECIPIENTS)
    const { publicJwk } = await generateSigningKey('Ed25519')
    // Nobody dispatches yet, so each is altered after the dispatch and before anything is done about it.
    const ids: string[] = []
    const send = async (change: (alertId: string) => SQL) => {
      const alertId = await sendDraft(tocsin, floodAlert())
      await tamper(db, change(alertId))
      ids.push(alertId)
    }
    await send(
      id => sql`update alerts set content = ${flipped(sql`content`)} where id = ${id}::uuid`,
    )
    await send(
      id => sql`
      update alerts set content = b, content_digest = encode(sha256(b), 'hex')
      from (select convert_to(replace(convert_from(content, 'UTF8'), 'high ground', 'the old dam'), 'UTF8') as b
        from alerts where id = ${id}::uuid) as changed
      where id = ${id}::uuid`,
    )
    await send(
      id => sql`
      update signatures set jws = overlay(jws placing case right(left(jws, -10), 1) when 'A' then 'B' else 'A' end
        from length(jws) - 10 for 1)
      where alert_id = ${id}::uuid and role = 'approver'`,
    )
    await send(id => sql`delete from signatures where alert_id = ${id}::uuid and role = 'approver'`)
    await send(id => sql`update alerts set delivery = 'at-most-once' where id = ${id}::uuid`)
    await send(id => sql`update alerts set max_recipients = 1000000 where id = ${id}::uuid`)

    const dispatcher = tocsin.startDispatcher()
    onTestFinished(() => killNow(dispatcher))
    const { list } = await tocsin.startCarriers([NORTH])
    for (const alertId of ids) {
      const { progress } = await watchUntil(
        author.client,
        alertId,
        ({ state }) => state === 'stopped',
      )
      expect(progress).toMatchObject({ cancelled: RECIPIENTS, submitted: 0, delivered: 0 })
      expect(progress.alarms.map(({ code }) => code)).toEqual(['integrity_violation'])
      await expect(author.client.post(`/v1/alerts/${alertId}/retry`)).rejects.toMatchObject({
        problem: { code: 'integrity_violation' },
      })
    }
    expect(list.messages).toBe(0)

    // The key itself is another now: the bytes and the signatures are as they were.
    const alertId = await approveDraft(tocsin, floodAlert())
    const original = await db.execute<{ kid: string; jwk: unknown }>(sql`
    select kid, jwk from signing_keys where kid = ${await kidOf(approver.client)}`)
    const put = (jwk: unknown) =>
      tamper(
        db,
        sql`update signing_keys set jwk = ${JSON.stringify(jwk)}::jsonb where kid = ${original[0]!.kid}`,
      )
    await put(publicJwk)
    await expect(approver.client.post(`/v1/alerts/${alertId}/dispatch`)).rejects.toMatchObject({
      problem: { status: 409, code: 'integrity_violation' },
    })
    expect(list.messages).toBe(0)

    // With everything as it was signed, it goes out.
    await put(original[0]!.jwk)
    await approver.client.post(`/v1/alerts/${alertId}/dispatch`)
    await watchUntil(author.client, alertId, ({ delivered }) => delivered === RECIPIENTS)
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
  },
)

test(
  'a dispatcher that takes over an altered alert sends nothing more of it',
  {
    timeout: 90_000,
  },
  async ({ tocsin, db }) => {
    const { author } = tocsin
    const first = tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([{ ...NORTH, name: 'South' }])
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 100, 30_000)
    await killNow(first)
    const sentBefore = list.messages
    await tamper(
      db,
      sql`update alerts set content = ${flipped(sql`content`)} where id = ${alertId}::uuid`,
    )
    tocsin.startDispatcher()
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued }: Progress) => state === 'stopped' && queued === 0,
      60_000,
    )
    expect(progress.alarms.map(({ code }) => code)).toEqual(['integrity_violation'])
    expect(list.messages).toBe(sentBefore)
    expect(progress.cancelled).toBeGreaterThan(0)
  },
)

test(
  'a key that is revoked between approval and dispatch voids its signature',
  {
    timeout: 60_000,
  },
  async ({ tocsin }) => {
    const { author, approver } = tocsin
    const alertId = await approveDraft(tocsin, floodAlert())
    await approver.client.post(`/v1/me/keys/${await kidOf(approver.client)}/revoke`)
    await expect(author.client.post(`/v1/alerts/${alertId}/dispatch`)).rejects.toMatchObject({
      problem: { status: 409, code: 'signature_key_revoked' },
    })
    expect(await author.client.get(`/v1/alerts/${alertId}`)).toMatchObject({ state: 'approved' })
  },
)

async function kidOf(client: { get<T>(path: string): Promise<T> }): Promise<string> {
  const { items } = await client.get<{ items: { kid: string }[] }>('/v1/me/keys')
  return items[0]!.kid
}
