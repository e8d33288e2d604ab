import { measureText } from '../../encoding/segments.ts'
import { wordsOfFault } from '../../faults.ts'
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
    ofAlert('must', '/code', wordsOfFault('ipaws_code', { name: 'IPAWSv1.0' }), ({ code }) =>
      code.includes('IPAWSv1.0'),
    ),
    ofAlert('must', '/info', wordsOfFault('same_categories'), message =>
      isTheSameInAll(message, info => info.category),
    ),
    ofAlert('must', '/info', wordsOfFault('same_events'), message =>
      isTheSameInAll(message, info =>
        info.eventCode.map(({ valueName, value }) => `${valueName} ${value}`),
      ),
    ),
    ofInfo('must', '/eventCode', wordsOfFault('one_same_code'), info => {
      const [code, ...others] = same(info)
      return code !== undefined && others.length === 0 && /^[A-Z]{3}$/.test(code)
    }),
    ofInfo('should', '/eventCode', wordsOfFault('same_code_unlisted'), info =>
      same(info).every(code => EVENTS.has(code)),
    ),
    ofInfo('must', '/expires', wordsOfFault('required'), info => info.expires !== undefined),
    ofInfo('must', '/area', wordsOfFault('area_required'), info => info.area.length > 0),
    ofInfo(
      'should',
      '/effective',
      wordsOfFault('ignored_time'),
      info => info.effective === undefined,
    ),
    ofInfo('should', '/onset', wordsOfFault('ignored_time'), info => info.onset === undefined),
    ofInfo(
      'should',
      '/description',
      wordsOfFault('say_what_happens'),
      info => info.description !== undefined,
    ),
    ofInfo(
      'should',
      '/instruction',
      wordsOfFault('say_what_to_do'),
      info => info.instruction !== undefined,
    ),
    ofArea('should', '/geocode', wordsOfFault('same_area_code'), ({ geocode }) =>
      valuesOf(geocode, 'SAME').some(value => /^\d{6}$/.test(value)),
    ),
    ofParameter(
      'must',
      'BLOCKCHANNEL',
      wordsOfFault('one_of_network', { values: CHANNELS.join(', ') }),
      value => CHANNELS.includes(value),
    ),

    // Radio and television.
    ofParameter(
      'must',
      'EAS-ORG',
      wordsOfFault('one_of_network', { values: ORIGINATORS.join(', ') }),
      value => ORIGINATORS.includes(value),
    ),
    ofInfo(
      'should',
      '/parameter',
      wordsOfFault('no_eas'),
      info =>
        valuesOf(info.parameter, 'EAS-ORG').length > 0 ||
        (isBlocked(info, 'EAS') && isBlocked(info, 'NWEM')),
    ),
    ofInfo(
      'must',
      '/area',
      wordsOfFault('too_many_eas_codes', { most: MAX_EAS_LOCATIONS }),
      info =>
        isBlocked(info, 'EAS')
          ? true
          : new Set(info.area.flatMap(({ geocode }) => valuesOf(geocode, 'SAME'))).size <=
            MAX_EAS_LOCATIONS,
    ),

    // Phones: 47 CFR 10.430, and 10.400(b) for what may go there.
    ofParameter('must', 'CMAMtext', wordsOfFault('wea_text', { most: 90 }), value =>
      fits(value, 90),
    ),
    ofParameter('must', 'CMAMlongtext', wordsOfFault('wea_text', { most: 360 }), value =>
      fits(value, 360),
    ),
    ofInfo(
      'should',
      '/parameter',
      wordsOfFault('wea_short_missing'),
      info => longTexts(info).length === 0 || shortTexts(info).length > 0,
    ),
    ofArea(
      'must',
      '/polygon',
      wordsOfFault('wea_corners', { most: MAX_POLYGON_PAIRS }),
      ({ polygon }, info) =>
        isBlocked(info, 'CMAS') || polygon.every(ring => ring.length <= MAX_POLYGON_PAIRS),
    ),
    ofInfo(
      'should',
      '',
      wordsOfFault('wea_no_threat'),
      info =>
        isBlocked(info, 'CMAS') ||
        (['Immediate', 'Expected'].includes(info.urgency) &&
          ['Extreme', 'Severe'].includes(info.severity) &&
          ['Observed', 'Likely'].includes(info.certainty)),
    ),
    ofInfo('should', '/expires', wordsOfFault('wea_too_long'), (info, { sent }) =>
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
