import { parse } from 'csv-parse/sync'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { whyMailStalls } from '../../src/reports/mail-stalls.ts'
import { claimLetters, settleLetters } from '../../src/store/letters.ts'
import { reportLink } from '../../src/store/links.ts'
import { test } from '../support/edge.ts'
import { aMailing, layOut } from '../support/mailing.ts'

test('letters are listed page by page and by state, their addresses in full for those who work with them', async ({
  edge,
  db,
}) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 5 })
  await layOut(db)
  const [first, second] = await claimLetters(db, carrierId, 3)
  const settled = { isAttempt: true, isSuspect: false, afterSeconds: 0 }
  await settleLetters(db, [
    { ...first!, ...settled, state: 'sent', reason: null },
    { ...second!, ...settled, state: 'failed', reason: 'smtp_550 5.1.1' },
  ])
  const author = await edge.caller({ roles: ['author'] })
  const viewer = await edge.caller({ roles: ['viewer'] })
  const path = `/v1/alerts/${alertId}/letters`
  const page = await author.call('GET', `${path}?limit=3`)
  const rest = await author.call('GET', `${path}?limit=3&cursor=${page.body.nextCursor}`)
  const all = [...page.body.items, ...rest.body.items]
  expect(all.map(({ seq, state }: { seq: number; state: string }) => [seq, state])).toEqual([
    [1, 'sent'],
    [2, 'failed'],
    [3, 'queued'],
    [4, 'queued'],
    [5, 'queued'],
  ])
  expect(rest.body.nextCursor).toBeNull()
  const failed = await viewer.call('GET', `${path}?state=failed`)
  expect(failed.body.items).toMatchObject([
    { seq: 2, address: 'p…@people.example', reason: 'smtp_550 5.1.1', attempts: 1, carrierId },
  ])
  expect(all[1].address).toBe('p2@people.example')
  const queued = await viewer.call('GET', `${path}?state=queued,expired`)
  expect(queued.body.items.length).toBe(3)
  const progress = await viewer.call('GET', `/v1/alerts/${alertId}/progress`)
  expect(progress.body.email).toEqual({
    recipients: 5,
    queued: 3,
    sent: 1,
    failed: 1,
    expired: 0,
    cancelled: 0,
    unknown: 0,
    possibleDuplicates: 0,
  })
  // The mail account carries no texts.
  expect(progress.body.byCarrier).toEqual([])
  expect((await viewer.call('GET', `/v1/alerts/${uuid()}/letters`)).status).toBe(404)
})

test('the CSV of the report has each letter in its recipient’s row', async ({ edge, db }) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 4 })
  await layOut(db)
  const claimed = await claimLetters(db, carrierId, 4)
  const letterOf = (seq: number) => claimed.find(letter => letter.seq === seq)!
  const settled = { isAttempt: true, isSuspect: false, afterSeconds: 0 }
  await settleLetters(db, [
    { ...letterOf(1), ...settled, state: 'sent', reason: null, isSuspect: true },
    { ...letterOf(2), ...settled, state: 'failed', reason: 'smtp_550 5.1.1' },
  ])
  // Who shares the mailbox of another has no letter of their own.
  await db.execute(sql`delete from letters where alert_id = ${alertId}::uuid and seq = 3`)
  const read = async (role: 'author' | 'viewer') => {
    const caller = await edge.caller({ roles: [role] })
    const { body } = await caller.call('GET', `/v1/alerts/${alertId}/report`, {
      headers: { Accept: 'text/csv' },
    })
    const rows: Record<string, string>[] = parse(body as string, { columns: true })
    return rows.map(row => [
      row['seq'],
      row['letterAddress'],
      row['letterState'],
      row['letterReason'],
      row['letterPossibleDuplicate'],
      row['letterSettledAt'] === '' ? '' : 'then',
    ])
  }
  expect(await read('author')).toEqual([
    ['1', 'p1@people.example', 'sent', '', 'true', 'then'],
    ['2', 'p2@people.example', 'failed', 'smtp_550 5.1.1', 'false', 'then'],
    ['3', '', '', '', '', ''],
    ['4', 'p4@people.example', 'queued', '', 'false', ''],
  ])
  expect((await read('viewer'))[1]).toEqual([
    '2',
    'p…@people.example',
    'failed',
    'smtp_550 5.1.1',
    'false',
    'then',
  ])
})

test('letters that are due and do not leave are an alarm, which says why and is over by itself', async ({
  edge,
  db,
}) => {
  const { alertId, carrierId } = await aMailing(db, { recipients: 2, priority: 0 })
  await layOut(db)
  const viewer = await edge.caller({ roles: ['viewer'] })
  const alarms = async () => {
    const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/progress`)
    const all: { code: string; detail: string }[] = body.alarms
    return all.filter(({ code }) => code === 'mail_stalled')
  }
  expect(await alarms()).toEqual([])
  await db.execute(sql`
    update mailings set moved_at = now() - interval '61 s' where alert_id = ${alertId}::uuid
  `)
  // What the server asked us to try later is not late.
  await db.execute(sql`
    update letters set due_at = now() + interval '9 min' where alert_id = ${alertId}::uuid
  `)
  expect(await alarms()).toEqual([])
  await db.execute(sql`
    update letters set due_at = now() - interval '61 s' where alert_id = ${alertId}::uuid
  `)
  await reportLink(db, {
    carrierId,
    dispatcherId: uuid(),
    state: 'unbound',
    perSecond: 0,
    inFlight: 0,
    lastError: 'smtp_535 5.7.8',
  })
  expect(await alarms()).toMatchObject([
    { detail: expect.stringMatching(/no connection is up to .*Post.*: smtp_535 5\.7\.8$/) },
  ])
  const [one] = (await claimLetters(db, carrierId, 2)).filter(letter => letter.alertId === alertId)
  await settleLetters(db, [
    {
      ...one!,
      state: 'sent',
      reason: null,
      isAttempt: true,
      isSuspect: false,
      afterSeconds: 0,
    },
  ])
  expect(await alarms()).toEqual([])
})

test('an alarm names what is to be looked at first', () => {
  const link = { carrierId: 'a', dispatcherId: 'd', lastError: null, figures: null } as const
  const accounts = [{ id: 'a', name: 'Post' }]
  expect(whyMailStalls([], [{ ...link, state: 'bound' }])).toMatch(/no mail account is enabled/)
  expect(whyMailStalls(accounts, [])).toMatch(/no connection is up to Post$/)
  expect(whyMailStalls(accounts, [{ ...link, state: 'throttled' }])).toMatch(/takes none/)
})
