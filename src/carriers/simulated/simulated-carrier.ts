import { randomBytes } from 'node:crypto'
import { AppError } from '../../errors.ts'
import {
  startMessageCentre,
  type MessageCentre,
  type MessageCentreOptions,
} from '../../simulator/message-centre.ts'
import type { Carrier, CarrierConfig, SimulatedSettings } from '../carrier.ts'
import { createSmppCarrier } from '../smpp/smpp-carrier.ts'
import { answeringPhones } from './phones.ts'

/**
 * A simulated exercise's carrier: a message centre in this process, on a port of loopback that the system chooses, the
 * phones behind it, and our own SMPP account bound to it. So everything is real but the people: sessions, windows,
 * throttling, receipts, replies. Each dispatcher has its own; it lives as long as the account is open, and what it
 * owes is gone with it.
 */

/** Nobody waits long for a carrier to come back that is down on purpose. */
const TUNING = { backoffBaseMs: 500, backoffCapMs: 2_000, firstSequence: 1 }
const RECEIPTS = { ms: 600, spreadMs: 4_000 }
const RESPONSES = { ms: 20, spreadMs: 60, missing: 0, twice: 0 }
const SYSTEM_ID = 'exercise'

type Centre = Pick<MessageCentre, 'port' | 'links' | 'refuseBinds' | 'close'>

/**
 * @param start a message centre; our account binds to the port that it names
 * @throws AppError `invalid_carrier`
 */
export function createSimulatedCarrier(
  config: CarrierConfig,
  start: (options: MessageCentreOptions) => Promise<Centre> = startMessageCentre,
): Carrier {
  const { simulated: settings } = config
  if (settings === undefined) {
    throw new AppError('invalid_carrier', `carrier ${config.name} has no simulated settings`)
  }
  // For this process and this opening alone: nobody else on the machine can bind in our place.
  const password = randomBytes(4).toString('hex')
  let centre: Centre | undefined
  let inner: Carrier | undefined
  let fall: NodeJS.Timeout | undefined
  let hasBegun = false
  return {
    name: config.name,
    get room() {
      return inner?.room ?? 0
    },
    get inFlight() {
      return inner?.inFlight ?? 0
    },
    async open(events, signal) {
      centre = await start(centreOf(config, settings, password))
      inner = createSmppCarrier(boundTo(config, centre.port, password), TUNING)
      await inner.open(events, signal)
    },
    submit(message, ref, segments) {
      if (!hasBegun && centre !== undefined) fall = fallLater(centre, settings)
      hasBegun = true
      bound(inner).submit(message, ref, segments)
    },
    release: segments => bound(inner).release(segments),
    keepBack: () => bound(inner).keepBack(),
    async close(signal) {
      clearTimeout(fall)
      await inner?.close(signal)
      await centre?.close()
    },
  }
}

function bound(inner: Carrier | undefined): Carrier {
  if (inner === undefined) throw new AppError('internal', 'the simulated carrier is not open')
  return inner
}

function centreOf(
  { id, name, binds }: CarrierConfig,
  { slow, failPercent = 0 }: SimulatedSettings,
  password: string,
): MessageCentreOptions {
  const seed = Number.parseInt(id.slice(-6), 16)
  return {
    name,
    accounts: [
      {
        systemId: SYSTEM_ID,
        password,
        // A link that was lost may still be counted when we come back.
        binds: 2 * binds,
        ...(slow !== undefined && {
          segmentsPerSecond: slow.segmentsPerSecond,
          aboveLimit: 'throttle' as const,
        }),
      },
    ],
    behaviour: {
      responses: RESPONSES,
      receipts: {
        share: 1,
        delay: RECEIPTS,
        failed: failPercent / 100,
        expired: 0,
        twice: 0,
        form: 'text and TLVs',
        messageId: 'decimal',
      },
    },
    phones: answeringPhones(seed),
    seed,
  }
}

/** Its links end, and it refuses every bind for as long as it is down. */
function fallLater(centre: Centre, { carrierDown }: SimulatedSettings): NodeJS.Timeout | undefined {
  if (carrierDown === undefined) return undefined
  const { afterSeconds, forSeconds } = carrierDown
  return setTimeout(() => {
    centre.refuseBinds(Number.MAX_SAFE_INTEGER, 'ESME_RSYSERR')
    centre.links('drop')
    setTimeout(() => centre.refuseBinds(0, 'ESME_RSYSERR'), forSeconds * 1000).unref()
  }, afterSeconds * 1000)
}

function boundTo(config: CarrierConfig, port: number, password: string): CarrierConfig {
  return {
    ...config,
    protocol: 'smpp',
    smpp: {
      host: '127.0.0.1',
      port,
      systemId: SYSTEM_ID,
      password,
      systemType: '',
      bindType: 'transceiver',
      tls: false,
      enquireLinkMs: 10_000,
      responseTimeoutMs: 10_000,
    },
  }
}
