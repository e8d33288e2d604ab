/** Something that a button does: once at a time, and what went wrong stays to be read. */
import { useState } from 'preact/hooks'

export interface Act {
  readonly isBusy: boolean
  readonly problem: unknown
  /** @returns whether it was done; false, too, while another is under way */
  run(act: () => Promise<unknown>): Promise<boolean>
}

export function useAct(): Act {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  return {
    isBusy,
    problem,
    async run(act) {
      if (isBusy) return false
      setBusy(true)
      setProblem(undefined)
      try {
        await act()
        return true
      } catch (error) {
        setProblem(error)
        return false
      } finally {
        setBusy(false)
      }
    },
  }
}
