import { type PlayedAlert, pointsOf, scoreOf, type ScoreLine } from '../exercises/score.ts'
import { type AlertRow, listAlertsOfExercise } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import type { ExerciseRow } from '../store/exercises.ts'
import { countHelpRequests } from '../store/help-requests.ts'
import { type HistoryEntry, listHistory } from '../store/history.ts'
import { timesTo } from './curve.ts'
import { countOutcomes } from './outcomes.ts'

export interface ExerciseScore {
  /** Of 100: of its alerts together; null where there are none. */
  readonly points: number | null
  readonly alerts: readonly (PlayedAlert & {
    readonly alertId: string
    readonly event: string
    readonly points: number
    readonly lines: readonly ScoreLine[]
  })[]
}

const MISTAKES = ['returned', 'rejected', 'withdrawn', 'refused', 'stopped']

/** How the people of an exercise did: each alert that was written by hand, what follows one left out. */
export async function scoreExercise(db: Database, exercise: ExerciseRow): Promise<ExerciseScore> {
  const alerts = []
  for (const alert of await listAlertsOfExercise(db, exercise.id)) {
    const played = await playedOf(db, alert, exercise)
    const lines = scoreOf(played)
    const event = alert.draft.info[0]?.event ?? ''
    alerts.push({ alertId: alert.id, event, points: pointsOf(lines), lines, ...played })
  }
  const points = alerts.length === 0 ? null : Math.round(pointsOf(alerts) / alerts.length)
  return { points, alerts }
}

async function playedOf(
  db: Database,
  alert: AlertRow,
  { startsAt }: ExerciseRow,
): Promise<PlayedAlert> {
  const { id, createdAt, dispatchedAt, firstSubmittedAt, draft } = alert
  const history = await listHistory(db, id)
  const after = (at: Date | null | undefined) =>
    at == null ? null : (at.getTime() - createdAt.getTime()) / 1000
  const lastOf = (action: string) => history.findLast(entry => entry.action === action)?.at
  const { outcomes } = await countOutcomes(db, alert)
  const { ninety } = timesTo(
    outcomes.times,
    alert.recipients ?? outcomes.total.recipients,
  ).delivered
  const sentAfter = after(dispatchedAt)
  return {
    draftedAfter: (createdAt.getTime() - startsAt.getTime()) / 1000,
    signedAfter: after(lastOf('submitted')),
    approvedAfter: after(lastOf('approved')),
    firstSentAfter: after(firstSubmittedAt),
    ninetyDeliveredAfter: ninety === null || sentAfter === null ? null : sentAfter + ninety,
    mistakes: history.filter(isMistake).map(({ action }) => action),
    prepared: {
      cancel: draft.corrections?.cancel !== undefined,
      allClear: draft.corrections?.allClear !== undefined,
    },
    help: await countHelpRequests(db, id),
  }
}

/** What the end of the window stops is nobody's mistake. */
function isMistake({ action, operatorId }: HistoryEntry): boolean {
  return MISTAKES.includes(action) && (action === 'refused' || operatorId !== null)
}
