import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'

const LINK = /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>"]+/giu

/** A link must lead where it seems to: no user name before the host, no letters that look like others in it. */
export function linkFaults(sms: string, pointer: string): Fault[] {
  return [...sms.matchAll(LINK)].flatMap(([link]): Fault[] => {
    const authority = link.replace(/^[^/]*\/\//, '').split(/[/?#\\]/, 1)[0] ?? ''
    if (authority.includes('@')) {
      return [faultAt(pointer, 'user_in_link')]
    }
    // oxlint-disable-next-line no-control-regex -- the range of ASCII
    if (/[^\x00-\x7f]/.test(authority)) {
      return [faultAt(pointer, 'foreign_host_in_link')]
    }
    return []
  })
}
