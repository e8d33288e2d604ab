/** What somebody who knows the field would say of a text before it is signed. Nothing here refuses anything. */
import { gsm7Replacement } from '../../encoding/replacements.ts'
import { type Alphabet, measureText } from '../../encoding/segments.ts'
import { carrierKeywordsAsked } from './answers.ts'
import { readingGrade } from './grade.ts'
import { saysOneOf, saysWhen } from './missing.ts'

export const FINDINGS = [
  'forces_ucs2',
  'no_place',
  'no_time',
  'no_sender',
  'link',
  'carrier_keyword',
  'hard_to_read',
] as const
type FindingCode = (typeof FINDINGS)[number]

interface Finding {
  readonly code: FindingCode
  readonly detail: string
}

interface LintedText {
  readonly language: string
  readonly alphabet: Alphabet
  /** Septets or UTF-16 units. */
  readonly units: number
  readonly segments: number
  /** What makes it UCS-2; a replacement that is null is not known. */
  readonly forcedBy: { readonly character: string; readonly replacement: string | null }[]
  /** With every replacement, where all are known: what it would cost then. */
  readonly asGsm7: {
    readonly sms: string
    readonly units: number
    readonly segments: number
  } | null
  /** Years of school; null where no formula fits. */
  readonly grade: number | null
  readonly findings: Finding[]
}

/** Plain language stays below (FEMA and the plain language guidelines ask for 6 to 8). */
const MOST_GRADE = 8

const LINK =
  /\b(?:[a-z][a-z\d+.-]*:\/\/|www\.)[^\s<>"]+|\b(?:bit\.ly|t\.co|tinyurl\.com|goo\.gl|ow\.ly|is\.gd)\/\S+/giu
const SHORTENER = /(?:^|\/|\.)(?:bit\.ly|t\.co|tinyurl\.com|goo\.gl|ow\.ly|is\.gd)(?:\/|$)/iu

/**
 * @param known names of the places that it speaks of and of whoever sends it; none: whether it says them is not judged
 */
export function lintText(
  { language, sms }: { readonly language: string; readonly sms: string },
  known: { readonly places: readonly string[]; readonly senders: readonly string[] },
): LintedText {
  const { alphabet, units, segments, forcedBy = [] } = measureText(sms)
  const forced = forcedBy.map(character => ({
    character,
    replacement: gsm7Replacement(character) ?? null,
  }))
  const asGsm7 = inGsm7(sms, forced)
  const grade = readingGrade(sms, language) ?? null
  const findings: Finding[] = []
  const find = (code: FindingCode, detail: string) => findings.push({ code, detail })

  if (forced.length > 0) {
    const characters = forced.map(({ character }) => character).join(' ')
    const saves = asGsm7 === null ? 0 : segments - asGsm7.segments
    find(
      'forces_ucs2',
      `${characters}: GSM-7 lacks them${saves > 0 ? `; without them it takes ${saves} segment(s) less` : ''}`,
    )
  }
  if (known.places.length > 0 && !saysOneOf(sms, known.places)) {
    find('no_place', `names none of the places that it is for: ${known.places.join(', ')}`)
  }
  if (!saysWhen(sms, language)) find('no_time', 'says neither when nor until when')
  if (known.senders.length > 0 && !saysOneOf(sms, known.senders)) {
    find('no_sender', `does not say who sends it: ${known.senders.join(', ')}`)
  }
  for (const [link] of sms.matchAll(LINK)) {
    find(
      'link',
      SHORTENER.test(link)
        ? `${link} hides where it leads: carriers block such links, and people should not follow them`
        : `${link} fails when all open it at once, and teaches people to open links`,
    )
  }
  for (const word of carrierKeywordsAsked(sms)) {
    find('carrier_keyword', `asks for the answer ${word}, which carriers take for themselves`)
  }
  if (grade !== null && grade > MOST_GRADE) {
    find(
      'hard_to_read',
      `reads as for grade ${grade}: shorter sentences and words reach more people`,
    )
  }
  return { language, alphabet, units, segments, forcedBy: forced, asGsm7, grade, findings }
}

function inGsm7(sms: string, forced: LintedText['forcedBy']): LintedText['asGsm7'] {
  if (forced.length === 0 || forced.some(({ replacement }) => replacement === null)) return null
  let replaced = sms
  for (const { character, replacement } of forced) {
    replaced = replaced.replaceAll(character, replacement ?? '')
  }
  const { units, segments } = measureText(replaced)
  return { sms: replaced, units, segments }
}
