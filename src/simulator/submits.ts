import { readSequence } from '../encoding/pdu-header.ts'
import { COMMAND_STATUS } from '../encoding/smpp.ts'
import type { Account } from './account.ts'
import type { Answers } from './answers.ts'
import { drawsFrom } from './draws.ts'
import type { Link } from './link.ts'
import type { Receipts } from './receipts.ts'
import type { Responses } from './responses.ts'
import { createSegmentReader } from './segment-reader.ts'
import { createSubmitView, readSubmit } from './submit.ts'
import type { Workings } from './workings.ts'

/** Takes or refuses the submit_sm in `frame[start..end)`, and sets going what follows from it. */
export type OnSubmit = (link: Link, frame: Buffer, start: number, end: number) => void

interface SubmitParts {
  readonly responses: Responses
  readonly receipts: Receipts
  readonly answers: Answers
  /** `counts`: they are read, judged, counted and answered, and no phone sees any. */
  readonly keep: 'list' | 'counts'
}

const S = COMMAND_STATUS
/** Refusals that are the carrier's last word on a phone: the sender did its part. */
const FINAL_REFUSALS: ReadonlySet<number> = new Set([
  S.ESME_RINVDSTADR,
  S.ESME_RINVNUMDESTS,
  S.ESME_RX_P_APPN,
  S.ESME_RX_R_APPN,
])

export function createSubmits(
  workings: Workings,
  { responses, receipts, answers, keep }: SubmitParts,
): OnSubmit {
  const { list, draw, seed } = workings
  const view = createSubmitView()
  const reader = createSegmentReader(workings)
  const keepsList = keep === 'list'
  let counted = 0

  const judge = (account: Account, at: number): number => {
    if (
      account.aboveLimit === 'throttle' &&
      account.takenSecond.within(at) >= account.segmentsPerSecond
    ) {
      return S.ESME_RTHROTTLED
    }
    const { errors } = workings.behaviour
    for (let i = 0; i < errors.length; i++) {
      const { status, share, of } = errors[i]!
      const code = COMMAND_STATUS[status]
      const drawn = of === 'messages' ? draw() : drawsFrom(seed, view.phone, code)()
      if (drawn < share) return code
    }
    return S.ESME_ROK
  }

  const takeIntoList = (link: Link, account: Account, sequence: number, at: number): void => {
    const { segment } = reader
    segment.account = account.number
    segment.fate = receipts.fateOf(segment)
    const number = list.segments
    const message = list.addSegment(segment, at)
    responses.taken(link, sequence, number)
    receipts.owe(account, number, segment.fate, view.registeredDelivery)
    if (message >= 0 && segment.fate === 'delivered') answers.read(account, view.phone, message)
  }

  return (link, frame, start, end) => {
    const sequence = readSequence(frame, start)
    const { account } = link
    if (account === undefined || link.role === 'receiver') {
      link.refuseSubmit(sequence, S.ESME_RINVBNDSTS)
      return
    }
    const at = list.timeOf(link.heardAt)
    account.offered.add(at)
    let status = readSubmit(view, frame, start, end)
    if (status === S.ESME_ROK) {
      status = judge(account, at)
      if (keepsList && FINAL_REFUSALS.has(status)) list.addRefusal(view.phone)
    }
    if (status === S.ESME_ROK && keepsList) status = reader.read(view, frame, start, end)
    if (status !== S.ESME_ROK) {
      account.refused.set(status, (account.refused.get(status) ?? 0) + 1)
      responses.refused(link, sequence, status)
      return
    }
    account.taken++
    account.takenSecond.add(at)
    account.firstTakenAt ??= at
    account.lastTakenAt = at
    if (keepsList) takeIntoList(link, account, sequence, at)
    else responses.taken(link, sequence, counted++)
  }
}
