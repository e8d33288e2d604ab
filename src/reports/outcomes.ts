/** What has become of an alert's recipients, counted in one pass over them. */
import type { AlertRow } from '../store/alerts.ts'
import type { Block, DeliveryState } from '../store/block.ts'
import type { Database } from '../store/database.ts'
import { readKeptOutcomes } from '../store/deleted-recipients.ts'
import { type OutcomePage, readDemands, readOutcomes, type RouteDemand } from '../store/outcomes.ts'
import type { ReplyState } from '../store/replies.ts'
import { Durations } from './durations.ts'

/**
 * How far recipients were reached. `reached`, `failed`, `unknown` and `notSent` exclude each other and add up to
 * `recipients`; the others say how far up the ladder so many came.
 */
export interface Reach {
  readonly recipients: number
  /** Handed to a carrier at least once, or nobody can say that it was not. */
  readonly attempted: number
  /** A carrier has answered that it took the message. */
  readonly taken: number
  /** The handset's receipt has come. */
  readonly confirmed: number
  readonly answered: number
  /** Confirmed, or answered without: known to have it. */
  readonly reached: number
  readonly failed: number
  /** It may have left, and nothing has come back. */
  readonly unknown: number
  /** Waiting, out of time, or stopped. */
  readonly notSent: number
}

export const NOBODY: Reach = {
  recipients: 0,
  attempted: 0,
  taken: 0,
  confirmed: 0,
  answered: 0,
  reached: 0,
  failed: 0,
  unknown: 0,
  notSent: 0,
}

export interface Cause {
  readonly state: DeliveryState
  readonly reason: string | null
  readonly carrierId: string | null
  readonly recipients: number
}

export interface Outcomes {
  readonly total: Reach
  /** By the index of the signed area; −1: reached through groups alone. */
  readonly byArea: ReadonlyMap<number, Reach>
  /** Undefined: of those that no carrier has. */
  readonly byCarrier: ReadonlyMap<string | undefined, Reach>
  /** By the number of the signed text. */
  readonly byText: ReadonlyMap<number, { readonly recipients: number; readonly segments: number }>
  /** Why recipients were not reached, the most frequent first. */
  readonly causes: readonly Cause[]
  /** Since the dispatch, in milliseconds. */
  readonly times: {
    readonly submitted: Durations
    readonly delivered: Durations
    readonly answered: Durations
  }
}

type Counting = { -readonly [Count in keyof Reach]: number }

/** A carrier may make up reasons without end; past this many all else is one. */
const MOST_CAUSES = 1_000

/** What is counted of an alert's recipients, whether they are still there or not. */
export interface CountedRecipients {
  readonly outcomes: Outcomes
  /** What the carriers were asked for. */
  readonly demands: readonly RouteDemand[]
}

/** Of an alert whose recipients were deleted it is what was counted then. */
export async function countOutcomes(
  db: Database,
  alert: Pick<AlertRow, 'id' | 'createdAt' | 'dispatchedAt' | 'recipientsDeletedAt'>,
): Promise<CountedRecipients> {
  const { id, createdAt, dispatchedAt, recipientsDeletedAt } = alert
  if (recipientsDeletedAt !== null) {
    return outcomesKept((await readKeptOutcomes(db, id)) as KeptOutcomes)
  }
  const outcomes = await countPages(readOutcomes(db, id), dispatchedAt ?? createdAt)
  return { outcomes, demands: await readDemands(db, id) }
}

/** Counts blocks, one after the other. */
export async function countPages(
  pages: AsyncIterable<OutcomePage> | Iterable<OutcomePage>,
  dispatchedAt: Date,
): Promise<Outcomes> {
  const total: Counting = { ...NOBODY }
  const byArea = new Map<number, Counting>()
  const byCarrier = new Map<string | undefined, Counting>()
  const byText = new Map<number, { recipients: number; segments: number }>()
  const causes = new Map<string, { -readonly [Part in keyof Cause]: Cause[Part] }>()
  const times = {
    submitted: new Durations(),
    delivered: new Durations(),
    answered: new Durations(),
  }
  const since = dispatchedAt.getTime()
  for await (const { blocks, replies } of pages) {
    for (const { blockNo, textNo, block, areaNos } of blocks) {
      const text = placeOf(byText, textNo, () => ({ recipients: 0, segments: 0 }))
      text.recipients += block.size
      text.segments += block.size * block.segments
      for (let offset = 0; offset < block.size; offset++) {
        const reply = replies.get(blockNo + offset)
        const found = rungsOf(block, offset, reply)
        const carrier = block.carrier(offset)
        climb(total, found)
        climb(placeOf(byArea, areaNos.readInt16BE(offset * 2), nobody), found)
        climb(placeOf(byCarrier, carrier, nobody), found)
        noteTimes(times, since, block, offset, found, reply)
        if (NOT_REACHED.has(block.state(offset))) noteCause(causes, block, offset)
      }
    }
  }
  return {
    total,
    byArea,
    byCarrier,
    byText,
    causes: [...causes.values()].toSorted((a, b) => b.recipients - a.recipients),
    times,
  }
}

const nobody = (): Counting => ({ ...NOBODY })

function placeOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

interface Rungs {
  readonly attempted: boolean
  readonly taken: boolean
  readonly confirmed: boolean
  readonly answered: boolean
  readonly end: 'reached' | 'failed' | 'unknown' | 'notSent'
}

function rungsOf(block: Block, offset: number, reply: ReplyState | undefined): Rungs {
  const state = block.state(offset)
  const confirmed = state === 'delivered'
  const answered = reply?.option !== undefined
  const mayHaveLeft = block.mayHaveLeft(offset)
  return {
    attempted: mayHaveLeft || block.attempts(offset) > 0,
    taken: confirmed || state === 'submitted' || (state === 'failed' && cameBack(block, offset)),
    confirmed,
    answered,
    end:
      confirmed || answered
        ? 'reached'
        : state === 'failed'
          ? 'failed'
          : state === 'submitted' || state === 'unknown' || block.isPossibleDuplicate(offset)
            ? 'unknown'
            : 'notSent',
  }
}

/** It failed after it had been taken: what a carrier refuses is submitted and ended in one. */
function cameBack(block: Block, offset: number): boolean {
  const [submittedAt, finalAt] = [block.submittedAt(offset), block.finalAt(offset)]
  return submittedAt !== undefined && finalAt !== undefined && finalAt > submittedAt
}

function climb(counts: Counting, rungs: Rungs): void {
  counts.recipients++
  if (rungs.attempted) counts.attempted++
  if (rungs.taken) counts.taken++
  if (rungs.confirmed) counts.confirmed++
  if (rungs.answered) counts.answered++
  counts[rungs.end]++
}

function noteTimes(
  times: Outcomes['times'],
  since: number,
  block: Block,
  offset: number,
  { taken, confirmed, answered }: Rungs,
  reply: ReplyState | undefined,
): void {
  const note = (durations: Durations, at: Date | undefined) => {
    if (at !== undefined) durations.add(at.getTime() - since)
  }
  if (taken) note(times.submitted, block.submittedAt(offset))
  if (confirmed) note(times.delivered, block.finalAt(offset))
  if (answered) note(times.answered, reply?.repliedAt)
}

const NOT_REACHED: ReadonlySet<DeliveryState> = new Set([
  'failed',
  'unknown',
  'expired',
  'cancelled',
])

function noteCause(
  causes: Map<string, { -readonly [Part in keyof Cause]: Cause[Part] }>,
  block: Block,
  offset: number,
): void {
  const state = block.state(offset)
  const isFull = causes.size >= MOST_CAUSES
  // What ran out of time or was stopped says so: why an earlier try went wrong is not why.
  const own = state === 'expired' || state === 'cancelled' ? undefined : block.reason(offset)
  const reason = isFull ? null : (own ?? null)
  const carrierId = isFull ? null : (block.carrier(offset) ?? null)
  const key = `${state} ${carrierId ?? ''} ${reason ?? ''}`
  placeOf(causes, key, () => ({ state, reason, carrierId, recipients: 0 })).recipients++
}

type Counts = ReturnType<Durations['toJSON']>

/** As JSON: what stays once the recipients are deleted. */
export interface KeptOutcomes {
  readonly total: Reach
  readonly byArea: readonly (readonly [areaNo: number, reach: Reach])[]
  /** Null: of those that no carrier has. */
  readonly byCarrier: readonly (readonly [carrierId: string | null, reach: Reach])[]
  readonly byText: readonly (readonly [
    textNo: number,
    counts: { readonly recipients: number; readonly segments: number },
  ])[]
  readonly causes: readonly Cause[]
  readonly times: { readonly [Time in keyof Outcomes['times']]: Counts }
  readonly demands: readonly RouteDemand[]
}

export function outcomesToKeep({ outcomes, demands }: CountedRecipients): KeptOutcomes {
  const { total, byArea, byCarrier, byText, causes, times } = outcomes
  return {
    total,
    byArea: [...byArea],
    byCarrier: [...byCarrier].map(([id, reach]) => [id ?? null, reach]),
    byText: [...byText],
    causes,
    times: {
      submitted: times.submitted.toJSON(),
      delivered: times.delivered.toJSON(),
      answered: times.answered.toJSON(),
    },
    demands,
  }
}

function outcomesKept({ byArea, byCarrier, byText, times, demands, ...kept }: KeptOutcomes) {
  return {
    outcomes: {
      total: kept.total,
      byArea: new Map(byArea),
      byCarrier: new Map(byCarrier.map(([id, reach]) => [id ?? undefined, reach])),
      byText: new Map(byText),
      causes: kept.causes,
      times: {
        submitted: Durations.of(times.submitted),
        delivered: Durations.of(times.delivered),
        answered: Durations.of(times.answered),
      },
    },
    demands,
  }
}
