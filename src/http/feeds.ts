import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { assertionSchema, relyingPartyOf } from '../signing/passkeys.ts'
import { STATUSES } from '../cap/alert.ts'
import { changeFeed, createFeed, getFeed, getFeeds, removeFeed } from '../feeds/feeds.ts'
import { type Rule, ruleSchema } from '../feeds/rule.ts'
import { removeRule, writeRule } from '../feeds/rules.ts'
import type { Reason } from '../feeds/submit-by-rule.ts'
import { tryRule } from '../feeds/try-rule.ts'
import type { FeedRow } from '../store/cap-feeds.ts'
import type { Database } from '../store/database.ts'
import { listFeedMessages } from '../store/feed-messages.ts'
import { type FeedRuleRow, readFeedRules } from '../store/feed-rules.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { profileOfFault } from './problem.ts'
import {
  answerOf,
  bodyOf,
  idParams,
  ifMatchHeader,
  line,
  requiredBody,
  timeSchema,
} from './resources.ts'
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

const writtenRuleSchema = z.object({
  terms: ruleSchema,
  operatorId: z
    .uuid()
    .meta({ description: 'In whose name it writes and signs: nobody signs in as it' }),
  writtenBy: z.uuid(),
  writtenAt: timeSchema,
})

export const feedSchema = z
  .object({
    id: z.uuid(),
    ...fields,
    // Stored checked; a word that is not used any more must not make it unreadable.
    statuses: z.array(z.string()),
    certificatesBy: z.uuid().nullable().meta({
      description: 'Who pinned them: they approve nothing that its rule submits',
    }),
    rule: writtenRuleSchema.nullable().meta({
      description:
        'By which what it brings is submitted, for people to approve; null: all becomes drafts',
    }),
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

const messageFields = {
  id: z.int(),
  sender: z.string(),
  identifier: z.string(),
  sent: timeSchema,
  at: timeSchema.meta({ description: 'When it came' }),
  alertId: z.uuid().nullable().meta({ description: 'null: the draft was thrown away' }),
  became: z.enum(['draft', 'submitted']),
  reasons: z
    .array(
      z.object({
        code: z.string(),
        pointer: z.string(),
        detail: z.string(),
        values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        profile: profileOfFault.optional(),
      }),
    )
    .meta({ description: 'Why its rule does not submit it, each with its place' }),
}

export const feedMessagesSchema = z
  .object({ items: z.array(z.object(messageFields)) })
  .meta({ id: 'FeedMessages' })

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

const messagesRoute = createRoute({
  method: 'get',
  path: '/v1/feeds/{id}/messages',
  tags,
  summary: 'The last twenty messages that it brought, the newest first, and what became of each',
  request: { params: idParams },
  responses: { 200: answerOf('The messages', feedMessagesSchema) },
})
const writeRuleRoute = createRoute({
  method: 'put',
  path: '/v1/feeds/{id}/rule',
  tags,
  summary:
    'Write its rule, within 5 minutes of signing in: what fits is submitted, for people to approve. Its keys are made ' +
    'anew, and what the rule before has submitted and nobody has sent becomes drafts',
  request: {
    params: idParams,
    headers: ifMatchHeader,
    body: requiredBody(
      z.strictObject({
        rule: ruleSchema,
        passkey: assertionSchema.optional().meta({
          description:
            "My passkey's answer to the SHA-256 (base64url) of the canonical JSON (RFC 8785) of `{feedId, revision, rule}`, " +
            'the revision being the one that the feed has now',
        }),
      }),
    ),
  },
  responses: { 200: answerOf('The feed with its rule', feedSchema) },
})
const removeRuleRoute = createRoute({
  method: 'delete',
  path: '/v1/feeds/{id}/rule',
  tags,
  summary:
    'Take its rule away: its keys are revoked, and what it has submitted and nobody has sent becomes drafts',
  request: { params: idParams },
  responses: { 204: { description: 'Gone' } },
})
const tryRuleRoute = createRoute({
  method: 'post',
  path: '/v1/feeds/{id}/rule/try',
  tags,
  summary:
    'What its rule, or one that is given, would do with the last messages as they came; nothing is changed',
  request: {
    params: idParams,
    body: bodyOf(z.strictObject({ rule: ruleSchema.optional() })),
  },
  responses: { 200: answerOf('The messages, and what would become of them', feedMessagesSchema) },
})

export const incomingFeedRoutes = ({
  database: { db },
  config,
  masterKey,
  now,
}: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  const by = (c: Context<Env>) => ({ operator: requireRole(c, 'administrator'), now: now() })
  const shown = async (c: Context<Env>, feed: FeedRow) => {
    c.header('ETag', etagOf(feed.revision))
    const [resource] = await feedResources(db, [feed])
    return resource!
  }
  return new OpenAPIHono<Env>()
    .openapi(createRouteConfig, async c => {
      const feed = await createFeed(db, config.privateHosts, by(c), c.req.valid('json'))
      c.header('Location', `/v1/feeds/${feed.id}`)
      return c.json(await shown(c, feed), 201)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const rows = await getFeeds(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(
          await feedResources(db, rows),
          limit,
          feed => feed,
          feed => [feed.id],
        ),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator')
      const feed = await getFeed(db, c.req.valid('param').id)
      return c.json(await shown(c, feed), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const feed = await changeFeed(db, config.privateHosts, by(c), target, c.req.valid('json'))
      return c.json(await shown(c, feed), 200)
    })
    .openapi(deleteRoute, async c => {
      await removeFeed(db, by(c), c.req.valid('param').id)
      return c.body(null, 204)
    })
    .openapi(messagesRoute, async c => {
      requireRole(c, 'administrator')
      const { id } = await getFeed(db, c.req.valid('param').id)
      return c.json({ items: (await listFeedMessages(db, id)).map(messageResource) }, 200)
    })
    .openapi(writeRuleRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const { rule, passkey: response } = c.req.valid('json')
      const given = { rule, passkey: response && { response, party } }
      const who = { ...by(c), signIn: c.var.session }
      return c.json(await shown(c, await writeRule(db, masterKey, who, target, given)), 200)
    })
    .openapi(removeRuleRoute, async c => {
      await removeRule(db, by(c), c.req.valid('param').id)
      return c.body(null, 204)
    })
    .openapi(tryRuleRoute, async c => {
      const { rule } = c.req.valid('json')
      const tried = await tryRule(db, masterKey, by(c), c.req.valid('param').id, rule)
      return c.json({ items: tried.map(messageResource) }, 200)
    })
}

async function feedResources(
  db: Database,
  feeds: readonly FeedRow[],
): Promise<z.infer<typeof feedSchema>[]> {
  const rules = await readFeedRules(
    db,
    feeds.map(({ id }) => id),
  )
  return feeds.map(feed => feedResource(feed, rules.get(feed.id)))
}

type Message = Omit<Awaited<ReturnType<typeof listFeedMessages>>[number], 'feedId'>

function messageResource(message: Message): z.infer<typeof feedMessagesSchema>['items'][number] {
  const { id, sender, identifier, sent, at, alertId, became, reasons } = message
  return {
    id,
    sender,
    identifier,
    sent: sent.toISOString(),
    at: at.toISOString(),
    alertId,
    // As they were written.
    became: became as 'draft' | 'submitted',
    reasons: reasons as Reason[],
  }
}

function feedResource(
  feed: FeedRow,
  rule: Omit<FeedRuleRow, 'sealedKeys'> | undefined,
): z.infer<typeof feedSchema> {
  const { dueAt: _due, fence: _fence, etag: _etag, lastModified: _modified, ...shown } = feed
  return {
    ...shown,
    rule:
      rule === undefined
        ? null
        : {
            // As it was checked when it was written.
            terms: rule.terms as Rule,
            operatorId: rule.operatorId,
            writtenBy: rule.writtenBy,
            writtenAt: rule.writtenAt.toISOString(),
          },
    problems: [...shown.problems],
    createdAt: shown.createdAt.toISOString(),
    polledAt: shown.polledAt?.toISOString() ?? null,
    succeededAt: shown.succeededAt?.toISOString() ?? null,
  }
}
