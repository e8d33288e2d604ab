/**
 * Failures as RFC 9457 problem details. What leaves here says which rule was broken and where, and never
 * repeats a value, a message text or the words of a foreign error.
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { AppError, ERROR_CODES, type ErrorCode, type Fault, isAppError } from '../errors.ts'
import { FAULT_CODES, faultOfWords, type FaultWords, wordsOfFault } from '../faults.ts'
import { describeError, log } from '../log.ts'
import { isDatabaseAway } from '../store/database.ts'
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

/** When a database that is away is worth another try: a restart or a fail-over takes seconds. */
const RETRY_AFTER_SECONDS = 2

export const faultSchema = z
  .object({
    pointer: z.string(),
    detail: z.string(),
    code: z.enum(FAULT_CODES).optional().meta({
      description: 'Stable, for words of one’s own; not every fault has one',
    }),
    values: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .meta({ description: 'What belongs into the words of the code, by name' }),
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
  if (isDatabaseAway(failure)) {
    const retryAfterSeconds = RETRY_AFTER_SECONDS
    return new AppError('unavailable', 'the database is away; try again', { retryAfterSeconds })
  }
  if (isAppError(failure)) return failure
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
  return error.issues
    .flatMap(issue => flatten(issue, []))
    .map(({ path, words: { detail, ...rest } }) => ({
      pointer: pointerTo(path),
      detail: prefix + detail,
      ...rest,
    }))
}

interface Place {
  readonly path: readonly PropertyKey[]
  readonly words: FaultWords
}

function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Place[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const words = wordsOfFault('unknown_field')
    return issue.keys.map(key => ({ path: [...path, key], words }))
  }
  if (issue.code === 'invalid_union') {
    // The branch that came nearest says most; one that was refused as a whole says nothing of the inside.
    const nearest = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)
    const best = nearest[0]
    if (best !== undefined && depthOf(best) > 0) return best.flatMap(inner => flatten(inner, path))
  }
  return [{ path, words: wordsOfIssue(issue) }]
}

/** The schema's own words say it most closely; the code says it in few words, where there is one. */
function wordsOfIssue(issue: z.core.$ZodIssue): FaultWords {
  const { message: detail } = issue
  return { ...codeOfIssue(issue), detail }
}

function codeOfIssue(issue: z.core.$ZodIssue): FaultWords | undefined {
  const own = faultOfWords(issue.message)
  if (own !== undefined) return own
  switch (issue.code) {
    case 'invalid_type':
      return wordsOfFault(issue.message.endsWith('received undefined') ? 'required' : 'wrong_type')
    case 'invalid_union':
      return wordsOfFault('wrong_type')
    case 'invalid_format':
      if (issue.format === 'email') return wordsOfFault('not_email')
      // What a schema says in words of its own is more than that it is wrong.
      return issue.message.startsWith('Invalid ') ? wordsOfFault('wrong_form') : undefined
    case 'invalid_value':
      return wordsOfFault('not_one_of', { values: issue.values.map(String).join(', ') })
    case 'too_small': {
      const least = Number(issue.minimum)
      if (issue.origin === 'string') {
        return least === 1 ? wordsOfFault('blank') : wordsOfFault('too_short', { least })
      }
      const isList = issue.origin === 'array' || issue.origin === 'set'
      return wordsOfFault(isList ? 'too_few' : 'below_least', { least })
    }
    case 'too_big': {
      const most = Number(issue.maximum)
      if (issue.origin === 'string') return wordsOfFault('too_long', { most })
      const isList = issue.origin === 'array' || issue.origin === 'set'
      return wordsOfFault(isList ? 'too_many' : 'above_most', { most })
    }
    case 'custom':
      return (issue.params as { readonly fault?: FaultWords } | undefined)?.fault
    default:
      return undefined
  }
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.min(...issues.map(issue => issue.path.length))
}

/** RFC 6901. Names of unknown fields come from the caller: they are cut to what one can read. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map(step => `/${String(step).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
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
