/** That no person stands behind an alert yet, where a feed's rule has submitted it. */
import { byRuleWords } from '../i18n/by-rule.ts'
import { usePeople } from '../lib/people.ts'
import type { Alert } from '../lib/types.ts'
import { Notice } from './Notice.tsx'

type OfRule = Pick<Alert, 'byRuleOf' | 'createdBy'>

export function ByRule({ alert }: { alert: OfRule }) {
  const nameOf = usePeople()
  if (alert.byRuleOf === null) return null
  const text = byRuleWords()
  return (
    <Notice kind="warn">
      <p>
        <strong>{text.written(nameOf(alert.createdBy) ?? '')}</strong> {text.readAll}
      </p>
    </Notice>
  )
}

/** The same in a list. */
export function ByRuleLine({ alert }: { alert: OfRule }) {
  const nameOf = usePeople()
  return <p class="hint">{byRuleWords().written(nameOf(alert.createdBy) ?? '')}</p>
}
