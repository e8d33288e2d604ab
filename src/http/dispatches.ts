import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { stopEverything } from '../alerts/all-stop.ts'
import { dispatchAlert } from '../alerts/dispatch.ts'
import { rolesFor } from '../alerts/steps.ts'
import { readableText } from '../cap/readable.ts'
import { ERROR_CODES, isAppError } from '../errors.ts'
import { countAllStops } from '../store/all-stops.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { statusOf } from './problem.ts'
import { answerOf, requiredBody } from './resources.ts'

const dispatchesSchema = z
  .object({
    results: z.array(
      z.object({
        alertId: z.uuid(),
        status: z.int().meta({ description: 'As the single dispatch would have answered' }),
        code: z.enum(ERROR_CODES).optional(),
        detail: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Dispatches' })

const dispatchesRoute = createRoute({
  method: 'post',
  path: '/v1/dispatches',
  tags: ['Alerts'],
  summary: 'Send several; one refusal leaves the others. Needs an Idempotency-Key',
  request: {
    body: requiredBody(
      z.strictObject({
        alertIds: z.array(z.uuid()).min(1).max(1000),
        holdSeconds: z.int().min(0).max(60).default(0),
      }),
    ),
  },
  responses: {
    200: answerOf('One result an alert, in order', dispatchesSchema),
  },
})

const stopRoute = createRoute({
  method: 'post',
  path: '/v1/stop',
  tags: ['Alerts'],
  summary: 'The all-stop: everything that is sending stops, for good',
  request: {
    body: requiredBody(z.strictObject({ reason: readableText(1000) })),
  },
  responses: {
    202: answerOf(
      'What was stopped',
      z.object({
        state: z.literal('stopped'),
        left: z.int(),
        alerts: z.array(z.object({ alertId: z.uuid(), left: z.int() })),
      }),
    ),
  },
})

export const dispatchRoutes = ({ database, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(dispatchesRoute, async c => {
      const operator = requireRole(c, ...rolesFor('dispatch'))
      const { alertIds, holdSeconds } = c.req.valid('json')
      // Once everything is stopped, the rest of the list is not sent either.
      const stops = await countAllStops(database.db, c.var.session)
      const results: z.infer<typeof dispatchesSchema>['results'] = []
      for (const alertId of alertIds) {
        const caller = callerOf(c, operator, now())
        try {
          await dispatchAlert(database, alertId, caller, { holdSeconds, stops })
          results.push({ alertId, status: 202 })
        } catch (error) {
          if (!isAppError(error)) throw error
          const { code, message: detail } = error
          results.push({ alertId, status: statusOf(code), code, detail })
        }
      }
      return c.json({ results }, 200)
    })
    .openapi(stopRoute, async c => {
      const operator = requireRole(c, 'approver', 'administrator')
      const caller = callerOf(c, operator, now())
      const stopped = await stopEverything(database.db, caller, c.req.valid('json').reason)
      const alerts = stopped.map(({ alert, left }) => ({ alertId: alert.id, left }))
      const left = alerts.reduce((sum, alert) => sum + alert.left, 0)
      return c.json({ state: 'stopped' as const, left, alerts }, 202)
    })
