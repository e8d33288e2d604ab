import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { noteAlert } from '../alerts/notes.ts'
import { readableText } from '../cap/readable.ts'
import { deliveriesCsv } from '../reports/deliveries.ts'
import { evidenceOf } from '../reports/evidence.ts'
import { HTML_CSP, htmlOf } from '../reports/html.ts'
import { pdfOf } from '../reports/pdf-writer.ts'
import { readableReport } from '../reports/readable-report.ts'
import { reportOf } from '../reports/report.ts'
import { shareCounts } from '../reports/shared-count.ts'
import { acceptedLanguages, acceptedType } from './accept.ts'
import { alertResource } from './alert-resource.ts'
import { requireRole } from './auth.ts'
import { streamed } from './body-stream.ts'
import { callerOf } from './caller.ts'
import { DELETED_HEADER, deletionOf } from './deleted-recipients.ts'
import type { AppDependencies, Env } from './env.ts'
import { countedSchema, reportSchema } from './report-schema.ts'
import { answerOf, bodyOf, idParams, json, ofAlert, timeSchema } from './resources.ts'

const REPORT_TYPES = ['application/json', 'text/csv', 'text/html', 'application/pdf'] as const

const reportRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/report',
  tags: ['Alerts'],
  summary: 'The after-action report; as CSV one row a recipient',
  description:
    'As HTML and PDF in English or Spanish, by `Accept-Language`, else the language of the organisation. Once the ' +
    'recipients are deleted (`retention.deliveriesDays`) all figures stay; the CSV has its first line alone, and the ' +
    'header `Tocsin-Recipients-Deleted` says since when.',
  request: {
    params: idParams,
    query: z.strictObject({
      paper: z
        .enum(['A4', 'LETTER'])
        .optional()
        .meta({ description: 'Of a PDF; else what is usual in the country of the organisation' }),
      bom: z
        .stringbool({ truthy: ['true'], falsy: ['false'] })
        .default(false)
        .meta({
          type: 'boolean',
          description: 'A CSV begins with U+FEFF, by which spreadsheets know UTF-8',
        }),
    }),
  },
  responses: {
    200: {
      description: 'By `Accept`',
      content: {
        ...json(reportSchema),
        'text/csv': { schema: z.string() },
        'text/html': { schema: z.string() },
        'application/pdf': { schema: z.string().meta({ format: 'binary' }) },
      },
    },
  },
})

const outcomesRoute = ofAlert(
  'outcomes',
  'What the report counts recipient by recipient, some seconds old: one count serves all who watch',
  countedSchema,
)

const evidenceRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/evidence',
  tags: ['Alerts'],
  summary: 'All that an alert was, under the key of the organisation',
  description:
    'A flattened JWS (RFC 7515 §7.2.2, RS256, the certificate in `x5c`), whose payload is JSON: the bytes that were ' +
    'signed, the signatures with their public keys, the CAP that was published, the audit entries with their hashes, ' +
    'the report, and the digest of the deliveries. It names no phone number. `tocsin evidence` checks it.',
  request: { params: idParams },
  responses: {
    200: answerOf(
      'To be kept',
      z.object({ payload: z.string(), protected: z.string(), signature: z.string() }),
    ),
  },
})

const noteSchema = z.object({ at: timeSchema, operatorId: z.uuid(), text: z.string() })

const noteRoute = createRoute({
  method: 'post',
  path: '/v1/alerts/{id}/notes',
  tags: ['Alerts'],
  summary: 'Write a note for the report of an alert, in any state; it stays',
  request: {
    params: idParams,
    body: bodyOf(z.strictObject({ text: readableText(2000) })),
  },
  responses: { 201: answerOf('It stands in the history', noteSchema) },
})

export function reportRoutes({
  database: { db },
  masterKey,
  now,
}: AppDependencies): OpenAPIHono<Env> {
  const outcomesOf = shareCounts(db, now)
  return new OpenAPIHono<Env>()
    .openapi(outcomesRoute, async c => c.json(await outcomesOf(c.req.valid('param').id), 200))
    .openapi(evidenceRoute, async c => {
      requireRole(c, 'administrator', 'auditor')
      const { id } = c.req.valid('param')
      const {
        payload,
        protected: header = '',
        signature,
      } = await evidenceOf(db, id, masterKey, now())
      c.header('Content-Disposition', `attachment; filename="alert-${id}.evidence.json"`)
      c.header('Cache-Control', 'no-store')
      return c.json({ payload, protected: header, signature }, 200)
    })
    .openapi(noteRoute, async c => {
      const operator = requireRole(c, 'author', 'approver', 'administrator')
      const { text } = c.req.valid('json')
      const at = now()
      const caller = callerOf(c, operator, at)
      await noteAlert(db, c.req.valid('param').id, caller, text)
      return c.json({ at: at.toISOString(), operatorId: operator.id, text }, 201)
    })
    .openapi(reportRoute, async c => {
      const { id } = c.req.valid('param')
      c.header('Vary', 'Accept, Accept-Language')
      const type = acceptedType(c, REPORT_TYPES, 'the report comes')
      const { paper: asked, bom } = c.req.valid('query')
      if (type === 'text/csv') {
        const deleted = await deletionOf(db, id)
        if (deleted !== null) c.header(DELETED_HEADER, `${deleted.at}; ${deleted.reason}`)
        return c.body(
          streamed(deliveriesCsv(db, id, c.var.operator, bom ? 'byte order mark' : 'plain')),
          200,
          {
            'Content-Type': 'text/csv; charset=utf-8; header=present',
            'Content-Disposition': `attachment; filename="alert-${id}.csv"`,
          },
        )
      }
      if (type !== 'application/json') {
        const madeAt = now()
        const { sheet, paper } = await readableReport(db, id, acceptedLanguages(c), madeAt)
        c.header('Content-Language', sheet.language)
        c.header('Cache-Control', 'no-store')
        if (type === 'text/html') {
          c.header('Content-Security-Policy', HTML_CSP)
          return c.body(await htmlOf(sheet), 200, { 'Content-Type': 'text/html; charset=utf-8' })
        }
        const pdf = await pdfOf({ sheet, paper: asked ?? paper, madeAt })
        return c.body(pdf, 200, {
          'Content-Type': 'application/pdf',
          'Content-Disposition': `inline; filename="alert-${id}.pdf"`,
        })
      }
      const { alert, report } = await reportOf(db, id, now())
      return c.json({ alert: await alertResource(db, alert), ...report }, 200)
    })
}
