/**
 * The words that belong to the person who answers, in any alert: an opt-out, an opt-in, a call for help. No
 * alert may give them another meaning.
 */

/** 47 CFR 64.1200(a)(10) and what Twilio, Telnyx and AWS act on by themselves; French as in Canada. */
export const OPT_OUT_WORDS: ReadonlySet<string> = new Set([
  'stop',
  'stopall',
  'stop all',
  'end',
  'cancel',
  'unsubscribe',
  'unsub',
  'quit',
  'revoke',
  'optout',
  'opt out',
  'remove',
  'td',
  'arret',
  'arrete',
  'arreter',
  'arretez',
])
export const OPT_IN_WORDS: ReadonlySet<string> = new Set(['start', 'unstop', 'yes'])
export const HELP_WORDS: ReadonlySet<string> = new Set(['help', 'info', 'aide'])

const DIGIT_ZEROS = [0x660, 0x6f0, 0x966, 0x9e6]

/**
 * One spelling of what looks alike: NFKC, decimal digits of Arabic, Persian, Devanagari and Bengali as ASCII, no
 * invisible signs and none that only colour an emoji.
 */
export function plainText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}|\p{Emoji_Modifier}|[\uFE00-\uFE0F\u20E3]/gu, '')
    .replace(/[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF]/gu, digit => {
      const point = digit.codePointAt(0) ?? 0
      return String(point - (DIGIT_ZEROS.findLast(zero => zero <= point) ?? 0))
    })
    .trim()
}

/**
 * The words that a person meant to type, alone: lower case, one space between, nothing else but letters and
 * digits. Accents and apostrophes go too: many keyboards lack them, and so does GSM-7.
 */
export function normaliseAnswer(text: string): string {
  return plainText(text)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036F'’]/gu, '')
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
}

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
