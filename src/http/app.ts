import { randomUUID } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { secureHeaders } from 'hono/secure-headers'
import { AppError } from '../errors.ts'
import { log } from '../log.ts'
import { acknowledgeRoutes } from './acknowledge.ts'
import { alertRoutes } from './alerts.ts'
import { areaRoutes } from './areas.ts'
import { auditRoutes } from './audit.ts'
import { requireToken } from './auth.ts'
import { readBody } from './body.ts'
import { capRoutes } from './cap.ts'
import { capKeyRoutes } from './cap-keys.ts'
import { carrierRoutes } from './carriers.ts'
import { consoleRoutes } from './console.ts'
import { contactRoutes } from './contacts.ts'
import { correctionRoutes } from './corrections.ts'
import { deskRoutes } from './desk.ts'
import { dispatchRoutes } from './dispatches.ts'
import { docsRoutes } from './docs.ts'
import type { AppDependencies, Env } from './env.ts'
import { exerciseRoutes } from './exercises.ts'
import { feedRoutes } from './feed.ts'
import { geocodeSetRoutes } from './geocode-sets.ts'
import { incomingFeedRoutes } from './feeds.ts'
import { groupRoutes } from './groups.ts'
import { healthRoutes } from './health.ts'
import { idempotent } from './idempotency.ts'
import { importRoutes } from './imports.ts'
import { keyRoutes } from './keys.ts'
import { createMetrics } from './metrics.ts'
import { openApiDocument } from './openapi.ts'
import { operatorRoutes } from './operators.ts'
import { helpRequestRoutes } from './help-requests.ts'
import { optOutRoutes } from './opt-outs.ts'
import { organisationRoutes } from './organisation.ts'
import { passkeyRoutes } from './passkeys.ts'
import { answerProblem, refuseInvalid } from './problem.ts'
import { peopleRoutes } from './people.ts'
import { reportScheduleRoutes } from './report-schedules.ts'
import { reportRoutes } from './reports.ts'
import { signInRoutes } from './sign-in.ts'
import { starterTemplateRoutes } from './starter-templates.ts'
import { statisticsRoutes } from './statistics.ts'
import { subscriberRoutes } from './subscribers.ts'
import { letterRoutes } from './letters.ts'
import { templateUseRoutes } from './template-use.ts'
import { templateRoutes } from './templates.ts'
import { textRoutes } from './texts.ts'
import { watchingRoutes } from './watching.ts'
import { webhookRoutes } from './webhooks.ts'

/** The whole HTTP edge: every route file mounted behind the same middleware. */
export function createApp(deps: AppDependencies): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
  const metrics = createMetrics()

  app.onError(answerProblem)
  app.notFound(c => answerProblem(new AppError('not_found', 'there is no such path'), c))

  app.use(nameRequest, metrics.observe)
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      // TLS ends in front of us; only where it is used is a browser told to insist on it.
      strictTransportSecurity: deps.config.publicUrl.startsWith('https:'),
      overwrite: false,
    }),
  )
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed(c, methods) {
        const error = new AppError('method_not_allowed', `this path takes ${methods.join(', ')}`)
        c.header('Allow', methods.join(', '))
        return answerProblem(error, c)
      },
    }),
  )
  app.route('/', healthRoutes(deps, metrics))
  app.route('/docs', docsRoutes())
  app.route('/console', consoleRoutes(deps))
  app.route('/', acknowledgeRoutes(deps))

  app.use('/v1/*', requireToken(deps), readBody, idempotent(deps))
  app.route('/', signInRoutes(deps))
  app.route('/', operatorRoutes(deps))
  app.route('/', keyRoutes(deps))
  app.route('/', passkeyRoutes(deps))
  app.route('/', organisationRoutes(deps))
  app.route('/', deskRoutes(deps))
  app.route('/', contactRoutes(deps))
  app.route('/', optOutRoutes(deps))
  app.route('/', helpRequestRoutes(deps))
  app.route('/', importRoutes(deps))
  app.route('/', groupRoutes(deps))
  app.route('/', areaRoutes(deps))
  app.route('/', geocodeSetRoutes(deps))
  app.route('/', carrierRoutes(deps))
  app.route('/', subscriberRoutes(deps))
  app.route('/', webhookRoutes(deps))
  app.route('/', templateRoutes(deps))
  app.route('/', templateUseRoutes(deps))
  app.route('/', starterTemplateRoutes(deps))
  app.route('/', alertRoutes(deps))
  app.route('/', peopleRoutes(deps))
  app.route('/', exerciseRoutes(deps))
  app.route('/', correctionRoutes(deps))
  app.route('/', textRoutes(deps))
  app.route('/', capRoutes(deps))
  app.route('/', capKeyRoutes(deps))
  app.route('/', feedRoutes(deps))
  app.route('/', incomingFeedRoutes(deps))
  app.route('/', dispatchRoutes(deps))
  app.route('/', watchingRoutes(deps))
  app.route('/', reportRoutes(deps))
  app.route('/', statisticsRoutes(deps))
  app.route('/', reportScheduleRoutes(deps))
  app.route('/', letterRoutes(deps))
  app.route('/', auditRoutes(deps))

  let document: ReturnType<typeof openApiDocument> | undefined
  app.get('/openapi.json', c => {
    document ??= openApiDocument(app, deps.config.publicUrl)
    return c.json(document)
  })
  return app
}

/** Whoever knows a recipient's link answers for them: it stands in no log. */
const loggedPath = (path: string) => (path.startsWith('/a/') ? '/a/…' : path)

const nameRequest: MiddlewareHandler<Env> = async (c, next) => {
  const requestId = randomUUID()
  const startedAt = performance.now()
  c.set('requestId', requestId)
  c.header('X-Request-Id', requestId)
  await next()
  c.header('X-Request-Id', requestId)
  const ms = Math.round(performance.now() - startedAt)
  const fields = {
    requestId,
    method: c.req.method,
    path: loggedPath(c.req.path),
    status: c.res.status,
    ms,
  }
  if (c.res.status >= 500) log.warn(fields, 'answered')
  else log.debug(fields, 'answered')
}
