/** Rules by which those on duty are told of an alert, and what has become of each. */
import { and, asc, eq, isNull, lte, sql } from 'drizzle-orm'
import type { EscalationRuleTerms } from '../cap/escalation.ts'
import type { AlertState } from './alerts.ts'
import type { Database } from './database.ts'
import { alerts, escalations } from './schema.ts'

interface Rule {
  readonly alertId: string
  /** Its place among the alert's, from 0. */
  readonly ruleNo: number
  /** As it was signed: what is acted upon is read from there. */
  readonly terms: EscalationRuleTerms
}

export async function insertRules(
  tx: Database,
  alertId: string,
  rules: readonly (Pick<Rule, 'ruleNo' | 'terms'> & { readonly dueAt: Date })[],
): Promise<void> {
  if (rules.length === 0) return
  await tx.insert(escalations).values(rules.map(rule => ({ ...rule, alertId })))
}

export interface DueRule extends Rule {
  readonly state: AlertState
  readonly expires: Date | null
  readonly dispatchedAt: Date | null
  readonly recipients: number
  /** An update or a correction of the alert was sent. */
  readonly isFollowed: boolean
}

const isOpen = and(eq(escalations.isClosed, false), isNull(escalations.escalationId))

/** Rules whose time has come, of which nobody has been told. */
export async function listDueRules(db: Database, now: Date): Promise<DueRule[]> {
  const rows = await db
    .select({
      alertId: escalations.alertId,
      ruleNo: escalations.ruleNo,
      terms: escalations.terms,
      state: alerts.state,
      expires: alerts.expires,
      dispatchedAt: alerts.dispatchedAt,
      recipients: sql<number>`coalesce(${alerts.recipients}, 0)`,
      isFollowed: sql<boolean>`exists (
        select from alerts later where later."references" @> array[${alerts.id}]
          and later.dispatched_at is not null and later.reminder_of is null)`,
    })
    .from(escalations)
    .innerJoin(alerts, eq(alerts.id, escalations.alertId))
    .where(and(isOpen, lte(escalations.dueAt, now)))
    .orderBy(asc(escalations.dueAt))
    .limit(1_000)
  return rows as DueRule[]
}

/** Undefined where it is open no more. The alert is locked before. */
export async function lockRule(
  tx: Database,
  alertId: string,
  ruleNo: number,
): Promise<Rule | undefined> {
  const [row] = await tx
    .select()
    .from(escalations)
    .where(and(isOpen, eq(escalations.alertId, alertId), eq(escalations.ruleNo, ruleNo)))
    .for('update')
  return row as Rule | undefined
}

const isRule = (alertId: string, ruleNo: number) =>
  and(eq(escalations.alertId, alertId), eq(escalations.ruleNo, ruleNo))

/** Nobody is told. */
export async function closeRule(tx: Database, alertId: string, ruleNo: number): Promise<void> {
  await tx.update(escalations).set({ isClosed: true }).where(isRule(alertId, ruleNo))
}

export async function fireRule(
  tx: Database,
  alertId: string,
  ruleNo: number,
  { escalationId, at }: { readonly escalationId: string; readonly at: Date },
): Promise<void> {
  await tx.update(escalations).set({ escalationId, escalatedAt: at }).where(isRule(alertId, ruleNo))
}

/** What was escalated, and somebody on duty has answered that they have it, since the last look. */
export async function listTaken(
  db: Database,
): Promise<{ readonly alertId: string; readonly ruleNo: number }[]> {
  const rows = await db.execute<{ alertId: string; ruleNo: number }>(sql`
    select e.alert_id as "alertId", e.rule_no as "ruleNo" from escalations e
    where e.escalation_id is not null and e.taken_at is null
      and exists (select from tallies t where t.alert_id = e.escalation_id and t.dimension = 'total' and t.option = '1'
        group by t.option having sum(t.count) > 0)
    order by e.alert_id, e.rule_no limit 1000
  `)
  return [...rows]
}

/** @returns false where it was taken before */
export async function takeRule(
  tx: Database,
  alertId: string,
  ruleNo: number,
  now: Date,
): Promise<boolean> {
  const rows = await tx
    .update(escalations)
    .set({ takenAt: now })
    .where(and(isRule(alertId, ruleNo), isNull(escalations.takenAt)))
    .returning({ ruleNo: escalations.ruleNo })
  return rows.length > 0
}
