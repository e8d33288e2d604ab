/**
 * Who will send how much, and how long it takes, when every carrier pulls what it may take until nothing is left.
 *
 * Work comes in route classes, each of which some carriers serve. Take a set of carriers: what only they serve
 * takes them at least its segments divided by their rates together. The set for which that is longest is the
 * bottleneck: its carriers are busy to the end, and the others, who finish sooner, share out the rest by the
 * same rule. (Max-flow = min-cut, with the cuts enumerated: carriers that serve the same are one.)
 *
 * At first only the carriers that stand first for a class take it; what is left of it when the others' turn has
 * come is shared by all (`carriers/routes.ts`). A carrier that by its weight gives a class but a part of its rate
 * counts with the mean of its parts. The start that dearer carriers leave to cheaper ones is a second, and not
 * forecast.
 */

export interface ForecastCarrier {
  readonly id: string
  /** Segments a second. */
  readonly rate: number
  /** How it takes part in a class; undefined: not at all. */
  readonly pull: (routeClass: string) => ForecastPull | undefined
}

interface ForecastPull {
  readonly isFirst: boolean
  /** Of its rate, 0 … 1. */
  readonly share: number
}

export interface ForecastDemand {
  readonly routeClass: string
  readonly recipients: number
  readonly segments: number
}

export interface Forecast {
  /** Recipients by carrier, whole numbers. */
  readonly recipients: ReadonlyMap<string, number>
  /** Segments by carrier and class. Of classes that carriers finish together each has its part by what it serves. */
  readonly segments: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Recipients that no carrier serves. */
  readonly unserved: number
  /** Until the last segment of those that are served. */
  readonly seconds: number
}

interface Server {
  readonly id: string
  readonly rate: number
  readonly serves: (routeClass: string) => boolean
}

interface Team {
  readonly carriers: readonly Server[]
  readonly rate: number
}

/** Carriers that are busy to the end with these demands, and nobody else's. */
interface Bottleneck {
  readonly busy: readonly Team[]
  readonly mine: readonly ForecastDemand[]
  readonly seconds: number
}

/** Past this many different sets of routes the carriers are taken together: an estimate is not worth 2^16 cuts. */
const MAX_TEAMS = 12

/** @param startSeconds for how long the carriers that stand first have a class to themselves */
export function forecastSending(
  carriers: readonly ForecastCarrier[],
  demands: readonly ForecastDemand[],
  startSeconds: number,
): Forecast {
  const served = demands.filter(({ routeClass }) => carriers.some(c => c.pull(routeClass)))
  const total = (list: readonly ForecastDemand[]) =>
    list.reduce((sum, demand) => sum + demand.recipients, 0)
  const unserved = total(demands) - total(served)
  const forecast = (shares: readonly Bottleneck[], seconds: number) => {
    const recipients = new Map(carriers.map(({ id }) => [id, 0]))
    const segments = new Map(carriers.map(({ id }) => [id, new Map<string, number>()]))
    for (const { busy, mine } of shares) {
      share(busy, mine, recipients)
      shareSegments(busy, mine, segments)
    }
    return { recipients, segments, unserved, seconds }
  }
  const alone = bottlenecks(serversOf(carriers, served, 'first'), served)
  const getHelp = alone.filter(
    ({ mine, seconds }) =>
      seconds > startSeconds &&
      mine.some(({ routeClass }) => carriers.some(c => c.pull(routeClass)?.isFirst === false)),
  )
  if (getHelp.length === 0) return forecast(alone, longest(alone))
  const parts = alone.flatMap(({ mine, seconds }) =>
    mine.map(demand => cutAt(demand, Math.min(1, startSeconds / seconds))),
  )
  const [early, late] = [parts.map(([before]) => before), parts.map(([, after]) => after)]
  const atFirst = bottlenecks(serversOf(carriers, early, 'first'), early)
  const then = bottlenecks(serversOf(carriers, late, 'all'), late)
  return forecast([...atFirst, ...then], startSeconds + longest(then))
}

const longest = (shares: readonly Bottleneck[]) =>
  Math.max(0, ...shares.map(({ seconds }) => seconds))

/** The part of it that is out by then, in whole recipients, and the rest. */
function cutAt(demand: ForecastDemand, part: number): [ForecastDemand, ForecastDemand] {
  const { recipients, segments } = demand
  const before = Math.round(recipients * part)
  const segmentsBefore = recipients === 0 ? segments : (segments * before) / recipients
  return [
    { ...demand, recipients: before, segments: segmentsBefore },
    { ...demand, recipients: recipients - before, segments: segments - segmentsBefore },
  ]
}

function serversOf(
  carriers: readonly ForecastCarrier[],
  demands: readonly ForecastDemand[],
  which: 'first' | 'all',
): Server[] {
  return carriers.map(({ id, rate, pull }) => {
    const takes = (routeClass: string) => {
      const mine = pull(routeClass)
      return mine !== undefined && (which === 'all' || mine.isFirst) ? mine : undefined
    }
    let [parts, segments] = [0, 0]
    for (const demand of demands) {
      const mine = takes(demand.routeClass)
      if (mine === undefined) continue
      parts += demand.segments * mine.share
      segments += demand.segments
    }
    return {
      id,
      rate: segments === 0 ? rate : (rate * parts) / segments,
      serves: routeClass => takes(routeClass) !== undefined,
    }
  })
}

function bottlenecks(servers: readonly Server[], demands: readonly ForecastDemand[]): Bottleneck[] {
  const found: Bottleneck[] = []
  let teams = teamsOf(servers, demands)
  let left = demands.filter(({ segments }) => segments > 0)
  while (left.length > 0 && teams.length > 0) {
    const next = bottleneck(teams, left)
    found.push(next)
    teams = teams.filter(team => !next.busy.includes(team))
    left = left.filter(demand => !next.mine.includes(demand))
  }
  return found
}

/** Carriers that serve the same classes act as one. */
function teamsOf(carriers: readonly Server[], demands: readonly ForecastDemand[]): readonly Team[] {
  const alike = new Map<string, Server[]>()
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

function bottleneck(teams: readonly Team[], demands: readonly ForecastDemand[]): Bottleneck {
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
    seconds: cut.time,
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

function shareSegments(
  busy: readonly Team[],
  demands: readonly ForecastDemand[],
  segments: ReadonlyMap<string, Map<string, number>>,
): void {
  const sum = (list: readonly ForecastDemand[]) => list.reduce((all, one) => all + one.segments, 0)
  const carriers = busy.flatMap(team => team.carriers)
  const rate = carriers.reduce((all, carrier) => all + carrier.rate, 0)
  for (const { id, rate: own, serves } of carriers) {
    const served = demands.filter(({ routeClass }) => serves(routeClass))
    const mine = segments.get(id)!
    for (const { routeClass, segments: wanted } of served) {
      const part = (sum(demands) * own * wanted) / (rate * sum(served))
      mine.set(routeClass, (mine.get(routeClass) ?? 0) + part)
    }
  }
}
