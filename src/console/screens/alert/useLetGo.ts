/** The act by which an alert goes out: whoever lets it go signs what the server holds, and it is handed over. */
import { useState } from 'preact/hooks'
import { postForCertain } from '../../lib/certain.ts'
import { desk } from '../../lib/desk.ts'
import { words } from '../../lib/i18n.ts'
import { sign, type Signer } from '../../lib/signer.ts'
import type { Alert } from '../../lib/types.ts'
import { dispatch } from './acts.ts'

/** The steps that take a signature and let the alert go, and as whom one signs. */
const ROLES = { approve: 'approver', 'break-glass': 'breakGlass' } as const
type Step = keyof typeof ROLES

type Stage = 'idle' | 'signing' | 'approving' | 'sending' | 'doubt'

export interface Acting {
  readonly alert: Alert
  refresh(): Promise<void>
  /** While it acts, the state that it moves through must not take the screen away. */
  onActing(isActing: boolean): void
  onRefused(problem: unknown): void
}

export const holdSeconds = (): number => desk.value.policy?.holdSeconds ?? 5

export function useLetGo({ alert, refresh, onActing, onRefused }: Acting) {
  const [stage, setStage] = useState<Stage>('idle')
  /** @param more - what the step takes beside the signature */
  const letGo = async (step: Step, signer: Signer, bytes: Uint8Array, more: object = {}) => {
    if (stage !== 'idle') return
    onRefused(undefined)
    onActing(true)
    setStage('signing')
    const onDoubt = () => setStage('doubt')
    try {
      const signed = await sign(signer, bytes, ROLES[step])
      setStage('approving')
      const { id, revision } = alert
      const call = { idempotencyKey: crypto.randomUUID(), revision, onDoubt }
      await postForCertain(`/v1/alerts/${id}/${step}`, { ...signed, ...more }, call)
      setStage('sending')
      await dispatch(alert, holdSeconds(), onDoubt)
    } catch (error) {
      onRefused(error)
    }
    await refresh()
    setStage('idle')
    onActing(false)
  }
  return { stage, letGo }
}

/** What stands on the button while it is under way. */
export function stageWords(stage: 'signing' | 'approving' | 'sending'): string {
  const { approve } = words()
  return { signing: approve.signing, approving: approve.approving, sending: approve.sendingNow }[
    stage
  ]
}
