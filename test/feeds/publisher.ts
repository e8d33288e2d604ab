import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Somebody else's web server on loopback, which publishes what a test puts at its paths. */
export interface Publisher {
  readonly url: string
  /** By path: a body, or whatever else it does with a request. */
  readonly pages: Map<string, string | ((response: ServerResponse) => void)>
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  close(): Promise<void>
}

export async function startPublisher(): Promise<Publisher> {
  const pages: Publisher['pages'] = new Map()
  const requests: Publisher['requests'] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push({ path, headers: request.headers })
    const page = pages.get(path)
    if (typeof page === 'function') return page(response)
    if (page === undefined) return response.writeHead(404).end()
    const etag = `"${Buffer.from(page).toString('base64').length}-${page.length}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
    return response.writeHead(200, { etag }).end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages,
    requests,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

export const atomOf = (...paths: readonly string[]) => `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>urn:example:feed</id><title>Warnings</title><updated>2026-11-22T18:00:00Z</updated>
  ${paths
    .map(
      path => `<entry><id>urn:example:${path}</id><title>x</title>
      <updated>2026-11-22T18:00:00Z</updated>
      <link rel="alternate" type="text/html" href="/page"/>
      <link rel="related" type="application/cap+xml" href="${path}"/></entry>`,
    )
    .join('\n')}
</feed>`

export const rssOf = (base: string, ...paths: readonly string[]) => `<?xml version="1.0"?>
<rss version="2.0"><channel><title>Warnings</title><link>${base}</link><description>x</description>
  ${paths.map(path => `<item><guid>${path}</guid><link>${base}${path}</link></item>`).join('\n')}
</channel></rss>`
