import type { AlertDraft, Info } from '../cap/alert.ts'
import {
  and,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  isNull,
  lt,
  or,
  sql,
  type SQLWrapper,
} from 'drizzle-orm'
import type { Database } from './database.ts'
import { type ALERT_STATES, alerts, alertTemplates, type MODES } from './schema.ts'

export type AlertState = (typeof ALERT_STATES)[number]

type Columns = typeof alerts.$inferSelect
type Typed = 'state' | 'mode' | 'status' | 'msgType' | 'severity' | 'draft' | 'delivery'

export type AlertRow = Omit<Columns, Typed> & {
  readonly state: AlertState
  readonly mode: (typeof MODES)[number]
  /** As its author wrote it. */
  readonly draft: AlertDraft
  readonly status: AlertDraft['status']
  readonly msgType: AlertDraft['msgType']
  readonly severity: Info['severity']
  readonly delivery: AlertDraft['delivery']
}

// The columns' CHECKs hold them to these words; drafts are written checked.
const alertFromRow = (row: Columns): AlertRow => row as AlertRow

export async function insertAlert(
  db: Database,
  alert: typeof alerts.$inferInsert,
): Promise<AlertRow> {
  const [row] = await db.insert(alerts).values(alert).returning()
  return alertFromRow(row as Columns)
}

export async function findAlert(db: Database, id: string): Promise<AlertRow | undefined> {
  const [row] = await db.select().from(alerts).where(eq(alerts.id, id))
  return row && alertFromRow(row)
}

const LINKED = {
  id: alerts.id,
  contentDigest: alerts.contentDigest,
  planned: alerts.planned,
  expires: alerts.expires,
  dispatchedAt: alerts.dispatchedAt,
  reminderOf: alerts.reminderOf,
  recipientsDeletedAt: alerts.recipientsDeletedAt,
}

/** What a recipient's link needs of an alert: without its content, which may be large and is asked for by thousands. */
export type LinkedAlert = Pick<AlertRow, keyof typeof LINKED>

/** By the number that its recipients' links name, or by its id. */
export async function findLinkedAlert(
  db: Database,
  by: { readonly linkNo: number } | { readonly id: string },
): Promise<LinkedAlert | undefined> {
  const isIt = 'id' in by ? eq(alerts.id, by.id) : eq(alerts.linkNo, by.linkNo)
  const [row] = await db.select(LINKED).from(alerts).where(isIt)
  return row
}

/** Locked until the transaction ends: whoever changes an alert does it one after the other. */
export async function lockAlert(db: Database, id: string): Promise<AlertRow | undefined> {
  const [row] = await db.select().from(alerts).where(eq(alerts.id, id)).for('update')
  return row && alertFromRow(row)
}

/** Several, locked in one order. */
export async function lockAlerts(db: Database, ids: readonly string[]): Promise<AlertRow[]> {
  const rows = await db
    .select()
    .from(alerts)
    .where(inArray(alerts.id, [...ids]))
    .orderBy(alerts.id)
    .for('update')
  return rows.map(alertFromRow)
}

export type AlertChange = Partial<Omit<typeof alerts.$inferInsert, 'id' | 'revision' | 'state'>> & {
  readonly state?: AlertState
}

/** Raises the revision. */
export async function updateAlert(
  db: Database,
  id: string,
  change: AlertChange,
  now: Date,
): Promise<AlertRow> {
  const [row] = await db
    .update(alerts)
    .set({ ...change, updatedAt: now, revision: sql`${alerts.revision} + 1` })
    .where(eq(alerts.id, id))
    .returning()
  return alertFromRow(row as Columns)
}

export async function deleteAlert(db: Database, id: string): Promise<void> {
  await db.delete(alerts).where(eq(alerts.id, id))
}

/** All alerts of some modes, or of an exercise. */
export type AlertsOf =
  { readonly modes: readonly AlertRow['mode'][] } | { readonly exerciseId: string }

export const isOf = (of: AlertsOf) =>
  'modes' in of ? inArray(alerts.mode, [...of.modes]) : eq(alerts.exerciseId, of.exerciseId)

/** Everything that is going out or could again with one call, locked in one order. */
export async function lockRunningAlerts(db: Database, of: AlertsOf): Promise<AlertRow[]> {
  const rows = await db
    .select()
    .from(alerts)
    .where(and(inArray(alerts.state, ['sending', 'paused']), isOf(of)))
    .orderBy(alerts.id)
    .for('update')
  return rows.map(alertFromRow)
}

/** Written by hand, not to follow another; the oldest first. */
export async function listAlertsOfExercise(db: Database, exerciseId: string): Promise<AlertRow[]> {
  const rows = await db
    .select()
    .from(alerts)
    .where(
      and(
        eq(alerts.exerciseId, exerciseId),
        eq(alerts.msgType, 'Alert'),
        isNull(alerts.reminderOf),
        isNull(alerts.escalationOf),
      ),
    )
    .orderBy(alerts.createdAt, alerts.id)
    .limit(100)
  return rows.map(alertFromRow)
}

export interface AlertFilter {
  readonly states: readonly AlertState[] | undefined
  readonly statuses: readonly string[] | undefined
  /** Created then or later. */
  readonly since: Date | undefined
  /** Made of this template, in whichever version. */
  readonly templateId?: string | undefined
  readonly mode?: AlertRow['mode'] | undefined
  /** Of this exercise; null: of none. */
  readonly exerciseId?: string | null | undefined
}

type SummaryColumn =
  | 'id'
  | 'revision'
  | 'state'
  | 'mode'
  | 'exerciseId'
  | 'status'
  | 'msgType'
  | 'severity'
  | 'maxRecipients'
  | 'minRecipients'
  | 'recipients'
  | 'byRuleOf'
  | 'createdBy'
  | 'createdAt'
  | 'updatedAt'
  | 'sent'
  | 'expires'
  | 'dispatchedAt'
  | 'holdUntil'
  | 'finishedAt'
  | 'recipientsDeletedAt'

/** An alert without its areas and texts: a page of those would weigh gigabytes. */
export type AlertSummary = Pick<AlertRow, SummaryColumn> & {
  readonly info: readonly Pick<Info, 'language' | 'event' | 'severity' | 'headline' | 'expires'>[]
  /** Every block of it says so. */
  readonly isAllClear: boolean
  /** An author let it go without an approver. */
  readonly brokeGlass: boolean
}

/** @param draft a column that holds one */
export const everyBlockIsAllClear = (draft: SQLWrapper) => sql`not exists (
  select from jsonb_array_elements(${draft}->'info') as block
  where not coalesce(block->'responseType', '[]'::jsonb) ? 'AllClear')`

/** Newest first, after the one given. */
export async function listAlerts(
  db: Database,
  filter: AlertFilter,
  page: { after: { createdAt: Date; id: string } | undefined; limit: number },
): Promise<AlertSummary[]> {
  const { states, statuses, since, templateId, mode, exerciseId } = filter
  const { after, limit } = page
  const { draft, content: _content, ...columns } = getTableColumns(alerts)
  const rows = await db
    .select({
      ...columns,
      info: sql<AlertSummary['info']>`(
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'language', block->'language', 'event', block->'event', 'severity', block->'severity',
          'headline', block->'headline', 'expires', block->'expires')) order by no)
        from jsonb_array_elements(${draft}->'info') with ordinality as blocks(block, no))`,
      isAllClear: sql<boolean>`${alerts.msgType} = 'Update' and ${everyBlockIsAllClear(draft)}`,
      brokeGlass: sql<boolean>`exists (
        select from signatures s
        where s.alert_id = ${alerts}.id and s.role = 'breakGlass' and s.voided_at is null)`,
    })
    .from(alerts)
    .where(
      and(
        states && inArray(alerts.state, [...states]),
        statuses && inArray(alerts.status, [...statuses]),
        since && gte(alerts.createdAt, since),
        mode && eq(alerts.mode, mode),
        exerciseId === null ? isNull(alerts.exerciseId) : undefined,
        exerciseId ? eq(alerts.exerciseId, exerciseId) : undefined,
        templateId === undefined
          ? undefined
          : inArray(
              alerts.id,
              db
                .select({ alertId: alertTemplates.alertId })
                .from(alertTemplates)
                .where(eq(alertTemplates.templateId, templateId)),
            ),
        after &&
          or(
            lt(alerts.createdAt, after.createdAt),
            and(eq(alerts.createdAt, after.createdAt), lt(alerts.id, after.id)),
          ),
      ),
    )
    .orderBy(desc(alerts.createdAt), desc(alerts.id))
    .limit(limit)
  return rows as AlertSummary[]
}
