import { createHash } from 'node:crypto'
import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { exportCap } from '../alerts/cap-export.ts'
import { xmlCertificates, xmlSigningKey } from '../operators/xml-keys.ts'
import type { AppDependencies, Env } from './env.ts'
import { idParams } from './resources.ts'

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
  new OpenAPIHono<Env>()
    .openapi(exportRoute, async c => {
      const xml = await exportCap(db, c.req.valid('param').id, masterKey, now())
      const etag = `"${createHash('sha256').update(xml).digest('base64url')}"`
      c.header('ETag', etag)
      c.header('Cache-Control', 'private, no-cache')
      if (c.req.header('If-None-Match') === etag) return c.body(null, 304)
      return c.body(new Uint8Array(xml), 200, { 'Content-Type': CAP_TYPE })
    })
    .openapi(certificatesRoute, async c => {
      // Made here at the latest: whoever pins it may ask before the first alert.
      await xmlSigningKey(db, masterKey, now())
      const pem = (await xmlCertificates(db)).join('')
      return c.body(pem, 200, { 'Content-Type': 'application/pem-certificate-chain' })
    })
