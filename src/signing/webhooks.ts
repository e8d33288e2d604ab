import { createHmac, randomBytes } from 'node:crypto'

/**
 * Signatures as Standard Webhooks has them (standardwebhooks.com, "Signature scheme", v1): HMAC-SHA256 over
 * `id.timestamp.body`. By node:crypto, for the package's own HMAC is JavaScript (measured: 260 ms for the eight
 * megabytes that an alert may have, and as long nothing else is sent); in tests the package is the judge.
 */

const PREFIX = 'whsec_'
/** The standard wants 24 to 64. */
const SECRET_OCTETS = 32

export function generateWebhookSecret(): string {
  return PREFIX + randomBytes(SECRET_OCTETS).toString('base64')
}

/**
 * The three headers of a webhook.
 *
 * @param id the same at every attempt
 * @param at the attempt's own time: receivers refuse what is older than some minutes
 * @param secrets `whsec_…`; while one takes the place of another both sign
 */
export function webhookHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map(secret => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
