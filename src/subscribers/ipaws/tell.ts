/** Tells an alert's operators and the trail what has become of its posts. */
import { findAlert } from '../../store/alerts.ts'
import { dropAlarm, raiseAlarm } from '../../store/alarms.ts'
import { recordAudit } from '../../store/audit.ts'
import type { Database } from '../../store/database.ts'
import {
  type AlertPost,
  alertPosts,
  type ClaimedNotice,
  type NoticeState,
  type Settlement,
} from '../../store/notices.ts'
import { refusingChannels } from './outcome.ts'

const ALARMS: Readonly<Partial<Record<NoticeState, string>>> = {
  waiting: 'aggregator_waiting',
  partial: 'aggregator_refused',
  failed: 'aggregator_refused',
  unknown: 'aggregator_unknown',
}

const ACTIONS: Readonly<Record<NoticeState, string>> = {
  waiting: 'subscriber.postDelayed',
  delivered: 'subscriber.posted',
  partial: 'subscriber.postedInPart',
  failed: 'subscriber.postRefused',
  unknown: 'subscriber.postUnknown',
  cancelled: 'subscriber.postWithdrawn',
}

type Told = Pick<ClaimedNotice, 'subscriberId' | 'noticeId' | 'alertId' | 'attempts'>

/** In the transaction that settles it, as its last step. */
export async function tellOfPost(
  tx: Database,
  { subscriberId, noticeId, alertId, attempts }: Told,
  { state, status, fault, outcome, isPutOff }: Settlement,
): Promise<void> {
  if (isPutOff === true || alertId === null) return
  await setAlarms(tx, alertId)
  // That it still waits is told once.
  if (state === 'waiting' && attempts > 1) return
  await recordAudit(tx, {
    operatorId: null,
    action: ACTIONS[state],
    subject: subscriberId,
    detail: {
      alertId,
      noticeId,
      status,
      fault,
      channels:
        outcome?.channels.map(({ channel, code, error }) => ({ channel, code, error })) ?? [],
      pointers: outcome?.faults.map(({ pointer }) => pointer) ?? [],
    },
  })
}

/** As the posts of the alert stand now, at every aggregator. */
async function setAlarms(tx: Database, alertId: string): Promise<void> {
  const posts = await alertPosts(tx, alertId)
  const tried = posts.filter(({ state, attempts }) => state !== 'waiting' || attempts > 0)
  const raised = (await findAlert(tx, alertId))?.alarms as readonly { code: string }[] | undefined
  for (const code of new Set(Object.values(ALARMS))) {
    const meant = tried.filter(({ state }) => ALARMS[state] === code)
    if (raised?.some(alarm => alarm.code === code) === true) await dropAlarm(tx, alertId, code)
    if (meant.length > 0)
      await raiseAlarm(tx, alertId, { code, detail: meant.map(said).join('; ') })
  }
}

function said({ description, fault, outcome }: AlertPost): string {
  const channels = refusingChannels(outcome?.channels ?? [])
  const why = channels === '' ? fault : channels
  return why === null ? description : `${description}: ${why}`
}
