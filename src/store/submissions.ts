import { sql } from 'drizzle-orm'
import { arrayLiteral, hexArray, numberArray, type Database } from './database.ts'

/** Message ids of one block's recipients, given by one carrier: a row, never changed. */
export interface Submissions {
  readonly no: number
  readonly carrierId: string
  readonly alertId: string
  readonly blockNo: number
  /** Segments that a message of these took; undefined: as many as its text was approved with. */
  readonly parts?: number | undefined
  readonly ids: readonly string[]
  /** 4 octets an id: the recipient's offset in the block (2, big-endian), the segment, the try. */
  readonly refs: Buffer
}

/** Ids are stored one a line; the few that hold a line feed are looked for by what stands in its place. */
export function storedId(id: string): string {
  return id.includes('\n') ? id.replaceAll('\n', '\u2424') : id
}

/** Ids as a row holds them. No line is empty. */
export function storedIds(ids: readonly string[]): string {
  const lines = ids.join('\n')
  let feeds = 0
  for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) feeds++
  // Nearly always there are but those between the ids.
  return feeds === ids.length - 1 ? lines : ids.map(storedId).join('\n')
}

export async function insertSubmissions(
  tx: Database,
  batchId: string,
  submissions: readonly Omit<Submissions, 'no'>[],
): Promise<Submissions[]> {
  if (submissions.length === 0) return []
  const rows = await tx.execute<{ no: string }>(sql`
    with given as (
      select * from unnest(
        ${arrayLiteral(submissions.map(one => one.carrierId))}::uuid[],
        ${arrayLiteral(submissions.map(one => one.alertId))}::uuid[],
        ${numberArray(submissions.map(one => one.blockNo))}::int[],
        ${arrayLiteral(submissions.map(one => one.parts?.toString() ?? null))}::smallint[],
        ${arrayLiteral(submissions.map(one => storedIds(one.ids)))}::text[],
        ${hexArray(submissions.map(one => one.refs))}::text[]
      ) with ordinality as g(carrier_id, alert_id, block_no, parts, ids, refs, n)
    )
    insert into submissions (carrier_id, batch_id, alert_id, block_no, parts, ids, refs)
    select carrier_id, ${batchId}::uuid, alert_id, block_no, parts, ids, decode(refs, 'hex') from given order by n
    returning no
  `)
  return submissions.map((one, i) => ({ ...one, no: Number(rows[i]?.no) }))
}

/**
 * Claims a batch whose receipts are overdue, for one dispatcher to ask the carrier about: so many minutes after it was
 * taken, and from then on whenever it is twice as old. Longer than the carrier keeps a message nobody asks.
 */
export async function claimOverdue(
  db: Database,
  carrierId: string,
  { afterMinutes, withinHours }: { readonly afterMinutes: number; readonly withinHours: number },
): Promise<Submissions | undefined> {
  const [row] = await db.execute<Row>(sql`
    with due as materialized (
      select s.carrier_id, s.no from submissions s
      where s.carrier_id = ${carrierId}::uuid
        and s.at <= now() - make_interval(mins => ${afterMinutes}::int)
        and s.at > now() - make_interval(hours => ${withinHours}::int)
        and (s.looked_at is null or now() - s.looked_at >= s.looked_at - s.at)
      order by s.no limit 1 for update skip locked
    )
    update submissions s set looked_at = now()
    from due d where s.carrier_id = d.carrier_id and s.no = d.no
    returning s.no, s.carrier_id, s.alert_id, s.block_no, s.parts, s.ids, s.refs
  `)
  return row && submissionsOf(row)
}

/** What of a batch has been written before. */
export async function readBatch(db: Database, batchId: string): Promise<Submissions[]> {
  const rows = await db.execute<Row>(sql`
    select ${columns} from submissions where batch_id = ${batchId}::uuid
  `)
  return rows.map(submissionsOf)
}

/** Carriers send no receipt later than this. */
const RECEIPT_HOURS = 72

/**
 * A transaction that began so long ago has ended, and so has each that had taken a number before it took its own: the
 * deadlines of `database.ts` end one within half of this, even where its process stands still in the midst of it.
 */
const SETTLED_SECONDS = 60

/**
 * Which batches of a carrier may still get receipts, newer than `after`, oldest first.
 * @returns with them, the number up to which no batch is to come any more; 0: there is none
 */
export async function submissionNosAfter(
  db: Database,
  carrierId: string,
  after: number,
): Promise<{ nos: number[]; settled: number }> {
  const rows = await db.execute<{ no: string; is_settled: boolean }>(sql`
    select no, at < now() - make_interval(secs => ${SETTLED_SECONDS}::int) as is_settled
    from submissions where carrier_id = ${carrierId}::uuid and no > ${after}::bigint
      and at > now() - make_interval(hours => ${RECEIPT_HOURS}::int)
    order by no
  `)
  const settled = rows.findLast(row => row.is_settled)
  return { nos: rows.map(row => Number(row.no)), settled: Number(settled?.no ?? 0) }
}

export async function readSubmissions(
  db: Database,
  carrierId: string,
  nos: readonly number[],
): Promise<Submissions[]> {
  const rows = await db.execute<Row>(sql`
    select ${columns} from submissions
    where carrier_id = ${carrierId}::uuid and no = any(${numberArray(nos)}::bigint[])
    order by no
  `)
  return rows.map(submissionsOf)
}

/** An id that a batch has given, and to whom. */
export interface GivenId extends Pick<Submissions, 'alertId' | 'blockNo' | 'parts'> {
  readonly id: string
  /** As `refs` hold it. */
  readonly ref: number
}

/** Looks for ids in single batches; those that stand in none of theirs are missing. @returns the newest first */
export async function findInSubmissions(
  db: Database,
  carrierId: string,
  looks: readonly { readonly no: number; readonly id: string }[],
): Promise<GivenId[]> {
  if (looks.length === 0) return []
  const rows = await db.execute<FoundRow>(sql`
    select l.n::int as n, s.alert_id, s.block_no, s.parts, substring(s.refs from 4 * p.place - 3 for 4) as ref
    from unnest(
        ${numberArray(looks.map(look => look.no))}::bigint[],
        ${arrayLiteral(looks.map(look => storedId(look.id)))}::text[]
      ) with ordinality as l(no, id, n)
      join submissions s on s.carrier_id = ${carrierId}::uuid and s.no = l.no
      cross join lateral (select array_position(string_to_array(s.ids, e'\n'), l.id) as place) p
    where p.place is not null
    order by s.no desc
  `)
  return rows.map(({ n, alert_id: alertId, block_no: blockNo, parts, ref }) => ({
    id: looks[n - 1]!.id,
    alertId,
    blockNo,
    parts: parts ?? undefined,
    ref: ref.readUInt32BE(),
  }))
}

interface FoundRow extends Record<string, unknown> {
  readonly n: number
  readonly alert_id: string
  readonly block_no: number
  readonly parts: number | null
  readonly ref: Buffer
}

interface Row extends Record<string, unknown> {
  readonly no: string
  readonly carrier_id: string
  readonly alert_id: string
  readonly block_no: number
  readonly parts: number | null
  readonly ids: string
  readonly refs: Buffer
}

const columns = sql.raw('no, carrier_id, alert_id, block_no, parts, ids, refs')

const submissionsOf = (row: Row): Submissions => ({
  no: Number(row.no),
  carrierId: row.carrier_id,
  alertId: row.alert_id,
  blockNo: row.block_no,
  parts: row.parts ?? undefined,
  ids: row.ids.split('\n'),
  refs: row.refs,
})
