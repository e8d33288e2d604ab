import { septetsOf } from './gsm7.ts'

/**
 * Characters that GSM-7 lacks and a keyboard, or a word processor, brings all the same. One of them makes the whole
 * text UCS-2, and so less than half as much fits into a segment (3GPP TS 23.038 §6.2).
 */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': ',',
  '‛': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‹': "'",
  '›': "'",
  '`': "'",
  '´': "'",
  '–': '-',
  '—': '-',
  '−': '-',
  '‐': '-',
  '‑': '-',
  '•': '-',
  '·': '-',
  '…': '...',
  '→': '->',
  '×': 'x',
  '°': ' deg',
  '®': '(R)',
  '©': '(c)',
  '™': '(TM)',
  '⁄': '/',
  '\t': ' ',
  đ: 'd',
  Đ: 'D',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  œ: 'oe',
  Œ: 'OE',
}

/**
 * The shortest that GSM-7 can write in a character's place and that reads alike: '' for what only decorates.
 *
 * @param character one that GSM-7 lacks
 * @returns undefined where nothing does, as for the letters of another script
 */
export function gsm7Replacement(character: string): string | undefined {
  const known = REPLACEMENTS[character]
  if (known !== undefined) return known
  if (/^[\p{Zs}]$/u.test(character)) return ' '
  if (
    /^[\p{Cf}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]+$/u.test(
      character,
    )
  ) {
    return ''
  }
  // É and ñ are in the alphabet, á and Í are not: the letter alone is read as well.
  const bare = character.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('⁄', '/')
  return bare !== '' && isGsm7(bare) ? bare : undefined
}

function isGsm7(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (septetsOf(text.charCodeAt(at)) === 0) return false
  return true
}
