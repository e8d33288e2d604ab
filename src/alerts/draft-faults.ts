import { areaWarnings } from '../audience/areas.ts'
import type { AlertDraft, CorrectionText, Info } from '../cap/alert.ts'
import { blocksWithAreas, signedAreas } from '../cap/content.ts'
import { notADrill, rosterFault, throughGate } from '../cap/drill.ts'
import { escalationFaults } from '../cap/escalation.ts'
import { linkFaults } from '../cap/link-faults.ts'
import { isReservedParameter } from '../cap/message.ts'
import { ceilingFault } from '../cap/message-rules.ts'
import { pollFaults, replyCodeFaults, replyFaults } from '../cap/reply-faults.ts'
import { asMeasured, countLinks } from '../encoding/recipient-link.ts'
import { measureText } from '../encoding/segments.ts'
import { AppError, type ErrorCode, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Policy } from '../store/organisation.ts'

/** A fault of meaning, with the code that an alert is refused under when it is the only one. */
export interface DraftFault extends Fault {
  readonly under: ErrorCode
}

/** A message that is still worth something after a year is no alert: the year is a slip of the hand. */
const MAX_DAYS_AHEAD = 366

/**
 * All that an alert's meaning can be refused for without asking the database: what fits the schema and would
 * still send nothing, the wrong thing, or something that people can't answer.
 */
export function draftFaults(
  draft: AlertDraft,
  { now, maxSegments, linkUrl }: Pick<Policy, 'maxSegments' | 'linkUrl'> & { readonly now: Date },
): DraftFault[] {
  const faults: (Fault | undefined)[] = [
    recipientsFault(draft),
    boundsFault(draft),
    rosterFault(draft.status, draft.audience.roster),
    ...scopeFaults(draft),
    ...draft.info.flatMap((info, no) => timeFaults(info, `/info/${no}`, now)),
    ...draft.info.flatMap((info, no) => exportFaults(info, `/info/${no}`)),
    ...replyFaults(draft.replies.options),
    ...replyCodeFaults(draft.replies),
    ...pollFaults(
      draft.replies,
      draft.info.map(({ expires }) => expires),
      now,
    ),
    ...reminderFaults(draft),
    ...escalationFaults(draft),
    ...textsOf(draft).flatMap(({ sms, pointer }) => linkFaults(sms, pointer)),
    ...textsOf(draft).flatMap(placed => ownLinkFaults(placed, linkUrl)),
    ...(draft.status === 'Actual' ? [] : drillFaults(draft)),
  ]
  return [
    ...faults.filter(fault => fault !== undefined).map(withCode('invalid_alert')),
    ...lengthFaults(draft, maxSegments, linkUrl ?? undefined).map(withCode('text_too_long')),
  ]
}

/** What nobody could answer needs no reminder; and a reminder is no alert of its own. */
function reminderFaults(draft: AlertDraft): Fault[] {
  const { audience, replies, reminders, escalations, corrections } = draft
  if (audience.only === 'noReply') {
    const own = {
      '/replies/options': replies.options.length > 0,
      '/reminders': reminders,
      '/escalations': escalations,
      '/corrections': corrections,
    }
    return Object.entries(own).flatMap(([pointer, has]) =>
      has ? [faultAt(pointer, 'reminder_of_reminder')] : [],
    )
  }
  if (reminders === undefined || replies.options.length > 0) return []
  return [faultAt('/reminders', 'reminders_need_replies')]
}

function boundsFault({ maxRecipients, minRecipients }: AlertDraft): Fault | undefined {
  if (maxRecipients === undefined || (minRecipients ?? 0) <= maxRecipients) return undefined
  return faultAt('/minRecipients', 'floor_above_ceiling')
}

/** Asked once the areas are known to be sound: a million corners that will be refused are not worth comparing. */
export function languageFaults(info: readonly Info[]): DraftFault[] {
  const blocks = blocksWithAreas(info)
  const { noOf } = signedAreas(blocks.flatMap(block => block.area))
  const seen = new Map<string, number>()
  return blocks.flatMap(({ language, area }, no) => {
    const nos = [...new Set(area.map(noOf))].toSorted((a, b) => a - b)
    const key = `${language.toLowerCase()} ${nos.join()}`
    const other = seen.get(key)
    seen.set(key, other ?? no)
    if (other === undefined) return []
    return [withCode('invalid_alert')(faultAt(`/info/${no}/language`, 'same_language', { other }))]
  })
}

/** What a draft may still lack, and a submitted alert may not. */
export function submitFaults(draft: AlertDraft): DraftFault[] {
  return draft.info
    .flatMap((info, no) => [
      info.sms === undefined && faultAt(`/info/${no}/sms`, 'required_at_submit'),
      info.expires === undefined &&
        draft.status === 'Actual' &&
        faultAt(`/info/${no}/expires`, 'required_at_submit_actual'),
    ])
    .filter(fault => fault !== false)
    .map(withCode('invalid_alert'))
}

/** What is allowed, and probably not meant. */
export function draftWarnings(draft: AlertDraft): Fault[] {
  const { status, scope, info, corrections, reminders, audience } = draft
  const languages = [...new Set(info.map(block => block.language))]
  const ofAreas = info.flatMap(({ area = [] }, no) =>
    area.flatMap((one, i) => areaWarnings(one, `/info/${no}/area/${i}`)),
  )
  const isForGroups = info.every(block => block.area === undefined)
  const published: Fault[] =
    status === 'Actual' && scope === 'Public' && isForGroups
      ? [faultAt('/scope', 'public_to_groups')]
      : []
  const unspoken = languages
    .filter(language => reminders?.texts?.some(text => text.language === language) === false)
    .map(language => faultAt('/reminders/texts', 'no_text_in', { language }))
  // A reminder ends with its alert, whose corrections reach everybody.
  if (audience.only !== undefined) return ofAreas
  const unprepared = (['cancel', 'allClear'] as const).flatMap((kind): Fault[] => {
    const pointer = `/corrections/${kind}`
    const texts = corrections?.[kind]
    if (texts === undefined) {
      return [faultAt(pointer, 'not_prepared')]
    }
    const missing = languages.filter(language => !texts.some(text => text.language === language))
    return missing.map(language => faultAt(pointer, 'no_text_in', { language }))
  })
  return [...published, ...ofAreas, ...unprepared, ...unspoken]
}

/**
 * Refuses with every fault at once, under the code that they share, or `invalid_alert`.
 *
 * @throws AppError 422
 */
export function refuseFaulty(faults: readonly DraftFault[]): void {
  const [first] = faults
  if (first === undefined) return
  const code = faults.every(({ under }) => under === first.under) ? first.under : 'invalid_alert'
  throw new AppError(code, `the alert can't be taken: ${faults.length} fault(s)`, {
    faults: faults.map(({ under: _under, ...fault }) => fault),
  })
}

export function withCode(under: ErrorCode): (fault: Fault) => DraftFault {
  return fault => ({ ...fault, under })
}

function recipientsFault({ info, audience }: AlertDraft): Fault | undefined {
  if (audience.only !== undefined) return undefined
  const named = info.some(block => block.area !== undefined) || audience.groups.length > 0
  if (named || audience.roster !== undefined) return undefined
  return faultAt('', 'no_recipients')
}

/** CAP 1.2 §3.2.1. */
function scopeFaults({ scope, restriction, addresses }: AlertDraft): Fault[] {
  const faults: Fault[] = []
  if (scope === 'Restricted' && restriction === undefined) {
    faults.push(faultAt('/restriction', 'restriction_required'))
  }
  if (scope === 'Private' && addresses === undefined) {
    faults.push(faultAt('/addresses', 'addresses_required'))
  }
  return faults
}

function timeFaults({ effective, onset, expires }: Info, at: string, now: Date): Fault[] {
  if (expires === undefined) return []
  const pointer = `${at}/expires`
  const end = Date.parse(expires)
  if (end <= now.getTime()) return [faultAt(pointer, 'in_the_past')]
  if (end > now.getTime() + MAX_DAYS_AHEAD * 86_400_000) {
    return [faultAt(pointer, 'too_far_ahead', { days: MAX_DAYS_AHEAD })]
  }
  return Object.entries({ effective, onset }).flatMap(([name, begin]) =>
    begin !== undefined && Date.parse(begin) >= end
      ? [faultAt(pointer, 'not_after', { other: name })]
      : [],
  )
}

/** What would make its CAP say something else than it does, or make it invalid. */
function exportFaults({ parameter = [], area = [] }: Info, at: string): Fault[] {
  const names = parameter.flatMap(({ valueName }, no) =>
    isReservedParameter(valueName)
      ? [faultAt(`${at}/parameter/${no}/valueName`, 'reserved_parameter')]
      : [],
  )
  const heights = area.flatMap((one, no) => {
    const code = ceilingFault(one)
    return code === undefined ? [] : [faultAt(`${at}/area/${no}/ceiling`, code)]
  })
  return [...names, ...heights]
}

/** Nobody who takes part, or looks on, may be told that it is real. */
function drillFaults(draft: AlertDraft): Fault[] {
  const read = draft.info.flatMap(({ event, headline, description, instruction }, no) =>
    Object.entries({ event, headline, description, instruction }).map(([name, text = '']) => ({
      pointer: `/info/${no}/${name}`,
      text,
    })),
  )
  const sent = textsOf(draft).map(({ pointer, sms: text }) => ({ pointer, text }))
  return [...read, ...sent].flatMap(({ pointer, text }) => {
    const words = notADrill(text)
    return words === undefined
      ? []
      : [faultAt(pointer, 'says_no_drill', { words, status: draft.status })]
  })
}

interface PlacedText extends CorrectionText {
  readonly pointer: string
}

function textsOf(draft: AlertDraft): PlacedText[] {
  const { info, corrections, reminders, escalations = [], replies } = draft
  const placed = (texts: readonly CorrectionText[] | undefined, at: string) =>
    (texts ?? []).map((text, no) => ({ ...text, pointer: `${at}/${no}/sms` }))
  return [
    ...info.map(({ language, sms = '' }, no) => ({ language, sms, pointer: `/info/${no}/sms` })),
    ...placed(corrections?.cancel, '/corrections/cancel'),
    ...placed(corrections?.allClear, '/corrections/allClear'),
    ...placed(reminders?.texts, '/reminders/texts'),
    ...placed(replies.quotaTexts?.taken, '/replies/quotaTexts/taken'),
    ...placed(replies.quotaTexts?.full, '/replies/quotaTexts/full'),
    ...escalations.flatMap(({ texts }, no) => placed(texts, `/escalations/${no}/texts`)),
  ]
}

/** The link of a recipient stands in the alert's own texts and their reminders, once, and leads somewhere. */
function ownLinkFaults({ sms, pointer }: PlacedText, linkUrl: string | null): Fault[] {
  const count = countLinks(sms)
  if (count === 0) return []
  if (!/^\/(info|reminders)\b/.test(pointer)) {
    return [faultAt(pointer, 'link_elsewhere')]
  }
  if (linkUrl === null) {
    return [faultAt(pointer, 'link_nowhere')]
  }
  return count > 1 ? [faultAt(pointer, 'link_twice')] : []
}

/** Measured as they will be sent, drill word included. */
function lengthFaults(
  draft: AlertDraft,
  maxSegments: number,
  linkUrl: string | undefined,
): Fault[] {
  const { status, audience } = draft
  const texts = textsOf(draft)
  const isGated = rosterFault(status, audience.roster) === undefined
  const sent = isGated ? throughGate(status, audience.roster, texts).texts : texts
  return sent.flatMap(({ pointer, sms }): Fault[] => {
    const { segments, alphabet } = measureText(asMeasured(sms, linkUrl))
    if (segments <= maxSegments) return []
    return [faultAt(pointer, 'too_many_segments', { segments, alphabet, most: maxSegments })]
  })
}
