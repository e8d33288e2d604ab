/** What a described gateway's webhooks say. */
import { phoneOfAddress } from '../../encoding/phone.ts'
import type { CarrierConfig } from '../carrier.ts'
import type { Callback, WebhookReading, WebhookRefusal, WebhookRequest } from '../webhook.ts'
import type { ItemCondition, ReceiptsDescription, RepliesDescription } from './description.ts'
import { listAt, parseJson, wordAt } from './pointer.ts'
import { reasonOf } from './reason.ts'
import { isSigned } from './signature.ts'

/** Gateways write numbers with and without `+` and don't say which. */
const UNKNOWN_TON = 0

/** @param now epoch milliseconds */
export async function readJsonWebhook(
  { http }: CarrierConfig,
  request: WebhookRequest,
  now: number,
): Promise<WebhookReading | WebhookRefusal> {
  if (http?.webhook === undefined) return 'bad_signature'
  const { method = 'POST', signature, receipts, replies, response } = http.webhook
  // What is signed says nothing of the method: a query that is signed is not to be heard beside another body.
  if (request.method !== method) return 'bad_signature'
  if (!(await isSigned(signature, http.secrets, request, now))) return 'bad_signature'
  const document = parseBody(request)
  if (document === undefined) return 'unreadable'
  return {
    callbacks: [
      ...(receipts === undefined ? [] : readReceipts(receipts, document)),
      ...(replies === undefined ? [] : readReplies(replies, document)),
    ],
    answer: { type: response.contentType, body: response.body },
  }
}

function parseBody({ method, url, headers, body }: WebhookRequest): unknown {
  if (method === 'GET') return fieldsOf(new URL(url).searchParams)
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) {
    return parseJson(body.toString())
  }
  return fieldsOf(new URLSearchParams(body.toString()))
}

/** Of fields that come more than once the first counts. */
const fieldsOf = (given: URLSearchParams) => Object.fromEntries([...given].toReversed())

/** A state on the way ends nothing, and nobody is told of it. */
function readReceipts(description: ReceiptsDescription, document: unknown): Callback[] {
  const { id, state: place, states, code } = description
  return itemsOf(description, document).flatMap((item): Callback[] => {
    const [messageId, word] = [wordAt(item, id), wordAt(item, place)]
    if (messageId === undefined || word === undefined || !Object.hasOwn(states, word)) return []
    const state = states[word]!
    if (state === 'enroute') return []
    const reason = code === undefined ? word : `${word} ${wordAt(item, code) ?? ''}`.trimEnd()
    return [{ is: 'receipt', messageId, state, reason: reasonOf(reason, state) }]
  })
}

function readReplies(description: RepliesDescription, document: unknown): Callback[] {
  return itemsOf(description, document).flatMap((item): Callback[] => {
    const [from, text] = [wordAt(item, description.from), wordAt(item, description.text)]
    if (from === undefined || text === undefined) return []
    const id = description.id === undefined ? undefined : wordAt(item, description.id)
    const to = wordAt(item, description.to) ?? ''
    return [
      {
        is: 'reply',
        ...(id !== undefined && { id }),
        from: phoneOfAddress(UNKNOWN_TON, from),
        to: phoneOfAddress(UNKNOWN_TON, to),
        text,
      },
    ]
  })
}

function itemsOf(
  { list, when }: { readonly list?: string | undefined; readonly when: readonly ItemCondition[] },
  document: unknown,
): readonly unknown[] {
  const items = list === undefined ? [document] : (listAt(document, list) ?? [])
  return items.filter(item => when.every(condition => holds(condition, item)))
}

function holds({ pointer, is }: ItemCondition, item: unknown): boolean {
  const word = wordAt(item, pointer)
  return word !== undefined && (is === undefined || is.includes(word))
}
