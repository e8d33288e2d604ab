/**
 * What an alert of a rule says, in each language of the organisation: what the message says itself, or the texts of a
 * template with its blanks filled in, or the one where it has it and else the other.
 *
 * An alert that says nothing but the template's is held to it, as one that a person makes of it. A Cancel, and an Update
 * whose every block is an all-clear, say the template's retraction or all-clear.
 */
import { type DraftFault, refuseFaulty, withCode } from '../alerts/draft-faults.ts'
import { shapeFaults } from '../alerts/from-template.ts'
import { limitFaults } from '../alerts/template-limits.ts'
import { correctionsOf, heldBack, saidIn } from '../alerts/template-texts.ts'
import { isAllClear } from '../cap/all-clear.ts'
import type { AlertDraft, Info } from '../cap/alert.ts'
import { blocksWithAreas, signedAreas } from '../cap/content.ts'
import { isSameTag, lookUpLanguage } from '../cap/texts.ts'
import { faultAt, type Fault } from '../faults.ts'
import type { Database } from '../store/database.ts'
import { type Organisation, readOrganisation } from '../store/organisation.ts'
import type { AlertTemplateRow } from '../store/templates.ts'
import { type FilledTemplate, fillVersion } from '../templates/fill-in.ts'
import { readTemplate } from '../templates/templates.ts'
import { blanksFrom } from './rule-blanks.ts'
import type { Rule } from './rule.ts'

/** A draft as a rule has it, and the template that it is held to. */
export interface SaidByRule {
  readonly draft: AlertDraft
  readonly template?: Omit<AlertTemplateRow, 'alertId' | 'partedAt'>
}

type Block = ReturnType<typeof blocksWithAreas>[number]

/**
 * @param given as the message has it, without faults
 * @throws AppError `invalid_alert` naming each language without a text; `not_found`, `invalid_template`,
 *   `not_as_template` of the template
 */
export async function sayByRule(
  db: Database,
  { texts, template }: Pick<Rule, 'texts' | 'template'>,
  given: AlertDraft,
  now: Date,
): Promise<SaidByRule> {
  const organisation = await readOrganisation(db)
  const blocks = blocksWithAreas(given.info)
  const own = texts === 'template' ? [] : blocks.filter(({ sms }) => sms !== undefined)
  const unsaid = unsaidLanguages(blocks, own, organisation)
  if (template === null) {
    refuse(unsaid.map(language => faultAt('/info', 'no_text_in', { language })))
    return { draft: given }
  }
  if (unsaid.length === 0) return { draft: given }
  if (new Set(blocks.map(placesOf(blocks))).size > 1) refuse([faultAt('/info', 'areas_differ')])
  const of = await readTemplate(db, template.id)
  const blanks = blanksFrom(of.template, template.blanks, blocks)
  const filled = await fillVersion(db, of, { blanks, expires: blocks[0]!.expires, now })
  return sayTemplate(db, given, {
    blocks,
    own,
    filled,
    takesBack: template.takesBack,
    organisation,
  })
}

interface Speaking {
  readonly blocks: readonly Block[]
  /** Those of them that have a text of their own. */
  readonly own: readonly Block[]
  readonly filled: FilledTemplate
  readonly takesBack: 'cancel' | 'allClear'
  readonly organisation: Organisation
}

async function sayTemplate(
  db: Database,
  given: AlertDraft,
  { blocks, own, filled, takesBack, organisation }: Speaking,
): Promise<SaidByRule> {
  const { of, texts, expires } = filled
  const { languages, replies, delivery } = of.template
  const hasOwn = (language: string) => own.some(block => isSameTag(block.language, language))
  const spoken = [...languages, ...own.map(block => block.language)]
  const unready = languages.flatMap((language): Fault[] => {
    const state = hasOwn(language) ? undefined : heldBack(of, language, organisation.policy)
    return state === undefined ? [] : [faultAt('/info', 'text_not_ready', { language, state })]
  })
  const unsaid = organisation.languages
    .filter(language => lookUpLanguage(language, spoken) === undefined)
    .map(language => faultAt('/info', 'no_text_in', { language }))
  refuse([...unsaid, ...unready])

  const part = partOf(given, takesBack)
  const blockIn = (language: string): Info => {
    const { area, ...block } = blocks.find(one => isSameTag(one.language, language)) ?? blocks[0]!
    const { sms: _sms, headline: _head, description: _what, instruction: _do, ...cap } = block
    const { [part]: sms = '' } = texts.find(text => text.language === language) ?? {}
    const said = part === 'sms' ? saidIn(texts, language) : { sms, description: sms }
    return { ...cap, ...withArea(area), language, expires: cap.expires ?? expires, ...said }
  }
  const foreign = own.filter(block => !languages.some(one => isSameTag(one, block.language)))
  const info = [
    ...languages.flatMap(language =>
      hasOwn(language)
        ? own.filter(block => isSameTag(block.language, language)).map(ownBlock)
        : [blockIn(language)],
    ),
    ...foreign.map(ownBlock),
  ]
  const isAlert = part === 'sms'
  const draft: AlertDraft = {
    ...given,
    info,
    ...(isAlert && { replies, delivery, corrections: correctionsOf(texts) }),
  }
  refuseFaulty(shapeFaults(draft))
  const { version } = of
  const template = { templateId: of.row.id, version, blanks: filled.blanks, texts }
  refuseFaulty(await limitFaults(db, draft, { ...template, partedAt: null }))
  return isAlert && own.length === 0 ? { draft, template } : { draft }
}

/** Which of the template's texts the message is. */
function partOf(
  draft: AlertDraft,
  takesBack: 'cancel' | 'allClear',
): 'sms' | 'cancel' | 'allClear' {
  if (draft.msgType === 'Cancel') return takesBack
  return isAllClear(draft) ? 'allClear' : 'sms'
}

/** Those of the organisation that somebody in one of the areas would look for in vain. */
function unsaidLanguages(
  blocks: readonly Block[],
  own: readonly Block[],
  { languages }: Organisation,
): string[] {
  const placeOf = placesOf(blocks)
  const saidAt = (place: string) =>
    own.filter(block => placeOf(block) === place).map(({ language }) => language)
  const said = [...new Set(blocks.map(placeOf))].map(saidAt)
  return languages.filter(language =>
    said.some(spoken => lookUpLanguage(language, spoken) === undefined),
  )
}

/** Which of these blocks are for the same areas, whatever each calls them. */
function placesOf(blocks: readonly Block[]): (block: Block) => string {
  const { noOf } = signedAreas(blocks.flatMap(({ area }) => area))
  return ({ area }) => [...new Set(area.map(noOf))].toSorted((a, b) => a - b).join()
}

function ownBlock({ area, ...block }: Block): Info {
  return { ...block, ...withArea(area) }
}

function withArea(area: Block['area']): Pick<Info, 'area'> {
  return area.length === 0 ? {} : { area }
}

function refuse(faults: readonly Fault[]): void {
  refuseFaulty(faults.map((fault): DraftFault => withCode('invalid_alert')(fault)))
}
