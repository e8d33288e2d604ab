import { expect, test } from 'vitest'
import { alertContent } from '../../src/cap/content.ts'
import { messageOf } from '../../src/cap/export.ts'
import { draftOf, pathOf } from '../../src/cap/import.ts'
import type { CapMessage } from '../../src/cap/message.ts'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { writeCapXml } from '../../src/cap/xml-writer.ts'
import { capXml, type Change, messages } from './messages.ts'
import { fc } from '../support/property.ts'

const ID = '018f0000-0000-7000-8000-000000000000'
const ROSTER = '018f0000-0000-7000-8000-000000000001'
const NOW = new Date('2049-12-31T00:00:00Z')
const OURS = 'tocsin@example.org'

/** As an alert of ours, and that as XML again. */
function thereAndBack(xml: string): CapMessage {
  const { message } = readCapXml(Buffer.from(xml))
  const roster = message!.status === 'Actual' ? undefined : ROSTER
  const { draft, faults } = draftOf(message!, { roster, now: NOW })
  expect(faults).toEqual([])
  const content = alertContent(draft!, {
    id: ID,
    revision: 1,
    sender: OURS,
    references: [],
    groups: [],
    excludeGroups: [],
    roster: roster && { id: roster, name: 'Staff', definitionDigest: 'none', count: 1 },
    secondPerson: true,
    emergency: true,
    geocodeSets: [],
    maxRecipients: 1,
  })
  const exported = messageOf(content, { sent: NOW, references: [], status: content.status })
  const again = readCapXml(Buffer.from(writeCapXml(exported)))
  expect(again.faults).toEqual([])
  return again.message!
}

/** A drill's text says so already. */
function smsOf(status: CapMessage['status'], language = 'en-US') {
  const [exercise, trial] = { es: ['EJERCICIO', 'PRUEBA'], 'zh-Hant-HK': ['演習', '測試'] }[
    language as 'es'
  ] ?? ['EXERCISE', 'TEST']
  const word = { Exercise: exercise, Test: trial, System: trial }[status as 'Test'] ?? 'FLOOD'
  return { valueName: 'tocsin:sms', value: `${word}: go up` }
}

/** Those that people can be told: readable, by one sender, of something. */
const importable = fc
  .tuple(messages, fc.constantFrom('Alert', 'Update', 'Cancel'), fc.boolean())
  .filter(([{ info }]) => info.length > 0)
  .map(([message, msgType, hasSms]) => {
    const { sender, status } = message
    const visible = JSON.parse(
      JSON.stringify(message, (_name, value: unknown) =>
        typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, '-') : value,
      ),
    ) as CapMessage
    return {
      ...visible,
      msgType,
      status: status === 'Draft' ? 'Actual' : status,
      references: visible.references.map(one => ({ ...one, sender })),
      info: visible.info.map(block => ({
        ...block,
        parameter: [
          ...block.parameter,
          ...(hasSms || visible.status !== 'Actual' ? [smsOf(visible.status, block.language)] : []),
        ],
        area: block.area.map(({ altitude, ceiling, geocode, ...area }) => ({
          ...area,
          ...(altitude !== undefined && { altitude: (altitude % 1000) + 0 }),
          ...(ceiling !== undefined && { ceiling: (ceiling % 1000) + 0 }),
          geocode: geocode.map(one => ({ ...one, value: one.value || 'none' })),
        })),
      })),
    }
  })

test('XML becomes an alert and XML again: nothing is lost', () => {
  fc.assert(
    fc.property(importable, message => {
      const again = thereAndBack(writeCapXml(message))
      const { sender, identifier, sent } = message
      const origin = { valueName: 'tocsin:origin', value: `${sender},${identifier},${sent}` }
      const firstArea = message.info[0]!.area
      expect(again).toEqual({
        ...message,
        identifier: ID,
        sender: OURS,
        sent: '2049-12-31T00:00:00-00:00',
        info: message.info.map(block => ({
          ...block,
          language: block.language ?? 'en-US',
          parameter: [...block.parameter, origin],
          area: block.area.length > 0 ? block.area : firstArea,
        })),
      })
    }),
    { numRuns: 300 },
  )
})

test('what an area is meant within goes into a parameter, and comes back from it', () => {
  const within = (area: number, at: number) => ({
    valueName: 'tocsin:within',
    value: JSON.stringify({ area, geocode: [{ valueName: 'SAME', value: `0${48_001 + at}` }] }),
  })
  fc.assert(
    fc.property(importable, message => {
      const withins = message.info.map(({ area }, at) =>
        area.flatMap(({ polygon, circle, geocode }, no) =>
          polygon.length + circle.length > 0 && geocode.length === 0 ? [within(no + 1, at)] : [],
        ),
      )
      const info = message.info.map((block, at) => ({
        ...block,
        parameter: [...withins[at]!, ...block.parameter],
      }))
      const again = thereAndBack(writeCapXml({ ...message, info }))
      const ofFirst = (at: number) => (message.info[at]!.area.length > 0 ? at : 0)
      expect(again.info.map(block => block.parameter.filter(isWithin))).toEqual(
        message.info.map((_block, at) => withins[ofFirst(at)]),
      )
      expect(again.info.map(block => block.area)).toEqual(
        message.info.map((_block, at) => message.info[ofFirst(at)]!.area),
      )
    }),
    { numRuns: 100 },
  )
})

const isWithin = ({ valueName }: { valueName: string }) => valueName === 'tocsin:within'

test('what an area is meant within must be said of one that is drawn, once, in its form', () => {
  const within = (value: string): string =>
    `<parameter><valueName>tocsin:within</valueName><value>${value}</value></parameter>`
  const codes = '"geocode": [{"valueName": "SAME", "value": "048201"}]'
  const coded = AFTER_CONTACT
  const values = [
    'no JSON',
    `{"area": 0, ${codes}}`,
    `{"area": 2, ${codes}}`,
    `{"area": 1, ${codes}}`,
  ]
  const all = [...values, values[3]!].map(within).join('')
  const { draft, faults } = reading([coded, `${all}${coded}`])
  expect(draft).toBeUndefined()
  expect(faults).toEqual([
    expect.stringMatching(/info\[1\]\/parameter\[1\] is not/),
    expect.stringMatching(/info\[1\]\/parameter\[2\] is not/),
    expect.stringMatching(/info\[1\]\/parameter\[3\] names area 2/),
    expect.stringMatching(/info\[1\]\/parameter\[4\] is for an area that is drawn and has no/),
    expect.stringMatching(/info\[1\]\/parameter\[5\] is a second one/),
  ])
})

const reading = (...changes: Change[]) => {
  const { message, lineOf } = readCapXml(capXml(...changes))
  const found = draftOf(message!, { roster: undefined, now: new Date('2026-11-23T00:30:00Z') })
  const line = ({ path, detail }: { path: string; detail: string }) =>
    `${lineOf(path)} ${path} ${detail}`
  return { ...found, faults: found.faults.map(line), warnings: found.warnings.map(line) }
}
const SMS = (text: string) =>
  `<parameter><valueName>tocsin:sms</valueName><value>${text}</value></parameter>`
const AFTER_CONTACT = '<parameter>\n      <valueName>gauge'

test('the draft says who sent it, and its text message is a member of its own', () => {
  const { draft, faults, warnings } = reading([AFTER_CONTACT, `${SMS('Go up.')}${AFTER_CONTACT}`])
  expect([faults, warnings]).toEqual([[], []])
  expect(draft).toMatchObject({
    origin: {
      sender: 'gauges@example.org',
      identifier: 'river-7',
      sent: '2026-11-22T18:00:00-06:00',
    },
    audience: { groups: [], excludeGroups: [] },
    info: [{ sms: 'Go up.', parameter: [{ valueName: 'gauge', value: '7.2 m' }] }],
  })
})

test('every fault of a message that no draft can be is found at once, in its place', () => {
  const { draft, faults } = reading(
    ['<status>Actual', '<status>Draft'],
    ['<sent>2026-11-22T18:00:00-06:00', '<sent>2026-11-23T18:00:00-06:00'],
    ['<msgType>Alert', '<msgType>Ack'],
    [
      '<incidents>',
      '<references>gauges@example.org,river-6,2026-11-22T17:00:00-06:00</references><incidents>',
    ],
    ['>The valley<', '>The val\u202Eley<'],
    ['<value>048201', `<value>${'0'.repeat(51)}`],
    ['<altitude>0', '<altitude>-200000'],
    [AFTER_CONTACT, `${SMS('Go\u200Bup')}${SMS('Go down')}${AFTER_CONTACT}`],
    ['7.2 m', '7.2\u2028m'],
  )
  expect(draft).toBeUndefined()
  expect(faults.map(fault => fault.split(' ').slice(1, 3).join(' ')).toSorted()).toEqual([
    '/alert/info[1]/area[1]/altitude Too',
    '/alert/info[1]/area[1]/areaDesc holds',
    '/alert/info[1]/area[1]/geocode[1]/value Too',
    '/alert/info[1]/parameter[1]/value holds',
    '/alert/info[1]/parameter[2] is',
    // The third in the message, the first in the draft.
    '/alert/info[1]/parameter[3]/value holds',
    '/alert/msgType is',
    '/alert/sent is',
    '/alert/status is',
  ])
  expect(faults).toContain('5 /alert/sent is more than an hour ahead of now')
})

test('X12: nobody takes back what another sender has said', () => {
  const references = (sender: string) =>
    [
      '<incidents>',
      `<references>${sender},river-6,2026-11-22T17:00:00-06:00</references><incidents>`,
    ] as const
  for (const msgType of ['Update', 'Cancel']) {
    const change = ['<msgType>Alert', `<msgType>${msgType}`] as const
    expect(reading(change, references('gauges@example.org')).draft).toMatchObject({
      msgType,
      foreignReferences: [
        {
          sender: 'gauges@example.org',
          identifier: 'river-6',
          sent: '2026-11-22T17:00:00-06:00',
        },
      ],
    })
    expect(reading(change, references('dams@example.org')).faults).toEqual([
      `11 /alert/references names a message of another sender, which is not for msgType ${msgType}`,
    ])
  }
  expect(reading(references('dams@example.org')).faults).toEqual([])
})

test('X17: more than twenty blocks are refused', () => {
  const block = /<info>[^]*<\/info>/.exec(capXml().toString())![0]
  const { faults } = reading(['</alert>', `${block.repeat(20)}</alert>`])
  expect(faults).toEqual([expect.stringMatching(/^2 \/alert\/info Too big/)])
})

test('a message that tells nobody anything is no alert', () => {
  const info = /<info>[^]*<\/info>/.exec(capXml().toString())![0]
  expect(reading([info, '']).faults).toEqual([
    '2 /alert/info is missing: there is nothing to tell anybody',
  ])
})

test('what is taken otherwise than it stands is said', () => {
  const origin = SMS('a@example.org,x,2026-11-22T18:00:00-06:00').replace('sms', 'origin')
  const second =
    '<info><category>Met</category><event>Crue\u0301</event><urgency>Past</urgency>' +
    '<severity>Minor</severity><certainty>Likely</certainty></info>'
  const { draft, faults, warnings } = reading(
    [AFTER_CONTACT, `${origin}${AFTER_CONTACT}`],
    ['</alert>', `${second}</alert>`],
  )
  expect(faults).toEqual([])
  expect(draft!.info[1]!.event).toBe('Cru\u00E9')
  expect(warnings.map(warning => warning.replace(/^\d+ /, '')).toSorted()).toEqual([
    expect.stringMatching(
      /^\/alert\/info\[1]\/parameter\[1] says what its sender imported it from/,
    ),
    '/alert/info[2] has no area: taken for those of the first',
    '/alert/info[2]/event is not in Unicode normal form C: taken in it',
  ])
})

test('faults of a draft are found again in the message', () => {
  const { message } = readCapXml(capXml([AFTER_CONTACT, `${SMS('Go up.')}${AFTER_CONTACT}`]))
  const paths: readonly (readonly [string, string])[] = [
    ['', '/alert'],
    ['/scope', '/alert/scope'],
    ['/code/0', '/alert/code[1]'],
    ['/origin/identifier', '/alert/identifier'],
    ['/foreignReferences/3/sent', '/alert/references'],
    ['/audience/roster', ''],
    ['/info', '/alert/info'],
    ['/info/0/sms', '/alert/info[1]/parameter[1]/value'],
    ['/info/1/sms', '/alert/info[2]'],
    ['/info/0/parameter/0/valueName', '/alert/info[1]/parameter[2]/valueName'],
    ['/info/0/category/1', '/alert/info[1]/category[2]'],
    ['/info/0/resource/0/uri', '/alert/info[1]/resource[1]/uri'],
    ['/info/0/area/1/polygon/2/coordinates/0/17', '/alert/info[1]/area[2]/polygon[3]'],
    ['/info/0/area/0/circle/0/radiusKm', '/alert/info[1]/area[1]/circle[1]'],
    ['/info/0/area/0/geocode/4', '/alert/info[1]/area[1]/geocode[5]'],
  ]
  for (const [pointer, path] of paths) expect(pathOf(pointer, message!), pointer).toBe(path)
})
