import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import {
  changeGroup,
  createGroup,
  getGroup,
  getGroups,
  removeGroup,
  setMembers,
  type Group,
} from '../audience/groups.ts'
import { areaSchema } from '../cap/area.ts'
import { AppError } from '../errors.ts'
import { FAULTS } from '../faults.ts'
import { requireRole } from './auth.ts'
import { streamBody } from './body.ts'
import type { AppDependencies, Env } from './env.ts'
import { groupExpressionSchema } from './group-expressions.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { faultSchema, refuseInvalid } from './problem.ts'
import {
  answerOf,
  documentBody,
  idParams,
  ifMatchHeader,
  line,
  requiredBody,
  timeSchema,
} from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const ruleSchema = z
  .strictObject({
    language: z.string().min(1).max(35).meta({
      description: 'A range of BCP 47 tags: es holds es-US as well (RFC 4647 §3.3.1)',
    }),
    externalIdPrefix: line(200),
    label: line(100).meta({ description: 'Of one of their locations' }),
    consent: line(200),
    hasEmail: z.boolean(),
  })
  .partial()
  .refine(rule => Object.keys(rule).length > 0, FAULTS.empty_rule)

const fields = {
  // An import names several in one value, separated by semicolons.
  name: line(200).refine(name => !name.includes(';'), FAULTS.semicolon),
  description: line(1000),
  area: areaSchema.meta({ description: 'Makes it a geographic group: whoever is inside' }),
  rule: ruleSchema.meta({
    description: 'Makes it a group by rule: whoever is as all of it says when an alert is sent',
  }),
  expression: groupExpressionSchema,
}

const newGroupSchema = z.strictObject({
  name: fields.name,
  description: fields.description.optional(),
  area: fields.area.optional(),
  rule: fields.rule.optional(),
  expression: fields.expression.optional(),
})
const groupEditSchema = z
  .strictObject({ ...fields, description: fields.description.nullable() })
  .partial()

export const groupSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    area: areaSchema.nullable(),
    rule: ruleSchema.nullable(),
    expression: groupExpressionSchema.nullable(),
    members: z.int().meta({ description: 'How many people it holds now' }),
    definitionDigest: z.string().meta({ description: 'SHA-256 of what decides who belongs to it' }),
    createdAt: timeSchema,
    revision: z.int(),
    warnings: z.array(faultSchema).meta({
      description: 'What was left out of its area just now: spikes, positions given twice',
    }),
  })
  .meta({ id: 'Group' })

const membersSchema = z
  .strictObject({ contactIds: z.array(z.uuid()), phones: z.array(z.string()) })
  .partial()

const groupAnswer = (description: string) => answerOf(description, groupSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/groups',
  tags: ['People'],
  summary:
    'Make a group: geographic with an area, by rule with a rule, made of others with an expression, else listed',
  request: { body: requiredBody(newGroupSchema) },
  responses: { 201: groupAnswer('Made') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/groups',
  tags: ['People'],
  summary: 'List groups, oldest first',
  request: { query: pageQuery },
  responses: {
    200: answerOf('A page', pageSchema(groupSchema)),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/groups/{id}',
  tags: ['People'],
  summary: 'Read a group',
  request: { params: idParams },
  responses: { 200: groupAnswer('The group') },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/groups/{id}',
  tags: ['People'],
  summary: 'Edit a group; alerts that were signed for it and not yet sent will notice',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(groupEditSchema) },
  responses: { 200: groupAnswer('Changed') },
})
const membersRoute = createRoute({
  method: 'put',
  path: '/v1/groups/{id}/members',
  tags: ['People'],
  summary: 'Make these people the members of a listed group, and nobody else',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 200: groupAnswer('Set') },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/groups/{id}',
  tags: ['People'],
  summary: 'Remove a group that no other group and no open alert names; its people stay',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 204: { description: 'Gone' } },
})

export const groupRoutes = ({ database }: AppDependencies) => {
  const { db } = database
  const routes = new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(createRouteConfig, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const group = await createGroup(db, operator.id, c.req.valid('json'))
      c.header('ETag', etagOf(group.revision))
      c.header('Location', `/v1/groups/${group.id}`)
      return c.json(groupResource(group), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const groups = await getGroups(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(groups, limit, groupResource, ({ id }) => [id]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      const group = await getGroup(db, c.req.valid('param').id)
      c.header('ETag', etagOf(group.revision))
      return c.json(groupResource(group), 200)
    })
    .openapi(changeRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const group = await changeGroup(db, operator.id, target, c.req.valid('json'))
      c.header('ETag', etagOf(group.revision))
      return c.json(groupResource(group), 200)
    })
    .openapi(deleteRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      await removeGroup(db, operator.id, target)
      return c.body(null, 204)
    })
    .openapi(membersRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('Content-Type') ?? '')) {
        throw new AppError('unsupported_media_type', 'the body must be application/json in UTF-8')
      }
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const group = await setMembers(database, operator.id, target, streamBody(c))
      c.header('ETag', etagOf(group.revision))
      return c.json(groupResource(group), 200)
    })
  documentBody(routes, membersRoute.path, requiredBody(membersSchema))
  return routes
}

function groupResource(group: Group): z.infer<typeof groupSchema> {
  return {
    id: group.id,
    name: group.name,
    description: group.description ?? null,
    area: group.area ?? null,
    rule: group.rule ?? null,
    expression: group.expression ?? null,
    members: group.members,
    definitionDigest: group.definitionDigest,
    createdAt: group.createdAt.toISOString(),
    revision: group.revision,
    warnings: [...(group.cleaned ?? [])],
  }
}
