/** Which report goes to which operators by mail, and when. */
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { operators, reportSchedules, type REPORT_KINDS, type REPORT_PERIODS } from './schema.ts'

type Columns = typeof reportSchedules.$inferSelect

export type ReportKind = (typeof REPORT_KINDS)[number]
export type ReportPeriod = (typeof REPORT_PERIODS)[number]

export interface ReportSchedule extends Omit<Columns, 'kind' | 'every' | 'language'> {
  readonly kind: ReportKind
  readonly every: ReportPeriod | null
  readonly language: 'en' | 'es'
}

// The columns hold what was checked when it was written.
const fromRow = (row: Columns): ReportSchedule => row as ReportSchedule

export async function insertSchedule(
  tx: Database,
  schedule: typeof reportSchedules.$inferInsert,
): Promise<ReportSchedule> {
  const [row] = await tx.insert(reportSchedules).values(schedule).returning()
  return fromRow(row as Columns)
}

export async function updateSchedule(
  tx: Database,
  id: string,
  change: Partial<Omit<Columns, 'id' | 'kind' | 'createdAt' | 'createdBy' | 'revision'>>,
): Promise<ReportSchedule> {
  const [row] = await tx
    .update(reportSchedules)
    .set({ ...change, revision: sql`${reportSchedules.revision} + 1` })
    .where(eq(reportSchedules.id, id))
    .returning()
  return fromRow(row as Columns)
}

/** With what is due of it and not sent yet. */
export async function deleteSchedule(tx: Database, id: string): Promise<boolean> {
  const rows = await tx
    .delete(reportSchedules)
    .where(eq(reportSchedules.id, id))
    .returning({ id: reportSchedules.id })
  return rows.length > 0
}

export async function lockSchedule(tx: Database, id: string): Promise<ReportSchedule | undefined> {
  const [row] = await tx
    .select()
    .from(reportSchedules)
    .where(eq(reportSchedules.id, id))
    .for('update')
  return row && fromRow(row)
}

export async function findSchedule(db: Database, id: string): Promise<ReportSchedule | undefined> {
  const [row] = await db.select().from(reportSchedules).where(eq(reportSchedules.id, id))
  return row && fromRow(row)
}

/** In the order in which they were entered, after the one given. */
export async function listSchedules(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<ReportSchedule[]> {
  const rows = await db
    .select()
    .from(reportSchedules)
    .where(after === undefined ? undefined : gt(reportSchedules.id, after))
    .orderBy(asc(reportSchedules.id))
    .limit(limit)
  return rows.map(fromRow)
}

/** Of these operators those who are there and not disabled. */
export async function readAddressees(
  db: Database,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly email: string }[]> {
  const { id, email, disabledAt, feedId } = operators
  return db
    .select({ id, email })
    .from(operators)
    .where(and(inArray(id, [...ids]), isNull(disabledAt), isNull(feedId)))
    .orderBy(asc(email))
}

/** The morning of a period's first day, when people look at their mail. */
const AT_HOUR = 7

/**
 * When statistics are due next: on Monday or on the first of the month at seven, by a time zone's clock.
 *
 * @param timeZone IANA
 */
export async function nextDue(
  db: Database,
  every: ReportPeriod,
  timeZone: string,
  now: Date,
): Promise<Date> {
  const [row] = await db.execute<{ ms: number }>(sql`
    select (extract(epoch from ${nextAfter(sql`${now.toISOString()}::timestamptz`, sql`${every}::text`, timeZone)}) * 1000)::float8 as ms
  `)
  return new Date(row!.ms)
}

/** The same as SQL. */
export function nextAfter(
  now: ReturnType<typeof sql>,
  every: ReturnType<typeof sql>,
  timeZone: string,
): ReturnType<typeof sql> {
  const local = sql`(${now} at time zone ${timeZone}::text - make_interval(hours => ${AT_HOUR}::int))`
  return sql`((date_trunc(${every}, ${local}) + ('1 ' || ${every})::interval
    + make_interval(hours => ${AT_HOUR}::int)) at time zone ${timeZone}::text)`
}
