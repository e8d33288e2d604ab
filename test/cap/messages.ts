import fc from 'fast-check'
import {
  CATEGORIES,
  CERTAINTIES,
  RESPONSE_TYPES,
  SCOPES,
  SEVERITIES,
  URGENCIES,
} from '../../src/cap/alert.ts'
import { CAP_MSG_TYPES, CAP_STATUSES } from '../../src/cap/message.ts'
import type { CapMessage, CapPosition } from '../../src/cap/message.ts'

export type Change = readonly [from: string, to: string]

/** A message in XML, complete and right. `change` is made to its text, and must find what it changes. */
export function capXml(...changes: Change[]): Buffer {
  const xml = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nothing to change: ${from}`)
    return text.replace(from, to)
  }, MESSAGE)
  return Buffer.from(xml)
}

const MESSAGE = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>river-7</identifier>
  <sender>gauges@example.org</sender>
  <sent>2026-11-22T18:00:00-06:00</sent>
  <status>Actual</status>
  <msgType>Alert</msgType>
  <source>gauge 12</source>
  <scope>Public</scope>
  <code>profile:example:1</code>
  <incidents>flood-2026</incidents>
  <info>
    <language>en-US</language>
    <category>Met</category>
    <event>Flash Flood Warning</event>
    <responseType>Evacuate</responseType>
    <urgency>Immediate</urgency>
    <severity>Extreme</severity>
    <certainty>Observed</certainty>
    <audience>Everyone by the river</audience>
    <eventCode>
      <valueName>SAME</valueName>
      <value>FFW</value>
    </eventCode>
    <expires>2027-11-22T20:00:00-06:00</expires>
    <headline>Water over the dam &amp; rising</headline>
    <parameter>
      <valueName>gauge</valueName>
      <value>7.2 m</value>
    </parameter>
    <resource>
      <resourceDesc>Map</resourceDesc>
      <mimeType>image/png</mimeType>
      <size>1024</size>
      <uri>https://example.org/map.png</uri>
    </resource>
    <area>
      <areaDesc>The valley</areaDesc>
      <polygon>30,-97 30,-96 31,-96 31,-97 30,-97</polygon>
      <circle>30.5,-95 12.5</circle>
      <geocode>
        <valueName>SAME</valueName>
        <value>048201</value>
      </geocode>
      <altitude>0</altitude>
      <ceiling>1500.5</ceiling>
    </area>
  </info>
</alert>
`

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  // oxlint-disable-next-line no-control-regex
  .map(value => value.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '-'))
  .filter(value => value.trim() !== '')
const word = fc.stringMatching(/^[A-Za-z0-9@:._-]{1,20}$/)
const oneOf = <Word extends string>(words: readonly Word[]) => fc.constantFrom(...words)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** Within a century, so that every expiry can be after every sending. */
const time = (from: string, to: string) =>
  fc
    .tuple(
      fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }),
      fc.constantFrom('-00:00', '+05:45', '-08:00'),
    )
    .map(([date, offset]) => `${date.toISOString().slice(0, 19)}${offset}`)
const sent = time('2000-01-01', '2049-12-30')
const later = time('2050-01-01', '2099-12-31')

const degrees = (limit: number) =>
  fc.double({ min: -limit, max: limit, noNaN: true }).map(value => value + 0)
const position = fc.tuple(degrees(180), degrees(90)) as fc.Arbitrary<CapPosition>
const ring = fc
  .array(position, { minLength: 3, maxLength: 6 })
  .map(corners => [...corners, corners[0]!])
const positive = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(value => value + 0)

const values = fc.array(fc.record({ valueName: text, value: fc.oneof(text, fc.constant('')) }), {
  maxLength: 2,
})

const area = fc
  .record({
    areaDesc: text,
    polygon: fc.array(ring, { maxLength: 2 }),
    circle: fc.array(fc.record({ center: position, radiusKm: positive }), { maxLength: 2 }),
    geocode: values,
    altitude: optional(fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)),
    above: optional(fc.boolean()),
  })
  .map(({ above, altitude, ...rest }) => ({
    ...rest,
    altitude,
    ceiling: above === undefined ? undefined : altitude,
  }))

const resource = fc.record({
  resourceDesc: text,
  mimeType: text,
  size: optional(fc.maxSafeNat()),
  uri: optional(fc.webUrl()),
  derefUri: optional(fc.base64String({ minLength: 4 })),
  digest: optional(text),
})

const info = fc.record({
  language: optional(fc.constantFrom('en-US', 'es', 'zh-Hant-HK')),
  category: fc.array(oneOf(CATEGORIES), { minLength: 1, maxLength: 3 }),
  event: text,
  responseType: fc.array(oneOf(RESPONSE_TYPES), { maxLength: 3 }),
  urgency: oneOf(URGENCIES),
  severity: oneOf(SEVERITIES),
  certainty: oneOf(CERTAINTIES),
  audience: optional(text),
  eventCode: values,
  effective: optional(sent),
  onset: optional(sent),
  expires: optional(later),
  senderName: optional(text),
  headline: optional(text),
  description: optional(text),
  instruction: optional(text),
  web: optional(fc.webUrl()),
  contact: optional(text),
  parameter: values,
  resource: fc.array(resource, { maxLength: 2 }),
  area: fc.array(area, { maxLength: 2 }),
})

/** Any message that the standard allows. */
export const messages: fc.Arbitrary<CapMessage> = fc
  .record({
    identifier: word,
    sender: word,
    sent,
    status: oneOf(CAP_STATUSES),
    msgType: oneOf(CAP_MSG_TYPES),
    source: optional(text),
    scope: oneOf(SCOPES),
    restriction: text,
    addresses: text,
    code: fc.array(text, { maxLength: 2 }),
    note: optional(text),
    references: fc.uniqueArray(fc.record({ sender: word, identifier: word, sent }), {
      minLength: 1,
      maxLength: 3,
      selector: one => `${one.sender} ${one.identifier}`,
    }),
    incidents: optional(text),
    info: fc.array(info, { maxLength: 2 }),
  })
  .filter(one => one.references.every(named => named.identifier !== one.identifier))
  .map(one => withoutUndefined(one) as CapMessage)

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, withoutUndefined(member)]),
  )
}
