/** Recipients who asked for help, and what people did about it. */
import { asc, eq, sql, type SQL } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { keyOfReplier, type Replier } from './replies.ts'
import {
  helpRequests,
  helpSteps,
  type HELP_OUTCOMES,
  type HELP_REQUEST_STATES,
  type HELP_STEPS,
} from './schema.ts'

export type HelpRequestState = (typeof HELP_REQUEST_STATES)[number]
export type HelpOutcome = (typeof HELP_OUTCOMES)[number]
export type HelpStepName = (typeof HELP_STEPS)[number]

/** Texts of one recipient that ask for help. */
export interface Asking extends Replier {
  readonly phone: string
  readonly areaNo: number
  /** By an urgent option or a call for help; else a text that may be one. */
  readonly certain: boolean
  /** The latest. */
  readonly inboundId: string
  readonly texts: number
}

const asked = (asking: readonly Asking[]): SQL => sql`unnest(
  ${arrayLiteral(asking.map(() => uuid()))}::uuid[],
  ${arrayLiteral(asking.map(one => one.alertId))}::uuid[],
  ${numberArray(asking.map(one => one.seq))}::int[],
  ${arrayLiteral(asking.map(one => one.phone))}::text[],
  ${numberArray(asking.map(one => one.areaNo))}::smallint[],
  ${arrayLiteral(asking.map(one => (one.certain ? 'true' : 'false')))}::boolean[],
  ${arrayLiteral(asking.map(one => one.inboundId))}::uuid[],
  ${numberArray(asking.map(one => one.texts))}::int[])
  as a(id, alert_id, seq, phone, area_no, certain, inbound_id, texts)`

/**
 * Opens a request of each, or notes that they asked again; one that was closed is open again. Each recipient once.
 * The revision moves where people would decide otherwise for it, and with no further text: or who floods us would
 * keep everybody from acting.
 *
 * @returns those whose request is open now and was not before
 */
export async function askForHelp(
  tx: Database,
  asking: readonly Asking[],
  now: Date,
): Promise<Replier[]> {
  const rows = await tx.execute<{ id: string; alert_id: string; seq: number; state: string }>(sql`
    select h.id, h.alert_id, h.seq, h.state
    from help_requests h join ${asked(asking)} on a.alert_id = h.alert_id and a.seq = h.seq
    order by h.alert_id, h.seq
    for update of h
  `)
  const closed = rows.filter(({ state }) => state === 'closed').map(({ id }) => id)
  const at = now.toISOString()
  await tx.execute(sql`
    insert into help_requests as h (id, alert_id, seq, phone, area_no, certain, asked_at, last_at, inbound_id, texts)
    select a.id, a.alert_id, a.seq, a.phone, a.area_no, a.certain, ${at}::timestamptz, ${at}::timestamptz,
      a.inbound_id, a.texts
    from ${asked(asking)} order by a.alert_id, a.seq
    on conflict (alert_id, seq) do update set
      certain = h.certain or excluded.certain,
      last_at = excluded.last_at,
      inbound_id = excluded.inbound_id,
      texts = h.texts + excluded.texts,
      state = case when h.state = 'closed' then 'open' else h.state end,
      operator_id = case when h.state = 'closed' then null else h.operator_id end,
      outcome = null,
      revision = h.revision + case when h.state = 'closed' or excluded.certain and not h.certain then 1 else 0 end
  `)
  for (const requestId of closed) {
    await insertHelpStep(tx, { requestId, at: now, operatorId: null, step: 'askedAgain' })
  }
  const known = new Set(rows.filter(({ state }) => state !== 'closed').map(keyOfRow))
  return asking.filter(one => !known.has(keyOfReplier(one)))
}

const keyOfRow = ({ alert_id: alertId, seq }: { alert_id: string; seq: number }) =>
  keyOfReplier({ alertId, seq })

/** The requests of these recipients. */
export async function findHelpRequestsOf(
  db: Database,
  repliers: readonly Replier[],
): Promise<HelpRequest[]> {
  const rows = await db.execute<RequestRow>(sql`
    select ${REQUEST} from help_requests h
    join unnest(${arrayLiteral(repliers.map(one => one.alertId))}::uuid[],
      ${numberArray(repliers.map(one => one.seq))}::int[]) as a(alert_id, seq)
      on a.alert_id = h.alert_id and a.seq = h.seq
    order by h.id
  `)
  return rows.map(requestOf)
}

export interface HelpRequest {
  readonly id: string
  readonly alertId: string
  readonly seq: number
  readonly phone: string
  readonly areaNo: number
  readonly state: HelpRequestState
  readonly certain: boolean
  readonly askedAt: Date
  readonly lastAt: Date
  /** The latest text that asks; null where it is no longer kept. */
  readonly text: string | null
  readonly texts: number
  /** What the recipient counts as now: the option may be another since. */
  readonly reply: string | null
  readonly operatorId: string | null
  readonly outcome: HelpOutcome | null
  readonly revision: number
}

const REQUEST =
  sql.raw(`h.id, h.alert_id as "alertId", h.seq, h.phone, h.area_no as "areaNo", h.state, h.certain,
  (extract(epoch from h.asked_at) * 1000)::float8 as "askedAt",
  (extract(epoch from h.last_at) * 1000)::float8 as "lastAt", h.texts,
  (select i.text from inbound i where i.id = h.inbound_id) as text,
  (select r.option from replies r where r.alert_id = h.alert_id and r.seq = h.seq) as reply,
  h.operator_id as "operatorId", h.outcome, h.revision`)

type RequestRow = Omit<HelpRequest, 'askedAt' | 'lastAt'> & {
  readonly askedAt: number
  readonly lastAt: number
} & Record<string, unknown>

const requestOf = ({ askedAt, lastAt, ...row }: RequestRow): HelpRequest => ({
  ...row,
  askedAt: new Date(askedAt),
  lastAt: new Date(lastAt),
})

/** Who asked, and of these who was taken on or is closed. */
export async function countHelpRequests(
  db: Database,
  alertId: string,
): Promise<{ asked: number; handled: number }> {
  const [row] = await db.execute<{ asked: number; handled: number }>(sql`
    select count(*)::int as asked, count(*) filter (where state <> 'open')::int as handled
    from help_requests where alert_id = ${alertId}::uuid
  `)
  return row!
}

export interface HelpRequestFilter {
  readonly state?: HelpRequestState | undefined
  readonly operatorId?: string | undefined
  readonly areaNo?: number | undefined
  readonly certain?: boolean | undefined
}

/** An alert's, in the order in which they first asked, after the one given. */
export async function listHelpRequests(
  db: Database,
  alertId: string,
  { state, operatorId, areaNo, certain }: HelpRequestFilter,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<HelpRequest[]> {
  const conditions = [
    sql`h.alert_id = ${alertId}::uuid`,
    ...(state === undefined ? [] : [sql`h.state = ${state}`]),
    ...(operatorId === undefined ? [] : [sql`h.operator_id = ${operatorId}::uuid`]),
    ...(areaNo === undefined ? [] : [sql`h.area_no = ${areaNo}::smallint`]),
    ...(certain === undefined ? [] : [sql`h.certain = ${certain}::boolean`]),
    ...(after === undefined ? [] : [sql`h.id > ${after}::uuid`]),
  ]
  const rows = await db.execute<RequestRow>(sql`
    select ${REQUEST} from help_requests h
    where ${sql.join(conditions, sql` and `)}
    order by h.id limit ${limit}
  `)
  return rows.map(requestOf)
}

export async function findHelpRequest(db: Database, id: string): Promise<HelpRequest | undefined> {
  const [row] = await db.execute<RequestRow>(sql`
    select ${REQUEST} from help_requests h where h.id = ${id}::uuid
  `)
  return row && requestOf(row)
}

/** Locks the row until the transaction ends: whoever acts on a request does it one after the other. */
export async function lockHelpRequest(tx: Database, id: string): Promise<HelpRequest | undefined> {
  await tx.execute(sql`select from help_requests where id = ${id}::uuid for update`)
  return findHelpRequest(tx, id)
}

export async function updateHelpRequest(
  tx: Database,
  id: string,
  change: {
    readonly state: HelpRequestState
    readonly operatorId: string | null
    readonly outcome: HelpOutcome | null
  },
): Promise<void> {
  await tx
    .update(helpRequests)
    .set({ ...change, revision: sql`${helpRequests.revision} + 1` })
    .where(eq(helpRequests.id, id))
}

export interface HelpStep {
  readonly requestId: string
  readonly at: Date
  /** Null: the person asked again. */
  readonly operatorId: string | null
  readonly step: HelpStepName
  readonly toOperatorId?: string | null
  readonly outcome?: HelpOutcome | null
  readonly note?: string | null
}

export async function insertHelpStep(tx: Database, step: HelpStep): Promise<void> {
  await tx.insert(helpSteps).values({ id: uuid(), ...step })
}

/** What was done about a request, in its order; a thousand at the most. */
export async function listHelpSteps(
  db: Database,
  requestId: string,
): Promise<(Required<HelpStep> & { readonly id: string })[]> {
  const rows = await db
    .select()
    .from(helpSteps)
    .where(eq(helpSteps.requestId, requestId))
    .orderBy(asc(helpSteps.id))
    .limit(1_000)
  return rows as (Required<HelpStep> & { readonly id: string })[]
}
