import type { Carrier, CarrierConfig } from './carrier.ts'
import { createJsonGatewayCarrier } from './http/json-gateway.ts'
import { createSimulatedCarrier } from './simulated/simulated-carrier.ts'
import { createSmppCarrier } from './smpp/smpp-carrier.ts'
import { createSmtpCarrier } from './smtp/smtp-carrier.ts'
import { createTwilioCarrier } from './twilio/messages.ts'

/**
 * The account's carrier, not yet open.
 * @throws AppError `invalid_carrier` where its settings are incomplete
 */
export function openCarrier(config: CarrierConfig): Carrier {
  switch (config.protocol) {
    case 'smpp':
      return createSmppCarrier(config)
    case 'smtp':
      return createSmtpCarrier(config)
    case 'twilio':
      return createTwilioCarrier(config)
    case 'http':
      return createJsonGatewayCarrier(config)
    case 'simulated':
      return createSimulatedCarrier(config)
  }
}
