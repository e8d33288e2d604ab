/** Times as a clock on the organisation's wall shows them: `2026-11-29T15:40`, whatever zone the browser is in. */
import { timeZone } from './i18n.ts'

export function wallClockOf(instant: string, zone = timeZone.value): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...(zone !== undefined && { timeZone: zone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(instant))
  const part = (type: string) => parts.find(one => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}

/**
 * The instant that a wall clock shows; of an hour that comes twice in autumn one of the two, of one that is left out in
 * spring the hour after.
 *
 * @returns RFC 3339; undefined for what is no time
 */
export function instantOf(wallClock: string, zone = timeZone.value): string | undefined {
  const asIfUtc = Date.parse(`${wallClock}Z`)
  if (Number.isNaN(asIfUtc)) return undefined
  let instant = asIfUtc
  // Twice, for the first guess may lie on the other side of a change of the clocks.
  for (let turn = 0; turn < 2; turn++) {
    const shown = Date.parse(`${wallClockOf(new Date(instant).toISOString(), zone)}Z`)
    instant += asIfUtc - shown
  }
  return new Date(instant).toISOString()
}
