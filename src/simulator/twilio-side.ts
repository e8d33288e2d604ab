import { createHmac, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeText } from '../encoding/message-text.ts'
import { encodeText } from '../encoding/segments.ts'
import { Arrivals, type Fate } from './arrivals.ts'
import { type Delay, type Draw, drawDelay, drawsFrom } from './draws.ts'
import type { Phones, Saying } from './phones.ts'
import { SlidingSecond } from './sliding-second.ts'

/**
 * A gateway on loopback that speaks as Twilio does: it takes messages at Messages.json, cuts them into segments,
 * writes them into the list of arrivals, and calls back, signed, what became of them and what the phones answered.
 * A callback that isn't answered with 2xx is made again until it is, so that what a phone said is never lost here.
 */
export interface TwilioSideOptions {
  /** The carrier's name in the list and the counts. */
  readonly name: string
  /** 0 or none: a free one. It listens on 127.0.0.1 alone. */
  readonly port?: number
  readonly account: TwilioAccount
  readonly behaviour?: Partial<TwilioBehaviour>
  readonly list?: Arrivals
  readonly phones?: Phones
  /** Of everything that is drawn. */
  readonly seed?: number
}

export interface TwilioAccount {
  readonly accountSid: string
  readonly authToken: string
  /** Over any sliding second; none is no limit. */
  readonly segmentsPerSecond?: number
  /** What becomes of a message above the limit; `count` takes it. The counts show both. */
  readonly aboveLimit?: 'throttle' | 'count'
}

/** What it does of its own; can be changed while it runs. Shares are of 1. */
export interface TwilioBehaviour {
  /** Time from a request to its answer. What is `dropped` is taken and gets none: the connection is cut. */
  readonly responses: Delay & { readonly dropped: number }
  readonly errors: readonly TwilioError[]
  /** What 429 says in Retry-After; 0: nothing. */
  readonly retryAfterSeconds: number
  readonly callbacks: CallbackBehaviour | 'none'
  /** It answers nobody: `mute` takes requests and is silent, `down` cuts every connection. */
  readonly silence: 'none' | 'mute' | 'down'
}

interface TwilioError {
  /** Of HTTP, and Twilio's own. */
  readonly status: number
  readonly code: number
  readonly share: number
  /** Of the phones: then always the same ones. */
  readonly of: 'messages' | 'phones'
}

interface CallbackBehaviour {
  readonly delay: Delay
  /** Share of messages that don't reach their phone, and the ErrorCode that says so. */
  readonly failed: number
  readonly errorCode: number
  /** How many are made a second time. */
  readonly twice: number
  /** How many are made before the message's own request is answered. */
  readonly early: number
  /** How many have `sent` after the end. */
  readonly late: number
  readonly retryMs: number
}

export const ORDINARY_TWILIO: TwilioBehaviour = {
  responses: { ms: 0, spreadMs: 0, dropped: 0 },
  errors: [],
  retryAfterSeconds: 1,
  callbacks: {
    delay: { ms: 50, spreadMs: 0 },
    failed: 0,
    errorCode: 30003,
    twice: 0,
    early: 0,
    late: 0,
    retryMs: 1_000,
  },
  silence: 'none',
}

export interface TwilioStats {
  readonly name: string
  readonly port: number
  /** Messages by the status, and Twilio's own code, that they were answered with; `dropped` got no answer. */
  readonly answered: Readonly<Record<string, number>>
  /** Segments in any sliding second: the most that came, and that were taken. */
  readonly mostOfferedInASecond: number
  readonly mostTakenInASecond: number
  /** Callbacks that were answered with 2xx, that were made again, and that are still to be made. */
  readonly callbacks: { readonly heard: number; readonly repeated: number; readonly owed: number }
}

export interface TwilioSide {
  readonly name: string
  readonly url: string
  readonly list: Arrivals
  /** Callbacks that are still to be heard. */
  readonly owed: number
  stats(): TwilioStats
  change(behaviour: Partial<TwilioBehaviour>): void
  limit(limit: Pick<TwilioAccount, 'segmentsPerSecond' | 'aboveLimit'>): void
  /** Makes a phone send a text to the number. @returns the answer's number in the list */
  say(from: string, to: string, saying: Saying): number
  close(): Promise<void>
}

/** Codes that are the gateway's last word on a phone: the sender did its part. */
const FINAL: ReadonlySet<number> = new Set([21211, 21408, 21610, 21614])
const TOO_MANY = { status: 429, code: 20429 }
const NO_MESSAGE = -1

/** Starts it; it listens when the promise resolves. */
export async function startTwilioSide(options: TwilioSideOptions): Promise<TwilioSide> {
  const { name, account, phones, list = new Arrivals(), seed = 1 } = options
  const draw: Draw = drawsFrom(seed)
  const accountNo = list.addAccount({ carrier: name, systemId: account.accountSid })
  const offered = new SlidingSecond()
  const taken = new SlidingSecond()
  const answered: Record<string, number> = {}
  const timers = new Set<NodeJS.Timeout>()
  const closing = new AbortController()
  let behaviour: TwilioBehaviour = { ...ORDINARY_TWILIO, ...options.behaviour }
  let limit = { segmentsPerSecond: account.segmentsPerSecond, aboveLimit: account.aboveLimit }
  let reference = 0
  let said = 0
  let owed = 0
  let heard = 0
  let repeated = 0
  let webhook: string | undefined

  const later = (ms: number, what: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      what()
    }, ms)
    timers.add(timer)
  }
  const count = (what: string) => (answered[what] = (answered[what] ?? 0) + 1)

  // ---- callbacks

  /** Calls until it is heard, then goes on. */
  const call = async (url: string, form: Readonly<Record<string, string>>, then?: () => void) => {
    const isHeard = await post(url, account.authToken, form, closing.signal)
    if (closing.signal.aborted) return
    if (isHeard) {
      heard++
      owed--
      then?.()
      return
    }
    repeated++
    const { callbacks } = behaviour
    const pause = callbacks === 'none' ? ORDINARY_RETRY_MS : callbacks.retryMs
    later(pause, () => void call(url, form, then))
  }

  const callLater = (
    ms: number,
    url: string,
    form: Readonly<Record<string, string>>,
    then?: () => void,
  ) => {
    owed++
    later(ms, () => void call(url, form, then))
  }

  const tellFate = (url: string, sid: string, to: string, from: string, fate: Fate, ms: number) => {
    const { callbacks } = behaviour
    if (callbacks === 'none') return
    const about = {
      AccountSid: account.accountSid,
      MessageSid: sid,
      SmsSid: sid,
      To: to,
      From: from,
    }
    const end =
      fate === 'delivered'
        ? { ...about, MessageStatus: 'delivered', SmsStatus: 'delivered' }
        : {
            ...about,
            MessageStatus: 'undelivered',
            SmsStatus: 'undelivered',
            ErrorCode: String(callbacks.errorCode),
          }
    const sent = { ...about, MessageStatus: 'sent', SmsStatus: 'sent' }
    const isLate = draw() < callbacks.late
    callLater(ms + (isLate ? 20 : 0), url, sent)
    callLater(ms, url, end)
    if (draw() < callbacks.twice) callLater(ms, url, end)
  }

  // ---- phones

  const send = (phone: number, to: string, saying: Saying, message: number, then?: () => void) => {
    const answer = list.addAnswer(phone, saying.text, saying.means, message)
    const form = {
      AccountSid: account.accountSid,
      MessageSid: `SM${(list.firstMessageId + 0x1000_0000 + said++).toString(16).padStart(32, '0')}`,
      SmsStatus: 'received',
      From: `+${phone}`,
      To: to,
      Body: saying.text,
      NumMedia: '0',
    }
    if (webhook === undefined) return answer
    callLater(0, webhook, form, () => {
      list.acknowledgeAnswer(answer)
      then?.()
    })
    return answer
  }

  const read = (phone: number, message: number, ours: string) => {
    if (phones === undefined || list.isRepeat(message)) return
    const plan = phones(phone, list.textOf(message))
    if (plan === undefined) return
    const step = (no: number) => {
      if (no === plan.say.length) return
      owed++
      later(plan.delays[no]!, () => {
        owed--
        send(phone, ours, plan.say[no]!, message, () => step(no + 1))
      })
    }
    step(0)
  }

  // ---- messages

  const take = (form: URLSearchParams, phone: number, now: number, response: ServerResponse) => {
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? ''
    const { segments, dataCoding } = encodeText(form.get('Body') ?? '')
    const { callbacks, responses } = behaviour
    const isLost = callbacks !== 'none' && draw() < callbacks.failed
    const fate: Fate = isLost ? 'failed' : 'delivered'
    const sid = `SM${(list.firstMessageId + list.segments).toString(16).padStart(32, '0')}`
    reference = (reference + 1) & 0xffff
    let message = NO_MESSAGE
    for (const [i, segment] of segments.entries()) {
      taken.add(now)
      message = list.addSegment(
        {
          account: accountNo,
          phone,
          source: list.sourceNumber(from),
          text: list.texts.numberOf(decodeText(Buffer.from(segment), dataCoding)),
          part: i + 1,
          total: segments.length,
          reference: segments.length === 1 ? 0 : reference,
          validSeconds: Number(form.get('ValidityPeriod') ?? 0),
          fate,
        },
        now,
      )
    }
    const ms = drawDelay(responses, draw)
    const url = form.get('StatusCallback')
    if (url !== null) {
      webhook = url
      if (callbacks !== 'none') {
        const isEarly = draw() < callbacks.early
        const after = isEarly ? 0 : ms + drawDelay(callbacks.delay, draw)
        tellFate(url, sid, `+${phone}`, from, fate, after)
      }
    }
    if (message !== NO_MESSAGE && fate === 'delivered') read(phone, message, from)
    const isDropped = draw() < responses.dropped
    count(isDropped ? 'dropped' : '201')
    later(ms, () => {
      if (isDropped) response.socket?.destroy()
      else respond(response, 201, { sid, status: 'queued', error_code: null })
    })
  }

  const refusalOf = (phone: number, segments: number, now: number) => {
    const most = limit.segmentsPerSecond ?? Infinity
    const isAbove = taken.within(now) + segments > most
    if (isAbove && limit.aboveLimit !== 'count') return TOO_MANY
    return behaviour.errors.find(({ code, share, of }) => {
      const chance = of === 'messages' ? draw : drawsFrom(seed, phone, code)
      return chance() < share
    })
  }

  const onMessage = (form: URLSearchParams, response: ServerResponse) => {
    const digits = /^\+([1-9]\d{5,14})$/.exec(form.get('To') ?? '')?.[1]
    if (digits === undefined) return refuse(response, 400, 21211)
    const phone = Number(digits)
    const now = list.now()
    const { length } = encodeText(form.get('Body') ?? '').segments
    for (let i = 0; i < length; i++) offered.add(now)
    const refusal = refusalOf(phone, length, now)
    if (refusal === undefined) return take(form, phone, now, response)
    if (FINAL.has(refusal.code)) list.addRefusal(phone)
    later(drawDelay(behaviour.responses, draw), () => {
      refuse(response, refusal.status, refusal.code)
    })
  }

  const refuse = (response: ServerResponse, status: number, code: number) => {
    count(String(code))
    const { retryAfterSeconds } = behaviour
    if (status === 429 && retryAfterSeconds > 0) {
      response.setHeader('Retry-After', String(retryAfterSeconds))
    }
    respond(response, status, { code, status, message: 'refused by the simulator' })
  }

  const base = `/2010-04-01/Accounts/${account.accountSid}`
  const server = createServer((request, response) => {
    if (behaviour.silence === 'down') return void request.socket.destroy()
    void readBody(request).then(body => {
      if (behaviour.silence === 'mute') return
      if (!isOurs(request, account)) return refuse(response, 401, 20003)
      if (request.method === 'POST' && request.url === `${base}/Messages.json`) {
        return onMessage(new URLSearchParams(body), response)
      }
      if (request.method === 'GET' && request.url === `${base}.json`) {
        return respond(response, 200, { sid: account.accountSid, status: 'active' })
      }
      return respond(response, 404, { code: 20404, status: 404 })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    name,
    url: `http://127.0.0.1:${port}`,
    list,
    get owed() {
      return owed
    },
    stats: () => ({
      name,
      port,
      answered,
      mostOfferedInASecond: offered.maximum,
      mostTakenInASecond: taken.maximum,
      callbacks: { heard, repeated, owed },
    }),
    change(change) {
      behaviour = { ...behaviour, ...change }
    },
    limit({ segmentsPerSecond, aboveLimit = limit.aboveLimit }) {
      limit = { segmentsPerSecond, aboveLimit }
    },
    say: (from, to, saying) => send(Number(from.slice(1)), to, saying, NO_MESSAGE),
    async close() {
      closing.abort()
      for (const timer of timers) clearTimeout(timer)
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

const ORDINARY_RETRY_MS = 1_000

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    // It hung up in the middle; there is nobody to answer.
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isOurs({ headers }: IncomingMessage, { accountSid, authToken }: TwilioAccount): boolean {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(
    `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
  )
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** @returns whether it was answered with 2xx */
async function post(
  url: string,
  token: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const signed = Object.entries(form)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('')
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': createHmac('sha1', token)
          .update(url + signed)
          .digest('base64'),
      },
      body: new URLSearchParams(form),
      signal,
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
