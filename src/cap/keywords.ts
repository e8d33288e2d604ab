/**
 * The words that belong to the person who answers, in any alert: an opt-out, an opt-in, a call for help. No
 * alert may give them another meaning.
 */

/**
 * What the words are of, by language (BCP 47). `und` are those that people are told to type whatever they speak: they
 * say nothing of who does.
 */
export function wordsOf(
  byLanguage: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(byLanguage).flatMap(([language, words]) => words.map(word => [word, language])),
  )
}

/** 47 CFR 64.1200(a)(10) and what Twilio, Telnyx and AWS act on by themselves; French as in Canada. */
export const OPT_OUT_WORDS = wordsOf({
  und: ['stop', 'stopall', 'stop all', 'td'],
  en: ['end', 'cancel', 'unsubscribe', 'unsub', 'quit', 'revoke', 'optout', 'opt out', 'remove'],
  fr: ['arret', 'arrete', 'arreter', 'arretez'],
})
export const OPT_IN_WORDS = wordsOf({ und: ['start', 'unstop'], en: ['yes'] })
/** Canada's carriers want HELP answered in English and AIDE in French; INFO is of both (CWTA, short codes, 3.9). */
export const HELP_WORDS = wordsOf({ und: ['info'], en: ['help'], fr: ['aide'] })

/** The decimal digits of most scripts (Unicode Nd) by their zeros; NFKC has made ASCII of full width ones. */
const DIGIT_ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
  0xf20, 0x1040, 0x17e0, 0x1810,
]
/** ❶, ➀, ➊: circled by other means than ①, which NFKC reads. */
const CIRCLED_ONES = [0x2776, 0x2780, 0x278a]

const countFrom = (firsts: readonly number[], sign: string) => {
  const point = sign.codePointAt(0) ?? 0
  const first = firsts.findLast(one => one <= point)
  return first === undefined || point - first > 9 ? undefined : point - first
}

const ASCII = /^[\x20-\x7e]*$/

/**
 * One spelling of what looks alike: NFKC, decimal digits of all scripts as ASCII, circled ones too, no invisible
 * signs and none that only colour an emoji.
 */
export function plainText(text: string): string {
  if (ASCII.test(text)) return text.trim()
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}|\p{Emoji_Modifier}|[\uFE00-\uFE0F\u20E3]/gu, '')
    .replace(/\p{Nd}/gu, digit => String(countFrom(DIGIT_ZEROS, digit) ?? digit))
    .replace(/[\u2776-\u277E\u2780-\u2788\u278A-\u2792]/gu, sign =>
      String((countFrom(CIRCLED_ONES, sign) ?? 0) + 1),
    )
    .trim()
}

/**
 * The words that a person meant to type, alone: lower case, one space between, nothing else but letters and
 * digits. Accents and apostrophes go too: many keyboards lack them, and so does GSM-7. So do the vowel signs and
 * hamzas of Arabic, whose letters are written in more ways than one.
 */
export function normaliseAnswer(text: string): string {
  const plain = plainText(text).toLowerCase()
  if (ASCII.test(plain))
    return plain
      .replace(/'/g, '')
      .replace(/[^a-z\d]+/g, ' ')
      .trim()
  return plain
    .normalize('NFD')
    .replace(/[\u0300-\u036F\u0640\u064B-\u065F\u0670'’]/gu, '')
    .normalize('NFKC')
    .replace(/[đىیةک]/gu, letter => ALIKE[letter]!)
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
}

/** Letters that keyboards give for one another. */
const ALIKE: Readonly<Record<string, string>> = { đ: 'd', ى: 'ي', ی: 'ي', ة: 'ه', ک: 'ك' }

/**
 * True if an option may not be answered by this word: it would take it away from opting out or asking for
 * help. `yes` is free, for it is the natural answer to a question; it opts in only where no option has it.
 */
export function isReservedWord(normalised: string): boolean {
  return (
    OPT_OUT_WORDS.has(normalised) ||
    HELP_WORDS.has(normalised) ||
    (OPT_IN_WORDS.has(normalised) && normalised !== 'yes')
  )
}
