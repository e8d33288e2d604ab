import type { OpenAPIHono } from '@hono/zod-openapi'
import { isPublic } from './auth.ts'
import type { Env } from './env.ts'
import { needsKey } from './idempotency.ts'
import { problemSchema } from './problem.ts'

const DESCRIPTION = `Alerts to everyone in an area or group, signed, approved and counted.

Coordinates are GeoJSON, \`[longitude, latitude]\`; times RFC 3339 with an offset; rates segments a second.
Every failure is \`application/problem+json\` with a \`code\` from the closed list of the schema \`Problem\`.`

const KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', maxLength: 255 },
  description: 'The same key and body within 24 hours give the same answer and do nothing twice',
} as const

/** The whole API as OpenAPI 3.1, from the schemas that validate it. Made once, after every route is mounted. */
export function openApiDocument(app: OpenAPIHono<Env>, publicUrl: string) {
  app.openAPIRegistry.register('Problem', problemSchema)
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Tocsin', version: '1', description: DESCRIPTION },
    servers: [{ url: publicUrl }],
    security: [{ token: [] }],
  })
  // Every call can fail in the same shape, so it is said here and not in each route.
  const failure = {
    description: 'Refused or failed; `code` says why',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values(item ?? {})) {
      if (typeof operation !== 'object' || !('responses' in operation)) continue
      operation.responses['default'] = failure
      if (isPublic(path)) operation.security = []
      else if (operation === item?.post)
        operation.parameters = [
          ...(operation.parameters ?? []),
          { ...KEY, required: needsKey(path) },
        ]
    }
  }
  return document
}
