import { encodeText, type EncodedText, type TokenShape } from './segments.ts'

/**
 * A link of the recipient's own in a text: `{link}` stands for it in what is written and signed. All tokens are as long
 * as each other and made of letters, digits, `-` and `_`, each one septet of GSM-7 and one UTF-16 unit: so a text takes
 * as many segments as were counted when it was signed, whoever gets it.
 */

const MARK = '{link}'
/** 15 octets in base64url. */
export const TOKEN_LENGTH = 20
const ANY_TOKEN = 'A'.repeat(TOKEN_LENGTH)

/** How often a text asks for it. */
export function countLinks(sms: string): number {
  return sms.split(MARK).length - 1
}

/** @param base where links lead, without a slash at the end */
export function withLink(sms: string, base: string, token: string): string {
  return sms.replace(MARK, () => `${base}/a/${token}`)
}

/** As long as it is for anybody. @param base undefined: braces are braces */
export function asMeasured(sms: string, base: string | undefined): string {
  return base === undefined ? sms : withLink(sms, base, ANY_TOKEN)
}

/** What a text with a link is for everybody; its segments are those of anybody's. */
export function tokenShape(sms: string, base: string): TokenShape {
  return {
    letters: encodeText(withLink(sms, base, ANY_TOKEN)),
    underscores: encodeText(withLink(sms, base, '_'.repeat(TOKEN_LENGTH))),
  }
}

/** One recipient's text. Nothing is encoded anew: a link that knows the shape writes the token into its place. */
export function withToken(
  shape: TokenShape,
  sms: string,
  base: string,
  token: string,
): EncodedText {
  return {
    ...shape.letters,
    get text() {
      return withLink(sms, base, token)
    },
    own: { shape, token },
  }
}
