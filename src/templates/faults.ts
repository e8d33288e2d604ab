import { linkFaults } from '../cap/link-faults.ts'
import { replyFaults } from '../cap/reply-faults.ts'
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
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
      .map(({ language, part, segments, alphabet }) => {
        const no = texts.findIndex(text => text.language === language)
        const values = { segments, alphabet, most: maxSegments }
        return faultAt(`/texts/${no}/${part}`, 'may_take_segments', values)
      }),
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
    if (text === undefined) return [faultAt('/texts', 'none_in', { language })]
    return PARTS.flatMap(part => {
      const pointer = `/texts/${no}/${part}`
      const isCorrection = part === 'cancel' || part === 'allClear'
      if (text[part] === undefined) {
        const isMissing = isCorrection || source?.[part] !== undefined
        return isMissing ? [faultAt(pointer, 'missing_in', { language })] : []
      }
      const said = blanksIn(text[part])
      return [...new Set(blanksIn(source?.[part] ?? ''))]
        .filter(name => !said.includes(name))
        .map(name => faultAt(pointer, 'blank_unsaid', { blank: name }))
    })
  })
  const ofBlanks = blanks.flatMap((blank, no) =>
    wordingsOf(blank).flatMap(({ at, texts: said }) =>
      languages
        .filter(language => !said.some(one => one.language === language))
        .map(language => faultAt(`/blanks/${no}${at}`, 'none_in', { language })),
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
      return [faultAt(pointer, 'not_declared')]
    }),
    ...(texts.some(({ language }) => language === languages[0])
      ? []
      : [faultAt('/texts', 'no_source', { language: languages[0]! })]),
  ]
}

function twice<T>(
  list: readonly T[],
  no: number,
  keyOf: (one: T) => string,
  pointer: string,
): Fault[] {
  const first = list.findIndex(one => keyOf(one) === keyOf(list[no]!))
  return first === no ? [] : [faultAt(pointer, 'same_as', { other: first })]
}

function ownFaults(
  blank: Blank,
  pointer: string,
  languages: readonly string[],
  now: Date,
): Fault[] {
  const faults: Fault[] = []
  if (blank.type === 'number' && blank.min > blank.max) {
    faults.push(faultAt(`${pointer}/min`, 'least_above_most'))
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
  const other = `/blanks/${ends[0]}`
  return ends.slice(1).map(no => faultAt(`/blanks/${no}/expires`, 'second_expiry', { other }))
}

/** The time that is written where nobody fills one in must be one that its blank can show. */
function durationFaults({ blanks, durationMinutes }: Template): Fault[] {
  return blanks.flatMap(blank => {
    if (blank.type !== 'time' || !blank.expires) return []
    if (durationMinutes * 60_000 <= REACH_MS[blank.show]) return []
    const { name, show } = blank
    return [faultAt('/durationMinutes', 'duration_unshown', { blank: name, show })]
  })
}

/** Nobody should be asked for what nobody is told. */
function unusedFaults({ blanks, texts }: Template): Fault[] {
  const said = new Set(texts.flatMap(text => PARTS.flatMap(part => blanksIn(text[part] ?? ''))))
  return blanks.flatMap(({ name }, no) =>
    said.has(name) ? [] : [faultAt(`/blanks/${no}`, 'blank_unused')],
  )
}

/** As of an alert's texts (`alerts/draft-faults.ts`): it leads to the alert, from the text of the alert alone. */
function ownLinkFaults(text: string, pointer: string, part: Part, linkUrl: string | null): Fault[] {
  const links = countLinks(text)
  if (links === 0) return []
  if (part !== 'sms') {
    return [faultAt(pointer, 'link_outside_text')]
  }
  if (linkUrl === null) {
    return [faultAt(pointer, 'link_nowhere')]
  }
  return links > 1 ? [faultAt(pointer, 'link_twice')] : []
}

function partFaults(text: string, pointer: string, blanks: readonly Blank[]): Fault[] {
  const unknown = blanksIn(text).filter(
    name => name !== SENDER && name !== LINK && !blanks.some(blank => blank.name === name),
  )
  const rest = text.replaceAll(/\{[a-z\d_]*\}/g, '')
  return [
    ...unknown.map(name => faultAt(pointer, 'blank_unknown', { blank: name })),
    ...(/[{}]/.test(rest) ? [faultAt(pointer, 'stray_brace')] : []),
    ...(/\b[a-z][a-z\d+.-]*:\/\/[^\s{]*\{/i.test(text) ? [faultAt(pointer, 'blank_in_link')] : []),
    ...linkFaults(text, pointer),
  ]
}
