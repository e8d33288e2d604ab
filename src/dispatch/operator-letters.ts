/**
 * Letters to operators in a mail lane's hands: reports, and what those on duty are told. They are few, so the lane asks
 * for them once a second and when one has ended, keeps up the leases of what it has, and writes what has ended.
 */
import type { Outcome } from '../carriers/carrier.ts'
import { encodeText } from '../encoding/segments.ts'
import type { Database } from '../store/database.ts'
import {
  claimOperatorLetters,
  type ClaimedOperatorLetter,
  keepOperatorLetters,
  OPERATOR_LEASE_SECONDS,
  type OperatorLease,
  settleOperatorLetters,
  type SettledOperatorLetter,
} from '../store/operator-letters.ts'
import { AGAIN, endOf } from './letters.ts'
import type { Outgoing } from './outgoing.ts'

/** Before the lease ends nothing of it is handed over any more, in seconds. */
const MARGIN_SECONDS = 5

export interface OperatorDesk {
  /** Letters that may leave now, at most `limit`. */
  claim(limit: number): Promise<Outgoing[]>
  /** Writes what has ended, and keeps up the leases of the rest. */
  keep(): Promise<void>
}

/** @param left a letter has ended, and that is not on record yet */
export function createOperatorDesk(
  db: Database,
  carrierId: string,
  left: () => void,
): OperatorDesk {
  const held = new Map<string, OperatorLease>()
  let ended: SettledOperatorLetter[] = []

  const hold = (letter: ClaimedOperatorLetter, claimedAt: number): Outgoing => {
    const { id, fence, operatorId, address, subject, body, language, attempts, expires } = letter
    const lease = { id, fence }
    const settle = (end: ReturnType<typeof endOf>) => {
      held.delete(id)
      ended.push({ ...lease, ...end })
    }
    held.set(id, lease)
    return {
      message: {
        to: address,
        // What a letter stands in the place of, where there is no letter: its subject.
        text: encodeText(subject),
        expiresAt: expires.getTime(),
        letter: {
          subject,
          body,
          language,
          tag: `${id}${operatorId}`.replaceAll('-', ''),
          attachment: attachmentOf(letter),
        },
      },
      deadline: claimedAt + (OPERATOR_LEASE_SECONDS - MARGIN_SECONDS) * 1000,
      ended(outcome: Outcome) {
        settle(endOf(outcome, attempts, 'at-least-once'))
        left()
      },
      givenBack: () => settle(AGAIN),
    }
  }

  return {
    async claim(limit) {
      if (limit < 1) return []
      const claimedAt = performance.now()
      const claimed = await claimOperatorLetters(db, carrierId, limit)
      return claimed.map(letter => hold(letter, claimedAt))
    },
    async keep() {
      const batch = ended
      ended = []
      try {
        await settleOperatorLetters(db, batch)
        await keepOperatorLetters(db, [...held.values()])
      } catch (error) {
        // Written with the next; what has lapsed by then goes again, marked.
        ended = [...batch, ...ended]
        throw error
      }
    },
  }
}

function attachmentOf({ attachmentName, attachment }: ClaimedOperatorLetter) {
  if (attachmentName === null || attachment === null) return undefined
  return { name: attachmentName, type: 'application/pdf', octets: attachment }
}
