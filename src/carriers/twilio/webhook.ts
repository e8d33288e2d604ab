import type { CarrierConfig, ReceiptState } from '../carrier.ts'
import type { Callback, WebhookReading, WebhookRefusal, WebhookRequest } from '../webhook.ts'
import { signOf } from './codes.ts'
import { isSignedByTwilio } from './signature.ts'

/**
 * Twilio's webhooks: status callbacks, and messages that came in. Both are forms; a service that speaks the same may
 * send JSON, signed by its hash.
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request
 * @see https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
 */

/** A webhook of Twilio's has some thirty. */
const MOST_PARAMETERS = 500

/** States of a message on its way end nothing, and nobody is told of them. */
const FINAL_STATES: Readonly<Record<string, Exclude<ReceiptState, 'enroute'>>> = {
  delivered: 'delivered',
  // Of channels that know; it had been delivered.
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
  // A part of it arrived.
  partially_delivered: 'failed',
}
const VALIDITY_EXPIRED = 30036

/** What Twilio took a text for, by keywords that its customer set. */
const MEANINGS: Readonly<Record<string, 'optOut' | 'optIn' | 'help'>> = {
  STOP: 'optOut',
  START: 'optIn',
  HELP: 'help',
}

/** An answer that has nothing to say to the person: what is said to them has its own way. */
const NO_REPLY = { type: 'text/xml', body: '<Response></Response>' }

export function readTwilioWebhook(
  { twilio }: CarrierConfig,
  { url, headers, body }: WebhookRequest,
): WebhookReading | WebhookRefusal {
  if (twilio === undefined) return 'bad_signature'
  const form = formIn(headers['content-type'] ?? '', body)
  if (form !== undefined && form.length > MOST_PARAMETERS) return 'too_large'
  const tokens = [twilio.authToken, twilio.formerAuthToken].filter(token => token !== undefined)
  const signature = headers['x-twilio-signature'] ?? ''
  if (!isSignedByTwilio(signature, { url, form, body }, tokens)) return 'bad_signature'
  const said = form === undefined ? membersIn(body) : new Map(form)
  if (said === undefined) return 'unreadable'
  const callback = callbackFrom(said)
  return { callbacks: callback === undefined ? [] : [callback], answer: NO_REPLY }
}

function formIn(type: string, body: Buffer): [string, string][] | undefined {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return undefined
  return [...new URLSearchParams(body.toString('utf8'))]
}

function membersIn(body: Buffer): ReadonlyMap<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    return new Map(
      Object.entries(value).flatMap(([name, member]) =>
        typeof member === 'string' || typeof member === 'number' ? [[name, String(member)]] : [],
      ),
    )
  } catch {
    return undefined
  }
}

function callbackFrom(said: ReadonlyMap<string, string>): Callback | undefined {
  const get = (name: string) => said.get(name) ?? ''
  const messageId = get('MessageSid') || get('SmsSid')
  const status = (get('MessageStatus') || get('SmsStatus')).toLowerCase()
  if (messageId === '') return undefined
  if (status === 'received' || status === 'receiving') return replyFrom(get, messageId)
  return receiptOf(messageId, {
    status,
    code: Number(get('ErrorCode')) || undefined,
    to: get('To'),
  })
}

/**
 * What Twilio says of a message, by callback or when it is asked; undefined while it is on its way.
 * @param status in lower case
 */
export function receiptOf(
  messageId: string,
  {
    status,
    code,
    to,
  }: { readonly status: string; readonly code: number | undefined; readonly to: string },
): Extract<Callback, { is: 'receipt' }> | undefined {
  const state = code === VALIDITY_EXPIRED ? 'expired' : FINAL_STATES[status]
  if (state === undefined) return undefined
  const sign = code === undefined ? undefined : signOf(code)
  const phone = phoneIn(to)
  return {
    is: 'receipt',
    messageId,
    state,
    reason: code === undefined ? status : `${status} ${code}`,
    ...(sign === 'opted-out' && phone !== undefined && { optedOut: phone }),
    ...(sign === 'too-fast' && { tooFast: true }),
    ...(sign === 'filtered' && { filtered: true }),
  }
}

function replyFrom(get: (name: string) => string, id: string): Callback | undefined {
  const from = phoneIn(get('From'))
  if (from === undefined) return undefined
  const meaning = MEANINGS[get('OptOutType').toUpperCase()]
  return {
    is: 'reply',
    id,
    from,
    to: get('To'),
    text: get('Body'),
    ...(meaning !== undefined && { meaning }),
  }
}

/** A phone in E.164; undefined for short codes, names and other channels, which nobody was alerted by. */
function phoneIn(address: string): string | undefined {
  return /^\+[1-9]\d{5,14}$/.test(address) ? address : undefined
}
