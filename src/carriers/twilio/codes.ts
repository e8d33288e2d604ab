import type { SubmitErrorKind } from '../carrier.ts'

/**
 * What Twilio's error codes mean: for a message, in the answer that refuses it, and for its carrier, also as
 * ErrorCode of a status callback. The titles are Twilio's.
 * @see https://www.twilio.com/docs/api/errors
 */
interface CodeMeaning {
  readonly kind: SubmitErrorKind
  readonly sign?: 'too-fast' | 'filtered' | 'opted-out'
}

const CODES: Readonly<Record<number, CodeMeaning>> = {
  // Not processed, and safe to try again.
  20429: { kind: 'throttled', sign: 'too-fast' }, // Too Many Requests
  21611: { kind: 'throttled', sign: 'too-fast' }, // 'From' number has exceeded the maximum number of queued messages
  30001: { kind: 'throttled', sign: 'too-fast' }, // Queue overflow: 21611, of a messaging service, said afterwards
  30022: { kind: 'throttled', sign: 'too-fast' }, // US A2P 10DLC - Rate Limits Exceeded
  // It waited in Twilio's queue until its validity ended: more went in than came out.
  30036: { kind: 'expired', sign: 'too-fast' }, // Validity Period Expired

  // Twilio's own trouble, or something that another carrier's numbers may do.
  20503: { kind: 'elsewhere' }, // Service Unavailable
  21730: { kind: 'elsewhere' }, // System under maintenance
  21608: { kind: 'elsewhere' }, // 'To' is not yet verified for this (trial) account
  21612: { kind: 'elsewhere' }, // 'To' can not be reached from this 'From'
  30023: { kind: 'elsewhere' }, // US A2P 10DLC - Daily Message Cap Reached
  30034: { kind: 'elsewhere' }, // US A2P 10DLC - Message from an Unregistered Number
  // It broke after the request had come: it may have been taken.
  20500: { kind: 'uncertain' }, // Internal Server Error

  // This number or this text.
  21211: { kind: 'permanent' }, // Invalid 'To' Phone Number
  21408: { kind: 'permanent' }, // Permission to send has not been enabled for the region of 'To'
  21602: { kind: 'permanent' }, // Message body is required
  21604: { kind: 'permanent' }, // 'To' is required
  21610: { kind: 'permanent', sign: 'opted-out' }, // Attempt to send to unsubscribed recipient
  21614: { kind: 'permanent' }, // 'To' number is not a valid mobile number
  21617: { kind: 'permanent' }, // Message body exceeds the 1600 character limit
  21624: { kind: 'permanent' }, // Invalid validity period value
  30003: { kind: 'permanent' }, // Unreachable destination handset
  30004: { kind: 'permanent' }, // Message blocked
  30005: { kind: 'permanent' }, // Unknown destination handset
  30006: { kind: 'permanent' }, // Landline or unreachable carrier
  30007: { kind: 'permanent', sign: 'filtered' }, // Message filtered
  30008: { kind: 'permanent' }, // Unknown error
  90007: { kind: 'permanent' }, // Invalid validity period value

  // The account, or how it was described to us: every message will meet the same answer.
  10001: { kind: 'configuration' }, // Account is not active
  20003: { kind: 'configuration' }, // Permission Denied, Authenticate
  20404: { kind: 'configuration' }, // Not Found: the account's SID or the base URL
  21212: { kind: 'configuration' }, // Invalid 'From' Number
  21603: { kind: 'configuration' }, // 'From' is required
  21606: { kind: 'configuration' }, // 'From' is not a valid, message-capable number of the account
  21609: { kind: 'configuration' }, // Invalid StatusCallback: is the public URL one that the world can reach?
  21701: { kind: 'configuration' }, // The Messaging Service does not exist
  21703: { kind: 'configuration' }, // The Messaging Service contains no phone numbers
  30002: { kind: 'configuration' }, // Account suspended
}

/** What a code says beside the message's end: of how fast we are, of our texts, or of the phone's owner. */
export function signOf(code: number): CodeMeaning['sign'] {
  return CODES[code]?.sign
}

/**
 * What a refusal means for its message. Codes that stand in no table are judged by the status: attempts are bounded
 * above.
 */
export function kindOf(status: number, code: number | undefined): SubmitErrorKind {
  const known = code === undefined ? undefined : CODES[code]?.kind
  if (known !== undefined) return known
  // Wrong credentials, or nothing of the kind is there.
  if ([401, 403, 404].includes(status)) return 'configuration'
  if (status === 429) return 'throttled'
  // A gateway on the way may say so after it has passed the request on.
  if (status >= 500) return status === 503 ? 'elsewhere' : 'uncertain'
  return 'elsewhere'
}
