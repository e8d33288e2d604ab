import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import type { Fault } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import { missingTexts } from '../templates/faults.ts'
import { longestTexts } from '../templates/fill.ts'
import { reviewOf, stateOf, TEXT_STATES } from '../templates/review.ts'
import { templatePatchSchema, templateSchema } from '../templates/template.ts'
import {
  changeTemplate,
  createTemplate,
  deskOf,
  readTemplate,
  readTemplates,
  readVersion,
  readVersions,
  removeTemplate,
  reviewText,
  type VersionedTemplate,
} from '../templates/templates.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter, readCursor } from './pages.ts'
import { faultSchema, refuseInvalid } from './problem.ts'
import {
  answerOf,
  idParams,
  ifMatchHeader,
  requiredBody,
  timeSchema,
  versionNo,
} from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const faults = z.array(faultSchema)

const languageSchema = z.object({
  language: z.string(),
  state: z.enum(TEXT_STATES).meta({
    description:
      '`stale`: the source has changed since it was written, or since it was reviewed. An alert is not submitted ' +
      'with it',
  }),
  since: z.int().nullable().meta({ description: 'The version that its text was last changed in' }),
  writers: z.array(z.uuid()).meta({ description: 'Who has changed it since its last review' }),
  reviewer: z.uuid().nullable(),
  reviewedAt: timeSchema.nullable(),
})

export const templateSummarySchema = z
  .object({
    id: z.uuid(),
    version: z.int(),
    revision: z.int().meta({ description: 'Rises with every version and every review' }),
    starter: z.string().nullable().meta({
      description: 'Which of the templates that come with the program it was loaded from',
    }),
    ...templateSchema.pick({ name: true, description: true, event: true, severity: true }).shape,
    states: z.array(languageSchema),
    isUsable: z.boolean().meta({ description: 'Nothing is missing: alerts can be made of it' }),
    updatedAt: timeSchema,
  })
  .meta({ id: 'TemplateSummary' })

export const templateResourceSchema = templateSummarySchema
  .extend({
    ...templateSchema.shape,
    missing: faults.meta({ description: 'What it lacks before alerts can be made of it' }),
    longest: z
      .array(
        z.object({
          language: z.string(),
          part: z.enum(['sms', 'cancel', 'allClear']),
          alphabet: z.enum(['GSM7', 'UCS2']),
          units: z.int(),
          segments: z.int(),
        }),
      )
      .meta({
        description: 'What each text takes when its blanks are filled in as long as may be',
      }),
    warnings: faults.meta({
      description:
        'What was left out of the drawing of `within` just now: spikes, positions given twice',
    }),
    writtenBy: z.uuid().nullable().meta({ description: 'Of this version; null: of the program' }),
    writtenAt: timeSchema,
    deletedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Template' })

export const versionSchema = z
  .object({
    version: z.int(),
    writtenBy: z.uuid().nullable(),
    writtenAt: timeSchema,
    states: z.array(languageSchema),
  })
  .meta({ id: 'TemplateVersion' })

const versionStep = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
  .transform(Number)
  .meta({ type: 'integer', minimum: 1 })
const versionParams = z.strictObject({ id: z.uuid(), version: versionStep })

const tags = ['Templates']
const answer = (description: string) => answerOf(description, templateResourceSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/templates',
  tags,
  summary: 'Write a template: an alert with blanks, in each language that it declares',
  description:
    'Texts say `{name}` where a blank is filled in, and `{sender}` for the organisation. What is missing can be ' +
    'added later; until then no alert is made of it.',
  request: { body: requiredBody(templateSchema) },
  responses: { 201: answer('Version 1') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/templates',
  tags,
  summary: 'Templates, by name',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(templateSummarySchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/templates/{id}',
  tags,
  summary: 'A template as it is now',
  request: { params: idParams },
  responses: { 200: answer('Its current version') },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/templates/{id}',
  tags,
  summary: 'Write a new version: each field given replaces the whole of it, null takes it away',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(templatePatchSchema) },
  responses: { 200: answer('The new version') },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/templates/{id}',
  tags,
  summary: 'Delete a template; its versions stay readable, for the alerts that were made of it',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 204: { description: 'Gone' } },
})
const versionsRoute = createRoute({
  method: 'get',
  path: '/v1/templates/{id}/versions',
  tags,
  summary: 'The versions of a template, newest first',
  request: { params: idParams, query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(versionSchema)) },
})
const versionRoute = createRoute({
  method: 'get',
  path: '/v1/templates/{id}/versions/{version}',
  tags,
  summary: 'A template as a version of it is, also of one that was deleted',
  request: { params: versionParams },
  responses: { 200: answer('That version') },
})
const reviewRoute = createRoute({
  method: 'post',
  path: '/v1/templates/{id}/review',
  tags,
  summary: 'Stand for a language’s text: it is right, and says what the source says',
  description:
    'It holds for every version with the same text and the same source. Policy says whether its writers may do it.',
  request: {
    params: idParams,
    body: requiredBody(
      z.strictObject({
        language: z.string().min(1).max(35),
        version: versionNo.meta({ description: 'The one that was read' }),
      }),
    ),
  },
  responses: { 200: answer('The version that was read') },
})

export const templateRoutes = ({ database: { db }, now }: AppDependencies) => {
  const shown = async (
    c: Context<Env>,
    found: VersionedTemplate & { readonly cleaned?: readonly Fault[] },
  ) => {
    c.header('ETag', etagOf(found.row.revision))
    return templateResource(db, found)
  }
  const writer = (c: Context<Env>) => ({
    operator: requireRole(c, 'administrator', 'author'),
    now: now(),
  })

  return new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(createRouteConfig, async c => {
      const written = await createTemplate(db, writer(c), c.req.valid('json'))
      c.header('Location', `/v1/templates/${written.row.id}`)
      return c.json(await shown(c, written), 201)
    })
    .openapi(listRoute, async c => {
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.string())
      const found = await readTemplates(db, { after, limit: limit + 1 })
      const page = pageOf(found, limit, summaryResource, ({ template }) => [template.name])
      return c.json(page, 200)
    })
    .openapi(getRoute, async c => {
      const found = await readTemplate(db, c.req.valid('param').id)
      return c.json(await shown(c, found), 200)
    })
    .openapi(changeRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const written = await changeTemplate(db, writer(c), target, c.req.valid('json'))
      return c.json(await shown(c, written), 200)
    })
    .openapi(deleteRoute, async c => {
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      await removeTemplate(db, writer(c), target)
      return c.body(null, 204)
    })
    .openapi(versionsRoute, async c => {
      const { limit, cursor } = c.req.valid('query')
      const [before] = readCursor(cursor, z.tuple([z.int32()])) ?? []
      const { id } = c.req.valid('param')
      const found = await readVersions(db, id, { before, limit: limit + 1 })
      return c.json(
        pageOf(found, limit, versionResource, ({ version }) => [version]),
        200,
      )
    })
    .openapi(versionRoute, async c => {
      const { id, version } = c.req.valid('param')
      return c.json(await templateResource(db, await readVersion(db, id, version)), 200)
    })
    .openapi(reviewRoute, async c => {
      const by = { operator: requireRole(c, 'author', 'approver'), now: now() }
      const read = { id: c.req.valid('param').id, ...c.req.valid('json') }
      return c.json(await shown(c, await reviewText(db, by, read)), 200)
    })
}

function languageStates({ template, writings, reviews }: VersionedTemplate) {
  return template.languages.map((language): z.infer<typeof languageSchema> => {
    const writing = writings.texts.find(one => one.language === language)
    const review = reviewOf(template, writings, reviews, language)
    return {
      language,
      state: stateOf(template, writings, reviews, language),
      since: writing?.since ?? null,
      writers: [...(writing?.writers ?? [])],
      reviewer: review?.reviewerId ?? null,
      reviewedAt: review?.at.toISOString() ?? null,
    }
  })
}

function summaryResource(found: VersionedTemplate): z.infer<typeof templateSummarySchema> {
  const { row, version, template } = found
  const { name, description, event, severity } = template
  return {
    id: row.id,
    version,
    revision: row.revision,
    starter: row.starter,
    name,
    ...(description !== undefined && { description }),
    event,
    severity,
    states: languageStates(found),
    isUsable: missingTexts(template).length === 0,
    updatedAt: row.updatedAt.toISOString(),
  }
}

async function templateResource(
  db: Database,
  found: VersionedTemplate & { readonly cleaned?: readonly Fault[] },
): Promise<z.infer<typeof templateResourceSchema>> {
  const { row, template, writtenBy, at, cleaned = [] } = found
  return {
    ...summaryResource(found),
    ...template,
    missing: missingTexts(template),
    longest: longestTexts(template, deskOf(await readOrganisation(db))),
    warnings: [...cleaned],
    writtenBy,
    writtenAt: at.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  }
}

function versionResource(found: VersionedTemplate): z.infer<typeof versionSchema> {
  const { version, writtenBy, at } = found
  return { version, writtenBy, writtenAt: at.toISOString(), states: languageStates(found) }
}
