/** One spelling for one mailbox: NFKC and lower case, so that look-alike encodings are one account. */
export function normaliseEmail(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase()
}
