/**
 * Who stands behind each language of a template.
 *
 * A language's text is written in a version and stays until a later one changes it. A review says of a text, and of
 * the source text that it was held against, that they are right: it holds for every version that has both, and for
 * none that has another. So a source that changes makes every translation stale, until somebody looks at it again.
 */
import type { Blank } from './blanks.ts'
import type { Template } from './template.ts'

export const TEXT_STATES = ['draft', 'reviewed', 'stale', 'missing'] as const
export type TextState = (typeof TEXT_STATES)[number]

/** Of a language's text in a version. */
interface Writing {
  readonly language: string
  /** The version that it was last changed in. */
  readonly since: number
  /** Who has changed it since it was last reviewed; nobody of a text that came with the program. */
  readonly writers: readonly string[]
}

/** What a version says, as far as reviews go. */
export interface Writings {
  /** The version in which the source was last changed, or another language became it. */
  readonly sourceSince: number
  readonly texts: readonly Writing[]
}

/** What was looked at, and that it is right. */
export interface Review {
  readonly language: string
  readonly textVersion: number
  /** Of the source; the same as `textVersion` in a review of the source itself. */
  readonly sourceVersion: number
  readonly reviewerId: string
  readonly at: Date
}

type Languages = Pick<Template, 'languages'>

/** Which texts a review of this language is of; undefined where there is no text. */
export function reviewed(
  { languages }: Languages,
  { sourceSince, texts }: Writings,
  language: string,
): Pick<Review, 'language' | 'textVersion' | 'sourceVersion'> | undefined {
  const writing = texts.find(one => one.language === language)
  if (writing === undefined) return undefined
  const isSource = language === languages[0]
  const { since } = writing
  return { language, textVersion: since, sourceVersion: isSource ? since : sourceSince }
}

export function reviewOf(
  template: Languages,
  writings: Writings,
  reviews: readonly Review[],
  language: string,
): Review | undefined {
  const of = reviewed(template, writings, language)
  return reviews.find(
    review =>
      review.language === of?.language &&
      review.textVersion === of.textVersion &&
      review.sourceVersion === of.sourceVersion,
  )
}

export function stateOf(
  template: Languages,
  writings: Writings,
  reviews: readonly Review[],
  language: string,
): TextState {
  const of = reviewed(template, writings, language)
  if (of === undefined) return 'missing'
  if (reviewOf(template, writings, reviews, language) !== undefined) return 'reviewed'
  return of.sourceVersion > of.textVersion ? 'stale' : 'draft'
}

/** The version before, and who has reviewed it. */
interface Before {
  readonly template: Template
  readonly writings: Writings
  readonly reviews: readonly Review[]
}

/**
 * What a new version says, and since when.
 *
 * @param by who wrote it; undefined: it came with the program
 */
export function writingsOf(
  template: Template,
  version: number,
  by: string | undefined,
  before?: Before,
): Writings {
  const isSame = (language: string) =>
    before !== undefined && sayingIn(before.template, language) === sayingIn(template, language)
  const spoken = template.languages.filter(language => sayingIn(template, language) !== undefined)
  const texts = spoken.map((language): Writing => {
    const former = before?.writings.texts.find(one => one.language === language)
    if (former !== undefined && isSame(language)) return former
    const wasReviewed =
      before !== undefined &&
      stateOf(before.template, before.writings, before.reviews, language) === 'reviewed'
    const earlier = wasReviewed ? [] : (former?.writers ?? [])
    const writers = new Set([...earlier, ...(by === undefined ? [] : [by])])
    return { language, since: version, writers: [...writers] }
  })
  const source = template.languages[0]!
  const isSameSource = before?.template.languages[0] === source && isSame(source)
  return { sourceSince: isSameSource ? before.writings.sourceSince : version, texts }
}

/** All that a template says in a language: its text, and what its blanks write by themselves. */
function sayingIn({ texts, blanks }: Template, language: string): string | undefined {
  const text = texts.find(one => one.language === language)
  if (text === undefined) return undefined
  const { sms, headline, description, instruction, cancel, allClear } = text
  const said = [sms, headline, description, instruction, cancel, allClear].map(one => one ?? null)
  return JSON.stringify([said, blanks.flatMap(blank => writtenBy(blank, language))])
}

function writtenBy(blank: Blank, language: string): unknown[] {
  const of = (texts: readonly { language: string; text: string }[]) =>
    texts.filter(one => one.language === language).map(one => one.text)
  switch (blank.type) {
    case 'place':
    case 'road':
    case 'name': {
      const { name, default: usual = null } = blank
      return [[name, Array.isArray(usual) ? of(usual) : usual]]
    }
    case 'time':
      return [[blank.name, blank.show]]
    case 'number':
      return [[blank.name, blank.decimals, blank.default ?? null]]
    case 'choice':
      return [[blank.name, blank.choices.map(({ code, texts }) => [code, of(texts)])]]
  }
}
