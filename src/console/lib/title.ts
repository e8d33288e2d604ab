import { words } from './i18n.ts'
import type { Alert, AlertSummary, Info } from './types.ts'

/** What takes an alert back, ends it or changes it is not taken for that alert. */
export function titleOf(alert: Alert | AlertSummary): string {
  const { alerts } = words()
  const [first] = alert.info
  const title = first?.headline ?? first?.event ?? alerts.untitled
  if (alert.msgType === 'Cancel') return alerts.cancellation(title)
  if (alert.msgType !== 'Update') return title
  const isAllClear = 'allClear' in alert ? alert.allClear : isOfAllClears(alert.info)
  return isAllClear ? alerts.allClear(title) : alerts.update(title)
}

const isOfAllClears = (info: readonly Info[]) =>
  info.every(({ responseType }) => responseType.includes('AllClear'))
