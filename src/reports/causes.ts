/** Why a message did not arrive, for people who don't read carriers' codes. */
import type { Cause } from './outcomes.ts'
import type { ReportWords } from './words.ts'

export type CauseName = keyof ReportWords['causes']

/** Our own reasons, SMPP's command_status (SMPP 3.4 §5.1.3) and the codes of gateways, by what they come to. */
const NAMES: ReadonlyMap<string, CauseName> = new Map(
  Object.entries({
    opted_out: 'optedOut',
    dispatcher_died: 'programDied',
    link_lost: 'linkLost',
    response_timeout: 'noAnswer',
    no_message_id: 'noAnswer',
    unbound: 'noLink',
    ESME_RINVDSTADR: 'badNumber',
    ESME_RINVNUMDESTS: 'badNumber',
    ESME_RINVMSGLEN: 'textRefused',
    ESME_RX_P_APPN: 'refused',
    ESME_RX_R_APPN: 'refused',
    ESME_RINVEXPIRY: 'outOfTime',
    ESME_RSYSERR: 'carrierTrouble',
    ESME_RSUBMITFAIL: 'carrierTrouble',
    ESME_RX_T_APPN: 'carrierTrouble',
    ESME_RUNKNOWNERR: 'carrierTrouble',
    ESME_RDELIVERYFAILURE: 'carrierTrouble',
    ESME_RTHROTTLED: 'tooFast',
    ESME_RMSGQFUL: 'tooFast',
    // Twilio's, https://www.twilio.com/docs/api/errors
    '21211': 'badNumber',
    '21610': 'carrierBlock',
    '21614': 'noMobile',
    '30003': 'handsetOff',
    '30004': 'blocked',
    '30005': 'badNumber',
    '30006': 'noMobile',
    '30007': 'filtered',
    '30008': 'carrierUnclear',
  } satisfies Record<string, CauseName>),
)

/** SMPP 3.4 appendix B, as the first word of a receipt. */
const RECEIPT_WORDS: ReadonlyMap<string, CauseName> = new Map(
  Object.entries({
    UNDELIV: 'handsetOff',
    UNDELIVERABLE: 'handsetOff',
    UNDELIVERED: 'handsetOff',
    FAILED: 'handsetOff',
    EXPIRED: 'handsetOffTooLong',
    DELETED: 'deleted',
    REJECTD: 'refused',
    REJECTED: 'refused',
    UNKNOWN: 'carrierUnclear',
  } satisfies Record<string, CauseName>),
)

export function causeOf({ state, reason }: Pick<Cause, 'state' | 'reason'>): CauseName {
  if (state === 'expired') return 'outOfTime'
  if (state === 'cancelled') return 'stopped'
  const words = (reason ?? '').split(' ').filter(word => word !== '')
  // A gateway's code says more than the word before it.
  const known = words.toReversed().flatMap(word => NAMES.get(word) ?? [])[0]
  if (known !== undefined) return known
  const [word = ''] = words
  const receipt = RECEIPT_WORDS.get(word.toUpperCase())
  if (receipt !== undefined) return receipt
  return state === 'unknown' ? 'noAnswer' : 'other'
}
