import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import {
  loadGeocodeSet,
  removeGeocodeSet,
  unknownSet,
  type LoadedSet,
} from '../audience/geocode-sets.ts'
import { AppError } from '../errors.ts'
import {
  findCurrentSet,
  listCodes,
  listCurrentSets,
  type GeocodeSetRow,
} from '../store/geocode-sets.ts'
import { requireRole } from './auth.ts'
import { streamBody } from './body.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { faultSchema, refuseInvalid } from './problem.ts'
import { answerOf, line, timeSchema } from './resources.ts'

export const setSchema = z
  .object({
    valueName: z.string(),
    version: z.string().meta({ description: 'Digest of all codes, names and shapes' }),
    description: z.string().nullable(),
    codes: z.int(),
    corners: z.int(),
    loadedAt: timeSchema,
  })
  .meta({ id: 'GeocodeSet' })

export const loadedSchema = setSchema.extend({
  warnings: z.array(faultSchema).meta({
    description: 'What was left out of its drawings: spikes, positions given twice',
  }),
})

/** As areas name it: `EMMA_ID`, or `profile:CAP-CP:Location:0.3`. */
const setName = z.string().regex(/^[A-Za-z][\w.:-]{0,49}$/, 'must be a word of up to 50 characters')
const ofFile = {
  code: line(100).meta({ description: 'The property that holds the code' }),
  name: line(100).optional().meta({ description: 'The property that holds a name for people' }),
  description: line(500).optional().meta({ description: 'Where it comes from, and as of when' }),
  radiusKm: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,6})?$/, 'must be a number of kilometres')
    .transform(Number)
    .refine(radius => radius > 0, 'must be above 0')
    .optional()
    .meta({
      type: 'number',
      description: 'How far each point reaches, where the features are points',
    }),
}
const nameParams = z.strictObject({ valueName: setName })
const tags = ['Geocode sets']
const loadedAnswer = (description: string) => answerOf(description, loadedSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/geocode-sets',
  tags,
  summary: 'Load a set of shapes by code: a GeoJSON FeatureCollection, streamed, up to 256 MiB',
  description:
    'Polygons, MultiPolygons, and points with radiusKm. Features with the same code count together. Areas name the ' +
    'codes as `geocode`. A set named SAME, FIPS or UGC adds to the counties and states that are known already.',
  request: { query: z.strictObject({ valueName: setName, ...ofFile }) },
  responses: { 201: loadedAnswer('Loaded') },
})
const replaceRoute = createRoute({
  method: 'put',
  path: '/v1/geocode-sets/{valueName}',
  tags,
  summary: 'Put a new version in its place; alerts that were signed for the old one will notice',
  request: { params: nameParams, query: z.strictObject(ofFile) },
  responses: { 200: loadedAnswer('Loaded') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/geocode-sets',
  tags,
  summary: 'List the loaded sets, by name',
  request: { query: pageQuery },
  responses: { 200: answerOf('A page', pageSchema(setSchema)) },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/geocode-sets/{valueName}',
  tags,
  summary: 'Read a set',
  request: { params: nameParams },
  responses: { 200: answerOf('The set', setSchema) },
})
const codesRoute = createRoute({
  method: 'get',
  path: '/v1/geocode-sets/{valueName}/codes',
  tags,
  summary: 'List the codes of a set with their names',
  request: { params: nameParams, query: pageQuery },
  responses: {
    200: answerOf('A page', pageSchema(z.object({ code: z.string(), name: z.string() }))),
  },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/geocode-sets/{valueName}',
  tags,
  summary: 'Remove a set that no open alert, group or jurisdiction names',
  request: { params: nameParams },
  responses: { 204: { description: 'Gone' } },
})

export const geocodeSetRoutes = ({ database: { db } }: AppDependencies) => {
  const find = async (valueName: string): Promise<GeocodeSetRow> => {
    const set = await findCurrentSet(db, valueName)
    if (set === undefined) throw unknownSet()
    return set
  }
  return new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(createRouteConfig, async c => {
      const operator = requireRole(c, 'administrator')
      const file = fileOf(c.req.valid('query'))
      const loaded = await loadGeocodeSet(db, operator.id, file, 'new', geoJson(c))
      c.header('Location', `/v1/geocode-sets/${file.valueName}`)
      return c.json(loadedResource(loaded), 201)
    })
    .openapi(replaceRoute, async c => {
      const operator = requireRole(c, 'administrator')
      const file = fileOf({ ...c.req.valid('param'), ...c.req.valid('query') })
      const loaded = await loadGeocodeSet(db, operator.id, file, 'replace', geoJson(c))
      return c.json(loadedResource(loaded), 200)
    })
    .openapi(listRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.string())
      const sets = await listCurrentSets(db, { after, limit: limit + 1 })
      return c.json(
        pageOf(sets, limit, setResource, set => [set.valueName]),
        200,
      )
    })
    .openapi(getRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      return c.json(setResource(await find(c.req.valid('param').valueName)), 200)
    })
    .openapi(codesRoute, async c => {
      requireRole(c, 'administrator', 'author', 'approver', 'viewer')
      const { limit, cursor } = c.req.valid('query')
      const after = readAfter(cursor, z.string())
      const { id } = await find(c.req.valid('param').valueName)
      const codes = await listCodes(db, id, { after, limit: limit + 1 })
      return c.json(
        pageOf(
          codes,
          limit,
          one => one,
          ({ code }) => [code],
        ),
        200,
      )
    })
    .openapi(deleteRoute, async c => {
      const operator = requireRole(c, 'administrator')
      await removeGeocodeSet(db, operator.id, c.req.valid('param').valueName)
      return c.body(null, 204)
    })
}

function geoJson(c: Context<Env>): AsyncGenerator<Uint8Array> {
  const type = c.req.header('Content-Type') ?? ''
  if (!/^application\/(geo\+)?json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new AppError('unsupported_media_type', 'the body must be application/geo+json')
  }
  return streamBody(c)
}

/** What is left out is there all the same, and undefined. */
function fileOf(given: {
  valueName: string
  code: string
  name?: string | undefined
  description?: string | undefined
  radiusKm?: number | undefined
}) {
  const { valueName, code, name, description, radiusKm } = given
  return { valueName, code, name, description, radiusKm }
}

function loadedResource({ set, warnings }: LoadedSet): z.infer<typeof loadedSchema> {
  return { ...setResource(set), warnings: warnings.map(fault => ({ ...fault })) }
}

function setResource(set: GeocodeSetRow): z.infer<typeof setSchema> {
  const { valueName, version, description, codes, corners, loadedAt } = set
  return {
    valueName,
    version,
    description: description ?? null,
    codes,
    corners,
    loadedAt: loadedAt.toISOString(),
  }
}
