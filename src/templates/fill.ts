/** Filling in blanks: in one pass over the text as its author wrote it, so that no value is ever read for blanks. */
import { readingFault } from '../cap/readable.ts'
import { asMeasured } from '../encoding/recipient-link.ts'
import { measureText, type TextMeasure } from '../encoding/segments.ts'
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import {
  type Blank,
  type BlankValues,
  type Desk,
  inLanguage,
  timeWriter,
  valueFaults,
  writeValue,
} from './blanks.ts'
import { type Part, PARTS, type Template, type TemplateText } from './template.ts'

const BLANK = /\{([a-z\d_]*)\}/g

export const SENDER = 'sender'
/** The recipient's own link: nobody fills it in. */
export const LINK = 'link'

/** A text without blanks. */
export type FilledText = TemplateText

export interface Filled {
  readonly texts: FilledText[]
  /** With what was left out. */
  readonly blanks: BlankValues
  /** RFC 3339: by the blank that says it, else by the template's duration. */
  readonly expires: string
}

/** The names of the blanks that a text has. */
export function blanksIn(text: string): string[] {
  return Array.from(text.matchAll(BLANK), ([, name = '']) => name)
}

/**
 * The texts of a template with its blanks filled in.
 *
 * @param given what whoever makes an alert of it has filled in
 * @param expires when the alert expires, if they said so
 * @returns the faults, each at its place: `/blanks/place`, `/expires`
 */
export function fillTemplate(
  template: Template,
  given: BlankValues,
  { now, expires, ...desk }: Desk & { now: Date; expires?: string | undefined },
): Filled | { faults: Fault[] } {
  const { blanks: known, languages } = template
  const values = withDefaults(template, given, now, expires)
  const faults = [
    ...Object.keys(given)
      .filter(name => !known.some(blank => blank.name === name))
      .map(name => faultAt(pointerTo(name), 'not_a_blank')),
    ...known.flatMap(blank => {
      const isExpires = blank === expiryBlank(template) && !Object.hasOwn(given, blank.name)
      const pointer = isExpires && expires !== undefined ? '/expires' : pointerTo(blank.name)
      const value = values.get(blank.name)
      if (value === undefined) return [faultAt(pointer, 'blank_empty', { label: blank.label })]
      return valueFaults(blank, value, { languages, now, pointer })
    }),
    ...expiryFaults(template, given, expires),
    ...(/[{}]/.test(desk.sender) ? [faultAt('', 'brace_in_name')] : []),
  ]
  if (faults.length > 0) return { faults }

  const texts = template.texts.map(text => {
    const written = new Map(
      known.map(blank => [
        blank.name,
        writeValue(blank, values.get(blank.name)!, text.language, desk),
      ]),
    )
    return filledText(text, written.set(SENDER, desk.sender))
  })
  const hidden = texts.flatMap(text =>
    PARTS.flatMap(part => {
      const fault = readingFault(text[part] ?? '')
      return fault === undefined ? [] : [{ pointer: '/blanks', detail: `${part} ${fault.detail}` }]
    }),
  )
  if (hidden.length > 0) return { faults: hidden }
  const said = values.get(expiryBlank(template)?.name ?? '')
  const end = typeof said === 'string' ? said : (expires ?? endOf(template, now))
  return { texts, blanks: Object.fromEntries(values), expires: end }
}

/** RFC 6901: names come from the caller. */
function pointerTo(name: string): string {
  return `/blanks/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function filledText(text: TemplateText, written: ReadonlyMap<string, string>): FilledText {
  const parts = PARTS.filter(part => text[part] !== undefined).map(
    part => [part, filled(text[part]!, written)] as const,
  )
  return { ...text, ...Object.fromEntries(parts) }
}

function filled(text: string, written: ReadonlyMap<string, string>): string {
  return text.replaceAll(BLANK, (blank, name: string) => written.get(name) ?? blank)
}

function withDefaults(
  template: Template,
  given: BlankValues,
  now: Date,
  expires: string | undefined,
): Map<string, BlankValues[string]> {
  const values = template.blanks.map(blank => {
    // A name like `toString` is no value of anybody's.
    if (Object.hasOwn(given, blank.name)) return [blank.name, given[blank.name]] as const
    if (blank.type !== 'time') return [blank.name, blank.default] as const
    return [blank.name, blank.expires ? (expires ?? endOf(template, now)) : undefined] as const
  })
  return new Map(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function endOf({ durationMinutes }: Template, now: Date): string {
  const end = new Date(now.getTime() + durationMinutes * 60_000)
  // In whole minutes, as a person would write it.
  if (durationMinutes > 1) end.setUTCSeconds(0, 0)
  return end.toISOString()
}

/** The one that says when the alert expires. */
export function expiryBlank({ blanks }: Template): Blank | undefined {
  return blanks.find(blank => blank.type === 'time' && blank.expires)
}

/** What the text says and what the network is told must be one time. */
function expiryFaults(
  template: Template,
  given: BlankValues,
  expires: string | undefined,
): Fault[] {
  const blank = expiryBlank(template)
  if (blank === undefined || expires === undefined || !Object.hasOwn(given, blank.name)) return []
  const said = given[blank.name]
  if (typeof said !== 'string' || Date.parse(said) === Date.parse(expires)) return []
  return [faultAt('/expires', 'other_time', { blank: blank.name })]
}

/** What a text takes when its blanks are filled in as long as they may be, in letters that GSM-7 has. */
export interface LongestText extends Pick<TextMeasure, 'alphabet' | 'units' | 'segments'> {
  readonly language: string
  readonly part: 'sms' | 'cancel' | 'allClear'
}

export function longestTexts(template: Template, desk: Desk): LongestText[] {
  const sent = ['sms', 'cancel', 'allClear'] as const satisfies readonly Part[]
  return template.texts.flatMap(text => {
    const { language } = text
    const written = new Map(
      template.blanks.map(blank => [blank.name, longestValue(blank, language, desk)]),
    ).set(SENDER, desk.sender)
    return sent.flatMap(part => {
      if (text[part] === undefined) return []
      const { alphabet, units, segments } = measureText(
        asMeasured(filled(text[part], written), desk.linkUrl ?? undefined),
      )
      return [{ language, part, alphabet, units, segments }]
    })
  })
}

function longestValue(blank: Blank, language: string, desk: Desk): string {
  const longest = (values: readonly string[]) =>
    values.reduce((most, value) => (costOf(value) > costOf(most) ? value : most), '')
  switch (blank.type) {
    case 'place':
    case 'road':
    case 'name':
      return 'm'.repeat(blank.maxLength)
    case 'time':
      return longest(TIMES.map(timeWriter(blank.show, language, desk)))
    case 'number': {
      const step = blank.decimals === 0 ? 0 : 10 ** -blank.decimals
      const ends = [blank.min, blank.max, blank.min + step, blank.max - step]
      return longest(ends.map(end => writeValue(blank, end, language, desk)))
    }
    case 'choice':
      return longest(blank.choices.map(({ texts }) => inLanguage(texts, language)))
  }
}

/** Each month, each weekday, and in every time zone an hour of two figures before noon and after. */
const TIMES = Array.from({ length: 12 * 8 }, (_, no) =>
  new Date(Date.UTC(2026, no % 12, 20, Math.floor(no / 12) * 3, 58)).toISOString(),
)

/** One character that GSM-7 lacks costs more than any length. */
function costOf(text: string): number {
  const { alphabet, units } = measureText(text)
  return (alphabet === 'UCS2' ? 1e6 : 0) + units
}
