/**
 * What is held against what: the simulated phones' own list against what was approved, Tocsin's deliveries against
 * that list, its counters against its rows.
 */
import type { Progress, Tally } from '../../src/reports/progress.ts'
import { recount } from '../../src/reports/recount.ts'
import { judge, type ListMark } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { deliveriesOf } from '../rehearsal.ts'
import type { Installation } from './installation.ts'
import { textsOf, type Valley } from './valley.ts'
import type { Witness } from './witness.ts'

/** What one fault, injected into a whole system, came to. */
export interface Entry {
  readonly fault: string
  readonly what: string
  /** Read out in order. */
  readonly counts: Readonly<Record<string, number | string>>
  /** What should not have been; empty: it holds. */
  readonly wrong: readonly string[]
}

export interface Settled {
  readonly recipients: number
  readonly reached: number
  readonly refused: number
  readonly stated: number
  readonly lost: number
  readonly copies: number
  readonly marked: number
  readonly unmarked: number
  readonly unknown: number
  readonly frames: number
  readonly replies: number
}

export interface Account {
  readonly installation: Installation
  readonly simulator: Simulator
  readonly alertId: string
  readonly valley: Valley
  readonly since: ListMark
  readonly witness: Witness
  /** How many may have got it twice at the most: the exposure of each death. */
  readonly mostCopies: number
}

/** Everybody has an end, and the carriers owe nothing more: no receipt, no answer. */
export async function untilSettled(
  { installation, simulator, alertId }: Account,
  ms: number,
): Promise<void> {
  const deadline = performance.now() + ms
  const asking = `/v1/alerts/${alertId}/progress`
  for (let quiet = 0; quiet < 3;) {
    const progress = await installation.author.client.get<Progress>(asking).catch(() => undefined)
    const isOver =
      progress !== undefined &&
      ['sent', 'expired', 'stopped'].includes(progress.state) &&
      progress.queued + progress.submitted === 0
    quiet = isOver && simulator.stats().owed === 0 ? quiet + 1 : 0
    if (performance.now() > deadline) {
      throw new Error(
        `not settled within ${ms / 1000} s: ${JSON.stringify(progress)}, ${simulator.stats().owed} owed by the carriers`,
      )
    }
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

/** Holds everything against everything once an alert is settled. */
export async function settle(
  account: Account,
): Promise<{ readonly settled: Settled; readonly wrong: string[] }> {
  const { installation, simulator, alertId, valley, since, witness, mostCopies } = account
  const { client } = installation.author
  await witness.stop()
  const progress = await client.get<Progress>(`/v1/alerts/${alertId}/progress`)
  const tally = await client.get<Tally>(`/v1/alerts/${alertId}/tally`)
  const deliveries = await deliveriesOf(client, alertId)
  const verdict = judge(simulator.list, textsOf(valley), since)

  const wrong = [...witness.wrong]
  const none = (count: number, what: string) => {
    if (count > 0) wrong.push(`${count} ${what}`)
  }
  const same = (ours: number, theirs: number, what: string) => {
    if (ours !== theirs) wrong.push(`${what}: ${ours}, by the phones ${theirs}`)
  }
  const marked = new Set(deliveries.filter(d => d.possibleDuplicate).map(d => d.phone))
  const unmarked = verdict.twice.filter(phone => !marked.has(phone))
  const endless = deliveries.filter(d => d.state === 'queued' || d.state === 'submitted')
  const stated = new Set(
    deliveries
      .filter(d => ['failed', 'unknown', 'expired', 'cancelled'].includes(d.state))
      .map(d => d.phone),
  )
  const lost = verdict.missed.filter(phone => !stated.has(phone))
  none(lost.length, 'got nothing, and no failure is stated')
  none(endless.length, 'have no end')
  none(countAstray(simulator, textsOf(valley), since), 'messages that nobody had approved')
  none(unmarked.length, 'got it twice without a mark')
  same(deliveries.length, valley.people.length, 'deliveries')
  same(progress.recipients, valley.people.length, 'recipients')
  same(progress.possibleDuplicates, marked.size, 'possible duplicates against the rows’ marks')
  if (verdict.extraCopies > mostCopies) {
    wrong.push(`${verdict.extraCopies} copies too many: at most ${mostCopies} were exposed`)
  }
  if (marked.size > mostCopies) {
    wrong.push(`${marked.size} marked: at most ${mostCopies} were exposed`)
  }
  same(tally.replied, verdict.tally.replied, 'replied')
  same(tally.other, verdict.tally.other, 'other replies')
  same(tally.optedOut, verdict.tally.optedOut, 'opted out')
  for (const { code, label, count } of tally.byOption) {
    same(count, verdict.tally.byOption[code] ?? 0, label)
  }
  none(verdict.unacknowledged, 'answers were never acknowledged')
  wrong.push(...(await driftOf(installation, alertId)))
  if (witness.frames === 0) wrong.push('nobody saw a frame')
  return {
    settled: {
      recipients: progress.recipients,
      reached: verdict.reached,
      refused: verdict.refused.length,
      stated: stated.size,
      lost: lost.length,
      copies: verdict.extraCopies,
      marked: marked.size,
      unmarked: unmarked.length,
      unknown: progress.unknown,
      frames: witness.frames,
      replies: verdict.tally.replied,
    },
    wrong,
  }
}

/**
 * Messages that are neither the alert to one of its own people nor the answer to a phone that had said STOP or HELP.
 * Such an answer may come twice, and after the run: whose dispatcher dies has it from another half a minute later.
 */
function countAstray(
  { list }: Simulator,
  texts: ReadonlyMap<string, string>,
  since: ListMark,
): number {
  const alertTexts = new Set(texts.values())
  let astray = 0
  for (let i = since.messages; i < list.messages; i++) {
    const { phone, text } = list.message(i)
    if (texts.get(phone) === text) continue
    const hasAsked = list
      .answersOf(phone)
      .some(({ meaning }) => /^(?:optOut$|optIn$|help)/.test(meaning))
    if (alertTexts.has(text) || !hasAsked) astray++
  }
  return astray
}

/** Where counters and rows differ, in one snapshot: at any moment, in the midst of sending too. */
export async function driftOf(
  { database }: Pick<Installation, 'database'>,
  alertId: string,
): Promise<string[]> {
  const { progress, tallies } = await database.db.transaction(tx => recount(tx, alertId), {
    isolationLevel: 'repeatable read',
    accessMode: 'read only',
  })
  const differs = (what: string, { counters, rows }: { counters: unknown; rows: unknown }) => {
    const [ours, counted] = [JSON.stringify(counters), JSON.stringify(rows)]
    return ours === counted ? [] : [`${what} say ${ours}, the rows ${counted}`]
  }
  return [...differs('counters', progress), ...differs('tallies', tallies)]
}

/** One line a fault, and under it what is wrong. */
export function printEntry({ fault, what, counts, wrong }: Entry): string {
  const figures = Object.entries(counts).map(
    ([name, count]) => `${name} ${typeof count === 'number' ? count.toLocaleString('en') : count}`,
  )
  const verdict = wrong.length === 0 ? 'held' : 'NOT HELD'
  const lines = [`${fault.padEnd(4)} ${what}: ${verdict}`, `     ${figures.join(' · ')}`]
  return [...lines, ...wrong.map(one => `     WRONG  ${one}`)].join('\n')
}
