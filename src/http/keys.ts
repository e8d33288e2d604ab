import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { enrolKey, keysOf, MAX_KEYS, revokeKey, type SigningKey } from '../operators/keys.ts'
import { assertionSchema, relyingPartyOf } from '../signing/passkeys.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { answerOf, line, requiredBody, timeSchema } from './resources.ts'

const thumbprintSchema = z.string().regex(/^[\w-]{43}$/, 'must be a thumbprint')
const modeSchema = z.enum(['live', 'exercise'])
export const keySchema = z
  .object({
    kid: z.string().meta({ description: 'RFC 7638 SHA-256 thumbprint' }),
    jwk: z.record(z.string(), z.string()),
    label: z.string(),
    mode: modeSchema,
    createdAt: timeSchema,
    revokedAt: timeSchema.nullable(),
    passkey: z
      .object({ credentialId: z.string() })
      .nullable()
      .meta({ description: 'What confirmed that its owner enrolled it' }),
  })
  .meta({ id: 'SigningKey' })

const keyAnswer = (description: string) => answerOf(description, keySchema)

const enrolRoute = createRoute({
  method: 'post',
  path: '/v1/me/keys',
  tags: ['Signing keys'],
  summary: 'Enrol a public Ed25519 or P-256 key of mine, within 5 minutes of signing in',
  request: {
    body: requiredBody(
      z.strictObject({
        // Judged by meaning, member by member: what is wrong with a key is 422.
        jwk: z.record(z.string(), z.unknown()),
        label: line(100),
        mode: modeSchema.optional().meta({ description: 'Left out: that of this sign-in' }),
        passkey: assertionSchema.optional().meta({
          description:
            "My passkey's answer to the SHA-256 (base64url) of the key's thumbprint; with it the sign-in may be older",
        }),
      }),
    ),
  },
  description: `Of keys that are not revoked a person has ${MAX_KEYS} at the most, for live and exercises together.`,
  responses: { 201: keyAnswer('Enrolled') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/me/keys',
  tags: ['Signing keys'],
  summary: 'My keys, revoked ones too, oldest first',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(keySchema)) },
})
const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/me/keys/{kid}/revoke',
  tags: ['Signing keys'],
  summary: 'Revoke a key of mine, for good',
  request: {
    params: z.strictObject({ kid: thumbprintSchema }),
  },
  responses: { 200: keyAnswer('Revoked') },
})

export const keyRoutes = ({ database: { db }, config, now }: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  return new OpenAPIHono<Env>()
    .openapi(enrolRoute, async c => {
      const { operator, session } = c.var
      const by = { operator, signIn: session, now: now() }
      const { passkey: response, ...given } = c.req.valid('json')
      const key = await enrolKey(db, by, { ...given, passkey: response && { response, party } })
      c.header('ETag', etagOfKey(key))
      return c.json(keyResource(key), 201)
    })
    .openapi(listRoute, async c => {
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, thumbprintSchema)
      const keys = await keysOf(db, c.var.operator, { after, limit: limit + 1 })
      return c.json(
        pageOf(keys, limit, keyResource, ({ kid }) => [kid]),
        200,
      )
    })
    .openapi(revokeRoute, async c => {
      const key = await revokeKey(db, c.var.operator, c.req.valid('param').kid, now())
      c.header('ETag', etagOfKey(key))
      return c.json(keyResource(key), 200)
    })
}

function keyResource(key: SigningKey): z.input<typeof keySchema> {
  const { kid, jwk, label, mode, createdAt, revokedAt, passkey } = key
  return {
    kid,
    jwk: { ...jwk },
    label,
    mode,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    passkey: passkey && { credentialId: passkey.credentialId },
  }
}

/** A key changes once in its life, when it is revoked. */
function etagOfKey({ revokedAt }: SigningKey): string {
  return revokedAt === undefined ? '"1"' : '"2"'
}
