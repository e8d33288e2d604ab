import { AppError } from '../errors.ts'
import type { Carrier, CarrierConfig } from './carrier.ts'
import { createSmppCarrier } from './smpp/smpp-carrier.ts'
import { createSmtpCarrier } from './smtp/smtp-carrier.ts'
import { createTwilioCarrier } from './twilio/messages.ts'

/**
 * The account's carrier, not yet open.
 * @throws AppError `invalid_carrier` where its settings are incomplete or its protocol is not one of ours
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
      throw new AppError(
        'invalid_carrier',
        `carrier ${config.name} is set to ${config.protocol}; this build speaks smpp, twilio and smtp`,
      )
  }
}
