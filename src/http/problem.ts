/**
 * Failures as RFC 9457 problem details. What leaves here says which rule was broken and where, and never
 * repeats a value, a message text or the words of a foreign error.
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { AppError, ERROR_CODES, type ErrorCode, type Fault, isAppError } from '../errors.ts'
import { FAULT_CODES } from '../faults.ts'
import { describeError, log } from '../log.ts'
import { pointerTo, schemaFaults } from '../schema-faults.ts'
import { isDatabaseAway, RETRY_AFTER_SECONDS } from '../store/database.ts'
import type { Env } from './env.ts'

const STATUS = {
  malformed_json: 400,
  invalid_request: 400,
  idempotency_key_required: 400,
  malformed_csv: 400,
  malformed_xml: 400,
  invalid_credentials: 401,
  invalid_token: 401,
  forbidden: 403,
  wrong_mode: 403,
  had_a_hand: 403,
  outside_jurisdiction: 403,
  over_limits: 403,
  bad_webhook_signature: 403,
  passkey_not_enrolled: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  wrong_state: 409,
  in_progress: 409,
  already_exists: 409,
  audience_changed: 409,
  signature_key_revoked: 409,
  integrity_violation: 409,
  in_use: 409,
  exercise_not_open: 409,
  recipients_deleted: 409,
  last_administrator: 409,
  stale_revision: 412,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_alert: 422,
  invalid_area: 422,
  unknown_geocode: 422,
  invalid_contact: 422,
  invalid_key: 422,
  invalid_signature: 422,
  invalid_passkey: 422,
  passkey_mismatch: 422,
  passkey_required: 422,
  invalid_carrier: 422,
  invalid_subscriber: 422,
  invalid_feed: 422,
  invalid_schedule: 422,
  invalid_group: 422,
  invalid_template: 422,
  not_as_template: 422,
  invalid_operator: 422,
  invalid_exercise: 422,
  invalid_organisation: 422,
  audience_empty: 422,
  ceiling_exceeded: 422,
  idempotency_key_reused: 422,
  no_correction_prepared: 422,
  removes_too_many: 422,
  text_too_long: 422,
  expired: 422,
  recipient_not_listed: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
  timeout: 503,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>

export const profileOfFault = z.string().meta({
  description:
    'Whose network would refuse it, where policy holds alerts to a profile: `ipaws`, `cap-cp`, `meteoalarm`',
})

export const faultSchema = z
  .object({
    pointer: z.string().meta({ description: 'RFC 6901; of XML the path of its element' }),
    line: z.int().optional().meta({ description: 'Of XML: the line, counted from 1' }),
    detail: z.string(),
    code: z.enum(FAULT_CODES).optional().meta({
      description: 'Stable, for words of one’s own; not every fault has one',
    }),
    values: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .meta({ description: 'What belongs into the words of the code, by name' }),
    profile: profileOfFault.optional(),
  })
  .meta({ id: 'Fault' })

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(ERROR_CODES),
    requestId: z.string(),
    errors: z.array(faultSchema).optional(),
  })
  .meta({ id: 'Problem' })

type Problem = z.infer<typeof problemSchema>

/** The status that a code goes out with, for answers that carry codes of their own (bulk dispatch). */
export function statusOf(code: ErrorCode): ContentfulStatusCode {
  return STATUS[code]
}

export function problem(error: AppError, requestId: string): Problem {
  return {
    type: `urn:tocsin:problem:${error.code}`,
    title: titleOf(error.code),
    status: STATUS[error.code],
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.faults.length > 0 && { errors: [...error.faults] }),
  }
}

function titleOf(code: ErrorCode): string {
  return code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')
}

/** The app's `onError`: every failure becomes a problem here and nowhere else. */
export function answerProblem(failure: unknown, c: Context<Env>): Response {
  const error = asAppError(failure)
  const requestId = c.get('requestId')
  if (error.code === 'internal' || error.code === 'integrity_violation') {
    const fields = { requestId, method: c.req.method, code: describeError(failure) }
    log.error(fields, 'a request failed')
    log.debug({ requestId, reason: placeOf(failure) }, 'where it failed')
  }
  c.header('Content-Type', 'application/problem+json')
  c.header('Cache-Control', 'no-store')
  if (STATUS[error.code] === 401) {
    c.header('WWW-Authenticate', 'Bearer realm="tocsin", error="invalid_token"')
  }
  if (error.retryAfterSeconds !== undefined) {
    c.header('Retry-After', String(Math.ceil(error.retryAfterSeconds)))
  }
  return c.body(JSON.stringify(problem(error, requestId)), STATUS[error.code])
}

/** The failing lines of ours: a stack's first line is its message, which may hold anything, so it is left out. */
function placeOf(failure: unknown): string {
  const stack = failure instanceof Error ? (failure.stack ?? '') : ''
  return stack
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .slice(0, 8)
    .join(' <')
}

function asAppError(failure: unknown): AppError {
  // First of all: what says `unavailable` of itself knows better what is away, and what to do about it.
  if (isAppError(failure)) return failure
  if (isDatabaseAway(failure)) {
    const retryAfterSeconds = RETRY_AFTER_SECONDS
    return new AppError('unavailable', 'the database is away; try again', { retryAfterSeconds })
  }
  if (failure instanceof HTTPException) return fromHttpException(failure)
  return new AppError('internal', 'something broke here; the log has it under the request id')
}

/** hono's own refusals; their messages are not ours to show. */
function fromHttpException({ status }: HTTPException): AppError {
  switch (status) {
    case 413:
      return new AppError('too_large', 'the body is too large')
    case 415:
      return new AppError('unsupported_media_type', 'this route does not take that content type')
    default:
      return status < 500
        ? new AppError('invalid_request', 'the request does not fit the schema')
        : new AppError('internal', 'something broke here; the log has it under the request id')
  }
}

const TARGETS: Readonly<Record<string, string>> = {
  query: 'query parameter: ',
  param: 'path parameter: ',
  header: 'header: ',
}

/** zod's issues as our faults, all of them; `where` is hono's validation target. */
function faultsOf(error: z.core.$ZodError, where: string): Fault[] {
  const prefix = TARGETS[where] ?? ''
  return schemaFaults(error).map(({ path, words: { detail, ...rest } }) => ({
    pointer: pointerTo(path),
    detail: prefix + detail,
    ...rest,
  }))
}

/** The `defaultHook` of every router: refuses what doesn't fit its schema, naming each fault at once. */
export function refuseInvalid(
  result: { target: string } & ({ success: true } | { success: false; error: z.core.$ZodError }),
): void {
  if (result.success) return
  throw new AppError('invalid_request', 'the request does not fit the schema', {
    faults: faultsOf(result.error, result.target),
  })
}
