import { AppError } from '../../errors.ts'
import type { HttpAnswer } from '../../network/origin.ts'
import type { Carrier, CarrierConfig, Outcome, ShortMessage, TwilioSettings } from '../carrier.ts'
import type { Gateway } from '../http/gateway.ts'
import { createHttpCarrier, type ProbeTuning } from '../http/http-carrier.ts'
import { kindOf, signOf } from './codes.ts'
import { receiptOf } from './webhook.ts'

/**
 * Twilio's Messages API, at any base URL: compatible services speak it too.
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */

/** Seconds that Twilio keeps a message in its queue: at least and at most (its error 90007). */
const VALIDITY = { least: 1, most: 36_000 } as const

export function createTwilioCarrier(config: CarrierConfig, tuning?: ProbeTuning): Carrier {
  return createHttpCarrier(config, twilioGateway(config), tuning)
}

/** @throws AppError `invalid_carrier` without settings */
function twilioGateway(config: CarrierConfig): Gateway {
  const { twilio: settings } = config
  if (settings === undefined) {
    throw new AppError('invalid_carrier', `carrier ${config.name} has no twilio settings`)
  }
  const { accountSid, authToken, allowPrivate, answerMs } = settings
  const url = new URL(settings.baseUrl)
  const account = `${url.pathname.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}`
  const headers = {
    Authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    Accept: 'application/json',
  }
  const { statusCallback } = settings
  const fixed = new URLSearchParams({
    ...senderOf(config.sourceAddress, settings),
    ...(statusCallback !== undefined && { StatusCallback: statusCallback }),
  }).toString()
  return {
    url,
    allowPrivate,
    answerMs,
    // The account itself: read by whoever may send for it.
    probe: { method: 'GET', path: `${account}.json`, headers },
    request(message, now) {
      return {
        method: 'POST',
        path: `${account}/Messages.json`,
        headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `${fixed}&${variable(message, now)}`,
      }
    },
    outcome: readAnswer,
    status: {
      request: sid => ({
        method: 'GET',
        path: `${account}/Messages/${encodeURIComponent(sid)}.json`,
        headers,
      }),
      read: readStatus,
    },
  }
}

/** A message that Twilio knows nothing of, or not any more, says nothing. */
function readStatus(sid: string, { status, body }: HttpAnswer) {
  if (status === 404) return undefined
  if (status !== 200) return 'unanswered'
  const said = objectIn(body)
  const word = said['status']
  const to = said['to']
  return receiptOf(sid, {
    status: typeof word === 'string' ? word.toLowerCase() : '',
    code: numberIn(said['error_code']),
    to: typeof to === 'string' ? to : '',
  })
}

function senderOf(sourceAddress: string, { messagingServiceSid }: TwilioSettings) {
  return messagingServiceSid === undefined
    ? { From: sourceAddress }
    : { MessagingServiceSid: messagingServiceSid }
}

function variable({ to, text, expiresAt }: ShortMessage, now: number): string {
  const seconds = Math.floor((expiresAt - now) / 1000)
  const validity = Math.min(VALIDITY.most, Math.max(VALIDITY.least, seconds))
  return new URLSearchParams({
    To: to,
    Body: text.text,
    ValidityPeriod: String(validity),
  }).toString()
}

function readAnswer({ status, body }: HttpAnswer): Outcome {
  const said = objectIn(body)
  const isTaken = status >= 200 && status < 300
  const sid = typeof said['sid'] === 'string' ? said['sid'] : ''
  // A message resource has `error_code`, which is nearly always null; an error has `code`.
  const code = numberIn(isTaken ? said['error_code'] : said['code'])
  if (isTaken && code === undefined) {
    // A messaging service has not counted them yet: 0.
    const segments = numberIn(said['num_segments']) ?? 0
    return segments > 0 ? { messageIds: [sid], segments } : { messageIds: [sid] }
  }
  const reason = code === undefined ? `http_${status}` : String(code)
  return {
    kind: kindOf(status, code),
    reason,
    messageIds: [],
    ...(code !== undefined && signOf(code) === 'opted-out' && { optedOut: true }),
  }
}

function objectIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // A page of some proxy; the status says enough.
    return {}
  }
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined
}
