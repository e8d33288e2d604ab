/**
 * XML as a tree of elements with their lines, from hands that nobody vouches for (SECURITY.md T20).
 *
 * Nothing is fetched and no entity is declared: a document type, a processing instruction, an encoding that is
 * not UTF-8, nesting past 32 and more than 16 attributes end the reading where they stand. Comments are passed
 * over between elements and refused inside a text, where some readers would see half of it.
 */
import { SaxesParser } from 'saxes'
import { AppError, type ErrorCode } from '../errors.ts'
import { type FaultCode, type ValuesOfFault, wordsOfFault } from '../faults.ts'

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
  if (text === undefined || text.startsWith(BYTE_ORDER_MARK)) throw malformed(1, 'xml_not_utf8')
  const parser = new SaxesParser({ xmlns: true, position: true })
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  let elements = 0

  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw refused(parser.line, 'xml_version')
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) {
      throw malformed(parser.line, 'xml_encoding')
    }
  })
  parser.on('doctype', () => {
    throw refused(parser.line, 'xml_document_type')
  })
  parser.on('processinginstruction', () => {
    throw refused(parser.line, 'xml_instruction')
  })
  parser.on('opentagstart', () => {
    if (open.length === MAX_DEPTH) throw refused(parser.line, 'xml_too_deep', { most: MAX_DEPTH })
    if (++elements > MAX_ELEMENTS) {
      throw refused(parser.line, 'xml_too_many_elements', { most: MAX_ELEMENTS })
    }
  })
  let attributesOfTag = 0
  parser.on('attribute', () => {
    if (++attributesOfTag > MAX_ATTRIBUTES) {
      throw refused(parser.line, 'xml_too_many_attributes', { most: MAX_ATTRIBUTES })
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
    throw malformed(parser.line, reason ?? 'xml_not_well_formed')
  })
  parser.write(text).close()
  if (root === undefined) throw malformed(parser.line, 'xml_no_root')
  return { text, root }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** Of the parser's messages, those that tell somebody what to mend. */
const REASONS = [
  ['undefined entity', 'xml_unknown_entity'],
  ['disallowed character', 'xml_character'],
  ['unexpected close tag', 'xml_stray_end'],
  ['unclosed tag', 'xml_unclosed'],
  ['unmatched closing tag', 'xml_stray_end'],
  ['unbound namespace prefix', 'xml_unknown_prefix'],
  ['document must contain a root element', 'xml_no_root'],
  ['duplicate attribute', 'xml_same_attribute'],
] as const

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  } catch {
    return undefined
  }
}

function malformed<Code extends FaultCode>(
  line: number,
  fault: Code,
  ...values: ValuesOfFault<Code>
): AppError {
  return ofXml('malformed_xml', line, fault, ...values)
}

function refused<Code extends FaultCode>(
  line: number,
  fault: Code,
  ...values: ValuesOfFault<Code>
): AppError {
  return ofXml('invalid_alert', line, fault, ...values)
}

function ofXml<Code extends FaultCode>(
  code: ErrorCode,
  line: number,
  fault: Code,
  ...values: ValuesOfFault<Code>
): AppError {
  const words = wordsOfFault(fault, ...values)
  const faults = [{ ...words, pointer: '', line, detail: `line ${line}: ${words.detail}` }]
  return new AppError(code, `the XML ${words.detail}`, { faults })
}
