import { commandStatusName } from '../encoding/smpp.ts'
import type { Delivery } from './deliveries.ts'
import type { Link } from './link.ts'
import { SlidingSecond } from './sliding-second.ts'

export interface AccountOptions {
  readonly systemId: string
  readonly password: string
  /** Over any sliding second; none is no limit. */
  readonly segmentsPerSecond?: number
  /** What becomes of a submit_sm above the limit; `count` takes it. The counts show both. */
  readonly aboveLimit?: 'throttle' | 'count'
  /** Binds at a time; 10 if not said. */
  readonly binds?: number
}

/** An ESME as a message centre knows it: what it may do, what it has done, and what it is owed. */
export interface Account {
  readonly options: AccountOptions
  /** In the list. */
  readonly number: number
  segmentsPerSecond: number
  aboveLimit: 'throttle' | 'count'
  readonly offered: SlidingSecond
  readonly takenSecond: SlidingSecond
  taken: number
  firstTakenAt: number | undefined
  lastTakenAt: number | undefined
  /** By command_status, all but ESME_ROK. */
  readonly refused: Map<number, number>
  readonly links: Link[]
  nextLink: number
  queue: Delivery[]
  /** Up to here `queue` has been sent. */
  queueHead: number
  resting: number
  acknowledged: number
  refusedDeliveries: number
  repeated: number
}

export function createAccount(options: AccountOptions, number: number): Account {
  return {
    options,
    number,
    segmentsPerSecond: options.segmentsPerSecond ?? Infinity,
    aboveLimit: options.aboveLimit ?? 'throttle',
    offered: new SlidingSecond(),
    takenSecond: new SlidingSecond(),
    taken: 0,
    firstTakenAt: undefined,
    lastTakenAt: undefined,
    refused: new Map(),
    links: [],
    nextLink: 0,
    queue: [],
    queueHead: 0,
    resting: 0,
    acknowledged: 0,
    refusedDeliveries: 0,
    repeated: 0,
  }
}

export interface AccountStats {
  readonly systemId: string
  readonly binds: number
  /** submit_sm by the command_status they were answered with. */
  readonly submitted: Readonly<Record<string, number>>
  /** The most in any sliding second: of all that came, and of those taken. */
  readonly mostOfferedInASecond: number
  readonly mostTakenInASecond: number
  readonly takenInLastSecond: number
  /** Milliseconds on the list's clock of the first and the last that was taken. */
  readonly firstTakenAt: number | undefined
  readonly lastTakenAt: number | undefined
  /** deliver_sm: waiting, in flight, acknowledged with ESME_ROK, refused for good, and sent again. */
  readonly deliveries: {
    readonly waiting: number
    readonly inFlight: number
    readonly acknowledged: number
    readonly refused: number
    readonly repeated: number
  }
}

/** @param now on the list's clock */
export function statsOf(account: Account, now: number): AccountStats {
  return {
    systemId: account.options.systemId,
    binds: account.links.length,
    submitted: {
      ESME_ROK: account.taken,
      ...Object.fromEntries([...account.refused].map(([s, n]) => [commandStatusName(s), n])),
    },
    mostOfferedInASecond: account.offered.maximum,
    mostTakenInASecond: account.takenSecond.maximum,
    takenInLastSecond: account.takenSecond.within(now),
    firstTakenAt: account.firstTakenAt,
    lastTakenAt: account.lastTakenAt,
    deliveries: {
      waiting: account.queue.length - account.queueHead + account.resting,
      inFlight: account.links.reduce((sum, link) => sum + link.inFlight.size, 0),
      acknowledged: account.acknowledged,
      refused: account.refusedDeliveries,
      repeated: account.repeated,
    },
  }
}
