import { isNotNull, sql, type SQL } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import type { Database } from './database.ts'
import { groups } from './schema.ts'

/**
 * Whom a group made of others holds: whoever is in any of them (`union`), in all of them (`intersection`), in the
 * first and in none of the rest (`difference`).
 */
export type Combined<Leaf extends string | number> =
  | { readonly union: readonly Expression<Leaf>[] }
  | { readonly intersection: readonly Expression<Leaf>[] }
  | { readonly difference: readonly Expression<Leaf>[] }

/** A leaf is a group: its id, or its place in a list. */
export type Expression<Leaf extends string | number> = Leaf | Combined<Leaf>

/** As it is stored, over ids. */
export type GroupExpression = Combined<string>

export type Operation = 'union' | 'intersection' | 'difference'

export function partsOf<Leaf extends string | number>(
  combined: Combined<Leaf>,
): { operation: Operation; operands: readonly Expression<Leaf>[] } {
  if ('union' in combined) return { operation: 'union', operands: combined.union }
  if ('difference' in combined) return { operation: 'difference', operands: combined.difference }
  return { operation: 'intersection', operands: combined.intersection }
}

/** As many groups as there are bits of a non-negative bigint to gather a person's groups in. */
export const MAX_LEAVES = 60

/** Whether a person is in it whose groups, by their places, are the bits of a bigint. */
export function isHeld(expression: Expression<number>, bits: SQL): SQL {
  if (typeof expression === 'number') {
    return sql`${bits} & ${String(1n << BigInt(expression))}::bigint <> 0`
  }
  const { operation, operands } = partsOf(expression)
  const terms = operands.map((operand, no) => {
    const term = sql`(${isHeld(operand, bits)})`
    return operation === 'difference' && no > 0 ? sql`not ${term}` : term
  })
  return sql.join(terms, operation === 'union' ? sql` or ` : sql` and `)
}

/** Held to the end of the transaction: of two changes that together close a circle, one sees the other. */
export async function lockExpressions(tx: Database): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.groupExpressions})`)
}

export interface MadeGroupRow {
  readonly id: string
  readonly name: string
  readonly expression: GroupExpression
}

/** All groups that are made of others. */
export async function listMadeGroups(db: Database): Promise<MadeGroupRow[]> {
  const rows = await db
    .select({ id: groups.id, name: groups.name, expression: groups.expression })
    .from(groups)
    .where(isNotNull(groups.expression))
  return rows.map(row => ({ ...row, expression: row.expression as GroupExpression }))
}
