/**
 * SMPP times (3.4 §7.1.1): `YYMMDDhhmmsstnnp`, where p is `+` or `-` for an absolute time whose zone lies nn
 * quarters of an hour from UTC, or `R` for a time from now.
 */

// The message centre reads months and years of a relative time by its own calendar, so none are written.
const MAX_SECONDS = 30 * 24 * 3600 + 24 * 3600 - 1

/**
 * The relative form, 16 characters. Relative because the message centre's clock may be wrong. Rounded down and
 * never below a second, so that nothing is delivered later than asked; over 30 days counts as 30.
 */
export function relativeValidity(milliseconds: number): string {
  const seconds = Math.min(MAX_SECONDS, Math.max(1, Math.floor(milliseconds / 1000)))
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const days = two(seconds / 86_400)
  const time = two((seconds / 3600) % 24) + two((seconds / 60) % 60) + two(seconds % 60)
  return `0000${days}${time}000R`
}

/** The absolute form, in UTC, for message centres that take no other. Rounded down to the second. */
export function absoluteValidity(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T')
  return `${date.slice(2).replaceAll('-', '')}${time.slice(0, 8).replaceAll(':', '')}000+`
}

/** Epoch milliseconds that either form means at `now`; undefined where it is neither. */
export function parseValidity(validityPeriod: string, now: number): number | undefined {
  const match = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+R-])$/.exec(validityPeriod)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second, tenth, quarters] = match
    .slice(1, 9)
    .map(Number) as [number, number, number, number, number, number, number, number]
  const direction = match[9]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (direction === 'R') {
    const days = year * 365 + month * 30 + day
    return now + (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
  }
  if (month < 1 || month > 12 || quarters > 48) return undefined
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second, tenth * 100)
  if (new Date(local).getUTCDate() !== day) return undefined
  return local - (direction === '+' ? 1 : -1) * quarters * 15 * 60_000
}
