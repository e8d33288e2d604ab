import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { operators, type ROLES } from './schema.ts'

/** GeoJSON polygons and geocodes: authority over the union of all of it. */
export interface Jurisdiction {
  readonly geometry?: GeoJsonArea | undefined
  readonly geocodes?: readonly { readonly valueName: string; readonly value: string }[] | undefined
}

export type GeoJsonArea =
  | { readonly type: 'Polygon'; readonly coordinates: number[][][] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: number[][][][] }

export interface Limits {
  readonly severities?: readonly string[] | undefined
  readonly events?: readonly string[] | undefined
  readonly maxRecipients?: number | undefined
}

export type OperatorRow = ReturnType<typeof readRow>

function readRow(row: typeof operators.$inferSelect) {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    // The columns hold what was checked when it was written.
    roles: row.roles as (typeof ROLES)[number][],
    jurisdiction: (row.jurisdiction ?? undefined) as Jurisdiction | undefined,
    limits: (row.limits ?? undefined) as Limits | undefined,
    createdAt: row.createdAt,
    disabledAt: row.disabledAt ?? undefined,
    revision: row.revision,
  }
}
