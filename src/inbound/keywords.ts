import type { ReplyOption } from '../cap/alert.ts'
import { HELP_WORDS, normaliseAnswer, OPT_IN_WORDS, OPT_OUT_WORDS } from '../cap/keywords.ts'
import { chosenOption, isOneEdit, isSwap, isUrgent, urgentOption } from './choices.ts'
import {
  CRIES,
  CRYING_SIGNS,
  MAY_NEED_HELP,
  MAY_OPT_OUT,
  PERHAPS_OPT_OUTS,
  PLAIN_OPT_INS,
  PLAIN_OPT_OUTS,
} from './phrases.ts'
import { holds, spokenPart, type Spoken } from './spoken.ts'

/**
 * What a person meant by a reply.
 *
 * Two mistakes cost more than asking again: to count somebody as safe who never said so, and to go on texting
 * somebody who said stop. So an option is taken only from a text that is made of its code and words alone; an opt-out
 * also where a letter slipped; and everything else is `other`, which people read. What may be an opt-out or a call
 * for help is marked for them.
 */
export interface Understood {
  readonly kind: 'option' | 'optOut' | 'optIn' | 'help' | 'other'
  /** The option that it counts for: the one that was chosen, or the urgent one that a call for help stands for. */
  readonly code?: string
  /** Somebody needs help, or may: to be read first. */
  readonly urgent?: true
  /** People must decide whether it is that (47 CFR 64.1200(a)(10): by any words that can be understood). */
  readonly review?: 'optOut'
  /** A machine wrote it: nobody has answered. */
  readonly automatic?: true
}

/** @param options of the alert that the phone was sent; none where it was sent no alert */
export function understandReply(text: string, options: readonly ReplyOption[]): Understood {
  const spoken = spokenPart(text)
  if (spoken.isAutomatic) return { kind: 'other', automatic: true }
  const whole = spoken.said
  const { said, once } = withoutCourtesies(whole)
  if (OPT_OUT_WORDS.has(whole) || OPT_OUT_WORDS.has(once)) return OPT_OUT
  if (OPT_OUT_WORDS.has(unspaced(said))) return OPT_OUT
  // Nothing but a quoted STOP: better heeded than read for a quote.
  if (whole === '' && text.length < LONGEST_WORDS && OPT_OUT_WORDS.has(normaliseAnswer(text))) {
    return OPT_OUT
  }
  const code = chosenOption(spoken.text, whole, options)
  if (code != null) return choiceOf(code, options)
  if (code === undefined) {
    if (slippedOptOut(said) !== undefined) return OPT_OUT
    if (isCry(spoken.text, once)) return helpWith(urgentOption(options))
    if (HELP_WORDS.has(once)) return { kind: 'help' }
    // An alert that asks something makes YES an answer, though not one of its options: it must not undo an opt-out.
    if (OPT_IN_WORDS.has(once) && !(once === 'yes' && options.length > 0)) return { kind: 'optIn' }
    if (PLAIN_OPT_OUTS.has(once)) return OPT_OUT
    if (PLAIN_OPT_INS.has(once)) return { kind: 'optIn' }
  }
  return leftToPeople(spoken, once, options)
}

/**
 * The language of the keyword that a text consists of, behind an alert's code too (BCP 47, no country); undefined where
 * it says nothing of who wrote it: STOP and INFO are told to people whatever they speak.
 */
export function keywordLanguage(text: string): string | undefined {
  const whole = spokenPart(text).said
  const { said, once } = withoutCourtesies(whole)
  const behindCode = once.slice(once.indexOf(' ') + 1)
  const word = [whole, once, unspaced(said), behindCode].find(one => LANGUAGES.has(one))
  const language = LANGUAGES.get(word ?? slippedOptOut(said) ?? '')
  return language === 'und' ? undefined : language
}

const LANGUAGES: ReadonlyMap<string, string> = new Map(
  [PLAIN_OPT_INS, PLAIN_OPT_OUTS, CRIES, HELP_WORDS, OPT_IN_WORDS, OPT_OUT_WORDS].flatMap(words => [
    ...words,
  ]),
)

const OPT_OUT: Understood = { kind: 'optOut' }

function choiceOf(code: string, options: readonly ReplyOption[]): Understood {
  return isUrgent(code, options) ? { kind: 'option', code, urgent: true } : { kind: 'option', code }
}

/** HELP asks for the programme's text, and may be a cry: while an alert offers help it counts as both. */
function helpWith(code: string | undefined): Understood {
  return code === undefined ? { kind: 'help' } : { kind: 'help', code, urgent: true }
}

function isCry(text: string, said: string): boolean {
  return CRIES.has(said) || (said === '' && CRYING_SIGNS.test(text))
}

/** A copy of an alert, quoted or sent back, holds words of all kinds. */
const COPY = /[“"«「][^”"»」]{12,}[”"»」]?/gu
const INSTRUCTION =
  /(?:[Rr]eply|REPLY|[Tt]ext|TEXT|[Rr]espond(?:a|s)?|RESPONDA|[Ee]nv[ií]e|[Rr]épondez|[Ee]nvoyez|[Tt]rả lời|回复|回覆|أرسل|ارسل|أجب)\s*["“']?(?:\d{1,3}(?!\d)|[A-Z]{2,}|[١-٩])/u

function leftToPeople(
  { text, said }: Spoken,
  once: string,
  options: readonly ReplyOption[],
): Understood {
  if (PERHAPS_OPT_OUTS.has(once) || hasLineOfOptOut(text))
    return { kind: 'other', review: 'optOut' }
  const offersHelp = urgentOption(options) !== undefined
  const cries = offersHelp && CRYING_SIGNS.test(text)
  const mayNeedHelp = cries || (offersHelp && holds(said, MAY_NEED_HELP))
  const mayOptOut = holds(said, MAY_OPT_OUT)
  if (!mayNeedHelp && !mayOptOut) return { kind: 'other' }
  const own = text.replace(COPY, ' ')
  if (own.search(INSTRUCTION) > 0) return { kind: 'other' }
  const ownWords = own === text ? said : normaliseAnswer(own)
  const urgent = cries || (mayNeedHelp && holds(ownWords, MAY_NEED_HELP))
  return {
    kind: 'other',
    ...(urgent && { urgent: true }),
    ...(mayOptOut && holds(ownWords, MAY_OPT_OUT) && { review: 'optOut' }),
  }
}

/** STOP on a line of its own, beside others. */
const hasLineOfOptOut = (text: string) =>
  text.includes('\n') && text.split('\n').some(line => OPT_OUT_WORDS.has(normaliseAnswer(line)))

/** @returns the words without courtesies, and once where they are said several times */
function withoutCourtesies(whole: string): { said: string; once: string } {
  if (whole.length > LONGEST_WORDS) return { said: whole, once: whole }
  const said = whole.replace(POLITE, '')
  return { said, once: said.replace(REPEATED, '$1') }
}

/** No keyword with its courtesies, said several times, is longer. */
const LONGEST_WORDS = 100

/** Courtesies around the word, in the languages of most alerts. */
const POLITE =
  /^(?:please|pls|plz|por favor|svp|sil (?:vous|te) plait|请) ?| ?(?:please|pls|plz|thanks|thank you|thx|por favor|gracias|svp|sil (?:vous|te) plait|merci|谢谢|cam on|شكرا)$/u

/** STOP STOP STOP */
const REPEATED = /^(\S+)(?: \1)+$/u

/** S T O P, s.t.o.p */
function unspaced(said: string): string {
  return said[1] === ' ' && /^\p{L}(?: \p{L})+$/u.test(said) ? said.replaceAll(' ', '') : said
}

const SINGLE_OPT_OUTS = [...OPT_OUT_WORDS.keys()]
  .filter(word => word.length >= 4 && !word.includes(' '))
  .map(word => ({ word, plain: withoutRepeats(word) }))
const LONGEST_OPT_OUT = Math.max(...SINGLE_OPT_OUTS.map(({ word }) => word.length))

/**
 * The word that is meant by `stopp`, `sotp`, `unsubcribe`: a letter doubled or two swapped; in a word as long as
 * `unsubscribe` any one slip. Other edits of `stop` are words of their own (shop, step, top).
 */
function slippedOptOut(said: string): string | undefined {
  if (said.length < 4 || said.length > 40) return undefined
  const plain = withoutRepeats(said)
  if (plain.length > LONGEST_OPT_OUT + 1) return undefined
  return SINGLE_OPT_OUTS.find(
    one =>
      plain === one.plain ||
      isSwap(said, one.word) ||
      (one.word.length >= 10 && isOneEdit(said, one.word)),
  )?.word
}

function withoutRepeats(word: string): string {
  return word.replace(/(.)\1+/gu, '$1')
}
