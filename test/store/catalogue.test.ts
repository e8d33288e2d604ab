import { getTableName, is, sql } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import * as schema from '../../src/store/schema.ts'
import { test } from '../support/database.ts'

const tables = Object.values(schema).filter(value => is(value, PgTable))

test('a migrated database has the columns of the schema, no more and no fewer', async ({ db }) => {
  const found = await db.execute<{ column: string }>(sql`
    select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end as column
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and a.attnum > 0 and not a.attisdropped`)
  // PostgreSQL's own spelling of each type comes from PostgreSQL: a cast of null to it.
  const types = new Map<string, string>()
  for (const type of new Set(tables.flatMap(t => getTableConfig(t).columns).map(sqlType))) {
    const [row] = await db.execute<{ name: string }>(sql`
      select format_type(to_regtype(${type})::oid, to_regtypemod(${type})) as name`)
    types.set(type, row?.name ?? type)
  }
  const declared = tables.flatMap(table =>
    getTableConfig(table).columns.map(
      column =>
        `${getTableName(table)}.${column.name} ${types.get(sqlType(column))}` +
        (column.notNull || column.primary || inPrimaryKey(table, column.name) ? ' not null' : ''),
    ),
  )
  expect(found.map(row => row.column).sort()).toEqual(declared.sort())
})

test('a migrated database has the constraints and indexes of the schema', async ({ db }) => {
  const found = await db.execute<{ name: string }>(sql`
    select conname as name from pg_constraint
    where connamespace = 'public'::regnamespace and contype = 'c'
    union all
    select indexrelid::regclass::text from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and not indisprimary
      and not exists (select 1 from pg_constraint where conindid = indexrelid)`)
  const declared = tables
    .map(getTableConfig)
    .flatMap(table => [
      ...table.checks.map(check => check.name),
      ...table.indexes.map(index => index.config.name ?? ''),
    ])
  expect(found.map(row => row.name.replaceAll('"', '')).sort()).toEqual(declared.sort())
})

function sqlType(column: { getSQLType(): string }): string {
  const type = column.getSQLType()
  // Serials are integers with a default.
  return type.replace(/^bigserial$/, 'bigint').replace(/^serial$/, 'integer')
}

function inPrimaryKey(table: PgTable, column: string): boolean {
  return getTableConfig(table).primaryKeys.some(key => key.columns.some(c => c.name === column))
}
