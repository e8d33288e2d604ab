/**
 * Imports: staged by COPY into a temporary table of one connection, then merged by sets.
 *
 * Staging takes no lock that anybody waits for and leaves nothing behind, whatever happens to it. A merge is a
 * transaction; in mode `replace` there is one, so that the list is the old one or the new one.
 */
import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { minutesOfWeek, multirangeOf, type WeeklySpan } from '../encoding/weekly-hours.ts'
import { AppError } from '../errors.ts'
import type { FaultValues } from '../faults.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import { arrayLiteral, type Database, type Session } from './database.ts'
import { importRejects, imports } from './schema.ts'

export type ImportMode = 'upsert' | 'replace'

export interface ImportCounts {
  readonly read: number
  /** Good rows. */
  readonly accepted: number
  readonly created: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
}

export interface ImportRecord extends ImportCounts {
  readonly id: string
  readonly mode: ImportMode
  readonly state: 'running' | 'completed' | 'failed'
  readonly failure: ImportFailure | undefined
  readonly startedAt: Date
  readonly finishedAt: Date | undefined
}

export interface ImportFailure {
  readonly code: string
  readonly detail: string
}

export async function insertImport(
  db: Database,
  row: { id: string; operatorId: string; mode: ImportMode },
): Promise<void> {
  await db.insert(imports).values({ ...row, state: 'running' })
}

/** Shows how far it is, and that it lives. */
export async function markImport(
  db: Database,
  id: string,
  counts: Pick<ImportCounts, 'read' | 'accepted' | 'rejected'>,
): Promise<void> {
  await db
    .update(imports)
    .set({ ...counts, aliveAt: sql`now()` })
    .where(and(eq(imports.id, id), eq(imports.state, 'running')))
}

export async function completeImport(
  tx: Database,
  id: string,
  counts: ImportCounts,
): Promise<void> {
  await tx
    .update(imports)
    .set({ ...counts, state: 'completed', finishedAt: sql`now()` })
    .where(eq(imports.id, id))
}

export async function failImport(
  db: Database,
  id: string,
  failure: ImportFailure,
  counts: Partial<ImportCounts>,
): Promise<void> {
  await db
    .update(imports)
    .set({ ...counts, state: 'failed', failure, finishedAt: sql`now()` })
    .where(and(eq(imports.id, id), eq(imports.state, 'running')))
}

/** A running import gives a sign of life every few seconds; one without has died with its process. */
export async function failDeadImports(db: Database, silentSeconds: number): Promise<void> {
  const failure: ImportFailure = {
    code: 'unavailable',
    detail: 'the process that read it died; import the file again',
  }
  await db
    .update(imports)
    .set({ state: 'failed', failure, finishedAt: sql`now()` })
    .where(
      and(
        eq(imports.state, 'running'),
        sql`${imports.aliveAt} < now() - make_interval(secs => ${silentSeconds}::int)`,
      ),
    )
}

export async function findImport(db: Database, id: string): Promise<ImportRecord | undefined> {
  const [row] = await db.select().from(imports).where(eq(imports.id, id))
  if (row === undefined) return undefined
  return {
    ...row,
    mode: row.mode as ImportMode,
    state: row.state as ImportRecord['state'],
    failure: (row.failure as ImportFailure | null) ?? undefined,
    finishedAt: row.finishedAt ?? undefined,
  }
}

export interface Reject {
  readonly line: number
  readonly column: string
  readonly reason: string
  /** Of the closed list of faults; null where the reason has none, or is older than the list. */
  readonly code: string | null
  readonly values: FaultValues | null
  readonly value: string
}

export async function insertRejects(
  db: Database,
  importId: string,
  rejects: readonly Reject[],
): Promise<void> {
  await db.execute(sql`
    insert into import_rejects (import_id, line, "column", reason, code, "values", value)
    select ${importId}::uuid, r.line, r."column", r.reason, r.code, r."values", r.value
    from unnest(
      ${arrayLiteral(rejects.map(reject => reject.line))}::bigint[],
      ${arrayLiteral(rejects.map(reject => reject.column))}::text[],
      ${arrayLiteral(rejects.map(reject => reject.reason))}::text[],
      ${arrayLiteral(rejects.map(reject => reject.code))}::text[],
      ${arrayLiteral(rejects.map(({ values }) => values && JSON.stringify(values)))}::jsonb[],
      ${arrayLiteral(rejects.map(reject => reject.value))}::text[]
    ) as r(line, "column", reason, code, "values", value)
  `)
}

/** Deleted in one transaction. */
const REJECTS_AT_ONCE = 20_000

/** What was turned down may be somebody's number: it is kept for as long as somebody may put the file right. */
export async function purgeRejects(db: Database, before: Date): Promise<void> {
  for (;;) {
    const { count } = await db.execute(sql`
      delete from import_rejects where ctid = any(array(
        select r.ctid from import_rejects r join imports i on i.id = r.import_id
        where i.finished_at < ${before.toISOString()}::timestamptz
        limit ${REJECTS_AT_ONCE} for update of r skip locked))
    `)
    if (count < REJECTS_AT_ONCE) return
  }
}

/** The rejects in the file's order, a few thousand at a time. */
export async function* readRejects(db: Database, importId: string): AsyncGenerator<Reject[]> {
  const batch = 5_000
  for (let after = 0; ;) {
    const rows = await db
      .select()
      .from(importRejects)
      .where(and(eq(importRejects.importId, importId), gt(importRejects.line, after)))
      .orderBy(asc(importRejects.line))
      .limit(batch)
    // A line may have several faults: what of the last one might be cut off comes with the next batch.
    const last = rows.at(-1)?.line
    const whole = rows.length < batch ? rows : rows.filter(row => row.line !== last)
    if (whole.length > 0) yield whole
    if (rows.length < batch || whole.length === 0) return
    after = whole.at(-1)!.line
  }
}

/** One import at a time: two would undo each other's rows. @returns false while another runs */
export async function takeImportLock(session: Session): Promise<boolean> {
  const [row] = await session.db.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_lock(${ADVISORY_LOCK.import}) as taken`,
  )
  return row?.taken === true
}

/** Prepares the connection: no statement of an import has a deadline, for a file may take its time. */
export async function openStaging(session: Session): Promise<void> {
  await session.db.execute(sql`select set_config('statement_timeout', '0', false),
    set_config('work_mem', '128MB', false),
    set_config('max_parallel_workers_per_gather', '0', false)`)
  await session.db.execute(sql`
    create temp table staged_contacts (
      line bigint not null, id uuid not null, phone text collate "C" not null, name text, language text,
      external_id text, consent text, email text, position point, hours jsonb, open_minutes int4multirange,
      group_ids uuid[]
    )
  `)
}

/** Gives the connection back as it was, the lock included. */
export async function closeStaging(session: Session): Promise<void> {
  await session.db.execute(sql`drop table if exists staged_contacts, known_contacts`)
  await session.db.execute(sql`reset all`)
  await session.db.execute(sql`select pg_advisory_unlock(${ADVISORY_LOCK.import})`)
}

/** A row of the staging table in COPY's text format, its line end included. */
export function stagedLine(
  line: number,
  id: string,
  row: {
    phone: string
    name: string
    language: string
    externalId: string
    consent: string
    email: string
    position: { longitude: number; latitude: number } | undefined
    hours: readonly WeeklySpan[] | undefined
    groupIds: readonly string[]
  },
): string {
  const { position, hours, groupIds } = row
  const point = position === undefined ? '\\N' : `(${position.longitude},${position.latitude})`
  // Of days and times, so that nothing in it needs escaping.
  const week =
    hours === undefined
      ? '\\N\t\\N'
      : `${JSON.stringify(hours)}\t${multirangeOf(minutesOfWeek(hours))}`
  const groups = groupIds.length === 0 ? '\\N' : `{${groupIds.join(',')}}`
  return `${line}\t${id}\t${row.phone}\t${copied(row.name)}\t${copied(row.language)}\t${copied(
    row.externalId,
  )}\t${copied(row.consent)}\t${copied(row.email)}\t${point}\t${week}\t${groups}\n`
}

function copied(text: string): string {
  if (text === '') return '\\N'
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text
}

export async function openCopy(session: Session): Promise<Writable> {
  return session.sql`copy staged_contacts from stdin`.writable()
}

/** @throws AppError `unavailable` if the server did not take every row */
export async function finishCopy(session: Session, copy: Writable, rows: number): Promise<void> {
  copy.end()
  await finished(copy, { signal: AbortSignal.timeout(60_000) })
  // The driver reports a COPY that failed at its end as finished.
  const [row] = await session.db.execute<{ staged: string }>(
    sql`select count(*) as staged from staged_contacts`,
  )
  if (Number(row?.staged) !== rows) {
    throw new AppError('unavailable', 'the database did not take every row; import the file again')
  }
}

/** Of rows with the same phone the last stays. @returns how many were dropped */
export async function dropStagedDuplicates(session: Session): Promise<number> {
  await session.db.execute(sql`analyze staged_contacts`)
  const { count } = await session.db.execute(sql`
    with doubled as (
      select phone, max(line) as last from staged_contacts group by phone having count(*) > 1
    )
    delete from staged_contacts s using doubled d where d.phone = s.phone and s.line < d.last
  `)
  return count
}

/** Finds out which staged rows are about people who are known already, and under which id. */
export async function matchStaged(db: Database): Promise<{ known: number; contacts: number }> {
  // A number that was made up for practice, and turns out to be somebody's, is theirs.
  await db.execute(sql`
    delete from contacts c using staged_contacts s where c.phone = s.phone and c.simulated
  `)
  await db.execute(sql`drop table if exists known_contacts`)
  await db.execute(sql`
    create temp table known_contacts as
    select s.line, c.id from staged_contacts s join contacts c on c.phone = s.phone
  `)
  await db.execute(sql`create unique index on known_contacts (line)`)
  await db.execute(sql`analyze known_contacts`)
  const [row] = await db.execute<{ known: string; contacts: string }>(sql`
    select (select count(*) from known_contacts) as known,
      (select count(*) from contacts where not simulated) as contacts
  `)
  return { known: Number(row?.known), contacts: Number(row?.contacts) }
}

export async function lastStagedLine(db: Database): Promise<number> {
  const [row] = await db.execute<{ line: string | null }>(
    sql`select max(line) as line from staged_contacts`,
  )
  return Number(row?.line ?? 0)
}

/** A row that changes nothing confirms its contact. To say so of each would write all of a list that comes daily. */
const CONFIRMED_DAYS = 30

/**
 * Merges the staged rows of a span of lines into contacts, locations and members. `keep`: a value that the row
 * leaves blank stays as it was, and lists are added to; `overwrite`: the row is all there is.
 *
 * @returns contacts made and contacts found; a phone that somebody added meanwhile is in neither
 */
export async function mergeStaged(
  tx: Database,
  { after, upTo, blanks }: { after: number; upTo: number; blanks: 'keep' | 'overwrite' },
  columns: { locations: boolean; hours: boolean; groups: boolean },
): Promise<{ created: number; updated: number }> {
  const span = sql`s.line > ${after} and s.line <= ${upTo}`
  const isNew = sql`not exists (select from known_contacts k where k.line = s.line)`
  const changes =
    blanks === 'overwrite'
      ? sql`s.name, s.language, s.external_id, s.consent, s.email`
      : sql`coalesce(s.name, c.name), coalesce(s.language, c.language),
          coalesce(s.external_id, c.external_id), coalesce(s.consent, c.consent),
          coalesce(s.email, c.email)`
  const isChanged = sql`(c.name, c.language, c.external_id, c.consent, c.email) is distinct from (${changes})`
  const [found] = await tx.execute<{ known: number }>(sql`
    select count(*)::int as known from known_contacts s where ${span}
  `)
  const updated = found?.known ?? 0
  if (updated > 0) {
    // First: a contact that changes tells its locations, and those that go need not hear it.
    if (columns.locations) await leaveOldPlaces(tx, { span, blanks })
    await tx.execute(sql`
      update contacts c
      set (name, language, external_id, consent, email) = row(${changes}), updated_at = now(),
        revision = c.revision + (${isChanged})::int
      from staged_contacts s join known_contacts k using (line)
      where ${span} and c.id = k.id and (${isChanged}
        or c.updated_at < now() - make_interval(days => ${CONFIRMED_DAYS}::int))
    `)
  }
  // Somebody may have added the same phone since the match: that contact stands, and the row is left out.
  const { count: created } = await tx.execute(sql`
    insert into contacts (id, phone, name, language, external_id, consent, email)
    select s.id, s.phone, s.name, s.language, s.external_id, s.consent, s.email
    from staged_contacts s where ${span} and ${isNew}
    order by s.line
    on conflict (phone) do nothing
  `)
  if (columns.locations) await mergeLocations(tx, { span, isNew, blanks, updated, created })
  if (columns.hours && updated > 0) await changeHours(tx, { span, blanks })
  if (columns.groups) await mergeMembers(tx, { span, blanks, updated })
  return { created, updated }
}

interface Rows {
  readonly span: ReturnType<typeof sql>
  readonly blanks: 'keep' | 'overwrite'
}

interface Span extends Rows {
  readonly updated: number
}

async function leaveOldPlaces(tx: Database, { span, blanks }: Rows): Promise<void> {
  const given = blanks === 'overwrite' ? sql`true` : sql`s.position is not null`
  await tx.execute(sql`
    delete from locations o using staged_contacts s join known_contacts k using (line)
    where ${span} and ${given} and o.contact_id = k.id and not exists (
      select from locations l where l.contact_id = k.id and l.sole and l.position ~= s.position)
  `)
}

async function mergeLocations(
  tx: Database,
  { span, isNew, updated, created }: Span & { isNew: ReturnType<typeof sql>; created: number },
): Promise<void> {
  if (created > 0) {
    // So that neighbours in the index are written together.
    await tx.execute(sql`
      insert into locations (contact_id, position, hours, open_minutes, sole, phone_key, language)
      select s.id, s.position, s.hours, s.open_minutes, true, phone_key(c.phone), coalesce(c.language, '')
      from staged_contacts s join contacts c on c.id = s.id
      where ${span} and s.position is not null and ${isNew}
      order by grid_number(s.position)
    `)
  }
  if (updated > 0) {
    await tx.execute(sql`
      insert into locations (contact_id, position, hours, open_minutes, sole, phone_key, language)
      select c.id, s.position, s.hours, s.open_minutes, true, phone_key(c.phone), coalesce(c.language, '')
      from staged_contacts s join known_contacts k using (line) join contacts c on c.id = k.id
      where ${span} and s.position is not null
        and not exists (select from locations l where l.contact_id = k.id)
      order by grid_number(s.position)
      for share of c
    `)
  }
}

/** Of places that stayed where they are. */
async function changeHours(tx: Database, { span, blanks }: Rows): Promise<void> {
  const given = blanks === 'overwrite' ? sql`true` : sql`s.hours is not null`
  await tx.execute(sql`
    update locations l set hours = s.hours, open_minutes = s.open_minutes
    from staged_contacts s join known_contacts k using (line)
    where ${span} and ${given} and s.position is not null and l.contact_id = k.id
      and l.position ~= s.position and l.hours is distinct from s.hours
  `)
}

async function mergeMembers(tx: Database, { span, blanks, updated }: Span): Promise<void> {
  const people = sql`staged_contacts s left join known_contacts k using (line)`
  if (blanks === 'overwrite' && updated > 0) {
    await tx.execute(sql`
      delete from group_members m using staged_contacts s join known_contacts k using (line)
      where ${span} and m.contact_id = k.id and m.group_id <> all(coalesce(s.group_ids, '{}'))
    `)
  }
  await tx.execute(sql`
    insert into group_members (group_id, contact_id)
    select g.id, c.id from ${people}
      cross join lateral unnest(s.group_ids) as g(id)
      join contacts c on c.id = coalesce(k.id, s.id)
    where ${span} and s.group_ids is not null
    on conflict do nothing
  `)
}

/** Removes every contact that the file doesn't name. @returns how many */
export async function removeUnstaged(tx: Database): Promise<number> {
  const gone = sql`not c.simulated and not exists (select from known_contacts k where k.id = c.id)
    and not exists (select from staged_contacts s where s.id = c.id)`
  await tx.execute(sql`
    delete from locations l using contacts c where c.id = l.contact_id and ${gone}
  `)
  await tx.execute(sql`
    delete from group_members m using contacts c where c.id = m.contact_id and ${gone}
  `)
  const { count } = await tx.execute(sql`delete from contacts c where ${gone}`)
  return count
}

/** Lets queries see the new rows as they are, and counts by the index alone. Not inside a transaction. */
export async function vacuumContacts(session: Session): Promise<void> {
  await session.sql`vacuum (analyze) contacts, locations, group_members`
}
