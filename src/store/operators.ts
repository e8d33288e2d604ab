import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { operators, type ROLES } from './schema.ts'

/** GeoJSON polygons and geocodes: authority over the union of all of it. */
export interface Jurisdiction {
  readonly geometry?: GeoJsonArea | undefined
  readonly geocodes?: readonly { readonly valueName: string; readonly value: string }[] | undefined
}

type GeoJsonArea =
  | { readonly type: 'Polygon'; readonly coordinates: number[][][] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: number[][][][] }

export interface Limits {
  readonly severities?: readonly string[] | undefined
  readonly events?: readonly string[] | undefined
  readonly maxRecipients?: number | undefined
}

export interface OperatorRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly (typeof ROLES)[number][]
  readonly jurisdiction: Jurisdiction | undefined
  readonly limits: Limits | undefined
  readonly createdAt: Date
  readonly disabledAt: Date | undefined
  readonly revision: number
  /** The feed whose rule writes in this name; undefined: a person. */
  readonly feedId: string | undefined
}

export function operatorFromRow(row: typeof operators.$inferSelect): OperatorRow {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    // The columns hold what was checked when it was written.
    roles: row.roles as (typeof ROLES)[number][],
    jurisdiction: row.jurisdiction ?? undefined,
    limits: row.limits ?? undefined,
    createdAt: row.createdAt,
    disabledAt: row.disabledAt ?? undefined,
    revision: row.revision,
    feedId: row.feedId ?? undefined,
  }
}

export type NewOperator = Pick<OperatorRow, 'id' | 'email' | 'name' | 'roles' | 'createdAt'> &
  Partial<Pick<OperatorRow, 'jurisdiction' | 'limits' | 'feedId'>> & {
    readonly passwordHash: string | undefined
  }

/** @throws DatabaseError 23505 on `operators_email_unique` */
export async function insertOperator(db: Database, operator: NewOperator): Promise<OperatorRow> {
  const { passwordHash = null, jurisdiction = null, limits = null, ...rest } = operator
  const values = { ...rest, roles: [...rest.roles], passwordHash, jurisdiction, limits }
  const [row] = await db.insert(operators).values(values).returning()
  return operatorFromRow(row as typeof operators.$inferSelect)
}

/** Whoever writes by the rule of this feed, disabled or not. */
export async function findFeedOperator(
  db: Database,
  feedId: string,
): Promise<OperatorRow | undefined> {
  const [row] = await db.select().from(operators).where(eq(operators.feedId, feedId))
  return row && operatorFromRow(row)
}

export async function findOperator(db: Database, id: string): Promise<OperatorRow | undefined> {
  const [row] = await db.select().from(operators).where(eq(operators.id, id))
  return row && operatorFromRow(row)
}

/** Whoever is not disabled and no feed's rule, by email. */
export async function listActivePeople(
  db: Database,
): Promise<{ readonly id: string; readonly email: string }[]> {
  const { id, email, disabledAt, feedId } = operators
  return db
    .select({ id, email })
    .from(operators)
    .where(and(isNull(disabledAt), isNull(feedId)))
    .orderBy(asc(email))
}

/** By id; ids that nobody has are missing. */
export async function readOperatorNames(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const { id, name } = operators
  const rows = await db
    .select({ id, name })
    .from(operators)
    .where(inArray(id, [...new Set(ids)]))
  return new Map(rows.map(row => [row.id, row.name]))
}

export async function lockOperator(db: Database, id: string): Promise<OperatorRow | undefined> {
  const [row] = await db.select().from(operators).where(eq(operators.id, id)).for('update')
  return row && operatorFromRow(row)
}

export async function findPassword(
  db: Database,
  email: string,
): Promise<{ operator: OperatorRow; passwordHash: string | null } | undefined> {
  const [row] = await db.select().from(operators).where(eq(operators.email, email))
  return row && { operator: operatorFromRow(row), passwordHash: row.passwordHash }
}

/** By email, after the one given. */
export async function listOperators(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<OperatorRow[]> {
  const rows = await db
    .select()
    .from(operators)
    .where(after === undefined ? undefined : gt(operators.email, after))
    .orderBy(asc(operators.email))
    .limit(limit)
  return rows.map(operatorFromRow)
}

/** Everybody there is and was, by id, after the one given. */
export async function listPeople(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Pick<OperatorRow, 'id' | 'name' | 'roles' | 'disabledAt' | 'feedId'>[]> {
  const rows = await db
    .select()
    .from(operators)
    .where(after === undefined ? undefined : gt(operators.id, after))
    .orderBy(asc(operators.id))
    .limit(limit)
  return rows.map(operatorFromRow)
}

/** What an edit may set; `null` takes a jurisdiction or limits away. */
export interface OperatorChange {
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly roles?: readonly (typeof ROLES)[number][] | undefined
  readonly jurisdiction?: Jurisdiction | null | undefined
  readonly limits?: Limits | null | undefined
  readonly passwordHash?: string | undefined
  readonly disabledAt?: Date | null | undefined
}

/** Raises the revision. @throws DatabaseError 23505 on `operators_email_unique` */
export async function updateOperator(
  db: Database,
  id: string,
  change: OperatorChange,
): Promise<OperatorRow> {
  const { roles, ...rest } = change
  const values = { ...rest, ...(roles && { roles: [...roles] }) }
  const [row] = await db
    .update(operators)
    .set({ ...values, revision: sql`${operators.revision} + 1` })
    .where(eq(operators.id, id))
    .returning()
  return operatorFromRow(row as typeof operators.$inferSelect)
}

/** Every administrator who can act, locked: two who disable each other at once do it in turn. */
export async function lockAdministrators(db: Database): Promise<string[]> {
  const rows = await db
    .select({ id: operators.id })
    .from(operators)
    .where(and(isNull(operators.disabledAt), sql`'administrator' = any(${operators.roles})`))
    .orderBy(asc(operators.id))
    .for('update')
  return rows.map(row => row.id)
}

export async function countOperators(db: Database): Promise<number> {
  return db.$count(operators)
}
