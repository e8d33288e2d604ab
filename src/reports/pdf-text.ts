/**
 * Text set in lines: broken where Unicode lets it (UAX #14), its runs in the order in which they are seen (UAX #9),
 * each in a font that has it. Shaping needs letters in the order in which they are read, and turns round what it takes
 * for a script from right to left; where that is not what is to be seen, a run is turned round here.
 */
import bidiFactory from 'bidi-js'
import LineBreaker from 'linebreak'
import type { FontName, Fonts } from './pdf-fonts.ts'

export interface Run {
  readonly font: FontName
  /** As it is handed to the font. */
  readonly text: string
  readonly width: number
}

export interface Line {
  /** From left to right as they are seen. */
  readonly runs: readonly Run[]
  readonly width: number
  /** The paragraph reads from right to left: it stands at the right. */
  readonly isRightToLeft: boolean
}

export interface TextSetter {
  lines(text: string, language: string, width: number, bold?: boolean): Line[]
}

// Its types say `export default`; what Node imports is the function itself.
const bidi = (bidiFactory as unknown as typeof bidiFactory.default)()

/**
 * @param measure the width of what a font shapes in one piece
 * @param missing stands for characters that no font has; it is given how many, and the first of them
 */
export function openTextSetter(
  { fontsFor, turns }: Fonts,
  measure: (font: FontName, text: string) => number,
  missing: (characters: readonly string[]) => string,
): TextSetter {
  const withoutMissing = (text: string, language: string, bold: boolean) => {
    const fonts = fontsFor(text, language, bold)
    if (!fonts.includes(undefined)) return { text, fonts }
    const said = replaceMissing(text, fonts, missing)
    return { text: said, fonts: fontsFor(said, language, bold) }
  }
  return {
    lines(whole, language, width, bold = false) {
      return whole.split(/\r\n|[\n\r\u2028\u2029]/u).flatMap(paragraph => {
        const { text, fonts } = withoutMissing(paragraph, language, bold)
        const { levels, paragraphs } = bidi.getEmbeddingLevels(text)
        const isRightToLeft = ((paragraphs[0]?.level ?? 0) & 1) === 1
        const embedding = { levels, paragraphs }
        const runsOf = (start: number, end: number): Run[] =>
          visualRuns(text, embedding, fonts, start, end).map(({ font, logical, isTurned }) => {
            const given = isTurned === turns(font, logical) ? logical : turned(logical)
            return { font, text: given, width: measure(font, given) }
          })
        // In whatever order its runs are seen: they are as wide.
        const widthOf = (start: number, end: number) =>
          logicalRuns(text, levels, fonts, start, end).reduce(
            (sum, run) => sum + measure(run.font, run.text),
            0,
          )
        return breakLines(text, width, widthOf).map(([start, end]) => {
          const runs = runsOf(start, end)
          return { runs, width: runs.reduce((sum, run) => sum + run.width, 0), isRightToLeft }
        })
      })
    },
  }
}

/** Starts and ends of lines, blanks at their ends left out. */
function breakLines(
  text: string,
  width: number,
  widthOf: (start: number, end: number) => number,
): (readonly [number, number])[] {
  const lines: (readonly [number, number])[] = []
  const trimmed = (start: number, end: number) => start + text.slice(start, end).trimEnd().length
  let [start, end] = [0, 0]
  const close = () => {
    if (end > start) lines.push([start, trimmed(start, end)])
    start = end
  }
  const breaker = new LineBreaker(text)
  /** Of what is in the line, blanks behind it too. */
  let filled = 0
  for (let next = breaker.nextBreak(); next !== null; next = breaker.nextBreak()) {
    const to = next.position
    if (filled + widthOf(end, trimmed(end, to)) > width) {
      close()
      filled = 0
      // A word wider than the line is cut where it must be.
      while (widthOf(start, trimmed(start, to)) > width) {
        end = start + fitting(text.slice(start, to), n => widthOf(start, start + n) <= width)
        if (end >= to) break
        close()
      }
    }
    filled += widthOf(end, to)
    end = to
  }
  close()
  return lines.length === 0 ? [[0, 0]] : lines
}

/** How much of a word fits, whole characters, at least one. */
function fitting(word: string, fits: (length: number) => boolean): number {
  let length = 0
  for (const character of word) {
    if (length > 0 && !fits(length + character.length)) break
    length += character.length
  }
  return length
}

/** Pieces of one font and one direction, in the order in which they are read. */
function logicalRuns(
  text: string,
  levels: Uint8Array,
  fonts: readonly (FontName | undefined)[],
  start: number,
  end: number,
): { font: FontName; text: string }[] {
  const runs: { font: FontName; text: string }[] = []
  for (let from = start; from < end;) {
    let to = from + 1
    while (to < end && levels[to] === levels[from] && fonts[to] === fonts[from]) to++
    runs.push({ font: fonts[from] ?? 'latin', text: text.slice(from, to) })
    from = to
  }
  return runs
}

function visualRuns(
  text: string,
  embedding: ReturnType<typeof bidi.getEmbeddingLevels>,
  fonts: readonly (FontName | undefined)[],
  start: number,
  end: number,
): { font: FontName; logical: string; isTurned: boolean }[] {
  if (end <= start) return []
  const mirrored = bidi.getMirroredCharactersMap(text, embedding.levels, start, end - 1)
  const places = placesSeen(text, embedding, start, end)
  const runs: { font: FontName; logical: string; isTurned: boolean }[] = []
  for (let i = 0; i < places.length;) {
    const first = places[i]!
    const level = embedding.levels[first]!
    const font = fonts[first] ?? 'latin'
    const step = (level & 1) === 1 ? -1 : 1
    let length = 1
    while (i + length < places.length) {
      const place = places[i + length]!
      const goesOn =
        place === first + step * length &&
        embedding.levels[place] === level &&
        (fonts[place] ?? 'latin') === font
      if (!goesOn) break
      length++
    }
    const low = Math.min(first, first + step * (length - 1))
    const logical = Array.from({ length }, (_, n) => mirrored.get(low + n) ?? text[low + n]!).join(
      '',
    )
    runs.push({ font, logical, isTurned: step < 0 })
    i += length
  }
  return runs
}

/** Where the units of a line stand in the text, from left to right as they are seen. */
function placesSeen(
  text: string,
  embedding: ReturnType<typeof bidi.getEmbeddingLevels>,
  start: number,
  end: number,
): number[] {
  const places = Array.from({ length: end - start }, (_, i) => start + i)
  for (const [from = 0, to = 0] of bidi.getReorderSegments(text, embedding, start, end - 1)) {
    const turned = places.slice(from - start, to + 1 - start).toReversed()
    places.splice(from - start, turned.length, ...turned)
  }
  return places
}

const turned = (text: string) => [...text].toReversed().join('')

/** Without a picture of their own: joiners and selectors of the character before. */
const IGNORABLE = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]$/u

function replaceMissing(
  text: string,
  fonts: readonly (FontName | undefined)[],
  missing: (characters: readonly string[]) => string,
): string {
  let said = ''
  let run: string[] = []
  let blanks = ''
  const close = () => {
    if (run.length > 0) said += missing(run)
    said += blanks
    run = []
    blanks = ''
  }
  let at = 0
  for (const character of text) {
    const font = fonts[at]
    at += character.length
    if (font === undefined && IGNORABLE.test(character)) continue
    if (font === undefined) {
      run.push(character)
      blanks = ''
    } else if (run.length > 0 && /^\s$/u.test(character)) {
      // Words of the same script are one gap.
      blanks += character
    } else {
      close()
      said += character
    }
  }
  close()
  return said
}
