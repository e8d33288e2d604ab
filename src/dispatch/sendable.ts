import { priorityOf } from '../alerts/priority.ts'
import { verifyForSending } from '../alerts/verify.ts'
import { letterOf } from '../cap/letter.ts'
import { encodeText } from '../encoding/segments.ts'
import type { Database } from '../store/database.ts'
import { textExpiry } from './expiry.ts'
import type { SendableAlert } from './work.ts'

export interface SendableAlerts {
  /**
   * Verifies an alert's signatures over its stored bytes, once in this process, and encodes its texts.
   *
   * @throws AppError `integrity_violation`, `signature_key_revoked`
   */
  load(alertId: string): Promise<SendableAlert>
  /** The alert has ended. */
  forget(alertId: string): void
}

export function createSendableAlerts(db: Database, now: () => Date): SendableAlerts {
  const loaded = new Map<string, Promise<SendableAlert>>()

  const read = async (alertId: string): Promise<SendableAlert> => {
    const content = await verifyForSending(db, alertId)
    return {
      id: alertId,
      priority: priorityOf(content),
      delivery: content.delivery,
      emergency: content.emergency,
      texts: new Map(
        content.texts.map(text => [
          text.no,
          {
            encoded: encodeText(text.sms),
            expiresAt: textExpiry(text, now()).getTime(),
            letter: letterOf(content, text.no),
          },
        ]),
      ),
    }
  }

  return {
    load(alertId) {
      let alert = loaded.get(alertId)
      if (alert === undefined) {
        alert = read(alertId)
        loaded.set(alertId, alert)
        alert.catch(() => loaded.delete(alertId))
      }
      return alert
    },
    forget: alertId => void loaded.delete(alertId),
  }
}
