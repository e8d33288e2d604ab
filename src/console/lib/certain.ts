/**
 * A call whose answer may be lost on the way. It is repeated under the same `Idempotency-Key` until the server says
 * what became of it, so it is done once at the most, and nobody presses a second time.
 */
import { post } from './api.ts'
import { isUnreachable, Problem } from './problem.ts'

const ANSWER_WITHIN_MS = 10_000
const AGAIN_MS = 1_500

/**
 * @param onDoubt - called each time that an answer did not come
 * @throws Problem that the server refuses it with
 */
export async function postForCertain<T>(
  path: string,
  body: object,
  call: {
    readonly idempotencyKey: string
    readonly revision?: number | undefined
    readonly onDoubt?: (() => void) | undefined
  },
): Promise<T> {
  for (;;) {
    const { idempotencyKey, revision, onDoubt } = call
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    try {
      return await post<T>(path, body, { idempotencyKey, revision, signal })
    } catch (error) {
      if (!isDoubtful(error)) throw error
    }
    onDoubt?.()
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
  }
}

function isDoubtful(error: unknown): boolean {
  if (!(error instanceof Problem)) return error instanceof DOMException
  // 502 to 504 come from what stands between, or from a server that can't reach its database.
  return isUnreachable(error) || error.status > 500 || error.code === 'in_progress'
}

/** The key of an act, kept over a reload of the page: the same act is asked for again, not a second one. */
export function keyOfAct(act: string): { readonly key: string; forget(): void } {
  const name = `tocsin.act ${act}`
  const key = sessionStorage.getItem(name) ?? crypto.randomUUID()
  sessionStorage.setItem(name, key)
  return { key, forget: () => sessionStorage.removeItem(name) }
}
