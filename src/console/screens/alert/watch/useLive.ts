import { useEffect, useRef, useState } from 'preact/hooks'
import { serverNow } from '../../../lib/connection.ts'
import { type Figures, figuresAge, useFigures } from '../../../lib/stream.ts'
import type { Alert, Outcomes } from '../../../lib/types.ts'
import { extended, joined, meanRate, type Point, withReading } from './series.ts'

export interface Live {
  readonly figures: Figures | undefined
  readonly points: readonly Point[]
  /** SMS a second, the mean of five seconds. */
  readonly rate: number | undefined
  readonly isFrozen: boolean
  freeze(): void
  /** Seconds; 0 while the figures are live. */
  readonly age: number
}

/** The figures as they come, unless one has asked them to stand still, and the line that they draw. */
export function useLive(alert: Alert, outcomes: Outcomes | undefined): Live {
  const latest = useFigures(alert.id).value
  const [frozen, setFrozen] = useState<Figures>()
  const seen = useRef<readonly Point[]>([])
  const readings = useRef<ReturnType<typeof withReading>>([])
  const figures = frozen ?? latest
  const since = startOf(alert)

  useEffect(() => {
    if (latest === undefined || frozen !== undefined) return
    const seconds = (serverNow.peek() - since) / 1000
    const { progress, tally } = latest
    const { delivered, segmentsSubmitted: segments } = progress
    const point = { seconds, sent: sentOf(progress), delivered, replied: tally.replied }
    if (seconds >= 0) seen.current = extended(seen.current, point)
    readings.current = withReading(readings.current, { at: latest.at, segments })
  }, [latest, frozen])

  const delay = (since - Date.parse(alert.dispatchedAt ?? '')) / 1000
  const before = (outcomes?.curve ?? []).map(({ seconds, submitted, delivered, answered }) => ({
    seconds: seconds - delay,
    sent: submitted,
    delivered,
    replied: answered,
  }))
  return {
    figures,
    points: joined(
      before.filter(({ seconds }) => seconds >= 0),
      seen.current,
    ),
    rate: latest && meanRate(readings.current, latest.at),
    isFrozen: frozen !== undefined,
    freeze: () => setFrozen(frozen === undefined ? latest : undefined),
    age: figuresAge.value,
  }
}

/** When its first message could leave, ms since 1970. */
export function startOf({ dispatchedAt, holdUntil }: Alert): number {
  return Date.parse(holdUntil ?? dispatchedAt ?? '')
}

/** Handed to a carrier, or it may have been. */
export function sentOf({ recipients, queued, cancelled, expired }: Figures['progress']): number {
  return recipients - queued - cancelled - expired
}
