import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { MAX_PASSWORD_CHARACTERS } from '../operators/passwords.ts'
import { changePlace, endSignIn, refreshSignIn, signIn, type Tokens } from '../operators/sign-in.ts'
import { clientAddress } from './client-address.ts'
import type { AppDependencies, Env } from './env.ts'
import { operatorResource, operatorSchema } from './operators.ts'
import { answerOf, requiredBody } from './resources.ts'

const place = {
  mode: z.enum(['live', 'exercise']),
  exerciseId: z
    .uuid()
    .optional()
    .meta({ description: 'The exercise to enter; left out: practice outside any' }),
}

const isPlace = ({ mode, exerciseId }: { mode?: unknown; exerciseId?: unknown }) =>
  mode === 'exercise' || exerciseId === undefined
const EXERCISE_FAULT = { path: ['exerciseId'], message: 'goes with mode exercise' }

const placeSchema = z.strictObject(place).refine(isPlace, EXERCISE_FAULT)

const grantSchema = z.discriminatedUnion('grantType', [
  z
    .strictObject({
      grantType: z.literal('password'),
      email: z.string().min(1).max(254),
      password: z.string().min(1).max(MAX_PASSWORD_CHARACTERS),
      otp: z.string().max(16).optional().meta({ description: 'Asked for by no policy yet' }),
      ...place,
      mode: place.mode.default('live'),
    })
    .refine(isPlace, EXERCISE_FAULT),
  z.strictObject({ grantType: z.literal('refresh'), refreshToken: z.string().min(1).max(256) }),
])

const tokensSchema = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Seconds' }),
    refreshToken: z
      .string()
      .meta({ description: 'Good for one use; a second use ends the sign-in' }),
    operator: operatorSchema,
    mode: place.mode,
    exerciseId: z.uuid().nullable(),
  })
  .meta({ id: 'Tokens' })

const tokenRoute = createRoute({
  method: 'post',
  path: '/v1/auth/token',
  tags: ['Tokens'],
  summary: 'Sign in, or refresh a sign-in',
  request: { body: requiredBody(grantSchema) },
  responses: {
    200: answerOf('Tokens', tokensSchema),
  },
})
const modeRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mode',
  tags: ['Tokens'],
  summary: 'Go live, or into an exercise: the same sign-in with new tokens, the former are refused',
  request: { body: requiredBody(placeSchema) },
  responses: { 200: answerOf('Tokens', tokensSchema) },
})
const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/auth/revoke',
  tags: ['Tokens'],
  summary: 'End this sign-in: the next request with its token is refused',
  responses: { 204: { description: 'Ended' } },
})
const jwksRoute = createRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  tags: ['Tokens'],
  summary: 'The public keys of access tokens (RFC 7517)',
  responses: {
    200: answerOf(
      'A JWK set',
      z.object({
        keys: z.array(
          z.object({
            kty: z.string(),
            crv: z.string(),
            x: z.string(),
            kid: z.string(),
            alg: z.literal('EdDSA'),
            use: z.literal('sig'),
          }),
        ),
      }),
    ),
  },
})

export const signInRoutes = ({ database: { db }, tokenKeys, config, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(tokenRoute, async c => {
      const grant = c.req.valid('json')
      const tokens =
        grant.grantType === 'refresh'
          ? await refreshSignIn(db, tokenKeys, grant.refreshToken, now())
          : await signIn(db, tokenKeys, { ...grant, address: clientAddress(c, config) }, now())
      c.header('Cache-Control', 'no-store')
      return c.json(tokensResource(tokens), 200)
    })
    .openapi(modeRoute, async c => {
      const { operator, session } = c.var
      const who = { operator, signIn: session }
      const tokens = await changePlace(db, tokenKeys, who, c.req.valid('json'), now())
      c.header('Cache-Control', 'no-store')
      return c.json(tokensResource(tokens), 200)
    })
    .openapi(revokeRoute, async c => {
      await endSignIn(db, c.var.operator.id, c.var.session.id, now())
      return c.body(null, 204)
    })
    .openapi(jwksRoute, c => {
      c.header('Cache-Control', 'public, max-age=300')
      // Token keys are Ed25519, so none has a `y`.
      const keys = tokenKeys.jwks().keys.map(({ kty, crv, x, kid, alg, use }) => {
        return { kty, crv, x, kid, alg, use }
      })
      return c.json({ keys }, 200)
    })

function tokensResource(tokens: Tokens): z.input<typeof tokensSchema> {
  const { signIn: session, operator, ...rest } = tokens
  const { mode, exerciseId = null } = session
  return { ...rest, mode, exerciseId, operator: operatorResource(operator) }
}
