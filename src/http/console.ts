import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { AppError } from '../errors.ts'
import type { AppDependencies, Env } from './env.ts'
import { streetRoutes } from './streets.ts'

/** Where the build has put the console: `dist/console`, from `src/http` as from `dist/http`. */
const FOLDER = fileURLToPath(new URL('../../dist/console/', import.meta.url))

const page = serveStatic<Env>({ root: FOLDER, path: 'index.html', precompressed: true })

let knownBuild: string | undefined

/** Of the console's build; a page that was loaded from another one knows by it that it is old. */
export function buildId(): string {
  const stamp = join(FOLDER, '..', '.stamp')
  return (knownBuild ??= existsSync(stamp) ? readFileSync(stamp, 'utf8').slice(0, 16) : 'none')
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tocsin: the console is not built</title>
<h1>The console is not built</h1>
<p>The API works. Build the console with <code>npm run build</code>, then load this page again.</p>
</html>
`

/**
 * `/console/`: the operator console, from files of this installation alone.
 *
 * What is named by its content's hash is kept for ever, `index.html` is asked for each time, and any path that is
 * no file is a place in the console.
 */
export const consoleRoutes = (dependencies: AppDependencies) =>
  new Hono<Env>()
    .use(
      onlyOurHost(dependencies.config.publicUrl),
      secureHeaders({
        contentSecurityPolicy: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          workerSrc: ["'self'"],
          manifestSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
          // What a page could be made to run is only what `console/map/trusted.ts` lets through.
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ['default'],
        },
        permissionsPolicy: { camera: [], microphone: [], payment: [], usb: [] },
        referrerPolicy: 'no-referrer',
        strictTransportSecurity: dependencies.config.publicUrl.startsWith('https:'),
      }),
    )
    .get('/', c => c.redirect('/console/'))
    .use(
      '/assets/*',
      serveStatic({
        root: FOLDER,
        precompressed: true,
        rewriteRequestPath: withoutBase,
        onFound: (_path, c) => c.header('Cache-Control', 'public, max-age=31536000, immutable'),
      }),
    )
    .use(
      '/icons/*',
      serveStatic({
        root: FOLDER,
        precompressed: true,
        rewriteRequestPath: withoutBase,
        onFound: (_path, c) => c.header('Cache-Control', 'public, max-age=3600'),
      }),
    )
    .route('/', streetRoutes(dependencies))
    .get('/assets/*', () => {
      throw new AppError('not_found', 'there is no such file')
    })
    .get('/icons/*', () => {
      throw new AppError('not_found', 'there is no such file')
    })
    .use('*', async (c, next) => {
      c.header('Cache-Control', 'no-cache')
      if (!existsSync(join(FOLDER, 'index.html'))) return c.html(NOT_BUILT, 503)
      return page(c, next)
    })

function withoutBase(path: string): string {
  return path.replace(/^\/console/, '')
}

/**
 * A page under a name that somebody else points here would be another origin with our sign-in on it (DNS rebinding,
 * host header tricks): 421 (RFC 9110 §15.5.20).
 */
function onlyOurHost(publicUrl: string): MiddlewareHandler<Env> {
  const ours = new Set([new URL(publicUrl).hostname, 'localhost', '127.0.0.1', '[::1]'])
  return async (c, next) => {
    const url = `http://${c.req.header('Host') ?? ''}`
    if (!URL.canParse(url) || !ours.has(new URL(url).hostname)) {
      return c.text('The console is not served under this name.\n', 421)
    }
    return next()
  }
}
