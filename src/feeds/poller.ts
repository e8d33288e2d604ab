/**
 * Asks feeds of CAP for what is new. Any number of pollers work at once; a claim is a lease with a fence. What a poll
 * has made a draft, or submitted, is known by its message, so a poll that dies halfway, or is done twice, makes nothing twice.
 *
 * A feed that doesn't answer is asked less and less often, an hour apart at most. What it brings and can't be taken is
 * kept beside it as a problem, said in the log, and not fetched again.
 */
import { jitteredBackoff, sleep } from '../clock.ts'
import { isAppError } from '../errors.ts'
import { type FeedItem, keyOf, readFeed } from '../cap/feed-reader.ts'
import { describeError, log } from '../log.ts'
import { type HttpAnswer, mayBePrivate, NetworkFault, openOrigin } from '../network/origin.ts'
import {
  claimFeeds,
  type FeedProblem,
  type FeedRow,
  knownItems,
  type PollEnd,
  settleFeed,
} from '../store/cap-feeds.ts'
import { type Database, isDatabaseAway, transact } from '../store/database.ts'
import { takeMessage } from './take.ts'

export interface PollerOptions {
  readonly db: Database
  /** `Config.privateHosts` */
  readonly privateHosts: readonly string[]
  /** Opens the keys of rules. */
  readonly masterKey: Uint8Array
  readonly now: () => Date
}

const LOOK_MS = 1_000
/** Feeds at once. */
const AT_ONCE = 4
const CONNECT_MS = 3_000
const ANSWER_MS = 10_000
/** A list of thousands of alerts. */
const MAX_FEED_OCTETS = 4 * 1024 * 1024
/** What is new beyond this waits for the next poll, as does what is not fetched in that time. */
const MAX_ITEMS = 50
const ITEMS_MS = 60_000
/** Longer than a poll can take. */
const LEASE_SECONDS = 120
const MAX_PAUSE_MS = 3_600_000
/**
 * Why there was no message, where asking again brings none either. Not 408, 425 and 429: who asks later gets it (RFC
 * 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
 */
const FOR_GOOD = /^(status_4(?!08|25|29)\d\d|status_3\d\d|refused_address|answer_too_large)$/

/** Polls what is due, and resolves when that is done. */
export async function pollFeeds(options: PollerOptions): Promise<void> {
  const feeds = await claimFeeds(options.db, { limit: AT_ONCE, leaseSeconds: LEASE_SECONDS })
  await Promise.all(feeds.map(feed => pollFeed(options, feed)))
}

export function startPoller(options: PollerOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const running = (async () => {
    for (;;) {
      await sleep(LOOK_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await pollFeeds(options).catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'feeds could not be polled')
      })
    }
  })()
  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}

async function pollFeed(options: PollerOptions, feed: FeedRow): Promise<void> {
  const { db, now } = options
  const end = await poll(options, feed).catch((error: unknown): PollEnd => {
    // Its lease brings it back.
    if (isDatabaseAway(error)) throw error
    return failed(feed, problemOf(now(), describeError(error), 'the poll broke off', feed.url))
  })
  await transact(db, tx => settleFeed(tx, feed, end))
  for (const { reason } of end.problems) {
    log.error({ feedId: feed.id, reason }, 'a feed brought what was not taken')
  }
}

async function poll(options: PollerOptions, feed: FeedRow): Promise<PollEnd> {
  const { db, now } = options
  const { id, url, etag, lastModified, intervalSeconds } = feed
  const answer = await fetchFrom(options, url, MAX_FEED_OCTETS, {
    ...(etag !== null && { 'if-none-match': etag }),
    ...(lastModified !== null && { 'if-modified-since': lastModified }),
  })
  if ('fault' in answer) return failed(feed, problemOf(now(), answer.fault, 'no answer', url))
  const isUnchanged = answer.status === 304 && (etag !== null || lastModified !== null)
  if (isUnchanged) {
    return { ...succeeded, etag, lastModified, afterSeconds: intervalSeconds }
  }
  if (answer.status !== 200) {
    return failed(feed, problemOf(now(), `status_${answer.status}`, 'not followed', url))
  }
  const listed = listedIn(answer.body, url)
  if ('reason' in listed) return failed(feed, problemOf(now(), listed.reason, listed.detail, url))

  const known = await knownItems(
    db,
    id,
    listed.items.map(item => item.key),
  )
  const fresh = listed.items.filter(item => !known.has(item.key))
  const { done, problems } = await takeAll(options, feed, fresh, listed.message)
  const isWhole = done.length === fresh.length
  return {
    ...succeeded,
    // Otherwise the feed would say that there is nothing new.
    etag: isWhole ? (answer.headers['etag'] ?? null) : null,
    lastModified: isWhole ? (answer.headers['last-modified'] ?? null) : null,
    afterSeconds: intervalSeconds,
    problems,
    items: [...known, ...done],
  }
}

const succeeded = { hasSucceeded: true, problems: [], items: [] } as const

function failed({ failures, intervalSeconds }: FeedRow, problem: FeedProblem): PollEnd {
  const pause = jitteredBackoff(failures, intervalSeconds * 2_000, MAX_PAUSE_MS)
  // One line a trouble: that it lasts is said by the count of failures.
  const problems = failures === 0 ? [problem] : []
  const afterSeconds = Math.max(intervalSeconds, pause / 1000)
  return { hasSucceeded: false, etag: null, lastModified: null, afterSeconds, problems, items: [] }
}

interface Listed {
  readonly items: readonly FeedItem[]
  /** Where the answer is a message itself, not a list of them. */
  readonly message?: Uint8Array
}

function listedIn(body: Uint8Array, url: string): Listed | { reason: string; detail: string } {
  try {
    const document = readFeed(body, url)
    switch (document.is) {
      case 'list':
        return document
      case 'message':
        return { items: [{ key: keyOf(body), url }], message: body }
      case 'strange':
        return { reason: 'no_feed', detail: 'it is neither Atom nor RSS nor CAP 1.2' }
    }
  } catch (error) {
    if (!isAppError(error)) throw error
    const places = error.faults.map(fault => fault.detail)
    return { reason: error.code, detail: [error.message, ...places].join('; ') }
  }
}

/** @returns `done`: keys of what needs no second look */
async function takeAll(
  options: PollerOptions,
  feed: FeedRow,
  items: readonly FeedItem[],
  message: Uint8Array | undefined,
): Promise<{ done: string[]; problems: FeedProblem[] }> {
  const { db, masterKey, now } = options
  const done: string[] = []
  const problems: FeedProblem[] = []
  const deadline = performance.now() + ITEMS_MS
  for (const { key, url } of items.slice(0, MAX_ITEMS)) {
    if (performance.now() > deadline) break
    const fetched = message ?? (await messageAt(options, feed, url))
    if ('fault' in fetched) {
      problems.push(problemOf(now(), fetched.fault, 'no message', url))
      if (FOR_GOOD.test(fetched.fault)) done.push(key)
      continue
    }
    const taken =
      fetched.length > feed.maxOctets
        ? { became: 'refused' as const, reason: 'answer_too_large', detail: 'no message' }
        : await takeMessage(db, feed, { masterKey, xml: fetched, now: now() })
    done.push(key)
    if (taken.became === 'refused') problems.push(problemOf(now(), taken.reason, taken.detail, url))
    if (taken.became === 'draft') {
      log.info({ feedId: feed.id, alertId: taken.alertId }, 'a feed brought a draft')
    }
    if (taken.became === 'submitted') {
      log.info({ feedId: feed.id, alertId: taken.alertId }, 'a feed submitted an alert by its rule')
    }
  }
  return { done, problems }
}

async function messageAt(
  options: PollerOptions,
  { maxOctets }: FeedRow,
  url: string,
): Promise<Uint8Array | { fault: string }> {
  const answer = await fetchFrom(options, url, maxOctets, {})
  if ('fault' in answer) return answer
  return answer.status === 200 ? answer.body : { fault: `status_${answer.status}` }
}

async function fetchFrom(
  { privateHosts }: PollerOptions,
  url: string,
  maxBodyOctets: number,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer | { fault: string }> {
  const target = new URL(url)
  const origin = openOrigin({
    url: target,
    connections: 1,
    allowPrivate: mayBePrivate(url, privateHosts),
    connectMs: CONNECT_MS,
    answerMs: ANSWER_MS,
    maxBodyOctets,
  })
  try {
    const accept = 'application/cap+xml, application/atom+xml, application/rss+xml, application/xml'
    return await origin.send({
      method: 'GET',
      path: target.pathname + target.search,
      headers: { 'user-agent': 'Tocsin', accept, ...headers },
    })
  } catch (error) {
    if (error instanceof NetworkFault) return { fault: error.reason }
    throw error
  } finally {
    await origin.close()
  }
}

function problemOf(at: Date, reason: string, detail: string, item: string): FeedProblem {
  return { at: at.toISOString(), reason, detail, item }
}
