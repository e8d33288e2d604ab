/**
 * How many years of school a text asks of its reader, by the formula of its language. A short message is a small
 * sample: the number tells plain words from an office's, and no more.
 */

/**
 * @returns undefined for a language without a formula here, and for a text of fewer than five words
 */
export function readingGrade(text: string, language: string): number | undefined {
  const formula = FORMULAS[language.split('-', 1)[0]!.toLowerCase()]
  const sentences = sentencesOf(text)
  const words = sentences.flat()
  if (formula === undefined || words.length < 5) return undefined
  const syllables = words.reduce((sum, word) => sum + formula.syllables(word), 0)
  const grade = formula.grade(words.length, sentences.length, syllables)
  return Math.max(0, Math.round(grade * 10) / 10)
}

const FORMULAS: Readonly<
  Record<
    string,
    {
      readonly syllables: (word: string) => number
      readonly grade: (words: number, sentences: number, syllables: number) => number
    }
  >
> = {
  // Kincaid, Fishburne, Rogers, Chissom: Navy Research Branch Report 8-75 (1975).
  en: {
    syllables: englishSyllables,
    grade: (words, sentences, syllables) =>
      0.39 * (words / sentences) + 11.8 * (syllables / words) - 15.59,
  },
  // Crawford: Fórmula y gráfico para determinar la comprensibilidad de textos de nivel primario en castellano (1989).
  es: {
    syllables: spanishSyllables,
    grade: (words, sentences, syllables) =>
      -0.205 * ((100 * sentences) / words) + 0.049 * ((100 * syllables) / words) - 3.407,
  },
}

/** Words by sentence. Links and numbers are read otherwise than words, and count as none. */
function sentencesOf(text: string): string[][] {
  return text
    .replaceAll(/\b[a-z]+:\/\/\S+/giu, ' ')
    .split(/[.!?:;\n]+(?:\s|$)/u)
    .map(sentence => sentence.match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [])
    .filter(words => words.length > 0)
}

/** Groups of vowels, a silent e at the end none of them. */
function englishSyllables(word: string): number {
  const letters = word.toLowerCase().replace(/[^a-z]/g, '')
  const voiced = letters.replace(/(?:[^laeiouy]es|[^aeiouyl]e|[^aeioutdy]ed)$/, last => last[0]!)
  return Math.max(1, voiced.match(/[aeiouy]+/g)?.length ?? 0)
}

/** Two strong vowels, or a weak one with an accent, are apart; u is silent behind q, and behind g before e and i. */
function spanishSyllables(word: string): number {
  const letters = word
    .toLowerCase()
    .normalize('NFC')
    .replace(/qu(?=[eiéí])/g, 'q')
    .replace(/gu(?=[eiéí])/g, 'g')
    .replace(/y$/, 'i')
  const apart = letters
    .replace(/[íú]/g, ' a ')
    .replace(/[aeoáéó]/g, 'a')
    .replace(/[iuü]/g, 'i')
  return Math.max(1, apart.replace(/a(?=a)/g, 'a ').match(/i*ai*|i+/g)?.length ?? 0)
}
