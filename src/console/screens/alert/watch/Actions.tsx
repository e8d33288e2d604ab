import { useState } from 'preact/hooks'
import { post } from '../../../lib/api.ts'
import { useHotkeys } from '../../../lib/hotkeys.ts'
import { count, words } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { isIn } from '../../../lib/session.ts'
import type { Alert, Progress } from '../../../lib/types.ts'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { useMoves } from '../acts.ts'
import { hasStoppedItself } from './stops.ts'

/** Stop first and alone in its colour, without a question: it is the safe way. */
export function Actions({
  alert,
  progress,
  refresh,
}: {
  alert: Alert
  progress: Progress | undefined
  refresh: () => Promise<void>
}) {
  const { alerts, watching } = words()
  const moves = useMoves(alert.id, refresh)
  const [problem, setProblem] = useState<unknown>()
  // What the stream says is newer than what was asked for two seconds ago.
  const state = progress?.state ?? alert.state
  const isGoing = state === 'sending' || state === 'paused'
  const mayMove = isIn('author', 'approver')
  useHotkeys(isGoing && mayMove ? { 'alt+shift+s': () => void moves.make('stop') } : {})
  const toReplies = (
    <a class="button quiet" href={pathTo('alerts', alert.id, 'replies')}>
      {watching.replies}
    </a>
  )
  if (!mayMove) return toReplies

  const isKnown = alert.recipientsDeletedAt === null
  const isCorrection = alert.msgType === 'Cancel' || alert.reminderOf !== null
  const was = (kind: Alert['correctedBy'][number]['kind']) =>
    alert.correctedBy.some(one => one.kind === kind)
  const again = progress === undefined ? 0 : progress.failed + progress.cancelled
  const mayRetry =
    isKnown &&
    !hasStoppedItself(progress) &&
    (state === 'sent' || state === 'stopped') &&
    again > 0 &&
    alert.correctedBy.length === 0
  const update = async () => {
    try {
      const made = await post<Alert>(`/v1/alerts/${alert.id}/update`, {})
      goTo(pathTo('alerts', made.id, 'edit'))
    } catch (error) {
      setProblem(error)
    }
  }
  const retry = async () => {
    try {
      await post(`/v1/alerts/${alert.id}/retry`, {})
      await refresh()
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <div class="watch-act">
      <div class="buttons watch-actions">
        {isGoing && (
          <button
            type="button"
            class="button stops large"
            onClick={() => void moves.make('stop')}
            aria-keyshortcuts="Alt+Shift+S"
          >
            {moves.under === 'stop' ? watching.stopping : watching.stop}
          </button>
        )}
        {state === 'sending' && (
          <button type="button" class="button" onClick={() => void moves.make('pause')}>
            {moves.under === 'pause' ? watching.pausing : watching.pause}
          </button>
        )}
        {state === 'paused' && (
          <button type="button" class="button" onClick={() => void moves.make('resume')}>
            {moves.under === 'resume' ? watching.resuming : watching.resume}
          </button>
        )}
        {!isCorrection && (
          <>
            {isIn('author') && (
              <button type="button" class="button" onClick={() => void update()}>
                {watching.update}
              </button>
            )}
            {isKnown && !was('cancel') && (
              <a class="button" href={pathTo('alerts', alert.id, 'cancel')}>
                {watching.cancel}
              </a>
            )}
            {isKnown && !was('cancel') && !was('allClear') && (
              <a class="button" href={pathTo('alerts', alert.id, 'all-clear')}>
                {watching.allClear}
              </a>
            )}
          </>
        )}
        {toReplies}
        {mayRetry && (
          <button type="button" class="button quiet" onClick={() => void retry()}>
            {watching.retry(alerts.phones(again, count(again)))}
          </button>
        )}
      </div>
      {moves.isInDoubt && (
        <Notice kind="warn" urgent>
          <p>{watching.doubt}</p>
        </Notice>
      )}
      <ProblemNotice problem={problem ?? moves.problem} />
    </div>
  )
}
