import { and, desc, eq, gt, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import type { Database } from './database.ts'
import { alerts, carriers, exercises, sessions } from './schema.ts'

/** What goes wrong on purpose with a simulated exercise's carrier. */
export interface SimulatedFaults {
  /** Its connections end, and none comes up again for so long. */
  readonly carrierDown?: { readonly afterSeconds: number; readonly forSeconds: number } | undefined
  /** So many segments a second at the most. */
  readonly slow?: { readonly segmentsPerSecond: number } | undefined
  /** Of the messages that it takes, 0 … 100, those that reach no phone. */
  readonly failPercent?: number | undefined
}

export interface ExerciseRow {
  readonly id: string
  readonly name: string
  readonly rosterId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly simulated: boolean
  readonly faults: SimulatedFaults
  readonly practice: boolean
  readonly createdBy: string
  readonly createdAt: Date
  readonly endedAt: Date | null
  readonly endedBy: string | null
  readonly settledAt: Date | null
  readonly revision: number
}

type Columns = typeof exercises.$inferSelect
const exerciseFromRow = (row: Columns): ExerciseRow => row as ExerciseRow

export type ExerciseState = 'planned' | 'open' | 'ended'

/** By the clock, unless it was ended by hand. */
export function exerciseState(
  { startsAt, endsAt, endedAt }: Pick<ExerciseRow, 'startsAt' | 'endsAt' | 'endedAt'>,
  now: Date,
): ExerciseState {
  if (endedAt !== null || endsAt <= now) return 'ended'
  return startsAt <= now ? 'open' : 'planned'
}

export async function insertExercise(
  db: Database,
  exercise: typeof exercises.$inferInsert,
): Promise<ExerciseRow> {
  const [row] = await db.insert(exercises).values(exercise).returning()
  return exerciseFromRow(row!)
}

export async function findExercise(db: Database, id: string): Promise<ExerciseRow | undefined> {
  const [row] = await db.select().from(exercises).where(eq(exercises.id, id))
  return row && exerciseFromRow(row)
}

/** Locked for an edit, until the transaction ends. */
export async function lockExercise(db: Database, id: string): Promise<ExerciseRow | undefined> {
  const [row] = await db.select().from(exercises).where(eq(exercises.id, id)).for('update')
  return row && exerciseFromRow(row)
}

/**
 * Held as it is until the transaction ends, together with others who hold it: an end waits for them, and then finds
 * all that they did.
 */
export async function holdExercise(db: Database, id: string): Promise<ExerciseRow | undefined> {
  const [row] = await db.select().from(exercises).where(eq(exercises.id, id)).for('share')
  return row && exerciseFromRow(row)
}

/** Those of everybody, and of practices the operator's own; the latest window first, after the one given. */
export async function listExercises(
  db: Database,
  of: {
    readonly operatorId: string
    readonly states: readonly ExerciseState[] | undefined
    readonly now: Date
  },
  page: { readonly after: { startsAt: Date; id: string } | undefined; readonly limit: number },
): Promise<ExerciseRow[]> {
  const { operatorId, states, now } = of
  const { after, limit } = page
  const isGoing = and(isNull(exercises.endedAt), gt(exercises.endsAt, now))
  const isIn = {
    planned: and(isGoing, gt(exercises.startsAt, now)),
    open: and(isGoing, lte(exercises.startsAt, now)),
    ended: or(isNotNull(exercises.endedAt), lte(exercises.endsAt, now)),
  }
  const rows = await db
    .select()
    .from(exercises)
    .where(
      and(
        or(eq(exercises.practice, false), eq(exercises.createdBy, operatorId)),
        states && or(...states.map(state => isIn[state])),
        after &&
          or(
            lt(exercises.startsAt, after.startsAt),
            and(eq(exercises.startsAt, after.startsAt), lt(exercises.id, after.id)),
          ),
      ),
    )
    .orderBy(desc(exercises.startsAt), desc(exercises.id))
    .limit(limit)
  return rows.map(exerciseFromRow)
}

export type ExerciseChange = Partial<
  Pick<
    typeof exercises.$inferInsert,
    'name' | 'rosterId' | 'startsAt' | 'endsAt' | 'simulated' | 'faults' | 'endedAt' | 'endedBy'
  >
>

export async function updateExercise(
  db: Database,
  id: string,
  change: ExerciseChange,
): Promise<ExerciseRow> {
  const [row] = await db
    .update(exercises)
    .set({ ...change, revision: sql`${exercises.revision} + 1` })
    .where(eq(exercises.id, id))
    .returning()
  return exerciseFromRow(row!)
}

/** Practices of a person that have not ended. */
export async function openPracticesOf(db: Database, operatorId: string): Promise<ExerciseRow[]> {
  const rows = await db
    .select()
    .from(exercises)
    .where(
      and(
        eq(exercises.createdBy, operatorId),
        eq(exercises.practice, true),
        isNull(exercises.endedAt),
      ),
    )
  return rows.map(exerciseFromRow)
}

/** One after the other, until the transaction ends: who sets up a simulated one counts those of all before. */
export async function awaitSimulatedTurn(tx: Database): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.simulatedExercises})`)
}

/** Simulated ones that have not ended: each has a carrier of its own. */
export function countSimulatedExercises(db: Database): Promise<number> {
  return db.$count(exercises, and(eq(exercises.simulated, true), isNull(exercises.endedAt)))
}

/** Whether an exercise that is not over reaches the group. */
export async function isRosterOfAny(db: Database, groupId: string): Promise<boolean> {
  const going = and(eq(exercises.rosterId, groupId), isNull(exercises.settledAt))
  return (await db.$count(exercises, going)) > 0
}

export function countAlertsOf(db: Database, exerciseId: string): Promise<number> {
  return db.$count(alerts, eq(alerts.exerciseId, exerciseId))
}

/** Ends those whose window is over. @returns which ended by this very call: of many that ask at once one is told */
export async function endOverdueExercises(db: Database, now: Date): Promise<ExerciseRow[]> {
  const rows = await db
    .update(exercises)
    .set({ endedAt: sql`ends_at`, revision: sql`${exercises.revision} + 1` })
    .where(and(isNull(exercises.endedAt), lte(exercises.endsAt, now)))
    .returning()
  return rows.map(exerciseFromRow)
}

/** Ended, and what was going on in them has not been stopped yet. */
export async function listUnsettledExercises(db: Database): Promise<string[]> {
  const rows = await db
    .select({ id: exercises.id })
    .from(exercises)
    .where(and(isNotNull(exercises.endedAt), isNull(exercises.settledAt)))
    .orderBy(exercises.id)
  return rows.map(row => row.id)
}

/** Its sign-ins end, nobody is reminded any more, and its carrier is given up. @returns false where another was faster */
export async function settleExercise(db: Database, id: string, now: Date): Promise<boolean> {
  const settled = await db
    .update(exercises)
    .set({ settledAt: now })
    .where(and(eq(exercises.id, id), isNull(exercises.settledAt)))
    .returning({ id: exercises.id })
  if (settled.length === 0) return false
  await db
    .update(alerts)
    .set({ remindAt: null })
    .where(and(eq(alerts.exerciseId, id), isNotNull(alerts.remindAt)))
  await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.exerciseId, id), isNull(sessions.revokedAt)))
  await db.update(carriers).set({ enabled: false }).where(eq(carriers.exerciseId, id))
  return true
}

/** How many alerts are being sent, and wait for an approver, by mode. */
export async function countAlertsUnderWay(
  db: Database,
  mode: 'live' | 'exercise',
): Promise<{ sending: number; toApprove: number }> {
  const [row] = await db
    .select({
      sending: sql<number>`count(*) filter (where state in ('sending', 'paused'))::int`,
      toApprove: sql<number>`count(*) filter (where state = 'submitted')::int`,
    })
    .from(alerts)
    .where(and(eq(alerts.mode, mode), sql`${alerts.state} in ('sending', 'paused', 'submitted')`))
  return row ?? { sending: 0, toApprove: 0 }
}
