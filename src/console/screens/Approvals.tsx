import { openAlerts } from '../lib/desk.ts'
import { words } from '../lib/i18n.ts'
import type { AlertState } from '../lib/types.ts'
import { AlertTable } from '../parts/AlertTable.tsx'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Waiting } from '../parts/Waiting.tsx'

/** What waits for a second person, the oldest first; then what has been approved and nobody has sent. */
export function Approvals() {
  const { alerts, frame, situation } = words()
  useModeOfPage(frame.approvals)
  const oldestFirst = (wanted: AlertState) =>
    openAlerts.value
      ?.filter(({ state }) => state === wanted)
      .toSorted((a, b) => (a.sent ?? '').localeCompare(b.sent ?? ''))
  const waiting = oldestFirst('submitted')
  const approved = oldestFirst('approved') ?? []
  return (
    <div class="stack">
      <h1>{frame.approvals}</h1>
      <section class="card">
        {waiting === undefined ? (
          <Waiting what={frame.approvals} />
        ) : waiting.length === 0 ? (
          <Empty>{situation.approvalsNone}</Empty>
        ) : (
          <AlertTable of={waiting} />
        )}
      </section>
      {approved.length > 0 && (
        <section class="card">
          <h2>{alerts.state.approved}</h2>
          <AlertTable of={approved} />
        </section>
      )}
    </div>
  )
}
