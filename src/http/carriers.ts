import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import {
  type Account,
  changeAccount,
  createAccount,
  deleteAccount,
  getAccount,
  getAccounts,
  sendTestMessage,
} from '../accounts/accounts.ts'
import { routeSchema, sourceAddressSchema } from '../accounts/settings/addressing.ts'
import { httpEditSchema, httpSettingsSchema, newHttpSchema } from '../accounts/settings/http.ts'
import { newSmppSchema, smppEditSchema, smppSettingsSchema } from '../accounts/settings/smpp.ts'
import { newSmtpSchema, smtpEditSchema, smtpSettingsSchema } from '../accounts/settings/smtp.ts'
import {
  newTwilioSchema,
  twilioEditSchema,
  twilioSettingsSchema,
} from '../accounts/settings/twilio.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, idParams, ifMatchHeader, line, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'
import { FAULTS } from '../faults.ts'

const protocolSchema = z.enum(['smpp', 'twilio', 'http', 'smtp'])

const fields = {
  name: line(100),
  segmentsPerSecond: z.int().min(1).max(1_000_000).meta({
    description: "The account's limit, over all binds and dispatchers; of a mail account letters",
  }),
  window: z.int().min(1).max(10_000).meta({ description: 'Unanswered segments a bind' }),
  binds: z
    .int()
    .min(1)
    .max(100)
    .meta({
      description:
        "The account's limit, over all dispatchers; an SMPP transmitter and its receiver count as one; " +
        'of a mail account its connections, each with one letter at a time',
    }),
  sourceAddress: sourceAddressSchema.meta({ description: 'Required but of a mail account' }),
  routes: z.array(routeSchema).max(1000).meta({
    description: 'Empty: takes every number; a mail account has none',
  }),
  enabled: z
    .boolean()
    .meta({ description: 'False: what is in the window is finished, then it is unbound' }),
  use: z.enum(['live', 'exercise', 'both']).meta({
    description:
      'Which alerts it sends: live ones, drills (to their rosters), or both. Simulated exercises have carriers of their own',
  }),
  draining: z.boolean().meta({
    description:
      'True: takes no further messages of alerts, and stays bound for receipts and replies',
  }),
}

const newCarrierSchema = z
  .strictObject({
    ...fields,
    protocol: protocolSchema,
    sourceAddress: fields.sourceAddress.optional(),
    window: fields.window.default(10),
    binds: fields.binds.default(1),
    routes: fields.routes.default([]),
    enabled: fields.enabled.default(true),
    draining: fields.draining.default(false),
    use: fields.use.default('both'),
    smpp: newSmppSchema.optional(),
    twilio: newTwilioSchema.optional(),
    http: newHttpSchema.optional(),
    smtp: newSmtpSchema.optional(),
  })
  .refine(({ protocol, sourceAddress }) => protocol === 'smtp' || sourceAddress !== undefined, {
    path: ['sourceAddress'],
    message: FAULTS.required,
    // Beside whatever else is wrong.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })

const carrierEditSchema = z
  .strictObject({
    ...fields,
    smpp: smppEditSchema,
    twilio: twilioEditSchema,
    http: httpEditSchema,
    smtp: smtpEditSchema,
  })
  .partial()

export const carrierSchema = z
  .object({
    id: z.uuid(),
    ...fields,
    sourceAddress: z.string().meta({ description: 'Empty of a mail account' }),
    protocol: protocolSchema,
    smpp: smppSettingsSchema.optional(),
    twilio: twilioSettingsSchema.optional(),
    http: httpSettingsSchema.optional(),
    smtp: smtpSettingsSchema.optional(),
    state: z.enum(['bound', 'throttled', 'unbound', 'disabled']),
    perSecond: z.number(),
    inFlight: z.int(),
    lastError: z.string().nullable(),
    createdAt: timeSchema,
    revision: z.int(),
  })
  .meta({ id: 'Carrier' })

const carrierAnswer = (description: string) => answerOf(description, carrierSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/carriers',
  tags: ['Carriers'],
  summary: 'Set up a carrier account; secrets are write-only',
  request: { body: requiredBody(newCarrierSchema) },
  responses: { 201: carrierAnswer('Set up') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/carriers',
  tags: ['Carriers'],
  summary: 'List carriers by name, with their live state',
  request: { query: pageQuery },
  responses: {
    200: answerOf('A page', pageSchema(carrierSchema)),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/carriers/{id}',
  tags: ['Carriers'],
  summary: 'Read a carrier, with its live state',
  request: { params: idParams },
  responses: { 200: carrierAnswer('The carrier') },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/carriers/{id}',
  tags: ['Carriers'],
  summary: 'Edit a carrier; it is bound anew',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(carrierEditSchema) },
  responses: { 200: carrierAnswer('Changed') },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/carriers/{id}',
  tags: ['Carriers'],
  summary: 'Take a carrier out of use for good',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 204: { description: 'Deleted' } },
})
const testRoute = createRoute({
  method: 'post',
  path: '/v1/carriers/{id}/test',
  tags: ['Carriers'],
  summary:
    'Send one message over this carrier, to a member of a listed group; a letter goes to their address',
  request: {
    params: idParams,
    body: requiredBody(z.strictObject({ phone: z.string().min(1).max(40) })),
  },
  responses: {
    202: answerOf('Queued', z.object({ id: z.uuid() })),
  },
})

export const carrierRoutes = ({ database: { db }, config, masterKey, now }: AppDependencies) => {
  const installation = { ...config, masterKey }
  const by = (c: Context<Env>) => ({ operatorId: requireRole(c, 'administrator').id, now: now() })
  return new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const account = await createAccount(db, installation, by(c), c.req.valid('json'))
      c.header('ETag', etagOf(account.revision))
      c.header('Location', `/v1/carriers/${account.id}`)
      return c.json(carrierResource(account), 201)
    })
    .openapi(listRoute, async c => {
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.string())
      const accounts = await getAccounts(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(accounts, limit, carrierResource, ({ name }) => [name]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      const account = await getAccount(db, c.req.valid('param').id)
      c.header('ETag', etagOf(account.revision))
      return c.json(carrierResource(account), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const account = await changeAccount(db, installation, by(c), target, c.req.valid('json'))
      c.header('ETag', etagOf(account.revision))
      return c.json(carrierResource(account), 200)
    })
    .openapi(deleteRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      await deleteAccount(db, by(c), target)
      return c.body(null, 204)
    })
    .openapi(testRoute, async c => {
      const { phone } = c.req.valid('json')
      const id = await sendTestMessage(db, by(c), { id: c.req.valid('param').id, phone })
      return c.json({ id }, 202)
    })
}

function carrierResource({ live, ...account }: Account): z.infer<typeof carrierSchema> {
  return {
    ...account,
    routes: account.routes.map(route => ({ ...route })),
    createdAt: account.createdAt.toISOString(),
    state: live.state,
    perSecond: Math.round(live.perSecond),
    inFlight: live.inFlight,
    lastError: live.lastError ?? null,
  }
}
