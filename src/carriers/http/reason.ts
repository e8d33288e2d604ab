/** A gateway's code as a reason. What is longer, or has as many digits in a row as a phone number, may tell of whom. */
export function reasonOf(code: string | undefined, otherwise: string): string {
  const isCode = code !== undefined && /^[\w .:#/-]{1,80}$/.test(code) && !/\d{7}/.test(code)
  return isCode ? code : otherwise
}
