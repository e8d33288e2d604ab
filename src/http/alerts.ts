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
import { draftWarnings } from '../alerts/draft-faults.ts'
import { createDraftCount, estimateAlert, estimateWritten } from '../alerts/estimate.ts'
import { whoHasSeen } from '../alerts/eyes.ts'
import { kindOf } from '../alerts/follow-ups.ts'
import { type Action, rolesFor } from '../alerts/steps.ts'
import { templateWarnings } from '../alerts/template-texts.ts'
import { draftPatchSchema, draftSchema, infoSchema, SEVERITIES, STATUSES } from '../cap/alert.ts'
import { readableText } from '../cap/readable.ts'
import { AppError, type Fault } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { ALERT_ROLES } from '../signing/jws.ts'
import { assertionSchema, type RelyingParty, relyingPartyOf } from '../signing/passkeys.ts'
import { type AlertRow, type AlertSummary, findAlert, listAlerts } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { listHistory } from '../store/history.ts'
import { ALERT_STATES, MODES } from '../store/schema.ts'
import { standingSignatures } from '../store/signatures.ts'
import { type AlertTemplateRow, findAlertTemplate } from '../store/templates.ts'
import { type BlankValues, valuesSchema } from '../templates/blanks.ts'
import { readVersion } from '../templates/templates.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import { faultSchema } from './problem.ts'
import {
  answerOf,
  bodyOf,
  idParams,
  ifMatchHeader,
  ofAlert,
  placeSchema,
  requiredBody,
  timeSchema,
  versionNo,
  words,
} from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const common = {
  id: z.uuid(),
  revision: z.int(),
  state: z.enum(ALERT_STATES),
  mode: z.enum(MODES),
  exerciseId: z.uuid().nullable().meta({ description: 'The exercise that it belongs to' }),
  severity: z.enum(SEVERITIES).meta({ description: 'The highest of its blocks' }),
  maxRecipients: z.int().nullable(),
  minRecipients: z.int().nullable().meta({
    description: 'Nothing is sent to fewer: half of the estimate unless said',
  }),
  recipients: z.int().nullable().meta({ description: 'Fixed before the first message' }),
  byRuleOf: z.uuid().nullable().meta({
    description:
      'The feed by whose rule it was written and submitted, in the name of `createdBy`: no person had read it then',
  }),
  brokeGlass: z.boolean().meta({
    description: 'An author let it go without an approver: its history says who, and why',
  }),
  createdBy: z.uuid(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  sent: timeSchema.nullable().meta({ description: 'CAP `sent`: when it was submitted' }),
  expires: timeSchema.nullable().meta({ description: 'The latest of its blocks, once submitted' }),
  dispatchedAt: timeSchema.nullable(),
  holdUntil: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  recipientsDeletedAt: timeSchema.nullable().meta({
    description:
      'Since when nobody can say whom it went to: `retention.deliveriesDays` after its end; its counts stay',
  }),
}

export const alertSchema = z
  .object({
    ...draftSchema.shape,
    ...common,
    references: z.array(z.uuid()).meta({ description: 'The alerts of ours that it follows' }),
    template: z
      .object({
        id: z.uuid(),
        version: z.int(),
        name: z.string(),
        blanks: valuesSchema,
        partedAt: timeSchema.nullable().meta({
          description: 'Until then it says what the template says, or is not submitted',
        }),
      })
      .nullable()
      .meta({ description: 'What it was made of' }),
    correctedBy: z
      .array(
        z.object({
          id: z.uuid(),
          kind: z.enum(['update', 'cancel', 'allClear']),
          state: z.enum(ALERT_STATES),
          dispatchedAt: timeSchema,
        }),
      )
      .meta({ description: 'What was dispatched that follows it, the oldest first' }),
    reminderOf: z.uuid().nullable().meta({ description: 'The alert whose silent ones it reminds' }),
    escalationOf: z.uuid().nullable().meta({ description: 'Of which it tells those on duty' }),
    contentDigest: z.string().nullable().meta({ description: 'SHA-256 of the signed bytes, hex' }),
    warnings: z.array(faultSchema),
    signatures: z.array(
      z.object({
        role: z.enum(ALERT_ROLES).meta({
          description: '`breakGlass`: of an author who sent it without an approver',
        }),
        operatorId: z.uuid(),
        kid: z.string(),
        jws: z.string(),
        at: timeSchema,
        passkey: z
          .object({ credentialId: z.string(), at: timeSchema })
          .nullable()
          .meta({ description: 'What confirmed that its owner was there, and was verified' }),
      }),
    ),
    seenBy: z
      .array(z.object({ operatorId: z.uuid(), name: z.string(), at: timeSchema }))
      .meta({ description: 'Approvers who have opened it as it was submitted last' }),
    history: z.array(
      z.object({
        at: timeSchema,
        operatorId: z.uuid().nullable(),
        action: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Alert' })

const summarySchema = z
  .object({
    ...common,
    status: z.enum(STATUSES),
    msgType: draftSchema.shape.msgType,
    info: z.array(
      infoSchema.pick({
        language: true,
        event: true,
        severity: true,
        headline: true,
        expires: true,
      }),
    ),
  })
  .meta({ id: 'AlertSummary' })

export const estimateSchema = z
  .object({
    recipients: z.int(),
    ifActual: z.int(),
    ifHoursIgnored: z.int().meta({
      description:
        'Recipients if it ignored the hours of locations; the same number unless `audience.locationHours` is `respect`',
    }),
    optedOut: z.int(),
    reachedBefore: z
      .int()
      .meta({ description: 'Whom the alerts that it references may have reached' }),
    byLanguage: z.array(z.object({ language: z.string().nullable(), recipients: z.int() })),
    inAnotherLanguage: z
      .array(
        z.object({
          language: z.string(),
          text: z.string(),
          near: z.string().nullable().meta({
            description:
              'A text of their language for another place, which lookup does not give them',
          }),
          recipients: z.int(),
        }),
      )
      .meta({
        description:
          'Recipients who get a text in another language than theirs (`es-US` is not found for who reads `es`: RFC 4647 §3.4)',
      }),
    byCarrier: z.array(
      z.object({
        carrierId: z.uuid(),
        name: z.string(),
        recipients: z.int(),
        cost: z.number().nullable(),
      }),
    ),
    byArea: z.array(
      z.object({
        areaDesc: z.string(),
        recipients: z.int(),
        combine: z.enum(['union', 'intersection']).nullable().meta({
          description:
            'How its drawings and its geocodes are combined; null where it has only one of them',
        }),
      }),
    ),
    byGroup: z.array(z.object({ groupId: z.uuid(), name: z.string(), recipients: z.int() })),
    segments: z.int(),
    cost: z.number().nullable().meta({
      description:
        "Of the segments that carriers take, in the unit of the routes' `cost`; null where one does not say what some of its segments cost",
    }),
    seconds: z.number().nullable(),
    unlocated: z.int().meta({
      description:
        'Recipients who have no location: reached through a group, and no area would find them',
    }),
    missedPlaces: z.array(placeSchema).meta({
      description:
        'Places of 500 people or more in a hole of its ground, or with its ground around them as near as its largest part ' +
        'is wide (5 to 50 km), that neither it nor any alert in force covers; the largest first, twenty at the most',
    }),
    contacts: z
      .object({
        total: z.int(),
        unlocated: z.int().meta({ description: 'Without any location: no area finds them' }),
        stale: z.int().meta({
          description:
            'Neither changed nor confirmed (by an import that names them) for `staleAfterDays`, as policy has it',
        }),
        staleAfterDays: z.int(),
        countedAt: timeSchema.meta({ description: 'Once a minute at the most' }),
      })
      .meta({ description: 'Of all contacts, whether this alert reaches them or not' }),
    unserved: z.int().meta({ description: 'Recipients whose number no carrier takes' }),
    texts: z.array(
      z.object({
        language: z.string(),
        sms: z.string(),
        alphabet: z.enum(['GSM7', 'UCS2']),
        units: z.int(),
        segments: z.int(),
        recipients: z.int(),
      }),
    ),
  })
  .meta({ id: 'Estimate' })

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
) =>
  createRoute({
    method: 'post',
    path: `/v1/alerts/{id}/${action}`,
    tags,
    summary,
    request: { params: idParams, body: bodyOf(body) },
    responses: { 202: answerOf('Under way', movedSchema) },
  })

const dispatchRoute = move('dispatch', 'Send; needs an Idempotency-Key', holdBody)
const pauseRoute = move('pause', 'Hold what has not left', optionalReasonBody)
const resumeRoute = move('resume', 'Go on', optionalReasonBody)
const stopRoute = move('stop', 'Stop for good', optionalReasonBody)
const retryRoute = move(
  'retry',
  'Send again to whom it failed or was cancelled',
  optionalReasonBody,
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
      const { bytes, revision } = await readContentBytes(db, c.req.valid('param').id)
      const headers = { 'Content-Type': 'application/json', ETag: etagOf(revision) }
      return c.body(new Uint8Array(bytes), 200, headers) as never
    })
    .openapi(submitRoute, async c => {
      const handed = handedSignature(c.req.valid('json'), party)
      const signed = { ...handed, revision: revisionFromIfMatch(c) }
      const { id } = c.req.valid('param')
      return c.json(await shown(c, await submitAlert(db, id, callerFor(c, 'submit'), signed)), 200)
    })
    .openapi(approveRoute, async c => {
      const handed = handedSignature(c.req.valid('json'), party)
      const signed = { ...handed, revision: revisionFromIfMatch(c) }
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
      const alert = await dispatchAlert(database, id, callerFor(c, 'dispatch'), holdSeconds)
      return c.json({ state: alert.state, left: 0 }, 202)
    })
    .openapi(pauseRoute, async c =>
      c.json(moved(await pauseAlert(db, c.req.valid('param').id, callerFor(c, 'pause'))), 202),
    )
    .openapi(resumeRoute, async c =>
      c.json(moved(await resumeAlert(db, c.req.valid('param').id, callerFor(c, 'resume'))), 202),
    )
    .openapi(stopRoute, async c =>
      c.json(moved(await stopAlert(db, c.req.valid('param').id, callerFor(c, 'stop'))), 202),
    )
    .openapi(retryRoute, async c =>
      c.json(moved(await retryAlert(db, c.req.valid('param').id, callerFor(c, 'retry'))), 202),
    )
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

function commonFields(alert: Omit<AlertSummary, 'brokeGlass'>) {
  const { id, revision, state, mode, exerciseId, severity, recipients, createdBy } = alert
  const { maxRecipients, minRecipients, byRuleOf } = alert
  return {
    id,
    revision,
    state,
    mode,
    exerciseId,
    severity,
    maxRecipients,
    minRecipients,
    recipients,
    byRuleOf,
    createdBy,
    createdAt: alert.createdAt.toISOString(),
    updatedAt: alert.updatedAt.toISOString(),
    sent: alert.sent?.toISOString() ?? null,
    expires: alert.expires?.toISOString() ?? null,
    dispatchedAt: alert.dispatchedAt?.toISOString() ?? null,
    holdUntil: alert.holdUntil?.toISOString() ?? null,
    finishedAt: alert.finishedAt?.toISOString() ?? null,
    recipientsDeletedAt: alert.recipientsDeletedAt?.toISOString() ?? null,
  }
}

function summaryResource(alert: AlertSummary): z.infer<typeof summarySchema> {
  const { status, msgType, info, brokeGlass } = alert
  return { ...commonFields(alert), brokeGlass, status, msgType, info: [...info] }
}

export async function alertResource(
  db: Database,
  alert: AlertRow & { readonly cleaned?: readonly Fault[] },
): Promise<z.infer<typeof alertSchema>> {
  const { draft, references, contentDigest } = alert
  const signatures = await standingSignatures(db, alert.id)
  const followUps = await listFollowUps(db, [alert.id])
  const history = await listHistory(db, alert.id)
  const made = await findAlertTemplate(db, alert.id)
  return {
    ...draft,
    ...commonFields({ ...alert, info: draft.info }),
    brokeGlass: signatures.some(({ role }) => role === 'breakGlass'),
    references,
    correctedBy: followUps.map(one => ({
      id: one.id,
      kind: kindOf(one),
      state: one.state,
      dispatchedAt: one.dispatchedAt.toISOString(),
    })),
    reminderOf: alert.reminderOf,
    escalationOf: alert.escalationOf,
    contentDigest,
    template: made === undefined ? null : await templateResource(db, made),
    warnings: [
      ...(alert.cleaned ?? []),
      ...draftWarnings(draft),
      ...(made === undefined || alert.state !== 'draft'
        ? []
        : await templateWarnings(db, draft, made)),
    ],
    signatures: signatures.map(({ role, operatorId, kid, jws, at, passkey }) => ({
      role,
      operatorId,
      kid,
      jws,
      at: at.toISOString(),
      passkey: passkey && { credentialId: passkey.credentialId, at: at.toISOString() },
    })),
    seenBy: (await whoHasSeen(db, alert.id)).map(one => ({ ...one, at: one.at.toISOString() })),
    history: history.map(entry => ({ ...entry, at: entry.at.toISOString() })),
  }
}

async function templateResource(db: Database, made: AlertTemplateRow) {
  const { templateId: id, version, partedAt } = made
  const { template } = await readVersion(db, id, version)
  return {
    id,
    version,
    name: template.name,
    blanks: made.blanks as BlankValues,
    partedAt: partedAt?.toISOString() ?? null,
  }
}
