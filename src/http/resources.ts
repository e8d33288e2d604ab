import { createRoute, type OpenAPIHono, type RouteConfig } from '@hono/zod-openapi'
import { z } from 'zod'
import { FAULTS } from '../faults.ts'
import type { Env } from './env.ts'

/** Schemas that several route files share. */

export const idParams = z.strictObject({ id: z.uuid() })

/** Names, labels and the like: one line that one can read. */
export function line(max: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, FAULTS.not_one_line)
}

/** Of a template. */
export const versionNo = z.int().min(1).max(999_999_999)

export { timeSchema } from '../cap/time.ts'

/** `If-Match` as the OpenAPI document shows it; `revisionFromIfMatch` reads it. */
export const ifMatchHeader = z.object({
  'If-Match': z.string().optional().meta({ description: 'The `ETag` that the edit is based on' }),
})

/** A filter that takes several words. */
export const words = <const Words extends readonly [string, ...string[]]>(list: Words) =>
  z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(list)))
    .meta({ type: 'string', description: `One or more of ${list.join(', ')}, comma-separated` })

export const json = <Schema extends z.ZodType>(schema: Schema) => ({
  'application/json': { schema },
})

export const requiredBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: json(schema),
})

/** A body that is streamed past the validator: the document alone is told of it. */
export function documentBody(
  routes: Pick<OpenAPIHono<Env>, 'openAPIRegistry'>,
  path: string,
  body: NonNullable<NonNullable<RouteConfig['request']>['body']>,
): void {
  const documented = routes.openAPIRegistry.definitions.find(
    it => it.type === 'route' && it.route.path === path,
  )
  if (documented?.type === 'route') {
    documented.route.request = { ...documented.route.request, body }
  }
}

/** A body of which nothing is required may be left out. */
export const bodyOf = <Schema extends z.ZodType>(schema: Schema) => ({
  required: !schema.safeParse({}).success,
  content: json(schema),
})

export const answerOf = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: json(schema),
})

/** `GET /v1/alerts/{id}/<what>`: something of an alert, as it is now. */
export const ofAlert = <const What extends string, Schema extends z.ZodType>(
  what: What,
  summary: string,
  answer: Schema,
) =>
  createRoute({
    method: 'get',
    path: `/v1/alerts/{id}/${what}`,
    tags: ['Alerts'],
    summary,
    request: { params: idParams },
    responses: { 200: { description: 'As it is now', content: json(answer) } },
  })

export const placeSchema = z.object({
  name: z.string(),
  population: z.int(),
  longitude: z.number(),
  latitude: z.number(),
})
