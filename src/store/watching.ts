import { sql } from 'drizzle-orm'
import type { AlertState } from './alerts.ts'
import type { CarrierRow } from './carriers.ts'
import { arrayLiteral, type Database } from './database.ts'
import type { HelpRequestState } from './help-requests.ts'
import type { MailingCounts } from './mailings.ts'
import { NO_CARRIER, SUMS, type ProgressCounts } from './progress.ts'
import type { TallyCount } from './tallies.ts'

export interface Alarm {
  readonly code: string
  readonly detail: string
  /** RFC 3339. */
  readonly since: string
}

/** What changes of an alert while it is sent, all of one moment. */
export interface WatchedAlert {
  readonly id: string
  readonly state: AlertState
  /** When its messages stop being worth delivering; null while nobody can say. */
  readonly worthUntil: Date | null
  /** Null before dispatch. */
  readonly recipients: number | null
  /** Null while it is a draft. */
  readonly contentDigest: string | null
  readonly alarms: readonly Alarm[]
  readonly firstSubmittedAt: Date | null
  readonly lastSubmittedAt: Date | null
  /** By carrier; undefined stands for those that no carrier has. */
  readonly counts: ReadonlyMap<string | undefined, ProgressCounts>
  readonly tallies: readonly TallyCount[]
  /** Recipients who asked for help, or may have, by how far people have come with them. */
  readonly requests: Readonly<Partial<Record<HelpRequestState, number>>>
  /** Of its letters; null where it goes as texts alone. */
  readonly mailing: MailingCounts | null
  /** What went out to remind of it, the oldest first. */
  readonly reminders: readonly WatchedReminder[]
  readonly escalations: readonly WatchedEscalation[]
  /** When the next reminder is due, at the earliest; null: none is left. */
  readonly remindAt: Date | null
  /** The exercise that it belongs to. */
  readonly exerciseId: string | null
}

/** Of those on duty, who were told when a rule said so. */
export interface WatchedEscalation {
  /** Of the rule, from 1 as people count. */
  readonly rule: number
  readonly alertId: string
  readonly at: string
  /** Somebody has answered that they have it; null: nobody yet. */
  readonly takenAt: string | null
}

export interface WatchedReminder {
  readonly alertId: string
  /** Null: made by hand. */
  readonly round: number | null
  readonly state: AlertState
  readonly recipients: number
  /** Handed to a carrier, delivered or not. */
  readonly left: number
  readonly delivered: number
}

/** Reads alerts with their counters in one statement, so that the figures of each fit each other. */
export async function readWatchedAlerts(
  db: Database,
  alertIds: readonly string[],
): Promise<WatchedAlert[]> {
  const rows = await db.execute<{
    id: string
    state: AlertState
    recipients: number | null
    content_digest: string | null
    alarms: Alarm[]
    worth_until_ms: number | null
    first_ms: number | null
    last_ms: number | null
    counts: (ProgressCounts & { carrier: string })[] | null
    tallies: TallyCount[] | null
    requests: Partial<Record<HelpRequestState, number>> | null
    mailing: MailingCounts | null
    reminders: WatchedReminder[] | null
    escalations: { rule: number; id: string; at_ms: number; taken_ms: number | null }[] | null
    remind_ms: number | null
    exercise_id: string | null
  }>(sql`
    select a.id, a.state, a.recipients, a.content_digest, a.alarms, a.exercise_id,
      (extract(epoch from coalesce(a.expires, a.dispatched_at + interval '1 day')) * 1000)::float8 as worth_until_ms,
      (extract(epoch from a.first_submitted_at) * 1000)::float8 as first_ms,
      (extract(epoch from a.last_submitted_at) * 1000)::float8 as last_ms,
      (select json_agg(c) from (
        select carrier_id as carrier, ${SUMS} from progress where alert_id = a.id group by carrier_id
      ) c) as counts,
      (select json_agg(t) from (
        select dimension, key, option, sum(count)::int as count from tallies where alert_id = a.id
        group by dimension, key, option
      ) t) as tallies,
      (select json_object_agg(state, count) from (
        select state, count(*)::int as count from help_requests where alert_id = a.id group by state
      ) r) as requests,
      (select json_build_object('letters', letters, 'sent', sent, 'failed', failed, 'expired', expired,
        'cancelled', cancelled, 'unknown', unknown, 'possibleDuplicates', possible_duplicates)
        from mailings where alert_id = a.id) as mailing,
      (select json_agg(r order by r.at) from (
        select m.id as "alertId", m.reminder_round as round, m.state, coalesce(m.recipients, 0) as recipients,
          m.dispatched_at as at,
          coalesce(sum(p.submitted + p.delivered + p.failed) filter (where p.carrier_id <> ${NO_CARRIER}::uuid), 0)::int
            + coalesce(sum(p.unknown), 0)::int as left,
          coalesce(sum(p.delivered), 0)::int as delivered
        from alerts m left join progress p on p.alert_id = m.id
        where m.reminder_of = a.id and m.dispatched_at is not null group by m.id
      ) r) as reminders,
      (select json_agg(e order by e.at_ms) from (
        select rule_no + 1 as rule, escalation_id as id,
          (extract(epoch from escalated_at) * 1000)::float8 as at_ms,
          (extract(epoch from taken_at) * 1000)::float8 as taken_ms
        from escalations where alert_id = a.id and escalation_id is not null
      ) e) as escalations,
      (extract(epoch from a.remind_at) * 1000)::float8 as remind_ms
    from alerts a
    where a.id = any(${arrayLiteral(alertIds)}::uuid[])
  `)
  return rows.map(row => ({
    id: row.id,
    state: row.state,
    recipients: row.recipients,
    contentDigest: row.content_digest,
    worthUntil: row.worth_until_ms === null ? null : new Date(row.worth_until_ms),
    alarms: row.alarms,
    firstSubmittedAt: row.first_ms === null ? null : new Date(row.first_ms),
    lastSubmittedAt: row.last_ms === null ? null : new Date(row.last_ms),
    counts: new Map(
      (row.counts ?? []).map(({ carrier, ...counts }) => [
        carrier === NO_CARRIER ? undefined : carrier,
        counts,
      ]),
    ),
    tallies: row.tallies ?? [],
    requests: row.requests ?? {},
    mailing: row.mailing,
    reminders: row.reminders ?? [],
    escalations: (row.escalations ?? []).map(({ rule, id, at_ms: at, taken_ms: taken }) => ({
      rule,
      alertId: id,
      at: new Date(at).toISOString(),
      takenAt: taken === null ? null : new Date(taken).toISOString(),
    })),
    remindAt: row.remind_ms === null ? null : new Date(row.remind_ms),
    exerciseId: row.exercise_id,
  }))
}

export interface NamedCarrier {
  readonly id: string
  readonly name: string
  readonly protocol: CarrierRow['protocol'] | 'simulated'
  /** Of a simulated one. */
  readonly exerciseId: string | null
  readonly enabled: boolean
}

/** All accounts by name, those that were deleted too: deliveries still name them. */
export async function readCarrierNames(db: Database): Promise<NamedCarrier[]> {
  return await db.execute<NamedCarrier & Record<string, unknown>>(sql`
    select id, name, protocol, enabled, exercise_id as "exerciseId" from carriers order by name
  `)
}

/** Which of these alerts there are. */
export async function existingAlerts(
  db: Database,
  alertIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from alerts where id = any(${arrayLiteral(alertIds)}::uuid[])
  `)
  return new Set(rows.map(row => row.id))
}
