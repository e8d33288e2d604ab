import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { getContact } from '../audience/contacts.ts'
import { recordOptIn, recordOptOut, reviewReply } from '../audience/opt-outs.ts'
import { CATEGORIES } from '../cap/alert.ts'
import { normalisePhone } from '../encoding/phone.ts'
import type { Operator } from '../operators/operator.ts'
import { phoneAsSeenBy } from '../reports/deliveries.ts'
import { listConsents, listOptOuts, type Consent } from '../store/consents.ts'
import type { Database } from '../store/database.ts'
import { listReplies } from '../store/inbound.ts'
import { readOrganisation } from '../store/organisation.ts'
import { CONSENT_ACTS, OPT_OUT_SCOPES, OPT_OUT_SOURCES } from '../store/schema.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { refuseInvalid } from './problem.ts'
import { receivedAfter, replyAsSeenBy, replySchema } from './replies.ts'
import { answerOf, idParams, line, requiredBody, timeSchema } from './resources.ts'

const phone = z.string().meta({
  description: 'In full for administrators and authors, else its last three digits',
})
const scope = z.enum(OPT_OUT_SCOPES).meta({
  description:
    'Of all but emergencies (what STOP sets); of a category, or of all others than some; of everything; `carrier`: a carrier refuses it',
})

export const consentSchema = z
  .object({
    id: z.uuid(),
    phone,
    act: z.enum(CONSENT_ACTS),
    scope,
    category: z.string().nullable().meta({ description: 'CAP category, with scope `category`' }),
    categories: z.array(z.string()).nullable().meta({
      description: 'CAP categories that are still wanted, with scope `otherCategories`',
    }),
    source: z.enum(OPT_OUT_SOURCES).meta({
      description: 'Who said so; `unknown`: it was not kept at that time',
    }),
    number: z.string().nullable().meta({ description: 'Our number that it was said to' }),
    words: z.string().nullable().meta({ description: 'What the person wrote' }),
    carrierId: z.uuid().nullable(),
    alertId: z.uuid().nullable().meta({ description: 'The alert that was answered so' }),
    operatorId: z.uuid().nullable(),
    reason: z.string().nullable(),
    at: timeSchema,
  })
  .meta({ id: 'Consent' })

const given = {
  phone: z
    .string()
    .min(1)
    .max(40)
    .meta({ description: "E.164, or as in the organisation's country" }),
  scope,
  category: z.string().max(20).optional().meta({ description: 'With scope `category`' }),
  categories: z.array(z.string().max(20)).max(CATEGORIES.length).optional().meta({
    description:
      'With scope `otherCategories`: those that are still wanted; they replace what was named before. To take it back, name the same',
  }),
  reason: line(500).meta({ description: 'Why: who asked, and how' }),
}
const optOutSchema = z.strictObject({
  ...given,
  confirmed: z.boolean().optional().meta({
    description:
      'With scope `all`, must be true: the person has confirmed that they want no warnings either',
  }),
})
const optInSchema = z.strictObject({
  ...given,
  carrierId: z.uuid().optional().meta({ description: 'With scope `carrier`' }),
})
const reviewSchema = z.strictObject({ optOut: z.boolean(), reason: line(500).optional() })

const tags = ['People']
const done = { 204: { description: 'Done' } }

const listRoute = createRoute({
  method: 'get',
  path: '/v1/opt-outs',
  tags,
  summary: 'Opt-outs that stand, each with its proof, oldest first',
  request: { query: pageQuery.extend({ phone: given.phone.optional(), scope: scope.optional() }) },
  responses: { 200: answerOf('A page', pageSchema(consentSchema)) },
})
const historyRoute = createRoute({
  method: 'get',
  path: '/v1/consents',
  tags,
  summary: 'Every opt-out and opt-in that there was, oldest first',
  request: { query: pageQuery.extend({ phone: given.phone.optional() }) },
  responses: { 200: answerOf('A page', pageSchema(consentSchema)) },
})
const ofContactRoute = createRoute({
  method: 'get',
  path: '/v1/contacts/{id}/opt-outs',
  tags,
  summary: 'The opt-outs of a contact and what it has said of them, oldest first',
  request: { params: idParams },
  responses: {
    200: answerOf(
      'As it is now; the thousand latest at the most',
      z.object({
        consent: z.string().nullable().meta({ description: 'As it was imported' }),
        optOuts: z.array(consentSchema),
        history: z.array(consentSchema),
      }),
    ),
  },
})
const setRoute = createRoute({
  method: 'post',
  path: '/v1/opt-outs',
  tags,
  summary: 'Opt a phone out, as somebody asked otherwise than by a text; twice is once',
  request: { body: requiredBody(optOutSchema) },
  responses: done,
})
const liftRoute = createRoute({
  method: 'post',
  path: '/v1/opt-outs/lift',
  tags,
  summary: 'Take an opt-out back, as somebody asked',
  request: { body: requiredBody(optInSchema) },
  responses: done,
})
const repliesRoute = createRoute({
  method: 'get',
  path: '/v1/replies',
  tags,
  summary: 'Texts that no alert’s page shows, or that people must judge, oldest first',
  request: {
    query: pageQuery.extend({
      list: z.enum(['review', 'unattributed']).meta({
        description: '`review`: may be an opt-out; `unattributed`: answers no alert',
      }),
    }),
  },
  responses: { 200: answerOf('A page', pageSchema(replySchema)) },
})
const reviewRoute = createRoute({
  method: 'post',
  path: '/v1/replies/{id}/review',
  tags,
  summary: 'Say whether a text that may be an opt-out is one',
  request: { params: idParams, body: requiredBody(reviewSchema) },
  responses: { 200: answerOf('The reply', replySchema) },
})

const PROOF_SHOWN = 1_000

export const optOutRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(listRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer', 'auditor')
      const { limit, cursor, ...filter } = c.req.valid('query')
      const found = await readPhone(db, filter.phone)
      const page = { after: readAfter(cursor, z.uuid()), limit: limit + 1 }
      const rows =
        found === null ? [] : await listOptOuts(db, { phone: found, scope: filter.scope }, page)
      return c.json(pageOfConsents(rows, limit, operator), 200)
    })
    .openapi(historyRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer', 'auditor')
      const { limit, cursor, phone: wanted } = c.req.valid('query')
      const found = await readPhone(db, wanted)
      const page = { after: readAfter(cursor, z.uuid()), limit: limit + 1 }
      const rows = found === null ? [] : await listConsents(db, found, page)
      return c.json(pageOfConsents(rows, limit, operator), 200)
    })
    .openapi(ofContactRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer')
      const contact = await getContact(db, c.req.valid('param').id)
      const page = { after: undefined, limit: PROOF_SHOWN }
      const optOuts = await listOptOuts(db, { phone: contact.phone, scope: undefined }, page)
      const history = await listConsents(db, contact.phone, page)
      const shown = (rows: readonly Consent[]) => rows.map(row => consentResource(row, operator))
      return c.json(
        { consent: contact.consent ?? null, optOuts: shown(optOuts), history: shown(history) },
        200,
      )
    })
    .openapi(setRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      await recordOptOut(db, operator.id, c.req.valid('json'))
      return c.body(null, 204)
    })
    .openapi(liftRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      await recordOptIn(db, operator.id, c.req.valid('json'))
      return c.body(null, 204)
    })
    .openapi(repliesRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      const { limit, cursor, list } = c.req.valid('query')
      const filter = list === 'review' ? { review: 'optOut' as const } : { alertId: null }
      const rows = await listReplies(db, filter, { after: receivedAfter(cursor), limit: limit + 1 })
      const page = pageOf(
        rows,
        limit,
        row => replyAsSeenBy(operator, row),
        row => [row.receivedAt.toISOString(), row.id],
      )
      return c.json(page, 200)
    })
    .openapi(reviewRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'approver')
      const { optOut: isOptOut, reason } = c.req.valid('json')
      const { id } = c.req.valid('param')
      const reply = await reviewReply(db, operator.id, { id, isOptOut, reason })
      return c.json(replyAsSeenBy(operator, reply), 200)
    })

/** @returns undefined: none was asked for; null: it is nobody's */
async function readPhone(
  db: Database,
  wanted: string | undefined,
): Promise<string | undefined | null> {
  if (wanted === undefined) return undefined
  const { country } = await readOrganisation(db)
  const read = normalisePhone(wanted, country)
  return 'phone' in read ? read.phone : null
}

const pageOfConsents = (rows: readonly Consent[], limit: number, operator: Operator) =>
  pageOf(
    rows,
    limit,
    row => consentResource(row, operator),
    ({ id }) => [id],
  )

function consentResource(row: Consent, operator: Operator): z.infer<typeof consentSchema> {
  return {
    ...row,
    phone: phoneAsSeenBy(operator, row.phone),
    category: row.scope === 'category' ? row.category : null,
    categories: row.scope === 'otherCategories' ? row.category.split(',') : null,
    carrierId: row.scope === 'carrier' ? row.category : row.carrierId,
    at: row.at.toISOString(),
  }
}
