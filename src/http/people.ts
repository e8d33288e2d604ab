import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { approversOf, noteSeen } from '../alerts/eyes.ts'
import { rolesFor } from '../alerts/steps.ts'
import { listPeople } from '../store/operators.ts'
import { ROLES } from '../store/schema.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import { ONLINE_MS } from './desk.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, idParams, ofAlert } from './resources.ts'

export const personSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    roles: z.array(z.enum(ROLES)),
    disabled: z.boolean(),
    feedId: z.uuid().optional().meta({ description: 'The feed whose rule it is: no person' }),
  })
  .meta({ id: 'Person' })

export const approversSchema = z
  .object({
    items: z.array(
      z.object({
        operatorId: z.uuid(),
        name: z.string(),
        online: z.boolean().meta({ description: 'Signed in where the alert is' }),
      }),
    ),
  })
  .meta({ id: 'Approvers' })

const peopleRoute = createRoute({
  method: 'get',
  path: '/v1/people',
  tags: ['Operators'],
  summary: 'Who works here, and did: names and roles, for whoever works with them',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(personSchema)) },
})

const approversRoute = ofAlert(
  'approvers',
  'Who may approve it: by role, limits and jurisdiction, without those who had a hand in it',
  approversSchema,
)

const seenRoute = createRoute({
  method: 'post',
  path: '/v1/alerts/{id}/seen',
  tags: ['Alerts'],
  summary: 'Say that one has it before one’s eyes, to approve it: its author sees that',
  request: { params: idParams },
  responses: { 204: { description: 'Noted, once for each time it is submitted' } },
})

export const peopleRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(peopleRoute, async c => {
      const { limit, cursor } = c.req.valid('query')
      const rows = await listPeople(db, { after: readAfter(cursor, z.uuid()), limit: limit + 1 })
      const page = pageOf(
        rows,
        limit,
        ({ id, name, roles, disabledAt, feedId }) => ({
          id,
          name,
          roles: [...roles],
          disabled: disabledAt !== undefined,
          ...(feedId !== undefined && { feedId }),
        }),
        row => [row.id],
      )
      return c.json(page, 200)
    })
    .openapi(approversRoute, async c => {
      const since = new Date(now().getTime() - ONLINE_MS)
      const found = await approversOf(db, c.req.valid('param').id, since)
      const items = found.map(({ isOnline: online, ...person }) => ({ ...person, online }))
      return c.json({ items }, 200)
    })
    .openapi(seenRoute, async c => {
      const caller = callerOf(c, requireRole(c, ...rolesFor('see')), now())
      await noteSeen(db, c.req.valid('param').id, caller)
      return c.body(null, 204)
    })
