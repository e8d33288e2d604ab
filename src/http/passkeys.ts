import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { getOperator } from '../operators/operators.ts'
import {
  enrolmentOptions,
  enrolPasskey,
  type Passkey,
  type PasskeyCaller,
  passkeysOf,
  revokeOwnPasskey,
  revokePasskeyOf,
} from '../operators/passkeys.ts'
import { CHALLENGE_MS } from '../signing/challenges.ts'
import { ALGORITHMS, registrationSchema, relyingPartyOf } from '../signing/passkeys.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, idParams, line, requiredBody, timeSchema } from './resources.ts'

const tags = ['Passkeys']

const passkeySchema = z
  .object({
    id: z.uuid(),
    credentialId: z.string().meta({ description: 'As the device and signatures name it' }),
    label: z.string(),
    transports: z.array(z.string()),
    createdAt: timeSchema,
    lastUsedAt: timeSchema.nullable(),
    backedUp: z.boolean().meta({ description: 'Kept by a password manager, not by one device' }),
    revokedAt: timeSchema.nullable(),
    suspectedAt: timeSchema.nullable().meta({
      description: 'Its counter went back: it was copied, and is never accepted again',
    }),
  })
  .meta({ id: 'Passkey' })

const passkeyAnswer = (description: string) => answerOf(description, passkeySchema)
const listAnswer = answerOf(
  'All of them',
  z.object({ items: z.array(passkeySchema), nextCursor: z.null() }),
)

const creationOptionsSchema = z
  .object({
    challenge: z.string(),
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int(),
    attestation: z.literal('none'),
    excludeCredentials: z.array(
      z.object({
        type: z.literal('public-key'),
        id: z.string(),
        transports: z.array(z.string()),
      }),
    ),
    authenticatorSelection: z.object({
      residentKey: z.literal('required'),
      requireResidentKey: z.literal(true),
      userVerification: z.literal('required'),
    }),
  })
  .meta({ id: 'PublicKeyCredentialCreationOptionsJSON' })

const optionsRoute = createRoute({
  method: 'post',
  path: '/v1/me/passkeys/options',
  tags,
  summary: 'Begin to enrol a passkey, within 5 minutes of signing in',
  description:
    'What `PublicKeyCredential.parseCreationOptionsFromJSON` takes. The challenge is good for 5 minutes, for this ' +
    'sign-in, once. The host of `TOCSIN_PUBLIC_URL` must be a name; browsers want https, or http://localhost.',
  responses: { 200: answerOf('WebAuthn §5.1', creationOptionsSchema) },
})
const enrolRoute = createRoute({
  method: 'post',
  path: '/v1/me/passkeys',
  tags,
  summary: 'Enrol the passkey that the browser has made',
  description:
    'A passkey is for both modes: the mode is chosen at sign-in, and signing keys are for one of them. At most 20.',
  request: {
    body: requiredBody(z.strictObject({ label: line(100), response: registrationSchema })),
  },
  responses: { 201: passkeyAnswer('Enrolled') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/me/passkeys',
  tags,
  summary: 'My passkeys, revoked ones too',
  responses: { 200: listAnswer },
})
const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/me/passkeys/{id}/revoke',
  tags,
  summary: 'Revoke a passkey of mine, for good',
  request: { params: idParams },
  responses: { 200: passkeyAnswer('Revoked') },
})
const theirsRoute = createRoute({
  method: 'get',
  path: '/v1/operators/{id}/passkeys',
  tags,
  summary: "Somebody's passkeys (administrator, auditor)",
  request: { params: idParams },
  responses: { 200: listAnswer },
})
const revokeTheirsRoute = createRoute({
  method: 'post',
  path: '/v1/operators/{id}/passkeys/{passkeyId}/revoke',
  tags,
  summary:
    "Revoke somebody's passkey, whose device is lost; all their sign-ins end (administrator)",
  request: { params: idParams.extend({ passkeyId: z.uuid() }) },
  responses: { 200: passkeyAnswer('Revoked') },
})

export const passkeyRoutes = ({ database: { db }, config, masterKey, now }: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  const callerOf = (c: Context<Env>): PasskeyCaller => {
    const { operator, session: signIn } = c.var
    return { operator, signIn, party, masterKey, now: now() }
  }
  const shown = (c: Context<Env>, passkey: Passkey) => {
    c.header('ETag', passkey.revokedAt === null ? '"1"' : '"2"')
    return passkeyResource(passkey)
  }

  return new OpenAPIHono<Env>()
    .openapi(optionsRoute, async c => {
      const { excludeCredentials, ...options } = await enrolmentOptions(db, callerOf(c))
      c.header('Cache-Control', 'no-store')
      return c.json(
        {
          ...options,
          pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key' as const, alg })),
          timeout: CHALLENGE_MS,
          attestation: 'none' as const,
          excludeCredentials: excludeCredentials.map(({ credentialId, transports }) => {
            return { type: 'public-key' as const, id: credentialId, transports: [...transports] }
          }),
          authenticatorSelection: {
            residentKey: 'required' as const,
            requireResidentKey: true as const,
            userVerification: 'required' as const,
          },
        },
        200,
      )
    })
    .openapi(enrolRoute, async c => {
      const passkey = await enrolPasskey(db, callerOf(c), c.req.valid('json'))
      return c.json(shown(c, passkey), 201)
    })
    .openapi(listRoute, async c => {
      const passkeys = await passkeysOf(db, c.var.operator.id)
      return c.json({ items: passkeys.map(passkeyResource), nextCursor: null }, 200)
    })
    .openapi(revokeRoute, async c => {
      const { id } = c.req.valid('param')
      return c.json(shown(c, await revokeOwnPasskey(db, c.var.operator, id, now())), 200)
    })
    .openapi(theirsRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      const { id } = await getOperator(db, c.req.valid('param').id)
      const passkeys = await passkeysOf(db, id)
      return c.json({ items: passkeys.map(passkeyResource), nextCursor: null }, 200)
    })
    .openapi(revokeTheirsRoute, async c => {
      const administrator = requireRole(c, 'administrator')
      const { id: operatorId, passkeyId: id } = c.req.valid('param')
      const passkey = await revokePasskeyOf(db, administrator, { operatorId, id }, now())
      return c.json(shown(c, passkey), 200)
    })
}

function passkeyResource(passkey: Passkey): z.input<typeof passkeySchema> {
  const { id, credentialId, label, transports, backedUp } = passkey
  return {
    id,
    credentialId,
    label,
    transports: [...transports],
    createdAt: passkey.createdAt.toISOString(),
    lastUsedAt: passkey.lastUsedAt?.toISOString() ?? null,
    backedUp,
    revokedAt: passkey.revokedAt?.toISOString() ?? null,
    suspectedAt: passkey.suspectedAt?.toISOString() ?? null,
  }
}
