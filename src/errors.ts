import type { Fault } from './faults.ts'

export type { Fault }

/**
 * Every code that a caller of the API or of a room may see: one closed list, published in the OpenAPI
 * document. `http/problem.ts` maps each to a status with `satisfies Record<ErrorCode, …>`, so a new code
 * without a status fails to compile.
 */
export const ERROR_CODES = [
  // 400: does not parse or does not fit the schema
  'malformed_json',
  'invalid_request',
  'idempotency_key_required',
  'malformed_csv',
  'malformed_xml',
  // 401
  'invalid_credentials',
  'invalid_token',
  // 403
  'forbidden',
  'wrong_mode',
  'had_a_hand',
  'outside_jurisdiction',
  'over_limits',
  'bad_webhook_signature',
  'passkey_not_enrolled',
  // 404
  'not_found',
  // 405
  'method_not_allowed',
  // 409
  'wrong_state',
  'in_progress',
  'already_exists',
  'audience_changed',
  'signature_key_revoked',
  'integrity_violation',
  'in_use',
  'exercise_not_open',
  'recipients_deleted',
  // 412, 413, 415, 429, 503
  'stale_revision',
  'too_large',
  'unsupported_media_type',
  'not_acceptable',
  'too_many_requests',
  'unavailable',
  'timeout',
  // 422: fits the schema, refused by meaning or by policy
  'invalid_alert',
  'invalid_area',
  'unknown_geocode',
  'invalid_contact',
  'invalid_key',
  'invalid_signature',
  'invalid_passkey',
  'passkey_mismatch',
  'passkey_required',
  'invalid_carrier',
  'invalid_subscriber',
  'invalid_feed',
  'invalid_schedule',
  'invalid_group',
  'invalid_template',
  'not_as_template',
  'audience_empty',
  'ceiling_exceeded',
  'idempotency_key_reused',
  'no_correction_prepared',
  'removes_too_many',
  'text_too_long',
  'expired',
  'recipient_not_listed',
  'invalid_operator',
  'invalid_exercise',
  'invalid_organisation',
  'last_administrator',
  // 500
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/**
 * A failure with a stable code. `message` names the thing and the next step; it never holds a phone
 * number, a message text or a secret, for it goes to logs and to callers.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly Fault[]
  /** Seconds after which trying again makes sense; for `too_many_requests`. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { faults?: readonly Fault[]; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError
}
