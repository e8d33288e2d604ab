import { type CapMessage, writeReference } from './message.ts'

/** What CAP 1.2 says of a message in words, and its schema can't. */

export interface Found {
  readonly path: string
  readonly detail: string
}

/**
 * @param message members that could not be read are missing
 */
export function messageFaults(message: Partial<CapMessage>): Found[] {
  const { msgType, scope, restriction, addresses, references = [], info = [] } = message
  const { sender, identifier, sent } = message
  const found: Found[] = []
  const fault = (path: string, detail: string) => found.push({ path, detail })

  if (msgType !== undefined && msgType !== 'Alert' && references.length === 0) {
    fault('/alert', `lacks references, which name what msgType ${msgType} speaks of`)
  }
  if (references.some(one => one.sender === sender && one.identifier === identifier)) {
    fault('/alert/references', 'names the message itself')
  }
  const named = references.map(writeReference)
  if (new Set(named).size < named.length) fault('/alert/references', 'names a message twice')
  if (scope === 'Restricted' && restriction === undefined) {
    fault('/alert', 'lacks restriction, which scope Restricted needs')
  }
  if (scope === 'Private' && addresses === undefined) {
    fault('/alert', 'lacks addresses, which scope Private needs')
  }
  for (const [no, { expires, area = [] }] of info.entries()) {
    const at = `/alert/info[${no + 1}]`
    if (sent !== undefined && expires !== undefined && !isAfter(expires, sent)) {
      fault(`${at}/expires`, 'is not after sent')
    }
    for (const [index, one] of area.entries()) {
      const detail = ceilingFault(one)
      if (detail !== undefined) fault(`${at}/area[${index + 1}]/ceiling`, detail)
    }
  }
  return found
}

/** §3.2.4: a ceiling is the upper end of a range, and the altitude its lower one. */
export function ceilingFault({
  altitude,
  ceiling,
}: {
  readonly altitude?: number | undefined
  readonly ceiling?: number | undefined
}): string | undefined {
  if (ceiling === undefined) return undefined
  if (altitude === undefined) return 'needs an altitude beside it'
  return ceiling < altitude ? 'is below the altitude' : undefined
}

/** What the standard only recommends. */
export function messageWarnings(message: Partial<CapMessage>): Found[] {
  const { status, msgType, scope, restriction, note, info = [] } = message
  const found: Found[] = []
  const warn = (path: string, detail: string) => found.push({ path, detail })

  if (restriction !== undefined && scope !== 'Restricted') {
    warn('/alert/restriction', `is for scope Restricted, and scope is ${scope ?? 'unknown'}`)
  }
  if (note === undefined && status === 'Exercise') {
    warn('/alert', 'has no note to name the exercise')
  }
  if (note === undefined && msgType === 'Error') {
    warn('/alert', 'has no note to explain the error')
  }
  for (const [no, { resource = [] }] of info.entries()) {
    for (const [index, { digest }] of resource.entries()) {
      if (digest !== undefined && !/^[\da-f]{40}$/i.test(digest.trim())) {
        warn(`/alert/info[${no + 1}]/resource[${index + 1}]/digest`, 'is no SHA-1 in hex')
      }
    }
  }
  return found
}

function isAfter(time: string, other: string): boolean {
  return Date.parse(time) > Date.parse(other)
}
