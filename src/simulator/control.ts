import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError, isAppError } from '../errors.ts'
import { answersAsCsv, listAsJsonLines, segmentsAsCsv } from './list-export.ts'
import { LINK_ACTIONS, type LinkAction } from './link-actions.ts'
import { readBindRefusal, readGarbageKind, readScenarioChange, readSpokenText } from './scenario.ts'
import type { Simulator } from './simulator.ts'

/**
 * A running simulation over HTTP on 127.0.0.1, for people and scripts that rehearse:
 *
 * - `GET /stats` → counts · `GET /list.ndjson` → all that arrived and was answered
 * - `GET /list.csv`, `GET /answers.csv` → the segments, the answers
 * - `POST /scenario` a `ScenarioChange` · `POST /reply` `{from, text, to?, means?}`: one phone sends a text
 * - `POST /links/{drop|reset|unbind|mute|stall|halfOpen|resume}[?carrier=name]` → `{links}`
 * - `POST /links/garbage?kind=…[&carrier=name]` a `GarbageKind` → `{links}`
 * - `POST /binds/refuse[?carrier=name]` `{status, times?}`: the next binds are refused
 */
export interface Control {
  readonly port: number
  close(): Promise<void>
}

const MAX_BODY_OCTETS = 1024 * 1024

/** @param port 0: a free one */
export async function startControl(simulator: Simulator, port = 0): Promise<Control> {
  const server = createServer((request, response) => {
    answer(simulator, request, response).catch((error: unknown) => refuse(response, error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  refuseOtherOrigins(request)
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const call = `${request.method} ${url.pathname}`
  const carrier = url.searchParams.get('carrier') ?? undefined
  const link = /^POST \/links\/(\w+)$/.exec(call)?.[1]
  if (link !== undefined && LINK_ACTIONS.includes(link as LinkAction)) {
    return sendJson(response, { links: simulator.links(link as LinkAction, carrier) })
  }
  switch (call) {
    case 'GET /stats':
      return sendJson(response, simulator.stats())
    case 'GET /list':
    case 'GET /list.ndjson':
      return sendChunks(response, 'application/x-ndjson', listAsJsonLines(simulator.list))
    case 'GET /list.csv':
      return sendChunks(response, 'text/csv', segmentsAsCsv(simulator.list))
    case 'GET /answers.csv':
      return sendChunks(response, 'text/csv', answersAsCsv(simulator.list))
    case 'POST /scenario':
      simulator.change(readScenarioChange(await readJson(request)))
      return sendJson(response, simulator.stats())
    case 'POST /links/garbage': {
      const kind = readGarbageKind(url.searchParams.get('kind'))
      return sendJson(response, { links: simulator.garbage(kind, carrier) })
    }
    case 'POST /binds/refuse':
      simulator.refuseBinds(readBindRefusal(await readJson(request)), carrier)
      return sendJson(response, simulator.stats())
    case 'POST /reply':
      return sendJson(response, { answer: simulator.say(readSpokenText(await readJson(request))) })
    default:
      throw new AppError('not_found', `the simulator has no ${call}`)
  }
}

/** A web page that somebody has open must not steer it: browsers name themselves and the host they mean. */
function refuseOtherOrigins(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  if (request.headers.origin === undefined && ['127.0.0.1', 'localhost'].includes(host)) return
  throw new AppError('forbidden', 'the simulator answers programs on this machine alone')
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > MAX_BODY_OCTETS) throw new AppError('too_large', 'the body passes 1 MiB')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new AppError('malformed_json', 'the body is not JSON', { cause })
  }
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function sendChunks(
  response: ServerResponse,
  type: string,
  chunks: Iterable<string>,
): Promise<void> {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` })
  await pipeline(Readable.from(chunks), response)
}

const STATUSES: Readonly<Record<string, number>> = {
  not_found: 404,
  forbidden: 403,
  too_large: 413,
  malformed_json: 400,
  invalid_request: 400,
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (!isAppError(error)) sendJson(response, { code: 'internal' }, 500)
  else {
    const { code, message, faults } = error
    sendJson(response, { code, message, faults }, STATUSES[code] ?? 500)
  }
}
