import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { correctAlert, readCorrectionBytes } from '../alerts/correct.ts'
import { composeReminder } from '../alerts/remind.ts'
import { type Action, rolesFor } from '../alerts/steps.ts'
import { composeUpdate } from '../alerts/update.ts'
import { digestOfBytes } from '../cap/content.ts'
import { relyingPartyOf } from '../signing/passkeys.ts'
import { alertResource, alertSchema } from './alert-resource.ts'
import { handedSignature, movedSchema, signatureBody } from './alerts.ts'
import { requireRole } from './auth.ts'
import { callerOf } from './caller.ts'
import type { AppDependencies, Env } from './env.ts'
import { answerOf, bodyOf, idParams, ofAlert } from './resources.ts'
import { etagOf } from './revision.ts'

const tags = ['Alerts']

const updateRoute = createRoute({
  method: 'post',
  path: '/v1/alerts/{id}/update',
  tags,
  summary: 'Write an Update: a draft made from an alert that was sent',
  description:
    'It references the alert and all that this one had referenced, and goes the way of any draft. It reaches its ' +
    'areas and groups, and whoever may have got one of the alerts that it references, each phone once; who is ' +
    'reached by that alone gets the text in the language in which the earlier one came. A drill reaches its roster. ' +
    'Its dispatch stops what is left of the alerts that it references.',
  request: { params: idParams, body: bodyOf(z.strictObject({})) },
  responses: { 201: answerOf('A draft', alertSchema) },
})

const remindRoute = createRoute({
  method: 'post',
  path: '/v1/alerts/{id}/remind',
  tags,
  summary: 'Write a reminder: a draft to those alone who have not answered an alert',
  description:
    'It goes the way of any draft, and reaches whoever may have got the alert and has not answered it by then, in the ' +
    'language in which it came. What they answer counts for the alert. It ends with the alert: a stop, an update or a ' +
    'correction of that stops it too. Reminders that go out by themselves are approved with the alert: `reminders`.',
  request: { params: idParams, body: bodyOf(z.strictObject({})) },
  responses: { 201: answerOf('A draft', alertSchema) },
})

const correctedSchema = movedSchema.extend({
  correctionId: z.uuid().meta({ description: 'The alert that goes out' }),
})

const KINDS = {
  cancel: { correction: 'cancel', what: 'retraction', becomes: 'Cancel' },
  'all-clear': { correction: 'allClear', what: 'all-clear', becomes: 'Update with AllClear' },
} as const

const correctionRoutesOf = <const Path extends keyof typeof KINDS>(path: Path) => {
  const { what, becomes } = KINDS[path]
  return {
    content: ofAlert(
      `${path}/content`,
      `The exact bytes to sign to send the ${what}: RFC 8785 canonical JSON, the same for everyone, for good`,
      z.unknown(),
    ),
    send: createRoute({
      method: 'post',
      path: `/v1/alerts/{id}/${path}`,
      tags,
      summary: `Send the ${what} that was approved with the alert`,
      description:
        `It goes out at once, ahead of everything, as an alert of its own (${becomes}), to exactly those whose ` +
        'message may have left, on the phones that got it. What is left of the alert is stopped first. One author or ' +
        'approver signs it alone, as either.',
      request: { params: idParams, body: bodyOf(signatureBody) },
      responses: {
        202: answerOf(
          'The state of the alert, and how many its correction goes to',
          correctedSchema,
        ),
      },
    }),
  }
}

const cancelRoutes = correctionRoutesOf('cancel')
const allClearRoutes = correctionRoutesOf('all-clear')

export const correctionRoutes = ({ database: { db }, config, now }: AppDependencies) => {
  const party = relyingPartyOf(config.publicUrl)
  const callerFor = (c: Context<Env>, action: Action) =>
    callerOf(c, requireRole(c, ...rolesFor(action)), now())
  const content = async (c: Context<Env>, id: string, path: keyof typeof KINDS) => {
    const bytes = await readCorrectionBytes(db, id, KINDS[path].correction)
    const headers = { 'Content-Type': 'application/json', ETag: `"${digestOfBytes(bytes)}"` }
    return c.body(new Uint8Array(bytes), 200, headers) as never
  }
  const send = async (
    c: Context<Env>,
    id: string,
    path: keyof typeof KINDS,
    body: z.output<typeof signatureBody>,
  ): Promise<z.infer<typeof correctedSchema>> => {
    const { correction } = KINDS[path]
    const sent = await correctAlert(
      db,
      id,
      callerFor(c, path),
      correction,
      handedSignature(body, party),
    )
    c.header('Location', `/v1/alerts/${sent.correctionId}`)
    return { state: sent.alert.state, left: sent.left, correctionId: sent.correctionId }
  }

  return new OpenAPIHono<Env>()
    .openapi(updateRoute, async c => {
      const alert = await composeUpdate(db, c.req.valid('param').id, callerFor(c, 'update'))
      c.header('Location', `/v1/alerts/${alert.id}`)
      c.header('ETag', etagOf(alert.revision))
      return c.json(await alertResource(db, alert), 201)
    })
    .openapi(remindRoute, async c => {
      const alert = await composeReminder(db, c.req.valid('param').id, callerFor(c, 'remind'))
      c.header('Location', `/v1/alerts/${alert.id}`)
      c.header('ETag', etagOf(alert.revision))
      return c.json(await alertResource(db, alert), 201)
    })
    .openapi(cancelRoutes.content, c => content(c, c.req.valid('param').id, 'cancel'))
    .openapi(cancelRoutes.send, async c => {
      const body = c.req.valid('json')
      return c.json(await send(c, c.req.valid('param').id, 'cancel', body), 202)
    })
    .openapi(allClearRoutes.content, c => content(c, c.req.valid('param').id, 'all-clear'))
    .openapi(allClearRoutes.send, async c => {
      const body = c.req.valid('json')
      return c.json(await send(c, c.req.valid('param').id, 'all-clear', body), 202)
    })
}
