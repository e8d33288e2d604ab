import { isAllClear } from '../cap/all-clear.ts'
import { SEVERITIES } from '../cap/alert.ts'
import type { AlertContent } from '../cap/content.ts'

/** What is not `Actual` gives way to everything that is. */
const LAST = 6

/**
 * How urgent an alert's messages are, lower first: 0 what takes an alert back or ends it, whatever its severity,
 * for people may be in danger by doing what they were told; 1 Extreme … 4 Minor, 5 Unknown; 6 tests and exercises,
 * their corrections too. Any other Update goes by its severity.
 *
 * @see CAP 1.2 §3.2.1 msgType
 */
export function priorityOf(
  content: Pick<AlertContent, 'status' | 'msgType' | 'severity' | 'info'>,
): number {
  if (content.status !== 'Actual') return LAST
  return isCorrection(content) ? 0 : SEVERITIES.indexOf(content.severity) + 1
}

function isCorrection(content: Pick<AlertContent, 'msgType' | 'info'>): boolean {
  return content.msgType === 'Cancel' || isAllClear(content)
}
