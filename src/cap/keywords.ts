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
  'opt-out',
  'remove',
  'td',
  'arret',
  'arrêt',
  'arrete',
  'arrête',
])
export const OPT_IN_WORDS: ReadonlySet<string> = new Set(['start', 'unstop', 'yes'])
export const HELP_WORDS: ReadonlySet<string> = new Set(['help', 'info', 'aide'])

/**
 * What a person meant to type: NFKC, lower case, one space between words, nothing at either end that is not a
 * letter or a digit (quotes, full stops, emoji).
 */
export function normaliseAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[^\p{L}\p{N}\p{M}]+$/u, '')
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
