/** An alert on its way, as dispatchers leave it: laid out by the planner itself, handed over as far as a test says. */
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { finishAlerts } from '../../src/dispatch/finish.ts'
import { planNext } from '../../src/dispatch/plan.ts'
import { lockBlocks, phoneAt, readBlocks, writeBlocks } from '../../src/store/blocks.ts'
import { transact, type Database, type OpenDatabase } from '../../src/store/database.ts'
import { aSigner, anAlert, compose, type Signer } from '../alerts/people.ts'
import type { Answer, Edge } from './edge.ts'

export interface Duty {
  readonly author: Signer
  readonly approver: Signer
}

export const onDuty = async (edge: Edge, given: object = {}): Promise<Duty> => ({
  author: await aSigner(edge, ['author'], given),
  approver: await aSigner(edge, ['approver'], given),
})

export const CORRECTIONS = {
  cancel: [
    { language: 'en-US', sms: 'SENT IN ERROR. There is no flood.' },
    { language: 'es-US', sms: 'ENVIADO POR ERROR. No hay inundacion.' },
  ],
  allClear: [{ language: 'en-US', sms: 'ALL CLEAR. The flood is over.' }],
}

/** A flood in the square around 97° W, 30° N, in English and Spanish. */
export function aFlood(changes: object = {}) {
  const { info, ...alert } = anAlert()
  return {
    ...alert,
    info: [...info, { ...info[0]!, language: 'es-US', sms: 'INUNDACION.' }],
    corrections: CORRECTIONS,
    ...changes,
  }
}

/** Composes, signs, approves, dispatches. @returns the alert's id */
export async function dispatched(
  { author, approver }: Duty,
  alert: object,
  holdSeconds = 0,
): Promise<string> {
  const id = await compose(author, alert)
  await author.submit(id)
  await approver.approve(id)
  await dispatch(author, id, holdSeconds)
  return id
}

export async function dispatch(who: Signer, id: string, holdSeconds = 0): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() }
  const { status, body } = await who.call('POST', `/v1/alerts/${id}/dispatch`, {
    headers,
    json: { holdSeconds },
  })
  if (status !== 202) throw new Error(JSON.stringify(body))
}

export type Correction = 'cancel' | 'all-clear'

/** Signs what was prepared with the alert, and sends it. */
export async function correct(
  who: Signer,
  alertId: string,
  which: Correction = 'cancel',
  role: 'author' | 'approver' | 'either' = 'either',
): Promise<Answer> {
  const signature = await who.sign(alertId, role, which)
  return who.call('POST', `/v1/alerts/${alertId}/${which}`, { json: { signature } })
}

/** The same of what the API must take. @returns the correction's id */
export async function corrected(
  who: Signer,
  alertId: string,
  which: Correction = 'cancel',
): Promise<string> {
  const { status, body } = await correct(who, alertId, which)
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body.correctionId
}

/** One turn of a planner that holds no carrier. @returns whether an alert waited for one */
export const planTurn = (database: OpenDatabase, planner: string = randomUUID()) =>
  planNext(database, planner, [], () => new Date())

/** A turn of a finisher that has nothing in memory. */
const finish = (db: Database) =>
  finishAlerts(db, () => new Date(), { loaded: () => [], forget: () => undefined })

/** Turns until nothing waits to be planned. */
export async function planAll(database: OpenDatabase): Promise<void> {
  const { db } = database
  for (;;) {
    await finish(db)
    await planTurn(database)
    const [row] = await db.execute<{ open: boolean }>(sql`
      select exists (select from alerts where plan_state <> 'done' and dispatched_at is not null) as open`)
    if (!row!.open) return
  }
}

export async function phonesOf(db: Database, alertId: string): Promise<string[]> {
  const blocks = await readBlocks(db, alertId, 1, 1_000)
  return blocks.flatMap(({ block, phones }) =>
    Array.from({ length: block.size }, (_, offset) => phoneAt(phones, offset)),
  )
}

/** A carrier has taken the messages to these phones. */
export async function handOver(
  db: Database,
  alertId: string,
  phones: readonly string[],
  carrierId: string = randomUUID(),
): Promise<void> {
  await transact(db, async tx => {
    for (const { blockNo, phones: here } of await readBlocks(tx, alertId, 1, 1_000)) {
      const block = (await lockBlocks(tx, alertId, [blockNo])).get(blockNo)!
      for (let offset = 0; offset < block.size; offset++) {
        if (phones.includes(phoneAt(here, offset))) block.submitted(offset, carrierId)
      }
      await writeBlocks(tx, [block])
    }
  })
}

/** Its ranges are done, and it has ended. */
export async function end(db: Database, alertId: string): Promise<void> {
  await db.execute(sql`update ranges set state = 'done' where alert_id = ${alertId}::uuid`)
  await finish(db)
}

/** By phone, the text that the alert lays out for it. */
export async function textsOf(db: Database, alertId: string): Promise<Map<string, string>> {
  const [row] = await db.execute<{ content: Uint8Array }>(
    sql`select content from alerts where id = ${alertId}::uuid`,
  )
  const { texts } = JSON.parse(Buffer.from(row!.content).toString()) as { texts: { sms: string }[] }
  const blocks = await readBlocks(db, alertId, 1, 1_000)
  return new Map(
    blocks.flatMap(({ block, phones, textNo }) =>
      Array.from({ length: block.size }, (_, offset): [string, string] => [
        phoneAt(phones, offset),
        texts[textNo]!.sms,
      ]),
    ),
  )
}
