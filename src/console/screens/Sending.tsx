import { openAlerts } from '../lib/desk.ts'
import { useEnded } from '../lib/ended.ts'
import { words } from '../lib/i18n.ts'
import { AlertTable } from '../parts/AlertTable.tsx'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { AllStop } from './AllStop.tsx'

/** What is being sent, and what ended within a day: corrections start from here. */
export function Sending() {
  const { frame, situation } = words()
  useModeOfPage(frame.sending)
  const ended = useEnded('sent,stopped,expired', { most: 100, everyMs: 10_000 })
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
