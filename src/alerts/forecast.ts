/**
 * Who will send how much, and how long it takes, when every carrier pulls what it may take until nothing is left.
 *
 * Work comes in route classes, each of which some carriers serve. Take a set of carriers: what only they serve
 * takes them at least its segments divided by their rates together. The set for which that is longest is the
 * bottleneck: its carriers are busy to the end, and the others, who finish sooner, share out the rest by the
 * same rule. (Max-flow = min-cut, with the cuts enumerated: carriers that serve the same are one.)
 */

export interface ForecastCarrier {
  readonly id: string
  /** Segments a second. */
  readonly rate: number
  readonly serves: (routeClass: string) => boolean
}

export interface ForecastDemand {
  readonly routeClass: string
  readonly recipients: number
  readonly segments: number
}

export interface Forecast {
  /** Recipients by carrier, whole numbers. */
  readonly recipients: ReadonlyMap<string, number>
  /** Recipients that no carrier serves. */
  readonly unserved: number
  /** Until the last segment of those that are served. */
  readonly seconds: number
}

interface Team {
  readonly carriers: readonly ForecastCarrier[]
  readonly rate: number
}

/** Past this many different sets of routes the carriers are taken together: an estimate is not worth 2^16 cuts. */
const MAX_TEAMS = 12

export function forecastSending(
  carriers: readonly ForecastCarrier[],
  demands: readonly ForecastDemand[],
): Forecast {
  const served = demands.filter(({ routeClass }) => carriers.some(c => c.serves(routeClass)))
  const recipients = new Map(carriers.map(({ id }) => [id, 0]))
  let teams = teamsOf(carriers, served)
  let left = served.filter(({ segments }) => segments > 0)
  let seconds = 0
  while (left.length > 0 && teams.length > 0) {
    const { busy, mine, time } = bottleneck(teams, left)
    seconds = Math.max(seconds, time)
    share(busy, mine, recipients)
    teams = teams.filter(team => !busy.includes(team))
    left = left.filter(demand => !mine.includes(demand))
  }
  const total = (list: readonly ForecastDemand[]) =>
    list.reduce((sum, demand) => sum + demand.recipients, 0)
  return { recipients, unserved: total(demands) - total(served), seconds }
}

/** Carriers that serve the same classes act as one. */
function teamsOf(
  carriers: readonly ForecastCarrier[],
  demands: readonly ForecastDemand[],
): readonly Team[] {
  const alike = new Map<string, ForecastCarrier[]>()
  for (const carrier of carriers) {
    const key = demands.map(demand => (carrier.serves(demand.routeClass) ? '1' : '0')).join('')
    if (key.includes('1')) alike.set(key, [...(alike.get(key) ?? []), carrier])
  }
  const groups = alike.size > MAX_TEAMS ? [[...alike.values()].flat()] : [...alike.values()]
  return groups.map(group => ({
    carriers: group,
    rate: group.reduce((sum, carrier) => sum + carrier.rate, 0),
  }))
}

function bottleneck(teams: readonly Team[], demands: readonly ForecastDemand[]) {
  const servers = demands.map(({ routeClass }) =>
    teams.reduce(
      (mask, { carriers }, i) =>
        carriers.some(c => c.serves(routeClass)) ? mask | (1 << i) : mask,
      0,
    ),
  )
  let cut = { mask: 0, time: -1 }
  for (let mask = 1; mask < 1 << teams.length; mask++) {
    const segments = demands.reduce(
      (sum, demand, i) => ((servers[i] ?? 0) & ~mask ? sum : sum + demand.segments),
      0,
    )
    const rate = teams.reduce((sum, team, i) => (mask & (1 << i) ? sum + team.rate : sum), 0)
    // Of equal cuts the larger: all its carriers are busy to the end.
    if (segments / rate >= cut.time) cut = { mask, time: segments / rate }
  }
  return {
    busy: teams.filter((_team, i) => cut.mask & (1 << i)),
    mine: demands.filter((_demand, i) => !((servers[i] ?? 0) & ~cut.mask)),
    time: cut.time,
  }
}

/** By rate, in whole recipients: the largest remainders are rounded up. */
function share(
  busy: readonly Team[],
  demands: readonly ForecastDemand[],
  recipients: Map<string, number>,
): void {
  const carriers = busy.flatMap(team => team.carriers)
  const rate = carriers.reduce((sum, carrier) => sum + carrier.rate, 0)
  const total = demands.reduce((sum, demand) => sum + demand.recipients, 0)
  const parts = carriers
    .map(({ id, rate: own }) => ({ id, exact: (total * own) / rate }))
    .toSorted((a, b) => (b.exact % 1) - (a.exact % 1))
  let over = total - parts.reduce((sum, part) => sum + Math.floor(part.exact), 0)
  for (const { id, exact } of parts) {
    recipients.set(id, (recipients.get(id) ?? 0) + Math.floor(exact) + (over-- > 0 ? 1 : 0))
  }
}
