import { createHmac } from 'node:crypto'

/** A webhook's body and headers as Twilio would send them to `url`. */
export function signedForm(
  url: string,
  token: string,
  form: Readonly<Record<string, string>>,
): { readonly text: string; readonly headers: Readonly<Record<string, string>> } {
  const said = Object.entries(form)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('')
  return {
    text: new URLSearchParams(form).toString(),
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': createHmac('sha1', token)
        .update(url + said)
        .digest('base64'),
    },
  }
}
