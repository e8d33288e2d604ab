import { onTestFinished } from 'vitest'
import type { Carrier, CarrierConfig } from '../../src/carriers/carrier.ts'
import { type SmppDialect, USUAL_DIALECT } from '../../src/carriers/smpp/dialect.ts'
import { createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { type LinkCoding, USUAL_CODING } from '../../src/encoding/link-text.ts'
import { type MessageCentre, startMessageCentre } from '../../src/simulator/message-centre.ts'
import { type RecordedEvents, recordEvents } from './carrier-events.ts'
import { QUICK, configFor } from './smpp-account.ts'

export interface DialectSettings {
  readonly dialect?: Partial<Omit<SmppDialect, 'coding'>> & {
    readonly coding?: Partial<LinkCoding>
  }
  readonly sourceAddress?: string
  readonly window?: number
}

/** An SMPP account at whoever listens on `port`, in a dialect that differs from the usual. */
export function accountAt(
  port: number,
  { dialect: { coding, ...dialect } = {}, sourceAddress = '72345', window = 10 }: DialectSettings,
): CarrierConfig {
  const whole = { ...USUAL_DIALECT, ...dialect, coding: { ...USUAL_CODING, ...coding } }
  return { ...configFor(port, { window, dialect: whole }), sourceAddress }
}

/** The account, bound; closed when the test ends. */
export async function bindAccount(
  port: number,
  settings: DialectSettings = {},
): Promise<{ carrier: Carrier; events: RecordedEvents }> {
  const carrier = createSmppCarrier(accountAt(port, settings), QUICK)
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
  await carrier.open(events, AbortSignal.timeout(5_000))
  return { carrier, events }
}

type Behaviour = Parameters<MessageCentre['change']>[0]

/** A message centre with that account; closed when the test ends. */
export async function playCentre(behaviour: Behaviour = {}): Promise<MessageCentre> {
  const accounts = [{ systemId: 'north', password: 'secret' }]
  const centre = await startMessageCentre({ name: 'North', accounts, behaviour })
  onTestFinished(() => centre.close())
  return centre
}
