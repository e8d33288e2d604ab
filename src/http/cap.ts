import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { exportCap } from '../alerts/cap-export.ts'
import { importAlert } from '../alerts/import.ts'
import { judgeAlert } from '../alerts/profiles.ts'
import { rolesFor } from '../alerts/steps.ts'
import { PROFILE_IDS } from '../cap/profiles/profiles.ts'
import { xmlCertificates, xmlSigningKey } from '../operators/xml-keys.ts'
import { alertResource, alertSchema } from './alert-resource.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { faultSchema, refuseInvalid } from './problem.ts'
import { answerOf, idParams, ofAlert } from './resources.ts'
import { etagOf, etagOfBytes } from './revision.ts'

const CAP_TYPE = 'application/cap+xml'

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/cap',
  tags: ['CAP'],
  summary: 'A submitted alert as CAP 1.2 XML, signed with the key of the organisation',
  description:
    'From the signed content: `identifier` is the id, `sent` is when it was submitted, and the parameter ' +
    '`tocsin:sms` of each block is its text message, exactly as it is sent. Until everybody has signed who has to, ' +
    'its status is `Draft`; from then on the bytes stay the same. A polygon with holes is written as several that ' +
    'cover the same ground.',
  request: {
    params: idParams,
    headers: z.object({ 'If-None-Match': z.string().optional() }),
  },
  responses: {
    200: {
      description: 'Valid against the OASIS schema, with an enveloped signature',
      content: { [CAP_TYPE]: { schema: z.string() } },
    },
    304: { description: 'As you have it' },
  },
})

const importRoute = createRoute({
  method: 'post',
  path: '/v1/alerts/import',
  tags: ['CAP'],
  summary: 'A CAP 1.2 message as a draft, at most 512 KiB',
  description:
    'Who sent it stands in `origin`, what it follows in `foreignReferences`; the parameter `tocsin:sms` of a block is ' +
    'its text message. Every fault is named by its path in the XML, `/alert/info[1]/expires`, and its line; what was ' +
    'forgiven stands in `warnings` of the answer. The same message again is 409 `already_exists`, until its alert is ' +
    'deleted or rejected.',
  request: {
    query: z.strictObject({
      roster: z
        .uuid()
        .optional()
        .meta({ description: 'The listed group that it reaches where its status is not Actual' }),
    }),
    body: { required: true, content: { [CAP_TYPE]: { schema: z.string() } } },
  },
  responses: { 201: answerOf('A draft', alertSchema) },
})

const placesSchema = z.array(faultSchema)

export const profileSchema = z.object({
  id: z.enum(PROFILE_IDS),
  title: z.string(),
  source: z.string(),
  faults: placesSchema.meta({ description: 'What the network refuses' }),
  warnings: placesSchema.meta({ description: 'What it advises' }),
})

const profilesRoute = ofAlert(
  'profiles',
  'How it stands with the CAP profiles of other networks; policy can hold a submit to some',
  z.object({
    profiles: z.array(profileSchema),
  }),
)

const certificatesRoute = createRoute({
  method: 'get',
  path: '/.well-known/cap-certificates.pem',
  tags: ['CAP'],
  summary: 'The certificates by which our CAP XML is verified, the one that signs now first',
  responses: {
    200: {
      description: 'PEM',
      content: { 'application/pem-certificate-chain': { schema: z.string() } },
    },
  },
})

export const capRoutes = ({ database: { db }, masterKey, now }: AppDependencies) =>
  new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(importRoute, async c => {
      const caller = callerOf(c, requireRole(c, ...rolesFor('edit')), now())
      const xml = new Uint8Array(await c.req.arrayBuffer())
      const { alert, warnings } = await importAlert(db, caller, xml, c.req.valid('query').roster)
      const shown = await alertResource(db, alert)
      c.header('Location', `/v1/alerts/${alert.id}`)
      c.header('ETag', etagOf(alert.revision))
      return c.json({ ...shown, warnings: [...warnings, ...shown.warnings] }, 201)
    })
    .openapi(exportRoute, async c => {
      const xml = await exportCap(db, c.req.valid('param').id, masterKey, now())
      const etag = etagOfBytes(xml)
      c.header('ETag', etag)
      c.header('Cache-Control', 'private, no-cache')
      if (c.req.header('If-None-Match') === etag) return c.body(null, 304)
      return c.body(new Uint8Array(xml), 200, { 'Content-Type': CAP_TYPE })
    })
    .openapi(profilesRoute, async c => {
      const verdicts = await judgeAlert(db, c.req.valid('param').id, now())
      const profiles = verdicts.map(({ faults, warnings, ...profile }) => ({
        ...profile,
        faults: [...faults],
        warnings: [...warnings],
      }))
      return c.json({ profiles }, 200)
    })
    .openapi(certificatesRoute, async c => {
      // Made here at the latest: whoever pins it may ask before the first alert.
      await xmlSigningKey(db, masterKey, now())
      const pem = (await xmlCertificates(db, now())).join('')
      return c.body(pem, 200, { 'Content-Type': 'application/pem-certificate-chain' })
    })
