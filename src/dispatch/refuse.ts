import { recordRefusal } from '../alerts/end.ts'
import { isAppError, type AppError } from '../errors.ts'
import { log } from '../log.ts'
import { transact, type Database } from '../store/database.ts'
import { refuseAlert } from '../store/finish.ts'

/** Whether an error means that the alert must not be sent, and not that something is away for a while. */
export function isRefusal(error: unknown): error is AppError {
  return isAppError(error) && error.code !== 'timeout' && error.code !== 'unavailable'
}

/** Stops an alert that is not, or no longer, what was signed; its alarm and its history say why. */
export async function refuseToSend(
  db: Database,
  alertId: string,
  { code, message: detail }: AppError,
  now: Date,
): Promise<void> {
  log.error({ alertId, code }, 'refused to send')
  await transact(db, async tx => {
    if (await refuseAlert(tx, alertId, { code, detail }))
      await recordRefusal(tx, alertId, code, now)
  })
}
