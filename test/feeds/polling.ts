/** Feeds of somebody else's, entered by an administrator and polled when a test says so. */
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { pollFeeds } from '../../src/feeds/poller.ts'
import type { Database } from '../../src/store/database.ts'
import { capXml, type Change } from '../cap/messages.ts'
import type { Caller, Edge } from '../support/edge.ts'

/** Of now, and not yet over. */
export const aMessage = (...changes: Change[]) =>
  capXml(
    ['2026-11-22T18:00:00-06:00', new Date().toISOString()],
    ['2027-11-22T20:00:00-06:00', new Date(Date.now() + 3_600_000).toISOString()],
    ...changes,
  ).toString()

export const named = (identifier: string): Change => ['river-7', identifier]

/** @returns the feed's path */
export async function enter(
  administrator: Caller,
  author: Caller,
  url: string,
  more: object = {},
): Promise<string> {
  const json = { url, description: 'Gauges', authorId: author.id, certificates: [], ...more }
  const { status, body } = await administrator.call('POST', '/v1/feeds', { json })
  expect(status, JSON.stringify(body)).toBe(201)
  return `/v1/feeds/${body.id}`
}

export const optionsOf = ({ deps, masterKey }: Edge, db: Database) => ({
  db,
  masterKey,
  privateHosts: deps.config.privateHosts,
  now: () => new Date(),
})

/** Polls once, its time having come. */
export async function poll(edge: Edge, db: Database): Promise<void> {
  await db.execute(sql`update cap_feeds set due_at = now()`)
  await pollFeeds(optionsOf(edge, db))
}

export const alertsOf = async (author: Caller, filter = '') =>
  (await author.call('GET', `/v1/alerts${filter}`)).body.items as { id: string; state: string }[]

export const problemsOf = async (administrator: Caller, path: string): Promise<string[]> =>
  (await administrator.call('GET', path)).body.problems.map(
    ({ reason }: { reason: string }) => reason,
  )
