import { z } from 'zod'
import { languageTag } from '../cap/alert.ts'
import { readableText } from '../cap/readable.ts'
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'

/**
 * Blanks: what a template leaves to whoever makes an alert of it. Each has a type, so that a hasty hand is corrected,
 * and each language writes it in its own way. `{sender}`, the organisation's name, is always there;
 * `{link}`, each recipient's own, is none of them: it stays in the text until the alert is sent.
 */

/** Names of ours, and two that JSON here may not have. */
const RESERVED = ['sender', 'link', 'constructor', 'prototype']

const name = z
  .string()
  .max(30)
  .regex(/^[a-z][a-z\d]*(_[a-z\d]+)*$/, 'must be a word in lower case, such as last_seen')
  .refine(word => !RESERVED.includes(word), 'is a name that can not be given')

/** One line without braces: what is filled in can't bring a blank of its own. */
export function line(max: number) {
  return readableText(max).regex(/^[^\t\n\r{}]*$/, 'must be one line without braces')
}

const wordings = z
  .array(z.strictObject({ language: languageTag, text: line(200) }))
  .min(1)
  .max(20)

/** The same in every language, or said in each. */
const wording = z.union([line(200), wordings])

const common = {
  name,
  label: line(100).meta({ description: 'What whoever fills it in is asked for' }),
}

const optional = { description: 'Where there is none, the blank must be filled in' }

export const blankSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal(['place', 'road', 'name']),
    maxLength: z.int().min(1).max(200).default(40),
    default: wording.optional().meta(optional),
  }),
  z.strictObject({
    ...common,
    type: z.literal('time'),
    show: z.enum(['time', 'weekday', 'date']).default('time').meta({
      description:
        'How it is written: the hour alone, of a time within a day; with its weekday, within six; with its date',
    }),
    expires: z.boolean().default(false).meta({
      description: 'It is when the alert expires; left out, the template’s duration from now',
    }),
  }),
  z.strictObject({
    ...common,
    type: z.literal('number'),
    min: z.number().min(-1e9).max(1e9).default(0),
    max: z.number().min(-1e9).max(1e9).default(1_000_000),
    decimals: z.int().min(0).max(3).default(0),
    default: z.number().optional().meta(optional),
  }),
  z.strictObject({
    ...common,
    type: z.literal('choice'),
    choices: z
      .array(z.strictObject({ code: line(50), texts: wordings }))
      .min(1)
      .max(50),
    default: line(50).optional().meta(optional),
  }),
])

/** Judged by the blank that it is for, not by its shape. */
export const valueSchema = z.union([
  z.string().max(2000),
  z.number(),
  z.array(z.strictObject({ language: languageTag, text: z.string().max(2000) })).max(20),
])

/** What is filled in, by the names of the blanks. */
export const valuesSchema = z.record(z.string().min(1).max(64), valueSchema)

export type Blank = z.infer<typeof blankSchema>
export type BlankValue = z.infer<typeof valueSchema>
export type BlankValues = Readonly<Record<string, BlankValue>>

/** Where and when a blank is filled in. */
export interface Desk {
  /** The organisation's name, as `{sender}` says it. */
  readonly sender: string
  /** IANA: in which times are written. */
  readonly timeZone: string
  /** ISO 3166-1 alpha-2: how a language without a country writes its times and numbers. */
  readonly country: string
  /** Where `{link}` in a text leads; null: nowhere. */
  readonly linkUrl: string | null
}

const HOUR_MS = 3_600_000
/** How far from now a time may be that is shown without its day, with its weekday, with its date. */
export const REACH_MS = { time: 24 * HOUR_MS, weekday: 6 * 24 * HOUR_MS, date: 366 * 24 * HOUR_MS }
const REACH_WORDS = { time: 'a day', weekday: 'six days', date: 'a year' }

/** What keeps a value from being filled in, at its place below `pointer`. */
export function valueFaults(
  blank: Blank,
  value: BlankValue,
  { languages, now, pointer }: { languages: readonly string[]; now: Date; pointer: string },
): Fault[] {
  const fault = (detail: string, at = '') => [{ pointer: pointer + at, detail }]
  switch (blank.type) {
    case 'place':
    case 'road':
    case 'name': {
      if (typeof value === 'string') return lineFaults(value, blank.maxLength, pointer)
      if (typeof value === 'number') return fault('must be text')
      const twice = value.filter(
        ({ language }, no) => value.findIndex(one => one.language === language) !== no,
      )
      return [
        ...value.flatMap(({ text }, no) =>
          lineFaults(text, blank.maxLength, `${pointer}/${no}/text`),
        ),
        ...languages
          .filter(language => !value.some(one => one.language === language))
          .flatMap(language => fault(`says nothing in ${language}`)),
        ...twice.flatMap(({ language }) => fault(`says two things in ${language}`)),
      ]
    }
    case 'time': {
      const isTime = z.iso.datetime({ offset: true }).safeParse(value).success
      if (typeof value !== 'string' || !isTime) return fault('must be a time as RFC 3339 has it')
      const away = Math.abs(Date.parse(value) - now.getTime())
      if (away <= REACH_MS[blank.show]) return []
      const shown = { time: 'the hour alone', weekday: 'its weekday', date: 'its date' }[blank.show]
      return fault(`is more than ${REACH_WORDS[blank.show]} from now, and is shown by ${shown}`)
    }
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value))
        return [faultAt(pointer, 'not_number')]
      if (value < blank.min || value > blank.max) {
        return [faultAt(pointer, 'outside_range', { least: blank.min, most: blank.max })]
      }
      const isWhole = Number(value.toFixed(blank.decimals)) === value
      return isWhole ? [] : [faultAt(pointer, 'too_many_decimals', { most: blank.decimals })]
    }
    case 'choice': {
      const codes = blank.choices.map(({ code }) => code)
      const isKnown = typeof value === 'string' && codes.includes(value)
      return isKnown ? [] : [faultAt(pointer, 'not_one_of', { values: codes.join(', ') })]
    }
  }
}

function lineFaults(text: string, maxLength: number, pointer: string): Fault[] {
  const { error } = line(maxLength).safeParse(text)
  // A mark at the beginning would join what the template says before it.
  const joins = /^\s*\p{M}/u.test(text) ? [faultAt(pointer, 'begins_with_mark')] : []
  return [...(error?.issues ?? []).map(({ message: detail }) => ({ pointer, detail })), ...joins]
}

/** A value as a language writes it. It has no faults: `valueFaults` found none. */
export function writeValue(blank: Blank, value: BlankValue, language: string, desk: Desk): string {
  const text = typeof value === 'string' ? value : ''
  switch (blank.type) {
    case 'place':
    case 'road':
    case 'name':
      return (Array.isArray(value) ? inLanguage(value, language) : text).trim()
    case 'time':
      return timeWriter(blank.show, language, desk)(text)
    case 'number': {
      const format = new Intl.NumberFormat(localeOf(language, desk), {
        maximumFractionDigits: blank.decimals,
      })
      // Nobody writes -0.
      return plainSpaces(format.format(Number(value) + 0))
    }
    case 'choice': {
      const { texts = [] } = blank.choices.find(({ code }) => code === value) ?? {}
      return inLanguage(texts, language)
    }
  }
}

/** Making the writer takes far longer than writing. */
export function timeWriter(
  show: Extract<Blank, { type: 'time' }>['show'],
  language: string,
  desk: Desk,
): (time: string) => string {
  const day = {
    time: {},
    weekday: { weekday: 'long' },
    date: { month: 'short', day: 'numeric' },
  } as const
  const hour = { hour: 'numeric', minute: '2-digit', timeZone: desk.timeZone } as const
  const format = new Intl.DateTimeFormat(localeOf(language, desk), { ...day[show], ...hour })
  return time => plainSpaces(format.format(new Date(time)))
}

function localeOf(language: string, { country }: Desk): string {
  const isOfSomewhere = new Intl.Locale(language).region !== undefined
  return isOfSomewhere ? language : new Intl.Locale(language, { region: country }).toString()
}

/**
 * ICU puts narrow and no-break spaces, and marks of direction, into what it writes: the first would make a text UCS-2
 * (3GPP TS 23.038 §6.2.1), and the second can't be seen.
 */
function plainSpaces(text: string): string {
  return text.replaceAll(/\p{Zs}/gu, ' ').replaceAll(/\p{Cf}/gu, '')
}

export function inLanguage(
  texts: readonly { readonly language: string; readonly text: string }[],
  language: string,
): string {
  return texts.find(one => one.language === language)?.text ?? ''
}
