import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { authenticate } from '../operators/sign-in.ts'
import { deliveryAsSeenBy } from '../reports/deliveries.ts'
import { watchedOf } from '../reports/progress.ts'
import { createWatch, type Frame, type Viewer } from '../reports/stream.ts'
import type { Database } from '../store/database.ts'
import { listDeliveries } from '../store/deliveries.ts'
import { listReplies } from '../store/inbound.ts'
import { ALERT_STATES, DELIVERY_STATES, REPLY_KINDS } from '../store/schema.ts'
import { existingAlerts } from '../store/watching.ts'
import { streamed } from './body-stream.ts'
import { deletedSchema, unlessDeleted } from './deleted-recipients.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import { receivedAfter, replyAsSeenBy, replySchema } from './replies.ts'
import { answerOf, idParams, ofAlert, timeSchema, words } from './resources.ts'

export const progressSchema = z
  .object({
    state: z.enum(ALERT_STATES),
    recipients: z.int(),
    queued: z.int(),
    submitted: z.int(),
    delivered: z.int(),
    failed: z.int(),
    expired: z.int(),
    cancelled: z.int(),
    unknown: z.int(),
    unconfirmed: z.int().meta({
      description: 'Of `submitted`: their time is over and no receipt has come',
    }),
    possibleDuplicates: z.int(),
    segmentsSubmitted: z.int(),
    byCarrier: z
      .array(
        z.object({
          carrierId: z.uuid(),
          name: z.string(),
          submitted: z.int(),
          delivered: z.int(),
          failed: z.int(),
          perSecond: z.int(),
          state: z.enum(['bound', 'throttled', 'unbound', 'disabled']),
        }),
      )
      .readonly(),
    alarms: z
      .array(z.object({ code: z.string(), detail: z.string(), since: z.string() }))
      .readonly(),
    firstSubmittedAt: timeSchema.nullable(),
    lastSubmittedAt: timeSchema.nullable(),
    perSecond: z.int(),
    etaSeconds: z.int().nullable(),
    email: z
      .object({
        recipients: z.int().meta({
          description:
            'Those with an address, as far as they are laid out; who share a mailbox and a text count once',
        }),
        queued: z.int(),
        sent: z.int().meta({ description: 'Taken by the mail server: mail has no receipts' }),
        failed: z.int(),
        expired: z.int(),
        cancelled: z.int(),
        unknown: z.int(),
        possibleDuplicates: z.int(),
      })
      .nullable()
      .meta({ description: 'Its letters, beside the text messages; null: it goes without' }),
    reminders: z
      .array(
        z.object({
          alertId: z.uuid().meta({ description: 'Each is an alert of its own' }),
          round: z.int().nullable().meta({
            description: 'Of those that were approved with the alert; null: made by hand',
          }),
          state: z.enum(ALERT_STATES),
          recipients: z.int(),
          left: z.int(),
          delivered: z.int(),
        }),
      )
      .readonly()
      .meta({ description: 'What went to those who had not answered, the oldest first' }),
    escalations: z
      .array(
        z.object({
          rule: z.int().meta({ description: 'Of `escalations`, from 1' }),
          alertId: z
            .uuid()
            .meta({ description: 'What those on duty were sent: an alert of its own' }),
          at: timeSchema,
          takenAt: timeSchema.nullable().meta({
            description: 'One of them has answered 1: until then an alarm says that nobody has',
          }),
        }),
      )
      .readonly(),
    nextReminderAt: timeSchema.nullable().meta({
      description: 'At the earliest: it waits while messages of the alert still leave',
    }),
  })
  .meta({ id: 'Progress' })

const replied = {
  recipients: z.int(),
  replied: z.int(),
  byOption: z.array(z.object({ code: z.string(), label: z.string(), count: z.int() })).readonly(),
}
export const tallySchema = z
  .object({
    ...replied,
    other: z.int(),
    full: z.int().meta({ description: 'Who chose an option of which enough were taken' }),
    optedOut: z.int(),
    noReply: z.int(),
    requests: z
      .object({ open: z.int(), taken: z.int(), closed: z.int() })
      .readonly()
      .meta({ description: 'Recipients who need help, or may: `GET /v1/alerts/{id}/requests`' }),
    byArea: z.array(z.object({ areaDesc: z.string(), ...replied })).readonly(),
    byGroup: z.array(z.object({ groupId: z.uuid(), name: z.string(), ...replied })).readonly(),
    updatedAt: timeSchema,
  })
  .meta({ id: 'Tally' })

const phone = z.string().meta({
  description: 'In full for administrators and authors, else its last three digits',
})
export const deliverySchema = z
  .object({
    seq: z.int(),
    phone,
    contactId: z.uuid(),
    state: z.enum(DELIVERY_STATES),
    reason: z.string().nullable(),
    carrierId: z.uuid().nullable(),
    segments: z.int(),
    segmentsDelivered: z.int().meta({ description: 'Of the latest try, by its receipts' }),
    attempts: z.int(),
    possibleDuplicate: z.boolean(),
    submittedAt: timeSchema.nullable(),
    finalAt: timeSchema.nullable(),
    reply: z.string().nullable(),
    repliedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Delivery' })

const tags = ['Alerts']

const progressRoute = ofAlert(
  'progress',
  'How far an alert has got; the counts are exclusive and add up to recipients',
  progressSchema,
)

const tallyRoute = ofAlert(
  'tally',
  'What the recipients replied; each counts once, by the last valid reply',
  tallySchema,
)

const deliveriesRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/deliveries',
  tags,
  summary: 'The recipients of an alert, one by one',
  request: {
    params: idParams,
    query: pageQuery.extend({ state: words(DELIVERY_STATES).optional() }),
  },
  responses: {
    200: answerOf('A page', pageSchema(deliverySchema).extend({ deleted: deletedSchema })),
  },
})

// Whoever may read an alert reads what came of it, auditors too (API.md, "While it is sent", names no role): it is judged
// afterwards by what was answered as well, and of phones they see the last digits. What is still to be done, the replies
// that wait for somebody (`/v1/replies`) and the requests for help, is for those who do it; auditors have no part in that.
const repliesRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/replies',
  tags,
  summary: 'What people answered, in the order in which it came',
  request: {
    params: idParams,
    query: pageQuery.extend({
      kind: z.enum(REPLY_KINDS).optional(),
      urgent: z.enum(['true', 'false']).optional().meta({
        description: '`true`: those alone in which somebody needs help, or may',
      }),
      review: z.enum(['optOut']).optional().meta({ description: 'Those that people must judge' }),
    }),
  },
  responses: { 200: answerOf('A page', pageSchema(replySchema)) },
})

const eventStream = {
  200: {
    description:
      'Events `snapshot` (once an alert, with `progress` and `tally`), then `progress` and `tally`, each with `alertId`',
    content: { 'text/event-stream': { schema: z.string() } },
  },
}

const alertStreamRoute = createRoute({
  method: 'get',
  path: '/v1/alerts/{id}/stream',
  tags,
  summary: 'Progress and tally as they change',
  request: { params: idParams },
  responses: eventStream,
})

const MAX_STREAMED_ALERTS = 100

const streamRoute = createRoute({
  method: 'get',
  path: '/v1/stream',
  tags,
  summary: 'Progress and tally of several alerts as they change',
  request: {
    query: z.strictObject({
      alerts: z
        .string()
        .transform(ids => [...new Set(ids.toLowerCase().split(','))])
        .pipe(z.array(z.uuid()).min(1).max(MAX_STREAMED_ALERTS))
        .meta({ type: 'string', description: 'Ids of alerts, comma-separated' }),
    }),
  },
  responses: eventStream,
})

export function watchingRoutes({ database, tokenKeys, now }: AppDependencies): OpenAPIHono<Env> {
  const { db } = database
  const watch = createWatch(database, now)
  const streams = countStreams()

  /** Every stream begins with the figures as they are, so a `Last-Event-ID` has nothing to add. */
  const streamOf = async (c: Context<Env>, alertIds: readonly string[]) => {
    await assertExist(db, alertIds)
    const token = (c.req.header('Authorization') ?? '').replace(/^Bearer /i, '')
    const { expiresAt } = await tokenKeys.verify(token, now())
    const release = streams.take(c.var.operator.id)
    const viewer = watch.view(alertIds)
    const expiry = setTimeout(() => viewer.close(), expiresAt.getTime() - now().getTime())
    const end = () => {
      clearTimeout(expiry)
      viewer.close()
      release()
    }
    const stillSignedIn = () =>
      authenticate(db, tokenKeys, token, now()).then(
        () => true,
        // Only a refusal ends it: a database that is away says nothing of the sign-in.
        (error: unknown) => !(error instanceof AppError && error.code === 'invalid_token'),
      )
    return c.body(streamed(eventsOf(viewer, stillSignedIn), end), 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx would hold frames back otherwise.
      'X-Accel-Buffering': 'no',
    }) as never
  }

  return new OpenAPIHono<Env>()
    .openapi(progressRoute, async c => {
      const { progress } = await watchedOf(db, c.req.valid('param').id, now())
      return c.json(progress, 200)
    })
    .openapi(tallyRoute, async c => {
      const { tally } = await watchedOf(db, c.req.valid('param').id, now())
      return c.json(tally, 200)
    })
    .openapi(deliveriesRoute, async c => {
      const { id } = c.req.valid('param')
      const { limit, cursor, state: states } = c.req.valid('query')
      const [afterSeq] = readCursor(cursor, z.tuple([z.int32().min(0)])) ?? [0]
      const rows = await listDeliveries(db, id, { states, afterSeq, limit: limit + 1 })
      const shown = (row: (typeof rows)[number]) => deliveryAsSeenBy(c.var.operator, row)
      const page = pageOf(rows, limit, shown, row => [row.seq])
      return c.json(await unlessDeleted(db, id, page), 200)
    })
    .openapi(repliesRoute, async c => {
      const { id } = c.req.valid('param')
      const { limit, cursor, urgent, ...wanted } = c.req.valid('query')
      await assertExist(db, [id])
      const filter = {
        alertId: id,
        ...wanted,
        urgent: urgent === undefined ? undefined : urgent === 'true',
      }
      const rows = await listReplies(db, filter, { after: receivedAfter(cursor), limit: limit + 1 })
      const shown = (row: (typeof rows)[number]) => replyAsSeenBy(c.var.operator, row)
      const page = pageOf(rows, limit, shown, row => [row.receivedAt.toISOString(), row.id])
      return c.json(page, 200)
    })
    .openapi(alertStreamRoute, c => streamOf(c, [c.req.valid('param').id]))
    .openapi(streamRoute, c => streamOf(c, c.req.valid('query').alerts))
}

function noSuchAlert(): AppError {
  return new AppError('not_found', 'there is no such alert')
}

async function assertExist(db: Database, alertIds: readonly string[]): Promise<void> {
  const existing = await existingAlerts(db, alertIds)
  if (alertIds.some(id => !existing.has(id))) throw noSuchAlert()
}

/** One person with many windows open; past that somebody forgets to close them. */
const STREAMS_AN_OPERATOR = 20

function countStreams() {
  const open = new Map<string, number>()
  return {
    /** @returns gives the place back, once. @throws AppError `too_many_requests` */
    take(operatorId: string): () => void {
      const count = open.get(operatorId) ?? 0
      if (count >= STREAMS_AN_OPERATOR) {
        throw new AppError('too_many_requests', 'you have too many streams open: close some', {
          retryAfterSeconds: 5,
        })
      }
      open.set(operatorId, count + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const left = (open.get(operatorId) ?? 1) - 1
        if (left === 0) open.delete(operatorId)
        else open.set(operatorId, left)
      }
    },
  }
}

/** Proxies cut what is silent for a minute; a revoked sign-in sees nothing new for longer than this. */
const HEARTBEAT_MS = 10_000

/** The viewer's frames as text/event-stream (WHATWG HTML §9.2), until it is closed or its sign-in has ended. */
async function* eventsOf(
  viewer: Viewer,
  stillSignedIn: () => Promise<boolean>,
): AsyncGenerator<string, void> {
  let upcoming = viewer.next()
  let checkedAt = performance.now()
  for (;;) {
    if (performance.now() - checkedAt >= HEARTBEAT_MS) {
      if (!(await stillSignedIn())) return
      checkedAt = performance.now()
    }
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<'silence'>(resolve => {
      timer = setTimeout(() => resolve('silence'), HEARTBEAT_MS)
    })
    const heard = await Promise.race([upcoming, silence])
    clearTimeout(timer)
    if (heard === undefined) return
    yield heard === 'silence' ? ':\n\n' : heard.map(eventText).join('')
    if (heard !== 'silence') upcoming = viewer.next()
  }
}

function eventText({ event, id, data }: Frame): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`
}
