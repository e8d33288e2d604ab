/**
 * An alert that was made of a template is held to it: it says, in each language that the template declares, what the
 * template says with its blanks filled in, and nothing else. That is what its reviewers have stood for. Who wants to
 * say something else fills in the blanks anew, or parts from the template, and answers for the texts from then on:
 * both are told in the history, and the approver sees it.
 */
import type { DraftFault } from './draft-faults.ts'
import { withCode } from './draft-faults.ts'
import type { AlertDraft, Info } from '../cap/alert.ts'
import { AppError, type Fault, isAppError } from '../errors.ts'
import type { AlertRow } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { type Policy, readOrganisation } from '../store/organisation.ts'
import {
  type AlertTemplateRow,
  findAlertTemplate,
  findTemplate,
  updateAlertTemplate,
} from '../store/templates.ts'
import type { BlankValues } from '../templates/blanks.ts'
import { expiryBlank, type FilledText } from '../templates/fill.ts'
import { type FilledTemplate, fillVersion } from '../templates/fill-in.ts'
import { stateOf, type TextState } from '../templates/review.ts'
import { readVersion, type VersionedTemplate } from '../templates/templates.ts'

/** Null: its author parts from it. Else its blanks are filled in anew, of the same version unless another is named. */
export type TemplateEdit = {
  readonly version?: number | undefined
  readonly blanks: BlankValues
} | null

interface Edited {
  readonly draft: AlertDraft
  readonly template: AlertTemplateRow | undefined
  /** For the history. */
  readonly detail?: string
}

/** @throws AppError `wrong_state` of an alert that is held to no template; `not_found`, `invalid_template` */
export async function editTemplate(
  tx: Database,
  { id: alertId }: Pick<AlertRow, 'id'>,
  draft: AlertDraft,
  edit: TemplateEdit | undefined,
  now: Date,
): Promise<Edited> {
  const made = await findAlertTemplate(tx, alertId)
  const isFree = made === undefined || made.partedAt !== null
  if (edit === undefined || (edit === null && isFree)) return { draft, template: made }
  if (isFree) {
    const how = made === undefined ? 'was made of no template' : 'has parted from its template'
    throw new AppError('wrong_state', `the alert ${how}: write its texts`)
  }
  if (edit === null) {
    const template = await updateAlertTemplate(tx, alertId, { partedAt: now })
    return { draft, template, detail: `parted from template ${made.templateId}` }
  }
  const filled = await refill(tx, made, edit, now)
  const { texts, blanks, of } = filled
  const template = await updateAlertTemplate(tx, alertId, { version: of.version, texts, blanks })
  return { draft: withTexts(draft, filled), template, detail: 'filled in anew' }
}

async function refill(
  tx: Database,
  { templateId, version: former }: AlertTemplateRow,
  { version = former, blanks }: NonNullable<TemplateEdit>,
  now: Date,
): Promise<FilledTemplate> {
  try {
    const of = await readVersion(tx, templateId, version)
    return await fillVersion(tx, of, { blanks, expires: undefined, now })
  } catch (error) {
    if (!isAppError(error) || error.code !== 'invalid_template') throw error
    const faults = error.faults.map(fault => ({ ...fault, pointer: `/template${fault.pointer}` }))
    throw new AppError(error.code, error.message, { faults, cause: error })
  }
}

/** CAP's blocks as a template writes them, one a language; the first one's areas are those of all. */
export function blocksOf({ of: { template }, texts, expires }: FilledTemplate): Info[] {
  const { category, event, responseType, urgency, severity, certainty, eventCode } = template
  return template.languages.map(language => ({
    language,
    category,
    event,
    responseType,
    urgency,
    severity,
    certainty,
    ...(eventCode !== undefined && { eventCode }),
    expires,
    ...saidIn(texts, language),
  }))
}

export function correctionsOf(
  texts: readonly FilledText[],
): NonNullable<AlertDraft['corrections']> {
  const prepared = (part: 'cancel' | 'allClear') =>
    texts.map(({ language, [part]: sms = '' }) => ({ language, sms }))
  return { cancel: prepared('cancel'), allClear: prepared('allClear') }
}

const SAID = ['sms', 'headline', 'description', 'instruction'] as const

export function saidIn(
  texts: readonly FilledText[],
  language: string,
): Pick<Info, (typeof SAID)[number]> {
  const text = texts.find(one => one.language === language)
  const said = SAID.filter(part => text?.[part] !== undefined)
  return Object.fromEntries(said.map(part => [part, text![part]!]))
}

/** The draft with these texts in place of its own; a language that it has lost comes back. */
function withTexts(draft: AlertDraft, filled: FilledTemplate): AlertDraft {
  const { texts, expires, of } = filled
  const isEnd = expiryBlank(of.template) !== undefined
  const kept = draft.info.map(block => {
    if (!texts.some(({ language }) => language === block.language)) return block
    const { sms: _sms, headline: _head, description: _what, instruction: _do, ...rest } = block
    return { ...rest, ...saidIn(texts, block.language), ...(isEnd && { expires }) }
  })
  const lost = blocksOf(filled).filter(
    ({ language }) => !kept.some(block => block.language === language),
  )
  return { ...draft, info: [...kept, ...lost], corrections: correctionsOf(texts) }
}

const STATE_DETAILS = {
  stale: 'is stale in the template: its source has changed since',
  draft: 'was not reviewed in the template',
  missing: 'is missing in the template',
} as const satisfies Record<Exclude<TextState, 'reviewed'>, string>

const WAY_OUT = 'or part from it (template: null)'

/**
 * Where an alert is not as its template declares it, or as nobody has reviewed it: 422 at submit, a warning before.
 *
 * @param made undefined, or parted from: then nothing
 */
export async function templateFaults(
  db: Database,
  draft: AlertDraft,
  made: AlertTemplateRow | undefined,
  policy: Pick<Policy, 'templateReview'>,
): Promise<DraftFault[]> {
  if (made === undefined || made.partedAt !== null) return []
  const of = await readVersion(db, made.templateId, made.version)
  const { languages } = of.template
  const faults = [
    ...languages.flatMap(language => languageFaults(draft, of, language, policy)),
    ...textFaults(draft, made.texts as FilledText[]),
    ...expiryFaults(draft, of, made.blanks as BlankValues),
  ]
  return faults.map(withCode('not_as_template'))
}

/** What would keep a draft from being submitted because of its template, and that this one has changed since. */
export async function templateWarnings(
  db: Database,
  draft: AlertDraft,
  made: AlertTemplateRow,
): Promise<Fault[]> {
  const { policy } = await readOrganisation(db)
  const faults = await templateFaults(db, draft, made, policy)
  const warnings: Fault[] = faults.map(({ under: _under, ...fault }) => fault)
  const row = await findTemplate(db, made.templateId)
  if (made.partedAt !== null || row === undefined || row.version === made.version) return warnings
  const detail = `is version ${made.version} of the template, which is at ${row.version} now`
  return [...warnings, { pointer: '/template/version', detail }]
}

/** Why a text may not be said; undefined: it was reviewed, or policy asks for no review. */
export function heldBack(
  { template, writings, reviews }: VersionedTemplate,
  language: string,
  policy: Pick<Policy, 'templateReview'>,
): Exclude<TextState, 'reviewed'> | undefined {
  const state = stateOf(template, writings, reviews, language)
  const isSaid = state === 'reviewed' || (state === 'draft' && policy.templateReview === 'none')
  return isSaid ? undefined : state
}

function languageFaults(
  { info, corrections }: AlertDraft,
  of: VersionedTemplate,
  language: string,
  policy: Pick<Policy, 'templateReview'>,
): Fault[] {
  const no = info.findIndex(block => block.language === language)
  const declared = `in ${language}, which the template declares: fill it in anew, ${WAY_OUT}`
  const state = heldBack(of, language, policy)
  const detail = state && `${STATE_DETAILS[state]}: have it reviewed there, ${WAY_OUT}`
  const unprepared = (['cancel', 'allClear'] as const).filter(
    kind => corrections?.[kind]?.some(text => text.language === language) !== true,
  )
  return [
    ...(no === -1 ? [{ pointer: '/info', detail: `says nothing ${declared}` }] : []),
    ...(detail === undefined ? [] : [{ pointer: no === -1 ? '/info' : `/info/${no}/sms`, detail }]),
    ...unprepared.map(kind => ({
      pointer: `/corrections/${kind}`,
      detail: `has no text ${declared}`,
    })),
  ]
}

function textFaults(
  { info, corrections = {}, reminders }: AlertDraft,
  texts: readonly FilledText[],
): Fault[] {
  const textIn = (language: string) => texts.find(one => one.language === language)
  const foreign = `is a language that the template does not have: leave it out, ${WAY_OUT}`
  const other = `is not what the template says: fill in its blanks anew, ${WAY_OUT}`
  const prepared = (['cancel', 'allClear'] as const).flatMap(kind =>
    (corrections[kind] ?? []).flatMap(({ language, sms }, no) => {
      const pointer = `/corrections/${kind}/${no}`
      const text = textIn(language)
      if (text === undefined) return [{ pointer: `${pointer}/language`, detail: foreign }]
      return text[kind] === sms ? [] : [{ pointer: `${pointer}/sms`, detail: other }]
    }),
  )
  const said = info.flatMap((block, no) => {
    const text = textIn(block.language)
    if (text === undefined) return [{ pointer: `/info/${no}/language`, detail: foreign }]
    return SAID.filter(part => block[part] !== text[part]).map(part => ({
      pointer: `/info/${no}/${part}`,
      detail: other,
    }))
  })
  const reminding =
    reminders?.texts === undefined
      ? []
      : [
          {
            pointer: '/reminders/texts',
            detail: `are none of the template: leave them out, ${WAY_OUT}`,
          },
        ]
  return [...said, ...prepared, ...reminding]
}

/** A text that says until when, and a network that is told another time. */
function expiryFaults({ info }: AlertDraft, of: VersionedTemplate, blanks: BlankValues): Fault[] {
  const said = blanks[expiryBlank(of.template)?.name ?? '']
  if (typeof said !== 'string') return []
  const end = Date.parse(said)
  return info.flatMap(({ expires }, no) =>
    expires !== undefined && Date.parse(expires) === end
      ? []
      : [{ pointer: `/info/${no}/expires`, detail: 'is another time than the text says' }],
  )
}
