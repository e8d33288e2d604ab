import { COMMAND_STATUS, HEADER_OCTETS, MAX_SHORT_MESSAGE } from '../encoding/smpp.ts'

/** A submit_sm read in place: numbers and places in the frame, no object a message. */
export interface SubmitView {
  sourceStart: number
  sourceEnd: number
  /** The recipient's digits as one number: E.164 has at most 15, and none begins with 0. */
  phone: number
  esmClass: number
  validityStart: number
  validityEnd: number
  registeredDelivery: number
  dataCoding: number
  messageStart: number
  messageEnd: number
  /** Where optional parameters begin: `end` where there are none. */
  tlvStart: number
}

export function createSubmitView(): SubmitView {
  return {
    sourceStart: 0,
    sourceEnd: 0,
    phone: 0,
    esmClass: 0,
    validityStart: 0,
    validityEnd: 0,
    registeredDelivery: 0,
    dataCoding: 0,
    messageStart: 0,
    messageEnd: 0,
    tlvStart: 0,
  }
}

const MAX_DIGITS = 15
const NUL = 0
const PLUS = 0x2b

/**
 * Reads the submit_sm in `frame[start..end)` into `view`.
 * @returns the command_status to answer with: ESME_ROK where it could be read
 * @see SMPP 3.4 §4.4.1
 */
export function readSubmit(view: SubmitView, frame: Buffer, start: number, end: number): number {
  let at = skipText(frame, start + HEADER_OCTETS, end, 6)
  if (at < 0) return COMMAND_STATUS.ESME_RINVSERTYP
  view.sourceStart = at + 2
  at = skipText(frame, at + 2, end, 21)
  if (at < 0) return COMMAND_STATUS.ESME_RINVSRCADR
  view.sourceEnd = at - 1
  at += 2
  if (frame[at] === PLUS) at++
  const digits = at
  let phone = 0
  while (at < end && frame[at] !== NUL) {
    const digit = frame[at++]! - 0x30
    if (digit < 0 || digit > 9 || at - digits > MAX_DIGITS) return COMMAND_STATUS.ESME_RINVDSTADR
    phone = phone * 10 + digit
  }
  if (at === digits || at >= end) return COMMAND_STATUS.ESME_RINVDSTADR
  view.phone = phone
  at++
  view.esmClass = frame[at]!
  at = skipText(frame, at + 3, end, 17)
  if (at < 0) return COMMAND_STATUS.ESME_RINVSCHED
  view.validityStart = at
  at = skipText(frame, at, end, 17)
  if (at < 0) return COMMAND_STATUS.ESME_RINVEXPIRY
  view.validityEnd = at - 1
  if (at + 5 > end) return COMMAND_STATUS.ESME_RINVMSGLEN
  view.registeredDelivery = frame[at]!
  view.dataCoding = frame[at + 2]!
  const length = frame[at + 4]!
  view.messageStart = at + 5
  view.messageEnd = at + 5 + length
  view.tlvStart = view.messageEnd
  return length > MAX_SHORT_MESSAGE || view.messageEnd > end
    ? COMMAND_STATUS.ESME_RINVMSGLEN
    : COMMAND_STATUS.ESME_ROK
}

/** Where the text of at most `max` octets that begins at `from` has ended, past its NUL; -1 where it doesn't. */
function skipText(frame: Buffer, from: number, end: number, max: number): number {
  const limit = Math.min(end, from + max)
  for (let i = from; i < limit; i++) if (frame[i] === NUL) return i + 1
  return -1
}
