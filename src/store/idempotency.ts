import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { idempotency } from './schema.ts'

/** Names one request for good: the operator's own key at one path, in one mode and exercise. */
export interface RequestKey {
  readonly operatorId: string
  readonly path: string
  readonly key: string
}

export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `bodyDigest` is the one that was stored: empty while nobody has read the first request's body to its end. */
export type KeyClaim =
  | { readonly state: 'claimed'; readonly bodyDigest: string }
  | { readonly state: 'running' }
  | { readonly state: 'reused' }
  | { readonly state: 'answered'; readonly bodyDigest: string; readonly answer: StoredAnswer }

const KEPT_HOURS = 24
/** A running request gives a sign of life every 20 s (`touchKey`); after three missed ones it has died. */
const DEAD_AFTER_SECONDS = 60

/**
 * Takes the key for a new request, in one statement: of two that race, one gets it.
 *
 * @param bodyDigest undefined for a body that is still to be read: whose it is then says the caller, who compares
 *   what the claim tells of the first one
 */
export async function claimKey(
  db: Database,
  request: RequestKey,
  bodyDigest: string | undefined,
): Promise<KeyClaim> {
  const isOld = sql`${idempotency.createdAt} < now() - make_interval(hours => ${KEPT_HOURS})`
  const isDead = sql`(${idempotency.status} is null
    and ${idempotency.createdAt} < now() - make_interval(secs => ${DEAD_AFTER_SECONDS}))`
  const isSame = bodyDigest === undefined ? sql`true` : eq(idempotency.bodyDigest, bodyDigest)
  const kept = sql`case when ${isOld} then '' else ${idempotency.bodyDigest} end`
  const [claimed] = await db
    .insert(idempotency)
    .values({ ...request, bodyDigest: bodyDigest ?? '' })
    .onConflictDoUpdate({
      target: [idempotency.operatorId, idempotency.path, idempotency.key],
      set: {
        bodyDigest: bodyDigest ?? kept,
        status: null,
        headers: null,
        body: null,
        createdAt: sql`now()`,
      },
      setWhere: sql`${isOld} or (${isDead} and ${isSame})`,
    })
    .returning({ bodyDigest: idempotency.bodyDigest })
  if (claimed !== undefined) return { state: 'claimed', ...claimed }
  const [row] = await db.select().from(idempotency).where(isRequest(request))
  // Released between the two statements: whoever had it failed, and the next try will get it.
  if (row === undefined) return { state: 'running' }
  if (bodyDigest !== undefined && row.bodyDigest !== bodyDigest) return { state: 'reused' }
  if (row.status === null || row.body === null) return { state: 'running' }
  const headers = row.headers as Record<string, string>
  const answer = { status: row.status, headers, body: row.body }
  return { state: 'answered', bodyDigest: row.bodyDigest, answer }
}

/** What a body that was read as it came has turned out to be. */
export async function storeDigest(
  db: Database,
  request: RequestKey,
  bodyDigest: string,
): Promise<void> {
  await db
    .update(idempotency)
    .set({ bodyDigest, createdAt: sql`now()` })
    .where(and(isRequest(request), isNull(idempotency.status)))
}

/** A sign of life of a request that takes long: `created_at` is when it was last known to run. */
export async function touchKey(db: Database, request: RequestKey): Promise<void> {
  await db
    .update(idempotency)
    .set({ createdAt: sql`now()` })
    .where(and(isRequest(request), isNull(idempotency.status)))
}

export async function storeAnswer(
  db: Database,
  request: RequestKey,
  answer: StoredAnswer,
): Promise<void> {
  await db
    .update(idempotency)
    .set({ ...answer, createdAt: sql`now()` })
    .where(and(isRequest(request), isNull(idempotency.status)))
}

/** Gives the key back unanswered: the same request may try again. */
export async function releaseKey(db: Database, request: RequestKey): Promise<void> {
  await db.delete(idempotency).where(and(isRequest(request), isNull(idempotency.status)))
}

export async function purgeKeys(db: Database): Promise<void> {
  const old = sql`now() - make_interval(hours => ${KEPT_HOURS})`
  await db.delete(idempotency).where(lt(idempotency.createdAt, old))
}

function isRequest({ operatorId, path, key }: RequestKey) {
  return and(
    eq(idempotency.operatorId, operatorId),
    eq(idempotency.path, path),
    eq(idempotency.key, key),
  )
}
