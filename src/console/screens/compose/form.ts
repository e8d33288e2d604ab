/** What an author has put into the form, and the draft of the API that it makes. Pure. */
import type { BlankValues } from '../../../templates/blanks.ts'
import type { Alert, Area, Info, Severity } from '../../lib/types.ts'

export type ReplyOption = Alert['replies']['options'][number]
/** Whom it tells when too many stay silent, or too many answer so. */
export type Escalation = NonNullable<Alert['escalations']>[number]

export interface Text {
  readonly language: string
  readonly sms: string
  readonly headline?: string | undefined
  readonly description?: string | undefined
  readonly instruction?: string | undefined
  readonly cancel: string
  readonly allClear: string
}

interface FromTemplate {
  readonly id: string
  readonly version: number
  readonly blanks: BlankValues
}

export interface Form {
  /** While it is there, the texts are the template's. */
  readonly template: FromTemplate | undefined
  readonly event: string
  readonly severity: Severity
  readonly category: Info['category']
  readonly urgency: Info['urgency']
  readonly certainty: Info['certainty']
  readonly responseType: Info['responseType']
  readonly eventCode: Info['eventCode']
  readonly texts: readonly Text[]
  readonly replies: readonly ReplyOption[]
  /** From the saving of the draft on; undefined: `expires` stands as it is. */
  readonly minutes: number | undefined
  readonly expires: string | undefined
  readonly groups: readonly string[]
  readonly areas: readonly Area[]
  /** To those who have not answered, by itself; undefined: none. */
  readonly reminders?: Alert['reminders']
  readonly escalations?: readonly Escalation[] | undefined
}

export const SAFE_OR_HELP: readonly ReplyOption[] = [
  { code: '1', label: 'Safe', words: ['SAFE', 'OK', 'BIEN'], urgent: false },
  { code: '2', label: 'Need help', words: ['HELP ME', 'AYUDA'], urgent: true },
]

const DEFAULT_MINUTES = 360

export function emptyForm(languages: readonly string[]): Form {
  return {
    template: undefined,
    event: '',
    severity: 'Severe',
    category: ['Safety'],
    urgency: 'Immediate',
    certainty: 'Observed',
    responseType: [],
    eventCode: undefined,
    texts: languages.map(language => ({ language, sms: '', cancel: '', allClear: '' })),
    replies: SAFE_OR_HELP,
    minutes: DEFAULT_MINUTES,
    expires: undefined,
    groups: [],
    areas: [],
  }
}

export function formFromAlert(alert: Alert): Form {
  const [first] = alert.info
  const { template } = alert
  const saidIn = (language: string, kind: 'cancel' | 'allClear') =>
    alert.corrections?.[kind]?.find(text => text.language === language)?.sms ?? ''
  return {
    template:
      template === null || template.partedAt !== null
        ? undefined
        : { id: template.id, version: template.version, blanks: template.blanks },
    event: first?.event ?? '',
    severity: first?.severity ?? 'Severe',
    category: first?.category ?? ['Safety'],
    urgency: first?.urgency ?? 'Immediate',
    certainty: first?.certainty ?? 'Observed',
    responseType: first?.responseType ?? [],
    eventCode: first?.eventCode,
    texts: alert.info.map(({ language, sms = '', headline, description, instruction }) => ({
      language,
      sms,
      headline,
      description,
      instruction,
      cancel: saidIn(language, 'cancel'),
      allClear: saidIn(language, 'allClear'),
    })),
    replies: alert.replies.options,
    minutes: undefined,
    expires: first?.expires,
    groups: alert.audience.groups,
    areas: first?.area ?? [],
    reminders: alert.reminders,
    escalations: alert.escalations,
  }
}

/** Whether it could be sent: as long as something is missing, the draft is kept without it. */
export function isWhole({ when, option, count, percent, to, texts }: Escalation): boolean {
  const hasOption = when === 'noReplyAbove' || option !== undefined
  const hasLimit = count !== undefined || percent !== undefined
  return hasOption && hasLimit && to !== '' && texts.some(({ sms }) => sms.trim() !== '')
}

/** What goes out by itself; without replies nobody could answer, and there is none. */
function byItselfOf({ replies, reminders, escalations = [] }: Form) {
  if (replies.length === 0) return {}
  const whole = escalations.filter(isWhole).map(one => ({
    ...one,
    texts: one.texts.filter(({ sms }) => sms.trim() !== ''),
  }))
  return {
    ...(reminders !== undefined && { reminders }),
    ...(whole.length > 0 && { escalations: whole }),
  }
}

export function endOf({ minutes, expires }: Form, now: Date): string | undefined {
  if (minutes === undefined) return expires
  const end = new Date(now.getTime() + minutes * 60_000)
  end.setUTCSeconds(0, 0)
  return end.toISOString()
}

/** Body of `POST /v1/templates/{id}/draft`. */
export function useOf(form: Form, status: Alert['status'], now: Date): object {
  const { template, areas, groups, minutes } = form
  return {
    version: template?.version,
    blanks: template?.blanks,
    status,
    audience: { groups },
    ...(areas.length > 0 && { area: areas }),
    ...(minutes !== undefined && { expires: endOf(form, now) }),
  }
}

/** What is written of the form into a draft: body of `POST /v1/alerts`, and of `PATCH` of one without a template. */
export function draftOf(form: Form, status: Alert['status'], now: Date) {
  const filled = form.texts.filter(({ sms }) => sms.trim() !== '')
  const texts = filled.length > 0 ? filled : form.texts.slice(0, 1)
  const expires = endOf(form, now)
  const prepared = (kind: 'cancel' | 'allClear') => {
    const written = texts.flatMap(text =>
      text[kind].trim() === '' ? [] : [{ language: text.language, sms: text[kind] }],
    )
    return written.length > 0 ? { [kind]: written } : {}
  }
  const corrections = { ...prepared('cancel'), ...prepared('allClear') }
  return {
    status,
    info: texts.map((text, no) => ({
      language: text.language,
      category: form.category,
      event: form.event.trim(),
      responseType: form.responseType,
      urgency: form.urgency,
      severity: form.severity,
      certainty: form.certainty,
      ...(form.eventCode !== undefined && { eventCode: form.eventCode }),
      ...(expires !== undefined && { expires }),
      ...(text.sms.trim() !== '' && { sms: text.sms }),
      ...said('headline', text.headline ?? form.event.trim()),
      ...said('description', text.description),
      ...said('instruction', text.instruction),
      ...(no === 0 && form.areas.length > 0 && { area: form.areas }),
    })),
    audience: { groups: form.groups },
    replies: { options: form.replies },
    ...(Object.keys(corrections).length > 0 && { corrections }),
    ...byItselfOf(form),
  }
}

function said(name: string, text: string | undefined): object {
  return text === undefined || text === '' ? {} : { [name]: text }
}

/** Body of `PATCH` of a draft that is held to its template: the blanks anew, and what the template does not say. */
export function templatePatchOf(form: Form, stored: Alert, now: Date): object {
  const expires = form.minutes === undefined ? undefined : endOf(form, now)
  return {
    template: { version: form.template?.version, blanks: form.template?.blanks },
    audience: { ...stored.audience, groups: form.groups },
    replies: { ...stored.replies, options: form.replies },
    reminders: null,
    escalations: null,
    ...byItselfOf(form),
    info: stored.info.map(({ area: _area, ...block }, no) => ({
      ...block,
      severity: form.severity,
      ...(expires !== undefined && { expires }),
      ...(no === 0 && form.areas.length > 0 && { area: form.areas }),
    })),
  }
}

export interface FormFault {
  /** The id of the field. */
  readonly field: string
  readonly text: string
}

/** The parts in which two forms differ, for who must choose between them. */
export function differences(mine: Form, theirs: Form) {
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  return {
    texts: theirs.texts.filter(
      text => !isSame(text.sms, mine.texts.find(one => one.language === text.language)?.sms),
    ),
    areas: !isSame(mine.areas, theirs.areas),
    severity: mine.severity !== theirs.severity,
    groups: !isSame(mine.groups, theirs.groups),
    ends: mine.minutes !== undefined || mine.expires !== theirs.expires,
  }
}
