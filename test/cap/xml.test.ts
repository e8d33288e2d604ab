import { describe, expect, test } from 'vitest'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { writeCapXml } from '../../src/cap/xml-writer.ts'
import { capXml, type Change, messages } from './messages.ts'
import { fc } from '../support/property.ts'

const read = (...changes: Change[]) => readCapXml(capXml(...changes))
const NO_POLYGON = ['30,-97 30,-96 31,-96 31,-97 30,-97', '30,-97 30,-96 31,-96'] as const

test('a message is read whole, longitude first and times as they stand', () => {
  const { message, faults, warnings } = read()
  expect([faults, warnings]).toEqual([[], []])
  expect(message).toEqual({
    identifier: 'river-7',
    sender: 'gauges@example.org',
    sent: '2026-11-22T18:00:00-06:00',
    status: 'Actual',
    msgType: 'Alert',
    source: 'gauge 12',
    scope: 'Public',
    code: ['profile:example:1'],
    references: [],
    incidents: 'flood-2026',
    info: [
      {
        language: 'en-US',
        category: ['Met'],
        event: 'Flash Flood Warning',
        responseType: ['Evacuate'],
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
        audience: 'Everyone by the river',
        eventCode: [{ valueName: 'SAME', value: 'FFW' }],
        expires: '2027-11-22T20:00:00-06:00',
        headline: 'Water over the dam & rising',
        parameter: [{ valueName: 'gauge', value: '7.2 m' }],
        resource: [
          {
            resourceDesc: 'Map',
            mimeType: 'image/png',
            size: 1024,
            uri: 'https://example.org/map.png',
          },
        ],
        area: [
          {
            areaDesc: 'The valley',
            polygon: [
              [
                [-97, 30],
                [-96, 30],
                [-96, 31],
                [-97, 31],
                [-97, 30],
              ],
            ],
            circle: [{ center: [-95, 30.5], radiusKm: 12.5 }],
            geocode: [{ valueName: 'SAME', value: '048201' }],
            altitude: 0,
            ceiling: 1500.5,
          },
        ],
      },
    ],
  })
  expect(writeCapXml(message!)).toBe(capXml().toString())
})

test('whatever is written is read again as it was', () => {
  fc.assert(
    fc.property(messages, message => {
      const reading = readCapXml(Buffer.from(writeCapXml(message)))
      expect(reading.faults).toEqual([])
      expect(reading.message).toEqual(message)
    }),
    { numRuns: 300 },
  )
})

test('every fault is found at once, each with its path and line', () => {
  const { message, faults } = read(
    ['<identifier>river-7', '<identifier>river 7'],
    ['<status>Actual', '<status>Real'],
    ['<msgType>Alert', '<msgType>Update'],
    ['<category>Met</category>', '<category>Metro</category>'],
    ['<event>Flash Flood Warning</event>', ''],
    ['2027-11-22T20:00:00-06:00', '2027-02-30T20:00:00-06:00'],
    NO_POLYGON,
    ['30.5,-95 12.5', '30.5,-95'],
    ['<altitude>0</altitude>', ''],
  )
  expect(message).toBeUndefined()
  expect(faults.map(({ path, line, detail }) => `${line} ${path} ${detail}`)).toEqual([
    '2 /alert lacks references, which name what msgType Update speaks of',
    '3 /alert/identifier must have no spaces, commas, < or &',
    '6 /alert/status must be Actual, Exercise, System, Test or Draft',
    '12 /alert/info[1] lacks event',
    expect.stringMatching(/^14 \/alert\/info\[1]\/category\[1] must be Geo, .* or Other$/),
    expect.stringMatching(/^25 \/alert\/info\[1]\/expires must be a time/),
    '39 /alert/info[1]/area[1]/polygon[1] has 3 pairs; a polygon needs at least 4',
    expect.stringMatching(/^40 \/alert\/info\[1]\/area\[1]\/circle\[1] must be latitude,longitude/),
    '46 /alert/info[1]/area[1]/ceiling needs an altitude beside it',
  ])
})

describe('what is refused', () => {
  const status = '<status>Actual</status>'
  const times = '2027-11-22T20:00:00-06:00'
  test.each<[string, readonly [string, string], string]>([
    ['another order', [status, `${status}\n  <sent>x</sent>`], '/alert/sent must stand before'],
    ['an element twice', [status, status + status], '/alert/status may stand only once'],
    ['a stranger among them', [status, `${status}<priority>1</priority>`], '/alert/priority is no'],
    ['an attribute', ['<status>', '<status x="1">'], '/alert/status has the attribute x'],
    [
      'a schema to be fetched',
      [
        '<alert ',
        '<alert xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x http://10.0.0.1/x" ',
      ],
      '/alert has the attribute xsi:schemaLocation',
    ],
    ['elements inside a text', [status, '<status>Actual<b/></status>'], '/alert/status must hold'],
    ['text beside elements', ['<info>', '<info>words'], '/alert/info[1] has text beside'],
    ['X7: a comment in a text', ['over the', 'over<!-- --> the'], '/alert/info[1]/headline has a'],
    ['an empty element that is due', [status, '<status/>'], '/alert/status is empty'],
    ['an expiry before the sending', [times, '2026-11-22T17:00:00-06:00'], 'is not after sent'],
    ['another case', [status, '<status>actual</status>'], '/alert/status must be'],
    ['X11: CAP 1.1', ['cap:1.2', 'cap:1.1'], '/alert must be alert in the namespace'],
    ['scope Private to nobody', ['>Public<', '>Private<'], '/alert lacks addresses'],
    ['scope Restricted without a rule', ['>Public<', '>Restricted<'], '/alert lacks restriction'],
    [
      'X12: an alert that updates itself',
      [
        '<incidents>',
        '<references>gauges@example.org,river-7,2026-11-22T17:00:00-06:00</references><incidents>',
      ],
      '/alert/references names the message itself',
    ],
    [
      'a reference of two parts',
      ['<incidents>', '<references>a,b</references><incidents>'],
      '/alert/references must list sender,identifier,sent',
    ],
    ['an open polygon', [' 30,-97</polygon>', ' 30,-98</polygon>'], 'polygon[1] is open'],
    ['a polygon of words', ['30,-97 30', '30,-97 here 30'], 'has no latitude,longitude in pair 2'],
    ['longitude first', ['30,-97 30', '-97,30 30'], 'CAP writes the latitude first in pair 1'],
    ['a negative radius', ['12.5</circle>', '-1</circle>'], 'circle[1] must be latitude,longitude'],
    ['a ceiling below its altitude', ['>1500.5<', '>-1<'], 'ceiling is below the altitude'],
    ['a size in words', ['<size>1024', '<size>1 KB'], 'size must be a number of octets'],
  ])('%s', (_name, change, expected) => {
    const { message, faults } = read(change)
    expect(message).toBeUndefined()
    expect(faults.map(({ path, detail }) => `${path} ${detail}`).join('\n')).toContain(expected)
  })
})

test('X6: one signature may stand at the end, and is not looked into', () => {
  const signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><any x="1"/></Signature>'
  const signed = read(['</alert>', `${signature}</alert>`])
  expect(signed.message).toEqual(read().message)
  expect(signed.signature).toBe(signature)
  const faultsOf = (...changes: Change[]) =>
    read(...changes).faults.map(({ path, detail }) => `${path} ${detail}`)
  expect(faultsOf(['</alert>', `${signature}${signature}</alert>`])).toEqual([
    '/alert/Signature is a second signature',
  ])
  expect(faultsOf(['<incidents>', `${signature}<incidents>`])).toEqual([
    '/alert/incidents stands after the signature',
    '/alert/info[1] stands after the signature',
  ])
  expect(faultsOf(['<area>', `<area>${signature}`])).toEqual([
    '/alert/info[1]/area[1]/Signature is no element of CAP 1.2 here',
  ])
})

test('what is harmless is forgiven, with a warning', () => {
  const { message, faults, warnings } = read(
    ['<sent>2026-11-22T18:00:00-06:00', '<sent>2026-11-23T00:00:00.250Z'],
    ['2027-11-22T20:00:00-06:00', '2027-11-23T02:00:00+00:00'],
    ['<status>Actual', '<status> Actual '],
    ['<source>gauge 12</source>', '<source/>'],
    ['<value>7.2 m</value>', '<value></value>'],
    ['<incidents>', '<!-- between --><incidents>'],
    ['<scope>Public</scope>', '<scope>Public</scope><restriction>staff</restriction>'],
  )
  expect(faults).toEqual([])
  expect(message).toMatchObject({ sent: '2026-11-23T00:00:00-00:00', status: 'Actual' })
  expect(message).not.toHaveProperty('source')
  expect(message!.info[0]).toMatchObject({
    expires: '2027-11-23T02:00:00-00:00',
    parameter: [{ valueName: 'gauge', value: '' }],
  })
  expect(warnings.map(({ path, detail }) => `${path} ${detail}`)).toEqual([
    '/alert/sent has a fraction of a second: cut off',
    '/alert/sent writes UTC as Z: taken as -00:00',
    '/alert/status has spaces around it: taken without them',
    '/alert/source is empty: taken as left out',
    '/alert/restriction is for scope Restricted, and scope is Public',
    '/alert/info[1]/expires writes UTC as +00:00: taken as -00:00',
    '/alert/info[1]/parameter[1]/value has an empty value: kept as it is',
  ])
})

test('a prefix is as good as a default namespace, and one mark of byte order does no harm', () => {
  const prefixed = capXml()
    .toString()
    .replaceAll(/<(\/?)(\w)/g, '<$1c:$2')
    .replace('xmlns=', 'xmlns:c=')
  expect(readCapXml(Buffer.from(`\uFEFF${prefixed}`)).message).toEqual(read().message)
})

describe('what is not let in', () => {
  const body = capXml().toString()
  const long = (count: number, text: string) => text.repeat(count)
  test.each<[string, string | Buffer, string]>([
    [
      'X1: a billion laughs',
      body.replace('<alert', '<!DOCTYPE alert [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><alert'),
      'invalid_alert',
    ],
    [
      'X1: an external document type',
      body.replace('<alert', '<!DOCTYPE alert SYSTEM "http://10.0.0.1/x.dtd"><alert'),
      'invalid_alert',
    ],
    [
      'X1: a style sheet',
      body.replace('<alert', '<?xml-stylesheet href="http://10.0.0.1/x"?><alert'),
      'invalid_alert',
    ],
    ['X2: 200,000 levels', long(200_000, '<a>'), 'invalid_alert'],
    [
      'X2: 100,000 attributes',
      `<a ${Array.from({ length: 100_000 }, (_, i) => `a${i}=""`).join(' ')}/>`,
      'invalid_alert',
    ],
    ['X2: a million elements', `<a>${long(1_000_000, '<b/>')}</a>`, 'invalid_alert'],
    ['X3: UTF-16', Buffer.from(body, 'utf16le'), 'malformed_xml'],
    ['X3: UTF-7, as it says', body.replace('UTF-8', 'UTF-7'), 'malformed_xml'],
    ['X3: two marks of byte order', `\uFEFF\uFEFF${body}`, 'malformed_xml'],
    ['X3: NUL', body.replace('Map', 'Ma\0p'), 'malformed_xml'],
    [
      'X3: bytes that are no UTF-8',
      Buffer.concat([Buffer.from(body), Buffer.of(0xc3, 0x28)]),
      'malformed_xml',
    ],
    ['XML 1.1', body.replace('version="1.0"', 'version="1.1"'), 'invalid_alert'],
    ['an entity that nobody declared', body.replace('&amp;', '&nbsp;'), 'malformed_xml'],
    ['a tag that is not closed', body.replace('</info>', ''), 'malformed_xml'],
    ['two roots', `${body}<alert/>`, 'malformed_xml'],
    ['JSON', '{}', 'malformed_xml'],
    ['nothing', '', 'malformed_xml'],
  ])('%s', (_name, xml, code) => {
    const started = performance.now()
    const reading = () => readCapXml(Buffer.from(xml as string))
    expect(reading).toThrow(expect.objectContaining({ code }))
    // X2 allows 100 ms; what is let in at all is at most half a megabyte.
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

test('X18: what XML can’t hold is replaced, and what it would read otherwise is escaped', () => {
  const message = read().message!
  const headline = ']]> & <b>\r\n\uFFFE\u0001\uD800 end'
  const written = writeCapXml({ ...message, info: [{ ...message.info[0]!, headline }] })
  expect(readCapXml(Buffer.from(written)).message?.info[0]?.headline).toBe(
    ']]> & <b>\r\n\uFFFD\uFFFD\uFFFD end',
  )
})

test('numbers are written out, whatever their size', () => {
  const message = read().message!
  const area = {
    ...message.info[0]!.area[0]!,
    circle: [{ center: [-1e-7, 1.25e-10] as const, radiusKm: 1.5e21 }],
  }
  const written = writeCapXml({ ...message, info: [{ ...message.info[0]!, area: [area] }] })
  expect(written).toContain('<circle>0.000000000125,-0.0000001 1500000000000000000000</circle>')
})
