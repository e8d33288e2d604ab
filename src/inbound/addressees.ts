/**
 * Which alerts a phone may answer when it writes to one of our numbers: those that may have reached it by now, and of
 * these the ones that ask and are open, if there are any; else the newest of all.
 */
import type { ReplyOption } from '../cap/alert.ts'
import { normaliseAnswer } from '../cap/keywords.ts'
import { type AlertContent, readContent } from '../cap/content.ts'
import { describeError, log } from '../log.ts'
import type { Database } from '../store/database.ts'
import {
  readContents,
  readMarked,
  readSourceAddresses,
  readStandings,
  type Asked,
  type Standing,
} from '../store/inbound.ts'
import { offsetsOf } from '../store/ranges.ts'
import { keyOfReplier } from '../store/replies.ts'
import type { Recipient } from './recipients.ts'

/** An alert that may have reached a phone, and so may be what it answers. */
interface Candidate {
  readonly recipient: Recipient
  readonly carrierId: string | undefined
  readonly reachedAt: number
}

/** What an alert asks. */
export interface Question {
  readonly options: readonly ReplyOption[]
  /** By which an answer names this alert among others, normalised. */
  readonly code: string | undefined
  /** Epoch milliseconds: what comes later is late. */
  readonly deadline?: number | undefined
  readonly quotaTexts?: AlertContent['replies']['quotaTexts']
}

export interface Addressee extends Question {
  readonly recipient: Recipient
}

export const lineOf = ({ phone, to }: Asked) => `${phone} ${to}`

/**
 * @param recipients by phone
 * @returns by phone and number (`lineOf`): the alert that is answered, then the others that are open; lines of phones
 * that no alert can have reached are missing
 */
export async function findAddressees(
  tx: Database,
  texts: readonly Asked[],
  recipients: ReadonlyMap<string, readonly Recipient[]>,
): Promise<ReadonlyMap<string, readonly Addressee[]>> {
  const everyone = [...recipients.values()].flat()
  const addressees = new Map<string, readonly Addressee[]>()
  if (everyone.length === 0) return addressees
  const questions = await readQuestions(tx, [...new Set(everyone.map(({ alert }) => alert.id))])
  const candidates = await findCandidates(tx, everyone)
  const sources = await readSourceAddresses(tx)
  for (const text of texts) {
    const line = lineOf(text)
    if (addressees.has(line)) continue
    const newestFirst = (recipients.get(text.phone) ?? [])
      .flatMap(recipient => candidates.get(recipient) ?? [])
      .toSorted((a, b) => b.reachedAt - a.reachedAt)
    const questionOf = ({ recipient }: Candidate) => questions.get(recipient.alert.id) ?? NOTHING
    const asking = newestFirst.filter(
      one => !one.recipient.alert.expired && questionOf(one).options.length > 0,
    )
    const eligible = asking.length > 0 ? asking : newestFirst
    const sameNumber = ({ carrierId }: Candidate) => {
      const source = carrierId === undefined ? undefined : sources.get(carrierId)
      return source === undefined || bare(source) === bare(text.to)
    }
    const chosen = eligible.find(sameNumber) ?? eligible[0]
    if (chosen === undefined) continue
    const others = asking.filter(one => one !== chosen)
    addressees.set(
      line,
      [chosen, ...others].map(one => ({ recipient: one.recipient, ...questionOf(one) })),
    )
  }
  return addressees
}

const NOTHING: Question = { options: [], code: undefined }

const bare = (number: string) => number.replace(/^\++/, '')

/**
 * Those whom their alert can have reached by now. A reply can be quicker than the result that says its message was
 * taken: so what lies under a range's mark counts as sent.
 */
async function findCandidates(
  tx: Database,
  recipients: readonly Recipient[],
): Promise<ReadonlyMap<Recipient, Candidate>> {
  const standings = new Map(
    (await readStandings(tx, recipients.map(placeOf))).map(one => [keyOf(one), one]),
  )
  const waiting = [...standings.values()].filter(one => one.state === 'queued' && !hasLeft(one))
  const marked = await findMarked(tx, waiting)
  // Who is no longer under a mark has perhaps its result by now: it may have come between the two looks.
  const again = waiting.filter(one => !marked.has(one))
  for (const one of await readStandings(tx, again)) standings.set(keyOf(one), one)
  const candidates = new Map<Recipient, Candidate>()
  for (const recipient of recipients) {
    const standing = standings.get(keyOf(placeOf(recipient)))
    if (standing === undefined || !(hasLeft(standing) || marked.has(standing))) continue
    const { carrierId, submittedAt } = standing
    const reachedAt = submittedAt ?? recipient.alert.dispatchedAt
    candidates.set(recipient, { recipient, carrierId, reachedAt })
  }
  return candidates
}

const placeOf = ({ alert, blockNo, offset }: Recipient) => ({ alertId: alert.id, blockNo, offset })
const keyOf = ({ alertId, blockNo, offset }: ReturnType<typeof placeOf>) =>
  keyOfReplier({ alertId, seq: blockNo + offset })

const hasLeft = ({ submittedAt, isPossibleDuplicate, state }: Standing) =>
  submittedAt !== undefined || isPossibleDuplicate || state === 'unknown'

/** Of those who wait, the ones under the mark of a range that still has them. */
async function findMarked(
  tx: Database,
  waiting: readonly Standing[],
): Promise<ReadonlySet<Standing>> {
  const marked = new Set<Standing>()
  for (const alertId of new Set(waiting.map(one => one.alertId))) {
    const here = waiting.filter(one => one.alertId === alertId)
    for (const range of await readMarked(tx, alertId, [...new Set(here.map(one => one.blockNo))])) {
      const offsets = new Set(offsetsOf(range))
      for (const one of here) {
        if (one.blockNo !== range.blockNo || one.generation !== range.generation) continue
        if (one.blockNo + one.offset <= range.hwm && offsets.has(one.offset)) marked.add(one)
      }
    }
  }
  return marked
}

/** What alerts ask. Their content is frozen from before the first message, so it is read once. */
const questionsRead = new Map<string, Question>()
const QUESTIONS_KEPT = 500

export async function readQuestions(
  tx: Database,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, Question>> {
  const missing = alertIds.filter(id => !questionsRead.has(id))
  if (missing.length > 0) {
    for (const [alertId, bytes] of await readContents(tx, missing)) {
      questionsRead.set(alertId, questionIn(alertId, bytes))
    }
  }
  const questions = new Map(alertIds.map(id => [id, questionsRead.get(id) ?? NOTHING]))
  for (const oldest of questionsRead.keys()) {
    if (questionsRead.size <= QUESTIONS_KEPT) break
    questionsRead.delete(oldest)
  }
  return questions
}

function questionIn(alertId: string, bytes: Uint8Array): Question {
  try {
    const { options, code, deadline, quotaTexts } = readContent(bytes).replies
    return {
      options,
      code: code === undefined ? undefined : normaliseAnswer(code),
      ...(deadline !== undefined && { deadline: Date.parse(deadline) }),
      ...(quotaTexts !== undefined && { quotaTexts }),
    }
  } catch (error) {
    // What people say must be kept also where an alert's bytes were damaged after it was sent.
    log.error({ alertId, code: describeError(error) }, 'an alert asks nothing that can be read')
    return NOTHING
  }
}
