import { SEVERITIES } from './alert.ts'
import type { AlertContent, AlertText } from './content.ts'

interface Reached {
  /** All signed areas that hold the recipient. */
  readonly areaNos: readonly number[]
  /** Member of one of the alert's groups. */
  readonly viaGroup: boolean
  /** BCP 47. */
  readonly language: string | undefined
}

/**
 * Which text a recipient gets (API.md, Alerts): of the blocks whose areas hold them, or of all where a group
 * reaches them, the one in their language by RFC 4647 lookup, else in the first block's; of several the most
 * severe, and of equals the first. A drill reaches everyone through its roster.
 *
 * @returns `no` of the text
 */
export function chooseText(
  { texts, roster }: Pick<AlertContent, 'texts' | 'roster'>,
  reached: Reached,
): number {
  const here = texts.filter(text => text.areaNos.some(no => reached.areaNos.includes(no)))
  const viaGroup = reached.viaGroup || roster !== undefined || here.length === 0
  const candidates = viaGroup ? texts : here
  const [first] = candidates
  if (first === undefined) throw new Error('an alert without texts has nothing to choose from')
  const languages = candidates.map(text => text.language)
  const language =
    lookUpLanguage(reached.language, languages) ??
    lookUpLanguage(texts[0]?.language, languages) ??
    first.language
  const understood = candidates.filter(text => isSameTag(text.language, language))
  const rank = (text: AlertText) => SEVERITIES.indexOf(text.severity)
  return understood.reduce(
    (worst, text) => (rank(text) < rank(worst) ? text : worst),
    understood[0] ?? first,
  ).no
}

/**
 * RFC 4647 §3.4 lookup: the range is cut from its end, subtag by subtag, until a tag equals it; a single
 * letter or digit that is left at the end goes with what followed it.
 */
export function lookUpLanguage(
  range: string | undefined,
  tags: readonly string[],
): string | undefined {
  let subtags = range === undefined || range === '' ? [] : range.split('-')
  while (subtags.length > 0) {
    const wanted = subtags.join('-')
    const found = tags.find(tag => isSameTag(tag, wanted))
    if (found !== undefined) return found
    subtags = subtags.slice(0, -1)
    if (subtags.at(-1)?.length === 1) subtags = subtags.slice(0, -1)
  }
  return undefined
}

export function isSameTag(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
