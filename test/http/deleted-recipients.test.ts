import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { startHousekeeping } from '../../src/http/housekeeping.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openReceiptBook } from '../../src/inbound/receipts.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { deliveriesCsv } from '../../src/reports/deliveries.ts'
import { deleteRecipients } from '../../src/reports/delete-recipients.ts'
import { checkEvidence } from '../../src/reports/evidence-check.ts'
import { countEndedAlerts } from '../../src/reports/ended-alerts.ts'
import { openEvidence } from '../../src/signing/evidence.ts'
import { makeRecipientToken, recipientTokenKey } from '../../src/signing/recipient-token.ts'
import { changeLocked } from '../../src/store/blocks.ts'
import {
  openDatabase,
  transact,
  type Database,
  type OpenDatabase,
} from '../../src/store/database.ts'
import { purgeFailures } from '../../src/store/ended-alerts.ts'
import { claimLetters, settleLetters } from '../../src/store/letters.ts'
import { readOrganisation, updateOrganisation } from '../../src/store/organisation.ts'
import { NO_CARRIER } from '../../src/store/progress.ts'
import { purgeReplies } from '../../src/store/retention.ts'
import { contactsAt } from '../alerts/people.ts'
import { capXml, type Change } from '../cap/messages.ts'
import { wasGiven } from '../support/blocks.ts'
import {
  aFlood,
  dispatch,
  dispatched,
  end,
  handOver,
  onDuty,
  phonesOf,
  planAll,
} from '../support/corrections.ts'
import { type Caller, type Edge, test } from '../support/edge.ts'
import { layOut } from '../support/mailing.ts'
import { inboundOf, say } from '../support/replies.ts'
import { aCarrier, aSentAlert } from '../support/sent-alert.ts'
import { tablesWith, type Traced } from '../support/traces.ts'

const SLOW = { timeout: 60_000 }
const DAY_MS = 86_400_000
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY_MS)
const never = new AbortController().signal

/** What housekeeping does so many days from now, with retention as it comes: 90 days. */
async function keepHouse(db: Database, days: number): Promise<number> {
  await countEndedAlerts(db, daysFromNow(days))
  await purgeReplies(db, daysFromNow(days - 90))
  await purgeFailures(db, daysFromNow(days - 90))
  return deleteRecipients(db, daysFromNow(days - 90), daysFromNow(days), never)
}

/** A flood that has ended: somebody had it and answered by link, one said STOP, one's phone is gone, one has a mailbox. */
async function anEndedFlood(edge: Edge, database: OpenDatabase) {
  const { db } = database
  const { policy } = await readOrganisation(db)
  await updateOrganisation(db, { policy: { ...policy, linkUrl: 'https://alert.example' } })
  await db.execute(sql`delete from contacts`)
  await contactsAt(db, [
    [-96.5, 30.1],
    [-96.5, 30.2],
    [-96.5, 30.3],
    [-96.5, 30.4],
  ])
  await db.execute(sql`update contacts set email = 'p' || substr(phone, 2) || '@people.example'`)
  const post = await aCarrier(db)
  await db.execute(sql`update carriers set protocol = 'smtp' where id = ${post}::uuid`)
  const duty = await onDuty(edge)
  const [block] = aFlood().info
  const id = await dispatched(duty, aFlood({ info: [{ ...block, sms: 'FLOOD. {link}' }] }))
  await planAll(database)
  const phones = await phonesOf(db, id)
  const carrierId = await aCarrier(db)
  const [safe = '', weary = ''] = phones
  await handOver(db, id, phones.slice(0, 3), carrierId)
  await transact(db, tx =>
    changeLocked(tx, id, [1], one => one.ended(3, 'failed', 'UNDELIV 001', carrierId)),
  )
  const messageIds = phones.slice(0, 3).map(() => randomUUID().replaceAll('-', ''))
  await wasGiven(
    db,
    id,
    carrierId,
    messageIds.map((messageId, i) => ({ seq: i + 1, ids: [messageId] })),
  )
  const receipts = openReceiptBook(db, new MessageIds(db, carrierId))
  await receipts.record([{ messageId: messageIds[0]!, state: 'delivered', reason: 'DELIVRD' }])
  await layOut(db)
  const claimed = await claimLetters(db, post, 10)
  expect(claimed).toHaveLength(4)
  const taken = {
    state: 'sent',
    reason: null,
    isAttempt: true,
    isSuspect: false,
    afterSeconds: 0,
  } as const
  await settleLetters(
    db,
    claimed.map(letter => ({ ...letter, ...taken })),
  )
  const [row] = await db.execute<{ no: number }>(
    sql`select link_no as no from alerts where id = ${id}::uuid`,
  )
  const key = recipientTokenKey(edge.masterKey)
  const link = `/a/${makeRecipientToken(key, { alertNo: row!.no, alertId: id, seq: 1 })}`
  const said = await edge.call('POST', link, {
    text: 'code=1&note=&where=',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  expect(said.status).toBe(303)
  await recordReplies(db, carrierId, [say(weary, 'STOP')])
  await end(db, id)
  const contacts = await db.execute<{ id: string; phone: string; email: string }>(
    sql`select id, phone, email from contacts`,
  )
  const people = phones.map((phone, i): Traced => {
    const contact = contacts.find(one => one.phone === phone)!
    const messageId = messageIds[i]
    return { phone, contactId: contact.id, address: contact.email, ...(messageId && { messageId }) }
  })
  return { id, duty, carrierId, receipts, messageIds, link, people, safe, weary }
}

const A_MONTH_AGO = daysFromNow(-30).toISOString()
const TOMORROW = daysFromNow(1).toISOString()

/** All figures that anybody can read of an alert. */
async function figuresOf({ call }: Caller, id: string) {
  const read = async (path: string) => (await call('GET', path)).body
  const { updatedAt: _at, ...tally } = await read(`/v1/alerts/${id}/tally`)
  const report = await read(`/v1/alerts/${id}/report`)
  const { tally: _tally, madeAt: _madeAt, timeline, alert, ...counted } = report
  const { recipientsDeletedAt: _deleted, history, ...kept } = alert
  return {
    progress: await read(`/v1/alerts/${id}/progress`),
    tally,
    counted,
    kept,
    history: history.filter((one: { action: string }) => one.action !== 'recipientsDeleted'),
    timeline: timeline.filter((one: { event: string }) => one.event !== 'recipientsDeleted'),
    statistics: await read(`/v1/statistics?since=${A_MONTH_AGO}&until=${TOMORROW}`),
    content: await read(`/v1/alerts/${id}/content`),
  }
}

test(
  'ninety days after its end an alert says no more whom it went to, and every figure is as it was',
  SLOW,
  async ({ edge, database, db }) => {
    const sent = await anEndedFlood(edge, database)
    const { id, people, safe, weary } = sent
    const consentsOf = () => db.execute(sql`select * from consents order by id`)
    const contactsOf = () => db.execute(sql`select * from contacts order by id`)
    const [consents, contacts] = [await consentsOf(), await contactsOf()]

    expect(await keepHouse(db, 89)).toBe(0)
    const before = await figuresOf(sent.duty.author, id)
    expect(before.counted.reach.total).toMatchObject({ recipients: 4, confirmed: 1, failed: 1 })
    expect(before.counted.curve.length).toBeGreaterThan(0)
    expect(before.statistics.byArea).toMatchObject([{ recipients: 4 }])
    const listed = (await sent.duty.author.call('GET', `/v1/alerts/${id}/deliveries`)).body
    expect([listed.items.length, listed.deleted]).toEqual([4, null])
    expect((await edge.call('GET', sent.link)).status).toBe(200)
    const own = ['contacts', 'locations']
    expect(await tablesWith(db, people[0]!)).toEqual(
      ['blocks', ...own, 'inbound', 'letters', 'submissions'].toSorted(),
    )
    expect(await tablesWith(db, people[1]!)).toEqual(
      expect.arrayContaining(['answers', 'opt_outs']),
    )
    expect(await tablesWith(db, people[3]!)).toEqual(expect.arrayContaining(['failed_deliveries']))

    expect(await keepHouse(db, 91)).toBe(1)
    expect(await keepHouse(db, 91)).toBe(0)
    expect(await tablesWith(db, people[0]!)).toEqual(own)
    expect(await tablesWith(db, people[1]!)).toEqual([
      'consents',
      'contacts',
      'locations',
      'opt_outs',
    ])
    expect(await tablesWith(db, people[2]!)).toEqual(own)
    expect(await tablesWith(db, people[3]!)).toEqual(own)
    expect([await consentsOf(), await contactsOf()]).toEqual([consents, contacts])
    const rows = await db.execute(sql`
      select seq from replies where alert_id = ${id}::uuid
      union all select range_no from ranges where alert_id = ${id}::uuid`)
    expect(rows).toHaveLength(0)

    const { author } = sent.duty
    expect(await figuresOf(author, id)).toEqual(before)
    const { body: alert } = await author.call('GET', `/v1/alerts/${id}`)
    expect(alert.history.at(-1)).toMatchObject({ action: 'recipientsDeleted', operatorId: null })
    const deleted = { at: alert.recipientsDeletedAt, reason: 'retention' }
    const nobody = { items: [], nextCursor: null, deleted }
    expect((await author.call('GET', `/v1/alerts/${id}/deliveries`)).body).toEqual(nobody)
    expect((await author.call('GET', `/v1/alerts/${id}/letters`)).body).toEqual(nobody)
    const report = (type: string) =>
      author.call('GET', `/v1/alerts/${id}/report`, {
        headers: { Accept: type, 'Accept-Language': 'es' },
      })
    const csv = await report('text/csv')
    expect(csv.headers.get('Tocsin-Recipients-Deleted')).toBe(`${deleted.at}; retention`)
    expect(csv.body.trim().split('\r\n')).toHaveLength(1)
    expect((await report('text/html')).body).toContain('Se borró a quién llegó')
    expect((await report('application/pdf')).status).toBe(200)

    // An old link, a receipt and a text that come after all that.
    const late = await edge.call('GET', sent.link, { headers: { 'Accept-Language': 'es' } })
    expect([late.status, late.body.includes('Esta alerta ha terminado.')]).toEqual([410, true])
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await edge.call('POST', sent.link, { text: 'code=2', headers: form })).status).toBe(410)
    const other = sent.link.endsWith('_') ? '-' : '_'
    expect((await edge.call('GET', sent.link.slice(0, -1) + other)).status).toBe(404)
    const receipt = {
      messageId: sent.messageIds[1]!,
      state: 'delivered',
      reason: 'DELIVRD',
    } as const
    await sent.receipts.record([receipt])
    await openReceiptBook(db, new MessageIds(db, sent.carrierId)).record([receipt])
    await recordReplies(db, sent.carrierId, [say(safe, '2'), say(weary, 'START')])
    expect(await inboundOf(db, safe)).toMatchObject([{ text: '2', alert: null }])
    expect(await figuresOf(author, id)).toEqual(before)
  },
)

test(
  'what reaches whom an alert had is refused once nobody knows them',
  SLOW,
  async ({ edge, database, db }) => {
    const { id, duty } = await anEndedFlood(edge, database)
    const draft = await updateOf(duty.author, id)
    expect(await keepHouse(db, 91)).toBe(1)
    for (const correction of ['cancel', 'all-clear']) {
      const content = await duty.author.call('GET', `/v1/alerts/${id}/${correction}/content`)
      expect([content.status, content.body.code]).toEqual([409, 'recipients_deleted'])
      const json = { signature: 'a..b' }
      const sent = await duty.author.call('POST', `/v1/alerts/${id}/${correction}`, { json })
      expect([sent.status, sent.body.code]).toEqual([409, 'recipients_deleted'])
    }
    await db.execute(
      sql`update alerts set expires = now() + interval '1 hour' where id = ${id}::uuid`,
    )
    const headers = { 'Idempotency-Key': randomUUID() }
    const again = await duty.author.call('POST', `/v1/alerts/${id}/retry`, { headers })
    expect([again.status, again.body.code]).toEqual([409, 'recipients_deleted'])
    const content = (await duty.author.call('GET', `/v1/alerts/${draft}/content`)).body
    expect(content.references).toEqual([id])
    expect(content.reached ?? []).toEqual([])
  },
)

test(
  'an imported Cancel still ends in public what nobody knows the recipients of, and reaches nobody',
  SLOW,
  async ({ edge, database, db }) => {
    const duty = await onDuty(edge)
    await db.execute(sql`delete from contacts`)
    await contactsAt(db, [[-96.5, 30.5]])
    await db.execute(sql`update carriers set enabled = false where protocol = 'smtp'`)
    const text = '<parameter><valueName>tocsin:sms</valueName><value>Go up.</value></parameter>'
    const imported = async (name: string, ...changes: Change[]) => {
      const message = capXml(
        ['river-7', name],
        ['2026-11-22T18:00:00-06:00', new Date().toISOString()],
        ['2027-11-22T20:00:00-06:00', new Date(Date.now() + 3_600_000).toISOString()],
        ['</parameter>', `</parameter>${text}`],
        ...changes,
      )
      const headers = { 'Content-Type': 'application/cap+xml' }
      const sent = { text: message.toString(), headers }
      return (await duty.author.call('POST', '/v1/alerts/import', sent)).body
    }
    const send = async (id: string) => {
      expect((await duty.author.submit(id)).status).toBe(200)
      expect((await duty.approver.approve(id)).status).toBe(200)
      await dispatch(duty.author, id)
      await planAll(database)
    }
    const { id, origin } = await imported('river-8')
    await send(id)
    await handOver(db, id, await phonesOf(db, id))
    await end(db, id)
    expect(await keepHouse(db, 91)).toBe(1)

    const { sender, identifier, sent } = origin
    const named = `${sender},${identifier},${sent.replace(/\.\d+Z|Z/, '-00:00')}`
    const cancel = await imported(
      'river-9',
      ['<msgType>Alert', '<msgType>Cancel'],
      ['<incidents>', `<references>${named}</references><incidents>`],
    )
    expect(cancel).toMatchObject({ references: [id], audience: { only: 'reached' } })
    const estimate = await duty.author.call('GET', `/v1/alerts/${cancel.id}/estimate`)
    expect([estimate.status, estimate.body.recipients]).toEqual([200, 0])
    await send(cancel.id)
    const { correctedBy } = (await duty.author.call('GET', `/v1/alerts/${id}`)).body
    expect(correctedBy).toMatchObject([{ id: cancel.id, kind: 'cancel' }])
    expect(await phonesOf(db, cancel.id)).toEqual([])
  },
)

async function updateOf(author: Caller, id: string): Promise<string> {
  const { status, body } = await author.call('POST', `/v1/alerts/${id}/update`, { json: {} })
  expect(status).toBe(201)
  return body.id
}

/** An alert of the past to so many, in blocks of one: more than are deleted at once. */
async function aPastAlert(db: Database, recipients = 1, state = 'sent'): Promise<string> {
  const id = await aSentAlert(db, {
    state,
    expires: daysFromNow(-99),
    dispatchedAt: daysFromNow(-100),
    // A phone that is not higher begins a block.
    recipients: Array.from({ length: recipients }, (_, i) => ({
      phone: `+1555${String(9_999_999 - i)}`,
      state: 'delivered',
    })),
  })
  await db.execute(
    sql`update alerts set finished_at = now() - interval '99 days' where id = ${id}::uuid`,
  )
  await countEndedAlerts(db, new Date())
  return id
}

const blocksOf = async (db: Database, id: string) =>
  (await db.execute(sql`select from blocks where alert_id = ${id}::uuid`)).length

const clean = (db: Database) => deleteRecipients(db, daysFromNow(-90), new Date(), never)

test(
  'an alert that is going on, awaited, answered, not counted, or followed by one that may go out keeps whom it went to',
  SLOW,
  async ({ db }) => {
    const going = await aPastAlert(db, 1, 'sending')
    const [awaited, uncounted] = [await aPastAlert(db), await aPastAlert(db)]
    await db.execute(sql`
      insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, expires)
      values (${awaited}::uuid, 1, 1, '', 1, 1, now())`)
    const answerable = await aPastAlert(db)
    const lastLeft = (days: number) =>
      db.execute(sql`
        update alerts set last_submitted_at = now() - make_interval(days => ${days}::int)
        where id = ${answerable}::uuid`)
    await lastLeft(6)
    const followed: string[] = []
    const followers: string[] = []
    for (const state of ['sending', 'paused', 'submitted', 'approved']) {
      const before = await aPastAlert(db)
      const after = await aSentAlert(db, { state, recipients: [] })
      await db.execute(sql`
        update alerts set "references" = array[${before}::uuid] where id = ${after}::uuid`)
      followed.push(before)
      followers.push(after)
    }
    await db.execute(sql`delete from counted_alerts where alert_id = ${uncounted}::uuid`)
    const kept = [going, awaited, uncounted, answerable, ...followed]
    const left = () => Promise.all(kept.map(id => blocksOf(db, id)))
    expect(await clean(db)).toBe(0)
    expect(await left()).toEqual(kept.map(() => 1))

    await lastLeft(8)
    const [sending, paused, submitted, approved] = followers
    await db.execute(sql`update alerts set state = 'sent' where id in (${sending}, ${going})`)
    await db.execute(sql`update alerts set state = 'stopped' where id = ${paused}::uuid`)
    await db.execute(sql`
      update alerts set expires = now() - interval '1 minute' where id in (${submitted}, ${approved})`)
    await db.execute(sql`update ranges set state = 'done' where alert_id = ${awaited}::uuid`)
    await countEndedAlerts(db, new Date())
    expect(await clean(db)).toBe(kept.length)
    expect(await left()).toEqual(kept.map(() => 0))
  },
)

const mark = (db: Database, id: string) =>
  db.execute(sql`update alerts set recipients_deleted_at = now() where id = ${id}::uuid`)

test(
  'an Update that was signed for those whom an alert reached is not sent without them',
  SLOW,
  async ({ edge, database, db }) => {
    const { id, duty } = await anEndedFlood(edge, database)
    const update = await updateOf(duty.author, id)
    expect((await duty.author.submit(update)).status).toBe(200)
    expect((await duty.approver.approve(update)).status).toBe(200)
    await mark(db, id)
    const headers = { 'Idempotency-Key': randomUUID() }
    const sent = await duty.author.call('POST', `/v1/alerts/${update}/dispatch`, { headers })
    expect([sent.status, sent.body.code]).toEqual([409, 'recipients_deleted'])
  },
)

test('the link of a reminder is over with the alert that it is of', async ({ edge, db }) => {
  const id = await aPastAlert(db)
  const reminder = await aSentAlert(db, { recipients: [{ state: 'delivered' }] })
  const [row] = await db.execute<{ no: number }>(sql`
    update alerts set reminder_of = ${id}::uuid where id = ${reminder}::uuid returning link_no as no`)
  const of = { alertNo: row!.no, alertId: reminder, seq: 1 }
  const link = `/a/${makeRecipientToken(recipientTokenKey(edge.masterKey), of)}`
  await mark(db, id)
  expect((await edge.call('GET', link)).status).toBe(410)
})

test('a CSV breaks off where its rows go while it is read, and does not look whole', async ({
  db,
}) => {
  const recipients = Array.from({ length: 5_001 }, () => ({ state: 'delivered' }))
  const id = await aSentAlert(db, { state: 'sent', recipients })
  const lines = deliveriesCsv(db, id, { roles: ['administrator'] })
  const [head, page] = [await lines.next(), await lines.next()]
  expect([head, page].map(({ value }) => value?.trim().split('\r\n').length)).toEqual([1, 5_000])
  await mark(db, id)
  await expect(lines.next()).rejects.toMatchObject({ code: 'recipients_deleted' })
})

test(
  'what comes in while its recipients are counted is counted before they go',
  SLOW,
  async ({ edge, db }) => {
    const id = await aPastAlert(db)
    await db.execute(sql`update blocks set records = '' where alert_id = ${id}::uuid`)
    await db.execute(sql`update progress set delivered = 0 where alert_id = ${id}::uuid`)
    let transactions = 0
    const late: Database = Object.create(db, {
      transaction: {
        value: async (...given: Parameters<Database['transaction']>) => {
          // The first is the one that would mark it.
          if (transactions++ === 0) {
            await transact(db, tx => changeLocked(tx, id, [1], one => one.submitted(0, NO_CARRIER)))
          }
          return db.transaction(...given)
        },
      },
    })
    expect(await clean(late)).toBe(0)
    expect(await clean(db)).toBe(1)
    const viewer = await edge.caller()
    const { reach } = (await viewer.call('GET', `/v1/alerts/${id}/report`)).body
    expect(reach.total).toMatchObject({ recipients: 1, taken: 1 })
  },
)

test('one that can not be counted keeps nobody else’s recipients', SLOW, async ({ db }) => {
  const damaged = await aPastAlert(db)
  await aPastAlert(db)
  const [kept] = await db.execute<{ areas: string }>(sql`
    select encode(area_nos, 'hex') as areas from blocks where alert_id = ${damaged}::uuid`)
  const write = (areas: string) =>
    db.execute(sql`
      update blocks set area_nos = decode(${areas}, 'hex') where alert_id = ${damaged}::uuid`)
  await write('')
  expect(await clean(db)).toBe(1)
  await write(kept!.areas)
  expect(await clean(db)).toBe(1)
})

test(
  'a node that dies in the midst of it leaves the rest to the next, and meanwhile nobody reads half a list',
  SLOW,
  async ({ edge, db, databaseUrl }) => {
    const id = await aPastAlert(db, 250)
    const author = await edge.caller({ roles: ['author'] })
    const report = async () => {
      const { reach, causes, curve } = (await author.call('GET', `/v1/alerts/${id}/report`)).body
      return { reach, causes, curve }
    }
    const before = await report()
    const node = openDatabase(databaseUrl)
    onTestFinished(() => node.close().catch(() => undefined))
    const holder = openDatabase(databaseUrl)
    onTestFinished(() => holder.close())
    await holder.db.transaction(async tx => {
      // Blocks can be read, and not deleted.
      await tx.execute(sql`lock table blocks in share mode`)
      const dying = clean(node.db).then(
        () => 'done',
        () => 'died',
      )
      const kill = () =>
        db.execute(sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query like '%delete from blocks%'`)
      await until(kill, ({ length }) => length > 0, 'it waits for the blocks')
      expect(await dying).toBe('died')
    })
    expect(await blocksOf(db, id)).toBe(250)
    const { body } = await author.call('GET', `/v1/alerts/${id}/deliveries`)
    expect([body.items.length, body.deleted.reason]).toEqual([0, 'retention'])
    expect(await report()).toEqual(before)

    // A node that is told to stop, too.
    let looks = 0
    const stopping = {
      get aborted() {
        return ++looks > 1
      },
    } as AbortSignal
    expect(await deleteRecipients(db, daysFromNow(-90), new Date(), stopping)).toBe(0)
    expect(await blocksOf(db, id)).toBe(150)
    expect(await clean(db)).toBe(0)
    expect(await blocksOf(db, id)).toBe(0)
    expect(await report()).toEqual(before)
  },
)

test(
  'of several nodes one marks an alert, and all of them delete',
  SLOW,
  async ({ edge, db, databaseUrl }) => {
    const ids = [await aPastAlert(db, 250), await aPastAlert(db, 250), await aPastAlert(db, 250)]
    const other = openDatabase(databaseUrl)
    onTestFinished(() => other.close())
    const counts = await Promise.all([db, other.db, db, other.db].map(clean))
    expect(counts.reduce((sum, count) => sum + count)).toBe(3)
    expect(await Promise.all(ids.map(id => blocksOf(db, id)))).toEqual([0, 0, 0])
    const audited = await db.execute<{ subject: string }>(
      sql`select subject from audit where action = 'alert.recipientsDeleted'`,
    )
    const told = audited.map(({ subject }) => subject).filter(id => ids.includes(id))
    expect(told.toSorted()).toEqual(ids.toSorted())
    const left = await db.execute(sql`select from kept_outcomes where is_deleting`)
    expect(left).toHaveLength(0)
    const auditor = await edge.caller({ roles: ['auditor'] })
    const { body } = await auditor.call('GET', `/v1/alerts/${ids[0]}/evidence`)
    const { payload } = await openEvidence(JSON.stringify(body))
    const lines = (await checkEvidence(payload, '0'.repeat(64))).map(({ what }) => what)
    expect(lines).toContainEqual(expect.stringMatching(/the trail of \d+ was whole$/))
    expect(lines).toContainEqual(
      expect.stringMatching(/^the deliveries had been deleted at 20\d\d-/),
    )
  },
)

test(
  'housekeeping goes by the days that the organisation has set',
  SLOW,
  async ({ edge, database, db }) => {
    const { id, safe, carrierId } = await anEndedFlood(edge, database)
    const administrator = await edge.caller({ roles: ['administrator'] })
    const json = { retention: { deliveriesDays: 30, repliesDays: 20 } }
    expect((await administrator.call('PATCH', '/v1/organisation', { json })).status).toBe(200)
    const deletedAt = async () => {
      const viewer = await edge.caller()
      return (await viewer.call('GET', `/v1/alerts/${id}`)).body.recipientsDeletedAt
    }
    const keeping = startHousekeeping(edge.deps, 10)
    onTestFinished(() => keeping.stop())
    const isCounted = () => db.execute(sql`select from counted_alerts where alert_id = ${id}::uuid`)
    await until(isCounted, ({ length }) => length > 0, 'it is counted')
    edge.pass((29 * DAY_MS) / 1000)
    // Once that is gone which came after it began, a whole round is over.
    for (let round = 0; round < 2; round++) {
      await recordReplies(db, carrierId, [say(safe, 'thank you')])
      await until(
        () => inboundOf(db, safe),
        ({ length }) => length === 0,
        'what was written is gone',
      )
    }
    expect(await deletedAt()).toBeNull()
    edge.pass((2 * DAY_MS) / 1000)
    const at = await until(deletedAt, found => found !== null, 'its recipients are deleted')
    expect(Date.parse(at)).toBeGreaterThanOrEqual(daysFromNow(30).getTime())
    await until(
      () => blocksOf(db, id),
      count => count === 0,
      'their rows are gone',
    )
  },
)
