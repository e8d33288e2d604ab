import { linkFaults } from '../cap/link-faults.ts'
import { replyFaults } from '../cap/reply-faults.ts'
import type { Fault } from '../errors.ts'
import { type Blank, type Desk, REACH_MS, valueFaults } from './blanks.ts'
import { countLinks } from '../encoding/recipient-link.ts'
import { blanksIn, LINK, longestTexts, SENDER } from './fill.ts'
import { type Part, PARTS, type Template, textIn } from './template.ts'

/** What a template's meaning can be refused for: nothing that may still be added later. */
export function templateFaults(
  template: Template,
  { maxSegments, now, ...desk }: Desk & { maxSegments: number; now: Date },
): Fault[] {
  const { languages, blanks, texts, replies } = template
  return [
    ...languageFaults(template),
    ...blanks.flatMap((blank, no) => [
      ...ownFaults(blank, `/blanks/${no}`, languages, now),
      ...twice(blanks, no, ({ name }) => name, `/blanks/${no}/name`),
    ]),
    ...secondExpiry(blanks),
    ...durationFaults(template),
    ...unusedFaults(template),
    ...texts.flatMap((text, no) =>
      PARTS.flatMap(part => {
        const said = text[part] ?? ''
        const pointer = `/texts/${no}/${part}`
        return [
          ...partFaults(said, pointer, blanks),
          ...ownLinkFaults(said, pointer, part, desk.linkUrl),
        ]
      }),
    ),
    ...longestTexts(template, desk)
      .filter(({ segments }) => segments > maxSegments)
      .map(({ language, part, segments, alphabet }) => ({
        pointer: `/texts/${texts.findIndex(text => text.language === language)}/${part}`,
        detail: `may take ${segments} segments (${alphabet}); ${maxSegments} are allowed`,
      })),
    ...replyFaults(replies.options),
  ]
}

/**
 * What a template still lacks before alerts can be made of it: in each language that it declares a text with its
 * retraction and its all-clear, that says all that the source says.
 */
export function missingTexts(template: Template): Fault[] {
  const { languages, blanks, texts } = template
  const source = textIn(template, languages[0]!)
  const ofTexts = languages.flatMap(language => {
    const no = texts.findIndex(text => text.language === language)
    const text = texts[no]
    if (text === undefined) return [{ pointer: '/texts', detail: `has none in ${language}` }]
    return PARTS.flatMap(part => {
      const pointer = `/texts/${no}/${part}`
      const isCorrection = part === 'cancel' || part === 'allClear'
      if (text[part] === undefined) {
        const isMissing = isCorrection || source?.[part] !== undefined
        return isMissing ? [{ pointer, detail: `is missing in ${language}` }] : []
      }
      const said = blanksIn(text[part])
      return [...new Set(blanksIn(source?.[part] ?? ''))]
        .filter(name => !said.includes(name))
        .map(name => ({ pointer, detail: `does not say {${name}}, which the source does` }))
    })
  })
  const ofBlanks = blanks.flatMap((blank, no) =>
    wordingsOf(blank).flatMap(({ at, texts: said }) =>
      languages
        .filter(language => !said.some(one => one.language === language))
        .map(language => ({ pointer: `/blanks/${no}${at}`, detail: `has none in ${language}` })),
    ),
  )
  return [...ofTexts, ...ofBlanks]
}

function wordingsOf(blank: Blank) {
  if (blank.type === 'choice') {
    return blank.choices.map(({ texts }, no) => ({ at: `/choices/${no}/texts`, texts }))
  }
  const usual = blank.type === 'time' || blank.type === 'number' ? undefined : blank.default
  return Array.isArray(usual) ? [{ at: '/default', texts: usual }] : []
}

function languageFaults({ languages, texts }: Template): Fault[] {
  const lower = (language: string) => language.toLowerCase()
  return [
    ...languages.flatMap((_language, no) => twice(languages, no, lower, `/languages/${no}`)),
    ...texts.flatMap(({ language }, no) => {
      const pointer = `/texts/${no}/language`
      if (languages.includes(language)) return twice(texts, no, text => text.language, pointer)
      return [{ pointer, detail: 'is none of the languages that the template declares' }]
    }),
    ...(texts.some(({ language }) => language === languages[0])
      ? []
      : [{ pointer: '/texts', detail: `has none in ${languages[0]}, the source of the others` }]),
  ]
}

function twice<T>(
  list: readonly T[],
  no: number,
  keyOf: (one: T) => string,
  pointer: string,
): Fault[] {
  const first = list.findIndex(one => keyOf(one) === keyOf(list[no]!))
  return first === no ? [] : [{ pointer, detail: `is that of ${first} too` }]
}

function ownFaults(
  blank: Blank,
  pointer: string,
  languages: readonly string[],
  now: Date,
): Fault[] {
  const faults: Fault[] = []
  if (blank.type === 'number' && blank.min > blank.max) {
    faults.push({ pointer: `${pointer}/min`, detail: 'is above max' })
  }
  if (blank.type === 'choice') {
    faults.push(
      ...blank.choices.flatMap((_choice, no) =>
        twice(blank.choices, no, ({ code }) => code, `${pointer}/choices/${no}/code`),
      ),
    )
  }
  if (blank.type === 'time' || blank.default === undefined) return faults
  // What is said in fewer languages than are declared is missing, not wrong.
  const said = Array.isArray(blank.default)
    ? blank.default.map(one => one.language).filter(language => languages.includes(language))
    : languages
  const at = { languages: said, now, pointer: `${pointer}/default` }
  return [...faults, ...valueFaults(blank, blank.default, at)]
}

function secondExpiry(blanks: readonly Blank[]): Fault[] {
  const ends = blanks.flatMap((blank, no) => (blank.type === 'time' && blank.expires ? [no] : []))
  const detail = `another blank is when the alert expires: /blanks/${ends[0]}`
  return ends.slice(1).map(no => ({ pointer: `/blanks/${no}/expires`, detail }))
}

/** The time that is written where nobody fills one in must be one that its blank can show. */
function durationFaults({ blanks, durationMinutes }: Template): Fault[] {
  return blanks.flatMap(blank => {
    if (blank.type !== 'time' || !blank.expires) return []
    if (durationMinutes * 60_000 <= REACH_MS[blank.show]) return []
    const detail = `is longer than the blank ${blank.name} can show by its ${blank.show}`
    return [{ pointer: '/durationMinutes', detail }]
  })
}

/** Nobody should be asked for what nobody is told. */
function unusedFaults({ blanks, texts }: Template): Fault[] {
  const said = new Set(texts.flatMap(text => PARTS.flatMap(part => blanksIn(text[part] ?? ''))))
  return blanks.flatMap(({ name }, no) =>
    said.has(name) ? [] : [{ pointer: `/blanks/${no}`, detail: 'is said by no text' }],
  )
}

/** As of an alert's texts (`alerts/draft-faults.ts`): it leads to the alert, from the text of the alert alone. */
function ownLinkFaults(text: string, pointer: string, part: Part, linkUrl: string | null): Fault[] {
  const links = countLinks(text)
  if (links === 0) return []
  if (part !== 'sms') {
    return [{ pointer, detail: 'has {link}: it leads nowhere but in the text of an alert' }]
  }
  if (linkUrl === null) {
    return [{ pointer, detail: 'has {link}, and policy.linkUrl does not say where that leads' }]
  }
  return links > 1 ? [{ pointer, detail: 'has {link} more than once' }] : []
}

function partFaults(text: string, pointer: string, blanks: readonly Blank[]): Fault[] {
  const unknown = blanksIn(text).filter(
    name => name !== SENDER && name !== LINK && !blanks.some(blank => blank.name === name),
  )
  const rest = text.replaceAll(/\{[a-z\d_]*\}/g, '')
  return [
    ...unknown.map(name => ({ pointer, detail: `{${name}} is no blank of this template` })),
    ...(/[{}]/.test(rest) ? [{ pointer, detail: 'has a brace that belongs to no blank' }] : []),
    ...(/\b[a-z][a-z\d+.-]*:\/\/[^\s{]*\{/i.test(text)
      ? [{ pointer, detail: 'has a blank in a link: it could lead anywhere' }]
      : []),
    ...linkFaults(text, pointer),
  ]
}
