import { and, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { type OperatorRow, operatorFromRow } from './operators.ts'
import {
  exercises,
  type MODES,
  operators,
  refreshTokens,
  sessions,
  signInFailures,
} from './schema.ts'

export interface SessionRow {
  readonly id: string
  readonly mode: (typeof MODES)[number]
  /** The exercise that it is for; undefined: none. */
  readonly exerciseId: string | undefined
  readonly createdAt: Date
  readonly onlyEnrols: boolean
}

export interface SignInRow {
  readonly session: SessionRow
  readonly operator: OperatorRow
}

/**
 * A session that is neither over nor revoked, of an operator who is not disabled; of an exercise as long as that
 * lasts.
 */
export async function findSignIn(
  db: Database,
  sessionId: string,
  now: Date,
): Promise<SignInRow | undefined> {
  const [row] = await db
    .select({ session: sessions, operator: operators })
    .from(sessions)
    .innerJoin(operators, eq(operators.id, sessions.operatorId))
    .leftJoin(exercises, eq(exercises.id, sessions.exerciseId))
    .where(
      and(
        eq(sessions.id, sessionId),
        or(isNull(sessions.exerciseId), and(isNull(exercises.endedAt), gt(exercises.endsAt, now))),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
        isNull(operators.disabledAt),
      ),
    )
  return row && { session: sessionFromRow(row.session), operator: operatorFromRow(row.operator) }
}

function sessionFromRow(row: typeof sessions.$inferSelect): SessionRow {
  const { id, mode, exerciseId, createdAt, onlyEnrols } = row
  const named = { mode: mode as SessionRow['mode'], exerciseId: exerciseId ?? undefined }
  return { id, ...named, createdAt, onlyEnrols }
}

export async function insertSession(
  db: Database,
  session: SessionRow & { readonly operatorId: string; readonly expiresAt: Date },
): Promise<void> {
  await db.insert(sessions).values(session)
}

/**
 * A session in the place of another, which ends: the same sign-in in another place, no younger and no longer than it.
 *
 * @returns undefined where that one has ended already
 */
export async function replaceSession(
  db: Database,
  id: string,
  by: Pick<SessionRow, 'id' | 'mode' | 'exerciseId'>,
  now: Date,
): Promise<SessionRow | undefined> {
  const [former] = await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt)))
    .returning()
  if (former === undefined) return undefined
  const next = { ...former, ...by, exerciseId: by.exerciseId ?? null, revokedAt: null }
  const [row] = await db.insert(sessions).values(next).returning()
  return sessionFromRow(row!)
}

export async function revokeSession(db: Database, sessionId: string, now: Date): Promise<void> {
  await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
}

export async function revokeSessionsOf(db: Database, operatorId: string, now: Date): Promise<void> {
  await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.operatorId, operatorId), isNull(sessions.revokedAt)))
}

// ---- refresh tokens, by their hash

export async function insertRefreshToken(
  db: Database,
  token: { readonly hash: Uint8Array; readonly sessionId: string; readonly createdAt: Date },
): Promise<void> {
  await db.insert(refreshTokens).values(token)
}

/** Locks the token's row: of two that present it at once, the second sees that it was used. */
export async function lockRefreshToken(
  db: Database,
  hash: Uint8Array,
): Promise<{ sessionId: string; usedAt: Date | null } | undefined> {
  const [row] = await db
    .select({ sessionId: refreshTokens.sessionId, usedAt: refreshTokens.usedAt })
    .from(refreshTokens)
    .where(eq(refreshTokens.hash, hash))
    .for('update')
  return row
}

export async function markRefreshTokenUsed(
  db: Database,
  hash: Uint8Array,
  now: Date,
): Promise<void> {
  await db.update(refreshTokens).set({ usedAt: now }).where(eq(refreshTokens.hash, hash))
}

/** Drops sessions that ended before `before`, their refresh tokens with them. */
export async function purgeSessions(db: Database, before: Date): Promise<void> {
  await db
    .delete(sessions)
    .where(or(lt(sessions.expiresAt, before), lt(sessions.revokedAt, before)))
}

// ---- failed sign-ins

export interface FailureCount {
  readonly subject: string
  readonly count: number
  readonly lastAt: Date
}

/** Creates what is missing and locks all of it, so that attempts on one subject are judged in turn. */
export async function lockFailures(
  db: Database,
  subjects: readonly string[],
  now: Date,
): Promise<FailureCount[]> {
  return db
    .insert(signInFailures)
    .values([...subjects].sort().map(subject => ({ subject, count: 0, lastAt: now })))
    .onConflictDoUpdate({ target: signInFailures.subject, set: { subject: sql`excluded.subject` } })
    .returning()
}

export async function writeFailures(
  db: Database,
  failures: readonly FailureCount[],
): Promise<void> {
  await db
    .insert(signInFailures)
    .values([...failures])
    .onConflictDoUpdate({
      target: signInFailures.subject,
      set: { count: sql`excluded.count`, lastAt: sql`excluded.last_at` },
    })
}

/** Takes back one attempt that turned out to be right. */
export async function forgiveFailure(db: Database, subjects: readonly string[]): Promise<void> {
  await db
    .update(signInFailures)
    .set({ count: sql`greatest(${signInFailures.count} - 1, 0)` })
    .where(inArray(signInFailures.subject, [...subjects]))
}

export async function purgeFailures(db: Database, before: Date): Promise<void> {
  await db.delete(signInFailures).where(lt(signInFailures.lastAt, before))
}
