import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { openPublicFeed } from '../alerts/public-feed.ts'
import type { Feed } from '../cap/feed.ts'
import { writeAtom } from '../cap/feed-atom.ts'
import { writeGeoJson } from '../cap/feed-geojson.ts'
import { writeRss } from '../cap/feed-rss.ts'
import { AppError } from '../errors.ts'
import type { AppDependencies, Env } from './env.ts'
import { etagOfBytes } from './revision.ts'

/** How long a cache between may answer by itself: a cancellation is seen by everybody within this. */
const CACHE_SECONDS = 10
const CAP_CACHE_SECONDS = 3_600
/**
 * Of what changed a moment ago the time alone says too little: it counts seconds, and a change may be committed some
 * seconds after its time. Then only the `ETag` answers whether there is something new.
 */
const SETTLED_MS = 300_000

const conditions = z.object({
  'If-None-Match': z.string().optional(),
  'If-Modified-Since': z.string().optional(),
})

const feedRoute = <const Form extends string>(form: Form, type: string, summary: string) =>
  createRoute({
    method: 'get',
    path: `/v1/feed.${form}`,
    tags: ['CAP'],
    summary,
    description:
      'Alerts with status `Actual` and scope `Public` that have begun to go out and are in force, newest first, each ' +
      'with a link to its signed CAP. One leaves when it expires, is stopped, updated or cancelled; what cancels it ' +
      'stands there until it expires itself. No token.',
    request: { headers: conditions },
    responses: {
      200: { description: 'As it is now', content: { [type]: { schema: z.string() } } },
      304: { description: 'As you have it' },
    },
  })

const ATOM = 'application/atom+xml'
const RSS = 'application/rss+xml'
const GEOJSON = 'application/geo+json'

const atomRoute = feedRoute('atom', ATOM, 'The public feed as Atom')
const rssRoute = feedRoute('rss', RSS, 'The public feed as RSS 2.0')
const geoJsonRoute = feedRoute('geojson', GEOJSON, 'The public feed as GeoJSON')

const capRoute = createRoute({
  method: 'get',
  path: '/v1/feed/{file}',
  tags: ['CAP'],
  summary: 'An alert of the public feed as signed CAP 1.2 XML',
  request: {
    params: z.strictObject({
      file: z.string().meta({ description: 'The id of the alert, and `.cap`' }),
    }),
    headers: conditions.pick({ 'If-None-Match': true }),
  },
  responses: {
    200: {
      description: 'The same bytes at every time',
      content: { 'application/cap+xml': { schema: z.string() } },
    },
    304: { description: 'As you have it' },
  },
})

interface Written {
  readonly version: string
  readonly body: string
  readonly etag: string
}

export const feedRoutes = ({ database: { db }, masterKey, config, now }: AppDependencies) => {
  const feed = openPublicFeed({ db, masterKey, now })
  const base = `${config.publicUrl}/v1`

  /** Writes anew only what has changed since it was written. */
  const answer = (type: string, write: (feed: Feed) => string) => {
    let written: Written | undefined
    return async (c: Context<Env>) => {
      const { version, ...alerts } = await feed.read()
      if (written?.version !== version) {
        const body = write({ ...alerts, base })
        written = { version, body, etag: etagOfBytes(body) }
      }
      publish(c, written.etag, CACHE_SECONDS)
      c.header('Last-Modified', alerts.updated.toUTCString())
      return isAsTheyHaveIt(c, written.etag, alerts.updated, now())
        ? c.body(null, 304)
        : c.body(written.body, 200, { 'Content-Type': `${type}; charset=utf-8` })
    }
  }

  return new OpenAPIHono<Env>()
    .openapi(atomRoute, answer(ATOM, writeAtom))
    .openapi(rssRoute, answer(RSS, writeRss))
    .openapi(geoJsonRoute, answer(GEOJSON, writeGeoJson))
    .openapi(capRoute, async c => {
      const [, id] =
        /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.cap$/.exec(c.req.valid('param').file) ?? []
      const xml = id === undefined ? undefined : await feed.cap(id)
      if (xml === undefined) throw new AppError('not_found', 'there is no such public alert')
      const etag = etagOfBytes(xml)
      publish(c, etag, CAP_CACHE_SECONDS)
      if (c.req.header('If-None-Match') === etag) return c.body(null, 304)
      return c.body(new Uint8Array(xml), 200, { 'Content-Type': 'application/cap+xml' })
    })
}

/** For everybody, pages of others too. */
function publish(c: Context<Env>, etag: string, seconds: number): void {
  c.header('ETag', etag)
  c.header('Cache-Control', `public, max-age=${seconds}`)
  c.header('Access-Control-Allow-Origin', '*')
  c.header('Cross-Origin-Resource-Policy', 'cross-origin')
}

/** RFC 9110 §13.2.2: where there is an `If-None-Match`, the time isn't asked. */
function isAsTheyHaveIt(c: Context<Env>, etag: string, updated: Date, now: Date): boolean {
  const tags = c.req.header('If-None-Match')
  if (tags !== undefined) {
    return tags.split(',').some(tag => ['*', etag].includes(tag.trim().replace(/^W\//, '')))
  }
  const since = Date.parse(c.req.header('If-Modified-Since') ?? '')
  const isSettled = now.getTime() - updated.getTime() > SETTLED_MS
  return isSettled && since >= Math.floor(updated.getTime() / 1000) * 1000
}
