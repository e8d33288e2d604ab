import { COMMAND_STATUS, type CommandStatusName } from '../encoding/smpp.ts'
import { AppError, type Fault } from '../errors.ts'
import type { Meaning } from './arrivals.ts'
import type { AccountOptions } from './account.ts'
import type { Behaviour, ErrorShare, ReceiptBehaviour } from './behaviour.ts'
import { RECEIPT_FORMS } from './deliveries.ts'
import type { Delay } from './draws.ts'
import { GARBAGE_KINDS, type GarbageKind } from './garbage.ts'
import { LINK_ACTIONS } from './link-actions.ts'
import { MESSAGE_ID_SPELLINGS } from './message-id.ts'
import type { BindRefusal, ScenarioEvent } from './timeline.ts'
import type { AnswerChoice, AnswerRule, PhoneBehaviour, Saying } from './phones.ts'
import { ORDINARY_TWILIO, type TwilioAccount, type TwilioBehaviour } from './twilio-side.ts'

/** What a rehearsal needs: the carriers, their accounts and ways, and the people behind the phones. */
export interface Scenario {
  /** Of everything that is drawn. */
  readonly seed: number
  readonly carriers: readonly CarrierScenario[]
  readonly phones: PhoneBehaviour
  /** Carriers that speak as Twilio does; none if not said. */
  readonly gateways?: readonly GatewayScenario[]
  /** What happens by itself; nothing if not said. */
  readonly events?: readonly ScenarioEvent[]
}

interface CarrierScenario {
  readonly name: string
  /** 0: a free one. */
  readonly port: number
  readonly accounts: readonly AccountOptions[]
  readonly behaviour: Partial<Behaviour>
}

interface GatewayScenario {
  readonly name: string
  /** 0: a free one. */
  readonly port: number
  readonly account: TwilioAccount
  readonly behaviour: Partial<TwilioBehaviour>
}

/** What can be changed while a simulation runs. */
export interface ScenarioChange {
  readonly carriers?: readonly CarrierChange[]
  readonly gateways?: readonly GatewayChange[]
  readonly phones?: PhoneBehaviour
}

interface GatewayChange {
  readonly name: string
  readonly behaviour?: Partial<TwilioBehaviour>
  readonly limit?: Pick<TwilioAccount, 'segmentsPerSecond' | 'aboveLimit'>
}

interface CarrierChange {
  readonly name: string
  readonly behaviour?: Partial<Behaviour>
  readonly limits?: readonly (Pick<AccountOptions, 'segmentsPerSecond' | 'aboveLimit'> & {
    readonly systemId: string
  })[]
}

/**
 * Reads a scenario file's JSON. Unknown members are faults, for a misspelt one would silently do nothing.
 * @throws AppError `invalid_request` with every fault and its place
 */
export function readScenario(value: unknown): Scenario {
  return read(scenario, value, 'the scenario')
}

/** Reads a change of a running simulation. @throws AppError `invalid_request` */
export function readScenarioChange(value: unknown): ScenarioChange {
  return read(scenarioChange, value, 'the change')
}

function read<T>(reader: Reader<T>, value: unknown, what: string): T {
  const faults: Fault[] = []
  const result = reader(value, '', faults)
  if (faults.length === 0) return result
  const first = faults[0]!
  throw new AppError('invalid_request', `${what} is not sound: ${first.pointer} ${first.detail}`, {
    faults,
  })
}

/** Reads a value or notes what is wrong with it; what it returns then is never used. */
type Reader<T> = (value: unknown, pointer: string, faults: Fault[]) => T

function fault(faults: Fault[], pointer: string, detail: string): never {
  faults.push({ pointer, detail })
  return undefined as never
}

const text: Reader<string> = (value, pointer, faults) =>
  typeof value === 'string' && value.length > 0
    ? value
    : fault(faults, pointer, 'must be a text that is not empty')

const shortText =
  (max: number): Reader<string> =>
  (value, pointer, faults) =>
    typeof value === 'string' && new RegExp(`^[\\x20-\\x7e]{1,${max}}$`).test(value)
      ? value
      : fault(faults, pointer, `must be 1 to ${max} ASCII characters`)

const number =
  (from: number, to: number): Reader<number> =>
  (value, pointer, faults) =>
    typeof value === 'number' && value >= from && value <= to
      ? value
      : fault(faults, pointer, `must be a number from ${from} to ${to}`)

const whole =
  (from: number, to: number): Reader<number> =>
  (value, pointer, faults) =>
    Number.isInteger(value)
      ? number(from, to)(value, pointer, faults)
      : fault(faults, pointer, `must be a whole number from ${from} to ${to}`)

const oneOf =
  <T extends string>(...words: readonly T[]): Reader<T> =>
  (value, pointer, faults) =>
    words.includes(value as T)
      ? (value as T)
      : fault(faults, pointer, `must be one of ${words.join(', ')}`)

const or =
  <A extends string, B>(word: A, reader: Reader<B>): Reader<A | B> =>
  (value, pointer, faults) =>
    value === word ? word : reader(value, pointer, faults)

const list =
  <T>(reader: Reader<T>, atLeast = 0): Reader<readonly T[]> =>
  (value, pointer, faults) => {
    if (!Array.isArray(value)) return fault(faults, pointer, 'must be a list')
    if (value.length < atLeast) return fault(faults, pointer, `must have ${atLeast} or more`)
    return value.map((entry, i) => reader(entry, `${pointer}/${i}`, faults))
  }

type Readers<T> = { readonly [K in keyof T]-?: Reader<NonNullable<T[K]>> }

/** An object with these members; those that `defaults` has may be left out, and so may those of `optional`. */
const object =
  <T extends object>(
    readers: Readers<T>,
    defaults: Partial<T> = {},
    optional: readonly (keyof T)[] = [],
  ): Reader<T> =>
  (value, pointer, faults) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fault(faults, pointer, 'must be an object')
    }
    const given = new Map<string, unknown>(Object.entries(value))
    const result: Partial<T> = { ...defaults }
    for (const key of Object.keys(readers) as (keyof T & string)[]) {
      const place = `${pointer}/${key}`
      if (given.has(key)) result[key] = readers[key](given.get(key), place, faults)
      else if (!(key in defaults) && !optional.includes(key)) fault(faults, place, 'is missing')
      given.delete(key)
    }
    for (const key of given.keys()) fault(faults, `${pointer}/${key}`, 'is not known')
    return result as T
  }

const HOUR_MS = 3_600_000
const milliseconds = number(0, HOUR_MS)
const share = number(0, 1)
const delay = object<Delay>({ ms: milliseconds, spreadMs: milliseconds }, { spreadMs: 0 })

const STATUS_NAMES = Object.keys(COMMAND_STATUS) as CommandStatusName[]

const errorShare = object<ErrorShare>(
  {
    status: oneOf(...STATUS_NAMES),
    share,
    of: oneOf('messages', 'phones'),
  },
  { of: 'messages' },
)

const receipts = object<ReceiptBehaviour>(
  {
    share,
    delay,
    failed: share,
    expired: share,
    twice: share,
    form: oneOf(...RECEIPT_FORMS),
    messageId: oneOf(...MESSAGE_ID_SPELLINGS),
    enroute: share,
    contradicted: share,
    reversedBy: whole(1, 10_000),
    command: oneOf('deliver_sm', 'data_sm'),
    esmClass: whole(0, 255),
  },
  { share: 1, failed: 0, expired: 0, twice: 0, form: 'text and TLVs', messageId: 'decimal' },
  ['enroute', 'contradicted', 'reversedBy', 'command', 'esmClass'],
)

const BEHAVIOUR: Readers<Behaviour> = {
  responses: object<Behaviour['responses']>(
    {
      ms: milliseconds,
      spreadMs: milliseconds,
      missing: share,
      twice: share,
      emptyId: share,
      noBody: share,
      reversedBy: whole(1, 10_000),
    },
    { ms: 0, spreadMs: 0, missing: 0, twice: 0 },
    ['emptyId', 'noBody', 'reversedBy'],
  ),
  errors: list(errorShare),
  receipts: or('none', receipts),
  messageId: oneOf(...MESSAGE_ID_SPELLINGS),
  defaultAlphabet: oneOf('GSM7', 'GSM7-packed', 'latin1', 'ascii'),
  deliveries: object<Behaviour['deliveries']>(
    { window: whole(1, 10_000), retryMs: milliseconds, timeoutMs: milliseconds },
    { window: 1_000, retryMs: 1_000, timeoutMs: 30_000 },
  ),
  enquire: or(
    'never',
    object<Exclude<Behaviour['enquire'], 'never'>>({
      everyMs: milliseconds,
      withinMs: milliseconds,
    }),
  ),
  writes: oneOf('gathered', 'octets'),
}
const behaviour = object<Partial<Behaviour>>(
  BEHAVIOUR,
  {},
  Object.keys(BEHAVIOUR) as (keyof Behaviour)[],
)

// An SMPP password has at most 8 characters (3.4 §5.2.2), a system_id 15.
const LIMIT = {
  systemId: shortText(15),
  segmentsPerSecond: whole(1, 1_000_000),
  aboveLimit: oneOf('throttle', 'count'),
}
const account = object<AccountOptions>(
  { ...LIMIT, password: shortText(8), binds: whole(1, 1_000) },
  {},
  ['segmentsPerSecond', 'aboveLimit', 'binds'],
)

const meaning: Reader<Meaning> = (value, pointer, faults) =>
  typeof value === 'string' && /^((?:option|help):.+|optOut|optIn|help|other)$/.test(value)
    ? (value as Meaning)
    : fault(faults, pointer, 'must be option:<code>, help:<code>, optOut, optIn, help or other')

const pattern: Reader<string> = (value, pointer, faults) => {
  try {
    return new RegExp(text(value, pointer, faults), 'isu').source
  } catch {
    return fault(faults, pointer, 'must be a regular expression')
  }
}

/** A text that a phone sends, with what it means; `other` where nothing is said of it. */
const saying = object<Saying>({ text, means: meaning }, { means: 'other' })

const phones = object<PhoneBehaviour>(
  {
    seed: whole(0, 2 ** 31),
    rules: list(
      object<AnswerRule>(
        {
          when: pattern,
          share,
          delay,
          choices: list(
            object<AnswerChoice>({ weight: number(0, 1e6), say: list(saying, 1) }, { weight: 1 }),
            1,
          ),
        },
        { share: 1, delay: { ms: 500, spreadMs: 5_000 } },
      ),
    ),
  },
  { seed: 1 },
)

const twilioLimit = {
  segmentsPerSecond: LIMIT.segmentsPerSecond,
  aboveLimit: LIMIT.aboveLimit,
}
const twilioAccount = object<TwilioAccount>(
  { ...twilioLimit, accountSid: shortText(64), authToken: shortText(256) },
  {},
  ['segmentsPerSecond', 'aboveLimit'],
)
const TWILIO_BEHAVIOUR: Readers<TwilioBehaviour> = {
  responses: object<TwilioBehaviour['responses']>(
    { ms: milliseconds, spreadMs: milliseconds, dropped: share },
    { ms: 0, spreadMs: 0, dropped: 0 },
  ),
  errors: list(
    object<TwilioBehaviour['errors'][number]>(
      { status: whole(400, 599), code: whole(1, 999_999), share, of: oneOf('messages', 'phones') },
      { of: 'messages' },
    ),
  ),
  retryAfterSeconds: whole(0, 3_600),
  callbacks: or(
    'none',
    object<Exclude<TwilioBehaviour['callbacks'], 'none'>>(
      {
        delay,
        failed: share,
        errorCode: whole(1, 999_999),
        twice: share,
        early: share,
        late: share,
        retryMs: milliseconds,
      },
      ORDINARY_TWILIO.callbacks as Exclude<TwilioBehaviour['callbacks'], 'none'>,
    ),
  ),
  silence: oneOf('none', 'mute', 'down'),
}
const twilioBehaviour = object<Partial<TwilioBehaviour>>(
  TWILIO_BEHAVIOUR,
  {},
  Object.keys(TWILIO_BEHAVIOUR) as (keyof TwilioBehaviour)[],
)

const scenarioChange = object<ScenarioChange>(
  {
    gateways: list(
      object<GatewayChange>(
        {
          name: text,
          behaviour: twilioBehaviour,
          limit: object<NonNullable<GatewayChange['limit']>>(twilioLimit, {}, [
            'segmentsPerSecond',
            'aboveLimit',
          ]),
        },
        {},
        ['behaviour', 'limit'],
      ),
    ),
    carriers: list(
      object<CarrierChange>(
        {
          name: text,
          behaviour,
          limits: list(
            object<NonNullable<CarrierChange['limits']>[number]>(LIMIT, {}, [
              'segmentsPerSecond',
              'aboveLimit',
            ]),
          ),
        },
        {},
        ['behaviour', 'limits'],
      ),
    ),
    phones,
  },
  {},
  ['carriers', 'gateways', 'phones'],
)

const bindRefusal = object<BindRefusal>(
  { times: whole(1, 1_000_000), status: oneOf(...STATUS_NAMES) },
  { times: 1 },
)

const event = object<ScenarioEvent>(
  {
    afterMs: number(0, 24 * HOUR_MS),
    afterSegments: whole(0, 1e9),
    carrier: text,
    links: oneOf(...LINK_ACTIONS),
    garbage: oneOf(...GARBAGE_KINDS),
    refuseBinds: bindRefusal,
    change: scenarioChange,
  },
  { afterMs: 0, afterSegments: 0 },
  ['carrier', 'links', 'garbage', 'refuseBinds', 'change'],
)

const scenario = object<Scenario>(
  {
    seed: whole(0, 2 ** 31),
    carriers: list(
      object<CarrierScenario>(
        { name: text, port: whole(0, 65_535), accounts: list(account, 1), behaviour },
        { port: 0, behaviour: {} },
      ),
      1,
    ),
    gateways: list(
      object<GatewayScenario>(
        { name: text, port: whole(0, 65_535), account: twilioAccount, behaviour: twilioBehaviour },
        { port: 0, behaviour: {} },
      ),
    ),
    phones,
    events: list(event),
  },
  { seed: 1, phones: { seed: 1, rules: [] } },
  ['events', 'gateways'],
)

/** Reads how the next binds are to be refused, and by whom. @throws AppError `invalid_request` */
export const readBindRefusal = (value: unknown): BindRefusal =>
  read(bindRefusal, value, 'the refusal')

/** Reads what garbage is to be sent. @throws AppError `invalid_request` */
export const readGarbageKind = (value: unknown): GarbageKind =>
  read(oneOf(...GARBAGE_KINDS), value, 'the garbage')

/** Reads a text that one phone is to send. @throws AppError `invalid_request` */
export const readSpokenText = (value: unknown): SpokenText => read(spokenText, value, 'the reply')

export interface SpokenText extends Saying {
  /** The phone. */
  readonly from: string
  /** A number of ours; left out, the one that last wrote to the phone. */
  readonly to?: string
}

const phoneNumber: Reader<string> = (value, pointer, faults) =>
  typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value)
    ? value
    : fault(faults, pointer, 'must be a phone number in E.164')

const spokenText = object<SpokenText>(
  { from: phoneNumber, to: text, text, means: meaning },
  { means: 'other' },
  ['to'],
)
