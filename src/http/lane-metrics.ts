/**
 * What the dispatchers do, for /metrics. They are other processes, on other machines perhaps: each lane's report,
 * once a second, is a row, and these are the rows of those that live. Counters rise for as long as the dispatcher
 * that they name lives. Labels are ids of carriers and dispatchers and words of ours, nothing else.
 */
import { Counter, Gauge, Registry } from 'prom-client'
import { readStalls, STALL_REASONS } from '../reports/stalls.ts'
import type { Database } from '../store/database.ts'
import { readLinks, type LaneFigures, type LaneTotals, type LiveLink } from '../store/links.ts'
import { countOrphanReceipts, countPossibleDuplicates, readPaces } from '../store/lane-metrics.ts'

type Numbers = Exclude<keyof LaneFigures, keyof LaneTotals | 'alerts' | 'isResting'>

const COUNTERS: Record<keyof LaneTotals, readonly [name: string, help: string]> = {
  submittedMessages: ['submitted_messages_total', 'Messages handed to the carrier'],
  submittedSegments: ['submitted_segments_total', 'Segments handed to the carrier'],
  acceptedMessages: ['accepted_messages_total', 'Messages that the carrier took'],
  acceptedSegments: ['accepted_segments_total', 'Segments of the messages that it took'],
  throttled: ['throttled_total', 'Messages refused for coming too fast'],
  retried: ['retried_total', 'Messages refused or lost, to be tried again'],
  failed: ['failed_total', 'Messages refused for good'],
  uncertain: ['uncertain_total', 'Messages that may have been taken and were never answered'],
  receipts: ['receipts_total', 'Receipts that came'],
  orphans: ['orphan_receipts_total', 'Receipts that came before the message id that they name'],
  replies: ['replies_total', 'Replies that came'],
  batches: ['batches_total', 'Batches of results written'],
  batchSeconds: ['batch_seconds_total', 'Time to write them'],
  faults: ['faults_total', 'Turns that came to no end, for the database or another reason'],
}

const GAUGES: Record<Numbers, readonly [name: string, help: string]> = {
  window: ['window_segments', 'Segments that may be unanswered at once'],
  inFlight: ['in_flight_segments', 'Segments unanswered'],
  room: ['room_segments', 'Segments that the window takes now'],
  waiting: ['waiting_recipients', 'Recipients claimed and not marked to leave'],
  marked: ['marked_recipients', 'Recipients marked to leave that have not left'],
  exposure: ['exposure_recipients', 'Recipients marked and not recorded'],
  ranges: ['ranges', 'Ranges held'],
  leaseAge: ['lease_age_seconds', 'Time since the oldest lease was renewed'],
  batchSecondsLast: ['batch_seconds', 'Time to write the latest batch of results'],
  clockAhead: ['clock_ahead_seconds', "By how much the machine's clock is ahead of the database's"],
  faultsLately: ['faults_lately', 'Faults of the second before the report'],
}

const LANE = ['carrier', 'dispatcher'] as const

/** Prometheus text; where the database is away, that alone. */
export async function laneMetrics(db: Database): Promise<string> {
  const registry = new Registry()
  const reachable = new Gauge({
    name: 'tocsin_database_reachable',
    help: 'Whether the database answered, and so what follows is known',
    registers: [registry],
  })
  try {
    await fill(registry, db)
    reachable.set(1)
  } catch {
    registry.clear()
    registry.registerMetric(reachable)
    reachable.set(0)
  }
  return registry.metrics()
}

async function fill(registry: Registry, db: Database): Promise<void> {
  const [links, paces, duplicates, orphans, stalls] = await Promise.all([
    readLinks(db),
    readPaces(db),
    countPossibleDuplicates(db),
    countOrphanReceipts(db),
    readStalls(db, undefined),
  ])
  fillLanes(registry, links)
  const gaugeOf = (name: string, help: string, label: string) =>
    new Gauge({ name: `tocsin_${name}`, help, labelNames: [label], registers: [registry] })
  const factor = gaugeOf(
    'pace_factor',
    'Share of its rate that the carrier lets through',
    'carrier',
  )
  for (const pace of paces) factor.set({ carrier: pace.carrierId }, pace.factor)
  new Gauge({
    name: 'tocsin_possible_duplicates',
    help: 'Recipients that may have got their message twice, of all alerts kept',
    registers: [registry],
  }).set(duplicates)
  const waiting = gaugeOf('orphan_receipts', 'Receipts that wait for their message id', 'carrier')
  for (const { carrierId: carrier, count } of orphans) waiting.set({ carrier }, count)
  const stalled = gaugeOf('stalled_alerts', 'Alerts of which nothing leaves, by reason', 'reason')
  for (const reason of STALL_REASONS) {
    stalled.set({ reason }, stalls.filter(stall => stall.reason === reason).length)
  }
}

function fillLanes(registry: Registry, links: readonly LiveLink[]): void {
  const registers = [registry]
  const bound = new Gauge({
    name: 'tocsin_lane_bound',
    help: 'Whether a bind is up',
    labelNames: LANE,
    registers,
  })
  const resting = new Gauge({
    name: 'tocsin_lane_resting',
    help: 'Whether the carrier is left alone for a while, for it refused too much',
    labelNames: LANE,
    registers,
  })
  const lanes = links.flatMap(({ carrierId, dispatcherId, state, figures }) =>
    figures === null
      ? []
      : [{ labels: { carrier: carrierId, dispatcher: dispatcherId }, state, figures }],
  )
  for (const { labels, state, figures } of lanes) {
    bound.set(labels, state === 'unbound' ? 0 : 1)
    resting.set(labels, figures.isResting ? 1 : 0)
  }
  for (const [figure, [name, help]] of entriesOf(COUNTERS)) {
    const counter = new Counter({ name: `tocsin_lane_${name}`, help, labelNames: LANE, registers })
    for (const { labels, figures } of lanes) counter.inc(labels, figures[figure])
  }
  for (const [figure, [name, help]] of entriesOf(GAUGES)) {
    const gauge = new Gauge({ name: `tocsin_lane_${name}`, help, labelNames: LANE, registers })
    for (const { labels, figures } of lanes) gauge.set(labels, figures[figure])
  }
}

const entriesOf = <Key extends string, Value>(record: Record<Key, Value>) =>
  Object.entries(record) as [Key, Value][]
