import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { getImport, startImport } from '../audience/import.ts'
import { inertCell } from '../encoding/csv.ts'
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { phoneAsSeenBy } from '../reports/deliveries.ts'
import { readRejects, type ImportRecord, type Reject } from '../store/imports.ts'
import { acceptedType } from './accept.ts'
import { requireRole } from './auth.ts'
import { streamBody } from './body.ts'
import { streamed } from './body-stream.ts'
import type { AppDependencies, Env } from './env.ts'
import { faultSchema, refuseInvalid } from './problem.ts'
import { answerOf, documentBody, idParams, timeSchema } from './resources.ts'

export const importSchema = z
  .object({
    id: z.uuid(),
    mode: z.enum(['upsert', 'replace']),
    state: z.enum(['running', 'completed', 'failed']),
    read: z.int(),
    accepted: z.int().meta({ description: 'Good rows' }),
    created: z.int(),
    updated: z.int(),
    removed: z.int(),
    rejected: z.int(),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
    startedAt: timeSchema,
    finishedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Import' })

const importRoute = createRoute({
  method: 'post',
  path: '/v1/contacts/import',
  tags: ['People'],
  summary: 'Import contacts from CSV, streamed, of any size; answered when the file is read',
  description:
    'Columns in any order: phone (required), email, name, language, longitude, latitude, hours (when the contact is ' +
    'there: `Mo-Fr 08:00-17:00; Sa 22:00-06:00`), externalId, groups, consent. ' +
    'A bad row never stops the good ones. With upsert a blank value leaves what there is; of rows with the same ' +
    'phone the last one counts.',
  request: {
    query: z.strictObject({
      mode: z.enum(['upsert', 'replace']).default('upsert'),
      country: z
        .string()
        .regex(/^[A-Za-z]{2}$/, 'must be an ISO 3166-1 country of two letters')
        .optional()
        .meta({ description: 'Whose national numbers the file holds' }),
      confirmRemove: z
        .string()
        .regex(/^\d{1,12}$/, 'must be a whole number')
        .transform(Number)
        .optional()
        .meta({ type: 'integer', description: 'How many contacts mode replace may remove' }),
    }),
  },
  responses: {
    202: answerOf('Read; it is being merged', z.object({ id: z.uuid() })),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/imports/{id}',
  tags: ['People'],
  summary: 'How far an import is',
  request: { params: idParams },
  responses: {
    200: answerOf('The import', importSchema),
  },
})

const REJECT_TYPES = ['text/csv', 'application/x-ndjson'] as const
export const rejectSchema = faultSchema
  .pick({ detail: true, values: true })
  .extend({
    line: z.int().meta({ description: 'Of the file, counted from 1' }),
    column: z.string().meta({ description: 'Empty: the row as a whole' }),
    value: z.string(),
    code: z.string().optional(),
  })
  .meta({ id: 'Reject' })
const rejectsRoute = createRoute({
  method: 'get',
  path: '/v1/imports/{id}/rejects',
  tags: ['People'],
  summary: 'The rows that were turned down, and why, as CSV or as JSON lines',
  description: '30 days after the import there are none any more.',
  request: { params: idParams },
  responses: {
    200: {
      description: 'By `Accept`',
      content: {
        'text/csv': { schema: z.string().meta({ description: 'line, column, reason, value' }) },
        'application/x-ndjson': { schema: rejectSchema },
      },
    },
  },
})

export const importRoutes = ({ database }: AppDependencies) => {
  const { db } = database
  const routes = new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(importRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      if (!/^text\/csv\s*(;\s*charset="?utf-8"?\s*)?$/i.test(c.req.header('Content-Type') ?? '')) {
        throw new AppError('unsupported_media_type', 'the body must be text/csv in UTF-8')
      }
      const { mode, country, confirmRemove } = c.req.valid('query')
      const options = { operatorId: operator.id, mode, country, confirmRemove }
      const { id } = await startImport(database, streamBody(c), options)
      c.header('Location', `/v1/imports/${id}`)
      return c.json({ id }, 202)
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator', 'author', 'viewer')
      return c.json(importResource(await getImport(db, c.req.valid('param').id)), 200)
    })
    .openapi(rejectsRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer')
      const { id } = c.req.valid('param')
      const type = acceptedType(c, REJECT_TYPES, 'what was turned down comes')
      await getImport(db, id)
      const batches = readRejects(db, id)
      c.header('Vary', 'Accept')
      if (type === 'application/x-ndjson') {
        return c.body(streamed(jsonLinesOf(batches, operator)), 200, { 'Content-Type': type })
      }
      return c.body(streamed(csvOf(batches, operator)), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="rejects-${id}.csv"`,
      })
    })
  documentBody(routes, importRoute.path, {
    required: true,
    content: { 'text/csv': { schema: z.string() } },
  })
  return routes
}

async function* csvOf(
  batches: AsyncGenerator<Reject[]>,
  operator: Operator,
): AsyncGenerator<string, void> {
  yield 'line,column,reason,value\r\n'
  for await (const rejects of batches) {
    yield stringify(
      rejects.map(({ line, column, reason, ...one }) =>
        [line, column, reason, valueFor(operator, { column, ...one })].map(inertCell),
      ),
      { record_delimiter: 'windows' },
    )
  }
}

async function* jsonLinesOf(
  batches: AsyncGenerator<Reject[]>,
  operator: Operator,
): AsyncGenerator<string, void> {
  for await (const rejects of batches) {
    yield rejects.map(reject => `${JSON.stringify(rejectResource(reject, operator))}\n`).join('')
  }
}

function rejectResource(
  { line, column, reason, code, values, value }: Reject,
  operator: Operator,
): z.infer<typeof rejectSchema> {
  return {
    line,
    column,
    detail: reason,
    value: valueFor(operator, { column, value }),
    ...(code !== null && { code }),
    ...(values !== null && { values }),
  }
}

/** A row that was turned down as a whole has its phone in it. */
const valueFor = (operator: Operator, { column, value }: Pick<Reject, 'column' | 'value'>) =>
  column === 'phone' || column === '' ? phoneAsSeenBy(operator, value) : value

function importResource(record: ImportRecord): z.infer<typeof importSchema> {
  return {
    id: record.id,
    mode: record.mode,
    state: record.state,
    read: record.read,
    accepted: record.accepted,
    created: record.created,
    updated: record.updated,
    removed: record.removed,
    rejected: record.rejected,
    failure: record.failure ?? null,
    startedAt: record.startedAt.toISOString(),
    finishedAt: record.finishedAt?.toISOString() ?? null,
  }
}
