import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import {
  changeSchedule,
  createSchedule,
  getSchedule,
  getSchedules,
  removeSchedule,
  type ShownSchedule,
} from '../reports/schedules.ts'
import { REPORT_KINDS, REPORT_PERIODS } from '../store/schema.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, idParams, ifMatchHeader, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const fields = {
  every: z
    .enum(REPORT_PERIODS)
    .meta({ description: 'Of statistics: on Mondays, or on the first of the month, at seven' }),
  hoursAfterEnd: z.int().min(0).max(720).meta({
    description:
      'Of an acknowledgement report: so long after nothing of its alert was left to send',
  }),
  statuses: z
    .array(z.enum(STATUSES))
    .min(1)
    .max(STATUSES.length)
    .meta({ description: 'CAP `status` of the alerts that it is of' }),
  operatorIds: z.array(z.uuid()).min(1).max(50).meta({ description: 'To whose addresses it goes' }),
  language: z.enum(['en', 'es']),
  enabled: z.boolean(),
}

const newScheduleSchema = z.strictObject({
  kind: z.enum(REPORT_KINDS).meta({
    description:
      '`statistics` of a week or a month; `acknowledgement`: the after-action report of each alert, as PDF',
  }),
  ...fields,
  every: fields.every.optional(),
  hoursAfterEnd: fields.hoursAfterEnd.optional(),
  statuses: fields.statuses.default(['Actual']),
  language: fields.language.optional(),
  enabled: fields.enabled.default(true),
})

const scheduleEditSchema = z.strictObject(fields).partial()

export const scheduleSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(REPORT_KINDS),
    ...fields,
    every: fields.every.nullable(),
    hoursAfterEnd: fields.hoursAfterEnd.nullable(),
    // Stored checked; a word that is not used any more must not make it unreadable.
    statuses: z.array(z.string()),
    nextAt: timeSchema.nullable().meta({ description: 'Of statistics that are enabled' }),
    latest: z
      .object({
        at: timeSchema,
        alertId: z.uuid().nullable(),
        until: timeSchema.nullable().meta({ description: 'The end of the period' }),
        waiting: z.int().meta({ description: 'Letters that no mail account has taken yet' }),
        sent: z.int(),
        failed: z.int(),
        failure: z.string().nullable().meta({ description: 'Why it could not be made' }),
      })
      .nullable()
      .meta({ description: 'What became of the latest; kept 30 days' }),
    createdBy: z.uuid(),
    createdAt: timeSchema,
    revision: z.int(),
  })
  .meta({ id: 'ReportSchedule' })

const tags = ['Reports']

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/report-schedules',
  tags,
  summary: 'Have a report sent to operators by mail, each time once',
  request: { body: requiredBody(newScheduleSchema) },
  responses: { 201: answerOf('It goes out in its time', scheduleSchema) },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/report-schedules',
  tags,
  summary: 'List the reports that go out by mail, and what became of the latest of each',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(scheduleSchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/report-schedules/{id}',
  tags,
  summary: 'A report that goes out by mail',
  request: { params: idParams },
  responses: { 200: answerOf('The schedule', scheduleSchema) },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/report-schedules/{id}',
  tags,
  summary: 'Change when a report goes out, and to whom; its kind stays',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(scheduleEditSchema) },
  responses: { 200: answerOf('Changed', scheduleSchema) },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/report-schedules/{id}',
  tags,
  summary: 'Send a report no more; what waits in the mail is taken back',
  request: { params: idParams },
  responses: { 204: { description: 'Gone' } },
})

export const reportScheduleRoutes = ({ database: { db }, now }: AppDependencies) => {
  const by = (c: Context<Env>) => ({
    operatorId: requireRole(c, 'administrator').id,
    now: now(),
  })
  return new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const schedule = await createSchedule(db, by(c), c.req.valid('json'))
      c.header('Location', `/v1/report-schedules/${schedule.id}`)
      c.header('ETag', etagOf(schedule.revision))
      return c.json(scheduleResource(schedule), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const rows = await getSchedules(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(rows, limit, scheduleResource, row => [row.id]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      const schedule = await getSchedule(db, c.req.valid('param').id)
      c.header('ETag', etagOf(schedule.revision))
      return c.json(scheduleResource(schedule), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const schedule = await changeSchedule(db, by(c), target, c.req.valid('json'))
      c.header('ETag', etagOf(schedule.revision))
      return c.json(scheduleResource(schedule), 200)
    })
    .openapi(deleteRoute, async c => {
      await removeSchedule(db, by(c), c.req.valid('param').id)
      return c.body(null, 204)
    })
}

function scheduleResource(schedule: ShownSchedule): z.infer<typeof scheduleSchema> {
  const { activeSince: _since, dueAt, latest, ...shown } = schedule
  return {
    ...shown,
    nextAt: shown.enabled ? (dueAt?.toISOString() ?? null) : null,
    latest:
      latest === undefined
        ? null
        : {
            ...latest,
            at: latest.at.toISOString(),
            until: latest.until?.toISOString() ?? null,
          },
    createdAt: shown.createdAt.toISOString(),
  }
}
