import { words } from './i18n.ts'
import type { Alert, Info } from './types.ts'

/** What takes an alert back, ends it or changes it is not taken for that alert. */
export function titleOf({
  info,
  msgType,
}: {
  readonly msgType: Alert['msgType']
  readonly info: readonly Pick<Info, 'event' | 'headline' | 'responseType'>[]
}): string {
  const { alerts } = words()
  const title = info[0]?.headline ?? info[0]?.event ?? alerts.untitled
  if (msgType === 'Cancel') return alerts.cancellation(title)
  if (msgType !== 'Update') return title
  const isAllClear = info.every(({ responseType }) => responseType.includes('AllClear'))
  return isAllClear ? alerts.allClear(title) : alerts.update(title)
}
