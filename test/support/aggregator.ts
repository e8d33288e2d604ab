import { createHash, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import type { CapMessage } from '../../src/cap/message.ts'
import { createWatch } from './watch.ts'

const NAMES = {
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  ipaws: 'http://gov.fema.ipaws.services/IPAWS_CAPService/',
  req: 'http://gov.fema.ipaws.services/caprequest',
  res: 'http://gov.fema.ipaws.services/capresponse',
  wsse: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  wsu: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  cap: 'urn:oasis:names:tc:emergency:cap:1.2',
} as const

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'

/** One status item of an answer. */
export type Item = readonly [channel: string, code: string, error: 'Y' | 'N', status: string]

/** What every channel takes. */
export const TAKEN: readonly Item[] = [
  ['CAPEXCH', '200', 'N', 'Ack'],
  ['CAPEXCH', '202', 'N', 'alert-signature-is-valid'],
  ['IPAWS', '300', 'N', 'Ack'],
  ['NWEM', '401', 'N', 'message-not-disseminated-as-NWEM'],
  ['EAS', '500', 'N', 'Ack'],
  ['CMAS', '600', 'N', 'Ack'],
  ['PUBLIC', '800', 'N', 'Ack'],
]
const BAD_SIGNATURE: readonly Item[] = [
  ['CAPEXCH', '208', 'Y', 'alert-signature-is-not-valid'],
  ['CAPEXCH', '221', 'Y', 'alert-signature-not-trusted'],
]

/** A post that came, both signatures verified. */
interface Post {
  readonly message: CapMessage
  /** The signed alert, octet for octet. */
  readonly alert: string
  readonly logonUser: string
  readonly logonCogId: string
}

/**
 * An aggregator on loopback. It verifies what it is sent with another library than what signed it, trusts one
 * certificate, takes each identifier once, and answers as it is told to.
 */
export interface Aggregator {
  readonly url: string
  readonly posts: Post[]
  readonly checks: number
  /** Why requests were refused. */
  readonly refused: string[]
  /** PEM; what it trusts. */
  trusted: string
  /** Instead of its own answer to a post that it has taken, or a check; undefined: its own. */
  answer: ((response: ServerResponse, post: Post | undefined) => boolean) | undefined
  /** Of a post that it takes. */
  items: readonly Item[]
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

export async function startAggregator(): Promise<Aggregator> {
  const watch = createWatch()
  const known = new Set<string>()
  let checks = 0
  const server = createServer((request, response) => {
    void text(request).then(raw => {
      try {
        respond(raw, String(request.headers['soapaction']), response)
      } catch (error) {
        aggregator.refused.push((error as Error).message)
        response.writeHead(500, { 'content-type': 'text/xml' })
        response.end(soapFault('soap:Client', 'The request could not be read'))
      }
      watch.changed()
    })
  })

  const respond = (raw: string, action: string, response: ServerResponse) => {
    const document = XmlDocument.fromString(raw)
    try {
      const wrong = envelopeFault(document, aggregator.trusted)
      if (wrong !== undefined) {
        aggregator.refused.push(wrong)
        response.writeHead(500, { 'content-type': 'text/xml' })
        response.end(soapFault('wsse:InvalidSecurity', 'The security token could not be verified'))
        return
      }
      if (action === `"${NAMES.ipaws}getRequest"`) {
        checks++
        if (aggregator.answer?.(response, undefined) === true) return
        response.writeHead(200, { 'content-type': 'text/xml' }).end(pong())
        return
      }
      if (action !== `"${NAMES.ipaws}postCAP"`) throw new Error(`SOAPAction ${action}`)
      takePost(document, raw, response)
    } finally {
      document.dispose()
    }
  }

  const takePost = (document: XmlDocument, raw: string, response: ServerResponse) => {
    const alert = /<ipaws:postCAPRequestTypeDef>(.*)<\/ipaws:postCAPRequestTypeDef>/s.exec(raw)![1]!
    const message = readCapXml(Buffer.from(alert)).message!
    const answer = (items: readonly Item[]) => {
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.end(postAnswer(message.identifier, items))
    }
    if (!isSignedAlert(alert, aggregator.trusted)) return answer(BAD_SIGNATURE)
    const said = (name: string) => textAt(document, `/soap:Envelope/soap:Header//ipaws:${name}`)
    const post = {
      message,
      alert,
      logonUser: said('logonUser'),
      logonCogId: said('logonCogId'),
    }
    aggregator.posts.push(post)
    if (aggregator.answer?.(response, post) === true) return
    if (known.has(message.identifier)) {
      return answer([['CAPEXCH', '222', 'Y', 'duplicate-message-identifier']])
    }
    known.add(message.identifier)
    answer(aggregator.items)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const aggregator: Aggregator = {
    url: `http://127.0.0.1:${port}/IPAWS_CAPService/IPAWS`,
    posts: [],
    get checks() {
      return checks
    },
    refused: [],
    trusted: '',
    answer: undefined,
    items: TAKEN,
    until: watch.until,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return aggregator
}

/** What the security header lacks; undefined where body and timestamp are signed by whom it trusts. */
function envelopeFault(document: XmlDocument, trusted: string): string | undefined {
  const security = elementAt(document, '/soap:Envelope/soap:Header/wsse:Security')
  const token = textAt(security, './wsse:BinarySecurityToken')
  if (token !== new X509Certificate(trusted).raw.toString('base64')) return 'another certificate'
  const tokenId = attributeAt(security, './wsse:BinarySecurityToken', '@wsu:Id')
  const named = attributeAt(
    security,
    './ds:Signature/ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference',
    '@URI',
  )
  if (named !== `#${tokenId}`) return 'another token'
  const expires = Date.parse(textAt(security, './wsu:Timestamp/wsu:Expires'))
  if (!(expires > Date.now())) return 'not fresh'
  const signature = elementAt(security, './ds:Signature')
  const body = elementAt(document, '/soap:Envelope/soap:Body')
  const timestamp = elementAt(security, './wsu:Timestamp')
  const references = signature.find('./ds:SignedInfo/ds:Reference', NAMES) as XmlElement[]
  const signed = references.map(reference => attributeAt(reference, '.', '@URI'))
  for (const part of [body, timestamp]) {
    const at = signed.indexOf(`#${attributeAt(part, '.', '@wsu:Id')}`)
    if (at < 0) return `${part.name} is not signed`
    const reference = references[at]!
    if (transformsOf(reference).join() !== EXCLUSIVE) return 'another transform'
    if (digestOf(canonical(part)) !== textAt(reference, './ds:DigestValue')) return part.name
  }
  return isSignatureOf(signature, trusted) ? undefined : 'the signature'
}

/** The alert by itself, as who takes it out of the body has it. */
function isSignedAlert(alert: string, trusted: string): boolean {
  const document = XmlDocument.fromString(alert)
  try {
    const signature = elementAt(document, '/cap:alert/ds:Signature')
    const reference = elementAt(signature, './ds:SignedInfo/ds:Reference')
    if (attributeAt(reference, '.', '@URI') !== '') return false
    if (transformsOf(reference).join() !== [ENVELOPED, EXCLUSIVE].join()) return false
    if (!isSignatureOf(signature, trusted)) return false
    const digest = textAt(reference, './ds:DigestValue')
    signature.remove()
    return digestOf(canonical(document.root)) === digest
  } finally {
    document.dispose()
  }
}

function isSignatureOf(signature: XmlElement, trusted: string): boolean {
  const info = elementAt(signature, './ds:SignedInfo')
  const method = attributeAt(info, './ds:SignatureMethod', '@Algorithm')
  if (method !== 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256') return false
  if (attributeAt(info, './ds:CanonicalizationMethod', '@Algorithm') !== EXCLUSIVE) return false
  const value = Buffer.from(textAt(signature, './ds:SignatureValue'), 'base64')
  const { publicKey } = new X509Certificate(trusted)
  return verify('sha256', Buffer.from(canonical(info)), publicKey, value)
}

const transformsOf = (reference: XmlElement) =>
  (reference.find('./ds:Transforms/ds:Transform', NAMES) as XmlElement[]).map(one =>
    attributeAt(one, '.', '@Algorithm'),
  )
const canonical = (element: XmlElement) =>
  element.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 })
const digestOf = (octets: string) => createHash('sha256').update(octets).digest('base64')

function elementAt(from: XmlDocument | XmlElement, path: string): XmlElement {
  const found = from.get(path, NAMES)
  if (found === null) throw new Error(`nothing at ${path}`)
  return found as XmlElement
}
const textAt = (from: XmlDocument | XmlElement, path: string) =>
  elementAt(from, path).content.trim()
const attributeAt = (from: XmlDocument | XmlElement, path: string, name: string) =>
  elementAt(from, path).get(name, NAMES)?.content ?? ''

const envelope = (content: string) =>
  `<?xml version="1.0"?><S:Envelope xmlns:S="${NAMES.soap}"><S:Body>${content}</S:Body></S:Envelope>`

export const soapFault = (code: string, said: string) =>
  envelope(`<S:Fault><faultcode>${code}</faultcode><faultstring>${said}</faultstring></S:Fault>`)

const pong = () =>
  envelope(
    `<n:getResponseTypeDef xmlns:n="${NAMES.ipaws}" xmlns:r="${NAMES.res}"><r:ResponseOperation>getACK</r:ResponseOperation>` +
      '<r:parameterListItem><r:parameterName>ACK</r:parameterName><r:parameterValue>PONG</r:parameterValue></r:parameterListItem></n:getResponseTypeDef>',
  )

export const postAnswer = (identifier: string, items: readonly Item[]) => {
  const sub = (name: string, value: string) =>
    `<r:subParaListItem><r:subParameterName>${name}</r:subParameterName><r:subParameterValue>${value}</r:subParameterValue></r:subParaListItem>`
  const runs = items.map(
    ([channel, code, error, status]) =>
      sub('CHANNELNAME', channel) +
      sub('STATUSITEMID', code) +
      sub('ERROR', error) +
      sub('STATUS', status),
  )
  return envelope(
    `<n:postCAPResponseTypeDef xmlns:n="${NAMES.ipaws}" xmlns:r="${NAMES.res}"><r:ResponseOperation>postCAP</r:ResponseOperation>` +
      `<r:parameterListItem><r:parameterName>identifier</r:parameterName><r:parameterValue>${identifier}</r:parameterValue></r:parameterListItem>` +
      `<r:parameterListItem>${runs.join('')}</r:parameterListItem></n:postCAPResponseTypeDef>`,
  )
}
