import { isAppError } from '../errors.ts'
import { NetworkFault, type Origin } from '../network/origin.ts'
import { webhookHeaders } from '../signing/webhooks.ts'
import type { ClaimedNotice } from '../store/notices.ts'
import { type Answered, isGone, settlementOf } from './attempt.ts'
import type { Bearer } from './bearer.ts'
import { openSecrets, signingSecrets } from './secrets.ts'

/** By POST, signed as Standard Webhooks has it. Any 2xx is an arrival. */
export function webhookBearer(
  origin: Origin,
  { masterKey, now }: { readonly masterKey: Uint8Array; readonly now: () => Date },
): Bearer {
  const attempt = async (notice: ClaimedNotice): Promise<Answered> => {
    const { subscriberId, noticeId, body, url, sealedSecrets } = notice
    const at = now()
    const { pathname, search } = new URL(url)
    try {
      const secrets = signingSecrets(openSecrets(masterKey, subscriberId, sealedSecrets), at)
      const { status } = await origin.send({
        method: 'POST',
        path: pathname + search,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Tocsin',
          ...webhookHeaders(noticeId, at, body, secrets),
        },
        body,
      })
      return { status }
    } catch (error) {
      if (error instanceof NetworkFault) return { fault: error.reason }
      // Its secrets were changed in the database: nothing of it can be signed.
      if (isAppError(error)) return { fault: error.code }
      throw error
    }
  }
  return {
    isInOrder: false,
    async bring(notice) {
      const answered = await attempt(notice)
      return { settlement: settlementOf(answered, notice.attempts), isGone: isGone(answered) }
    },
    close: () => origin.close(),
  }
}
