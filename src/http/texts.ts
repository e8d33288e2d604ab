import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { FINDINGS, lintText } from '../cap/lint/text.ts'
import { readableText } from '../cap/readable.ts'
import { readOrganisation } from '../store/organisation.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, requiredBody } from './resources.ts'

const lintBody = z.strictObject({
  texts: z
    .array(z.strictObject({ language: z.string().min(1).max(35), sms: readableText(39_015) }))
    .min(1)
    .max(100),
  places: z
    .array(readableText(500))
    .max(1000)
    .default([])
    .meta({ description: 'Names of the places that the texts are for; none: not judged' }),
  senders: z
    .array(readableText(200))
    .max(10)
    .optional()
    .meta({ description: 'Names of whoever sends them; left out: the organisation’s' }),
})

export const lintedSchema = z
  .object({
    texts: z.array(
      z.object({
        language: z.string(),
        alphabet: z.enum(['GSM7', 'UCS2']),
        units: z.int(),
        segments: z.int(),
        forcedBy: z.array(z.object({ character: z.string(), replacement: z.string().nullable() })),
        asGsm7: z
          .object({ sms: z.string(), units: z.int(), segments: z.int() })
          .nullable()
          .meta({ description: 'With every replacement, where all are known' }),
        grade: z.number().nullable().meta({ description: 'Years of school that it asks for' }),
        findings: z.array(z.object({ code: z.enum(FINDINGS), detail: z.string() })),
      }),
    ),
  })
  .meta({ id: 'LintedTexts' })

const lintRoute = createRoute({
  method: 'post',
  path: '/v1/texts/lint',
  tags: ['Alerts'],
  summary: 'What should be looked at in texts before they are signed; nothing is stored or refused',
  request: { body: requiredBody(lintBody) },
  responses: { 200: answerOf('Text by text', lintedSchema) },
})

export const textRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>().openapi(lintRoute, async c => {
    requireRole(c, 'author', 'approver')
    const { texts, places, senders } = c.req.valid('json')
    const known = { places, senders: senders ?? [(await readOrganisation(db)).name] }
    return c.json({ texts: texts.map(text => lintText(text, known)) }, 200)
  })
