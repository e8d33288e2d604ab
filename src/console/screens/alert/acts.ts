/** What one can do with an alert after signing, each done once and for certain. */
import { useState } from 'preact/hooks'
import { keyOfAct, postForCertain } from '../../lib/certain.ts'
import { Problem } from '../../lib/problem.ts'
import type { Alert, Moved } from '../../lib/types.ts'

/** Hands an approved alert over to be sent. @throws Problem with which it was refused */
export async function dispatch(
  { id, contentDigest }: Alert,
  holdSeconds: number,
  onDoubt: () => void,
): Promise<void> {
  const act = keyOfAct(`dispatch ${id} ${contentDigest} ${holdSeconds}`)
  try {
    const call = { idempotencyKey: act.key, onDoubt }
    await postForCertain<Moved>(`/v1/alerts/${id}/dispatch`, { holdSeconds }, call)
  } catch (error) {
    // It was refused: another try is another act.
    act.forget()
    throw error
  }
}

export type Move = 'stop' | 'pause' | 'resume'

/** Moves an alert that is going out, repeating what got no answer; two presses are one. */
export function useMoves(alertId: string, refresh: () => Promise<void>) {
  const [under, setUnder] = useState<Move>()
  const [isInDoubt, setInDoubt] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const make = async (move: Move) => {
    if (under === move) return
    setUnder(move)
    setProblem(undefined)
    try {
      await postForCertain<Moved>(
        `/v1/alerts/${alertId}/${move}`,
        {},
        { idempotencyKey: crypto.randomUUID(), onDoubt: () => setInDoubt(true) },
      )
    } catch (error) {
      // Somebody else was faster, or it had just ended: the state that is read next says so.
      if (!(error instanceof Problem && error.code === 'wrong_state')) setProblem(error)
    }
    setInDoubt(false)
    await refresh()
    setUnder(undefined)
  }
  return { make, under, isInDoubt, problem }
}
