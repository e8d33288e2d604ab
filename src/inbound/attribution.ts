import { isCode, urgentOption } from './choices.ts'
import type { Addressee, Question } from './addressees.ts'
import { understandReply, type Understood } from './keywords.ts'
import { spokenPart } from './spoken.ts'
import type { WholeText } from './parts.ts'

export interface Attributed<A extends Question = Addressee> {
  /** The alert that it answers; undefined: none was sent to that phone. */
  readonly addressee: A | undefined
  readonly understood: Understood
}

/**
 * Which of the alerts that a phone may answer a text is for, and what it means there. It is for the first one, but
 * for three: it begins with another's code ("12 1"); it calls for help, and only another offers it; it is an option's
 * code that the first doesn't have, and a single other does.
 *
 * @param addressees the one that is answered, then others that are open
 */
export function attribute<A extends Question>(
  { text, partial, meaning }: Pick<WholeText, 'text' | 'partial' | 'meaning'>,
  addressees: readonly A[],
): Attributed<A> {
  const found = named(text, addressees) ?? byMeaning(text, addressees)
  if (meaning === undefined) {
    return partial ? { ...found, understood: unsure(found.understood) } : found
  }
  // The carrier has acted on it: what it took it for, it is.
  const isSame = found.understood.kind === meaning
  return { ...found, understood: isSame ? found.understood : { kind: meaning } }
}

function named<A extends Question>(
  text: string,
  addressees: readonly A[],
): Attributed<A> | undefined {
  if (addressees.every(({ code }) => code === undefined)) return undefined
  const { said } = spokenPart(text)
  for (const addressee of addressees) {
    const { code, options } = addressee
    if (code === undefined || !said.startsWith(`${code} `)) continue
    const asks = /[?？؟]/u.test(text) ? '?' : ''
    const understood = understandReply(said.slice(code.length + 1) + asks, options)
    if (understood.kind === 'option' || understood.kind === 'help') return { addressee, understood }
  }
  return undefined
}

function byMeaning<A extends Question>(text: string, addressees: readonly A[]): Attributed<A> {
  const [first, ...others] = addressees
  const understood = understandReply(text, first?.options ?? [])
  if (others.length > 0) {
    const another =
      understood.kind === 'help' && understood.code === undefined
        ? others.find(({ options }) => urgentOption(options) !== undefined)
        : understood.kind === 'other'
          ? onlyOne(others.filter(({ options }) => isCode(spokenPart(text).said, options)))
          : undefined
    if (another !== undefined) {
      const there = understandReply(text, another.options)
      if (there.code !== undefined) return { addressee: another, understood: there }
    }
  }
  return { addressee: first, understood }
}

const onlyOne = <T>(some: readonly T[]): T | undefined => (some.length === 1 ? some[0] : undefined)

/** The parts that never came may say the opposite. A call for help is heard all the same. */
function unsure({ kind, urgent, review, automatic, code }: Understood): Understood {
  if (kind === 'help')
    return { kind, ...(code !== undefined && { code }), ...(urgent && { urgent }) }
  const mayOptOut = kind === 'optOut' || review !== undefined
  return {
    kind: 'other',
    ...(urgent && { urgent }),
    ...(mayOptOut && { review: 'optOut' }),
    ...(automatic && { automatic }),
  }
}
