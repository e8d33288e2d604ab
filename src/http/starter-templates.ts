import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { loadStarters } from '../templates/load-starters.ts'
import { STARTER_LANGUAGES } from '../templates/starter/starters.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { refuseInvalid } from './problem.ts'
import { answerOf, bodyOf } from './resources.ts'

const loadBody = z.strictObject({
  languages: z
    .array(z.enum(STARTER_LANGUAGES))
    .min(1)
    .max(STARTER_LANGUAGES.length)
    .refine(list => new Set(list).size === list.length, 'must name each once')
    .optional()
    .meta({ description: 'The first is the source of the others; left out: English, Spanish' }),
})

const loadedSchema = z.object({
  added: z.array(z.object({ id: z.uuid(), key: z.string(), name: z.string() })),
  kept: z.array(z.string()).meta({
    description: 'Loaded before, whatever became of them, or another template has their name',
  }),
})

const loadRoute = createRoute({
  method: 'post',
  path: '/v1/templates/starter',
  tags: ['Templates'],
  summary: 'Add the templates that come with the program; what is there is left as it is',
  request: { body: bodyOf(loadBody) },
  responses: { 200: answerOf('Added', loadedSchema) },
})

export const starterTemplateRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>({ defaultHook: refuseInvalid }).openapi(loadRoute, async c => {
    const by = { operator: requireRole(c, 'administrator'), now: now() }
    const { languages = STARTER_LANGUAGES } = c.req.valid('json')
    return c.json(await loadStarters(db, by, languages), 200)
  })
