import { useState } from 'preact/hooks'
import { openAlerts } from '../lib/desk.ts'
import { words } from '../lib/i18n.ts'
import { useResource } from '../lib/resource.ts'
import type { AlertSummary, Page } from '../lib/types.ts'
import { AlertTable } from '../parts/AlertTable.tsx'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { AllStop } from './AllStop.tsx'

const DAY_MS = 86_400_000

/** What is being sent, and what ended within a day: corrections start from here. */
export function Sending() {
  const { frame, situation } = words()
  useModeOfPage(frame.sending)
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString())
  const ended = useResource<Page<AlertSummary>>(
    `/v1/alerts?state=sent,stopped,expired&since=${encodeURIComponent(since)}&limit=100`,
    10_000,
  ).data.value?.items
  const sending = openAlerts.value?.filter(({ state }) => state === 'sending' || state === 'paused')
  return (
    <div class="stack">
      <h1>{frame.sending}</h1>
      <section class="card">
        {sending === undefined ? (
          <Waiting what={frame.sending} />
        ) : sending.length === 0 ? (
          <Empty>{situation.sendingNone}</Empty>
        ) : (
          <AlertTable of={sending} />
        )}
      </section>
      {sending !== undefined && <AllStop sending={sending.length} />}
      <section class="card">
        <h2>{situation.ended}</h2>
        {ended === undefined ? (
          <Waiting what={situation.ended} />
        ) : ended.length === 0 ? (
          <Empty>{situation.endedNone}</Empty>
        ) : (
          <AlertTable of={ended} />
        )}
      </section>
    </div>
  )
}
