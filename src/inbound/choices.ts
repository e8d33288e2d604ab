/**
 * Which of an alert's options a text names. It must be made of nothing else: codes, words and labels of one option,
 * courtesies, and the pronouns that people put before ("we are safe, thank you"). A word that is none of these makes
 * it a text for people to read: so "not safe", "safe but" and "is it safe" name nothing.
 *
 * A slip of one letter is allowed in a word of five letters or more, in alphabets only: among Han characters one sign
 * more is a "not". The first letter must stand, but for a swap: "unable" is no slip of "enable", nor "here" of "there".
 */
import type { ReplyOption } from '../cap/alert.ts'
import { normaliseAnswer, plainText } from '../cap/keywords.ts'
import { CONTEXT, COURTESIES, FRAMES, NUMBER_WORDS } from './phrases.ts'

interface Choices {
  /** By spelling, the option's code; null: it is an answer of two. */
  readonly pieces: ReadonlyMap<string, string | null>
  readonly codes: ReadonlySet<string>
  /** Codes, and the names of those that are digits. */
  readonly numbers: ReadonlySet<string>
  /** Words of no letters: emoji. */
  readonly signs: ReadonlyMap<string, string | null>
  /** Those in which a slip is looked for. */
  readonly phrases: readonly { readonly words: readonly string[]; readonly code: string }[]
  /** Pieces by their first letter, the longest first. */
  readonly byLetter: ReadonlyMap<string, readonly string[]>
  readonly urgent: readonly string[]
}

/** @returns an option's code; null: of two or more; undefined: it is no answer */
export function chosenOption(
  text: string,
  said: string,
  options: readonly ReplyOption[],
): string | null | undefined {
  if (options.length === 0 || said.length > LONGEST) return undefined
  const choices = choicesOf(options)
  if (said === '') return chosenSign(text, choices)
  const exact = choices.pieces.get(said)
  const isQuestion = /[?？؟]/u.test(text)
  if (exact !== undefined && (!isQuestion || choices.codes.has(said))) {
    return CONTRARY.test(text) ? undefined : exact
  }
  // "Safe?" asks; it does not say so.
  if (isQuestion || CONTRARY.test(text)) return undefined
  return readWhole(said, choices) ?? slipOf(said, choices)
}

/** Whether an option asks for help. */
export function urgentOption(options: readonly ReplyOption[]): string | undefined {
  return options.length === 0 ? undefined : choicesOf(options).urgent[0]
}

export const isUrgent = (code: string, options: readonly ReplyOption[]) =>
  options.length > 0 && choicesOf(options).urgent.includes(code)

/** True if a text is an option's code and nothing else. */
export const isCode = (said: string, options: readonly ReplyOption[]) =>
  options.length > 0 && choicesOf(options).codes.has(said)

const LONGEST = 200
/** Beside a word they turn it round. */
const CONTRARY = /[👎❌🚫✖⛔🆘❓❔]/u

const prepared = new WeakMap<readonly ReplyOption[], Choices>()

function choicesOf(options: readonly ReplyOption[]): Choices {
  const known = prepared.get(options)
  if (known !== undefined) return known
  const pieces = new Map<string, string | null>()
  const signs = new Map<string, string | null>()
  const add = (to: Map<string, string | null>, piece: string, code: string) => {
    const other = to.get(piece)
    to.set(piece, other === undefined || other === code ? code : null)
  }
  for (const { code, label, words } of options) {
    for (const word of [code, label, ...words]) {
      const normal = normaliseAnswer(word)
      if (normal === '') add(signs, plainText(word), code)
      else add(pieces, normal, code)
    }
  }
  const codes = new Set(options.map(({ code }) => normaliseAnswer(code)))
  const numbers = new Set(codes)
  for (const [no, words] of Object.entries(NUMBER_WORDS)) {
    const code = pieces.get(no)
    if (code == null) continue
    for (const word of words) {
      if (pieces.has(word)) continue
      pieces.set(word, code)
      numbers.add(word)
    }
  }
  const choices: Choices = {
    pieces,
    codes,
    numbers,
    signs,
    phrases: options.flatMap(({ code, label, words }) =>
      [label, ...words].map(word => ({ words: normaliseAnswer(word).split(' '), code })),
    ),
    byLetter: byFirstLetter([...pieces.keys()]),
    urgent: options.filter(({ urgent }) => urgent).map(({ code }) => code),
  }
  prepared.set(options, choices)
  return choices
}

function byFirstLetter(pieces: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byLetter = new Map<string, string[]>()
  for (const piece of pieces.toSorted((a, b) => b.length - a.length)) {
    const letter = piece.slice(0, 1)
    const known = byLetter.get(letter)
    if (known === undefined) byLetter.set(letter, [piece])
    else known.push(piece)
  }
  return byLetter
}

const COURTESIES_BY_LETTER = byFirstLetter(COURTESIES)
const CONTEXT_BY_LETTER = byFirstLetter(CONTEXT)
const FRAMES_BY_LETTER = byFirstLetter(FRAMES)

/** 👍, 👍👍👍 */
function chosenSign(text: string, { signs }: Choices): string | null | undefined {
  if (signs.size === 0) return undefined
  const plain = plainText(text)
  return signs.get(plain) ?? signs.get(plain.replace(/^(\S+?)(?:\s*\1)+$/u, '$1'))
}

/** Reads from the left, the longest piece first. */
function readWhole(
  said: string,
  { pieces, byLetter, numbers }: Choices,
): string | null | undefined {
  let chosen: string | null | undefined
  let hasWord = false
  let counts = false
  let afterFrame = false
  for (let at = 0; at < said.length;) {
    if (said[at] === ' ') {
      at++
      continue
    }
    const letter = said.slice(at, at + 1)
    const piece = pieceAt(said, at, byLetter.get(letter))
    if (piece !== undefined) {
      const code = pieces.get(piece)!
      chosen = chosen === undefined || chosen === code ? code : null
      hasWord ||= !numbers.has(piece)
      afterFrame = false
      at += piece.length
      continue
    }
    const frame: string | undefined = afterFrame
      ? undefined
      : pieceAt(said, at, FRAMES_BY_LETTER.get(letter))
    const context = pieceAt(said, at, CONTEXT_BY_LETTER.get(letter))
    const courtesy = pieceAt(said, at, COURTESIES_BY_LETTER.get(letter))
    const longest = Math.max(...[frame, context, courtesy].map(one => one?.length ?? 0))
    if (longest === 0) return undefined
    afterFrame ||= frame?.length === longest
    counts ||= courtesy?.length !== longest
    at += longest
  }
  return afterFrame || (counts && !hasWord) ? undefined : chosen
}

/** The longest that stands there as a word of its own: scripts without spaces have no ends of words, and `1safe` is two. */
function pieceAt(
  said: string,
  at: number,
  pieces: readonly string[] | undefined,
): string | undefined {
  return pieces?.find(piece => said.startsWith(piece, at) && endsWord(said, at + piece.length))
}

function endsWord(said: string, at: number): boolean {
  if (at === said.length || said[at] === ' ' || /\d\p{L}/u.test(said.slice(at - 1, at + 1)))
    return true
  return WITHOUT_SPACES.test(said[at]!) || WITHOUT_SPACES.test(said[at - 1]!)
}

const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const ALPHABET = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}]+$/u

const MIN_LETTERS = 5

function slipOf(said: string, { phrases, pieces }: Choices): string | null | undefined {
  const words = said.split(' ')
  let slipped: string | null | undefined
  for (const { words: meant, code } of phrases) {
    const skipped = words.length - meant.length
    if (skipped < 0 || skipped > MOST_FILLERS || !differsByASlip(words, skipped, meant)) continue
    if (!isFiller(words.slice(0, skipped), pieces)) continue
    slipped = slipped === undefined || slipped === code ? code : null
  }
  return slipped
}

/** Words in the longest courtesy or frame. */
const MOST_FILLERS = 6

const FILLERS: ReadonlySet<string> = new Set([...COURTESIES, ...CONTEXT, ...FRAMES])

const isFiller = (words: readonly string[], pieces: ReadonlyMap<string, unknown>) =>
  words.length === 0 || (FILLERS.has(words.join(' ')) && !pieces.has(words.join(' ')))

/** @param from where in `words` what is meant begins */
function differsByASlip(words: readonly string[], from: number, meant: readonly string[]): boolean {
  let slips = 0
  for (const [no, word] of meant.entries()) {
    const typed = words[from + no]!
    if (typed === word) continue
    if (word.length < MIN_LETTERS || !ALPHABET.test(word) || ++slips > 1) return false
    // "evacuate" is what somebody is told, "evacuated" what somebody did.
    if (typed === word.slice(0, -1)) return false
    if (!isOneEdit(typed, word) || (typed[0] !== word[0] && !isSwap(typed, word))) return false
  }
  return slips === 1
}

/** One letter more, less or another, or two neighbours swapped (Damerau). */
export function isOneEdit(typed: string, word: string): boolean {
  if (typed === word || Math.abs(typed.length - word.length) > 1) return false
  let start = 0
  while (start < word.length && typed[start] === word[start]) start++
  const rest = (text: string, skip: number) => text.slice(start + skip)
  return (
    rest(typed, 1) === rest(word, 1) ||
    rest(typed, 1) === rest(word, 0) ||
    rest(typed, 0) === rest(word, 1) ||
    isSwap(typed, word)
  )
}

export function isSwap(typed: string, word: string): boolean {
  if (typed.length !== word.length) return false
  let at = 0
  while (at < word.length && typed[at] === word[at]) at++
  return (
    at + 1 < word.length &&
    typed[at] === word[at + 1] &&
    typed[at + 1] === word[at] &&
    typed.slice(at + 2) === word.slice(at + 2)
  )
}
