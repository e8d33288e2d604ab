import { onTestFinished } from 'vitest'
import type { Carrier, CarrierConfig, SmppSettings } from '../../src/carriers/carrier.ts'
import { type LinkTuning, createSmppCarrier } from '../../src/carriers/smpp/smpp-carrier.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { type RecordedEvents, recordEvents } from './carrier-events.ts'
import { type Smsc, type SmscScript, startSmsc } from './smsc.ts'

/** Comes back at once, so that tests needn't wait. */
export const QUICK: LinkTuning = { backoffBaseMs: 20, backoffCapMs: 200, firstSequence: 1 }
export const TEXT = encodeText('Flash flood. Move to higher ground.')
export const inAnHour = (): number => Date.now() + 3_600_000

export interface Settings extends Partial<SmppSettings> {
  readonly window?: number
  readonly binds?: number
}

/** An SMPP account at a message centre on loopback. */
export function configFor(
  port: number,
  { window = 10, binds = 1, ...smpp }: Settings = {},
): CarrierConfig {
  return {
    id: '0',
    name: 'North',
    protocol: 'smpp',
    segmentsPerSecond: 1_000,
    window,
    binds,
    sourceAddress: '72345',
    routes: [],
    smpp: {
      host: '127.0.0.1',
      port,
      systemId: 'north',
      password: 'secret',
      systemType: '',
      bindType: 'transceiver',
      tls: false,
      enquireLinkMs: 10_000,
      responseTimeoutMs: 5_000,
      ...smpp,
    },
  }
}

export interface Connected {
  readonly smsc: Smsc
  readonly carrier: Carrier
  readonly events: RecordedEvents
  submit(ref: number, to?: string): void
}

/** A message centre and an account that is bound to it; both end with the test. */
export async function connect(
  script: SmscScript = {},
  settings: Settings = {},
  tuning: Partial<LinkTuning> = {},
): Promise<Connected> {
  const smsc = await startSmsc(script)
  const carrier = createSmppCarrier(configFor(smsc.port, settings), { ...QUICK, ...tuning })
  const events = recordEvents()
  onTestFinished(async () => {
    await carrier.close(AbortSignal.timeout(100))
    await smsc.close()
  })
  await carrier.open(events, AbortSignal.timeout(5_000))
  const submit = (ref: number, to = '+15550000001') =>
    carrier.submit({ to, text: TEXT, expiresAt: inAnHour() }, ref)
  return { smsc, carrier, events, submit }
}
