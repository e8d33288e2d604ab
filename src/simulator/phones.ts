import type { Meaning } from './arrivals.ts'
import { type Delay, drawDelay, drawsFrom } from './draws.ts'

/** One text that a phone sends and what its owner means by it. */
export interface Saying {
  readonly text: string
  readonly means: Meaning
}

/** One way to answer, chosen with a chance of its `weight` among those of its rule. */
export interface AnswerChoice {
  readonly weight: number
  /** Sent one after the other, each once the one before it has been acknowledged: `1`, then on second thoughts `2`. */
  readonly say: readonly Saying[]
}

/** How phones answer the texts that `when` matches. The first rule that matches counts; no rule, no answer. */
export interface AnswerRule {
  /** A regular expression, matched without regard to case. */
  readonly when: string
  /** How many of 1 answer at all. */
  readonly share: number
  readonly delay: Delay
  readonly choices: readonly AnswerChoice[]
}

export interface PhoneBehaviour {
  /** What every phone does follows from this, its own number and the text; not from the order of arrival. */
  readonly seed: number
  readonly rules: readonly AnswerRule[]
}

/** An answer decided upon: the sayings, and the time before each. */
export interface Plan {
  readonly delays: readonly number[]
  readonly say: readonly Saying[]
}

/** A population of phones. `undefined` is silence. */
export type Phones = (phone: number, text: string) => Plan | undefined

export function createPhones(behaviour: PhoneBehaviour): Phones {
  const rules = behaviour.rules.map(rule => ({
    ...rule,
    pattern: new RegExp(rule.when, 'isu'),
    total: rule.choices.reduce((sum, choice) => sum + choice.weight, 0),
  }))
  // An alert brings few texts to many phones.
  const ruleOf = new Map<
    string,
    { readonly rule: (typeof rules)[number]; readonly salt: number } | null
  >()
  const look = (text: string) => {
    let known = ruleOf.get(text)
    if (known === undefined) {
      const rule = rules.find(r => r.pattern.test(text))
      known = rule === undefined ? null : { rule, salt: saltOf(text) }
      ruleOf.set(text, known)
    }
    return known
  }
  return (phone, text) => {
    const known = look(text)
    if (known === null) return undefined
    const { rule, salt } = known
    const draw = drawsFrom(behaviour.seed, phone, salt)
    if (draw() >= rule.share) return undefined
    let left = draw() * rule.total
    const choice = rule.choices.find(c => (left -= c.weight) < 0)
    if (choice === undefined) return undefined
    return { say: choice.say, delays: choice.say.map(() => drawDelay(rule.delay, draw)) }
  }
}

function saltOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0
  return hash
}

const say = (weight: number, means: Meaning, ...texts: readonly string[]): AnswerChoice[] =>
  texts.map(text => ({ weight: weight / texts.length, say: [{ text, means }] }))

/**
 * People who are asked `Reply 1 SAFE, 2 NEED HELP` in English or Spanish. The options' words must name `safe`,
 * `ok`, `sí estoy bien` (1), `help me`, `necesito ayuda` (2), which is urgent: HELP counts as it.
 */
export const ANSWER_SAFE_OR_HELP: readonly AnswerRule[] = [
  {
    when: '\\bresponda\\b.*\\b1\\b.*\\b2\\b',
    share: 0.7,
    delay: { ms: 500, spreadMs: 8_000 },
    choices: [
      ...say(72, 'option:1', '1', ' 1 ', '1.', 'SÍ estoy bien', 'Ok'),
      ...say(14, 'option:2', '2', ' 2 ', 'Necesito ayuda'),
      ...say(3, 'optOut', 'STOP', 'Stop.'),
      ...say(2, 'help:2', 'HELP'),
      ...say(6, 'other', '¿Dónde está el refugio?', 'gracias'),
      {
        weight: 3,
        say: [
          { text: '1', means: 'option:1' },
          { text: '2', means: 'option:2' },
        ],
      },
    ],
  },
  {
    when: '\\breply\\b.*\\b1\\b.*\\b2\\b',
    share: 0.7,
    delay: { ms: 500, spreadMs: 8_000 },
    choices: [
      ...say(72, 'option:1', '1', ' 1 ', '1.', 'safe', 'Safe!', 'ok'),
      ...say(14, 'option:2', '2', ' 2 ', 'Help me'),
      ...say(3, 'optOut', 'STOP', 'stop', 'Unsubscribe'),
      ...say(2, 'help:2', 'HELP'),
      ...say(1, 'help', 'info'),
      ...say(
        6,
        'other',
        'Which road is still open?',
        'we lost power and the creek is at the door 😟',
        '12',
      ),
      {
        weight: 3,
        say: [
          { text: '1', means: 'option:1' },
          { text: '2', means: 'option:2' },
        ],
      },
    ],
  },
]
