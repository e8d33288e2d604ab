import { openAlerts } from '../lib/desk.ts'
import { words } from '../lib/i18n.ts'
import { AlertTable } from '../parts/AlertTable.tsx'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Waiting } from '../parts/Waiting.tsx'

/** What waits for a second person, the oldest first. */
export function Approvals() {
  const { frame, situation } = words()
  useModeOfPage(frame.approvals)
  const waiting = openAlerts.value
    ?.filter(({ state }) => state === 'submitted' || state === 'approved')
    .toSorted((a, b) => (a.sent ?? '').localeCompare(b.sent ?? ''))
  return (
    <>
      <div class="screen-head">
        <h1>{frame.approvals}</h1>
      </div>
      <section class="card">
        {waiting === undefined ? (
          <Waiting what={frame.approvals} />
        ) : waiting.length === 0 ? (
          <Empty>{situation.approvalsNone}</Empty>
        ) : (
          <AlertTable of={waiting} />
        )}
      </section>
    </>
  )
}
