import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { geocodeFaults } from '../audience/geocodes.ts'
import { SEVERITIES } from '../cap/alert.ts'
import { AppError } from '../errors.ts'
import { jurisdictionSchema } from '../operators/jurisdiction.ts'
import type { Operator } from '../operators/operator.ts'
import {
  changeOperator,
  changeOwnPassword,
  createOperator,
  disableOperator,
  getOperator,
  getOperators,
} from '../operators/operators.ts'
import { MAX_PASSWORD_CHARACTERS } from '../operators/passwords.ts'
import type { Database } from '../store/database.ts'
import { ROLES } from '../store/schema.ts'
import { requireRole } from './auth.ts'
import { clientAddress } from './client-address.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, idParams, ifMatchHeader, line, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const emailSchema = z.email().max(254)
const passwordSchema = z.string().max(MAX_PASSWORD_CHARACTERS)
const rolesSchema = z.array(z.enum(ROLES)).min(1).max(ROLES.length)

const limitsSchema = z.strictObject({
  severities: z.array(z.enum(SEVERITIES)).max(SEVERITIES.length).optional(),
  events: z.array(line(200)).max(200).optional(),
  maxRecipients: z.int().min(0).max(2_147_483_647).optional(),
})

const newOperatorSchema = z.strictObject({
  email: emailSchema,
  name: line(100),
  password: passwordSchema.optional(),
  roles: rolesSchema,
  jurisdiction: jurisdictionSchema.optional(),
  limits: limitsSchema.optional(),
})

const operatorEditSchema = z
  .strictObject({
    email: emailSchema,
    name: line(100),
    password: passwordSchema,
    roles: rolesSchema,
    jurisdiction: jurisdictionSchema.nullable(),
    limits: limitsSchema.nullable(),
  })
  .partial()

export const operatorSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    roles: rolesSchema,
    jurisdiction: jurisdictionSchema.nullable().meta({ description: 'null: no border' }),
    limits: limitsSchema.nullable(),
    createdAt: timeSchema,
    disabledAt: timeSchema.nullable(),
    revision: z.int(),
    feedId: z.uuid().nullable().meta({
      description: 'The feed whose rule it is, which nobody signs in as; null: a person',
    }),
  })
  .meta({ id: 'Operator' })

export function operatorResource(operator: Operator): z.input<typeof operatorSchema> {
  const { id, email, name, roles, jurisdiction, limits, createdAt, disabledAt, revision } = operator
  const { feedId = null } = operator
  return {
    id,
    email,
    name,
    roles: [...roles],
    // As it was checked when it was written.
    jurisdiction: (jurisdiction ?? null) as z.input<typeof jurisdictionSchema> | null,
    limits: (limits ?? null) as z.input<typeof limitsSchema> | null,
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    revision,
    feedId,
  }
}

const operatorAnswer = (description: string) => answerOf(description, operatorSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/operators',
  tags: ['Operators'],
  summary: 'Create an operator',
  request: { body: requiredBody(newOperatorSchema) },
  responses: { 201: operatorAnswer('Created') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/operators',
  tags: ['Operators'],
  summary: 'List operators by e-mail address',
  request: { query: pageQuery },
  responses: {
    200: answerOf('A page', pageSchema(operatorSchema)),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/operators/{id}',
  tags: ['Operators'],
  summary: 'Read an operator',
  request: { params: idParams },
  responses: { 200: operatorAnswer('The operator') },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/operators/{id}',
  tags: ['Operators'],
  summary: 'Edit an operator; `null` takes a jurisdiction or limits away',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(operatorEditSchema) },
  responses: { 200: operatorAnswer('Changed') },
})
const disableRoute = createRoute({
  method: 'post',
  path: '/v1/operators/{id}/disable',
  tags: ['Operators'],
  summary: 'Disable an operator: their next request is refused',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 200: operatorAnswer('Disabled') },
})
const meRoute = createRoute({
  method: 'get',
  path: '/v1/me',
  tags: ['Operators'],
  summary: 'Who I am, and the mode of this sign-in',
  responses: {
    200: answerOf(
      'The caller',
      operatorSchema
        .extend({
          mode: z.enum(['live', 'exercise']),
          exerciseId: z.uuid().nullable(),
          mustEnrolPasskey: z.boolean().meta({ description: 'As of the tokens' }),
        })
        .meta({ id: 'Me' }),
    ),
  },
})
const passwordRoute = createRoute({
  method: 'post',
  path: '/v1/me/password',
  tags: ['Operators'],
  summary: 'Set my password; all my sign-ins end',
  request: {
    body: requiredBody(
      z.strictObject({ currentPassword: passwordSchema, password: passwordSchema }),
    ),
  },
  responses: { 204: { description: 'Set' } },
})

export const operatorRoutes = ({ database: { db }, config, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const administrator = requireRole(c, 'administrator')
      const draft = c.req.valid('json')
      await assertKnownGeocodes(db, draft.jurisdiction)
      const created = await createOperator(db, administrator, draft, now())
      c.header('ETag', etagOf(created.revision))
      c.header('Location', `/v1/operators/${created.id}`)
      return c.json(operatorResource(created), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.string())
      const rows = await getOperators(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(rows, limit, operatorResource, ({ email }) => [email]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      const { id } = c.req.valid('param')
      if (id !== c.var.operator.id) requireRole(c, 'administrator', 'auditor')
      const found = await getOperator(db, id)
      c.header('ETag', etagOf(found.revision))
      return c.json(operatorResource(found), 200)
    })
    .openapi(changeRoute, async c => {
      const administrator = requireRole(c, 'administrator')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const edit = c.req.valid('json')
      await assertKnownGeocodes(db, edit.jurisdiction)
      const changed = await changeOperator(db, administrator, target, edit, now())
      c.header('ETag', etagOf(changed.revision))
      return c.json(operatorResource(changed), 200)
    })
    .openapi(disableRoute, async c => {
      const administrator = requireRole(c, 'administrator')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const disabled = await disableOperator(db, administrator, target, now())
      c.header('ETag', etagOf(disabled.revision))
      return c.json(operatorResource(disabled), 200)
    })
    .openapi(meRoute, c => {
      const { operator, session } = c.var
      c.header('ETag', etagOf(operator.revision))
      const { mode, exerciseId = null, onlyEnrols: mustEnrolPasskey } = session
      return c.json({ ...operatorResource(operator), mode, exerciseId, mustEnrolPasskey }, 200)
    })
    .openapi(passwordRoute, async c => {
      const given = { ...c.req.valid('json'), address: clientAddress(c, config) }
      await changeOwnPassword(db, c.var.operator, given, now())
      return c.body(null, 204)
    })

/** A jurisdiction that resolves to nothing would hold no alert, and its operator would learn it at 4 a.m. */
async function assertKnownGeocodes(
  db: Database,
  jurisdiction: z.infer<typeof jurisdictionSchema> | null | undefined,
): Promise<void> {
  const faults = await geocodeFaults(db, jurisdiction?.geocodes ?? [], '/jurisdiction/geocodes')
  if (faults.length > 0) {
    throw new AppError('unknown_geocode', 'the jurisdiction names geocodes without a shape', {
      faults,
    })
  }
}
