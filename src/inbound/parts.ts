/**
 * Long texts of phones come in parts: on any bind of any process, in any order, twice, or not all of them. So
 * each part is written where all processes find it, and is acknowledged then, like any other message; who writes
 * the last one records the text. One that is not whole after `PATIENCE_MS` is recorded as what came of it.
 *
 * What has been recorded is known for a while, for a carrier may send again what was acknowledged. A phone uses
 * its references again: another text in a place that is taken begins anew, and what there was is recorded as it
 * stands.
 */
import type { Reply } from '../carriers/carrier.ts'
import type { Database } from '../store/database.ts'
import {
  dropTextsInParts,
  lockOverdueTexts,
  lockTextsInParts,
  writeTextsInParts,
  type Gathered,
  type TextInParts,
} from '../store/texts-in-parts.ts'

const PATIENCE_MS = 5 * 60_000
const KEPT_MS = 10 * 60_000

export interface ReceivedText {
  readonly phone: string
  /** Our number. */
  readonly to: string
  readonly text: string
  /** Absent: it is whole. */
  readonly part?: { readonly key: string; readonly total: number; readonly no: number }
  readonly id?: string | undefined
  readonly meaning?: Reply['meaning'] | undefined
}

export interface WholeText {
  readonly phone: string
  readonly to: string
  readonly text: string
  /** Parts of it never came. */
  readonly partial: boolean
  /** The carrier's own, and what it took it for. */
  readonly id?: string | undefined
  readonly meaning?: Reply['meaning'] | undefined
}

/** Writes the parts among what was received. @returns what is whole now, or is given up, in the order in which it came */
export async function joinParts(
  tx: Database,
  carrierId: string,
  received: readonly ReceivedText[],
  now: Date,
): Promise<WholeText[]> {
  const keys = received.flatMap(({ phone, to, part }) =>
    part === undefined ? [] : [{ phone, to, ...part }],
  )
  const gathered = new Map<string, Gathered>()
  if (keys.length > 0) {
    for (const text of await lockTextsInParts(tx, carrierId, keys, now)) {
      gathered.set(keyOf(text), text)
    }
  }
  const changed = new Set<Gathered>()
  const whole = received.flatMap(({ part, ...one }): WholeText[] => {
    if (part === undefined) return [{ ...one, partial: false }]
    const { phone, to, text } = one
    const of = gathered.get(keyOf({ phone, to, ...part }))!
    changed.add(of)
    return putInPlace(of, part.no, text, now)
  })
  await writeTextsInParts(tx, carrierId, [...changed])
  return whole
}

/**
 * Gives up texts that have been waited for long enough, and forgets those that were recorded long ago; the oldest,
 * some at a time. Run inside a transaction.
 *
 * @returns what came of those given up, and whether there may be more
 */
export async function giveUpParts(
  tx: Database,
  carrierId: string,
  now: Date,
  limit: number,
): Promise<{ readonly texts: readonly WholeText[]; readonly more: boolean }> {
  const before = (ms: number) => new Date(now.getTime() - ms)
  const overdue = await lockOverdueTexts(
    tx,
    carrierId,
    { waiting: before(PATIENCE_MS), kept: before(KEPT_MS) },
    limit,
  )
  const givenUp = overdue.filter(text => !text.joined)
  const texts = givenUp.map(text => record(text, now))
  await writeTextsInParts(tx, carrierId, givenUp)
  await dropTextsInParts(
    tx,
    carrierId,
    overdue.filter(text => !givenUp.includes(text)),
  )
  return { texts, more: overdue.length === limit }
}

const keyOf = ({ phone, to, key, total }: TextInParts) => `${phone} ${to} ${key} ${total}`

/** @returns what is to be recorded by that: nothing, the whole text, what there was of another, or both */
function putInPlace(of: Gathered, no: number, text: string, now: Date): WholeText[] {
  const there = of.parts[no - 1] ?? null
  if (there === text) return []
  const recorded: WholeText[] = []
  if (there !== null || of.joined) {
    if (!of.joined) recorded.push(record(of, now))
    of.parts = []
    of.joined = false
    of.since = now.getTime()
  }
  while (of.parts.length < of.total) of.parts.push(null)
  of.parts[no - 1] = text
  if (!of.parts.includes(null)) recorded.push(record(of, now))
  return recorded
}

function record(of: Gathered, now: Date): WholeText {
  const { phone, to, parts } = of
  of.joined = true
  of.since = now.getTime()
  return { phone, to, text: parts.join(''), partial: parts.includes(null) }
}
