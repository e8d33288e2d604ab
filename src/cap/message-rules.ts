import { type FaultCode, type FaultWords, type ValuesOfFault, wordsOfFault } from '../faults.ts'
import { type CapMessage, writeReference } from './message.ts'

/** What CAP 1.2 says of a message in words, and its schema can't. */

/** What is wrong, or was forgiven, and where: `/alert/info[2]/area[1]/polygon[1]`. */
export interface Found extends FaultWords {
  readonly path: string
}

export function foundAt<Code extends FaultCode>(
  path: string,
  code: Code,
  ...values: ValuesOfFault<Code>
): Found {
  return { path, ...wordsOfFault(code, ...values) }
}

/**
 * @param message members that could not be read are missing
 */
export function messageFaults(message: Partial<CapMessage>): Found[] {
  const { msgType, scope, restriction, addresses, references = [], info = [] } = message
  const { sender, identifier, sent } = message
  const found: Found[] = []

  if (msgType !== undefined && msgType !== 'Alert' && references.length === 0) {
    found.push(foundAt('/alert', 'references_required', { msgType }))
  }
  if (references.some(one => one.sender === sender && one.identifier === identifier)) {
    found.push(foundAt('/alert/references', 'references_itself'))
  }
  const named = references.map(writeReference)
  if (new Set(named).size < named.length) {
    found.push(foundAt('/alert/references', 'references_twice'))
  }
  if (scope === 'Restricted' && restriction === undefined) {
    found.push(foundAt('/alert', 'restriction_lacking'))
  }
  if (scope === 'Private' && addresses === undefined) {
    found.push(foundAt('/alert', 'addresses_lacking'))
  }
  for (const [no, { expires, area = [] }] of info.entries()) {
    const at = `/alert/info[${no + 1}]`
    if (sent !== undefined && expires !== undefined && !isAfter(expires, sent)) {
      found.push(foundAt(`${at}/expires`, 'not_after', { other: 'sent' }))
    }
    for (const [index, one] of area.entries()) {
      const code = ceilingFault(one)
      if (code !== undefined) found.push(foundAt(`${at}/area[${index + 1}]/ceiling`, code))
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
}): 'altitude_lacking' | 'below_altitude' | undefined {
  if (ceiling === undefined) return undefined
  if (altitude === undefined) return 'altitude_lacking'
  return ceiling < altitude ? 'below_altitude' : undefined
}

/** What the standard only recommends. */
export function messageWarnings(message: Partial<CapMessage>): Found[] {
  const { status, msgType, scope, restriction, note, info = [] } = message
  const found: Found[] = []

  if (restriction !== undefined && scope !== 'Restricted') {
    found.push(foundAt('/alert/restriction', 'restriction_unused', { scope: scope ?? 'unknown' }))
  }
  if (note === undefined && status === 'Exercise') {
    found.push(foundAt('/alert', 'exercise_unnamed'))
  }
  if (note === undefined && msgType === 'Error') {
    found.push(foundAt('/alert', 'error_unexplained'))
  }
  for (const [no, { resource = [] }] of info.entries()) {
    for (const [index, { digest }] of resource.entries()) {
      if (digest !== undefined && !/^[\da-f]{40}$/i.test(digest.trim())) {
        const path = `/alert/info[${no + 1}]/resource[${index + 1}]/digest`
        found.push(foundAt(path, 'digest_not_sha1'))
      }
    }
  }
  return found
}

function isAfter(time: string, other: string): boolean {
  return Date.parse(time) > Date.parse(other)
}
