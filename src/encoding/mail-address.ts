const ATOM = String.raw`[A-Za-z0-9!#$%&'*+/=?^_\x60{|}~-]+`
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const ADDRESS = new RegExp(String.raw`^(${ATOM}(?:\.${ATOM})*)@((?:${LABEL}\.)+${LABEL})$`)

/**
 * Whether an address can stand in a command and in a header as it is: a dot-string and a domain name
 * (RFC 5321 §4.1.2), within the limits of §4.5.3.1. No quoted local part, no UTF-8, and no control character, with
 * which another command or another header could begin.
 */
export function isMailAddress(text: string): boolean {
  const [, local = ''] = ADDRESS.exec(text) ?? []
  return local !== '' && local.length <= 64 && text.length <= 254
}

/** Of an address that `isMailAddress` takes. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** The address as it is kept, its domain in lower case; undefined where it is none. Case tells mailboxes apart (§2.4). */
export function normaliseMailAddress(text: string): string | undefined {
  if (!isMailAddress(text)) return undefined
  const domain = domainOf(text)
  return text.slice(0, -domain.length) + domain.toLowerCase()
}
