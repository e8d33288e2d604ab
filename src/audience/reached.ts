/**
 * Whom alerts that were sent may have reached: by the phones of their own recipients, as they were planned then, and
 * not by what contacts say now. A contact that has moved, changed or gone since is still reached on the phone that
 * got the alert, unless that phone has opted out.
 */
import type { AlertContent } from '../cap/content.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import {
  labelsAt,
  phoneAt,
  phoneNumberAt,
  readTouchedBlocks,
  type ReadBlock,
} from '../store/blocks.ts'
import { optedOutPhones, type OptOutRule } from '../store/opt-out-rule.ts'
import type { Database } from '../store/database.ts'
import { readReplies } from '../store/replies.ts'

/** Blocks read at once: few, for the first of them are waited for. */
const PAGE = { first: 4, then: 100 }

/** Those of a block whom its message may have reached. */
export interface ReachedHere {
  readonly read: ReadBlock
  readonly offsets: readonly number[]
}

/**
 * Everyone whom one alert may have reached so far, as a text or as a letter, in the order in which they were planned;
 * or of these who have not answered it. Who may have said something that people must read has answered.
 */
export async function* readReached(
  db: Database,
  alertId: string,
  only: AlertContent['only'],
): AsyncGenerator<ReachedHere> {
  let limit = PAGE.first
  for (let after = 0; ;) {
    const page = await readTouchedBlocks(db, alertId, after, limit)
    for (const read of page) {
      const { block, byLetter } = read
      const offsets: number[] = []
      const { blockNo } = block
      const replies =
        only !== 'noReply'
          ? undefined
          : await readReplies(db, alertId, blockNo, blockNo + block.size - 1)
      for (let offset = 0; offset < block.size; offset++) {
        if (replies?.get(blockNo + offset)?.option !== undefined) continue
        if (block.mayHaveLeft(offset) || byLetter.has(offset)) offsets.push(offset)
      }
      if (offsets.length > 0) yield { read, offsets }
    }
    const last = page.at(-1)
    if (last === undefined || page.length < limit) return
    after = last.blockNo
    limit = PAGE.then
  }
}

/** An alert that was sent, and the language of each of its texts. */
export interface SentBefore {
  readonly id: string
  /** By the text's number. */
  readonly languages: readonly string[]
}

/** Reached people alike in all that decides their text, their tally and their way. */
interface ReachedKind {
  readonly areaNo: number
  readonly groupNos: readonly number[]
  /** In which they got the alert. */
  readonly language: string | undefined
  /** The longest of the given prefixes that begins their phones, '' where none does. */
  readonly prefix: string
  readonly recipients: number
}

export interface ReachedEstimate {
  /** Everyone whom any of the alerts may have reached, opted out since or not. */
  readonly reached: number
  readonly optedOut: number
  /** Those of them who are not reached anyway, and have not opted out. */
  readonly kinds: readonly ReachedKind[]
}

/**
 * Counts whom alerts may have reached.
 *
 * @param anyway phones that are reached without that
 */
export async function estimateReached(
  db: Database,
  alerts: readonly SentBefore[],
  optOuts: OptOutRule,
  anyway: PhoneSet,
  prefixes: readonly string[],
  only?: AlertContent['only'],
): Promise<ReachedEstimate> {
  const longestFirst = prefixes.toSorted((a, b) => b.length - a.length)
  const barred = await optedOutPhones(db, optOuts)
  const kinds = new Map<string, { -readonly [K in keyof ReachedKind]: ReachedKind[K] }>()
  let seen = PhoneSet.of([])
  let [reached, optedOut] = [0, 0]
  for (const { id, languages } of alerts) {
    const here: number[] = []
    for await (const { read, offsets } of readReached(db, id, only)) {
      for (const offset of offsets) {
        const number = phoneNumberAt(read.phones, offset)
        if (seen.has(number)) continue
        here.push(number)
        if (barred.has(number)) optedOut++
        if (barred.has(number) || anyway.has(number)) continue
        const phone = phoneAt(read.phones, offset)
        const prefix = longestFirst.find(one => phone.startsWith(one)) ?? ''
        const { areaNo, groupNos } = labelsAt(read, offset)
        const language = languages[read.textNo]
        const key = `${language} ${prefix} ${areaNo} ${groupNos.join()}`
        const kind = kinds.get(key)
        if (kind !== undefined) kind.recipients++
        else kinds.set(key, { areaNo, groupNos, language, prefix, recipients: 1 })
      }
    }
    reached += here.length
    if (alerts.length > 1) seen = seen.with(here)
  }
  return { reached, optedOut, kinds: [...kinds.values()] }
}
