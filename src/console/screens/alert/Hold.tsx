import { useEffect, useRef } from 'preact/hooks'
import { serverNow } from '../../lib/connection.ts'
import { clock, count, countdown, words } from '../../lib/i18n.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { isIn } from '../../lib/session.ts'
import type { Alert } from '../../lib/types.ts'
import { lazy } from '../../parts/lazy.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { useMoves } from './acts.ts'
import { titleOf } from '../../lib/title.ts'

const BrokeGlass = lazy(async () => (await import('../../parts/BrokeGlass.tsx')).BrokeGlass)

/** Seconds in which nothing leaves. The server counts them; what stands here only says how many are left. */
export function Hold({ alert, refresh }: { alert: Alert; refresh: () => Promise<void> }) {
  const { alerts, approve } = words()
  const moves = useMoves(alert.id, refresh)
  const stopButton = useRef<HTMLButtonElement>(null)
  const left = Math.max(0, Math.ceil((Date.parse(alert.holdUntil ?? '') - serverNow.value) / 1000))
  const recipients = alert.recipients ?? 0
  const phones = alerts.phones(recipients, count(recipients))
  const stop = () => void moves.make('stop')
  useHotkeys({ 'alt+shift+s': stop })
  useEffect(() => stopButton.current?.focus(), [])
  return (
    <section class="hold card" aria-labelledby="hold-title">
      <h1 id="hold-title">
        {alert.mode === 'live' ? approve.holdTitle(phones) : approve.holdTitleExercise(phones)}
      </h1>
      <p>
        <strong>{titleOf(alert)}</strong>
      </p>
      {alert.brokeGlass && <BrokeGlass alert={alert} />}
      <p class="hold-count" aria-hidden="true">
        {countdown(left)}
      </p>
      <p role="status">
        {left > 0 ? approve.holdText(clock(alert.holdUntil ?? '')) : approve.holdOver}
      </p>
      {isIn('author', 'approver') && (
        <button ref={stopButton} type="button" class="button stops hold-stop" onClick={stop}>
          {moves.under === 'stop' ? approve.stopping : approve.holdStop}
        </button>
      )}
      {moves.isInDoubt && (
        <Notice kind="warn" urgent>
          <p>{approve.stopDoubt}</p>
        </Notice>
      )}
      <ProblemNotice problem={moves.problem} />
    </section>
  )
}
