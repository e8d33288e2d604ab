/**
 * What a rule would do with what its feed brought last: the very steps of the poller, on the messages as they came and
 * by the clock of when they came, all of it undone.
 */
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { findFeed } from '../store/cap-feeds.ts'
import { type Database, transactAndUndo } from '../store/database.ts'
import { type FeedMessageRow, findFeedMessage, listFeedMessages } from '../store/feed-messages.ts'
import { holdFeedRule } from '../store/feed-rules.ts'
import { forgetImportedMessage } from '../store/imported-messages.ts'
import type { Rule } from './rule.ts'
import { noFeed, putRule, refuseFaultyRule } from './rules.ts'
import { type Reason, reasonsOf, writeByRule } from './submit-by-rule.ts'

/** A message, and what would become of it now. */
export interface Tried extends Pick<
  FeedMessageRow,
  'id' | 'sender' | 'identifier' | 'sent' | 'at' | 'alertId'
> {
  readonly became: 'submitted' | 'draft'
  readonly reasons: readonly Reason[]
}

/**
 * @param proposed undefined: the rule as it stands
 * @returns the newest message first
 * @throws AppError `not_found`, `invalid_feed` of a proposed rule that could not be written
 */
export async function tryRule(
  db: Database,
  masterKey: Uint8Array,
  by: { readonly operator: Operator; readonly now: Date },
  feedId: string,
  proposed: Rule | undefined,
): Promise<Tried[]> {
  return transactAndUndo(db, async tx => {
    const feed = await findFeed(tx, feedId)
    if (feed === undefined) throw noFeed()
    if (proposed !== undefined) {
      await refuseFaultyRule(tx, feed, proposed, by.now)
      await putRule(tx, masterKey, feed, proposed, { writtenBy: by.operator.id, now: by.now })
    }
    const held = await holdFeedRule(tx, feedId)
    if (held === undefined) throw new AppError('not_found', 'the feed has no rule')
    const tried: Tried[] = []
    for (const { became: _then, reasons: _why, ...kept } of await listFeedMessages(tx, feedId)) {
      const reasons = await transactAndUndo(tx, async step => {
        const { xml } = (await findFeedMessage(step, kept.id))!
        await forgetImportedMessage(step, kept)
        try {
          await writeByRule(step, held, { feedId, masterKey, xml, now: kept.at })
          return []
        } catch (error) {
          return reasonsOf(error)
        }
      })
      tried.push({ ...kept, became: reasons.length === 0 ? 'submitted' : 'draft', reasons })
    }
    return tried
  })
}
