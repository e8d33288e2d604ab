import { serverNow } from '../../../lib/connection.ts'
import { clock, count, words } from '../../../lib/i18n.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Progress } from '../../../lib/types.ts'
import { Notice } from '../../../parts/Notice.tsx'

/** What each carrier is booked for, SMS a second, by its id. */
type Capacity = ReadonlyMap<string, number>

const ASK_AGAIN_MS = 15_000

export function useCapacity(): Capacity {
  const carriers = useResource<{ items: { id: string; segmentsPerSecond: number }[] }>(
    '/v1/carriers?limit=1000',
    ASK_AGAIN_MS,
  ).data.value
  return new Map((carriers?.items ?? []).map(one => [one.id, one.segmentsPerSecond]))
}

export function Rate({ rate, capacity }: { rate: number | undefined; capacity: Capacity }) {
  const { watching } = words()
  if (rate === undefined) return null
  const all = [...capacity.values()].reduce((sum, one) => sum + one, 0)
  const now = count(Math.round(rate))
  return <span>{all === 0 ? watching.rateAlone(now) : watching.rate(now, count(all))}</span>
}

/** A carrier that is down or refuses for speed, while others carry on, and when all will be out at this pace. */
export function SlowCarriers({
  progress: { byCarrier, etaSeconds, queued, state },
  capacity,
}: {
  progress: Progress
  capacity: Capacity
}) {
  const { watching } = words()
  if (state !== 'sending' || queued === 0) return null
  const slow = byCarrier.filter(one => one.state === 'throttled' || one.state === 'unbound')
  const taken = ({ carrierId, perSecond }: Progress['byCarrier'][number]) => {
    const booked = capacity.get(carrierId)
    return booked === undefined ? '' : watching.takes(count(perSecond), count(booked))
  }
  if (slow.length === 0) return null
  return (
    <Notice kind="warn">
      {slow.map(one => (
        <p key={one.carrierId}>
          <strong>
            {one.state === 'unbound' ? watching.isDown(one.name) : watching.isSlow(one.name)}
          </strong>{' '}
          {one.state === 'throttled' && taken(one)}
        </p>
      ))}
      {etaSeconds !== null && (
        <p>{watching.allOutAt(clock(serverNow.value + etaSeconds * 1000))}</p>
      )}
    </Notice>
  )
}
