/** That one person let an alert go, without an approver: who, and why. */
import { breakGlassWords } from '../i18n/break-glass.ts'
import { clock, words } from '../lib/i18n.ts'
import { usePeople } from '../lib/people.ts'
import type { Alert } from '../lib/types.ts'
import { Notice } from './Notice.tsx'

export function BrokeGlass({ alert }: { alert: Alert }) {
  const nameOf = usePeople()
  const text = breakGlassWords()
  const { at, operatorId, detail } =
    alert.history.findLast(({ action }) => action === 'brokeGlass') ?? {}
  if (at === undefined) return null
  return (
    <Notice kind="warn">
      <p>
        <strong>{text.by(nameOf(operatorId) ?? words().approve.somebody, clock(at))}</strong>{' '}
        {text.because(detail ?? '')}
      </p>
    </Notice>
  )
}

/** The same in a list. */
export function BrokeGlassLine() {
  return <p class="hint">{breakGlassWords().listed}</p>
}
