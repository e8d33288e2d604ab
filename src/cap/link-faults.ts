import type { Fault } from '../errors.ts'

const LINK = /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>"]+/giu

/** A link must lead where it seems to: no user name before the host, no letters that look like others in it. */
export function linkFaults(sms: string, pointer: string): Fault[] {
  return [...sms.matchAll(LINK)].flatMap(([link]): Fault[] => {
    const authority = link.replace(/^[^/]*\/\//, '').split(/[/?#\\]/, 1)[0] ?? ''
    if (authority.includes('@')) {
      return [{ pointer, detail: 'has a link with a user name before its host' }]
    }
    // oxlint-disable-next-line no-control-regex -- the range of ASCII
    if (/[^\x00-\x7f]/.test(authority)) {
      return [{ pointer, detail: 'has a link whose host is not written in ASCII' }]
    }
    return []
  })
}
