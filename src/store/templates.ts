import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { alertTemplates, templateReviews, templates, templateVersions } from './schema.ts'

export type TemplateRow = typeof templates.$inferSelect
export type TemplateVersionRow = typeof templateVersions.$inferSelect
export type TemplateReviewRow = typeof templateReviews.$inferSelect

/** @throws DatabaseError 23505 on `templates_name` */
export async function insertTemplate(
  db: Database,
  template: Omit<TemplateRow, 'revision' | 'updatedAt' | 'deletedAt'>,
): Promise<TemplateRow> {
  const [row] = await db
    .insert(templates)
    .values({ ...template, updatedAt: template.createdAt })
    .returning()
  return row as TemplateRow
}

/**
 * Raises the revision.
 *
 * @throws DatabaseError 23505 on `templates_name`
 */
export async function updateTemplate(
  db: Database,
  id: string,
  change: Partial<Pick<TemplateRow, 'name' | 'version' | 'deletedAt'>>,
  now: Date,
): Promise<TemplateRow> {
  const [row] = await db
    .update(templates)
    .set({ ...change, updatedAt: now, revision: sql`${templates.revision} + 1` })
    .where(eq(templates.id, id))
    .returning()
  return row as TemplateRow
}

/** Whether deleted or not. */
export async function findTemplate(db: Database, id: string): Promise<TemplateRow | undefined> {
  const [row] = await db.select().from(templates).where(eq(templates.id, id))
  return row
}

/** Unless it was deleted. */
export async function lockTemplate(db: Database, id: string): Promise<TemplateRow | undefined> {
  const [row] = await db
    .select()
    .from(templates)
    .where(and(eq(templates.id, id), isNull(templates.deletedAt)))
    .for('update')
  return row
}

/** By name, after the one given, with what their current version says. */
export async function listTemplates(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<{ row: TemplateRow; current: TemplateVersionRow }[]> {
  return db
    .select({ row: templates, current: templateVersions })
    .from(templates)
    .innerJoin(
      templateVersions,
      and(
        eq(templateVersions.templateId, templates.id),
        eq(templateVersions.version, templates.version),
      ),
    )
    .where(
      and(isNull(templates.deletedAt), after === undefined ? undefined : gt(templates.name, after)),
    )
    .orderBy(asc(templates.name))
    .limit(limit)
}

/** The keys of all that were ever loaded from what comes with the program, and the names that are taken. */
export async function knownTemplates(
  db: Database,
): Promise<{ starters: Set<string>; names: Set<string> }> {
  const starters = await db
    .select({ starter: templates.starter })
    .from(templates)
    .where(isNotNull(templates.starter))
  const names = await db
    .select({ name: templates.name })
    .from(templates)
    .where(isNull(templates.deletedAt))
  return {
    starters: new Set(starters.map(row => row.starter!)),
    names: new Set(names.map(row => row.name)),
  }
}

export async function insertVersion(db: Database, version: TemplateVersionRow): Promise<void> {
  await db.insert(templateVersions).values(version)
}

export async function findVersion(
  db: Database,
  templateId: string,
  version: number,
): Promise<TemplateVersionRow | undefined> {
  const [row] = await db
    .select()
    .from(templateVersions)
    .where(and(eq(templateVersions.templateId, templateId), eq(templateVersions.version, version)))
  return row
}

/** The newest first, before the one given. */
export async function listVersions(
  db: Database,
  templateId: string,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<TemplateVersionRow[]> {
  return db
    .select()
    .from(templateVersions)
    .where(
      and(
        eq(templateVersions.templateId, templateId),
        before === undefined ? undefined : lt(templateVersions.version, before),
      ),
    )
    .orderBy(desc(templateVersions.version))
    .limit(limit)
}

/** @returns false where the same was reviewed before */
export async function insertReview(db: Database, review: TemplateReviewRow): Promise<boolean> {
  const rows = await db
    .insert(templateReviews)
    .values(review)
    .onConflictDoNothing()
    .returning({ language: templateReviews.language })
  return rows.length > 0
}

/** Of these templates, in all their versions. */
export async function listReviews(
  db: Database,
  templateIds: readonly string[],
): Promise<TemplateReviewRow[]> {
  return db
    .select()
    .from(templateReviews)
    .where(inArray(templateReviews.templateId, [...templateIds]))
}

export type AlertTemplateRow = typeof alertTemplates.$inferSelect

export async function insertAlertTemplate(
  db: Database,
  made: Omit<AlertTemplateRow, 'partedAt'>,
): Promise<AlertTemplateRow> {
  const [row] = await db.insert(alertTemplates).values(made).returning()
  return row as AlertTemplateRow
}

export async function updateAlertTemplate(
  db: Database,
  alertId: string,
  change: Partial<Pick<AlertTemplateRow, 'version' | 'blanks' | 'texts' | 'partedAt'>>,
): Promise<AlertTemplateRow> {
  const [row] = await db
    .update(alertTemplates)
    .set(change)
    .where(eq(alertTemplates.alertId, alertId))
    .returning()
  return row as AlertTemplateRow
}

/** Undefined of an alert that was made of none. */
export async function findAlertTemplate(
  db: Database,
  alertId: string,
): Promise<AlertTemplateRow | undefined> {
  const [row] = await db.select().from(alertTemplates).where(eq(alertTemplates.alertId, alertId))
  return row
}
