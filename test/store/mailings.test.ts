import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { transact, type Database } from '../../src/store/database.ts'
import { endOfAlert, finishStopped, unfinishedAlerts } from '../../src/store/finish.ts'
import {
  claimLetters,
  renewLetters,
  settleLetters,
  type ClaimedLetter,
  type SettledLetter,
} from '../../src/store/letters.ts'
import { endLetters, openMailing, requeueLetters } from '../../src/store/mailings.ts'
import { readWatchedAlerts } from '../../src/store/watching.ts'
import { test as databaseTest } from '../support/database.ts'
import { aMailing, layOut } from '../support/mailing.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

/** Without the mailings of other tests. */
const test = databaseTest.extend<{ mail: Database }>({
  mail: async ({ db }, use) => {
    await db.execute(sql`truncate mailings, letters, ranges, blocks, opt_outs`)
    await db.execute(sql`update alerts set state = 'stopped' where state = 'sending'`)
    await use(db)
  },
})

const lettersOf = (db: Database, alertId: string) =>
  db.execute<{
    seq: number
    address: string
    phone: string
    state: string
    reason: string | null
    possible_duplicate: boolean
  }>(sql`
    select seq, address, phone, state, reason, possible_duplicate from letters
    where alert_id = ${alertId}::uuid order by seq
  `)

/** The counters, which must be what a recount of the rows says. */
async function counted(db: Database, alertId: string) {
  const [watched] = await readWatchedAlerts(db, [alertId])
  const counters = watched!.mailing!
  const rows = await lettersOf(db, alertId)
  const of = (state: string) => rows.filter(row => row.state === state).length
  expect(counters).toEqual({
    letters: rows.length,
    sent: of('sent'),
    failed: of('failed'),
    expired: of('expired'),
    cancelled: of('cancelled'),
    unknown: of('unknown'),
    possibleDuplicates: rows.filter(row => row.possible_duplicate).length,
  })
  return counters
}

const ended = (
  { alertId, seq, fence }: ClaimedLetter,
  end: Partial<SettledLetter> = {},
): SettledLetter => ({
  alertId,
  seq,
  fence,
  state: 'sent',
  reason: null,
  isAttempt: true,
  isSuspect: false,
  afterSeconds: 0,
  ...end,
})

/** As if the dispatcher that holds them had been silent for long. */
const lapse = (db: Database, alertId: string) =>
  db.execute(sql`
    update letters set due_at = now() - interval '1 s'
    where alert_id = ${alertId}::uuid and state = 'leased'
  `)

const stop = (db: Database, alertId: string) =>
  db.execute(sql`update alerts set state = 'stopped' where id = ${alertId}::uuid`)

const endAll = async (db: Database, alertId: string) => {
  while (await transact(db, tx => endLetters(tx, alertId)));
}

test('every recipient with an address has a letter, nobody else, and a shared mailbox gets a text once', async ({
  mail: db,
}) => {
  const addresses = [null, 'a@people.example', 'home@people.example', null, 'home@people.example']
  const { alertId } = await aMailing(
    db,
    { recipients: 5, rangeSize: 2 },
    seq => addresses[seq - 1] ?? null,
  )
  // Somebody else's contact, with an address, whom the alert isn't for.
  await db.execute(sql`
    insert into contacts (id, phone, email)
    values (gen_random_uuid(), '+15559999999', 'outside@people.example')
  `)
  await layOut(db)
  expect(await lettersOf(db, alertId)).toMatchObject([
    { seq: 2, address: 'a@people.example', phone: '+15550000002', state: 'waiting' },
    { seq: 3, address: 'home@people.example', phone: '+15550000003', state: 'waiting' },
  ])
  expect(await counted(db, alertId)).toMatchObject({ letters: 2 })
})

test('letters follow the planner block by block, and are whole only when it is done', async ({
  mail: db,
}) => {
  const { alertId } = await aMailing(db, { recipients: 4, rangeSize: 2 })
  const planned = (upTo: number, state: string) =>
    db.execute(sql`
      update alerts set planned = ${upTo}, plan_state = ${state} where id = ${alertId}::uuid
    `)
  await db.execute(sql`create temp table later as select * from blocks where block_no = 3`)
  await db.execute(sql`delete from blocks where block_no = 3`)
  await planned(2, 'running')
  await layOut(db)
  const isWhole = async () => {
    const [row] = await db.execute<{ whole: boolean }>(
      sql`select whole from mailings where alert_id = ${alertId}::uuid`,
    )
    return row!.whole
  }
  expect((await lettersOf(db, alertId)).length).toBe(2)
  expect(await isWhole()).toBe(false)
  await db.execute(sql`insert into blocks select * from later`)
  await planned(4, 'done')
  await layOut(db)
  expect((await lettersOf(db, alertId)).length).toBe(4)
  expect(await isWhole()).toBe(true)
})

test('two dispatchers lay out each block once', async ({ mail: db }) => {
  const { alertId } = await aMailing(db, { recipients: 60, rangeSize: 2 })
  await Promise.all([layOut(db), layOut(db), layOut(db)])
  await layOut(db)
  expect(await counted(db, alertId)).toMatchObject({ letters: 60 })
})

test('without a mail account that takes letters there is no mailing', async ({ mail: db }) => {
  const { alertId } = await insertSendingAlert(db)
  await db.execute(sql`update carriers set enabled = false where protocol = 'smtp'`)
  await transact(db, tx => openMailing(tx, alertId))
  await insertCarrier(db, `North ${alertId}`)
  await transact(db, tx => openMailing(tx, alertId))
  expect((await readWatchedAlerts(db, [alertId]))[0]?.mailing).toBeNull()
})

test('two lanes never share a letter, and equal alerts take turns', async ({ mail: db }) => {
  const first = await aMailing(db, { recipients: 8 })
  await layOut(db)
  const second = await aMailing(db, { recipients: 8 })
  await layOut(db)
  const claims = await Promise.all([
    claimLetters(db, first.carrierId, 4),
    claimLetters(db, second.carrierId, 4),
  ])
  const all = claims.flat()
  expect(new Set(all.map(({ alertId, seq }) => `${alertId} ${seq}`)).size).toBe(8)
  const urgent = await aMailing(db, { recipients: 2, priority: 0 })
  await layOut(db)
  const next = await claimLetters(db, first.carrierId, 4)
  expect(next.filter(({ alertId }) => alertId === urgent.alertId).length).toBe(2)
  for (const { alertId } of [first, second]) {
    expect(next.filter(one => one.alertId === alertId).length).toBe(1)
  }
})

test('nothing is claimed of an alert that is paused, held, stopped or past its time', async ({
  mail: db,
}) => {
  const { alertId, carrierId } = await aMailing(db, { priority: 0 })
  await layOut(db)
  const claimed = async (change: ReturnType<typeof sql>) => {
    return transact(db, async tx => {
      await tx.execute(change)
      const mine = (await claimLetters(tx, carrierId, 50)).filter(one => one.alertId === alertId)
      await tx.execute(sql`
        update letters set state = 'waiting' where alert_id = ${alertId}::uuid and state = 'leased'
      `)
      return mine.length
    })
  }
  const alert = (set: string) => sql`update alerts set ${sql.raw(set)} where id = ${alertId}::uuid`
  expect(await claimed(alert(`state = 'paused'`))).toBe(0)
  expect(await claimed(alert(`state = 'sending', hold_until = now() + interval '1 min'`))).toBe(0)
  expect(await claimed(alert(`hold_until = null`))).toBe(10)
  expect(await claimed(alert(`state = 'stopped'`))).toBe(0)
  await db.execute(alert(`state = 'sending'`))
  await db.execute(sql`update letters set expires = now() where alert_id = ${alertId}::uuid`)
  expect(await claimed(alert(`state = 'sending'`))).toBe(0)
})

test('who opts out by phone after the dispatch is told so at the claim', async ({ mail: db }) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 3, priority: 0 })
  await layOut(db)
  await db.execute(sql`
    insert into opt_outs (phone, scope, source, at)
    values ('+15550000002', 'all', 'STOP', now() + interval '1 s')
    on conflict do nothing
  `)
  const claimed = (await claimLetters(db, carrierId, 3)).filter(one => one.alertId === alertId)
  expect(claimed.filter(one => one.isOptedOut).map(({ seq }) => seq)).toEqual([2])
  await db.execute(sql`delete from opt_outs`)
})

test('of a dispatcher that died a letter goes again and is marked, once', async ({ mail: db }) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 3, priority: 0 })
  await layOut(db)
  const dead = (await claimLetters(db, carrierId, 2)).filter(one => one.alertId === alertId)
  expect(await renewLetters(db, dead)).toHaveLength(2)
  await lapse(db, alertId)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ possibleDuplicates: 2, sent: 0 })
  const again = await claimLetters(db, carrierId, 3)
  // It wakes, and what it has to say is not heard: its letters are another's.
  expect(await renewLetters(db, dead)).toEqual([])
  await settleLetters(
    db,
    dead.map(one => ended(one, { state: 'failed' })),
  )
  expect(await counted(db, alertId)).toMatchObject({ failed: 0 })
  await lapse(db, alertId)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ possibleDuplicates: 3 })
  await settleLetters(
    db,
    again.map(one => ended(one)),
  )
  const last = await claimLetters(db, carrierId, 3)
  await settleLetters(
    db,
    last.map(one => ended(one)),
  )
  expect(await counted(db, alertId)).toMatchObject({ sent: 3, possibleDuplicates: 3 })
})

test('at most once: what a dead dispatcher had in hand is not sent again', async ({ mail: db }) => {
  const { alertId, carrierId } = await aMailing(db, {
    recipients: 2,
    priority: 0,
    delivery: 'at-most-once',
  })
  await layOut(db)
  await claimLetters(db, carrierId, 1)
  await lapse(db, alertId)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ unknown: 1, possibleDuplicates: 0 })
})

test('a stop cancels what waits, and leaves what is in flight to its end', async ({ mail: db }) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 4, priority: 0 })
  await layOut(db)
  const [flying, lost] = await claimLetters(db, carrierId, 2)
  await stop(db, alertId)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ cancelled: 2, sent: 0 })
  expect(await unfinishedAlerts(db)).toContain(alertId)
  await settleLetters(db, [ended(flying!)])
  expect(lost).toBeDefined()
  await lapse(db, alertId)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ sent: 1, cancelled: 2, unknown: 1 })
  const finish = () => transact(db, tx => finishStopped(tx, alertId, new Date()))
  expect(await finish()).toBe(false)
  await db.execute(sql`update ranges set state = 'done' where alert_id = ${alertId}::uuid`)
  expect(await finish()).toBe(true)
  expect(await unfinishedAlerts(db)).not.toContain(alertId)
})

test('what its time has passed expires, and the alert ends when nothing of it can leave any more', async ({
  mail: db,
}) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 3, priority: 0 })
  await db.execute(sql`update ranges set state = 'done' where alert_id = ${alertId}::uuid`)
  const end = () => transact(db, tx => endOfAlert(tx, alertId))
  expect(await end()).toBeUndefined()
  await layOut(db)
  const [first, second] = await claimLetters(db, carrierId, 2)
  await settleLetters(db, [ended(first!)])
  await db.execute(sql`
    update letters set expires = now() where alert_id = ${alertId}::uuid and state = 'waiting'
  `)
  await endAll(db, alertId)
  expect(await counted(db, alertId)).toMatchObject({ sent: 1, expired: 1 })
  expect(await end()).toBeUndefined()
  await settleLetters(db, [ended(second!, { state: 'failed', reason: 'smtp_550 5.1.1' })])
  expect(await end()).toBe('sent')
})

test('a retry sends again what failed and what was cancelled, and nothing else', async ({
  mail: db,
}) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 4, priority: 0 })
  await layOut(db)
  const claimed = await claimLetters(db, carrierId, 3)
  await settleLetters(db, [
    ended(claimed[0]!),
    ended(claimed[1]!, { state: 'failed', reason: 'smtp_550' }),
    ended(claimed[2]!, { state: 'unknown', reason: 'link_lost' }),
  ])
  await stop(db, alertId)
  await endAll(db, alertId)
  expect(await transact(db, tx => requeueLetters(tx, alertId))).toBe(2)
  expect(await counted(db, alertId)).toMatchObject({ sent: 1, unknown: 1, failed: 0, cancelled: 0 })
})
