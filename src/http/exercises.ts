import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { endExercise, settleExercises } from '../alerts/exercise-end.ts'
import {
  changeExercise,
  type Exercise,
  getExercise,
  getExercises,
  setUpExercise,
  withFigures,
} from '../exercises/exercises.ts'
import { setUpPractice } from '../exercises/practice.ts'
import { scoreExercise } from '../reports/exercise-score.ts'
import { countAlertsUnderWay } from '../store/exercises.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readCursor } from './pages.ts'
import {
  answerOf,
  bodyOf,
  idParams,
  ifMatchHeader,
  line,
  requiredBody,
  timeSchema,
  words,
} from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'

const STATES = ['planned', 'open', 'ended'] as const

const faultsSchema = z
  .strictObject({
    carrierDown: z
      .strictObject({
        afterSeconds: z.int().min(0).max(3600),
        forSeconds: z.int().min(1).max(3600),
      })
      .meta({ description: 'Its connections end so long after the first message, and stay away' }),
    slow: z.strictObject({ segmentsPerSecond: z.int().min(1).max(1000) }),
    failPercent: z.number().min(0).max(100).meta({ description: 'Of its messages, failed' }),
  })
  .partial()
  .meta({ description: 'What goes wrong on purpose with the carrier of a simulated exercise' })

const fields = {
  name: line(200),
  rosterId: z.uuid().meta({ description: 'A listed group: its alerts reach its members alone' }),
  startsAt: timeSchema,
  endsAt: timeSchema.meta({
    description: 'It ends by itself; seven days after `startsAt` at most',
  }),
  faults: faultsSchema,
}

const newExerciseSchema = z.strictObject({
  ...fields,
  startsAt: fields.startsAt.optional().meta({ description: 'Left out: now' }),
  simulated: z.boolean().default(false).meta({
    description: 'Its alerts go to simulated phones, over no real carrier and as no letters',
  }),
  faults: fields.faults.optional(),
})
const practiceSchema = z.strictObject({
  phones: z.int().min(1).max(500).optional().meta({ description: 'Left out: 25' }),
  minutes: z.int().min(5).max(480).optional().meta({ description: 'Left out: 60' }),
  faults: fields.faults.optional(),
})
const exerciseEditSchema = z.strictObject(fields).partial()

export const exerciseSchema = z
  .object({
    id: z.uuid(),
    ...fields,
    simulated: z.boolean(),
    practice: z.boolean().meta({ description: "One person's own" }),
    state: z.enum(STATES).meta({ description: 'By the clock, or `ended` by hand' }),
    phones: z.int().nullable().meta({ description: 'Whom its roster holds; null: it was removed' }),
    createdBy: z.uuid(),
    createdAt: timeSchema,
    endedAt: timeSchema.nullable(),
    endedBy: z.uuid().nullable().meta({ description: 'Null: it ended by itself' }),
    revision: z.int(),
  })
  .meta({ id: 'Exercise' })

const exerciseAnswer = (description: string) => answerOf(description, exerciseSchema)
const tags = ['Exercises']

const setUpRoute = createRoute({
  method: 'post',
  path: '/v1/exercises',
  tags,
  summary: 'Set up an exercise',
  request: { body: requiredBody(newExerciseSchema) },
  responses: { 201: exerciseAnswer('Set up') },
})
const practiceRoute = createRoute({
  method: 'post',
  path: '/v1/exercises/practice',
  tags,
  summary: "Practise alone: a simulated exercise of one's own, with made-up phones that answer",
  description:
    'A practice that one has already ends. Its phones are nobody: no live alert reaches them.',
  request: { body: bodyOf(practiceSchema) },
  responses: { 201: exerciseAnswer('Open') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/exercises',
  tags,
  summary: "Exercises and one's own practices, the latest first; and how much is going on live",
  request: { query: pageQuery.extend({ state: words(STATES).optional() }) },
  responses: {
    200: answerOf(
      'A page',
      pageSchema(exerciseSchema).extend({
        live: z
          .object({ sending: z.int(), toApprove: z.int() })
          .meta({ description: 'Alerts: being sent or paused, and submitted' }),
      }),
    ),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/exercises/{id}',
  tags,
  summary: 'Read an exercise',
  request: { params: idParams },
  responses: { 200: exerciseAnswer('The exercise') },
})
const seconds = z.number().nullable()
export const scoreSchema = z
  .object({
    points: z.int().nullable().meta({ description: 'Of 100, of all alerts; null without any' }),
    alerts: z.array(
      z.object({
        alertId: z.uuid(),
        event: z.string(),
        points: z.int(),
        lines: z.array(
          z.object({
            item: z.enum(['sent', 'delivered', 'mistakes', 'corrections', 'help']),
            words: z.string(),
            points: z.int(),
            of: z.int(),
          }),
        ),
        draftedAfter: z.number().meta({ description: 'Seconds from the opening of the window' }),
        signedAfter: seconds.meta({ description: 'Seconds from the draft, as all that follow' }),
        approvedAfter: seconds,
        firstSentAfter: seconds,
        ninetyDeliveredAfter: seconds.meta({ description: 'Nine of ten recipients had it' }),
        mistakes: z.array(z.string()).meta({ description: 'Steps that took something back' }),
        prepared: z
          .object({ cancel: z.boolean(), allClear: z.boolean() })
          .meta({ description: 'Corrections that were ready with it' }),
        help: z.object({ asked: z.int(), handled: z.int() }),
      }),
    ),
  })
  .meta({ id: 'ExerciseScore' })

const scoreRoute = createRoute({
  method: 'get',
  path: '/v1/exercises/{id}/score',
  tags,
  summary: 'How it went: each alert that was written in it, of 100 points',
  request: { params: idParams },
  responses: { 200: answerOf('As it is now', scoreSchema) },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/exercises/{id}',
  tags,
  summary: 'Change an exercise; its roster until its first alert is written, its start until then',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(exerciseEditSchema) },
  responses: { 200: exerciseAnswer('Changed') },
})
const endRoute = createRoute({
  method: 'post',
  path: '/v1/exercises/{id}/end',
  tags,
  summary: 'End it now: what is sending stops, and its sign-ins end',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 200: exerciseAnswer('Ended') },
})

export const exerciseRoutes = ({ database: { db }, now }: AppDependencies) => {
  const leader = (c: Context<Env>) => requireRole(c, 'administrator', 'author', 'approver')
  const shown = (c: Context<Env>, exercise: Exercise) => {
    c.header('ETag', etagOf(exercise.revision))
    return exerciseResource(exercise)
  }
  const by = (operator: { readonly id: string }) => ({ operatorId: operator.id, now: now() })

  return new OpenAPIHono<Env>()
    .openapi(setUpRoute, async c => {
      const { startsAt, endsAt, ...rest } = c.req.valid('json')
      const exercise = await setUpExercise(db, by(leader(c)), {
        ...rest,
        startsAt: dateOf(startsAt),
        endsAt: new Date(endsAt),
      })
      c.header('Location', `/v1/exercises/${exercise.id}`)
      return c.json(shown(c, exercise), 201)
    })
    .openapi(practiceRoute, async c => {
      const exercise = await setUpPractice(db, by(leader(c)), c.req.valid('json'))
      await settleExercises(db, now())
      c.header('Location', `/v1/exercises/${exercise.id}`)
      return c.json(shown(c, exercise), 201)
    })
    .openapi(listRoute, async c => {
      const { limit, cursor, state } = c.req.valid('query')
      const place = readCursor(cursor, z.tuple([timeSchema, z.uuid()]))
      const after = place && { startsAt: new Date(place[0]), id: place[1] }
      const rows = await getExercises(db, by(c.var.operator), state, { after, limit: limit + 1 })
      const page = pageOf(rows, limit, exerciseResource, row => [
        row.startsAt.toISOString(),
        row.id,
      ])
      return c.json({ ...page, live: await countAlertsUnderWay(db, 'live') }, 200)
    })
    .openapi(getRoute, async c => {
      const exercise = await getExercise(db, c.req.valid('param').id, by(c.var.operator))
      return c.json(shown(c, exercise), 200)
    })
    .openapi(scoreRoute, async c => {
      const exercise = await getExercise(db, c.req.valid('param').id, by(c.var.operator))
      const { points, alerts } = await scoreExercise(db, exercise)
      const shownAlerts = alerts.map(({ lines, mistakes, ...alert }) => ({
        ...alert,
        lines: [...lines],
        mistakes: [...mistakes],
      }))
      return c.json({ points, alerts: shownAlerts }, 200)
    })
    .openapi(changeRoute, async c => {
      const { startsAt, endsAt, ...rest } = c.req.valid('json')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const edit = {
        ...rest,
        ...(startsAt !== undefined && { startsAt: new Date(startsAt) }),
        ...(endsAt !== undefined && { endsAt: new Date(endsAt) }),
      }
      return c.json(shown(c, await changeExercise(db, by(leader(c)), target, edit)), 200)
    })
    .openapi(endRoute, async c => {
      const operator = leader(c)
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const ended = await endExercise(db, { operator, now: now() }, target)
      return c.json(shown(c, await withFigures(db, ended, now())), 200)
    })
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time)
}

function exerciseResource(exercise: Exercise): z.input<typeof exerciseSchema> {
  const { id, name, rosterId, simulated, practice, state, phones, revision } = exercise
  const { faults, createdBy, endedBy } = exercise
  return {
    id,
    name,
    rosterId,
    startsAt: exercise.startsAt.toISOString(),
    endsAt: exercise.endsAt.toISOString(),
    simulated,
    faults,
    practice,
    state,
    phones: phones ?? null,
    createdBy,
    createdAt: exercise.createdAt.toISOString(),
    endedAt: exercise.endedAt?.toISOString() ?? null,
    endedBy,
    revision,
  }
}
