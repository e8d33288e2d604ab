import type { Arrivals, Meaning } from './arrivals.ts'

/** What the phones say of an alert: from the list alone, by none of the code that sent it. */
export interface Verdict {
  readonly expected: number
  /** Phones that had a whole message of the expected text taken for them, however often. */
  readonly reached: number
  /** Phones that should have it and got nothing, by no decision of the carrier. */
  readonly missed: readonly string[]
  /** Phones that should have it and whose carrier refused them for good. */
  readonly refused: readonly string[]
  /** Phones that were not to be reached and were. */
  readonly outside: readonly string[]
  /** Phones that got it more than once; `extraCopies` counts the copies past the first. */
  readonly twice: readonly string[]
  readonly extraCopies: number
  /** Phones that should have it and got another text instead or besides. */
  readonly wrongText: readonly string[]
  readonly tally: PhoneTally
  /** What each expected phone's last valid answer meant, where one was acknowledged. */
  readonly answers: ReadonlyMap<string, Meaning>
  /** Answers that nobody acknowledged: they count nowhere. */
  readonly unacknowledged: number
}

interface PhoneTally {
  readonly replied: number
  readonly noReply: number
  /** By the option's code: phones whose last option it was. */
  readonly byOption: Readonly<Record<string, number>>
  /** Phones that answered and never chose an option. */
  readonly other: number
  readonly optedOut: number
  readonly help: number
}

/** A place in the list; only what came after it is judged. */
export interface ListMark {
  readonly messages: number
  readonly answers: number
}

export function markList(list: Arrivals): ListMark {
  return { messages: list.messages, answers: list.answers }
}

/**
 * Holds the list against what should have happened.
 *
 * A text that answers a phone's own STOP, START or HELP is neither a wrong text nor a reach outside: each such
 * word allows one. A message that the carrier took and failed to deliver counts as reached: the sender did its
 * part.
 *
 * @param expected the phones that should have been reached, E.164 with `+`, and the whole text of each
 */
export function judge(
  list: Arrivals,
  expected: Iterable<readonly [phone: string, text: string]>,
  since: ListMark = { messages: 0, answers: 0 },
): Verdict {
  const textFor = new Map(expected)
  const { answers, keywords, optedOut, help, unacknowledged } = readAnswers(list, textFor, since)
  const copies = new Map<string, number>()
  const allowed = new Map(keywords)
  const outside = new Set<string>()
  const wrongText = new Set<string>()
  for (let i = since.messages; i < list.messages; i++) {
    const { phone, text } = list.message(i)
    if (textFor.get(phone) === text) {
      copies.set(phone, (copies.get(phone) ?? 0) + 1)
    } else if ((allowed.get(phone) ?? 0) > 0) {
      allowed.set(phone, allowed.get(phone)! - 1)
    } else if (textFor.has(phone)) {
      wrongText.add(phone)
    } else {
      outside.add(phone)
    }
  }
  const refusedByCarrier = new Set(list.refusedPhones())
  const without = [...textFor.keys()].filter(phone => !copies.has(phone))
  const twice = [...copies].filter(([, count]) => count > 1)
  const byOption: Record<string, number> = {}
  let other = 0
  for (const meaning of answers.values()) {
    const option = optionOf(meaning)
    if (option === undefined) other++
    else byOption[option] = (byOption[option] ?? 0) + 1
  }
  return {
    expected: textFor.size,
    reached: copies.size,
    missed: without.filter(phone => !refusedByCarrier.has(phone)),
    refused: without.filter(phone => refusedByCarrier.has(phone)),
    outside: [...outside],
    twice: twice.map(([phone]) => phone),
    extraCopies: twice.reduce((sum, [, count]) => sum + count - 1, 0),
    wrongText: [...wrongText],
    tally: {
      replied: answers.size,
      noReply: textFor.size - answers.size,
      byOption,
      other,
      optedOut: optedOut.size,
      help: help.size,
    },
    answers,
    unacknowledged,
  }
}

function readAnswers(list: Arrivals, textFor: ReadonlyMap<string, string>, since: ListMark) {
  const answers = new Map<string, Meaning>()
  const keywords = new Map<string, number>()
  const optedOut = new Set<string>()
  const help = new Set<string>()
  let unacknowledged = 0
  for (let i = since.answers; i < list.answers; i++) {
    const { phone, meaning, acknowledgedAt } = list.answer(i)
    if (acknowledgedAt === undefined) {
      unacknowledged++
      continue
    }
    if (meaning === 'optOut' || meaning === 'optIn' || isHelp(meaning)) {
      keywords.set(phone, (keywords.get(phone) ?? 0) + 1)
    }
    if (!textFor.has(phone)) continue
    if (meaning === 'optOut') optedOut.add(phone)
    else if (meaning === 'optIn') optedOut.delete(phone)
    else if (isHelp(meaning)) help.add(phone)
    if (meaning === 'optOut' || meaning === 'optIn' || meaning === 'help') continue
    // Free text after an option doesn't take the option back.
    if (optionOf(meaning) !== undefined || !answers.has(phone)) answers.set(phone, meaning)
  }
  return { answers, keywords, optedOut, help, unacknowledged }
}

const isHelp = (meaning: Meaning) => meaning === 'help' || meaning.startsWith('help:')

function optionOf(meaning: Meaning): string | undefined {
  const [, code] = /^(?:option|help):(.+)$/u.exec(meaning) ?? []
  return code
}
