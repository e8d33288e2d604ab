/** What a described gateway's webhooks say. */
import { phoneOfAddress } from '../../encoding/phone.ts'
import { AppError } from '../../errors.ts'
import type { HttpSettings } from '../carrier.ts'
import type { ItemCondition, ReceiptsDescription, RepliesDescription } from './description.ts'
import { listAt, parseJson, wordAt } from './pointer.ts'
import { reasonOf } from './reason.ts'
import { isSigned } from './signature.ts'
import type { WebhookReading, WebhookRequest } from './webhook.ts'

/** Gateways write numbers with and without `+` and don't say which. */
const UNKNOWN_TON = 0

/**
 * @param now epoch milliseconds
 * @throws AppError `bad_webhook_signature`; `malformed_json` where the body is neither JSON nor a form
 */
export async function readJsonWebhook(
  { webhook, secrets }: HttpSettings,
  request: WebhookRequest,
  now: number,
): Promise<WebhookReading> {
  if (webhook === undefined || !(await isSigned(webhook.signature, secrets, request, now))) {
    throw new AppError('bad_webhook_signature', 'the signature of this webhook is not good')
  }
  const document = parseBody(request)
  if (document === undefined) {
    throw new AppError('malformed_json', 'the body of this webhook is neither JSON nor a form')
  }
  const { receipts, replies, response } = webhook
  return {
    receipts: receipts === undefined ? [] : readReceipts(receipts, document),
    replies: replies === undefined ? [] : readReplies(replies, document),
    response: { ...response, contentType: response.contentType },
  }
}

/** Of a form's fields that come more than once the first counts. */
function parseBody({ headers, body }: WebhookRequest): unknown {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) {
    return parseJson(body.toString())
  }
  return Object.fromEntries([...new URLSearchParams(body.toString())].toReversed())
}

function readReceipts(description: ReceiptsDescription, document: unknown) {
  const { id, state, states, code } = description
  return itemsOf(description, document).flatMap(item => {
    const [messageId, word] = [wordAt(item, id), wordAt(item, state)]
    if (messageId === undefined || word === undefined || !Object.hasOwn(states, word)) return []
    const reason = code === undefined ? word : `${word} ${wordAt(item, code) ?? ''}`.trimEnd()
    return [{ messageId, state: states[word]!, reason: reasonOf(reason, states[word]!) }]
  })
}

function readReplies(description: RepliesDescription, document: unknown) {
  return itemsOf(description, document).flatMap(item => {
    const [from, text] = [wordAt(item, description.from), wordAt(item, description.text)]
    if (from === undefined || text === undefined) return []
    const id = description.id === undefined ? '' : (wordAt(item, description.id) ?? '')
    const to = wordAt(item, description.to) ?? ''
    return [
      {
        id,
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
