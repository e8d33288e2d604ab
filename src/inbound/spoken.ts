/**
 * What somebody typed, apart from what a phone or a mail programme puts around it: the message that is answered,
 * a signature. And whether anybody typed at all.
 */
import { normaliseAnswer } from '../cap/keywords.ts'
import { AUTOMATIC, SIGNATURE, type Phrases } from './phrases.ts'

export interface Spoken {
  readonly text: string
  /** As `normaliseAnswer` leaves it, without a signature. */
  readonly said: string
  /** A phone or a mailbox answered by itself: nobody has read anything. */
  readonly isAutomatic: boolean
}

/** Longer texts are no answers; what is looked for in them stands at their beginning. */
const LOOKED_AT = 800

export function spokenPart(text: string): Spoken {
  const head = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text
  const own = withoutQuotes(head)
  const whole = normaliseAnswer(own)
  if (whole.length < SHORTEST_SIGNATURE) return { text: own, said: whole, isAutomatic: false }
  const isAutomatic = /^auto:/i.test(own) || holds(whole, AUTOMATIC)
  return { text: own, said: whole.replace(SIGNATURE, ''), isAutomatic }
}

/** True if a normalised text has one of the phrases in it. */
export function holds(said: string, { words, spaced, others }: Phrases): boolean {
  if (!IS_ASCII.test(said) && others.test(said)) return true
  return said.split(' ').some(word => words.has(word)) && spaced.test(said)
}

const IS_ASCII = /^[\x20-\x7e]*$/
const SHORTEST_SIGNATURE = 8

/** Lines that begin with >, and all that follows a line by which a mail programme says whom it quotes. */
function withoutQuotes(text: string): string {
  if (!/[\n\r>]/.test(text)) return text
  const lines = text.split(/\r\n|\n|\r/)
  const end = lines.findIndex((line, no) => no > 0 && QUOTES_FOLLOW.test(line))
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .filter(line => !/^\s{0,9}>/.test(line))
    .join('\n')
}

/** RFC 3676 §4.3 `-- `, and what mail programmes write above the original. */
const QUOTES_FOLLOW =
  /^(?:-- ?|—|_{3,}|\*{3,}|-{2,} ?(?:original message|mensaje original|message d.origine|原始邮件|tin nhắn gốc).*|(?:on|el|le|vào|في) .{4,120}(?:wrote|escribió|a écrit|đã viết|كتب) ?:?|(?:在|于) ?.{4,120}写道[:：]?)\s*$/iu
