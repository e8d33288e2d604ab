import { sql } from 'drizzle-orm'
import { labelsAt, readBlocks } from './blocks.ts'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { readReplies } from './replies.ts'
import { NO_CARRIER, NOBODY, slot, type RecipientCounts } from './progress.ts'

/** A count of recipients by what they replied; `dimension` and `key` say of which of them. */
export interface TallyCount {
  readonly dimension: 'total' | 'area' | 'group'
  /** Index of the signed area or group; 0 for `total`. */
  readonly key: number
  /** An option's code, `other`, `optedOut`, or `recipients`: how many there are. */
  readonly option: string
  readonly count: number
}

/** An alert's counters; those that stand at nothing are left out. */
export async function readTallies(db: Database, alertId: string): Promise<TallyCount[]> {
  return await db.execute<TallyCount & Record<string, unknown>>(sql`
    select dimension, key, option, sum(count)::int as count from tallies
    where alert_id = ${alertId}::uuid
    group by dimension, key, option having sum(count) <> 0
    order by dimension, key, option
  `)
}

export interface TallyMove extends TallyCount {
  readonly alertId: string
}

/** Adds to counters, in the order of their keys, so that two writers lock alike. `count` is by how much. */
export async function moveTallies(tx: Database, moves: readonly TallyMove[]): Promise<void> {
  if (moves.length === 0) return
  await tx.execute(sql`
    insert into tallies as t (alert_id, dimension, key, option, slot, count)
    select alert_id, dimension, key, option, ${slot}, sum(n)
    from unnest(
        ${arrayLiteral(moves.map(move => move.alertId))}::uuid[],
        ${arrayLiteral(moves.map(move => move.dimension))}::text[],
        ${numberArray(moves.map(move => move.key))}::smallint[],
        ${arrayLiteral(moves.map(move => move.option))}::text[],
        ${numberArray(moves.map(move => move.count))}::int[]
      ) as m(alert_id, dimension, key, option, n)
    group by alert_id, dimension, key, option having sum(n) <> 0
    order by alert_id, dimension, key, option
    on conflict (alert_id, dimension, key, option, slot) do update set count = t.count + excluded.count
  `)
}

/** What the counters must say, counted from the rows; segments handed over can't be. */
export interface RowCounts {
  readonly progress: ReadonlyMap<string, RecipientCounts>
  readonly tallies: TallyCount[]
}

/** Blocks read at once. */
const PAGE = 50

/** Counts an alert's recipients one by one. */
export async function countRows(db: Database, alertId: string): Promise<RowCounts> {
  const progress = new Map<string, { -readonly [K in keyof RecipientCounts]: number }>()
  const tallies = new Map<string, { -readonly [K in keyof TallyCount]: TallyCount[K] }>()
  const tally = (dimension: TallyCount['dimension'], key: number, option: string) => {
    const place = `${dimension} ${key} ${option}`
    const known = tallies.get(place)
    if (known === undefined) tallies.set(place, { dimension, key, option, count: 1 })
    else known.count++
  }
  for (let from = 1; ;) {
    const page = await readBlocks(db, alertId, from, PAGE)
    const last = page.at(-1)
    if (last === undefined) break
    const end = last.blockNo + last.block.size
    const replies = await readReplies(db, alertId, from, end - 1)
    from = end
    for (const { blockNo, block, areaNos, groupSets, groupLists } of page) {
      for (let offset = 0; offset < block.size; offset++) {
        const count = (carrierId: string, what: keyof RecipientCounts) => {
          const counts = progress.get(carrierId) ?? { ...NOBODY }
          progress.set(carrierId, counts)
          counts[what]++
        }
        const state = block.state(offset)
        if (state !== 'queued') count(block.carrier(offset) ?? NO_CARRIER, state)
        if (block.isPossibleDuplicate(offset)) count(NO_CARRIER, 'possibleDuplicates')
        const reply = replies.get(blockNo + offset)
        const spread = (dimension: TallyCount['dimension'], key: number) => {
          if (dimension !== 'total') tally(dimension, key, 'recipients')
          if (reply?.option !== undefined) tally(dimension, key, reply.option)
          if (reply?.optedOut === true) tally(dimension, key, 'optedOut')
        }
        spread('total', 0)
        const { areaNo, groupNos } = labelsAt({ areaNos, groupSets, groupLists }, offset)
        if (areaNo >= 0) spread('area', areaNo)
        for (const groupNo of groupNos) spread('group', groupNo)
      }
    }
  }
  return {
    progress,
    tallies: [...tallies.values()].toSorted(byPlace),
  }
}

const byPlace = (a: TallyCount, b: TallyCount) => {
  if (a.dimension !== b.dimension) return a.dimension < b.dimension ? -1 : 1
  return a.key === b.key ? (a.option < b.option ? -1 : 1) : a.key - b.key
}
