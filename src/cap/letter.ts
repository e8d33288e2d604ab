import type { AlertContent } from './content.ts'
import { throughGate } from './drill.ts'

/** A text of an alert as mail. */
export interface AlertLetter {
  /** One line. */
  readonly subject: string
  readonly body: string
  /** BCP 47. */
  readonly language: string
}

/**
 * A text's letter: all of it was signed. Its subject is the block's headline, or its event; its body the text message
 * as it is sent, then what CAP has more room for. Of a drill the subject and each paragraph begin with the drill word,
 * for a letter is quoted and passed on in parts.
 *
 * @param no of the text, and of its block
 */
export function letterOf(
  { status, roster, texts, info }: Pick<AlertContent, 'status' | 'roster' | 'texts' | 'info'>,
  no: number,
): AlertLetter {
  const text = texts[no]
  const block = info[no]
  if (text === undefined || block === undefined) throw new Error(`the alert has no text ${no}`)
  const { language, sms } = text
  const { event, headline = event, description, instruction, web, contact } = block
  const parts = [
    headline.replaceAll(/[\s\p{Cc}]+/gu, ' '),
    sms,
    description,
    instruction,
    web,
    contact,
  ]
  const gated = throughGate(
    status,
    roster?.id,
    parts.flatMap(part => (part === undefined ? [] : [{ language, sms: part }])),
  ).texts.map(part => part.sms)
  const [subject = '', ...paragraphs] = gated
  return { subject, body: `${[...new Set(paragraphs)].join('\n\n')}\n`, language }
}
