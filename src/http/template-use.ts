import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { composeFromTemplate } from '../alerts/from-template.ts'
import { rolesFor } from '../alerts/steps.ts'
import { draftSchema, infoSchema } from '../cap/alert.ts'
import { asMeasured } from '../encoding/recipient-link.ts'
import { measureText } from '../encoding/segments.ts'
import { valuesSchema } from '../templates/blanks.ts'
import type { FilledText } from '../templates/fill.ts'
import { fillIn } from '../templates/fill-in.ts'
import { alertResource, alertSchema } from './alert-resource.ts'
import { readOrganisation } from '../store/organisation.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { refuseInvalid } from './problem.ts'
import { answerOf, idParams, requiredBody, timeSchema, versionNo } from './resources.ts'
import { etagOf } from './revision.ts'

const fillBody = z.strictObject({
  version: versionNo.optional().meta({ description: 'The current one unless another is named' }),
  blanks: valuesSchema.default({}).meta({
    description:
      'By name. A place, a road, a name: a string, or `[{language, text}]`; a time: RFC 3339; a number; a choice: its code',
  }),
  expires: timeSchema.optional().meta({
    description: 'Left out: as a blank says, or the template’s duration from now',
  }),
})

const draftBody = fillBody.extend({
  ...draftSchema.pick({
    status: true,
    note: true,
    incidents: true,
    audience: true,
    maxRecipients: true,
    minRecipients: true,
  }).shape,
  area: infoSchema.shape.area,
})

const lengthSchema = z.object({
  alphabet: z.enum(['GSM7', 'UCS2']),
  units: z.int(),
  segments: z.int(),
})

const filledSchema = z
  .object({
    version: z.int(),
    blanks: valuesSchema.meta({ description: 'With what was left out' }),
    expires: timeSchema,
    texts: z.array(
      z.object({
        language: z.string(),
        sms: z.string(),
        headline: z.string().optional(),
        description: z.string().optional(),
        instruction: z.string().optional(),
        cancel: z.string(),
        allClear: z.string(),
        lengths: z.object({ sms: lengthSchema, cancel: lengthSchema, allClear: lengthSchema }),
      }),
    ),
  })
  .meta({ id: 'FilledTemplate' })

const fillRoute = createRoute({
  method: 'post',
  path: '/v1/templates/{id}/fill',
  tags: ['Templates'],
  summary: 'What a template says with its blanks filled in; nothing is stored',
  request: { params: idParams, body: requiredBody(fillBody) },
  responses: { 200: answerOf('Its texts, and their lengths', filledSchema) },
})

const draftRoute = createRoute({
  method: 'post',
  path: '/v1/templates/{id}/draft',
  tags: ['Templates'],
  summary: 'Make an alert of a template',
  description:
    'Its retraction and its all-clear come with it, in all languages. It is submitted as the template says it, or ' +
    'parted from (`PATCH /v1/alerts/{id}` with `template: null`).',
  request: { params: idParams, body: requiredBody(draftBody) },
  responses: { 201: answerOf('A draft', alertSchema) },
})

export const templateUseRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(fillRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver')
      const { version, blanks, expires } = c.req.valid('json')
      const asked = { id: c.req.valid('param').id, version }
      const filled = await fillIn(db, asked, { blanks, expires, now: now() })
      const { linkUrl } = (await readOrganisation(db)).policy
      return c.json(
        {
          version: filled.of.version,
          blanks: filled.blanks,
          expires: filled.expires,
          texts: filled.texts.map(text => textResource(text, linkUrl)),
        },
        200,
      )
    })
    .openapi(draftRoute, async c => {
      const operator = requireRole(c, ...rolesFor('edit'))
      const caller = callerOf(c, operator, now())
      const { id } = c.req.valid('param')
      const alert = await composeFromTemplate(db, caller, id, c.req.valid('json'))
      c.header('Location', `/v1/alerts/${alert.id}`)
      c.header('ETag', etagOf(alert.revision))
      return c.json(await alertResource(db, alert), 201)
    })

// A template that lacks a correction is not filled in.
function textResource({ cancel = '', allClear = '', ...text }: FilledText, linkUrl: string | null) {
  const lengthOf = (sms: string) => {
    const { alphabet, units, segments } = measureText(asMeasured(sms, linkUrl ?? undefined))
    return { alphabet, units, segments }
  }
  const lengths = {
    sms: lengthOf(text.sms),
    cancel: lengthOf(cancel),
    allClear: lengthOf(allClear),
  }
  return { ...text, cancel, allClear, lengths }
}
