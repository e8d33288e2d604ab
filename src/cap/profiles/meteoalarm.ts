import { wordsOfFault } from '../../faults.ts'
import type { CapInfo } from '../message.ts'
import { ofAlert, ofArea, ofInfo, ofParameter, type Profile, valuesOf } from './profile.ts'

/** The level's colour, and the severity that goes with it. */
const LEVELS: Readonly<Record<string, readonly [colour: string, severity: string]>> = {
  1: ['green', 'Minor'],
  2: ['yellow', 'Moderate'],
  3: ['orange', 'Severe'],
  4: ['red', 'Extreme'],
}

const TYPES: Readonly<Record<string, string>> = {
  1: 'wind',
  2: 'snow-ice',
  3: 'thunderstorm',
  4: 'fog',
  5: 'high-temperature',
  6: 'low-temperature',
  7: 'coastalevent',
  8: 'forest-fire',
  9: 'avalanches',
  10: 'rain',
  12: 'flooding',
  13: 'rain-flood',
}

const partsOf = (value: string) => value.split(';').map(part => part.trim().toLowerCase())
const severityOf = ({ parameter }: CapInfo) =>
  valuesOf(parameter, 'awareness_level').map(value => LEVELS[partsOf(value)[0] ?? '']?.[1])

/** What the European weather services' MeteoAlarm takes of a warning, after WMO's guidelines. */
export const METEOALARM: Profile = {
  id: 'meteoalarm',
  title: 'MeteoAlarm CAP Profile',
  source: 'EUMETNET MeteoAlarm CAP Profile; WMO-No. 1109',
  rules: [
    ofInfo(
      'must',
      '/parameter',
      wordsOfFault('exactly_one', { name: 'awareness_level' }),
      info => valuesOf(info.parameter, 'awareness_level').length === 1,
    ),
    ofInfo(
      'must',
      '/parameter',
      wordsOfFault('exactly_one', { name: 'awareness_type' }),
      info => valuesOf(info.parameter, 'awareness_type').length === 1,
    ),
    ofParameter(
      'must',
      'awareness_level',
      wordsOfFault('such_as', { example: '3; orange; Severe' }),
      value => {
        const [level = '', colour, severity, ...rest] = partsOf(value)
        const known = LEVELS[level]
        return known?.[0] === colour && known?.[1].toLowerCase() === severity && rest.length === 0
      },
    ),
    ofParameter(
      'must',
      'awareness_type',
      wordsOfFault('such_as', { example: '1; Wind' }),
      value => {
        const [type = '', name, ...rest] = partsOf(value)
        return TYPES[type] !== undefined && TYPES[type] === name && rest.length === 0
      },
    ),
    ofInfo('must', '/severity', wordsOfFault('severity_of_level'), info =>
      severityOf(info).every(severity => severity === undefined || severity === info.severity),
    ),
    ofInfo('must', '/expires', wordsOfFault('required'), info => info.expires !== undefined),
    ofInfo('should', '/onset', wordsOfFault('say_when'), info => info.onset !== undefined),
    ofInfo(
      'should',
      '/senderName',
      wordsOfFault('name_service'),
      info => info.senderName !== undefined,
    ),
    ofAlert('should', '/info', wordsOfFault('english_beside'), ({ info }) =>
      info.some(block => (block.language ?? 'en-US').toLowerCase().startsWith('en')),
    ),
    ofInfo('must', '/area', wordsOfFault('area_required'), info => info.area.length > 0),
    ofArea('should', '/geocode', wordsOfFault('emma_area_code'), ({ geocode }) =>
      geocode.some(({ valueName }) => /^(EMMA_ID|NUTS\d)$/.test(valueName)),
    ),
  ],
}
