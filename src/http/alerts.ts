import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import {
  approveAlert,
  type HandedSignature,
  rejectAlert,
  returnAlert,
  submitAlert,
  withdrawAlert,
} from '../alerts/approval.ts'
import { breakGlass } from '../alerts/break-glass.ts'
import { composeAlert, deleteAlert, editAlert } from '../alerts/compose.ts'
import { readContentBytes } from '../alerts/content.ts'
import { type Moved, pauseAlert, resumeAlert, retryAlert, stopAlert } from '../alerts/control.ts'
import { dispatchAlert } from '../alerts/dispatch.ts'
import { createDraftCount, estimateAlert, estimateWritten } from '../alerts/estimate.ts'
import { type Action, rolesFor } from '../alerts/steps.ts'
import { draftPatchSchema, draftSchema, STATUSES } from '../cap/alert.ts'
import { readableText } from '../cap/readable.ts'
import { AppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { assertionSchema, type RelyingParty, relyingPartyOf } from '../signing/passkeys.ts'
import { type AlertRow, findAlert, listAlerts } from '../store/alerts.ts'
import { ALERT_STATES } from '../store/schema.ts'
import { valuesSchema } from '../templates/blanks.ts'
import { alertResource, alertSchema, summaryResource, summarySchema } from './alert-resource.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { estimateSchema } from './estimate-schema.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import {
  answerOf,
  bodyOf,
  idParams,
  ifMatchHeader,
  ofAlert,
  requiredBody,
  timeSchema,
  versionNo,
  words,
} from './resources.ts'
import { basisFromIfMatch, etagOf, etagOfContent, revisionFromIfMatch } from './revision.ts'

const editSchema = draftPatchSchema.extend({
  template: z
    .strictObject({ version: versionNo.optional(), blanks: valuesSchema })
    .nullable()
    .optional()
    .meta({
      description:
        'The blanks filled in anew, of the same version unless another is named; `null` parts from the template: its ' +
        'author answers for the texts from then on',
    }),
})

export const movedSchema = z.object({
  state: z.enum(ALERT_STATES),
  left: z.int().meta({ description: 'Recipients whose message had been handed to a carrier' }),
})

export const signatureBody = z.strictObject({
  signature: z.string().min(1),
  passkey: assertionSchema.optional().meta({
    description:
      "My passkey's answer to the SHA-256 (base64url) of what the signature signs: `header.payload` of the compact JWS, " +
      'of a detached one too. Where policy or the content (`passkeys`) asks for it and it is left out: 422 ' +
      '`passkey_required`; where it does not fit: 422 `passkey_mismatch`',
  }),
})

const breakGlassBody = signatureBody.extend({
  reason: readableText(500).min(3).meta({
    description: 'Why nobody is waited for any longer: everybody reads it',
  }),
})

/** As the rooms below take it. */
export function handedSignature(
  { signature, passkey: response }: z.output<typeof signatureBody>,
  party: RelyingParty | undefined,
): HandedSignature {
  return { signature, passkey: response && { response, party } }
}

const reasonBody = z.strictObject({ reason: readableText(1000) })
const optionalReasonBody = z.strictObject({ reason: readableText(1000).optional() })
const holdBody = z.strictObject({ holdSeconds: z.int().min(0).max(60).default(0) })

const alertAnswer = (description: string) => answerOf(description, alertSchema)
const tags = ['Alerts']

const composeRoute = createRoute({
  method: 'post',
  path: '/v1/alerts',
  tags,
  summary: 'Write an alert',
  request: { body: requiredBody(draftSchema) },
  responses: { 201: alertAnswer('A draft') },
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/alerts',
  tags,
  summary:
    'Alerts, newest first: those of where one has signed in, and of elsewhere where `status` or `exercise` asks for ' +
    'them (but never in an exercise)',
  request: {
    query: pageQuery.extend({
      state: words(ALERT_STATES).optional(),
      status: words(STATUSES).optional(),
      since: timeSchema.optional().meta({ description: 'Created then or later' }),
      exercise: z.uuid().optional().meta({ description: 'Of this exercise' }),
      template: z.uuid().optional().meta({ description: 'Made of it, in whichever version' }),
    }),
  },
  responses: { 200: answerOf('A page', pageSchema(summarySchema)) },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}',
  tags,
  summary: 'An alert with its signatures and history',
  request: { params: idParams },
  responses: { 200: alertAnswer('All of it') },
})

const editRoute = createRoute({
  method: 'patch',
  path: '/v1/alerts/{id}',
  tags,
  summary: 'Change a draft: each field given replaces the whole of it, null takes it away',
  request: {
    params: idParams,
    query: z.object({
      estimate: z.enum(['true']).optional().meta({
        description: 'Answers with its estimate, too: counted once, and sooner than by two calls',
      }),
    }),
    headers: ifMatchHeader,
    body: requiredBody(editSchema),
  },
  responses: {
    200: answerOf('Changed', alertSchema.extend({ estimate: estimateSchema.optional() })),
  },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/alerts/{id}',
  tags,
  summary: 'Throw a draft away',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 204: { description: 'Gone' } },
})

const estimateRoute = ofAlert(
  'estimate',
  'Whom it would reach now, through which carriers, in what time',
  estimateSchema,
)

const contentRoute = ofAlert(
  'content',
  'The exact bytes to sign: RFC 8785 canonical JSON',
  z.unknown(),
)

const step = <const Path extends string, Body extends z.ZodType>(
  action: Path,
  summary: string,
  body: Body,
) =>
  createRoute({
    method: 'post',
    path: `/v1/alerts/{id}/${action}`,
    tags,
    summary,
    request: { params: idParams, headers: ifMatchHeader, body: bodyOf(body) },
    responses: { 200: alertAnswer('The alert in its new state') },
  })

const submitRoute = step('submit', 'Sign as author, freeze', signatureBody)
const approveRoute = step('approve', 'Sign as approver', signatureBody)
const breakGlassRoute = step(
  'break-glass',
  'Sign as author in the place of an approver (JWS role `breakGlass`), where the content has `breakGlassAfterSeconds` ' +
    "and so long has passed since the author's signature; everybody is written to. Too early: 409 `wrong_state`, which " +
    'says when it may be; not allowed: 403 `forbidden`',
  breakGlassBody,
)
const returnRoute = step('return', 'Give back to be changed; signatures void', reasonBody)
const rejectRoute = step('reject', 'Refuse for good; signatures void', reasonBody)
const withdrawRoute = step('withdraw', 'Take back to draft; signatures void', optionalReasonBody)

const move = <const Path extends string, Body extends z.ZodType>(
  action: Path,
  summary: string,
  body: Body,
  headers?: typeof ifMatchHeader,
) =>
  createRoute({
    method: 'post',
    path: `/v1/alerts/{id}/${action}`,
    tags,
    summary,
    request: { params: idParams, ...(headers && { headers }), body: bodyOf(body) },
    responses: { 202: answerOf('Under way', movedSchema) },
  })

const dispatchRoute = move('dispatch', 'Send; needs an Idempotency-Key', holdBody, ifMatchHeader)
// Holding and stopping are always allowed: no `If-Match` refuses them, whatever has changed in the meantime.
const pauseRoute = move('pause', 'Hold what has not left', optionalReasonBody)
const resumeRoute = move('resume', 'Go on', optionalReasonBody, ifMatchHeader)
const stopRoute = move('stop', 'Stop for good', optionalReasonBody)
const retryRoute = move(
  'retry',
  'Send again to whom it failed or was cancelled',
  optionalReasonBody,
  ifMatchHeader,
)

export const alertRoutes = ({ database, config, now }: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  const { db } = database
  const callerFor = (c: Context<Env>, action: Action) =>
    callerOf(c, requireRole(c, ...rolesFor(action)), now())
  const shown = async (c: Context<Env>, alert: AlertRow) => {
    c.header('ETag', etagOf(alert.revision))
    return alertResource(db, alert)
  }

  return new OpenAPIHono<Env>()
    .openapi(composeRoute, async c => {
      const alert = await composeAlert(db, callerFor(c, 'edit'), c.req.valid('json'))
      c.header('Location', `/v1/alerts/${alert.id}`)
      return c.json(await shown(c, alert), 201)
    })
    .openapi(listRoute, async c => {
      const { limit, cursor, state, status, since, template, exercise } = c.req.valid('query')
      const place = readCursor(cursor, z.tuple([timeSchema, z.uuid()]))
      const filter = {
        states: state,
        statuses: status,
        since: since === undefined ? undefined : new Date(since),
        templateId: template,
        ...placeOf(c.var.session, { status, exercise }),
      }
      const after = place && { createdAt: new Date(place[0]), id: place[1] }
      const rows = await listAlerts(db, filter, { after, limit: limit + 1 })
      const page = pageOf(rows, limit, summaryResource, row => [
        row.createdAt.toISOString(),
        row.id,
      ])
      return c.json(page, 200)
    })
    .openapi(getRoute, async c => {
      const alert = await findAlert(db, c.req.valid('param').id)
      if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
      return c.json(await shown(c, alert), 200)
    })
    .openapi(editRoute, async c => {
      const { template, ...patch } = c.req.valid('json')
      const change = { patch, revision: revisionFromIfMatch(c), template }
      const { id } = c.req.valid('param')
      const caller = callerFor(c, 'edit')
      if (c.req.valid('query').estimate === undefined) {
        return c.json(await shown(c, await editAlert(db, id, caller, change)), 200)
      }
      const { count, counted } = createDraftCount(db)
      const alert = await editAlert(db, id, caller, change, count)
      const [written, estimate] = await Promise.all([
        shown(c, alert),
        // The change stands, whatever becomes of this.
        estimateWritten(db, alert, now(), counted()).catch((error: unknown) => {
          log.warn({ alertId: id, code: describeError(error) }, 'a change was not estimated')
        }),
      ])
      return c.json(estimate === undefined ? written : { ...written, estimate }, 200)
    })
    .openapi(deleteRoute, async c => {
      const { id } = c.req.valid('param')
      await deleteAlert(db, id, callerFor(c, 'delete'), revisionFromIfMatch(c))
      return c.body(null, 204)
    })
    .openapi(estimateRoute, async c =>
      c.json(await estimateAlert(db, c.req.valid('param').id, now()), 200),
    )
    .openapi(contentRoute, async c => {
      const bytes = await readContentBytes(db, c.req.valid('param').id)
      const headers = { 'Content-Type': 'application/json', ETag: etagOfContent(bytes) }
      return c.body(new Uint8Array(bytes), 200, headers) as never
    })
    .openapi(submitRoute, async c => {
      const handed = handedSignature(c.req.valid('json'), party)
      const signed = { ...handed, ...basisFromIfMatch(c) }
      const { id } = c.req.valid('param')
      return c.json(await shown(c, await submitAlert(db, id, callerFor(c, 'submit'), signed)), 200)
    })
    .openapi(approveRoute, async c => {
      const handed = handedSignature(c.req.valid('json'), party)
      const signed = { ...handed, ...basisFromIfMatch(c) }
      const { id } = c.req.valid('param')
      return c.json(
        await shown(c, await approveAlert(db, id, callerFor(c, 'approve'), signed)),
        200,
      )
    })
    .openapi(breakGlassRoute, async c => {
      const { reason, ...signed } = c.req.valid('json')
      const { publicUrl } = config
      const revision = revisionFromIfMatch(c)
      const how = { ...handedSignature(signed, party), reason, publicUrl, revision }
      const { id } = c.req.valid('param')
      const alert = await breakGlass(db, id, callerFor(c, 'break-glass'), how)
      return c.json(await shown(c, alert), 200)
    })
    .openapi(returnRoute, async c => {
      const answer = { ...c.req.valid('json'), revision: revisionFromIfMatch(c) }
      const { id } = c.req.valid('param')
      return c.json(await shown(c, await returnAlert(db, id, callerFor(c, 'return'), answer)), 200)
    })
    .openapi(rejectRoute, async c => {
      const answer = { ...c.req.valid('json'), revision: revisionFromIfMatch(c) }
      const { id } = c.req.valid('param')
      return c.json(await shown(c, await rejectAlert(db, id, callerFor(c, 'reject'), answer)), 200)
    })
    .openapi(withdrawRoute, async c => {
      const answer = { ...c.req.valid('json'), revision: revisionFromIfMatch(c) }
      const { id } = c.req.valid('param')
      const alert = await withdrawAlert(db, id, callerFor(c, 'withdraw'), answer)
      return c.json(await shown(c, alert), 200)
    })
    .openapi(dispatchRoute, async c => {
      const { holdSeconds } = c.req.valid('json')
      const { id } = c.req.valid('param')
      const alert = await dispatchAlert(database, id, callerFor(c, 'dispatch'), {
        holdSeconds,
        revision: revisionFromIfMatch(c),
      })
      return c.json({ state: alert.state, left: 0 }, 202)
    })
    .openapi(pauseRoute, async c =>
      c.json(moved(await pauseAlert(db, c.req.valid('param').id, callerFor(c, 'pause'))), 202),
    )
    .openapi(resumeRoute, async c => {
      const caller = callerFor(c, 'resume')
      const revision = revisionFromIfMatch(c)
      const at = await resumeAlert(db, c.req.valid('param').id, caller, revision)
      return c.json(moved(at), 202)
    })
    .openapi(stopRoute, async c =>
      c.json(moved(await stopAlert(db, c.req.valid('param').id, callerFor(c, 'stop'))), 202),
    )
    .openapi(retryRoute, async c => {
      const caller = callerFor(c, 'retry')
      const revision = revisionFromIfMatch(c)
      const at = await retryAlert(db, c.req.valid('param').id, caller, revision)
      return c.json(moved(at), 202)
    })
}

/** In an exercise one sees its alerts alone; elsewhere those of the same mode, unless one asks for others. */
function placeOf(
  { mode, exerciseId }: Env['Variables']['session'],
  asked: { readonly status: readonly string[] | undefined; readonly exercise: string | undefined },
) {
  if (exerciseId !== undefined) {
    return asked.exercise === undefined || asked.exercise === exerciseId
      ? { exerciseId }
      : { exerciseId, states: [] }
  }
  if (asked.exercise !== undefined) return { exerciseId: asked.exercise }
  return asked.status === undefined ? { mode, exerciseId: null } : {}
}

function moved({ alert, left }: Moved): z.infer<typeof movedSchema> {
  return { state: alert.state, left }
}
