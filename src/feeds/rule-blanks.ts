/** The blanks of a rule's template: as the rule says, or as the message has it. */
import type { Info } from '../cap/alert.ts'
import type { Area } from '../cap/area.ts'
import { isSameTag } from '../cap/texts.ts'
import type { Blank, BlankValue, BlankValues } from '../templates/blanks.ts'
import type { Template } from '../templates/template.ts'
import type { Rule } from './rule.ts'

type Given = NonNullable<Rule['template']>['blanks'][string]
type Source = Extract<Given, { readonly from: string }>['from']
type Block = Info & { readonly area: Area[] }

/** What the message has not is left out, for whoever fills in the blanks to miss it. */
export function blanksFrom(
  template: Pick<Template, 'blanks' | 'languages'>,
  given: Readonly<Record<string, Given>>,
  blocks: readonly Block[],
): BlankValues {
  const values = Object.entries(given).flatMap(([name, value]) => {
    const blank = template.blanks.find(one => one.name === name)
    const filled = isFromMessage(value)
      ? valueFrom(blank, value.from, template.languages, blocks)
      : value
    return filled === undefined ? [] : [[name, filled] as const]
  })
  return Object.fromEntries(values)
}

export function isFromMessage(given: Given): given is { readonly from: Source } {
  return typeof given === 'object' && 'from' in given
}

/** In each language of the template what the message says in it, or else in its first block. */
function valueFrom(
  blank: Blank | undefined,
  source: Source,
  languages: readonly string[],
  blocks: readonly Block[],
): BlankValue | undefined {
  const first = wordsOf(blocks[0]!, source)
  if (blank?.type === 'choice' || first === undefined) return first
  const texts = languages.map(language => {
    const block = blocks.find(one => isSameTag(one.language, language))
    return { language, text: (block && wordsOf(block, source)) ?? first }
  })
  return texts.every(({ text }) => text === first) ? first : texts
}

function wordsOf(block: Block, source: Source): string | undefined {
  if (source !== 'areaDesc') return block[source]
  const names = block.area.map(({ areaDesc }) => areaDesc)
  return names.length === 0 ? undefined : names.join(', ')
}
