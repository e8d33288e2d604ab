/**
 * XML as a tree of elements with their lines, from hands that nobody vouches for (SECURITY.md T20).
 *
 * Nothing is fetched and no entity is declared: a document type, a processing instruction, an encoding that is
 * not UTF-8, nesting past 32 and more than 16 attributes end the reading where they stand. Comments are passed
 * over between elements and refused inside a text, where some readers would see half of it.
 */
import { SaxesParser } from 'saxes'
import { AppError, type Fault } from '../errors.ts'

export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly line: number
  /** By name, without namespace declarations. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  /** All character data directly inside. */
  text: string
  /** A comment stands in it. */
  hasComment: boolean
  /** Where it begins and ends in the text that was parsed. */
  readonly start: number
  end: number
}

const MAX_DEPTH = 32
const MAX_ATTRIBUTES = 16
/** A million empty elements are no alert. */
const MAX_ELEMENTS = 50_000

const BYTE_ORDER_MARK = '\u{FEFF}'

/**
 * @returns the text as it was parsed, and its root
 * @throws AppError `malformed_xml` for what is no XML in UTF-8; `invalid_alert` for well-formed XML that is not
 *   let in. Either names the line
 */
export function parseXml(bytes: Uint8Array): { text: string; root: XmlElement } {
  const text = decodeUtf8(bytes)
  // The parser would pass over a second mark without a word.
  if (text === undefined || text.startsWith(BYTE_ORDER_MARK)) throw malformed(1, 'must be in UTF-8')
  const parser = new SaxesParser({ xmlns: true, position: true })
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  let elements = 0

  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw refused(parser.line, 'must be XML 1.0')
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) {
      throw malformed(parser.line, 'must be in UTF-8, and say so')
    }
  })
  parser.on('doctype', () => {
    throw refused(parser.line, 'has a document type, which is not let in')
  })
  parser.on('processinginstruction', () => {
    throw refused(parser.line, 'has a processing instruction, which is not let in')
  })
  parser.on('opentagstart', () => {
    if (open.length === MAX_DEPTH) throw refused(parser.line, `is nested deeper than ${MAX_DEPTH}`)
    if (++elements > MAX_ELEMENTS) {
      throw refused(parser.line, `has more than ${MAX_ELEMENTS} elements`)
    }
  })
  let attributesOfTag = 0
  parser.on('attribute', () => {
    if (++attributesOfTag > MAX_ATTRIBUTES) {
      throw refused(parser.line, `has more than ${MAX_ATTRIBUTES} attributes in one element`)
    }
  })
  parser.on('opentag', tag => {
    attributesOfTag = 0
    const attributes = Object.values(tag.attributes)
    const element: XmlElement = {
      name: tag.local,
      namespace: tag.uri,
      line: parser.line,
      attributes: new Map(
        attributes.filter(one => one.uri !== XMLNS).map(one => [one.name, one.value]),
      ),
      children: [],
      text: '',
      hasComment: false,
      start: text.lastIndexOf(`<${tag.name}`, parser.position - 1),
      end: parser.position,
    }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  parser.on('closetag', () => {
    const closed = open.pop()
    if (closed !== undefined) closed.end = parser.position
  })
  const addText = (characters: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += characters
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('comment', () => {
    const element = open.at(-1)
    if (element !== undefined) element.hasComment = true
  })
  // What is not well-formed has no meaning to go on with. The parser's own words may quote the text.
  parser.on('error', error => {
    const reason = REASONS.find(([words]) => error.message.includes(words))?.[1]
    throw malformed(parser.line, reason ?? 'is not well-formed')
  })
  parser.write(text).close()
  if (root === undefined) throw malformed(parser.line, 'has no root element')
  return { text, root }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** Of the parser's messages, those that tell somebody what to mend. */
const REASONS: readonly (readonly [string, string])[] = [
  ['undefined entity', 'has an entity that XML does not know; write the character itself'],
  ['disallowed character', 'has a character that XML does not allow'],
  ['unexpected close tag', 'has an end tag that fits no start tag'],
  ['unclosed tag', 'ends inside an element'],
  ['unmatched closing tag', 'has an end tag that fits no start tag'],
  ['unbound namespace prefix', 'has a prefix without a namespace'],
  ['document must contain a root element', 'has no root element'],
  ['duplicate attribute', 'has the same attribute twice'],
]

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  } catch {
    return undefined
  }
}

function malformed(line: number, detail: string): AppError {
  return new AppError('malformed_xml', `the XML ${detail}`, { faults: [faultAt(line, detail)] })
}

function refused(line: number, detail: string): AppError {
  return new AppError('invalid_alert', `the XML ${detail}`, { faults: [faultAt(line, detail)] })
}

function faultAt(line: number, detail: string): Fault {
  return { pointer: '', detail: `line ${line}: ${detail}` }
}
