import { z } from 'zod'
import { type FaultWords, wordsOfFault } from '../faults.ts'

/**
 * What is signed must be what is seen. Characters that hide, reorder or stack text are refused where it is
 * written, by name (SECURITY.md T21, A27): a control, a bidirectional override, a zero-width space, a tag
 * character, half a surrogate pair, a pile of combining marks, or a second spelling of the same letters.
 */

// Joiners shape Arabic and Indic words and tie emoji together; between Latin letters they only hide.
const JOINS =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Extended_Pictographic}\p{Emoji_Modifier}\u{FE0F}]/u
const HIDDEN =
  /[\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}/gu
/** Thai, Hebrew and Vietnamese stack four at most. */
const PILE = /\p{M}{9}/u

/** Why the text can't be shown as it is, naming the code point; undefined: it can. */
export function readingFault(text: string): FaultWords | undefined {
  for (const match of text.matchAll(HIDDEN)) {
    const [character] = match
    const before = /.$/su.exec(text.slice(Math.max(0, match.index - 2), match.index))?.[0] ?? ''
    const isVariant = character === '\u{FE0E}' || character === '\u{FE0F}'
    if (isVariant && /[\p{Emoji}\p{Extended_Pictographic}]/u.test(before)) continue
    const isJoiner = character === '\u{200C}' || character === '\u{200D}'
    if (isJoiner && JOINS.test(before)) continue
    return wordsOfFault('hidden_character', { character: codePoint(character) })
  }
  const pile = PILE.exec(text)
  if (pile !== null) {
    return wordsOfFault('piled_marks', { character: codePoint(pile[0]) })
  }
  const composed = text.normalize('NFC')
  if (composed !== text) {
    let at = 0
    while (text[at] === composed[at]) at++
    return wordsOfFault('not_composed', { character: codePoint(text.slice(at)) })
  }
  return undefined
}

function codePoint(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Text that people read: not blank, at most `max` UTF-16 units, nothing hidden in it. */
export function readableText(max: number) {
  return z
    .string()
    .max(max)
    .superRefine((text, context) => {
      const fault = text.trim() === '' ? wordsOfFault('blank') : readingFault(text)
      if (fault !== undefined) {
        context.addIssue({ code: 'custom', message: fault.detail, params: { fault } })
      }
    })
}
