import { type AddressInfo, type Socket, createServer } from 'node:net'
import { Framer } from '../../src/encoding/framer.ts'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { NO_TLVS, decodePdu, encodePdu } from '../../src/encoding/pdu.ts'
import {
  COMMAND,
  type Pdu,
  type ShortMessageBody,
  type ShortMessagePdu,
  isPduFault,
} from '../../src/encoding/smpp.ts'
import { createWatch } from './watch.ts'

type BindPdu = Extract<
  Pdu,
  { readonly command: 'bind_transceiver' | 'bind_transmitter' | 'bind_receiver' }
>

/**
 * A message centre on loopback that does what its script says. Without a script it binds anyone, answers
 * enquire_link and unbind, and takes every message under an id of its own.
 */
export interface SmscScript {
  /** command_status of the answer to a bind; undefined: no answer. */
  bind?(link: SmscLink): number | undefined
  submit?(link: SmscLink, pdu: ShortMessagePdu): void
  enquireLink?(link: SmscLink, pdu: Pdu): void
  unbind?(link: SmscLink, pdu: Pdu): void
}

export interface SmscLink {
  readonly socket: Socket
  /** Everything that came on this link, in order. */
  readonly received: Pdu[]
  send(...frames: Buffer[]): void
  /** submit_sm_resp for what came: under `messageId`, or refused with `status`. */
  answer(pdu: Pdu, result?: { status?: number; messageId?: string }): void
  deliver(message: Partial<ShortMessageBody>, sequence?: number): void
}

export interface Smsc {
  readonly port: number
  readonly links: SmscLink[]
  /** Every submit_sm, of all links. */
  readonly submits: ShortMessagePdu[]
  script: SmscScript
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

export async function startSmsc(script: SmscScript = {}): Promise<Smsc> {
  const watch = createWatch()
  const links: SmscLink[] = []
  const server = createServer({ noDelay: true }, socket => {
    // Read anew for each PDU: a test may change the script while it runs.
    links.push(serveLink(socket, smsc, watch.changed))
    watch.changed()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const smsc: Smsc = {
    port: (server.address() as AddressInfo).port,
    links,
    submits: [],
    script,
    until: watch.until,
    close() {
      for (const { socket } of links) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return smsc
}

/** Plays the message centre on one connection. */
export function serveLink(
  socket: Socket,
  smsc: { script?: SmscScript; submits?: ShortMessagePdu[] },
  changed: () => void = () => undefined,
): SmscLink {
  const framer = new Framer()
  let lastId = 0
  const link: SmscLink = {
    socket,
    received: [],
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    answer(pdu, { status = 0, messageId = `m${++lastId}` } = {}) {
      link.send(submitResp(pdu.sequence_number, status, messageId))
    },
    deliver: (message, sequence = 1) => link.send(deliverSm(message, sequence)),
  }
  socket.on('error', () => undefined)
  socket.on('close', changed)
  socket.on('data', chunk => {
    framer.push(chunk, (buffer, start, end) => {
      const pdu = decodePdu(buffer.subarray(start, end))
      if (isPduFault(pdu)) throw new Error(`the client sent ${pdu.fault}`)
      link.received.push(pdu)
      if (pdu.command === 'submit_sm') smsc.submits?.push(pdu)
      react(link, pdu, smsc.script ?? {})
    })
    changed()
  })
  return link
}

function react(link: SmscLink, pdu: Pdu, script: SmscScript): void {
  switch (pdu.command) {
    case 'bind_transceiver':
    case 'bind_transmitter':
    case 'bind_receiver': {
      const status = script.bind === undefined ? 0 : script.bind(link)
      if (status !== undefined) link.send(bindResp(pdu, status))
      return
    }
    case 'submit_sm':
      if (script.submit === undefined) link.answer(pdu)
      else script.submit(link, pdu)
      return
    case 'unbind':
      if (script.unbind !== undefined) return script.unbind(link, pdu)
      link.send(encodeBare(COMMAND.unbind_resp, 0, pdu.sequence_number))
      return
    case 'enquire_link':
      if (script.enquireLink !== undefined) return script.enquireLink(link, pdu)
      link.send(encodeBare(COMMAND.enquire_link_resp, 0, pdu.sequence_number))
      return
    default:
      return
  }
}

export function submitResp(sequence: number, status: number, messageId: string): Buffer {
  if (status !== 0) return encodeBare(COMMAND.submit_sm_resp, status, sequence)
  return encodePdu({
    command: 'submit_sm_resp',
    command_status: 0,
    sequence_number: sequence,
    message_id: messageId,
    tlvs: NO_TLVS,
  })
}

function bindResp({ command, sequence_number }: BindPdu, status: number): Buffer {
  if (status !== 0) return encodeBare(COMMAND[`${command}_resp`], status, sequence_number)
  return encodePdu({
    command: `${command}_resp`,
    command_status: 0,
    sequence_number,
    system_id: 'smsc',
    tlvs: NO_TLVS,
  })
}

/** A deliver_sm from +1 555 000 0001 to short code 72345, with whatever `message` says otherwise. */
export function deliverSm(message: Partial<ShortMessageBody>, sequence: number): Buffer {
  return encodePdu({
    command: 'deliver_sm',
    command_status: 0,
    sequence_number: sequence,
    service_type: '',
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: '15550000001',
    dest_addr_ton: 3,
    dest_addr_npi: 0,
    destination_addr: '72345',
    esm_class: 0,
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: '',
    validity_period: '',
    registered_delivery: 0,
    replace_if_present_flag: 0,
    data_coding: 0,
    sm_default_msg_id: 0,
    short_message: Buffer.alloc(0),
    tlvs: NO_TLVS,
    ...message,
  })
}
