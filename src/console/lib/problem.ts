import { type ApiFault, loadFaultWords } from './faults.ts'

/** An answer of the API that is not what was asked for (RFC 9457), or no answer at all. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: readonly ApiFault[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    message: string,
    rest: {
      status: number
      code: string
      errors?: readonly ApiFault[]
      retryAfterSeconds?: number | undefined
    },
  ) {
    super(message)
    this.status = rest.status
    this.code = rest.code
    this.errors = rest.errors ?? []
    this.retryAfterSeconds = rest.retryAfterSeconds
  }
}

/** Keys are made soon after signing in. */
export const isSignInTooOld = (error: unknown): boolean =>
  error instanceof Problem && error.errors.some(({ code }) => code === 'sign_in_too_old')

/** One person may send it alone, and not yet: this machine's clock may be ahead of the server's. */
export const isTooEarly = (error: Problem): boolean =>
  error.errors.some(({ code }) => code === 'approver_awaited')

/** Nobody knows whether the server has heard it. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'unreachable'

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as {
    detail?: string
    title?: string
    code?: string
    errors?: ApiFault[]
  }
  // Whoever tells of it may do so at once.
  if (body.errors !== undefined) await loadFaultWords()
  const after = Number(response.headers.get('Retry-After'))
  return new Problem(body.detail ?? body.title ?? `HTTP ${response.status}`, {
    status: response.status,
    code: body.code ?? 'unknown',
    errors: body.errors ?? [],
    retryAfterSeconds: after > 0 ? after : undefined,
  })
}
