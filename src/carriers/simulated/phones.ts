import { drawsFrom } from '../../simulator/draws.ts'
import type { Phones, Plan, Saying } from '../../simulator/phones.ts'

/** Of ten people who are asked something seven answer, most of them the first option; some write something else. */
const SHARE = { answers: 0.7, first: 0.72, other: 0.12, chat: 0.1 } as const
/** Somebody writes back where nothing is asked. */
const CHAT_UNASKED = 0.05
const DELAY = { ms: 1_500, spreadMs: 20_000 } as const

/** None of it is a keyword: nobody who is made up may opt out of anything, or in. */
const CHAT = [
  'Which road is still open?',
  'is this for the whole valley',
  'thanks',
  'we lost power here',
  '¿Dónde está el refugio?',
  'who is this',
] as const

/** The options of a text: the digits that stand before words ("Reply 1 SAFE, 2 NEED HELP"). */
export function optionsIn(text: string): readonly string[] {
  const found = text.matchAll(/(?<![\p{L}\p{N}])([1-9])(?=[\s.:=)–-]{1,3}\p{L})/gu)
  return [...new Set(Array.from(found, ([, digit]) => digit!))]
}

/**
 * Phones that answer as people do. What one does follows from its number, the text and the seed, not from the order
 * in which messages come.
 */
export function answeringPhones(seed: number): Phones {
  return (phone, text) => {
    const draw = drawsFrom(seed, phone, text.length)
    const options = optionsIn(text)
    if (options.length === 0) return draw() < CHAT_UNASKED ? said(chat(draw()), draw()) : undefined
    if (draw() >= SHARE.answers) return undefined
    const choice = draw()
    if (choice < SHARE.chat) return said(chat(draw()), draw())
    const [first, ...others] = options
    const isFirst = others.length === 0 || choice < SHARE.chat + SHARE.first
    const code = isFirst ? first! : others[Math.floor(draw() * others.length)]!
    // A few write it as a sentence, and some think again.
    if (choice > 1 - SHARE.other / 4 && others.length > 0) {
      return plan([option(first!), option(others[0]!)], draw())
    }
    return said(option(code), draw())
  }
}

const option = (code: string): Saying => ({ text: code, means: `option:${code}` })
const chat = (drawn: number): Saying => ({
  text: CHAT[Math.floor(drawn * CHAT.length)]!,
  means: 'other',
})
const said = (saying: Saying, drawn: number): Plan => plan([saying], drawn)

function plan(say: readonly Saying[], drawn: number): Plan {
  return { say, delays: say.map((_saying, no) => DELAY.ms + drawn * DELAY.spreadMs + no * 2_000) }
}
