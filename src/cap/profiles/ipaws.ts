import { measureText } from '../../encoding/segments.ts'
import type { CapInfo } from '../message.ts'
import {
  isTheSameInAll,
  ofAlert,
  ofArea,
  ofInfo,
  ofParameter,
  type Profile,
  valuesOf,
} from './profile.ts'

/** 47 CFR 11.31(d). */
const ORIGINATORS = ['EAS', 'CIV', 'WXR', 'PEP']
/** 47 CFR 11.31(e). */
const EVENTS = new Set(
  (
    'EAN NIC NPT RMT RWT ADR AVA AVW BLU BZW CAE CDW CEM CFA CFW DMO DSW EQW EVI EWW FFA FFS FFW FLA FLS FLW FRW ' +
    'HLS HMW HUA HUW HWA HWW LAE LEW MEP NMN NUW RHW SMW SPS SPW SQW SSA SSW SVA SVR SVS TOA TOE TOR TRA TRW TSA ' +
    'TSW VOW WSA WSW'
  ).split(' '),
)
const CHANNELS = ['CMAS', 'EAS', 'NWEM', 'PUBLIC']
/** 47 CFR 11.31(c). */
const MAX_EAS_LOCATIONS = 31
const MAX_POLYGON_PAIRS = 100
const WEA_MS = 24 * 3_600_000

const isBlocked = ({ parameter }: CapInfo, channel: string) =>
  valuesOf(parameter, 'BLOCKCHANNEL').includes(channel)
const same = ({ eventCode }: CapInfo) => valuesOf(eventCode, 'SAME')
const shortTexts = ({ parameter }: CapInfo) => valuesOf(parameter, 'CMAMtext')
const longTexts = ({ parameter }: CapInfo) => valuesOf(parameter, 'CMAMlongtext')

/** What goes to radio and television (EAS), weather radio (NWEM) and phones (WEA) in the United States. */
export const IPAWS: Profile = {
  id: 'ipaws',
  title: 'CAP v1.2 USA Integrated Public Alert and Warning System Profile 1.0',
  source: 'OASIS cap-v1.2-ipaws-profile-v1.0; 47 CFR 10 and 11',
  rules: [
    ofAlert('must', '/code', 'must include IPAWSv1.0', ({ code }) => code.includes('IPAWSv1.0')),
    ofAlert('must', '/info', 'must have the same categories in every block', message =>
      isTheSameInAll(message, info => info.category),
    ),
    ofAlert('must', '/info', 'must have the same event codes in every block', message =>
      isTheSameInAll(message, info =>
        info.eventCode.map(({ valueName, value }) => `${valueName} ${value}`),
      ),
    ),
    ofInfo('must', '/eventCode', 'must have exactly one SAME code of three letters', info => {
      const [code, ...others] = same(info)
      return code !== undefined && others.length === 0 && /^[A-Z]{3}$/.test(code)
    }),
    ofInfo('should', '/eventCode', 'has a SAME code that 47 CFR 11.31(e) does not list', info =>
      same(info).every(code => EVENTS.has(code)),
    ),
    ofInfo('must', '/expires', 'is required', info => info.expires !== undefined),
    ofInfo('must', '/area', 'must have at least one area', info => info.area.length > 0),
    ofInfo(
      'should',
      '/effective',
      'is ignored: it is in force when it is issued',
      info => info.effective === undefined,
    ),
    ofInfo(
      'should',
      '/onset',
      'is ignored: it is in force when it is issued',
      info => info.onset === undefined,
    ),
    ofInfo(
      'should',
      '/description',
      'should say what happens',
      info => info.description !== undefined,
    ),
    ofInfo(
      'should',
      '/instruction',
      'should say what to do',
      info => info.instruction !== undefined,
    ),
    ofArea('should', '/geocode', 'should have a SAME code of six digits', ({ geocode }) =>
      valuesOf(geocode, 'SAME').some(value => /^\d{6}$/.test(value)),
    ),
    ofParameter('must', 'BLOCKCHANNEL', `must be ${CHANNELS.join(', ')}`, value =>
      CHANNELS.includes(value),
    ),

    // Radio and television.
    ofParameter('must', 'EAS-ORG', `must be ${ORIGINATORS.join(', ')}`, value =>
      ORIGINATORS.includes(value),
    ),
    ofInfo(
      'should',
      '/parameter',
      'has no EAS-ORG: it goes neither to EAS nor to weather radio',
      info =>
        valuesOf(info.parameter, 'EAS-ORG').length > 0 ||
        (isBlocked(info, 'EAS') && isBlocked(info, 'NWEM')),
    ),
    ofInfo(
      'must',
      '/area',
      `has more than ${MAX_EAS_LOCATIONS} SAME codes, which EAS carries`,
      info =>
        isBlocked(info, 'EAS')
          ? true
          : new Set(info.area.flatMap(({ geocode }) => valuesOf(geocode, 'SAME'))).size <=
            MAX_EAS_LOCATIONS,
    ),

    // Phones: 47 CFR 10.430, and 10.400(b) for what may go there.
    ofParameter('must', 'CMAMtext', 'must be at most 90 characters of GSM 7-bit', value =>
      fits(value, 90),
    ),
    ofParameter('must', 'CMAMlongtext', 'must be at most 360 characters of GSM 7-bit', value =>
      fits(value, 360),
    ),
    ofInfo(
      'should',
      '/parameter',
      'has CMAMlongtext without CMAMtext for older phones',
      info => longTexts(info).length === 0 || shortTexts(info).length > 0,
    ),
    ofArea(
      'must',
      '/polygon',
      `has a polygon of more than ${MAX_POLYGON_PAIRS} corners, too many for WEA`,
      ({ polygon }, info) =>
        isBlocked(info, 'CMAS') || polygon.every(ring => ring.length <= MAX_POLYGON_PAIRS),
    ),
    ofInfo(
      'should',
      '',
      'is no imminent threat: WEA takes urgency Immediate or Expected, severity Extreme or Severe and certainty ' +
        'Observed or Likely',
      info =>
        isBlocked(info, 'CMAS') ||
        (['Immediate', 'Expected'].includes(info.urgency) &&
          ['Extreme', 'Severe'].includes(info.severity) &&
          ['Observed', 'Likely'].includes(info.certainty)),
    ),
    ofInfo(
      'should',
      '/expires',
      'is more than 24 hours ahead, longer than WEA shows it',
      (info, { sent }) =>
        isBlocked(info, 'CMAS') || info.expires === undefined
          ? true
          : Date.parse(info.expires) - Date.parse(sent) <= WEA_MS,
    ),
  ],
}

/** Characters of the extension table count as two, as they are sent. */
function fits(text: string, characters: number): boolean {
  const { alphabet, units } = measureText(text)
  return alphabet === 'GSM7' && units <= characters
}
