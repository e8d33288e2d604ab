import smpp, { type PDU, type Session } from 'smpp'
import { createWatch } from '../support/watch.ts'

/** The other side of a message centre, by an SMPP implementation that is not ours. */
export interface Esme {
  readonly session: Session
  /** Every deliver_sm that came, acknowledged or not. */
  readonly delivered: PDU[]
  /** command_status of the response to the n-th deliver_sm from 0; undefined is silence. ESME_ROK if not set. */
  acknowledge: (n: number, pdu: PDU) => number | undefined
  closed: boolean
  submit(to: string, text: string | Buffer, fields?: Record<string, unknown>): Promise<PDU>
  request(command: 'enquire_link' | 'unbind'): Promise<PDU>
  until(what: string, check: () => boolean): Promise<void>
}

export interface BindAs {
  readonly role?: 'transceiver' | 'transmitter' | 'receiver'
  readonly systemId?: string
  readonly password?: string
  readonly acknowledge?: Esme['acknowledge']
}

/** Binds; `status` is the command_status of the answer. */
export async function bindEsme(
  port: number,
  {
    role = 'transceiver',
    systemId = 'tocsin',
    password = 'secret',
    acknowledge = () => 0,
  }: BindAs = {},
): Promise<Esme & { status: number }> {
  const session = smpp.connect({ host: '127.0.0.1', port })
  const watch = createWatch()
  const esme: Esme = {
    session,
    delivered: [],
    acknowledge,
    closed: false,
    submit: (to, text, fields = {}) =>
      new Promise(resolve => {
        session.submit_sm(
          {
            source_addr: '72345',
            destination_addr: to,
            short_message: text,
            registered_delivery: 1,
            ...fields,
          },
          resolve,
        )
      }),
    request: command => new Promise(resolve => session[command]({}, resolve)),
    until: watch.until,
  }
  session.on('error', () => undefined)
  session.on('close', () => {
    esme.closed = true
    watch.changed()
  })
  session.on('deliver_sm', (pdu: PDU) => {
    esme.delivered.push(pdu)
    const status = esme.acknowledge(esme.delivered.length - 1, pdu)
    if (status !== undefined) session.send(pdu.response({ command_status: status }))
    watch.changed()
  })
  session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()))
  session.on('unbind', (pdu: PDU) => session.send(pdu.response()))
  const status = await new Promise<number>(resolve => {
    const bind = session[`bind_${role}`].bind(session)
    bind({ system_id: systemId, password }, pdu => resolve(pdu.command_status))
  })
  return Object.assign(esme, { status })
}

export function textOf(pdu: PDU): string {
  return String(pdu.short_message?.message ?? '')
}
