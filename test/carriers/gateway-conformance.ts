import type { ServerResponse } from 'node:http'
import type { Carrier, CarrierConfig } from '../../src/carriers/carrier.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { startGateway, takeMessage } from '../support/gateway.ts'
import { carrierConformance } from './conformance.ts'

/** The suite for what speaks to an HTTP gateway, whatever it says there. */
export function gatewayConformance(
  protocol: string,
  configFor: (url: string, size: { window: number; binds: number }) => CarrierConfig,
  create: (config: CarrierConfig) => Carrier,
): void {
  carrierConformance(
    protocol,
    async () => {
      const held: ServerResponse[] = []
      let isHolding = false
      const gateway = await startGateway({
        message(_message, response) {
          if (isHolding) held.push(response)
          else takeMessage(response)
        },
      })
      return {
        config: configFor(gateway.url, { window: 20, binds: 2 }),
        takes: 'messages',
        get received() {
          return gateway.messages.reduce(
            (sum, message) => sum + encodeText(message.get('Body') ?? '').segments.length,
            0,
          )
        },
        until: gateway.until,
        hold() {
          isHolding = true
        },
        resume() {
          isHolding = false
          for (const response of held.splice(0)) takeMessage(response)
        },
        dropLinks() {
          for (const socket of gateway.sockets) socket.destroy()
        },
        close: gateway.close,
      }
    },
    create,
  )
}
