import type { ReplyOption } from '../cap/alert.ts'
import {
  HELP_WORDS,
  normaliseAnswer,
  OPT_IN_WORDS,
  OPT_OUT_WORDS,
  plainText,
} from '../cap/keywords.ts'

/**
 * What a person meant by a reply.
 *
 * Two mistakes cost more than asking again: to count somebody as safe who never said so, and to go on texting
 * somebody who said stop. So an option is taken only from a whole text that is its code, one of its words, or
 * code and word together; an opt-out also where a letter slipped; and everything else is `other`, which people
 * read.
 */
export type Understood =
  | { readonly kind: 'option'; readonly code: string }
  | { readonly kind: 'optOut' | 'optIn' | 'help' | 'other' }

/** @param options of the alert that the phone was sent; none where it was sent no alert */
export function understandReply(text: string, options: readonly ReplyOption[]): Understood {
  const whole = normaliseAnswer(text)
  const said = whole.replace(POLITE, '')
  if ([whole, said.replace(REPEATED, '$1'), unspaced(said)].some(word => OPT_OUT_WORDS.has(word))) {
    return { kind: 'optOut' }
  }
  const codes = new Set([...chosen(text, whole, options), ...chosen(text, said, options)])
  const [code] = codes
  if (code !== undefined) return codes.size === 1 ? { kind: 'option', code } : { kind: 'other' }
  if (isSlipOfOptOut(said)) return { kind: 'optOut' }
  if (HELP_WORDS.has(said)) return { kind: 'help' }
  // An alert that asks something makes YES an answer, though not one of its options: it must not undo an opt-out.
  if (OPT_IN_WORDS.has(said) && !(said === 'yes' && options.length > 0)) return { kind: 'optIn' }
  return { kind: 'other' }
}

function chosen(text: string, said: string, options: readonly ReplyOption[]): string[] {
  const question = /[?？؟]/u.test(text)
  return options
    .filter(option => {
      const code = normaliseAnswer(option.code)
      const words = [option.label, ...option.words]
      if (said === '')
        return words.some(
          word => normaliseAnswer(word) === '' && plainText(word) === plainText(text),
        )
      if (said === code) return true
      // "Safe?" asks; it does not say so.
      return (
        !question &&
        words.some(word =>
          [normaliseAnswer(word), `${code} ${normaliseAnswer(word)}`].includes(said),
        )
      )
    })
    .map(option => option.code)
}

/** Courtesies around the word, in the languages of most alerts. */
const POLITE =
  /^(?:please|pls|plz|por favor|svp|sil (?:vous|te) plait) | (?:please|pls|plz|thanks|thank you|thx|por favor|gracias|svp|sil (?:vous|te) plait|merci)$/u

/** STOP STOP STOP */
const REPEATED = /^(\S+)(?: \1)+$/u

/** S T O P, s.t.o.p */
function unspaced(said: string): string {
  return /^\p{L}(?: \p{L})+$/u.test(said) ? said.replaceAll(' ', '') : said
}

const SINGLE_OPT_OUTS = [...OPT_OUT_WORDS].filter(word => word.length >= 4 && !word.includes(' '))

/**
 * `stopp`, `sotp`, `unsubcribe`: a letter doubled or two swapped; in a word as long as `unsubscribe` any one
 * slip. Other edits of `stop` are words of their own (shop, step, top).
 */
function isSlipOfOptOut(said: string): boolean {
  if (said.length < 4 || said.length > 40) return false
  return SINGLE_OPT_OUTS.some(
    word =>
      withoutRepeats(said) === withoutRepeats(word) ||
      isSwap(said, word) ||
      (word.length >= 10 && isOneEdit(said, word)),
  )
}

function withoutRepeats(word: string): string {
  return word.replace(/(.)\1+/gu, '$1')
}

function isSwap(said: string, word: string): boolean {
  const at = [...word].findIndex((letter, i) => letter !== said[i])
  return (
    at >= 0 &&
    said === word.slice(0, at) + (word[at + 1] ?? '') + word.slice(at, at + 1) + word.slice(at + 2)
  )
}

function isOneEdit(said: string, word: string): boolean {
  let start = 0
  while (start < word.length && said[start] === word[start]) start++
  const rest = (text: string, skip: number) => text.slice(start + skip)
  return (
    rest(said, 1) === rest(word, 1) ||
    rest(said, 1) === rest(word, 0) ||
    rest(said, 0) === rest(word, 1)
  )
}
