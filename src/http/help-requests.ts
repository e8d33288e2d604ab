import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import {
  closeRequest,
  handOverRequest,
  noteOnRequest,
  reopenRequest,
  takeRequest,
} from '../alerts/help-requests.ts'
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { phoneAsSeenBy } from '../reports/deliveries.ts'
import { placesOfPhones } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import {
  findHelpRequest,
  listHelpRequests,
  listHelpSteps,
  type HelpRequest,
} from '../store/help-requests.ts'
import { HELP_OUTCOMES, HELP_REQUEST_STATES, HELP_STEPS } from '../store/schema.ts'
import { existingAlerts } from '../store/watching.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { refuseInvalid } from './problem.ts'
import { answerOf, idParams, ifMatchHeader, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

export const requestSchema = z
  .object({
    id: z.uuid(),
    alertId: z.uuid(),
    seq: z.int().meta({ description: 'The delivery' }),
    phone: z.string().meta({
      description: 'In full for administrators and authors, else its last three digits',
    }),
    areaNo: z.int().nullable().meta({ description: 'Index of the signed area; null: none' }),
    locations: z
      .array(
        z.object({ longitude: z.number(), latitude: z.number(), label: z.string().nullable() }),
      )
      .nullable()
      .meta({
        description: 'Of the contact; null for who may not read contacts (`GET /v1/contacts`)',
      }),
    state: z.enum(HELP_REQUEST_STATES),
    certain: z.boolean().meta({
      description: 'By an urgent option or a call for help; else a text that may be one',
    }),
    askedAt: timeSchema.meta({ description: 'First' }),
    lastAt: timeSchema.meta({ description: 'Latest' }),
    text: z.string().nullable().meta({ description: 'The latest text that asks' }),
    texts: z.int().meta({ description: 'How many there are' }),
    reply: z.string().nullable().meta({
      description: 'What the recipient counts as now: perhaps another option since',
    }),
    operatorId: z.uuid().nullable().meta({ description: 'Who has it, or closed it' }),
    outcome: z.enum(HELP_OUTCOMES).nullable(),
    revision: z.int(),
  })
  .meta({ id: 'HelpRequest' })

export const storySchema = requestSchema
  .extend({
    steps: z.array(
      z.object({
        at: timeSchema,
        operatorId: z.uuid().nullable().meta({ description: 'Null: the person asked again' }),
        step: z.enum(HELP_STEPS),
        toOperatorId: z.uuid().nullable(),
        outcome: z.enum(HELP_OUTCOMES).nullable(),
        note: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'HelpRequestStory' })

const note = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .regex(/^[^\p{Cs}\0]*$/u, 'must be text')
const tags = ['Requests for help']
const answer = { 200: answerOf('The request', requestSchema) }

const listRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/requests',
  tags,
  summary: 'Recipients who asked for help, or may have, in the order in which they first did',
  request: {
    params: idParams,
    query: pageQuery.extend({
      state: z.enum(HELP_REQUEST_STATES).optional(),
      operator: z.uuid().optional().meta({ description: 'Who has them' }),
      area: z
        .string()
        .regex(/^\d{1,4}$/, 'must be the index of a signed area')
        .transform(Number)
        .optional()
        .meta({ type: 'integer', description: 'Index of the signed area' }),
      certain: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: { 200: answerOf('A page', pageSchema(requestSchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/requests/{id}',
  tags,
  summary: 'A request with what was done about it',
  request: { params: idParams },
  responses: { 200: answerOf('The request', storySchema) },
})

const stepRoute = <const Step extends string, Schema extends z.ZodType>(
  step: Step,
  summary: string,
  schema: Schema,
) =>
  createRoute({
    method: 'post',
    path: `/v1/requests/{id}/${step}`,
    tags,
    summary,
    request: {
      params: idParams,
      headers: ifMatchHeader,
      body: requiredBody(schema),
    },
    responses: answer,
  })

const takeRoute = stepRoute('take', 'Take an open request in hand', z.strictObject({}))
const noteRoute = stepRoute('note', 'Note something on it', z.strictObject({ note }))
const handOverRoute = stepRoute(
  'hand-over',
  'Give it to another author or approver',
  z.strictObject({ operatorId: z.uuid(), note: note.optional() }),
)
const closeRoute = stepRoute(
  'close',
  'Close it; who asks again opens it again',
  z.strictObject({ outcome: z.enum(HELP_OUTCOMES), note: note.optional() }),
)
const reopenRoute = stepRoute(
  'reopen',
  'Give it back to all, closed or in hand',
  z.strictObject({ note: note.optional() }),
)

export const helpRequestRoutes = ({ database: { db }, now }: AppDependencies) => {
  const mayRead = (c: Context<Env>) =>
    requireRole(c, 'author', 'approver', 'viewer', 'administrator')
  const helper = (c: Context<Env>) => callerOf(c, requireRole(c, 'author', 'approver'), now())
  const targetOf = (c: Context<Env>, { id }: { id: string }) => ({
    id,
    revision: revisionFromIfMatch(c),
  })
  const shown = async (c: Context<Env>, request: HelpRequest) => {
    c.header('ETag', etagOf(request.revision))
    const places = await placesSeenBy(db, c.var.operator, [request])
    return requestAsSeenBy(c.var.operator, request, places)
  }

  return new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(listRoute, async c => {
      const operator = mayRead(c)
      const { id } = c.req.valid('param')
      const {
        limit,
        cursor,
        state,
        operator: operatorId,
        area: areaNo,
        certain,
      } = c.req.valid('query')
      if (!(await existingAlerts(db, [id])).has(id)) {
        throw new AppError('not_found', 'there is no such alert')
      }
      const filter = {
        state,
        operatorId,
        areaNo,
        certain: certain === undefined ? undefined : certain === 'true',
      }
      const after = readAfter(cursor, z.uuid())
      const rows = await listHelpRequests(db, id, filter, { after, limit: limit + 1 })
      const places = await placesSeenBy(db, operator, rows)
      const page = pageOf(
        rows,
        limit,
        row => requestAsSeenBy(operator, row, places),
        row => [row.id],
      )
      return c.json(page, 200)
    })
    .openapi(getRoute, async c => {
      mayRead(c)
      const { id } = c.req.valid('param')
      const request = await findHelpRequest(db, id)
      if (request === undefined) throw new AppError('not_found', 'there is no such request')
      const steps = (await listHelpSteps(db, id)).map(
        ({ at, operatorId, step, toOperatorId, outcome, note: said }) => ({
          at: at.toISOString(),
          operatorId,
          step,
          toOperatorId,
          outcome,
          note: said,
        }),
      )
      return c.json({ ...(await shown(c, request)), steps }, 200)
    })
    .openapi(takeRoute, async c => {
      const caller = helper(c)
      const request = await takeRequest(db, targetOf(c, c.req.valid('param')), caller)
      return c.json(await shown(c, request), 200)
    })
    .openapi(noteRoute, async c => {
      const caller = helper(c)
      const target = targetOf(c, c.req.valid('param'))
      const request = await noteOnRequest(db, target, caller, c.req.valid('json').note)
      return c.json(await shown(c, request), 200)
    })
    .openapi(handOverRoute, async c => {
      const caller = helper(c)
      const { operatorId: toOperatorId, note: said } = c.req.valid('json')
      const target = targetOf(c, c.req.valid('param'))
      const request = await handOverRequest(db, target, caller, { toOperatorId, note: said })
      return c.json(await shown(c, request), 200)
    })
    .openapi(closeRoute, async c => {
      const caller = helper(c)
      const { outcome, note: said } = c.req.valid('json')
      const target = targetOf(c, c.req.valid('param'))
      const request = await closeRequest(db, target, caller, { outcome, note: said })
      return c.json(await shown(c, request), 200)
    })
    .openapi(reopenRoute, async c => {
      const caller = helper(c)
      const target = targetOf(c, c.req.valid('param'))
      const request = await reopenRequest(db, target, caller, c.req.valid('json').note)
      return c.json(await shown(c, request), 200)
    })
}

/** As contacts are: who may not read those is not told where somebody lives, either. */
const READ_CONTACTS: readonly string[] = ['administrator', 'author', 'viewer']

type Places = Awaited<ReturnType<typeof placesOfPhones>>

async function placesSeenBy(
  db: Database,
  { roles }: Operator,
  requests: readonly HelpRequest[],
): Promise<Places | undefined> {
  if (!roles.some(role => READ_CONTACTS.includes(role))) return undefined
  return placesOfPhones(
    db,
    requests.map(({ phone }) => phone),
  )
}

function requestAsSeenBy(
  operator: Operator,
  { askedAt, lastAt, areaNo, ...request }: HelpRequest,
  places: Places | undefined,
): z.infer<typeof requestSchema> {
  return {
    ...request,
    phone: phoneAsSeenBy(operator, request.phone),
    areaNo: areaNo < 0 ? null : areaNo,
    locations: places === undefined ? null : [...(places.get(request.phone) ?? [])],
    askedAt: askedAt.toISOString(),
    lastAt: lastAt.toISOString(),
  }
}
