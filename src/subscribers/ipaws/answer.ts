/** What an aggregator answers, as far as it can be relied on: whatever does not fit is no answer. */
import type { XmlElement } from '../../cap/xml-tree.ts'
import { parseXml } from '../../cap/xml-tree.ts'
import { isAppError } from '../../errors.ts'
import type { ChannelOutcome } from '../../store/notices.ts'
import { SERVICE_NAMESPACE, SOAP_NAMESPACE } from './envelope.ts'

export type Answer =
  /** One status item each, in their order; a channel may have several. */
  | { readonly kind: 'channels'; readonly channels: readonly ChannelOutcome[] }
  | { readonly kind: 'acknowledged' }
  /** SOAP 1.1 §4.4: the request was not processed. `said` is theirs, cut to what one can read. */
  | { readonly kind: 'fault'; readonly said: string }
  | { readonly kind: 'nothing' }

const NOTHING: Answer = { kind: 'nothing' }
const MAX_ITEMS = 200
const MAX_SAID = 300
/** A name or a code, and no prose: it goes to the trail. */
const CHANNEL = /^[\w.-]{1,40}$/
const STATUS_CODE = /^\d{1,6}$/

/** @param identifier of the message that was posted; an answer to another is none */
export function readPostAnswer(body: Uint8Array, identifier: string): Answer {
  const content = contentOf(body)
  if (content === undefined) return NOTHING
  if (isFault(content)) return { kind: 'fault', said: saidBy(content) }
  if (!isOfService(content, 'postCAPResponseTypeDef')) return NOTHING
  const items = childrenOf(content, 'parameterListItem')
  const named = items.filter(item => textOf(item, 'parameterName') === 'identifier')
  if (named.some(item => textOf(item, 'parameterValue') !== identifier)) return NOTHING
  const pairs = items.flatMap(item =>
    childrenOf(item, 'subParaListItem').map(
      sub => [textOf(sub, 'subParameterName'), textOf(sub, 'subParameterValue')] as const,
    ),
  )
  const channels = channelsOf(pairs)
  return channels === undefined ? NOTHING : { kind: 'channels', channels }
}

export function readAckAnswer(body: Uint8Array): Answer {
  const content = contentOf(body)
  if (content === undefined) return NOTHING
  if (isFault(content)) return { kind: 'fault', said: saidBy(content) }
  return isOfService(content, 'getResponseTypeDef') ? { kind: 'acknowledged' } : NOTHING
}

/** Each item is a run that begins with CHANNELNAME. Undefined where one is not whole, or none is there. */
function channelsOf(
  pairs: readonly (readonly [name: string, value: string])[],
): ChannelOutcome[] | undefined {
  const runs: Map<string, string>[] = []
  for (const [name, value] of pairs) {
    if (name === 'CHANNELNAME') runs.push(new Map())
    const run = runs.at(-1)
    if (run === undefined || run.has(name)) return undefined
    run.set(name, value)
  }
  if (runs.length === 0 || runs.length > MAX_ITEMS) return undefined
  const channels = runs.map(run => ({
    channel: run.get('CHANNELNAME') ?? '',
    code: run.get('STATUSITEMID') ?? '',
    error: run.get('ERROR') ?? '',
    status: visible(run.get('STATUS') ?? ''),
  }))
  const isWhole = channels.every(
    ({ channel, code, error }) =>
      CHANNEL.test(channel) && STATUS_CODE.test(code) && /^[YN]$/i.test(error),
  )
  if (!isWhole) return undefined
  return channels.map(one => ({ ...one, error: one.error.toUpperCase() === 'Y' }))
}

/** The one element in the body of the envelope. */
function contentOf(body: Uint8Array): XmlElement | undefined {
  try {
    const { root } = parseXml(body)
    if (!isOfSoap(root, 'Envelope')) return undefined
    const [inside, ...others] = root.children.filter(child => isOfSoap(child, 'Body'))
    return others.length === 0 && inside?.children.length === 1 ? inside.children[0] : undefined
  } catch (error) {
    if (isAppError(error)) return undefined
    throw error
  }
}

const isOfSoap = (element: XmlElement, name: string) =>
  element.name === name && element.namespace === SOAP_NAMESPACE
const isOfService = (element: XmlElement, name: string) =>
  element.name === name && element.namespace === SERVICE_NAMESPACE
const isFault = (element: XmlElement) => isOfSoap(element, 'Fault')

/** The schema of what is inside has changed its namespaces over the years, and its names never. */
const childrenOf = (element: XmlElement, name: string) =>
  element.children.filter(child => child.name === name)
const textOf = (element: XmlElement, name: string) =>
  childrenOf(element, name)[0]?.text.trim() ?? ''

function saidBy(fault: XmlElement): string {
  return visible([textOf(fault, 'faultcode'), textOf(fault, 'faultstring')].join(': '))
}

function visible(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, MAX_SAID)
}
