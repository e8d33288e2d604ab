import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { STATUSES } from '../cap/alert.ts'
import { changeFeed, createFeed, getFeed, getFeeds, removeFeed } from '../feeds/feeds.ts'
import type { FeedRow } from '../store/cap-feeds.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, idParams, ifMatchHeader, line, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const fields = {
  url: z.string().min(1).max(2000).meta({ description: 'Atom, RSS 2.0, or one CAP 1.2 message' }),
  description: line(200),
  authorId: z.uuid().meta({
    description: 'The author in whose name drafts are written, and whose limits they keep',
  }),
  statuses: z
    .array(z.enum(STATUSES))
    .min(1)
    .max(STATUSES.length)
    .meta({ description: 'CAP `status` of what is taken; anything else is passed over' }),
  roster: z
    .uuid()
    .nullable()
    .meta({ description: 'The listed group that its drills reach; without it drills are refused' }),
  certificates: z
    .array(z.string().min(1).max(20_000))
    .max(10)
    .meta({
      description:
        'PEM, of RSA keys. A message must be signed by one of them, whatever it says of its key; with an empty list ' +
        'messages may be unsigned',
    }),
  maxOctets: z
    .int()
    .min(1024)
    .max(8 * 1024 * 1024)
    .meta({ description: 'Of one message' }),
  intervalSeconds: z.int().min(15).max(86_400),
  enabled: z.boolean(),
}

const newFeedSchema = z.strictObject({
  ...fields,
  statuses: fields.statuses.default(['Actual']),
  roster: fields.roster.default(null),
  maxOctets: fields.maxOctets.default(512 * 1024),
  intervalSeconds: fields.intervalSeconds.default(60),
  enabled: fields.enabled.default(true),
})

const feedEditSchema = z.strictObject(fields).partial()

export const feedSchema = z
  .object({
    id: z.uuid(),
    ...fields,
    // Stored checked; a word that is not used any more must not make it unreadable.
    statuses: z.array(z.string()),
    createdAt: timeSchema,
    revision: z.int(),
    polledAt: timeSchema.nullable(),
    succeededAt: timeSchema.nullable(),
    failures: z.int().meta({ description: 'Polls in a row that brought no answer' }),
    problems: z
      .array(z.object({ at: timeSchema, reason: z.string(), detail: z.string(), item: z.string() }))
      .meta({ description: 'The last twenty things that it brought and that were not taken' }),
  })
  .meta({ id: 'Feed' })

const tags = ['CAP']

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/feeds',
  tags,
  summary:
    'Enter a feed of CAP that is polled; what it brings becomes drafts, and never goes out by itself',
  request: { body: requiredBody(newFeedSchema) },
  responses: { 201: answerOf('Entered', feedSchema) },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/feeds',
  tags,
  summary: 'List the feeds that are polled, and how each fares',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(feedSchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/feeds/{id}',
  tags,
  summary: 'A feed that is polled',
  request: { params: idParams },
  responses: { 200: answerOf('The feed', feedSchema) },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/feeds/{id}',
  tags,
  summary: 'Change a feed; it is asked anew at once, and what was refused is judged again',
  request: {
    params: idParams,
    headers: ifMatchHeader,
    body: requiredBody(feedEditSchema),
  },
  responses: { 200: answerOf('Changed', feedSchema) },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/feeds/{id}',
  tags,
  summary: 'Ask a feed no more; its drafts stay',
  request: { params: idParams },
  responses: { 204: { description: 'Gone' } },
})

export const incomingFeedRoutes = ({ database: { db }, config, now }: AppDependencies) => {
  const by = (c: Context<Env>) => ({
    operatorId: requireRole(c, 'administrator').id,
    now: now(),
  })
  return new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const feed = await createFeed(db, config.privateHosts, by(c), c.req.valid('json'))
      c.header('Location', `/v1/feeds/${feed.id}`)
      c.header('ETag', etagOf(feed.revision))
      return c.json(feedResource(feed), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const rows = await getFeeds(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(rows, limit, feedResource, row => [row.id]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator')
      const feed = await getFeed(db, c.req.valid('param').id)
      c.header('ETag', etagOf(feed.revision))
      return c.json(feedResource(feed), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const feed = await changeFeed(db, config.privateHosts, by(c), target, c.req.valid('json'))
      c.header('ETag', etagOf(feed.revision))
      return c.json(feedResource(feed), 200)
    })
    .openapi(deleteRoute, async c => {
      await removeFeed(db, by(c), c.req.valid('param').id)
      return c.body(null, 204)
    })
}

function feedResource(feed: FeedRow): z.infer<typeof feedSchema> {
  const { dueAt: _due, fence: _fence, etag: _etag, lastModified: _modified, ...shown } = feed
  return {
    ...shown,
    problems: [...shown.problems],
    createdAt: shown.createdAt.toISOString(),
    polledAt: shown.polledAt?.toISOString() ?? null,
    succeededAt: shown.succeededAt?.toISOString() ?? null,
  }
}
