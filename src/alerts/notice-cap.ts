/**
 * Gives notices to subscribers the signed CAP of what they tell of.
 *
 * A notice is written in the transaction that changes the alert, and an RSA signature has no place there. So it waits,
 * unfinished, until its CAP is signed here, and only then leaves; what it says stays the same from then on. Where an
 * alert has no CAP any more (withdrawn, changed, not stored as it was signed) the notice goes without: nobody is left
 * untold. Any number of processes may do it; two that take the same notice write the same, and one of them counts.
 */
import { sleep } from '../clock.ts'
import { isAppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { findAlert } from '../store/alerts.ts'
import { type Database, isDatabaseAway, notify } from '../store/database.ts'
import { findUnfinishedNotice, finishNotice, type UnfinishedNotice } from '../store/notices.ts'
import { withCap } from '../subscribers/notices.ts'
import { exportAlert } from './cap-export.ts'

export interface Signer {
  readonly db: Database
  readonly masterKey: Uint8Array
  readonly now: () => Date
}

const LOOK_MS = 250

/** @param waitedSeconds leaves younger ones to others */
export async function completeNotices(signer: Signer, waitedSeconds = 0): Promise<void> {
  const { db } = signer
  for (;;) {
    const notice = await findUnfinishedNotice(db, waitedSeconds)
    if (notice === undefined) return
    await finishNotice(db, notice.id, withCap(notice.body, await capOf(signer, notice)))
    await notify(db, 'notices', notice.id)
  }
}

async function capOf(
  { db, masterKey, now }: Signer,
  { id, alertId, capDigest }: UnfinishedNotice,
): Promise<string | null> {
  try {
    const alert = await findAlert(db, alertId)
    if (alert?.contentDigest !== capDigest) return null
    const xml = await exportAlert(db, alert, masterKey, now())
    return Buffer.from(xml).toString()
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    // Withdrawn at this moment, or refused: its dispatcher says why.
    if (isAppError(error) && error.code === 'wrong_state') return null
    log.error({ noticeId: id, alertId, code: describeError(error) }, 'a notice has no CAP')
    return null
  }
}

/** Looks four times a second. */
export function startNoticeSigner(signer: Signer): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const running = (async () => {
    for (;;) {
      await sleep(LOOK_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await completeNotices(signer).catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'notices could not be given their CAP')
      })
    }
  })()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
