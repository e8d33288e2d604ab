/**
 * Blocks of recipients: read, changed, written. What changes a block locks its row first, in the order of the
 * keys, changes it in memory (`block.ts`) and writes it with the counters that move by it, in one transaction; or,
 * where what it writes is a fact whoever holds the block, it writes where nobody has written since it read.
 */
import { sql } from 'drizzle-orm'
import { Block, type BlockRow } from './block.ts'
import { arrayLiteral, hexArray, numberArray, transact, type Database } from './database.ts'
import { addMoved, moveProgress, type ProgressMove } from './progress.ts'

/** Octets of a phone and of a contact's id in a block. */
export const PHONE = 8
export const CONTACT_ID = 16

interface Row extends Record<string, unknown> {
  readonly block_no: number
  readonly size: number
  readonly segments: number
  readonly planned_ms: number
  readonly now_ms: number
  readonly records: Buffer
  readonly extras: Buffer
  readonly parts: Buffer | null
  readonly older_parts: Record<string, string> | null
  readonly carriers: string[]
  readonly reasons: string[]
}

const columns = sql.raw(`b.block_no, b.size, b.segments,
  (extract(epoch from b.planned_at) * 1000)::float8 as planned_ms,
  (extract(epoch from now()) * 1000)::float8 as now_ms, b.records, b.extras, b.parts, b.older_parts,
  b.carriers::text[] as carriers, b.reasons`)

const blockOf = (alertId: string, row: Row): BlockRow => ({
  alertId,
  blockNo: row.block_no,
  size: row.size,
  segments: row.segments,
  plannedAt: row.planned_ms,
  now: row.now_ms,
  records: row.records,
  extras: row.extras,
  parts: row.parts,
  olderParts: row.older_parts,
  carriers: row.carriers,
  reasons: row.reasons,
})

/** Locks blocks of one alert; who locks those of several goes by the alerts' ids, ascending. */
export async function lockBlocks(
  tx: Database,
  alertId: string,
  blockNos: readonly number[],
): Promise<ReadonlyMap<number, Block>> {
  const rows = await tx.execute<Row>(sql`
    select ${columns} from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no = any(${numberArray(blockNos)}::int[])
    order by b.block_no for update
  `)
  return new Map(rows.map(row => [row.block_no, new Block(blockOf(alertId, row))]))
}

/** What one change does to a block; it may be done again, to the block as it is then. */
type Change = (block: Block) => void

/** Changes blocks under their locks, in one transaction. */
export async function changeLocked(
  tx: Database,
  alertId: string,
  blockNos: readonly number[],
  change: Change,
): Promise<void> {
  const blocks = await lockBlocks(tx, alertId, blockNos)
  for (const block of blocks.values()) change(block)
  await writeBlocks(tx, blocks.values())
}

/**
 * Changes blocks without holding them while this process thinks: they are read, changed, and written in one
 * statement, those that nobody has written since. The others are changed anew, under their locks. So a block is
 * locked for one commit and not for four round trips, and who records what its carrier answers needn't wait for it.
 */
export async function changeUnlocked(
  db: Database,
  alertId: string,
  blockNos: readonly number[],
  change: Change,
): Promise<void> {
  const rows = await db.execute<Row & { version: string }>(sql`
    select ${columns}, b.xmin::text as version from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no = any(${numberArray(blockNos)}::int[])
  `)
  const changed: (readonly [Block, string])[] = []
  for (const row of rows) {
    const block = new Block(blockOf(alertId, row))
    change(block)
    if (block.hasChanged) changed.push([block, row.version])
  }
  if (changed.length === 0) return
  const written = await writeUnchanged(db, alertId, changed)
  const others = changed.flatMap(([{ blockNo }]) => (written.has(blockNo) ? [] : [blockNo]))
  if (others.length > 0) await transact(db, tx => changeLocked(tx, alertId, others, change))
}

/** @param changed each with the version of its row that it was read in @returns the blocks that were written */
async function writeUnchanged(
  db: Database,
  alertId: string,
  changed: readonly (readonly [Block, string])[],
): Promise<ReadonlySet<number>> {
  const blocks = changed.map(([block]) => block)
  const moves = blocks.flatMap(block =>
    movesOf([block]).map(move => ({ ...move, blockNo: block.blockNo })),
  )
  const rows = await db.execute<{ block_no: number }>(sql`
    with held as materialized (
      select b.block_no from blocks b
      join unnest(
        ${numberArray(blocks.map(block => block.blockNo))}::int[],
        ${arrayLiteral(changed.map(([, version]) => version))}::text[]
      ) as v(block_no, version) on b.block_no = v.block_no and b.xmin = v.version::xid
      where b.alert_id = ${alertId}::uuid
      order by b.block_no for update of b
    ),
    written as (
      update blocks b set ${asWritten}
      from ${changedRows(blocks)} join held using (block_no)
      where b.alert_id = ${alertId}::uuid and b.block_no = w.block_no
      returning b.block_no
    ),
    moved as (${addMoved(moves, alertId)})
    select block_no from written
  `)
  return new Set(rows.map(row => row.block_no))
}

const asWritten = sql.raw(`records = decode(w.records, 'hex'),
  extras = coalesce(decode(w.extras, 'hex'), b.extras), parts = decode(w.parts, 'hex'),
  older_parts = w.older_parts::jsonb, carriers = w.carriers::uuid[], reasons = w.reasons::text[]`)

const changedRows = (changed: readonly Block[]) => sql`
  unnest(
    ${arrayLiteral(changed.map(block => block.alertId))}::uuid[],
    ${numberArray(changed.map(block => block.blockNo))}::int[],
    ${hexArray(changed.map(block => block.records))}::text[],
    ${hexArray(changed.map(block => block.extras))}::text[],
    ${hexArray(changed.map(block => block.parts))}::text[],
    ${arrayLiteral(changed.map(block => (block.olderParts === undefined ? null : JSON.stringify(block.olderParts))))}::text[],
    ${arrayLiteral(changed.map(block => arrayLiteral(block.carriers)))}::text[],
    ${arrayLiteral(changed.map(block => arrayLiteral(block.reasons)))}::text[]
  ) as w(alert_id, block_no, records, extras, parts, older_parts, carriers, reasons)`

/** Writes what has changed, and moves the counters by it. */
export async function writeBlocks(tx: Database, blocks: Iterable<Block>): Promise<void> {
  const changed = [...blocks].filter(block => block.hasChanged)
  if (changed.length === 0) return
  const writing = tx.execute(sql`
    update blocks b set ${asWritten} from ${changedRows(changed)}
    where b.alert_id = w.alert_id and b.block_no = w.block_no
  `)
  await Promise.all([writing, moveProgress(tx, movesOf(changed))])
  for (const block of changed) block.wasWritten()
}

/** Summed by the key, for one statement can't meet a row twice. */
function movesOf(blocks: readonly Block[]): ProgressMove[] {
  const moves = new Map<string, ProgressMove & { delta: Record<string, number> }>()
  for (const { alertId, progress } of blocks) {
    for (const [carrierId, delta] of progress) {
      const key = `${alertId} ${carrierId}`
      let move = moves.get(key)
      if (move === undefined) moves.set(key, (move = { alertId, carrierId, delta: {} }))
      for (const [what, by] of Object.entries(delta)) {
        move.delta[what] = (move.delta[what] ?? 0) + by
      }
    }
  }
  return [...moves.values()]
}

/** By which areas and groups a block's recipients count: frozen. */
export interface BlockLabels {
  readonly areaNos: Buffer
  readonly groupSets: Buffer | null
  readonly groupLists: readonly (readonly number[])[] | null
}

/** A block with whom it holds, without a lock. */
export interface ReadBlock extends BlockLabels {
  readonly blockNo: number
  readonly textNo: number
  readonly phones: Buffer
  readonly contactIds: Buffer
  readonly block: Block
}

interface ReadRow extends Row {
  readonly text_no: number
  readonly phones: Buffer
  readonly contact_ids: Buffer
  readonly area_nos: Buffer
  readonly group_sets: Buffer | null
  readonly group_lists: number[][] | null
}

const everything = sql`${columns}, b.text_no, b.phones, b.contact_ids, b.area_nos, b.group_sets, b.group_lists`

const readBlockOf = (alertId: string, row: ReadRow): ReadBlock => ({
  blockNo: row.block_no,
  textNo: row.text_no,
  phones: row.phones,
  contactIds: row.contact_ids,
  areaNos: row.area_nos,
  groupSets: row.group_sets,
  groupLists: row.group_lists,
  block: new Block(blockOf(alertId, row)),
})

/** What it takes to send to a block's recipients, without a lock. */
export interface SendableBlock {
  readonly textNo: number
  readonly phones: Buffer
  readonly block: Block
}

export async function findBlocks(
  db: Database,
  alertId: string,
  blockNos: readonly number[],
): Promise<ReadonlyMap<number, SendableBlock>> {
  const rows = await db.execute<Row & { text_no: number; phones: Buffer }>(sql`
    select ${columns}, b.text_no, b.phones from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no = any(${numberArray(blockNos)}::int[])
  `)
  const sendable = (row: (typeof rows)[number]): SendableBlock => ({
    textNo: row.text_no,
    phones: row.phones,
    block: new Block(blockOf(alertId, row)),
  })
  return new Map(rows.map(row => [row.block_no, sendable(row)]))
}

/** An alert's blocks in order, from the one that holds `fromSeq`. */
export async function readBlocks(
  db: Database,
  alertId: string,
  fromSeq: number,
  limit: number,
): Promise<ReadBlock[]> {
  const rows = await db.execute<ReadRow>(sql`
    select ${everything} from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no + b.size > ${fromSeq}::int
    order by b.block_no limit ${limit}
  `)
  return rows.map(row => readBlockOf(alertId, row))
}

/** A block, and who of it had a letter that may have left. */
export interface TouchedBlock extends ReadBlock {
  readonly byLetter: ReadonlySet<number>
}

/**
 * An alert's blocks in order, behind the one given, of those alone of which something has become of somebody.
 *
 * @returns with `byLetter` as offsets
 */
export async function readTouchedBlocks(
  db: Database,
  alertId: string,
  afterBlockNo: number,
  limit: number,
): Promise<TouchedBlock[]> {
  const rows = await db.execute<ReadRow & { by_letter: number[] | null }>(sql`
    select ${everything}, l.by_letter from blocks b
      left join lateral (
        select array_agg(seq - b.block_no) as by_letter from letters
        where alert_id = b.alert_id and seq between b.block_no and b.block_no + b.size - 1
          and (state in ('sent', 'unknown') or possible_duplicate)
      ) l on true
    where b.alert_id = ${alertId}::uuid and b.block_no > ${afterBlockNo}::int
      and (b.records <> '' or l.by_letter is not null)
    order by b.block_no limit ${limit}
  `)
  return rows.map(row => ({
    ...readBlockOf(alertId, row),
    byLetter: new Set(row.by_letter ?? []),
  }))
}

/** E.164 with `+`. */
export function phoneAt(phones: Buffer, offset: number): string {
  return `+${phoneNumberAt(phones, offset)}`
}

/** E.164's digits as a number: at most 15 of them, which a double holds exactly. */
export function phoneNumberAt(phones: Buffer, offset: number): number {
  return phones.readUInt32BE(offset * PHONE) * 2 ** 32 + phones.readUInt32BE(offset * PHONE + 4)
}

export function contactIdAt(contactIds: Buffer, offset: number): string {
  const at = offset * CONTACT_ID
  const hex = contactIds.toString('hex', at, at + CONTACT_ID)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The first area that holds a recipient, −1 where none does, and the groups. */
export function labelsAt(
  { areaNos, groupSets, groupLists }: BlockLabels,
  offset: number,
): { readonly areaNo: number; readonly groupNos: readonly number[] } {
  const groupNos = groupSets === null ? undefined : groupLists?.[groupSets.readUInt16BE(offset * 2)]
  return { areaNo: areaNos.readInt16BE(offset * 2), groupNos: groupNos ?? [] }
}
