import { encodePdu } from '../encoding/pdu.ts'
import { COMMAND_STATUS, type Pdu, TLV } from '../encoding/smpp.ts'
import type { Account } from './account.ts'
import type { Link } from './link.ts'
import type { Workings } from './workings.ts'

type BindPdu = Extract<Pdu, { password: string; interface_version: number }>

const S = COMMAND_STATUS

/** The door: who may bind, as what, and how often. A bind as transmitter is delivered nothing, one as receiver submits nothing. */
export interface Binds {
  /** @returns the account where the bind was granted */
  bind(link: Link, pdu: BindPdu): Account | undefined
  /** Refuses the next binds. */
  refuse(times: number, status: number): void
}

export function createBinds(workings: Workings): Binds {
  let refusing = { times: 0, status: 0 }

  const judge = (link: Link, account: Account | undefined, password: string): number => {
    if (link.account !== undefined) return S.ESME_RALYBND
    if (refusing.times > 0) {
      refusing.times--
      return refusing.status
    }
    if (account === undefined) return S.ESME_RINVSYSID
    if (account.options.password !== password) return S.ESME_RINVPASWD
    return account.links.length >= (account.options.binds ?? 10) ? S.ESME_RALYBND : S.ESME_ROK
  }

  return {
    bind(link, pdu) {
      const account = workings.accounts.get(pdu.system_id)
      const status = judge(link, account, pdu.password)
      link.send(
        encodePdu({
          command: `${pdu.command}_resp`,
          command_status: status,
          sequence_number: pdu.sequence_number,
          system_id: workings.name.slice(0, 15),
          tlvs: new Map([[TLV.sc_interface_version, Uint8Array.of(0x34)]]),
        }),
      )
      if (account === undefined || status !== S.ESME_ROK) return undefined
      link.account = account
      link.role = pdu.command.slice('bind_'.length) as Link['role']
      account.links.push(link)
      return account
    },
    refuse(times, status) {
      refusing = { times, status }
    },
  }
}
