/** What the bench of the whole engine sends, and to what kind of carriers. */
import { encodeText } from '../../src/encoding/segments.ts'

export interface Case {
  readonly name: string
  /** Accounts, each of its own. */
  readonly carriers: number
  readonly texts: TextKind
  /** A receipt for each segment, and replies from this share of the phones. */
  readonly receipts: boolean
  readonly replies: number
  /** For how long it is held, as the console does; the clock runs from its end. */
  readonly holdSeconds?: number
}

export type TextKind = 'short' | 'long'

export const CASES: readonly Case[] = [
  { name: 'plain', carriers: 1, texts: 'short', receipts: false, replies: 0 },
  { name: 'held', carriers: 1, texts: 'short', receipts: false, replies: 0, holdSeconds: 5 },
  { name: 'receipts', carriers: 1, texts: 'short', receipts: true, replies: 0.2 },
  { name: 'mixed', carriers: 3, texts: 'long', receipts: false, replies: 0 },
  { name: 'mixed-receipts', carriers: 3, texts: 'long', receipts: true, replies: 0.2 },
]

export const LANGUAGES = { short: ['en-US'], long: ['en-US', 'es-US'] } as const

/** A text by its language; `round` tells those of one alert from those of another, for phones answer each but once. */
const TEXTS: Readonly<Record<TextKind, readonly ((round: number) => string)[]>> = {
  // One segment of GSM-7.
  short: [
    round =>
      `Flash flood warning ${round} for your area. Move to higher ground now. Reply 1 if safe, 2 if you need help.`,
  ],
  // Two of GSM-7, two of UCS-2.
  long: [
    round =>
      `Flash flood warning ${round} for Cypress Creek and Spring until 4:00 AM. This is a dangerous situation. ` +
      'Move to higher ground now. Do not walk or drive through water. The high school is open as a shelter. ' +
      'Reply 1 if you are safe, 2 if you need help.',
    round =>
      `Aviso de inundación ${round} en Cypress Creek y Spring. Vaya ya a un lugar más alto. ` +
      'Responda 1 si está a salvo, 2 si necesita ayuda.',
  ],
}

export const textsOf = (kind: TextKind, round: number): string[] =>
  TEXTS[kind].map(text => text(round))

/** Recipients are numbered from 1, and have the languages in turn. */
export const languageNoOf = (kind: TextKind, recipient: number): number =>
  recipient % LANGUAGES[kind].length

/** Segments that `recipients` get, all together. */
export function segmentsOf(kind: TextKind, recipients: number): number {
  const segments = textsOf(kind, 1).map(text => encodeText(text).segments.length)
  let sum = 0
  for (let i = 1; i <= recipients; i++) sum += segments[languageNoOf(kind, i)]!
  return sum
}
