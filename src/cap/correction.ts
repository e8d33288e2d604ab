/**
 * Corrections: what takes an alert back, or says that it is over. Their texts are approved with the alert itself,
 * so its signed content decides all of them: one author or approver sends them later, alone.
 *
 * The content of a correction is a function of the alert's content and of nothing else, its id included: whoever
 * asks is given the same bytes to sign, and the dispatcher makes them anew and compares. An id that follows from
 * the alert also means that each of its corrections exists once.
 */
import { createHash } from 'node:crypto'
import { stringify } from 'uuid'
import type { AlertDraft, CorrectionText } from './alert.ts'
import type { AlertContent } from './content.ts'
import { lookUpLanguage } from './texts.ts'

export type Correction = NonNullable<AlertContent['correction']>

/** CAP 1.2 §3.2.2: the subject event is over, and nothing is left to be done. */
const URGENCY = 'Past'

/**
 * The content of a prepared correction: CAP `Cancel`, or an `Update` whose every block says `AllClear`, a block and
 * a text for each language that it was prepared in. It names the places of the alert, and reaches whom the alert
 * may have reached: who hears of it by which area or group stays as it was.
 *
 * @param contentDigest of the alert's signed bytes
 * @returns undefined where none was prepared
 */
export function correctionContent(
  alert: AlertContent,
  contentDigest: string,
  correction: Correction,
): AlertContent | undefined {
  const prepared = alert.corrections[correction]
  if (prepared.length === 0) return undefined
  // Whoever the alert may have reached hears of it, however few they are.
  const {
    note,
    origin: _origin,
    foreignReferences: _foreign,
    minRecipients: _floor,
    locationHours: _hours,
    reminders: _reminders,
    escalations: _escalations,
    escalation: _escalation,
    link: _link,
    only: _only,
    reminder: _reminder,
    byRuleOf: _rule,
    breakGlassAfterSeconds: _alone,
    ...kept
  } = alert
  const languages = alert.texts.map(text => text.language)
  const category = [...new Set(alert.info.flatMap(block => block.category))]
  return {
    ...kept,
    // Of a drill it names the exercise (CAP 1.2 §3.2.1).
    ...(note !== undefined && alert.status !== 'Actual' && { note }),
    id: followUpId(alert.id, contentDigest, correction),
    revision: 1,
    msgType: correction === 'cancel' ? 'Cancel' : 'Update',
    references: [alert.id],
    reached: [{ id: alert.id, contentDigest }],
    correction,
    secondPerson: false,
    expires: null,
    info: prepared.map(({ language, sms }) => {
      const spoken = lookUpLanguage(language, languages)
      const block = alert.info.find(one => one.language === spoken) ?? alert.info[0]!
      const { event, certainty, eventCode, senderName, web, contact } = block
      return {
        language,
        category,
        event,
        responseType: correction === 'allClear' ? ['AllClear' as const] : [],
        urgency: URGENCY,
        severity: alert.severity,
        certainty,
        ...(eventCode !== undefined && { eventCode }),
        ...(senderName !== undefined && { senderName }),
        description: sms,
        ...(web !== undefined && { web }),
        ...(contact !== undefined && { contact }),
        area: alert.areas.map(({ areaDesc }, areaNo) => ({
          areaDesc: block.area.find(area => area.areaNo === areaNo)?.areaDesc ?? areaDesc,
          areaNo,
        })),
      }
    }),
    texts: prepared.map(({ language, sms }, no) => ({
      no,
      language,
      sms,
      // The alert's own limit may have passed, and an hour would have to come from a clock.
      expires: null,
      severity: alert.severity,
      areaNos: alert.areas.map((_area, areaNo) => areaNo),
    })),
    replies: { options: [] },
    corrections: { cancel: [], allClear: [] },
  }
}

/**
 * The content of one of the reminders that were approved with an alert: the alert itself once more, or its prepared
 * texts, to whoever has not answered. What they answer counts for the alert, so it asks nothing of its own.
 *
 * @param round from 1
 * @returns undefined where no such round was approved
 */
export function reminderContent(
  alert: AlertContent,
  contentDigest: string,
  round: number,
): AlertContent | undefined {
  const {
    reminders,
    escalations: _rules,
    origin: _origin,
    foreignReferences: _foreign,
    byRuleOf: _rule,
    breakGlassAfterSeconds: _alone,
    ...rest
  } = alert
  const { minRecipients: _floor, locationHours: _hours, ...kept } = rest
  if (reminders === undefined || round < 1 || round > reminders.times) return undefined
  const { info, texts } = reminders.texts === undefined ? alert : spokenAnew(alert, reminders.texts)
  return {
    ...kept,
    id: followUpId(alert.id, contentDigest, `reminder ${round}`),
    revision: 1,
    msgType: 'Update',
    references: [alert.id],
    reached: [{ id: alert.id, contentDigest }],
    only: reminders.to,
    reminder: { round },
    secondPerson: false,
    info,
    texts,
    replies: { options: [] },
    corrections: { cancel: [], allClear: [] },
  }
}

/** A block and a text in each language of these texts, for all the places of the alert, while the alert itself holds. */
function spokenAnew(
  alert: AlertContent,
  said: readonly CorrectionText[],
): Pick<AlertContent, 'info' | 'texts'> {
  const languages = alert.texts.map(text => text.language)
  const areaNos = alert.areas.map((_area, areaNo) => areaNo)
  const blockOf = (language: string) => {
    const spoken = lookUpLanguage(language, languages)
    return alert.info.find(one => one.language === spoken) ?? alert.info[0]!
  }
  return {
    info: said.map(({ language, sms }) => {
      const { expires: _own, ...block } = blockOf(language)
      const area = areaNos.map(areaNo => ({
        areaDesc:
          block.area.find(one => one.areaNo === areaNo)?.areaDesc ?? alert.areas[areaNo]!.areaDesc,
        areaNo,
      }))
      const expires = alert.expires ?? undefined
      return { ...block, language, description: sms, ...(expires && { expires }), area }
    }),
    texts: said.map(({ language, sms }, no) => ({
      no,
      language,
      sms,
      expires: alert.expires,
      severity: alert.severity,
      areaNos,
    })),
  }
}

/** A UUIDv7 of the alert's own millisecond, whose chance is a digest (RFC 9562 §5.7). */
export function followUpId(alertId: string, contentDigest: string, which: string): string {
  const octets = createHash('sha256')
    .update(`${which} ${alertId} ${contentDigest}`)
    .digest()
    .subarray(0, 16)
  Buffer.from(alertId.replaceAll('-', ''), 'hex').copy(octets, 0, 0, 6)
  octets[6] = 0x70 | (octets[6]! & 0x0f)
  octets[8] = 0x80 | (octets[8]! & 0x3f)
  return stringify(octets)
}

/** A correction or a reminder as if its author had written it: what is shown of it, and what an Update starts from. */
export function followUpDraft(content: AlertContent): AlertDraft {
  const { status, msgType, scope, restriction, addresses, note, source, code, incidents } = content
  const { areas, texts, replies, delivery, maxRecipients, roster } = content
  const area = (block: AlertContent['info'][number]) =>
    block.area.map(({ areaDesc, areaNo }) => ({ ...areas[areaNo]!, areaDesc }))
  return {
    status,
    msgType,
    scope,
    ...(restriction !== undefined && { restriction }),
    ...(addresses !== undefined && { addresses }),
    ...(note !== undefined && { note }),
    ...(source !== undefined && { source }),
    ...(code !== undefined && { code }),
    ...(incidents !== undefined && { incidents }),
    info: content.info.map((block, no) => {
      const { area: named, ...info } = block
      return { ...info, sms: texts[no]!.sms, ...(named.length > 0 && { area: area(block) }) }
    }),
    audience: {
      groups: content.groups.map(({ id }) => id),
      excludeGroups: content.excludeGroups.map(({ id }) => id),
      ...(roster !== undefined && { roster: roster.id }),
      ...(content.only !== undefined && { only: content.only }),
    },
    replies,
    delivery,
    maxRecipients,
  }
}
