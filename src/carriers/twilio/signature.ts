import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * X-Twilio-Signature: HMAC-SHA1 under the account's token of the URL and, behind it, the names and values of a
 * form's parameters in the order of their names. A body of another type is signed by its SHA-256 in the URL's query.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export interface Signed {
  /** As it was called, query included. */
  readonly url: string
  /** Of a form, as they came; undefined for any other body. */
  readonly form: readonly (readonly [name: string, value: string])[] | undefined
  readonly body: Buffer
}

/** @param tokens any of them may have signed it, for one may be about to replace another */
export function isSignedByTwilio(
  signature: string,
  { url, form, body }: Signed,
  tokens: readonly string[],
): boolean {
  const isWhole = form !== undefined || isSame(bodyHashIn(url), sha256(body))
  const parameters = textOf(form ?? [])
  const candidates = tokens.flatMap(token =>
    spellingsOf(url).map(spelling =>
      createHmac('sha1', token).update(`${spelling}${parameters}`).digest('base64'),
    ),
  )
  // All are compared, so that the time tells nothing.
  return candidates.filter(candidate => isSame(signature, candidate)).length > 0 && isWhole
}

/** By name, and those of one name by value; what comes twice counts once, as Twilio's own library has it. */
function textOf(form: NonNullable<Signed['form']>): string {
  const pairs = [...new Set(form.map(pair => JSON.stringify(pair)))]
    .map(pair => JSON.parse(pair) as [string, string])
    .toSorted(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
  return pairs.map(([name, value]) => name + value).join('')
}

/** By UTF-16 units, as JavaScript sorts. */
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Twilio signs the standard port of a scheme sometimes spelt out and sometimes not. */
function spellingsOf(url: string): readonly string[] {
  const [, scheme = '', host = '', port, rest = ''] =
    /^(https?):\/\/([^/?#]*?)(?::(\d+))?([/?].*)?$/.exec(url) ?? []
  const standard = scheme === 'https' ? '443' : '80'
  if (port !== undefined && port !== standard) return [url]
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}:${standard}${rest}`]
}

function bodyHashIn(url: string): string {
  return new URL(url).searchParams.get('bodySHA256')?.toLowerCase() ?? ''
}

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex')

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
