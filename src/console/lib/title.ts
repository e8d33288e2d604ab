import { words } from './i18n.ts'
import type { AlertSummary, Info } from './types.ts'

/** What takes an alert back, ends it or changes it is not taken for that alert. */
export function titleOf({
  msgType,
  allClear,
  info: [first],
}: Pick<AlertSummary, 'msgType' | 'allClear'> & {
  readonly info: readonly Pick<Info, 'event' | 'headline'>[]
}): string {
  const { alerts } = words()
  const title = first?.headline ?? first?.event ?? alerts.untitled
  if (msgType === 'Cancel') return alerts.cancellation(title)
  if (msgType !== 'Update') return title
  return allClear ? alerts.allClear(title) : alerts.update(title)
}
