/** Whether a message is one that a rule takes. */
import type { CapMessage } from '../cap/message.ts'
import type { AlertDraft } from '../cap/alert.ts'
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Rule } from './rule.ts'

/** All that the rule has against a message; of several blocks each must fit, for one alert is made of all. */
export function misfits(rule: Rule, { status, msgType, info }: CapMessage): Fault[] {
  return [
    ...unlisted('/status', status, rule.statuses),
    ...unlisted('/msgType', msgType, rule.msgTypes),
    ...info.flatMap(({ event, severity, urgency, certainty }, no) => [
      ...eventFaults(`/info/${no}/event`, event, rule.events),
      ...unlisted(`/info/${no}/severity`, severity, rule.severities),
      ...unlisted(`/info/${no}/urgency`, urgency, rule.urgencies),
      ...unlisted(`/info/${no}/certainty`, certainty, rule.certainties),
    ]),
  ]
}

/** @param draft with the ends that it would have */
export function durationFaults(
  { maxHours: hours }: Rule,
  { info }: AlertDraft,
  now: Date,
): Fault[] {
  const latest = now.getTime() + hours * 3_600_000
  return info.flatMap(({ expires }, no) =>
    expires !== undefined && Date.parse(expires) > latest
      ? [faultAt(`/info/${no}/expires`, 'lasts_too_long', { hours })]
      : [],
  )
}

function unlisted(pointer: string, value: string, taken: readonly string[]): Fault[] {
  if (taken.includes(value)) return []
  return [faultAt(pointer, 'not_in_rule', { value, values: taken.join(', ') })]
}

/** CAP 1.2 §3.2.2: free text, which people write in more than one case. */
function eventFaults(pointer: string, event: string, taken: readonly string[] | null): Fault[] {
  const plain = (text: string) => text.trim().toLowerCase()
  if (taken === null || taken.some(one => plain(one) === plain(event))) return []
  return [faultAt(pointer, 'not_in_rule', { value: event, values: taken.join(', ') })]
}
