import { type CommandStatusName, commandStatusName } from '../../encoding/smpp.ts'
import type { SubmitErrorKind } from '../carrier.ts'

/**
 * What each command_status of a submit_sm_resp means for the message. SMPP 3.4 §5.1.3 names them; whether a
 * second try helps is what message centres mean by them.
 */
const KINDS: Readonly<Record<Exclude<CommandStatusName, 'ESME_ROK'>, SubmitErrorKind>> = {
  // Too fast, or its queue is full for the moment: the same carrier will take it later.
  ESME_RTHROTTLED: 'throttled',
  ESME_RMSGQFUL: 'throttled',

  // Its own trouble: another carrier may take the message now.
  ESME_RSYSERR: 'elsewhere',
  ESME_RSUBMITFAIL: 'elsewhere',
  ESME_RX_T_APPN: 'elsewhere',
  ESME_RUNKNOWNERR: 'elsewhere',
  ESME_RDELIVERYFAILURE: 'elsewhere',
  // It doesn't speak what we speak: long texts, TLVs or this PDU at all. Others may.
  ESME_RINVCMDLEN: 'elsewhere',
  ESME_RINVCMDID: 'elsewhere',
  ESME_RINVESMCLASS: 'elsewhere',
  ESME_RINVTLVSTREAM: 'elsewhere',
  ESME_ROPTPARNOTALLWD: 'elsewhere',
  ESME_RINVPARLEN: 'elsewhere',
  ESME_RMISSINGOPTPARAM: 'elsewhere',
  ESME_RINVOPTPARAMVAL: 'elsewhere',
  // Not of submit_sm; a message centre that answers with them is confused.
  ESME_RALYBND: 'elsewhere',
  ESME_RBINDFAIL: 'elsewhere',
  ESME_RINVMSGID: 'elsewhere',
  ESME_RCANCELFAIL: 'elsewhere',
  ESME_RREPLACEFAIL: 'elsewhere',
  ESME_RQUERYFAIL: 'elsewhere',
  ESME_RINVDLNAME: 'elsewhere',
  ESME_RINVDESTFLAG: 'elsewhere',
  ESME_RINVSUBREP: 'elsewhere',
  ESME_RCNTSUBDL: 'elsewhere',
  ESME_RINVNUMMSGS: 'elsewhere',

  // This number or this text.
  ESME_RINVDSTADR: 'permanent',
  ESME_RINVNUMDESTS: 'permanent',
  ESME_RINVMSGLEN: 'permanent',
  ESME_RINVEXPIRY: 'permanent',
  ESME_RX_P_APPN: 'permanent',
  ESME_RX_R_APPN: 'permanent',

  // The account or how it was described to us: every message will meet the same answer.
  ESME_RINVBNDSTS: 'configuration',
  ESME_RINVSRCADR: 'configuration',
  ESME_RINVPASWD: 'configuration',
  ESME_RINVSYSID: 'configuration',
  ESME_RINVSERTYP: 'configuration',
  ESME_RINVSYSTYP: 'configuration',
  ESME_RINVSRCTON: 'configuration',
  ESME_RINVSRCNPI: 'configuration',
  ESME_RINVDSTTON: 'configuration',
  ESME_RINVDSTNPI: 'configuration',
  ESME_RINVPRTFLG: 'configuration',
  ESME_RINVREGDLVFLG: 'configuration',
  ESME_RINVREPFLAG: 'configuration',
  ESME_RINVSCHED: 'configuration',
  ESME_RINVDFTMSGID: 'configuration',
}

export interface StatusMeaning {
  readonly kind: SubmitErrorKind
  /** The standard's name, or the number of a carrier's own code. */
  readonly reason: string
}

/**
 * A carrier's own codes are taken for trouble of its own, unless it says what they mean: attempts are bounded above.
 *
 * @param own what command_statuses mean to this carrier, before everything else
 */
export function meaningOf(
  status: number,
  own: ReadonlyMap<number, SubmitErrorKind>,
): StatusMeaning {
  const reason = commandStatusName(status)
  return { kind: own.get(status) ?? meaningOfName(reason) ?? 'elsewhere', reason }
}

/** Bind refusals that only a person can mend: wrong credentials, an address that the account doesn't own. */
export function needsOperator(bindRefusal: string): boolean {
  return meaningOfName(bindRefusal) === 'configuration'
}

function meaningOfName(name: string): SubmitErrorKind | undefined {
  return (KINDS as Readonly<Record<string, SubmitErrorKind>>)[name]
}
