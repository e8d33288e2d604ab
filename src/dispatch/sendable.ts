import { priorityOf } from '../alerts/priority.ts'
import { verifyForSending } from '../alerts/verify.ts'
import { letterOf } from '../cap/letter.ts'
import type { AlertContent } from '../cap/content.ts'
import { trafficOf } from '../carriers/traffic.ts'
import {
  asMeasured,
  countLinks,
  tokenShape,
  withLink,
  withToken,
} from '../encoding/recipient-link.ts'
import { encodeText } from '../encoding/segments.ts'
import { makeRecipientToken, recipientTokenKey } from '../signing/recipient-token.ts'
import { findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { textExpiry } from './expiry.ts'
import type { Personal, SendableAlert } from './work.ts'

export interface SendableAlerts {
  /**
   * Verifies an alert's signatures over its stored bytes, once in this process, and encodes its texts.
   *
   * @throws AppError `integrity_violation`, `signature_key_revoked`
   */
  load(alertId: string): Promise<SendableAlert>
  /** Alerts that are in memory now. */
  loaded(): string[]
  /** The alert has ended. */
  forget(alertId: string): void
}

/** Undefined for a text without a link. */
function personalOf(
  content: AlertContent,
  no: number,
  token: (seq: number) => string,
): Personal | undefined {
  const { link, texts } = content
  const sms = texts[no]?.sms ?? ''
  if (link === undefined || countLinks(sms) === 0) return undefined
  const letter = letterOf(content, no)
  const shape = tokenShape(sms, link.base)
  return {
    text: seq => withToken(shape, sms, link.base, token(seq)),
    letter: seq => ({ ...letter, body: withLink(letter.body, link.base, token(seq)) }),
  }
}

export function createSendableAlerts(
  db: Database,
  masterKey: Uint8Array,
  now: () => Date,
): SendableAlerts {
  const key = recipientTokenKey(masterKey)
  const loaded = new Map<string, Promise<SendableAlert>>()

  const read = async (alertId: string): Promise<SendableAlert> => {
    const content = await verifyForSending(db, alertId)
    const alertNo = content.link && (await findAlert(db, alertId))?.linkNo
    const token =
      alertNo === undefined
        ? undefined
        : (seq: number) => makeRecipientToken(key, { alertNo, alertId, seq })
    return {
      id: alertId,
      traffic: trafficOf(content),
      priority: priorityOf(content),
      delivery: content.delivery,
      emergency: content.emergency,
      texts: new Map(
        content.texts.map(text => [
          text.no,
          {
            encoded: encodeText(asMeasured(text.sms, content.link?.base)),
            personal: token && personalOf(content, text.no, token),
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
    loaded: () => [...loaded.keys()],
    forget: alertId => void loaded.delete(alertId),
  }
}
