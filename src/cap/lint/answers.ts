import { HELP_WORDS, normaliseAnswer, OPT_IN_WORDS, OPT_OUT_WORDS } from '../keywords.ts'

const ASKING =
  /\b(?:reply|text|answer|respond|responda|conteste|env[ií]e|mande|répondez|envoyez)(?:\s+(?:with|back|con))?\s+/giu
/** What the word is there for: then it is no answer to the alert. */
const MEANT =
  /^["'\s]*(?:to (?:opt out|unsubscribe|stop|end|cancel|quit)|for help|to get help|para (?:cancelar|no recibir|salir|ayuda)|pour (?:arrêter|vous désabonner))/iu

/**
 * Words that a text tells people to answer with and that carriers take for themselves (47 CFR 64.1200(a)(10)): who
 * answers END is never heard, and gets nothing any more.
 */
export function carrierKeywordsAsked(text: string): string[] {
  const found = new Set<string>()
  for (const asked of text.matchAll(ASKING)) {
    const rest = text.slice(asked.index + asked[0].length).split(/[.!?\n]/u, 1)[0]!
    const choices = rest.split(/,|\bor\b|\bo\b|\bou\b|\//iu)
    for (const choice of choices) {
      const [, word = '', behind = ''] =
        /^["'“\s\d.:=-]*([\p{L}-]+(?:\s(?:all|out))?)(.*)$/iu.exec(choice) ?? []
      const normal = normaliseAnswer(word)
      const isTaken =
        OPT_OUT_WORDS.has(normal) || OPT_IN_WORDS.has(normal) || HELP_WORDS.has(normal)
      if (isTaken && !MEANT.test(behind)) found.add(word)
    }
  }
  return [...found]
}
