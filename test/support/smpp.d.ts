/** What the tests use of the `smpp` package, an SMPP implementation that is not ours. It ships no types. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server as NetServer, Socket } from 'node:net'

  export interface PDU {
    command: string
    command_status: number
    sequence_number: number
    message_id?: string
    esm_class?: number
    data_coding?: number
    source_addr?: string
    destination_addr?: string
    short_message?: { message: string | Buffer; udh?: Buffer[] }
    receipted_message_id?: string
    message_state?: number
    response(options?: Record<string, unknown>): PDU
  }
  type Send = (options: Record<string, unknown>, answered?: (pdu: PDU) => void) => boolean

  export interface Session extends EventEmitter {
    socket: Socket
    bind_transceiver: Send
    bind_transmitter: Send
    bind_receiver: Send
    submit_sm: Send
    enquire_link: Send
    unbind: Send
    deliver_sm: Send
    send(pdu: PDU): boolean
    close(): void
    destroy(): void
  }

  const smpp: {
    PDU: {
      new (command: string, options: Record<string, unknown>): PDU & { toBuffer(): Buffer }
      fromBuffer(frame: Buffer): PDU
    }
    connect(options: { host: string; port: number }): Session
    createServer(listener: (session: Session) => void): NetServer
  }
  export default smpp
}
