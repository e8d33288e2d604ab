import { describe, expect, test } from 'vitest'
import type { CapInfo, CapMessage, CapValue } from '../../src/cap/message.ts'
import { judgeByProfile, type ProfileId } from '../../src/cap/profiles/profiles.ts'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { capXml } from './messages.ts'

const base = readCapXml(capXml()).message!

/** A message whose blocks are the standard one with other members. */
const aMessage = (fields: Partial<CapMessage>, ...blocks: Partial<CapInfo>[]): CapMessage => ({
  ...base,
  ...fields,
  info: (blocks.length > 0 ? blocks : [{}]).map(block => ({ ...base.info[0]!, ...block })),
})
const pair = (valueName: string, value: string): CapValue => ({ valueName, value })

const judged = (id: ProfileId, message: CapMessage) => {
  const { faults, warnings } = judgeByProfile(id, message)
  const line = ({ pointer, detail }: { pointer: string; detail: string }) => `${pointer} ${detail}`
  return { faults: faults.map(line), warnings: warnings.map(line) }
}

const ring = (corners: number) =>
  Array.from({ length: corners }, (_, at) => [at / 1000, 0] as const).concat([[0, 0]])

describe('IPAWS', () => {
  const texts = [pair('CMAMtext', 'Flood. Go up.'), pair('CMAMlongtext', 'Flood. Go up now.')]
  const good = (block: Partial<CapInfo> = {}) =>
    aMessage(
      { code: ['IPAWSv1.0'] },
      {
        description: 'The dam may fail',
        instruction: 'Go up',
        expires: '2026-11-23T10:00:00-06:00',
        parameter: [pair('EAS-ORG', 'CIV'), ...texts],
        ...block,
      },
    )
  const { area } = base.info[0]!

  test('takes what is complete, and has nothing to advise', () => {
    expect(judged('ipaws', good())).toEqual({ faults: [], warnings: [] })
  })

  test('refuses each thing that it needs, in its place', () => {
    const { faults } = judged(
      'ipaws',
      aMessage(
        {},
        {
          expires: undefined,
          eventCode: [pair('SAME', 'FFW'), pair('SAME', 'TOR')],
          parameter: [
            pair('x', 'y'),
            pair('BLOCKCHANNEL', 'TV'),
            pair('EAS-ORG', 'ME'),
            // 91, and 90 of which one counts as two.
            pair('CMAMtext', 'x'.repeat(91)),
            pair('CMAMtext', `${'x'.repeat(89)}[`),
            pair('CMAMlongtext', 'x'.repeat(361)),
            pair('CMAMlongtext', 'Разлив'),
          ],
          area: [
            {
              ...area[0]!,
              polygon: [ring(3), ring(100)],
              geocode: Array.from({ length: 32 }, (_, at) =>
                pair('SAME', String(48_001 + 2 * at).padStart(6, '0')),
              ),
            },
          ],
        },
        { area: [], category: ['Fire'] },
      ),
    )
    expect(faults).toEqual([
      '/code must include IPAWSv1.0',
      '/info must have the same categories in every block',
      '/info must have the same event codes in every block',
      '/info/0/eventCode must have exactly one SAME code of three letters',
      '/info/0/expires is required',
      '/info/1/area must have at least one area',
      '/info/0/parameter/1/value must be CMAS, EAS, NWEM, PUBLIC',
      '/info/0/parameter/2/value must be EAS, CIV, WXR, PEP',
      '/info/0/area has more than 31 SAME codes, which EAS carries',
      '/info/0/parameter/3/value must be at most 90 characters of GSM 7-bit',
      '/info/0/parameter/4/value must be at most 90 characters of GSM 7-bit',
      '/info/0/parameter/5/value must be at most 360 characters of GSM 7-bit',
      '/info/0/parameter/6/value must be at most 360 characters of GSM 7-bit',
      '/info/0/area/0/polygon has a polygon of more than 100 corners, too many for WEA',
    ])
  })

  test('90 and 360 characters fit, and 100 corners', () => {
    const parameter = [
      pair('EAS-ORG', 'WXR'),
      pair('CMAMtext', 'x'.repeat(90)),
      pair('CMAMlongtext', 'é'.repeat(360)),
    ]
    const polygon = [ring(99)]
    expect(judged('ipaws', good({ parameter, area: [{ ...area[0]!, polygon }] })).faults).toEqual(
      [],
    )
  })

  test('advises on what would be lost, unless that channel is blocked', () => {
    const mild = {
      urgency: 'Future',
      expires: '2026-11-25T20:00:00-06:00',
      onset: '2026-11-22T19:00:00-06:00',
      eventCode: [pair('SAME', 'XYZ')],
      area: [{ ...area[0]!, geocode: [] }],
      instruction: undefined,
    } as const
    const { warnings, faults } = judged('ipaws', good({ ...mild, parameter: texts.slice(1) }))
    expect(faults).toEqual([])
    expect(warnings.map(warning => warning.split(' ').slice(0, 4).join(' '))).toEqual([
      '/info/0/eventCode has a SAME',
      '/info/0/onset is ignored: it',
      '/info/0/instruction should say what',
      '/info/0/area/0/geocode should have a',
      '/info/0/parameter has no EAS-ORG:',
      '/info/0/parameter has CMAMlongtext without',
      '/info/0 is no imminent',
      '/info/0/expires is more than',
    ])
    const parameter = ['EAS', 'NWEM', 'CMAS'].map(channel => pair('BLOCKCHANNEL', channel))
    const blocked = judged('ipaws', good({ ...mild, parameter }))
    expect(blocked.warnings.map(warning => warning.split(' ')[0])).toEqual([
      '/info/0/eventCode',
      '/info/0/onset',
      '/info/0/instruction',
      '/info/0/area/0/geocode',
    ])
  })
})

test('CAP-CP asks for its own codes, and for both languages', () => {
  const { area } = base.info[0]!
  const block: Partial<CapInfo> = {
    eventCode: [pair('profile:CAP-CP:Event:0.4', 'flashFlood')],
    senderName: 'Environment Canada',
    instruction: 'Go up',
    area: [{ ...area[0]!, geocode: [pair('profile:CAP-CP:Location:0.3', '3537001')] }],
  }
  const good = aMessage(
    { code: ['profile:CAP-CP:0.4'] },
    { ...block, language: 'en-CA' },
    { ...block, language: 'fr-CA' },
  )
  expect(judged('cap-cp', good)).toEqual({ faults: [], warnings: [] })
  const { faults, warnings } = judged(
    'cap-cp',
    aMessage(
      {},
      {
        area: [
          {
            ...area[0]!,
            geocode: [pair('profile:CAP-CP:Location:0.3', '35')],
            polygon: [],
            circle: [],
          },
        ],
      },
      {
        ...block,
        area: [{ ...area[0]!, geocode: [pair('profile:CAP-CP:Location:0.3', '353')] }],
      },
    ),
  )
  expect(faults).toEqual([
    '/info must have the same event codes in every block',
    '/code must include profile:CAP-CP: and its version',
    '/info/0/eventCode must have a code named profile:CAP-CP:Event: and its version',
    '/info/1/area/0/geocode must have a code named profile:CAP-CP:Location: and its version',
  ])
  expect(warnings).toEqual([
    '/info should have a block in English and one in French',
    '/info/0/senderName is strongly recommended',
    '/info/0/instruction is strongly recommended',
    '/info/0/area/0 should draw its ground more truly by a polygon or circle',
  ])
})

test('MeteoAlarm asks for awareness, whose level is the severity’s', () => {
  const { area } = base.info[0]!
  const block = {
    language: 'de-DE',
    onset: '2026-11-22T19:00:00-06:00',
    senderName: 'Wetterdienst',
    severity: 'Severe',
    parameter: [pair('awareness_level', '3; orange; Severe'), pair('awareness_type', '10; Rain')],
    area: [{ ...area[0]!, geocode: [pair('EMMA_ID', 'DE001')] }],
  } as const
  const english = { ...block, language: 'en-GB' }
  expect(judged('meteoalarm', aMessage({}, block, english))).toEqual({ faults: [], warnings: [] })

  const { faults, warnings } = judged(
    'meteoalarm',
    aMessage(
      {},
      { ...block, severity: 'Extreme' },
      { ...block, parameter: [pair('awareness_level', '3; red; Severe')] },
      {
        ...block,
        onset: undefined,
        parameter: [
          pair('awareness_level', '2; yellow; Moderate'),
          pair('awareness_type', '11; Rain'),
        ],
      },
    ),
  )
  expect(faults).toEqual([
    '/info/1/parameter must have exactly one awareness_type',
    '/info/1/parameter/0/value must be such as 3; orange; Severe',
    '/info/2/parameter/1/value must be such as 1; Wind',
    '/info/0/severity must be that of its awareness_level',
    '/info/2/severity must be that of its awareness_level',
  ])
  expect(warnings).toEqual([
    '/info/2/onset should say when it begins',
    '/info should have a block in English beside the country’s own languages',
  ])
})
