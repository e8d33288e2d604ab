import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { addXmlKey, type XmlKey, xmlKeys } from '../operators/xml-keys.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, json, timeSchema } from './resources.ts'

export const capKeySchema = z
  .object({
    fingerprint: z.string().meta({ description: 'SHA-256 of the certificate, hex' }),
    certificate: z.string().meta({ description: 'PEM' }),
    createdAt: timeSchema,
    signsFrom: timeSchema,
  })
  .meta({ id: 'CapKey' })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/cap-keys',
  tags: ['CAP'],
  summary: 'The keys of the organisation that sign CAP, or did, or will: the last to sign first',
  responses: {
    200: answerOf('All of them', z.object({ items: z.array(capKeySchema) })),
  },
})

const addRoute = createRoute({
  method: 'post',
  path: '/v1/cap-keys',
  tags: ['CAP'],
  summary: 'Make the key that follows; it is shown at once, and signs from the time that is named',
  description:
    'Name a time by which everybody who pins `/.well-known/cap-certificates.pem` has read it again. What was signed ' +
    'before stays as it is. While a key waits for its time there can be no other.',
  request: {
    body: {
      required: false,
      content: json(
        z.strictObject({
          signsFrom: timeSchema.optional().meta({ description: 'Left out, or past: now' }),
        }),
      ),
    },
  },
  responses: { 201: answerOf('Made', capKeySchema) },
})

export const capKeyRoutes = ({ database: { db }, masterKey, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      return c.json({ items: (await xmlKeys(db)).map(keyResource) }, 200)
    })
    .openapi(addRoute, async c => {
      const { id: operatorId } = requireRole(c, 'administrator')
      const { signsFrom } = c.req.valid('json')
      const at = now()
      const from = signsFrom === undefined ? at : new Date(signsFrom)
      const key = await addXmlKey(db, masterKey, { operatorId, signsFrom: from, now: at })
      return c.json(keyResource(key), 201)
    })

function keyResource({ createdAt, signsFrom, ...key }: XmlKey): z.infer<typeof capKeySchema> {
  return { ...key, createdAt: createdAt.toISOString(), signsFrom: signsFrom.toISOString() }
}
