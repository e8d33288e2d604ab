/**
 * Requests to an aggregator of the kind of IPAWS-OPEN's CAP service: SOAP 1.1, signed by WS-Security, with who asks in
 * a header of the service's own (FEMA, IPAWS-OPEN Interface Design Guidance, the CAPService WSDL).
 */
import { branch, leaf } from '../../cap/xml-text.ts'
import { certificateBase64 } from '../../signing/key-pair.ts'
import { signSoap, WS_SECURITY } from '../../signing/soap-signature.ts'
import type { XmlSigningKey } from '../../signing/xml-signature.ts'
import type { IpawsSettings } from './settings.ts'

export const SOAP_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/'
export const SERVICE_NAMESPACE = 'http://gov.fema.ipaws.services/IPAWS_CAPService/'
const REQUEST_NAMESPACE = 'http://gov.fema.ipaws.services/caprequest'

/** How long the far side may take the message for fresh (WS-Security 1.0 §10). */
const FRESH_SECONDS = 300

export interface SoapRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Who asks, and when. */
export interface From {
  readonly settings: IpawsSettings
  readonly key: XmlSigningKey
  readonly now: Date
}

/** @param alert signed CAP as a document of its own; it goes into the body octet for octet */
export function postCapRequest(alert: string, from: From): SoapRequest {
  const inBody = alert.replace(/^\s*<\?xml[^>]*\?>\s*/, '').trimEnd()
  const content = `<ipaws:postCAPRequestTypeDef>${inBody}</ipaws:postCAPRequestTypeDef>`
  return request('postCAP', content, from)
}

/** Asks for a sign of life: answered to whoever is known, and changes nothing. */
export function getAckRequest(from: From): SoapRequest {
  const asked = [...leaf('req:requestAPI', 'REQUEST1'), ...leaf('req:requestOperation', 'getACK')]
  const content = branch('ipaws:getRequestTypeDef', asked).join('\n')
  return request('getRequest', `\n${content}\n`, from)
}

function request(action: string, content: string, { settings, key, now }: From): SoapRequest {
  const until = new Date(now.getTime() + FRESH_SECONDS * 1000)
  const logon = [
    ...leaf('ipaws:logonUser', settings.logonUser),
    ...leaf('ipaws:logonCogId', settings.logonCogId),
  ]
  const envelope = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<soap:Envelope xmlns:soap="${SOAP_NAMESPACE}" xmlns:ipaws="${SERVICE_NAMESPACE}" ` +
      `xmlns:req="${REQUEST_NAMESPACE}" xmlns:wsse="${WS_SECURITY.wsse}" xmlns:wsu="${WS_SECURITY.wsu}">`,
    '<soap:Header>',
    ...branch('ipaws:CAPHeaderTypeDef', logon),
    '<wsse:Security soap:mustUnderstand="1">',
    `<wsse:BinarySecurityToken wsu:Id="token" EncodingType="${WS_SECURITY.base64}" ` +
      `ValueType="${WS_SECURITY.x509Token}">${certificateBase64(settings.certificate)}</wsse:BinarySecurityToken>`,
    '<wsu:Timestamp wsu:Id="timestamp">',
    ...leaf('wsu:Created', now.toISOString()),
    ...leaf('wsu:Expires', until.toISOString()),
    '</wsu:Timestamp>',
    '</wsse:Security>',
    '</soap:Header>',
    `<soap:Body wsu:Id="body">${content}</soap:Body>`,
    '</soap:Envelope>',
  ].join('\n')
  return {
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${SERVICE_NAMESPACE}${action}"`,
      'user-agent': 'Tocsin',
    },
    body: signSoap(envelope, key, { signed: ['body', 'timestamp'], tokenId: 'token' }),
  }
}
