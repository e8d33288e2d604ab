/** Shapes by code that administrators loaded: several versions of a set, of which one is current. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Shape } from '../geometry/shape.ts'
import { arrayLiteral, type Database } from './database.ts'
import { geocodeSets, geocodeShapes } from './schema.ts'

export interface GeocodeSetRow {
  readonly id: string
  readonly valueName: string
  readonly version: string
  readonly description: string | undefined
  readonly codes: number
  readonly corners: number
  readonly loadedAt: Date
}

export interface StoredShape {
  readonly code: string
  readonly part: number
  readonly name: string
  readonly shape: Shape
}

/** Begins a version that nobody sees before `completeSet`. */
export async function insertSet(
  db: Database,
  set: Pick<GeocodeSetRow, 'id' | 'valueName' | 'description'>,
): Promise<void> {
  const { id, description } = set
  const unfinished = { version: id, codes: 0, corners: 0, isCurrent: false }
  await db.insert(geocodeSets).values({ ...set, ...unfinished, description: description ?? null })
}

export async function insertShapes(
  db: Database,
  setId: string,
  shapes: readonly StoredShape[],
): Promise<void> {
  const texts = (of: (shape: StoredShape) => string) => sql`${arrayLiteral(shapes.map(of))}::text[]`
  await db.execute(sql`
    insert into geocode_shapes (set_id, code, part, name, shape)
    select ${setId}::uuid, s.code, s.part, s.name, s.shape::json
    from unnest(${texts(one => one.code)}, ${arrayLiteral(shapes.map(one => one.part))}::int[],
      ${texts(one => one.name)}, ${texts(one => JSON.stringify(one.shape))}) as s(code, part, name, shape)
  `)
}

/**
 * Makes a loaded version the current one. Where the same had been loaded before, that one is current again, and
 * the new copy goes.
 */
export async function completeSet(
  tx: Database,
  set: Pick<GeocodeSetRow, 'id' | 'valueName' | 'version' | 'codes' | 'corners' | 'description'>,
): Promise<void> {
  const { id, valueName, version, codes, corners } = set
  const description = set.description ?? null
  const [same] = await tx
    .select({ id: geocodeSets.id })
    .from(geocodeSets)
    .where(and(eq(geocodeSets.valueName, valueName), eq(geocodeSets.version, version)))
  await tx
    .update(geocodeSets)
    .set({ isCurrent: false })
    .where(and(eq(geocodeSets.valueName, valueName), eq(geocodeSets.isCurrent, true)))
  if (same !== undefined) await dropSet(tx, id)
  await tx
    .update(geocodeSets)
    .set({ version, codes, corners, description, isCurrent: true, loadedAt: sql`now()` })
    .where(eq(geocodeSets.id, same?.id ?? id))
}

export async function dropSet(db: Database, id: string): Promise<void> {
  await db.delete(geocodeSets).where(eq(geocodeSets.id, id))
}

/** One load, replacement or removal of a set after the other, until the transaction ends. */
export async function lockSet(tx: Database, valueName: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended('geocode set ' || ${valueName}::text, 0))`,
  )
}

export async function findCurrentSet(
  db: Database,
  valueName: string,
): Promise<GeocodeSetRow | undefined> {
  const [row] = await currentSets(db, [valueName])
  return row
}

export async function currentSets(
  db: Database,
  valueNames: readonly string[],
): Promise<GeocodeSetRow[]> {
  if (valueNames.length === 0) return []
  const rows = await db
    .select()
    .from(geocodeSets)
    .where(
      and(
        eq(geocodeSets.isCurrent, true),
        sql`${geocodeSets.valueName} = any(${arrayLiteral(valueNames)}::text[])`,
      ),
    )
  return rows.map(setFromRow)
}

/** By name, after the one given. */
export async function listCurrentSets(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<GeocodeSetRow[]> {
  const rows = await db
    .select()
    .from(geocodeSets)
    .where(
      and(
        eq(geocodeSets.isCurrent, true),
        after === undefined ? undefined : gt(geocodeSets.valueName, after),
      ),
    )
    .orderBy(asc(geocodeSets.valueName))
    .limit(limit)
  return rows.map(setFromRow)
}

/** A version that stands or still stands; undefined if it is gone. */
export async function findSetVersion(
  db: Database,
  valueName: string,
  version: string,
): Promise<GeocodeSetRow | undefined> {
  const [row] = await db
    .select()
    .from(geocodeSets)
    .where(and(eq(geocodeSets.valueName, valueName), eq(geocodeSets.version, version)))
  return row === undefined ? undefined : setFromRow(row)
}

/** The parts of the codes, as they were loaded. */
export async function findShapes(
  db: Database,
  setId: string,
  codes: readonly string[],
): Promise<StoredShape[]> {
  const rows = await db
    .select()
    .from(geocodeShapes)
    .where(
      and(
        eq(geocodeShapes.setId, setId),
        sql`${geocodeShapes.code} = any(${arrayLiteral(codes)}::text[])`,
      ),
    )
    .orderBy(asc(geocodeShapes.code), asc(geocodeShapes.part))
  return rows.map(row => ({ ...row, shape: row.shape as Shape }))
}

export async function listCodes(
  db: Database,
  setId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<{ code: string; name: string }[]> {
  return db
    .select({ code: geocodeShapes.code, name: geocodeShapes.name })
    .from(geocodeShapes)
    .where(
      and(
        eq(geocodeShapes.setId, setId),
        eq(geocodeShapes.part, 0),
        after === undefined ? undefined : gt(geocodeShapes.code, after),
      ),
    )
    .orderBy(asc(geocodeShapes.code))
    .limit(limit)
}

/** Versions that were replaced, and that no alert between submission and its end was signed for; broken loads too. */
export async function dropUnusedVersions(tx: Database): Promise<void> {
  await tx.execute(sql`
    delete from geocode_sets s
    where not s.is_current
      and (s.version <> s.id::text or s.loaded_at < now() - interval '1 day')
      and not exists (
        select from alerts a cross join lateral jsonb_array_elements(
          convert_from(a.content, 'UTF8')::jsonb -> 'geocodeSets') as signed
        where a.state in ('submitted', 'approved', 'sending', 'paused') and a.content is not null
          and signed ->> 'valueName' = s.value_name
          and position(s.version in signed ->> 'version') > 0)
  `)
}

/** Who names codes of the set: alerts that have not ended, groups, jurisdictions. */
export async function countUses(
  tx: Database,
  valueName: string,
): Promise<{ alerts: number; groups: number; operators: number }> {
  const names = sql`jsonb_build_object('name', ${valueName}::text)`
  const named = (document: ReturnType<typeof sql>, path: string) =>
    sql`jsonb_path_exists(${document}, ${path}::jsonpath, ${names})`
  const [row] = await tx.execute<{ alerts: number; groups: number; operators: number }>(sql`
    select
      (select count(*)::int from alerts
        where state in ('draft', 'submitted', 'approved', 'sending', 'paused')
          and ${named(sql`draft`, '$.info[*].area[*].geocode[*] ? (@.valueName == $name)')}) as alerts,
      (select count(*)::int from groups
        where ${named(sql`area`, '$.geocode[*] ? (@.valueName == $name)')}) as groups,
      (select count(*)::int from operators
        where ${named(sql`jurisdiction`, '$.geocodes[*] ? (@.valueName == $name)')}) as operators
  `)
  return row ?? { alerts: 0, groups: 0, operators: 0 }
}

function setFromRow(row: typeof geocodeSets.$inferSelect): GeocodeSetRow {
  return { ...row, description: row.description ?? undefined }
}
