import { type Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import type { AppDependencies, Env } from './env.ts'

/** Of one answer, in octets: room for a tile or a directory, and far from the whole. */
const MOST_AT_ONCE = 8 * 2 ** 20
const RANGE = /^bytes=(\d{1,15})-(\d{1,15})$/

interface Archive {
  readonly path: string
  /** Another one with each new file, so that a browser never mixes the tiles of two. */
  readonly version: string
}

/**
 * Streets for the console's map, where the installation has them: a PMTiles archive that was put into the data
 * directory. Browsers ask for its parts, never for the whole, which may be a hundred gigabytes.
 *
 * @see PMTiles version 3; RFC 9110 §14
 */
export const streetRoutes = ({ config }: AppDependencies) =>
  new Hono<Env>()
    .get('/streets.json', async c => {
      const archive = await findArchive(config.dataDirectory)
      c.header('Cache-Control', 'no-cache')
      const url = archive && `/console/streets.pmtiles?version=${archive.version}`
      return c.json({ archive: url ?? null })
    })
    .get('/streets.pmtiles', async c => {
      const archive = await findArchive(config.dataDirectory)
      if (archive === undefined || c.req.query('version') !== archive.version) throw gone()
      if (!isShort(c.req.header('Range'))) {
        return c.text(`Ask for a range of at most ${MOST_AT_ONCE} octets.\n`, 416)
      }
      c.header('Cache-Control', 'public, max-age=31536000, immutable')
      c.header('ETag', `"${archive.version}"`)
      return (await serveStatic<Env>({ path: archive.path })(c, () => Promise.reject(gone())))!
    })

const gone = () => new AppError('not_found', 'there is no such archive of streets')

function isShort(range: string | undefined): boolean {
  const [, from, to] = RANGE.exec(range ?? '') ?? []
  return from !== undefined && Number(to) - Number(from) < MOST_AT_ONCE
}

/** The first by its name, where there are several. */
async function findArchive(directory: string): Promise<Archive | undefined> {
  const files = await readdir(directory, { withFileTypes: true }).catch((): Dirent[] => [])
  const names = files
    .flatMap(file => (file.name.endsWith('.pmtiles') ? [file.name] : []))
    .toSorted()
  for (const name of names) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() !== true) continue
    return { path, version: `${found.size}-${Math.trunc(found.mtimeMs)}` }
  }
  return undefined
}
