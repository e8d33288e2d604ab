import type { ScreenProps } from '../lib/place.ts'
import { ReportList } from './reports/ReportList.tsx'
import { ReportPage } from './reports/ReportPage.tsx'
import { Statistics } from './reports/Statistics.tsx'
import { Unreached } from './reports/Unreached.tsx'

/** S10: what alerts have come to, one by one and all together. */
export function Reports({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <ReportList />
  if (chosen === 'unreached') return <Unreached />
  return chosen === 'statistics' ? <Statistics /> : <ReportPage id={chosen} />
}
