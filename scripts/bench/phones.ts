/** Numbers that no person has. */
export function phoneOf(no: number): string {
  return `+1555${String(no).padStart(7, '0')}`
}

/** As `phone_key` says it in the database. */
export function phoneKeyOf(no: number): bigint {
  const digits = phoneOf(no).slice(1)
  return BigInt(digits.padEnd(15, '0')) * 16n + BigInt(digits.length)
}
