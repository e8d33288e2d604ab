import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { changeOrganisation } from '../operators/organisation.ts'
import {
  passkeyPolicySchema,
  policySchema,
  readOrganisation,
  retentionSchema,
} from '../store/organisation.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, ifMatchHeader, line, requiredBody } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'
import { FAULTS } from '../faults.ts'

const timeZoneSchema = z.string().max(64).refine(isTimeZone, FAULTS.not_time_zone)
const languageSchema = z.string().max(35).refine(isLanguage, FAULTS.not_language_tag)

const fields = {
  name: line(100),
  timeZone: timeZoneSchema,
  country: z.string().regex(/^[A-Z]{2}$/, FAULTS.not_country),
  // CAP 1.2 §3.2.1: no spaces, commas, < or &.
  sender: z
    .string()
    .min(1)
    .max(254)
    .regex(/^[^\s,<&\p{Cc}]+$/u, FAULTS.not_sender),
  languages: z.array(languageSchema).min(1).max(20),
}

export const organisationSchema = z
  .object({ ...fields, policy: policySchema, retention: retentionSchema, revision: z.int() })
  .meta({ id: 'Organisation' })

const organisationAnswer = answerOf('The organisation', organisationSchema)

const getRoute = createRoute({
  method: 'get',
  path: '/v1/organisation',
  tags: ['Organisation'],
  summary: 'Read the organisation',
  responses: { 200: organisationAnswer },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/organisation',
  tags: ['Organisation'],
  summary: 'Edit the organisation; fields of policy and retention that are left out stay',
  request: {
    headers: ifMatchHeader,
    body: requiredBody(
      z
        .strictObject({
          ...fields,
          policy: policySchema.extend({ passkeys: passkeyPolicySchema.partial() }).partial(),
          retention: retentionSchema.partial(),
        })
        .partial(),
    ),
  },
  responses: { 200: organisationAnswer },
})

export const organisationRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator')
      const organisation = await readOrganisation(db)
      c.header('ETag', etagOf(organisation.revision))
      return c.json({ ...organisation, languages: [...organisation.languages] }, 200)
    })
    .openapi(changeRoute, async c => {
      const administrator = requireRole(c, 'administrator')
      const change = c.req.valid('json')
      const changed = await changeOrganisation(db, administrator, revisionFromIfMatch(c), change)
      c.header('ETag', etagOf(changed.revision))
      return c.json({ ...changed, languages: [...changed.languages] }, 200)
    })

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
