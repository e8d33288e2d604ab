/**
 * Escalations: what is to be said to whom on duty when too many stay silent, or too many need help. Approved with the
 * alert; each goes out once, as an alert of its own whose content follows from the alert's alone.
 */
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import type { AlertDraft, EscalationRule } from './alert.ts'
import { type AlertContent, digestOfBytes } from './content.ts'
import { followUpId } from './correction.ts'
import { lookUpLanguage } from './texts.ts'

/** A duty roster of more than these is the public. */
const MOST_ON_DUTY = 500
/** What those on duty answer. */
const TAKEN = { code: '1', label: 'Taken', words: ['taken'], urgent: false }

/** What decides whether a rule applies. */
export type EscalationRuleTerms = Pick<
  EscalationRule,
  'when' | 'option' | 'count' | 'percent' | 'afterMinutes'
>

export interface ReplyCounts {
  readonly recipients: number
  /** Whoever has said anything. */
  readonly replied: number
  readonly byOption: ReadonlyMap<string, number>
}

/** Whether it is time to tell those on duty. Percentages are of all recipients. */
export function isPassed(
  { when, option, count, percent }: EscalationRuleTerms,
  { recipients, replied, byOption }: ReplyCounts,
): boolean {
  const limit = count ?? (recipients * (percent ?? 0)) / 100
  const chosen = byOption.get(option ?? '') ?? 0
  switch (when) {
    case 'noReplyAbove':
      return recipients - replied > limit
    case 'optionBelow':
      return chosen < limit
    case 'optionAbove':
      return chosen > limit
  }
}

/** These are asked once, when their time has come; what may be passed at any moment is watched from then on. */
export function isAskedOnce({ when }: EscalationRuleTerms): boolean {
  return when !== 'optionAbove'
}

/** @returns each at its place below `/escalations` */
export function escalationFaults({ escalations = [], replies }: AlertDraft): Fault[] {
  const codes = replies.options.map(({ code }) => code)
  return escalations.flatMap((rule, no) => {
    const { when, option, count, percent, afterMinutes } = rule
    const at = `/escalations/${no}`
    const faults: Fault[] = []
    if (codes.length === 0) faults.push(faultAt(at, 'replies_required'))
    if ((count === undefined) === (percent === undefined)) {
      faults.push(faultAt(at, 'count_or_percent'))
    }
    if (when === 'noReplyAbove' && option !== undefined) {
      faults.push(faultAt(`${at}/option`, 'option_unused'))
    }
    if (when !== 'noReplyAbove' && option === undefined) {
      faults.push(faultAt(`${at}/option`, 'option_required', { when }))
    }
    if (option !== undefined && codes.length > 0 && !codes.includes(option)) {
      faults.push(faultAt(`${at}/option`, 'unknown_option'))
    }
    if (isAskedOnce(rule) && afterMinutes === 0) {
      faults.push(faultAt(`${at}/afterMinutes`, 'no_time_to_answer'))
    }
    return faults
  })
}

/**
 * The content of an escalation: to whom is on duty at that moment, whoever that is, but never to more than may be.
 *
 * @param ruleNo from 0
 * @returns undefined where there is no such rule
 */
export function escalationContent(
  alert: AlertContent,
  contentDigest: string,
  ruleNo: number,
): AlertContent | undefined {
  const rule = alert.escalations?.[ruleNo]
  if (rule === undefined) return undefined
  const { format, sender, mode, status, delivery, severity, emergency, note, incidents } = alert
  const { exercise } = alert
  const languages = alert.texts.map(text => text.language)
  // Its members change with the shift: what is signed is which group, and not who is in it.
  const group = { ...rule.to, definitionDigest: '', count: 0 }
  const isReal = status === 'Actual'
  return {
    format,
    id: followUpId(alert.id, contentDigest, `escalation ${ruleNo}`),
    revision: 1,
    sender,
    mode,
    status,
    msgType: 'Alert',
    scope: 'Private',
    addresses: rule.to.name,
    ...(note !== undefined && !isReal && { note }),
    ...(incidents !== undefined && { incidents }),
    delivery,
    ...(exercise !== undefined && { exercise }),
    references: [],
    escalation: { of: { id: alert.id, contentDigest }, rule: ruleNo },
    severity,
    secondPerson: false,
    emergency,
    expires: null,
    info: rule.texts.map(({ language, sms }) => {
      const spoken = lookUpLanguage(language, languages)
      const block = alert.info.find(one => one.language === spoken) ?? alert.info[0]!
      const { category, event, responseType, urgency, certainty, senderName } = block
      return {
        language,
        category,
        event,
        responseType,
        urgency,
        severity,
        certainty,
        ...(senderName !== undefined && { senderName }),
        description: sms,
        area: [],
      }
    }),
    texts: rule.texts.map(({ language, sms }, no) => ({
      no,
      language,
      sms,
      expires: null,
      severity,
      areaNos: [],
    })),
    areas: [],
    areasDigest: digestOfBytes(canonicalBytes([])),
    geocodeSets: [],
    groups: isReal ? [group] : [],
    excludeGroups: [],
    ...(!isReal && { roster: group }),
    replies: { options: [TAKEN] },
    corrections: { cancel: [], allClear: [] },
    maxRecipients: MOST_ON_DUTY,
  }
}
