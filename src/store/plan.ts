/**
 * Planning: an alert's audience becomes blocks and ranges, slice by slice, all slices from one snapshot.
 * One planner at a time holds an alert, by a lease that it renews.
 */
import { sql, type SQL } from 'drizzle-orm'
import { CONTACT_ID, PHONE } from './blocks.ts'
import { arrayLiteral, hexArray, numberArray, startsOf, type Database } from './database.ts'
import type { PackedBlock } from './packing.ts'
import { moveTallies } from './tallies.ts'

const PLANNER_LEASE_SECONDS = 8
/** Blocks read at once. */
const PAGE = 500

export interface PlanClaim {
  readonly alertId: string
  /** Recipients that an earlier planner, dead since, has planned already. */
  readonly planned: number
  /** As counted at dispatch, in this snapshot (`shared-snapshot.ts`). */
  readonly recipients: number
  readonly snapshot: string | undefined
  readonly dispatchedAt: Date
  /** It is held for so many seconds yet: laid out meanwhile, and not sent; 0 for one that was stopped since. */
  readonly heldSeconds: number
}

/** An alert waits to be planned, or its planner died. One that is held is planned meanwhile: lanes heed the hold. */
const waits =
  sql.raw(`state in ('sending', 'paused', 'stopped') and plan_state in ('pending', 'running')
  and (planner_until is null or planner_until < now())`)

/** The priority of the alert that `claimPlan` would take now; undefined when none waits. */
export async function mostUrgentPlan(db: Database): Promise<number | undefined> {
  const [row] = await db.execute<{ priority: number | null }>(sql`
    select min(priority)::int as priority from alerts where ${waits}
  `)
  return row?.priority ?? undefined
}

/** Takes the most urgent alert that waits to be planned, or whose planner died. */
export async function claimPlan(db: Database, planner: string): Promise<PlanClaim | undefined> {
  const [row] = await db.execute<{
    id: string
    planned: number
    recipients: number
    snapshot: string | null
    dispatched_ms: number
    held_seconds: number
  }>(sql`
    with due as (
      select id from alerts
      where ${waits}
      order by priority, dispatched_at limit 1 for update skip locked
    )
    update alerts a
    set plan_state = 'running', planner = ${planner}::uuid,
        planner_until = now() + make_interval(secs => ${PLANNER_LEASE_SECONDS}::int)
    from due where a.id = due.id
    returning a.id, a.planned, a.recipients, a.plan_snapshot as snapshot,
      (extract(epoch from a.dispatched_at) * 1000)::float8 as dispatched_ms,
      case when a.state = 'stopped' then 0
        else greatest(0, coalesce(extract(epoch from a.hold_until - now()), 0)) end::float8 as held_seconds
  `)
  if (row === undefined) return undefined
  const { id: alertId, planned, recipients, snapshot } = row
  const dispatchedAt = new Date(row.dispatched_ms)
  const heldSeconds = row.held_seconds
  return {
    alertId,
    planned,
    recipients,
    snapshot: snapshot ?? undefined,
    dispatchedAt,
    heldSeconds,
  }
}

/** Fixes the number of recipients. */
export async function fixRecipients(
  db: Database,
  alertId: string,
  recipients: number,
): Promise<void> {
  await db.execute(sql`update alerts set recipients = ${recipients} where id = ${alertId}::uuid`)
}

/** Another planner has the alert: it goes on, from what this one has written. */
export class PlanLost extends Error {}

/**
 * Writes a slice, each block with the range that it is leased by at first. Run inside a transaction.
 *
 * The statements go to the database one behind the other, and no answer is waited for in between: a process that
 * sends meanwhile is milliseconds late to hear each. What belongs to an alert that was stopped half-way is planned all the
 * same, and ended as the rest of it (`finish.ts`), so that every recipient has an end.
 *
 * @param planned recipients that are laid out before these
 * @returns recipients that are laid out with them
 * @throws PlanLost
 */
export async function planSlice(
  tx: Database,
  { planner, alertId, planned }: Pick<PlanClaim, 'alertId' | 'planned'> & { planner: string },
  blocks: readonly PackedBlock[],
): Promise<number> {
  const held = sql`id = ${alertId}::uuid and planner = ${planner}::uuid and plan_state = 'running'
    and planned = ${planned}::int`
  let after = planned
  const blockNos = blocks.map(({ size }) => {
    const blockNo = after + 1
    after += size
    return blockNo
  })
  const counts = blocks.flatMap(block =>
    block.counts.map(count => ({ ...count, alertId, option: 'recipients' })),
  )
  // Asked at once, and not when awaited.
  const finds = async (query: SQL) => (await tx.execute(query)).length > 0
  const isHeld = finds(sql`select id from alerts where ${held}`)
  const writing = Promise.all([
    insertBlocks(tx, alertId, blocks, blockNos),
    insertRanges(tx, alertId, blocks, blockNos),
    moveTallies(tx, counts),
    // Last, for lanes that claim want this row too: a slice that took it first would hold them up all along.
    finds(sql`
      update alerts
      set planned = ${after}::int, recipients = greatest(recipients, ${after}::int),
        planner_until = now() + make_interval(secs => ${PLANNER_LEASE_SECONDS}::int)
      where ${held} returning id
    `),
  ])
  // Whoever has the alert now may have written blocks of the same numbers.
  writing.catch(() => undefined)
  if (!(await isHeld)) throw new PlanLost()
  const [, , , isKept] = await writing
  if (!isKept) throw new PlanLost()
  return after
}

/** Run inside a transaction. */
export async function insertBlocks(
  tx: Database,
  alertId: string,
  blocks: readonly PackedBlock[],
  blockNos: readonly number[],
): Promise<void> {
  const slice = (of: (block: PackedBlock) => Buffer, octets: number) => sql`
    substring(${Buffer.concat(blocks.map(of))}::bytea from 1 + ${octets}::int * start for ${octets}::int * size)`
  await tx.execute(sql`
    insert into blocks (alert_id, block_no, size, text_no, segments, phones, first_phone, last_phone,
      contact_ids, area_nos, group_sets, group_lists, records, extras)
    select ${alertId}::uuid, block_no, size, text_no, segments, ${slice(block => block.phones, PHONE)},
      first_phone, last_phone, ${slice(block => block.contactIds, CONTACT_ID)},
      ${slice(block => block.areaNos, 2)}, decode(group_sets, 'hex'), group_lists::jsonb, '', ''
    from unnest(
      ${numberArray(blockNos)}::int[],
      ${numberArray(startsOf(blocks.map(block => block.size)))}::int[],
      ${numberArray(blocks.map(block => block.size))}::smallint[],
      ${numberArray(blocks.map(block => block.textNo))}::smallint[],
      ${numberArray(blocks.map(block => block.segments))}::smallint[],
      ${numberArray(blocks.map(block => block.firstPhone))}::bigint[],
      ${numberArray(blocks.map(block => block.lastPhone))}::bigint[],
      ${hexArray(blocks.map(block => block.groupSets))}::text[],
      ${arrayLiteral(blocks.map(block => (block.groupLists === null ? null : JSON.stringify(block.groupLists))))}::text[]
    ) as b(block_no, start, size, text_no, segments, first_phone, last_phone, group_sets, group_lists)
  `)
}

async function insertRanges(
  tx: Database,
  alertId: string,
  blocks: readonly PackedBlock[],
  blockNos: readonly number[],
): Promise<void> {
  await tx.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, not_carriers, from_seq, to_seq, expires, state)
    select ${alertId}::uuid, block_no, block_no, route_class, array_remove(array[not_carrier], null),
      block_no, block_no + size - 1, expires, 'ready'
    from unnest(
      ${numberArray(blockNos)}::int[],
      ${arrayLiteral(blocks.map(block => block.routeClass))}::text[],
      ${arrayLiteral(blocks.map(block => block.notCarrier ?? null))}::uuid[],
      ${numberArray(blocks.map(block => block.size))}::int[],
      ${arrayLiteral(blocks.map(block => block.expires.toISOString()))}::timestamptz[]
    ) as r(block_no, route_class, not_carrier, size, expires)
  `)
}

/**
 * Whom the alert is laid out for already, as `planned_contacts` on this connection, so that they are left
 * out of the rest.
 */
export async function stagePlanned(tx: Database, alertId: string): Promise<void> {
  await tx.execute(sql`create temp table planned_contacts (contact_id uuid) on commit drop`)
  await tx.execute(sql`
    insert into planned_contacts
    select encode(substring(b.contact_ids from 1 + ${CONTACT_ID}::int * i for ${CONTACT_ID}::int), 'hex')::uuid
    from blocks b, generate_series(0, b.size - 1) as i
    where b.alert_id = ${alertId}::uuid
  `)
  await tx.execute(sql`analyze planned_contacts`)
}

/**
 * Everyone is planned: from now on the alert can end.
 *
 * @param recipients how many it has: as many as were `counted`, or just those who were `planned`
 */
export async function finishPlan(
  db: Database,
  planner: string,
  alertId: string,
  recipients: 'counted' | 'planned',
): Promise<void> {
  const fixed = recipients === 'counted' ? sql`recipients` : sql`planned`
  await db.execute(sql`
    update alerts set plan_state = 'done', planner = null, planner_until = null, recipients = ${fixed}
    where id = ${alertId}::uuid and planner = ${planner}::uuid
  `)
}

/** The phones of everyone whom an alert has planned so far, 8 octets each, some blocks at a time. */
export async function* plannedPhones(db: Database, alertId: string): AsyncGenerator<Buffer> {
  for (let after = 0; ;) {
    const page = await db.execute<{ block_no: number; phones: Buffer }>(sql`
      select block_no, phones from blocks
      where alert_id = ${alertId}::uuid and block_no > ${after}::int
      order by block_no limit ${PAGE}
    `)
    for (const { phones } of page) yield phones
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.block_no
  }
}

/** Says that the planner of an alert lives. */
export async function renewPlan(db: Database, planner: string, alertId: string): Promise<void> {
  await db.execute(sql`
    update alerts set planner_until = now() + make_interval(secs => ${PLANNER_LEASE_SECONDS}::int)
    where id = ${alertId}::uuid and planner = ${planner}::uuid and planner_until > now()
  `)
}

/** Gives the alert back so that another planner, or this one, goes on so much later. */
export async function releasePlan(
  db: Database,
  planner: string,
  alertId: string,
  seconds: number,
): Promise<void> {
  await db.execute(sql`
    update alerts set planner = null, planner_until = now() + make_interval(secs => ${seconds}::float8)
    where id = ${alertId}::uuid and planner = ${planner}::uuid
  `)
}
