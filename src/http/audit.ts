import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { type AuditEntry, listAudit } from '../store/audit.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import { answerOf, line, timeSchema } from './resources.ts'

export const entrySchema = z
  .object({
    seq: z.int(),
    at: timeSchema,
    operatorId: z.uuid().nullable().meta({ description: 'null: the system itself' }),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    previousHash: z.string(),
    hash: z.string().meta({
      description:
        'Hex SHA-256 of the hash before (32 octets, zeros for the first) and the RFC 8785 bytes of ' +
        '`{seq, at, operatorId, action, subject, detail}`',
    }),
  })
  .meta({ id: 'AuditEntry' })

const listRoute = createRoute({
  method: 'get',
  path: '/v1/audit',
  tags: ['Audit'],
  summary: 'The audit trail, newest first',
  request: {
    query: pageQuery.extend({
      operator: z.uuid().optional().meta({ description: 'Who did it' }),
      subject: line(200).optional().meta({ description: 'The id of what it was done to' }),
      action: z
        .string()
        .regex(/^[A-Za-z]{1,40}(\.[A-Za-z_]{1,40})?$/, 'must be a word, or two with a dot between')
        .optional()
        .meta({ description: '`carrier.created`, or `carrier` for all that was done to carriers' }),
    }),
  },
  responses: {
    200: answerOf('A page', pageSchema(entrySchema)),
  },
})

export const auditRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>().openapi(listRoute, async c => {
    requireRole(c, 'administrator', 'auditor')
    const { limit, cursor, operator: operatorId, subject, action } = c.req.valid('query')
    const [before] = readCursor(cursor, z.tuple([z.int().min(1)])) ?? []
    const rows = await listAudit(db, { operatorId, subject, action }, { before, limit: limit + 1 })
    return c.json(
      pageOf(rows, limit, entryResource, ({ seq }) => [seq]),
      200,
    )
  })

function entryResource(entry: AuditEntry): z.input<typeof entrySchema> {
  return { ...entry, at: entry.at.toISOString(), detail: { ...entry.detail } }
}
