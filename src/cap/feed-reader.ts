/**
 * What a feed of others lists: Atom (RFC 4287), RSS 2.0, or one CAP message by itself. Only where each message is to be
 * had is read; what the feed says of it is nobody's word.
 */
import { createHash } from 'node:crypto'
import { CAP_NAMESPACE } from './message.ts'
import { parseXml, type XmlElement } from './xml-tree.ts'

export type FeedDocument =
  | { readonly is: 'list'; readonly items: readonly FeedItem[] }
  | { readonly is: 'message' }
  /** Anything else. */
  | { readonly is: 'strange' }

export interface FeedItem {
  /** Another one once the feed says that it has changed. */
  readonly key: string
  readonly url: string
}

const ATOM = 'http://www.w3.org/2005/Atom'
const CAP_TYPES = ['application/cap+xml', 'application/common-alerting-protocol+xml']

/**
 * @param from where the document came from: links may be relative to it
 * @throws AppError as `parseXml`
 */
export function readFeed(bytes: Uint8Array, from: string): FeedDocument {
  const { root } = parseXml(bytes)
  if (root.name === 'alert' && root.namespace === CAP_NAMESPACE) return { is: 'message' }
  if (root.name === 'feed' && root.namespace === ATOM) {
    return listOf(children(root, 'entry', ATOM), atomLink, ['id', 'updated'], from)
  }
  const [channel] = root.name === 'rss' ? children(root, 'channel') : []
  if (channel === undefined) return { is: 'strange' }
  return listOf(children(channel, 'item'), rssLink, ['guid', 'pubDate'], from)
}

export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('base64url')
}

function listOf(
  entries: readonly XmlElement[],
  linkOf: (entry: XmlElement) => string | undefined,
  marks: readonly string[],
  from: string,
): FeedDocument {
  const items = entries.flatMap(entry => {
    const link = linkOf(entry)
    if (link === undefined || !URL.canParse(link, from)) return []
    const url = new URL(link, from).href
    return [{ url, key: keyOf(url, ...marks.map(mark => textOf(entry, mark) ?? '')) }]
  })
  return { is: 'list', items }
}

/** The one that says it is CAP, else the entry itself elsewhere (§4.2.7.2: without `rel` it is that). */
function atomLink(entry: XmlElement): string | undefined {
  const links = children(entry, 'link', ATOM).map(({ attributes }) => attributes)
  const ofCap = links.find(link => CAP_TYPES.includes(link.get('type') ?? ''))
  const other = links.find(link => (link.get('rel') ?? 'alternate') === 'alternate')
  return (ofCap ?? other)?.get('href')
}

function rssLink(item: XmlElement): string | undefined {
  const enclosures = children(item, 'enclosure').map(({ attributes }) => attributes)
  const ofCap = enclosures.find(one => CAP_TYPES.includes(one.get('type') ?? ''))
  return ofCap?.get('url') ?? textOf(item, 'link')
}

function children({ children: all }: XmlElement, name: string, namespace = ''): XmlElement[] {
  return all.filter(child => child.name === name && child.namespace === namespace)
}

function textOf(element: XmlElement, name: string): string | undefined {
  const text = element.children.find(child => child.name === name)?.text.trim()
  return text === '' ? undefined : text
}
