import { NetworkFault, openOrigin } from '../../network/origin.ts'
import { readAckAnswer } from './answer.ts'
import { type From, getAckRequest } from './envelope.ts'

/** Somebody waits for it. */
const CONNECT_MS = 3_000
const ANSWER_MS = 10_000

export interface ConnectionCheck {
  /** It has answered as one that knows us. */
  readonly reached: boolean
  /** HTTP status of the answer; null where there was none. */
  readonly status: number | null
  /** Why it was not reached. */
  readonly fault: string | null
  /** The words of a SOAP fault. */
  readonly said: string | null
}

/** Asks an aggregator for a sign of life; posts nothing. */
export async function checkIpaws({
  url,
  allowPrivate,
  ...from
}: From & { readonly url: string; readonly allowPrivate: boolean }): Promise<ConnectionCheck> {
  const target = new URL(url)
  const times = { connectMs: CONNECT_MS, answerMs: ANSWER_MS }
  const origin = openOrigin({ url: target, connections: 1, allowPrivate, ...times })
  try {
    const { headers, body } = getAckRequest(from)
    const path = target.pathname + target.search
    const answer = await origin.send({ method: 'POST', path, headers, body })
    return read(answer)
  } catch (error) {
    if (!(error instanceof NetworkFault)) throw error
    return { reached: false, status: null, fault: error.reason, said: null }
  } finally {
    await origin.close()
  }
}

function read({ status, body }: { status: number; body: Uint8Array }): ConnectionCheck {
  const answer = readAckAnswer(body)
  if (answer.kind === 'fault') {
    return { reached: false, status, fault: 'soap_fault', said: answer.said }
  }
  if (status < 200 || status > 299) {
    return { reached: false, status, fault: 'http_error', said: null }
  }
  const reached = answer.kind === 'acknowledged'
  return { reached, status, fault: reached ? null : 'invalid_answer', said: null }
}
