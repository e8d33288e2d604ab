/**
 * CAP 1.2 XML as a message: judged by the schema and by the rules that the schema can't say, every fault at once
 * with its path and line. What real feeds get wrong and every reader takes the same way is forgiven, each time
 * with a warning (`FORGIVEN`). Here alone latitude,longitude is turned to [longitude, latitude].
 */
import {
  CAP_IDENTIFIER,
  CATEGORIES,
  CERTAINTIES,
  isBase64,
  RESPONSE_TYPES,
  SCOPES,
  SEVERITIES,
  URGENCIES,
} from './alert.ts'
import type { FaultCode, ValuesOfFault } from '../faults.ts'
import { given } from './given.ts'
import {
  CAP_MSG_TYPES,
  CAP_NAMESPACE,
  CAP_STATUSES,
  CAP_TIME,
  type CapArea,
  type CapInfo,
  type CapMessage,
  type CapPosition,
  type CapReference,
  type CapResource,
  type CapValue,
  capTime,
} from './message.ts'
import { type Found, foundAt, messageFaults, messageWarnings } from './message-rules.ts'
import { parseXml, type XmlElement } from './xml-tree.ts'

/** A path has a number where the schema allows several. */
export interface CapFault extends Found {
  readonly line: number
}

export interface CapReading {
  /** Undefined where there are faults. */
  readonly message: CapMessage | undefined
  readonly faults: readonly CapFault[]
  readonly warnings: readonly CapFault[]
  /** The text that was read. */
  readonly text: string
  /** The enveloped XML signature as it stands, not looked into. */
  readonly signature: string | undefined
  /** Of a path or the nearest one above it. */
  lineOf(path: string): number
}

/** The harmless deviations, and how each is taken. */
const FORGIVEN = {
  empty: 'empty_left_out',
  spaces: 'spaces_left_out',
  zulu: 'utc_as_z',
  plusZero: 'utc_as_plus',
  fraction: 'fraction_left_out',
  noValue: 'empty_value_kept',
} as const

const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#'

/** How often an element may stand, in the schema's order. */
type Sequence = Readonly<Record<string, 'one' | 'optional' | 'any' | 'some'>>

const ALERT = {
  identifier: 'one',
  sender: 'one',
  sent: 'one',
  status: 'one',
  msgType: 'one',
  source: 'optional',
  scope: 'one',
  restriction: 'optional',
  addresses: 'optional',
  code: 'any',
  note: 'optional',
  references: 'optional',
  incidents: 'optional',
  info: 'any',
} as const satisfies Sequence

const INFO = {
  language: 'optional',
  category: 'some',
  event: 'one',
  responseType: 'any',
  urgency: 'one',
  severity: 'one',
  certainty: 'one',
  audience: 'optional',
  eventCode: 'any',
  effective: 'optional',
  onset: 'optional',
  expires: 'optional',
  senderName: 'optional',
  headline: 'optional',
  description: 'optional',
  instruction: 'optional',
  web: 'optional',
  contact: 'optional',
  parameter: 'any',
  resource: 'any',
  area: 'any',
} as const satisfies Sequence

const VALUE = { valueName: 'one', value: 'one' } as const satisfies Sequence

const RESOURCE = {
  resourceDesc: 'one',
  mimeType: 'one',
  size: 'optional',
  uri: 'optional',
  derefUri: 'optional',
  digest: 'optional',
} as const satisfies Sequence

const AREA = {
  areaDesc: 'one',
  polygon: 'any',
  circle: 'any',
  geocode: 'any',
  altitude: 'optional',
  ceiling: 'optional',
} as const satisfies Sequence

/** Elements that hold elements; all others hold text. */
const BRANCHES: ReadonlySet<string> = new Set([
  'info',
  'eventCode',
  'parameter',
  'resource',
  'area',
  'geocode',
])

interface Node {
  readonly element: XmlElement
  readonly path: string
}

/**
 * @throws AppError `malformed_xml`, `invalid_alert` for what is not let in at all (`parseXml`)
 */
export function readCapXml(bytes: Uint8Array): CapReading {
  const { text, root } = parseXml(bytes)
  const reader = new Reader()
  const message = reader.read(root)
  const { faults, warnings, signature, lines } = reader
  const lineOf = (path: string): number =>
    lines.get(path) ?? (path === '' ? 1 : lineOf(path.slice(0, Math.max(0, path.lastIndexOf('/')))))
  const placed = (found: readonly Found[]) => found.map(one => ({ ...one, line: lineOf(one.path) }))
  faults.push(...placed(messageFaults(message)))
  warnings.push(...placed(messageWarnings(message)))
  return {
    message: faults.length === 0 ? message : undefined,
    faults: faults.toSorted((a, b) => a.line - b.line),
    warnings: warnings.toSorted((a, b) => a.line - b.line),
    text,
    signature: signature && text.slice(signature.start, signature.end),
    lineOf,
  }
}

/** One reading: what it finds wrong gathers here, and each value is undefined where it is wrong. */
class Reader {
  readonly faults: CapFault[] = []
  readonly warnings: CapFault[] = []
  readonly lines = new Map<string, number>()
  signature: XmlElement | undefined

  read(root: XmlElement): CapMessage {
    const node = { element: root, path: '/alert' }
    this.lines.set(node.path, root.line)
    if (root.name !== 'alert' || root.namespace !== CAP_NAMESPACE) {
      this.#fault(node, 'cap_root', { namespace: CAP_NAMESPACE })
      return {} as CapMessage
    }
    const { one, any } = this.#children(node, ALERT)
    return given<CapMessage>({
      identifier: one('identifier', this.#identifier),
      sender: one('sender', this.#identifier),
      sent: one('sent', this.#time),
      status: one('status', this.#wordOf(CAP_STATUSES)),
      msgType: one('msgType', this.#wordOf(CAP_MSG_TYPES)),
      source: one('source', this.#text),
      scope: one('scope', this.#wordOf(SCOPES)),
      restriction: one('restriction', this.#text),
      addresses: one('addresses', this.#text),
      code: any('code', this.#text),
      note: one('note', this.#text),
      references: one('references', this.#references) ?? [],
      incidents: one('incidents', this.#text),
      info: any('info', this.#info),
    })
  }

  #info = (node: Node): CapInfo => {
    const { one, any } = this.#children(node, INFO)
    return given<CapInfo>({
      language: one('language', this.#language),
      category: any('category', this.#wordOf(CATEGORIES)),
      event: one('event', this.#text),
      responseType: any('responseType', this.#wordOf(RESPONSE_TYPES)),
      urgency: one('urgency', this.#wordOf(URGENCIES)),
      severity: one('severity', this.#wordOf(SEVERITIES)),
      certainty: one('certainty', this.#wordOf(CERTAINTIES)),
      audience: one('audience', this.#text),
      eventCode: any('eventCode', this.#value),
      effective: one('effective', this.#time),
      onset: one('onset', this.#time),
      expires: one('expires', this.#time),
      senderName: one('senderName', this.#text),
      headline: one('headline', this.#text),
      description: one('description', this.#text),
      instruction: one('instruction', this.#text),
      web: one('web', this.#uri),
      contact: one('contact', this.#text),
      parameter: any('parameter', this.#value),
      resource: any('resource', this.#resource),
      area: any('area', this.#area),
    })
  }

  #value = (node: Node): CapValue => {
    const { one } = this.#children(node, VALUE)
    return given<CapValue>({
      valueName: one('valueName', this.#text),
      value: one('value', this.#possiblyEmpty),
    })
  }

  #resource = (node: Node): CapResource => {
    const { one } = this.#children(node, RESOURCE)
    return given<CapResource>({
      resourceDesc: one('resourceDesc', this.#text),
      mimeType: one('mimeType', this.#text),
      size: one('size', this.#size),
      uri: one('uri', this.#uri),
      derefUri: one('derefUri', this.#base64),
      digest: one('digest', this.#text),
    })
  }

  #area = (node: Node): CapArea => {
    const { one, any } = this.#children(node, AREA)
    return given<CapArea>({
      areaDesc: one('areaDesc', this.#text),
      polygon: any('polygon', this.#polygon),
      circle: any('circle', this.#circle),
      geocode: any('geocode', this.#value),
      altitude: one('altitude', this.#decimal),
      ceiling: one('ceiling', this.#decimal),
    })
  }

  /** Holds the children of an element against the schema's sequence. */
  #children<Names extends Sequence>(node: Node, sequence: Names) {
    const names = Object.keys(sequence)
    const found = new Map<string, Node[]>()
    let last = -1
    this.#refuseAttributes(node)
    if (node.element.text.trim() !== '') this.#fault(node, 'cap_text_between')
    for (const element of node.element.children) {
      const { name, namespace } = element
      if (this.#takeSignature(node, element)) continue
      const index = namespace === CAP_NAMESPACE ? names.indexOf(name) : -1
      const same = found.get(name) ?? []
      const several = sequence[name] === 'any' || sequence[name] === 'some'
      const path = `${node.path}/${cut(name)}${several ? `[${same.length + 1}]` : ''}`
      const child = { element, path }
      if (index === -1) {
        this.#fault(child, 'cap_unknown_element')
        continue
      }
      if (!this.lines.has(path)) this.lines.set(path, element.line)
      if (this.signature !== undefined && node.path === '/alert') {
        this.#fault(child, 'cap_after_signature')
      } else if (index < last) {
        this.#fault(child, 'cap_order', { other: names[last]! })
      }
      last = Math.max(last, index)
      if (this.#isLeftOut(child, sequence[name])) continue
      if (same.length > 0 && !several) this.#fault(child, 'cap_only_once')
      found.set(name, [...same, child])
    }
    for (const [name, often] of Object.entries(sequence)) {
      const isDue = often === 'one' || often === 'some'
      if (isDue && !found.has(name)) this.#fault(node, 'cap_lacks', { name })
    }
    return {
      one: <T>(name: keyof Names & string, read: (child: Node) => T | undefined) => {
        const [child] = found.get(name) ?? []
        return child && read(child)
      },
      any: <T>(name: keyof Names & string, read: (child: Node) => T | undefined): T[] =>
        (found.get(name) ?? []).map(read).filter(value => value !== undefined),
    }
  }

  /** The schema lets signatures stand at the alert's end; more than one would be a riddle (SECURITY.md X6). */
  #takeSignature(parent: Node, element: XmlElement): boolean {
    if (parent.path !== '/alert' || element.namespace !== SIGNATURE_NAMESPACE) return false
    const node = { element, path: `${parent.path}/${cut(element.name)}` }
    if (element.name !== 'Signature') this.#fault(node, 'cap_no_signature')
    else if (this.signature !== undefined) this.#fault(node, 'cap_second_signature')
    this.signature ??= element
    return true
  }

  #isLeftOut(node: Node, often: Sequence[string] | undefined): boolean {
    const { children, text, name } = node.element
    const mayBe = often === 'optional' || often === 'any'
    if (!mayBe || BRANCHES.has(name) || children.length > 0 || text.trim() !== '') return false
    this.#refuseAttributes(node)
    this.#warn(node, FORGIVEN.empty)
    return true
  }

  #refuseAttributes(node: Node): void {
    for (const name of node.element.attributes.keys()) {
      this.#fault(node, 'cap_attribute', { name: cut(name) })
    }
  }

  #possiblyEmpty = (node: Node): string | undefined => {
    const { children, hasComment, text } = node.element
    this.#refuseAttributes(node)
    if (children.length > 0) return this.#fault(node, 'cap_elements_in_text')
    if (hasComment) return this.#fault(node, 'cap_comment_in_text')
    if (text.trim() === '') this.#warn(node, FORGIVEN.noValue)
    return text
  }

  #text = (node: Node): string | undefined => {
    if (node.element.text.trim() === '' && node.element.children.length === 0) {
      return this.#fault(node, 'cap_empty')
    }
    return this.#possiblyEmpty(node)
  }

  /** For types whose spaces XML Schema collapses itself. */
  #token = (node: Node): string | undefined => this.#text(node)?.trim()

  /** For strings in which a space would be part of the value. */
  #word = (node: Node): string | undefined => {
    const text = this.#text(node)
    if (text !== undefined && text !== text.trim()) this.#warn(node, FORGIVEN.spaces)
    return text?.trim()
  }

  #wordOf =
    <const Words extends readonly string[]>(words: Words) =>
    (node: Node): Words[number] | undefined => {
      const word = this.#word(node)
      if (word === undefined || words.includes(word)) return word
      const [last = ''] = words.slice(-1)
      return this.#fault(node, 'cap_word', { words: words.slice(0, -1).join(', '), last })
    }

  /** §3.2.1: the three parts of a reference must be told apart. */
  #identifier = (node: Node): string | undefined => {
    const word = this.#word(node)
    if (word === undefined || CAP_IDENTIFIER.test(word)) return word
    return this.#fault(node, 'not_sender')
  }

  #language = (node: Node): string | undefined => {
    const tag = this.#token(node)
    if (tag === undefined || /^[a-z]{1,8}(-[a-z\d]{1,8})*$/i.test(tag)) return tag
    return this.#fault(node, 'cap_language')
  }

  #time = (node: Node): string | undefined => {
    const text = this.#token(node)
    return text === undefined ? undefined : this.#timeOf(node, text)
  }

  #timeOf(node: Node, text: string): string | undefined {
    const time = capTime(text)
    if (!CAP_TIME.test(time) || !isTime(time)) {
      return this.#fault(node, 'cap_time')
    }
    if (/\.\d/.test(text)) this.#warn(node, FORGIVEN.fraction)
    if (/z$/i.test(text)) this.#warn(node, FORGIVEN.zulu)
    if (text.endsWith('+00:00')) this.#warn(node, FORGIVEN.plusZero)
    return time
  }

  #references = (node: Node): CapReference[] | undefined => {
    const tokens = this.#token(node)?.split(/\s+/)
    return tokens?.flatMap(token => {
      const [sender, identifier, sent, ...rest] = token.split(',')
      if (!sender || !identifier || sent === undefined || rest.length > 0) {
        this.#fault(node, 'cap_references')
        return []
      }
      const time = this.#timeOf(node, sent)
      return time === undefined ? [] : { sender, identifier, sent: time }
    })
  }

  #uri = (node: Node): string | undefined => {
    const uri = this.#token(node)
    if (uri === undefined || !/\s/.test(uri)) return uri
    return this.#fault(node, 'cap_uri')
  }

  #size = (node: Node): number | undefined => {
    const size = this.#token(node)
    if (size === undefined) return undefined
    const octets = Number(size)
    if (/^[+-]?\d+$/.test(size) && octets >= 0 && Number.isSafeInteger(octets)) return octets
    return this.#fault(node, 'cap_octets')
  }

  #base64 = (node: Node): string | undefined => {
    const text = this.#text(node)
    if (text === undefined || isBase64(text)) return text
    return this.#fault(node, 'cap_base64')
  }

  #decimal = (node: Node): number | undefined => {
    const text = this.#token(node)
    if (text === undefined) return undefined
    return numberOf(text) ?? this.#fault(node, 'cap_decimal')
  }

  #polygon = (node: Node): CapPosition[] | undefined => {
    const pairs = this.#token(node)?.split(/\s+/)
    if (pairs === undefined) return undefined
    const ring: CapPosition[] = []
    for (const [index, pair] of pairs.entries()) {
      const position = positionOf(pair)
      if (typeof position === 'string') {
        return this.#fault(node, `pair_${position}`, { pair: index + 1 })
      }
      ring.push(position)
    }
    const [first, last] = [ring[0], ring.at(-1)]
    if (ring.length < 4) {
      return this.#fault(node, 'cap_few_pairs', { pairs: ring.length })
    }
    if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
      return this.#fault(node, 'cap_open_polygon')
    }
    return ring
  }

  #circle = (node: Node): CapArea['circle'][number] | undefined => {
    const parts = this.#token(node)?.split(/\s+/)
    if (parts === undefined) return undefined
    const center = positionOf(parts[0] ?? '')
    const radiusKm = numberOf(parts[1] ?? '')
    if (parts.length !== 2 || radiusKm === undefined || radiusKm < 0) {
      return this.#fault(node, 'cap_circle')
    }
    if (typeof center === 'string') return this.#fault(node, `centre_${center}`)
    return { center, radiusKm }
  }

  #fault<Code extends FaultCode>(
    { path, element }: Node,
    code: Code,
    ...values: ValuesOfFault<Code>
  ): undefined {
    this.faults.push({ ...foundAt(path, code, ...values), line: element.line })
  }

  #warn({ path, element }: Node, code: (typeof FORGIVEN)[keyof typeof FORGIVEN]): void {
    this.warnings.push({ ...foundAt(path, code), line: element.line })
  }
}

/** Names come from strangers: they are cut to what one can read. */
function cut(name: string): string {
  return name.slice(0, 64)
}

/** A day that the calendar has, an hour that the day has. */
function isTime(time: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, east = 0, half = 0] = (
    time.match(/\d+/g) ?? []
  ).map(Number)
  const date = new Date(Date.UTC(year, month - 1, day))
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isDay && hour < 24 && minute < 60 && second < 60 && east <= 14 && half < 60
}

function numberOf(text: string): number | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) return undefined
  const value = Number(text)
  // -0 and 0 are one place.
  return Number.isFinite(value) ? value + 0 : undefined
}

/** @returns what is wrong, where it is no position */
function positionOf(pair: string): CapPosition | 'unread' | 'swapped' | 'latitude' | 'longitude' {
  const [first, second, ...rest] = pair.split(',').map(numberOf)
  if (first === undefined || second === undefined || rest.length > 0) {
    return 'unread'
  }
  if (Math.abs(first) > 90) {
    return Math.abs(second) <= 90 && Math.abs(first) <= 180 ? 'swapped' : 'latitude'
  }
  if (Math.abs(second) > 180) return 'longitude'
  return [second, first]
}
