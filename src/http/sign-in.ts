import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { signInChallenge, signInWithPasskey } from '../operators/passkey-sign-in.ts'
import { MAX_PASSWORD_CHARACTERS } from '../operators/passwords.ts'
import { changePlace, endSignIn, refreshSignIn, signIn, type Tokens } from '../operators/sign-in.ts'
import { CHALLENGE_MS } from '../signing/challenges.ts'
import { assertionSchema, relyingPartyOf } from '../signing/passkeys.ts'
import { clientAddress } from './client-address.ts'
import type { AppDependencies, Env } from './env.ts'
import { operatorResource, operatorSchema } from './operators.ts'
import { answerOf, bodyOf, requiredBody } from './resources.ts'

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
  z
    .strictObject({
      grantType: z.literal('passkey'),
      response: assertionSchema,
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
    mustEnrolPasskey: z.boolean().meta({
      description:
        'Policy wants a passkey at sign-in and there is none yet: this token enrols one, and opens nothing else',
    }),
  })
  .meta({ id: 'Tokens' })

const requestOptionsSchema = z
  .object({
    challenge: z.string(),
    timeout: z.int(),
    rpId: z.string(),
    allowCredentials: z.tuple([]).meta({ description: 'The device knows whose passkeys it has' }),
    userVerification: z.literal('required'),
  })
  .meta({ id: 'PublicKeyCredentialRequestOptionsJSON' })

const passkeyOptionsRoute = createRoute({
  method: 'post',
  path: '/v1/auth/passkey/options',
  tags: ['Tokens'],
  summary: 'Begin to sign in by passkey',
  description:
    'What `PublicKeyCredential.parseRequestOptionsFromJSON` takes, the same for everyone: `email` is not looked at, so ' +
    'nothing tells whether there is such an account. The challenge is good for 5 minutes, once.',
  request: { body: bodyOf(z.strictObject({ email: z.string().max(254).optional() })) },
  responses: { 200: answerOf('WebAuthn §5.1', requestOptionsSchema) },
})

const tokenRoute = createRoute({
  method: 'post',
  path: '/v1/auth/token',
  tags: ['Tokens'],
  summary: 'Sign in by password or passkey, or refresh a sign-in',
  description:
    'Where `policy.passkeys.signIn` is `required`, a right password is answered by 422 `passkey_required` if its owner ' +
    'has a passkey, and else by tokens with `mustEnrolPasskey`: all that they open is enrolling one, after which one ' +
    'signs in with it. Whatever is wrong with a passkey is 401 `invalid_credentials` in the same words; one whose ' +
    'counter has gone back was copied, and is never accepted again.',
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

export const signInRoutes = ({
  database: { db },
  tokenKeys,
  masterKey,
  config,
  now,
}: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  const granted = async (c: Context<Env>, grant: z.output<typeof grantSchema>): Promise<Tokens> => {
    switch (grant.grantType) {
      case 'refresh':
        return refreshSignIn(db, tokenKeys, grant.refreshToken, now())
      case 'password':
        return signIn(db, tokenKeys, { ...grant, address: clientAddress(c, config) }, now())
      case 'passkey': {
        const by = { keys: tokenKeys, masterKey, party }
        return signInWithPasskey(db, by, { ...grant, address: clientAddress(c, config) }, now())
      }
    }
  }

  return new OpenAPIHono<Env>()
    .openapi(tokenRoute, async c => {
      const tokens = await granted(c, c.req.valid('json'))
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
    .openapi(passkeyOptionsRoute, c => {
      c.header('Cache-Control', 'no-store')
      return c.json(
        {
          challenge: signInChallenge(masterKey, now()),
          timeout: CHALLENGE_MS,
          rpId: party?.id ?? new URL(config.publicUrl).hostname,
          allowCredentials: [] as [],
          userVerification: 'required' as const,
        },
        200,
      )
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
}

function tokensResource(tokens: Tokens): z.input<typeof tokensSchema> {
  const { signIn: session, operator, ...rest } = tokens
  const { mode, exerciseId = null, onlyEnrols: mustEnrolPasskey } = session
  return { ...rest, mode, exerciseId, mustEnrolPasskey, operator: operatorResource(operator) }
}
