/**
 * How an alert of an exercise went: of 100 points, each line saying what it is for. The same facts give the same
 * score, whoever asks and whenever.
 */

/** What was done to an alert of an exercise, and what came of it. Times are in seconds from its first draft. */
export interface PlayedAlert {
  /** Since the window opened. */
  readonly draftedAfter: number
  readonly signedAfter: number | null
  readonly approvedAfter: number | null
  readonly firstSentAfter: number | null
  readonly ninetyDeliveredAfter: number | null
  /** Steps that took something back: returned, rejected, withdrawn, stopped, refused by the sender. */
  readonly mistakes: readonly string[]
  readonly prepared: { readonly cancel: boolean; readonly allClear: boolean }
  readonly help: { readonly asked: number; readonly handled: number }
}

export interface ScoreLine {
  readonly item: 'sent' | 'delivered' | 'mistakes' | 'corrections' | 'help'
  readonly words: string
  readonly points: number
  readonly of: number
}

/** All of the points up to `full` seconds, none from `none` on, in between so much less as it took longer. */
const PACE = {
  sent: { of: 30, full: 120, none: 900 },
  delivered: { of: 20, full: 300, none: 1_200 },
} as const
const CORRECTION = { cancel: 10, allClear: 5 } as const
const HELP = 15
const MISTAKES = { of: 20, each: 5 } as const

export function scoreOf(alert: PlayedAlert): ScoreLine[] {
  return [
    paced('sent', alert.firstSentAfter, 'The first message left', 'No message left'),
    paced(
      'delivered',
      alert.ninetyDeliveredAfter,
      'Nine of ten phones had it',
      'Fewer than nine of ten phones had it',
    ),
    mistakesLine(alert),
    correctionsLine(alert),
    helpLine(alert),
  ]
}

export function pointsOf(lines: readonly Pick<ScoreLine, 'points'>[]): number {
  return lines.reduce((sum, { points }) => sum + points, 0)
}

function paced(
  item: keyof typeof PACE,
  seconds: number | null,
  done: string,
  never: string,
): ScoreLine {
  const { of, full, none } = PACE[item]
  if (seconds === null) return { item, words: `${never}.`, points: 0, of }
  const share = Math.min(1, Math.max(0, (none - seconds) / (none - full)))
  const words = `${done} ${spoken(seconds)} after the draft was begun.`
  return { item, words, points: Math.round(of * share), of }
}

function mistakesLine({ mistakes, firstSentAfter }: PlayedAlert): ScoreLine {
  const { of, each } = MISTAKES
  const item = 'mistakes'
  if (mistakes.length > 0) {
    const words = `Taken back on the way: ${mistakes.join(', ')}.`
    return { item, words, points: Math.max(0, of - each * mistakes.length), of }
  }
  // What was never sent has not shown that nothing was wrong with it.
  if (firstSentAfter === null) return { item, words: 'It was not sent.', points: 0, of }
  return { item, words: 'Nothing had to be taken back.', points: of, of }
}

function correctionsLine({ prepared }: PlayedAlert): ScoreLine {
  const of = CORRECTION.cancel + CORRECTION.allClear
  const { cancel, allClear } = prepared
  const points = (cancel ? CORRECTION.cancel : 0) + (allClear ? CORRECTION.allClear : 0)
  const missing = [...(cancel ? [] : ['a cancellation']), ...(allClear ? [] : ['an all-clear'])]
  const words =
    missing.length === 0
      ? 'A cancellation and an all-clear were ready with it.'
      : `Not prepared: ${missing.join(', ')}.`
  return { item: 'corrections', words, points, of }
}

function helpLine({ help, firstSentAfter }: PlayedAlert): ScoreLine {
  const { asked, handled } = help
  const item = 'help'
  if (asked === 0) {
    const points = firstSentAfter === null ? 0 : HELP
    return { item, words: 'Nobody asked for help.', points, of: HELP }
  }
  const words = `${handled} of ${asked} who asked for help were looked after.`
  return { item, words, points: Math.round((HELP * handled) / asked), of: HELP }
}

function spoken(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
