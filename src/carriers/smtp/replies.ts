import type { SubmitError, SubmitErrorKind } from '../carrier.ts'

/** What nodemailer says of a letter, or a connection, that failed. */
export interface MailFault {
  /** Its own code, e.g. `ECONNECTION`, `EAUTH`, `EMESSAGE`: the last is the server's final word on a letter. */
  readonly code?: string | undefined
  /** What was being done: `MAIL FROM`, `RCPT TO`, `DATA`, `CONN` … */
  readonly command?: string | undefined
  /** The server's reply, if it was one. */
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

/** Replies that speak of the account or of how we came, whatever they answer (RFC 4954 §6, RFC 3207 §4). */
const ACCOUNT: ReadonlySet<number> = new Set([530, 534, 535, 538])
/** The server is closing or has no room for now (RFC 5321 §4.2.3): whoever asks less gets more. */
const BUSY: ReadonlySet<number> = new Set([421, 452])

/**
 * What becomes of a letter. By the reply's class (RFC 5321 §4.2.1), and by what it answers: the same 550 is the end
 * of one recipient after RCPT, and of every letter after MAIL.
 *
 * @param hasBegun the server has asked for the letter and its octets may have left
 */
export function outcomeOf(fault: MailFault, hasBegun: boolean): SubmitError {
  const { code, command, responseCode = 0 } = fault
  // Only the final word on a letter says that it was not taken; whatever else ends it then leaves that open.
  if (hasBegun && code !== 'EMESSAGE') {
    return error('uncertain', code === 'ETIMEDOUT' ? 'response_timeout' : 'link_lost')
  }
  const reason = reasonOf(fault)
  if (code === 'EAUTH' || ACCOUNT.has(responseCode)) return error('configuration', reason)
  if (responseCode < 400) {
    // Nothing left: it was our side that found the address, or the size, impossible.
    if (code === 'EENVELOPE' || code === 'EMESSAGE') return error('permanent', reason)
    return error('elsewhere', 'unbound')
  }
  if (responseCode >= 500) {
    return error(command === 'MAIL FROM' ? 'configuration' : 'permanent', reason)
  }
  // 450 after RCPT is this mailbox alone: greylisted, or locked for a moment.
  const isBusy = BUSY.has(responseCode) || (responseCode === 450 && command !== 'RCPT TO')
  return error(isBusy ? 'throttled' : 'elsewhere', reason)
}

/** The reply's code and enhanced code (RFC 3463), never its text, which may name the recipient. */
export function reasonOf({ code, responseCode, response = '' }: MailFault): string {
  if (responseCode === undefined || responseCode < 400) return (code ?? 'link_lost').toLowerCase()
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]
  return enhanced === undefined ? `smtp_${responseCode}` : `smtp_${responseCode} ${enhanced}`
}

function error(kind: SubmitErrorKind, reason: string): SubmitError {
  return { kind, reason, messageIds: [] }
}
