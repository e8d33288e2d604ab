/**
 * What comes back, with a message centre that the test plays by hand: receipts before their responses, receipts that
 * never come, a phone that echoes, and dispatchers that are killed between write and acknowledgement.
 */
import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { addCarrier, until } from '../../scripts/rehearsal.ts'
import type { ShortMessageBody, ShortMessagePdu } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { recount } from '../../src/reports/recount.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { startSmsc, type Smsc } from '../support/smsc.ts'
import {
  allBound,
  floodAlert,
  killNow,
  sendDraft,
  settle,
  test,
  watchUntil,
  type Tocsin,
} from '../support/service.ts'

const RECIPIENTS = 60

async function settleAnew(db: Database): Promise<void> {
  await db.execute(sql`truncate contacts cascade`)
  await settle(db, RECIPIENTS)
}

/** A message centre as Tocsin's only carrier. */
async function playedByHand(tocsin: Tocsin, name: string): Promise<Smsc> {
  const smsc = await startSmsc()
  const { administrator } = tocsin
  const { items } = await administrator.get<{ items: { id: string }[] }>('/v1/carriers')
  for (const { id } of items) {
    await administrator.patch(`/v1/carriers/${id}`, { enabled: false })
  }
  await addCarrier(administrator, {
    name,
    port: smsc.port,
    systemId: 'tocsin',
    password: 'pw',
    segmentsPerSecond: 1_000,
    window: 100,
    binds: 1,
  })
  await allBound(administrator)
  return smsc
}

const receiptFor = (id: string, word: string): Partial<ShortMessageBody> => ({
  esm_class: 4,
  short_message: Buffer.from(`id:${id} sub:001 dlvrd:001 stat:${word} err:000 text:`, 'latin1'),
})
const says = ({ destination_addr }: ShortMessagePdu, text: string): Partial<ShortMessageBody> => ({
  source_addr: destination_addr,
  short_message: Buffer.from(encodeText(text).segments[0]!),
  data_coding: encodeText(text).dataCoding,
})

const answersTo = (smsc: Smsc) =>
  smsc.links.flatMap(link => link.received.filter(pdu => pdu.command === 'deliver_sm_resp'))

async function inboundOf(db: Database): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`select count(*)::int as count from inbound`)
  return row!.count
}

test(
  'pitfall 25: a receipt comes, and is acknowledged, before the response that names its message',
  { timeout: 90_000 },
  async ({ tocsin, db }) => {
    await settleAnew(db)
    const dispatcher = tocsin.startDispatcher()
    const smsc = await playedByHand(tocsin, 'Early')
    let last = 0
    smsc.script = {
      submit(link, pdu) {
        const sequence = ++last
        const isAcknowledged = () =>
          link.received.some(
            ({ command, sequence_number }) =>
              command === 'deliver_sm_resp' && sequence_number === sequence,
          )
        link.deliver(receiptFor(`early-${sequence}`, 'DELIVRD'), sequence)
        void smsc
          .until('the receipt is acknowledged', isAcknowledged, 20_000)
          .then(() => link.answer(pdu, { messageId: `early-${sequence}` }))
      },
    }
    const alertId = await sendDraft(tocsin, floodAlert())
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(progress).toMatchObject({ submitted: 0, failed: 0, unknown: 0 })
    expect(smsc.submits).toHaveLength(RECIPIENTS)
    await killNow(dispatcher)
    await smsc.close()
  },
)

describe('pitfall 31: receipts that never come bring no second message', () => {
  test(
    'pitfall 46: nor does a phone that echoes every message, and HELP is answered once',
    { timeout: 90_000 },
    async ({ tocsin, db }) => {
      await settleAnew(db)
      const dispatcher = tocsin.startDispatcher()
      const smsc = await playedByHand(tocsin, 'Echo')
      let last = 0
      smsc.script = {
        submit(link, pdu) {
          link.answer(pdu)
          // What it says to us is what we said to it.
          const { short_message, data_coding, destination_addr: source_addr } = pdu
          link.deliver({ source_addr, short_message, data_coding }, ++last)
        },
      }
      const heardBefore = await inboundOf(db)
      const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + 12_000)
      const alertId = await sendDraft(tocsin, floodAlert({ expires }))
      await watchUntil(
        tocsin.author.client,
        alertId,
        ({ state, submitted }) => state === 'sent' && submitted === RECIPIENTS,
      )
      const [first] = smsc.submits
      smsc.links.at(-1)!.deliver(says(first!, 'HELP'), ++last)
      await smsc.until('HELP is answered', () => smsc.submits.length > RECIPIENTS, 20_000)
      // An echo for each message, HELP, and the echo of its answer.
      await until(
        () => inboundOf(db),
        count => count === heardBefore + RECIPIENTS + 2,
        'what came back is recorded',
      )
      const { progress } = await watchUntil(
        tocsin.author.client,
        alertId,
        ({ unconfirmed }) => unconfirmed > 0,
      )
      expect(progress).toMatchObject({
        state: 'sent',
        submitted: RECIPIENTS,
        unconfirmed: RECIPIENTS,
      })
      expect(smsc.submits).toHaveLength(RECIPIENTS + 1)
      await killNow(dispatcher)
      await smsc.close()
    },
  )
})

test(
  'pitfall 30: dispatchers killed before and after the write lose nothing and count nothing twice',
  { timeout: 120_000 },
  async ({ tocsin, db, databaseUrl }) => {
    await settleAnew(db)
    let dispatcher = tocsin.startDispatcher()
    const smsc = await playedByHand(tocsin, 'Killed')
    const alertId = await sendDraft(tocsin, floodAlert())
    await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted }) => state === 'sent' && submitted === RECIPIENTS,
    )
    const messages = smsc.submits.slice()
    const deliverAll = () => {
      const link = smsc.links.at(-1)!
      for (const [i, message] of messages.entries()) {
        link.deliver(receiptFor(`m${i + 1}`, i % 3 === 0 ? 'UNDELIV' : 'DELIVRD'), 2 * i + 1)
        link.deliver(says(message, '1'), 2 * i + 2)
      }
    }
    const startAnother = async () => {
      const links = smsc.links.length
      dispatcher = tocsin.startDispatcher()
      const isBound = () =>
        smsc.links.length > links &&
        smsc.links.at(-1)!.received.some(pdu => pdu.command === 'bind_transceiver')
      await smsc.until('another dispatcher is bound', isBound, 40_000)
    }
    /** While nobody writes. */
    const expectExact = async () => {
      const { progress, tallies } = await recount(db, alertId)
      expect(progress.counters).toEqual(progress.rows)
      expect(tallies.counters).toEqual(tallies.rows)
    }
    const readNow = async () => {
      const [{ delivered, failed }] = [
        await tocsin.author.client.get<{ delivered: number; failed: number }>(
          `/v1/alerts/${alertId}/progress`,
        ),
      ]
      const { replied } = await tocsin.author.client.get<{ replied: number }>(
        `/v1/alerts/${alertId}/tally`,
      )
      return { delivered, failed, replied }
    }
    const counted = {
      delivered: (RECIPIENTS / 3) * 2,
      failed: RECIPIENTS / 3,
      replied: RECIPIENTS,
    }

    // Nothing can be written: so nothing is acknowledged, and with the dispatcher it is gone.
    const holder = openDatabase(databaseUrl, { max: 1 })
    await holder.db.transaction(async tx => {
      await tx.execute(sql`lock table blocks in access exclusive mode`)
      deliverAll()
      // One that writes receipts, one that asks whom a reply belongs to.
      await until(
        () =>
          tx.execute(sql`
            select from pg_locks where not granted and relation = 'blocks'::regclass
          `),
        waiting => waiting.length >= 2,
        'receipts and replies wait',
        10_000,
      )
      await killNow(dispatcher)
    })
    await holder.close()
    expect(answersTo(smsc)).toEqual([])
    expect(await readNow()).toEqual({ delivered: 0, failed: 0, replied: 0 })
    await expectExact()

    // All is written, and killed before the message centre has heard of it: it plays deaf.
    await startAnother()
    deliverAll()
    const isCounted = (now: typeof counted) => JSON.stringify(now) === JSON.stringify(counted)
    await until(readNow, isCounted, 'all is written')
    await killNow(dispatcher)

    const before = answersTo(smsc).length
    await startAnother()
    deliverAll()
    await smsc.until(
      'all is acknowledged',
      () => answersTo(smsc).length - before >= 2 * RECIPIENTS,
      30_000,
    )
    expect(answersTo(smsc).every(answer => answer.command_status === 0)).toBe(true)
    expect(await readNow()).toEqual(counted)
    await expectExact()
    const [said] = await db.execute<{ texts: number }>(sql`
      select count(*)::int as texts from inbound where alert_id = ${alertId}::uuid
    `)
    expect(said).toEqual({ texts: RECIPIENTS })
    await smsc.close()
  },
)
