import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { verifyChain } from '../../src/signing/hash-chain.ts'
import { readAuditChain, recordAudit } from '../../src/store/audit.ts'
import { transact } from '../../src/store/database.ts'
import { test } from '../support/edge.ts'

test('every act stands in the trail, newest first, and the trail holds', async ({ edge, db }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const auditor = await edge.caller({ roles: ['auditor'] })
  await administrator.call('PATCH', '/v1/organisation', {
    json: { policy: { secondPerson: 'all' } },
  })

  const { body } = await auditor.call('GET', '/v1/audit?limit=1')
  expect(body.items[0]).toMatchObject({
    operatorId: administrator.id,
    action: 'organisation.changed',
    detail: { policy: { before: { secondPerson: 'actual' }, after: { secondPerson: 'all' } } },
  })
  const next = await auditor.call('GET', `/v1/audit?limit=1&cursor=${body.nextCursor}`)
  expect(next.body.items[0].hash).toBe(body.items[0].previousHash)
  expect(next.body.items[0].seq).toBe(body.items[0].seq - 1)
  expect(await verifyChain(readAuditChain(db))).toMatchObject({
    intact: true,
    entries: body.items[0].seq,
  })
})

test('entries written at once form one chain', async ({ db }) => {
  const subject = 'race'
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      transact(db, tx =>
        recordAudit(tx, { operatorId: null, action: 'test', subject, detail: { n } }),
      ),
    ),
  )
  expect((await verifyChain(readAuditChain(db))).intact).toBe(true)
  const rows = await db.execute(sql`select count(*)::int as n from audit where subject = 'race'`)
  expect(rows[0]).toEqual({ n: 20 })
})

test('an act that is rolled back leaves no entry', async ({ db }) => {
  const failing = transact(db, async tx => {
    await recordAudit(tx, { operatorId: null, action: 'test', subject: 'rolled back' })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await db.execute(sql`select 1 from audit where subject = 'rolled back'`)).toHaveLength(0)
})

test('the database refuses to edit or drop an entry', async ({ db }) => {
  for (const statement of [
    sql`update audit set action = 'other'`,
    sql`delete from audit`,
    sql`truncate audit`,
  ]) {
    await expect(db.execute(statement)).rejects.toMatchObject({ code: '42501' })
  }
})

test('an entry that a superuser edited is found by its number', async ({ db }) => {
  await db.execute(sql`alter table audit disable trigger audit_append_only`)
  await db.execute(sql`update audit set detail = '{"n": 99}' where seq = 3`)
  expect(await verifyChain(readAuditChain(db))).toMatchObject({ intact: false, seq: 3 })
})

test('the trail is read by who did it, to what, and what it was', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const other = await edge.caller({ roles: ['administrator'] })
  const made = async (by: typeof administrator, name: string) => {
    const { body } = await by.call('POST', '/v1/groups', { json: { name } })
    return body.id as string
  }
  const mine = await made(administrator, 'Audit, mine')
  const theirs = await made(other, 'Audit, theirs')
  const subjects = async (query: string) => {
    const { body } = await administrator.call('GET', `/v1/audit?${query}`)
    return (body.items as { subject: string }[]).map(({ subject }) => subject)
  }

  expect(await subjects(`operator=${other.id}&action=group`)).toEqual([theirs])
  expect(await subjects(`subject=${mine}`)).toEqual([mine])
  expect(await subjects('action=group.created&limit=2')).toEqual([theirs, mine])
  // A word is a whole one.
  expect(await subjects('action=grou')).toEqual([])
  const refused = await administrator.call('GET', '/v1/audit?action=group.%25')
  expect(refused.status).toBe(400)
})
