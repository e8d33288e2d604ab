import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { areasInForce } from '../alerts/in-force.ts'
import { composeArea } from '../audience/area-tools.ts'
import { findPlaces } from '../audience/places.ts'
import { areaSchema, polygonSchema } from '../cap/area.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { faultSchema } from './problem.ts'
import { answerOf, placeSchema, requiredBody } from './resources.ts'

/** Drawn, and not yet named. */
const drawnSchema = areaSchema.extend({ areaDesc: areaSchema.shape.areaDesc.default('Drawn') })

const requestSchema = z.strictObject({
  areas: z.array(drawnSchema).min(1).max(20),
  operation: z
    .enum(['union', 'difference', 'intersection'])
    .default('union')
    .meta({ description: 'The first with all others joined to it, taken from it, or kept of it' }),
  bufferMetres: z
    .number()
    .min(-50_000)
    .max(50_000)
    .default(0)
    .meta({ description: 'Widens the outcome on all sides, or narrows it' }),
  perimeter: drawnSchema.optional().meta({ description: 'Where the incident reaches' }),
})

export const composedAreaSchema = z
  .object({
    polygon: polygonSchema.nullable().meta({ description: 'null where nothing is left' }),
    corners: z.int(),
    areaKm2: z.number(),
    people: z.int().meta({ description: 'Inside now, whoever opted out included' }),
    gaps: z
      .array(z.object({ polygon: polygonSchema, people: z.int() }))
      .meta({ description: 'Within the perimeter, where people live and no alert reaches' }),
    missedPlaces: z.array(placeSchema).meta({
      description:
        'As in the estimate of an alert: towns in a hole of it, or amid it, that no alert covers',
    }),
    overlaps: z.array(z.object({ alertId: z.uuid(), areaDesc: z.string() })).meta({
      description:
        'Areas of alerts in force that cover some of the same ground; in an exercise, of its own',
    }),
    warnings: z.array(faultSchema),
  })
  .meta({ id: 'ComposedArea' })

const composeRoute = createRoute({
  method: 'post',
  path: '/v1/areas',
  tags: ['Areas'],
  summary:
    'Join, subtract, intersect and widen areas; count who is inside, and whom nothing reaches. Changes nothing',
  request: { body: requiredBody(requestSchema) },
  responses: { 200: answerOf('What comes of it', composedAreaSchema) },
})

const degrees = (most: number) => z.coerce.number().min(-most).max(most)

const placesRoute = createRoute({
  method: 'get',
  path: '/v1/places',
  tags: ['Areas'],
  summary: 'Towns and villages by name (GeoNames): those near a position first, then the largest',
  request: {
    query: z.strictObject({
      q: z.string().trim().min(1).max(100).meta({ description: 'The beginning of a name' }),
      longitude: degrees(180).optional(),
      latitude: degrees(90).optional(),
      limit: z.coerce.number().int().min(1).max(50).default(10),
    }),
  },
  responses: { 200: answerOf('The best first', z.object({ items: z.array(placeSchema) })) },
})

export const areaRoutes = ({ database: { db }, now }: AppDependencies) =>
  new OpenAPIHono<Env>()
    .openapi(placesRoute, async c => {
      const { q, longitude, latitude, limit } = c.req.valid('query')
      const near =
        longitude === undefined || latitude === undefined
          ? undefined
          : ([longitude, latitude] as const)
      return c.json({ items: await findPlaces(q, { near, limit }) }, 200)
    })
    .openapi(composeRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver')
      const request = c.req.valid('json')
      const covered = await areasInForce(db, now(), c.var.session.exerciseId)
      const composed = await composeArea(db, { ...request, perimeter: request.perimeter }, covered)
      const { polygon, gaps, overlaps, warnings } = composed
      return c.json(
        {
          ...composed,
          polygon: (polygon ?? null) as z.infer<typeof polygonSchema> | null,
          gaps: gaps.map(gap => ({ ...gap }) as z.infer<typeof composedAreaSchema>['gaps'][number]),
          missedPlaces: [...composed.missedPlaces],
          overlaps: [...overlaps],
          warnings: [...warnings],
        },
        200,
      )
    })
