import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import type { NoticeDelivery } from '../store/notices.ts'
import { NOTICE_STATES, SUBSCRIBER_KINDS } from '../store/schema.ts'
import { NOTICE_EVENTS } from '../subscribers/events.ts'
import {
  changeSubscriber,
  checkConnection,
  createSubscriber,
  getDeliveries,
  getSubscriber,
  getSubscribers,
  removeSubscriber,
  replayNotice,
  rotateSecret,
  sendTestNotice,
  type Subscriber,
  type WithSecret,
} from '../subscribers/subscribers.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { faultSchema } from './problem.ts'
import { answerOf, idParams, ifMatchHeader, line, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

/** Longer than any certificate or key that belongs there. */
const MAX_PEM = 16_384

const ipawsFields = {
  logonUser: line(100).meta({ description: '`logonUser` of each request: who asks' }),
  logonCogId: z
    .string()
    .regex(/^\d{1,10}$/, 'must be digits')
    .meta({ description: '`logonCogId`: the number of the Collaborative Operating Group' }),
  endpoint: z.enum(['live', 'test']).meta({
    description: '`live` is posted what is `Actual`, and nothing else; `test` what `statuses` name',
  }),
}

const pem = (description: string) => z.string().min(1).max(MAX_PEM).meta({ description })

const ipawsDraftSchema = z.strictObject({
  ...ipawsFields,
  certificate: pem('Of the group: X.509, RSA of at least 2048 bits, PEM'),
  privateKey: pem('To the certificate: PKCS #8, PEM; kept sealed, and shown never').meta({
    writeOnly: true,
  }),
})

const fields = {
  url: z.string().min(1).max(2000).meta({ description: 'Where each notice is POSTed' }),
  description: line(200),
  events: z
    .array(z.enum(NOTICE_EVENTS))
    .min(1)
    .max(NOTICE_EVENTS.length)
    .meta({
      description:
        'What it is told of: an alert has come into that state. `data.alert` tells it as JSON, `data.cap` as signed ' +
        'CAP 1.2 XML, null where it has none; `action` and `from` what was done',
    }),
  statuses: z
    .array(z.enum(STATUSES))
    .min(1)
    .max(STATUSES.length)
    .meta({ description: 'CAP `status` of the alerts that it is told of' }),
  enabled: z
    .boolean()
    .meta({ description: 'One that is disabled is told nothing; what waits is cancelled' }),
}

const newSubscriberSchema = z
  .strictObject({
    ...fields,
    kind: z
      .enum(SUBSCRIBER_KINDS)
      .default('webhook')
      .meta({
        description:
          '`ipaws`: an aggregator of alerts that is posted CAP as IPAWS-OPEN is: each public alert that is dispatched, ' +
          'and what updates, retracts or ends it',
      }),
    events: fields.events.optional().meta({ description: 'Of a webhook, which needs it' }),
    ipaws: ipawsDraftSchema.optional().meta({ description: 'Of kind `ipaws`, which needs it' }),
    statuses: fields.statuses.default(['Actual']),
    enabled: fields.enabled.default(true),
  })
  .superRefine(({ kind, events, ipaws }, context) => {
    const given = { events, ipaws }
    const [needs, lacks] =
      kind === 'webhook' ? (['events', 'ipaws'] as const) : (['ipaws', 'events'] as const)
    const fault = (member: string, message: string) =>
      context.addIssue({ code: 'custom', path: [member], message })
    if (given[needs] === undefined) fault(needs, `is required of kind ${kind}`)
    if (given[lacks] !== undefined) fault(lacks, `must be left out of kind ${kind}`)
  })

const subscriberEditSchema = z
  .strictObject({ ...fields, ipaws: ipawsDraftSchema.partial() })
  .partial()

export const subscriberSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(SUBSCRIBER_KINDS),
    ...fields,
    ipaws: z
      .object({
        ...ipawsFields,
        certificate: z.object({
          commonName: z.string(),
          fingerprint: z.string().meta({ description: 'SHA-256, hex' }),
          notBefore: timeSchema,
          notAfter: timeSchema,
        }),
      })
      .nullable()
      .meta({ description: 'How an aggregator knows us; null of a webhook' }),
    // Stored checked; a word that is not used any more must not make it unreadable.
    events: z.array(z.string()),
    statuses: z.array(z.string()),
    gone: z.boolean().meta({ description: 'It answered 410 and was disabled for that' }),
    createdAt: timeSchema,
    revision: z.int(),
  })
  .meta({ id: 'Subscriber' })

export const withSecretSchema = subscriberSchema
  .extend({
    secret: z
      .string()
      .nullable()
      .meta({
        description:
          'Signs every notice as Standard Webhooks has it (`webhook-id`, `webhook-timestamp`, `webhook-signature`); ' +
          'shown this once. Null of an aggregator',
      }),
  })
  .meta({ id: 'SubscriberWithSecret' })

export const noticeDeliverySchema = z
  .object({
    id: z.uuid().meta({ description: 'The `webhook-id` of every attempt' }),
    event: z.string(),
    alertId: z.uuid().nullable(),
    at: timeSchema,
    state: z.enum(NOTICE_STATES).meta({
      description:
        '`partial`: some channels of an aggregator have refused it; `unknown`: it may have been taken, and is not ' +
        'posted again by itself',
    }),
    attempts: z.int(),
    nextAttemptAt: timeSchema.nullable(),
    lastStatus: z.int().nullable().meta({ description: 'HTTP status of the last answer' }),
    lastFault: z.string().nullable().meta({ description: 'Why there was no answer' }),
    settledAt: timeSchema.nullable(),
    outcome: z
      .object({
        sent: z
          .string()
          .nullable()
          .meta({ description: 'CAP `sent` of the message as it was posted' }),
        channels: z
          .array(
            z.object({
              channel: z.string(),
              code: z.string(),
              error: z.boolean(),
              status: z.string().meta({ description: 'In the words of the aggregator' }),
            }),
          )
          .readonly(),
        faults: z
          .array(faultSchema)
          .readonly()
          .meta({ description: 'Why it was not posted, each at its place in the alert' }),
        said: z.string().nullable().meta({ description: 'The words of a SOAP fault' }),
      })
      .nullable()
      .meta({ description: 'Of a post to an aggregator' }),
  })
  .meta({ id: 'NoticeDelivery' })

export const connectionSchema = z
  .object({
    reached: z.boolean().meta({ description: 'It has answered, and takes our signature' }),
    status: z.int().nullable().meta({ description: 'HTTP status of its answer' }),
    fault: z.string().nullable().meta({ description: 'Why it was not reached' }),
    said: z.string().nullable().meta({ description: 'The words of a SOAP fault' }),
  })
  .meta({ id: 'ConnectionCheck' })

const tags = ['Subscribers']
const queued = { 202: answerOf('Queued', z.object({ id: z.uuid() })) }

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/subscribers',
  tags,
  summary: 'Enter a system that is told of alerts; its signing secret is made here and shown once',
  request: { body: requiredBody(newSubscriberSchema) },
  responses: { 201: answerOf('Entered', withSecretSchema) },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/subscribers',
  tags,
  summary: 'List subscribers in the order in which they were entered',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(subscriberSchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/subscribers/{id}',
  tags,
  summary: 'Read a subscriber',
  request: { params: idParams },
  responses: { 200: answerOf('The subscriber', subscriberSchema) },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/subscribers/{id}',
  tags,
  summary: 'Edit a subscriber',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(subscriberEditSchema) },
  responses: { 200: answerOf('Changed', subscriberSchema) },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/subscribers/{id}',
  tags,
  summary: 'Forget a subscriber, and what it was told',
  request: { params: idParams },
  responses: { 204: { description: 'Deleted' } },
})
const rotateRoute = createRoute({
  method: 'post',
  path: '/v1/subscribers/{id}/secret',
  tags,
  summary: 'Make a new signing secret, shown once; for a day the former one signs beside it',
  request: { params: idParams },
  responses: { 200: answerOf('The new secret', withSecretSchema) },
})
const testRoute = createRoute({
  method: 'post',
  path: '/v1/subscribers/{id}/test',
  tags,
  summary: 'Send a webhook a notice that tells nothing',
  request: { params: idParams },
  responses: queued,
})
const checkRoute = createRoute({
  method: 'post',
  path: '/v1/subscribers/{id}/check',
  tags,
  summary: 'Ask an aggregator for a sign of life, signed as a post is; nothing is posted',
  request: { params: idParams },
  responses: { 200: answerOf('What came of it', connectionSchema) },
})
const deliveriesRoute = createRoute({
  method: 'get',
  path: '/v1/subscribers/{id}/deliveries',
  tags,
  summary: 'What it was told or is to be, the newest first; kept 30 days',
  request: { params: idParams, query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(noticeDeliverySchema)) },
})
const replayRoute = createRoute({
  method: 'post',
  path: '/v1/subscribers/{id}/deliveries/{deliveryId}/replay',
  tags,
  summary: 'Send a notice once more, under the same id: a webhook the same octets',
  request: { params: idParams.extend({ deliveryId: z.uuid() }) },
  responses: queued,
})

export const subscriberRoutes = ({ database: { db }, config, masterKey, now }: AppDependencies) => {
  const settings = { masterKey, privateHosts: config.privateHosts }
  const by = (c: Context<Env>) => ({
    operatorId: requireRole(c, 'administrator').id,
    now: now(),
  })

  return new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const { kind: _kind, ipaws, events = [], ...draft } = c.req.valid('json')
      const created = await createSubscriber(db, settings, by(c), { ...draft, ipaws, events })
      c.header('Location', `/v1/subscribers/${created.subscriber.id}`)
      return c.json(shownOnce(c, created), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const rows = await getSubscribers(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(rows, limit, subscriberResource, row => [row.id]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator')
      const subscriber = await getSubscriber(db, c.req.valid('param').id)
      c.header('ETag', etagOf(subscriber.revision))
      return c.json(subscriberResource(subscriber), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const edit = c.req.valid('json')
      const subscriber = await changeSubscriber(db, settings, by(c), target, edit)
      c.header('ETag', etagOf(subscriber.revision))
      return c.json(subscriberResource(subscriber), 200)
    })
    .openapi(deleteRoute, async c => {
      await removeSubscriber(db, by(c), c.req.valid('param').id)
      return c.body(null, 204)
    })
    .openapi(rotateRoute, async c => {
      const rotated = await rotateSecret(db, settings, by(c), c.req.valid('param').id)
      return c.json(shownOnce(c, rotated), 200)
    })
    .openapi(testRoute, async c => {
      const id = await sendTestNotice(db, by(c), c.req.valid('param').id)
      return c.json({ id }, 202)
    })
    .openapi(checkRoute, async c => {
      const check = await checkConnection(db, settings, by(c), c.req.valid('param').id)
      return c.json(check, 200)
    })
    .openapi(deliveriesRoute, async c => {
      requireRole(c, 'administrator')
      const { limit, cursor } = c.req.valid('query')
      const before = readAfter(cursor, z.uuid())
      const page = { before, limit: limit + 1 }
      const rows = await getDeliveries(db, c.req.valid('param').id, page)
      return c.json(
        pageOf(rows, limit, deliveryResource, row => [row.id]),
        200,
      )
    })
    .openapi(replayRoute, async c => {
      const { id, deliveryId } = c.req.valid('param')
      await replayNotice(db, by(c), { id, noticeId: deliveryId })
      return c.json({ id: deliveryId }, 202)
    })
}

/** No cache may keep the answer, and neither do we in the clear: `Idempotency-Key` heeds the header. */
function shownOnce(
  c: Context<Env>,
  { subscriber, secret }: WithSecret,
): z.infer<typeof withSecretSchema> {
  c.header('Cache-Control', 'no-store')
  c.header('ETag', etagOf(subscriber.revision))
  return { ...subscriberResource(subscriber), secret }
}

function subscriberResource({
  createdAt,
  ipaws,
  ...subscriber
}: Subscriber): z.infer<typeof subscriberSchema> {
  return {
    ...subscriber,
    createdAt: createdAt.toISOString(),
    ipaws: ipaws && {
      ...ipaws,
      certificate: {
        ...ipaws.certificate,
        notBefore: ipaws.certificate.notBefore.toISOString(),
        notAfter: ipaws.certificate.notAfter.toISOString(),
      },
    },
  }
}

function deliveryResource({ dueAt, ...row }: NoticeDelivery): z.infer<typeof noticeDeliverySchema> {
  return {
    ...row,
    at: row.at.toISOString(),
    nextAttemptAt: row.state === 'waiting' ? dueAt.toISOString() : null,
    settledAt: row.settledAt?.toISOString() ?? null,
  }
}
