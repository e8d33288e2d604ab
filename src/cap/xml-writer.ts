import { CAP_NAMESPACE, writeReference } from './message.ts'
import type { CapArea, CapInfo, CapMessage, CapPosition, CapResource, CapValue } from './message.ts'
import { branch, leaf } from './xml-text.ts'

/**
 * A message as CAP 1.2 XML, in the order of the schema. The same message always gives the same text. Here alone
 * [longitude, latitude] is turned to latitude,longitude (§3.2.4).
 */
export function writeCapXml(message: CapMessage): string {
  const { identifier, sender, sent, status, msgType, source, scope, restriction } = message
  const { addresses, code, note, references, incidents, info } = message
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<alert xmlns="${CAP_NAMESPACE}">`,
    ...leaf('identifier', identifier),
    ...leaf('sender', sender),
    ...leaf('sent', sent),
    ...leaf('status', status),
    ...leaf('msgType', msgType),
    ...leaf('source', source),
    ...leaf('scope', scope),
    ...leaf('restriction', restriction),
    ...leaf('addresses', addresses),
    ...code.flatMap(one => leaf('code', one)),
    ...leaf('note', note),
    ...leaf('references', references.map(writeReference).join(' ') || undefined),
    ...leaf('incidents', incidents),
    ...info.flatMap(one => branch('info', infoLines(one))),
    '</alert>',
  ]
  return `${lines.join('\n')}\n`
}

function infoLines(info: CapInfo): string[] {
  return [
    ...leaf('language', info.language),
    ...info.category.flatMap(one => leaf('category', one)),
    ...leaf('event', info.event),
    ...info.responseType.flatMap(one => leaf('responseType', one)),
    ...leaf('urgency', info.urgency),
    ...leaf('severity', info.severity),
    ...leaf('certainty', info.certainty),
    ...leaf('audience', info.audience),
    ...info.eventCode.flatMap(one => branch('eventCode', valueLines(one))),
    ...leaf('effective', info.effective),
    ...leaf('onset', info.onset),
    ...leaf('expires', info.expires),
    ...leaf('senderName', info.senderName),
    ...leaf('headline', info.headline),
    ...leaf('description', info.description),
    ...leaf('instruction', info.instruction),
    ...leaf('web', info.web),
    ...leaf('contact', info.contact),
    ...info.parameter.flatMap(one => branch('parameter', valueLines(one))),
    ...info.resource.flatMap(one => branch('resource', resourceLines(one))),
    ...info.area.flatMap(one => branch('area', areaLines(one))),
  ]
}

function valueLines({ valueName, value }: CapValue): string[] {
  return [...leaf('valueName', valueName), ...leaf('value', value)]
}

function resourceLines(resource: CapResource): string[] {
  const { resourceDesc, mimeType, size, uri, derefUri, digest } = resource
  return [
    ...leaf('resourceDesc', resourceDesc),
    ...leaf('mimeType', mimeType),
    ...leaf('size', size?.toFixed(0)),
    ...leaf('uri', uri),
    ...leaf('derefUri', derefUri),
    ...leaf('digest', digest),
  ]
}

function areaLines({ areaDesc, polygon, circle, geocode, altitude, ceiling }: CapArea): string[] {
  return [
    ...leaf('areaDesc', areaDesc),
    ...polygon.flatMap(ring => leaf('polygon', ring.map(pair).join(' '))),
    ...circle.flatMap(({ center, radiusKm }) =>
      leaf('circle', `${pair(center)} ${decimal(radiusKm)}`),
    ),
    ...geocode.flatMap(one => branch('geocode', valueLines(one))),
    ...leaf('altitude', altitude === undefined ? undefined : decimal(altitude)),
    ...leaf('ceiling', ceiling === undefined ? undefined : decimal(ceiling)),
  ]
}

function pair([longitude, latitude]: CapPosition): string {
  return `${decimal(latitude)},${decimal(longitude)}`
}

/** All digits of a number and no exponent, which xs:decimal and CAP's pairs don't know. */
function decimal(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e')
  if (exponent === undefined) return mantissa
  const sign = mantissa.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  // ECMAScript writes an exponent from 10^21 on: more than the digits that it has.
  return `${sign}${digits.padEnd(point, '0')}`
}
