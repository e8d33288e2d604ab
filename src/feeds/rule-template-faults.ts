import { heldBack } from '../alerts/template-texts.ts'
import { lookUpLanguage } from '../cap/texts.ts'
import { type Fault, isAppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import type { Blank } from '../templates/blanks.ts'
import { valueFaults } from '../templates/blanks.ts'
import { missingTexts } from '../templates/faults.ts'
import { expiryBlank } from '../templates/fill.ts'
import { readTemplate, type VersionedTemplate } from '../templates/templates.ts'
import { isFromMessage } from './rule-blanks.ts'
import type { Rule } from './rule.ts'

/** What would keep a rule's template from being filled in, whatever the message: told when the rule is written. */
export async function ruleTemplateFaults(
  db: Database,
  { template: given }: Pick<Rule, 'template'>,
  now: Date,
): Promise<Fault[]> {
  if (given === null) return []
  const of = await templateOf(db, given.id)
  if (of === undefined) return [faultAt('/template/id', 'no_template')]
  const { template } = of
  const { languages, policy } = await readOrganisation(db)
  const unready = template.languages.flatMap((language): Fault[] => {
    const state = heldBack(of, language, policy)
    return state === undefined
      ? []
      : [faultAt('/template/id', 'text_not_ready', { language, state })]
  })
  const unsaid = languages
    .filter(language => lookUpLanguage(language, template.languages) === undefined)
    .map(language => faultAt('/template/id', 'no_text_in', { language }))
  const incomplete = missingTexts(template).map(({ pointer, detail }) => ({
    pointer: '/template/id',
    detail: `${pointer} ${detail}`,
  }))
  const known = new Map(template.blanks.map(blank => [blank.name, blank]))
  const ofBlanks = Object.entries(given.blanks).flatMap(([name, value]) => {
    const pointer = pointerTo(name)
    const blank = known.get(name)
    if (blank === undefined) return [faultAt(pointer, 'not_a_blank')]
    if (isFromMessage(value)) return []
    return valueFaults(blank, value, { languages: template.languages, now, pointer })
  })
  const empty = template.blanks
    .filter(blank => !isFilled(blank, given.blanks) && blank !== expiryBlank(template))
    .map(({ name, label }) => faultAt(pointerTo(name), 'blank_empty', { label }))
  return [...unready, ...unsaid, ...incomplete, ...ofBlanks, ...empty]
}

function isFilled(blank: Blank, given: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(given, blank.name) || (blank.type !== 'time' && blank.default !== undefined)
}

/** RFC 6901. */
function pointerTo(name: string): string {
  return `/template/blanks/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

async function templateOf(db: Database, id: string): Promise<VersionedTemplate | undefined> {
  try {
    return await readTemplate(db, id)
  } catch (error) {
    if (isAppError(error) && error.code === 'not_found') return undefined
    throw error
  }
}
