import { wordsOfFault } from '../../faults.ts'
import type { CapValue } from '../message.ts'
import { isTheSameInAll, ofAlert, ofArea, ofInfo, type Profile } from './profile.ts'

const PROFILE = 'profile:CAP-CP:'
const EVENT = 'profile:CAP-CP:Event:'
const LOCATION = 'profile:CAP-CP:Location:'

const isOf = (prefix: string, value: RegExp) => (one: CapValue) =>
  one.valueName.startsWith(prefix) && value.test(one.value)
const isEvent = isOf(EVENT, /\S/)
/** Province, census division or subdivision of the Standard Geographical Classification. */
const isLocation = isOf(LOCATION, /^\d\d(\d\d|\d{5})?$/)

/** What the National Alert Aggregation and Dissemination System in Canada takes. The rules have the profile's numbers. */
export const CAP_CP: Profile = {
  id: 'cap-cp',
  title: 'CAP Canadian Profile',
  source: 'CAP-CP Introduction and Rule Set, Beta 0.4',
  rules: [
    // 2
    ofAlert('must', '/info', wordsOfFault('same_events'), message =>
      isTheSameInAll(message, info => info.eventCode.filter(isEvent).map(one => one.value)),
    ),
    // 3
    ofAlert('must', '/code', wordsOfFault('profile_code', { name: PROFILE }), ({ code }) =>
      code.some(one => one.startsWith(PROFILE)),
    ),
    // 6
    ofAlert('should', '/info', wordsOfFault('english_and_french'), ({ info }) =>
      ['en', 'fr'].every(language =>
        info.some(block => (block.language ?? 'en-US').toLowerCase().startsWith(language)),
      ),
    ),
    // 8
    ofInfo('must', '/eventCode', wordsOfFault('named_code', { name: EVENT }), info =>
      info.eventCode.some(isEvent),
    ),
    // 9
    ofArea('must', '/geocode', wordsOfFault('named_code', { name: LOCATION }), area =>
      area.geocode.some(isLocation),
    ),
    // 10
    ofInfo('must', '/area', wordsOfFault('area_required'), info => info.area.length > 0),
    // 13 to 15
    ofInfo('should', '/expires', wordsOfFault('recommended'), info => info.expires !== undefined),
    ofInfo(
      'should',
      '/senderName',
      wordsOfFault('recommended'),
      info => info.senderName !== undefined,
    ),
    ofInfo(
      'should',
      '/responseType',
      wordsOfFault('recommended'),
      info => info.responseType.length > 0,
    ),
    ofInfo(
      'should',
      '/instruction',
      wordsOfFault('recommended'),
      info => info.instruction !== undefined,
    ),
    // 18
    ofArea(
      'should',
      '',
      wordsOfFault('draw_ground'),
      area => area.polygon.length + area.circle.length > 0,
    ),
  ],
}
