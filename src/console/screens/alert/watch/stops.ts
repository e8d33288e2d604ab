import type { Progress } from '../../../lib/types.ts'

/** Alarms by which sending has stopped itself. */
const STOPS: readonly string[] = [
  'integrity_violation',
  'audience_changed',
  'ceiling_exceeded',
  'signature_key_revoked',
]

export const isStop = (code: string): boolean => STOPS.includes(code)

/** Nothing of it may go out as it was signed. */
export const hasStoppedItself = (progress: Pick<Progress, 'alarms'> | undefined): boolean =>
  progress?.alarms.some(({ code }) => isStop(code)) === true
