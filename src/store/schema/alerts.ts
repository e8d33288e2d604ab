/** Alerts: what is signed, by whom, and what has happened to each. */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { KeptAssertion } from '../../signing/kept-assertions.ts'
import { at, bytea, oneOf } from './columns.ts'
import { exercises } from './exercises.ts'
import { MODES, operators } from './organisation.ts'

export const ALERT_STATES = [
  'draft',
  'submitted',
  'approved',
  'rejected',
  'sending',
  'paused',
  'sent',
  'stopped',
  'expired',
] as const

export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey(),
    revision: integer('revision').notNull().default(1),
    state: text('state').notNull(),
    mode: text('mode').notNull(),
    status: text('status').notNull(),
    msgType: text('msg_type').notNull(),
    /** CAP severity of the worst block; what goes first follows from it: see `priority`. */
    severity: text('severity').notNull(),
    /** The exercise that it belongs to; null of a live one, and of a drill outside any. */
    exerciseId: uuid('exercise_id').references(() => exercises.id),
    /** The alert as its author wrote it (API.md, `POST /v1/alerts`), checked. */
    draft: jsonb('draft').notNull(),
    /** The frozen canonical bytes that both signed; null while it is a draft. */
    content: bytea('content'),
    contentDigest: text('content_digest'),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => operators.id),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    sent: at('sent'),
    maxRecipients: integer('max_recipients'),
    minRecipients: integer('min_recipients'),
    delivery: text('delivery').notNull(),
    /** The latest `expires` of the blocks: nothing of it is sent after this. */
    expires: at('expires'),
    // What the engine reads and moves, set at dispatch.
    /** 0 corrections, 1 Extreme … 4 Minor, 5 Unknown, 6 whatever is not Actual: lower goes first. */
    priority: smallint('priority').notNull().default(5),
    dispatchedAt: at('dispatched_at'),
    dispatchedBy: uuid('dispatched_by'),
    holdUntil: at('hold_until'),
    recipients: integer('recipients'),
    /** Recipients that lanes have taken, counted on from where its equals stood: among equals the least goes first. */
    served: doublePrecision('served_share').notNull().default(0),
    /** Null until dispatch, then pending → running → done. */
    planState: text('plan_state'),
    planner: uuid('planner'),
    plannerUntil: at('planner_until'),
    planned: integer('planned').notNull().default(0),
    /** What its recipients were counted in; gone a second after the dispatch. */
    planSnapshot: text('plan_snapshot'),
    /** The number of the next range of a retry: far above those of the planner, which are first recipients. */
    nextRangeNo: integer('next_range_no').notNull().default(1_000_000_001),
    /** Actual, and of a severity that policy calls an emergency: heeds only opt-outs of scope `all`. */
    emergency: boolean('emergency').notNull().default(false),
    /** `[{code, detail, since}]`: what an operator must know, e.g. integrity_violation. */
    alarms: jsonb('alarms').notNull().default([]),
    firstSubmittedAt: at('first_submitted_at'),
    lastSubmittedAt: at('last_submitted_at'),
    finishedAt: at('finished_at'),
    references: uuid('references').array().notNull().default([]),
    /** The alert that it reminds of; and which of those it is that were approved with that, null by hand. */
    reminderOf: uuid('reminder_of'),
    reminderRound: smallint('reminder_round'),
    /** The alert of which those on duty are told, and by which of its rules. */
    escalationOf: uuid('escalation_of'),
    escalationRule: smallint('escalation_rule'),
    /** The feed by whose rule it was written and submitted as it stands; null: a person did. */
    byRuleOf: uuid('by_rule_of'),
    /** By which the links of its recipients name it. */
    linkNo: integer('link_no').notNull().generatedAlwaysAsIdentity(),
    /** When its next reminder is due; null: none is left. */
    remindAt: at('remind_at'),
    /** Since when nobody can say whom it went to (`retention.deliveriesDays`): what was counted of them is kept. */
    recipientsDeletedAt: at('recipients_deleted_at'),
  },
  t => [
    uniqueIndex('alerts_reminders')
      .on(t.reminderOf, t.reminderRound)
      .where(sql`reminder_of is not null`),
    uniqueIndex('alerts_link_no').on(t.linkNo),
    index('alerts_remind')
      .on(t.remindAt)
      .where(sql`remind_at is not null`),
    uniqueIndex('alerts_escalations')
      .on(t.escalationOf, t.escalationRule)
      .where(sql`escalation_of is not null`),
    // What housekeeping looks through every ten minutes: alerts that are over and still say whom they went to.
    index('alerts_over')
      .on(sql`greatest(coalesce(finished_at, updated_at), expires)`)
      .where(sql`state in ('sent', 'stopped', 'expired') and recipients_deleted_at is null`),
    check('alerts_escalation_rule', sql`(escalation_of is null) = (escalation_rule is null)`),
    check('alerts_reminder_round', sql`reminder_of is not null or reminder_round is null`),
    index('alerts_created').on(t.createdAt),
    index('alerts_exercise')
      .on(t.exerciseId, t.createdAt)
      .where(sql`exercise_id is not null`),
    index('alerts_references').using('gin', t.references),
    index('alerts_active')
      .on(t.priority)
      .where(sql`state in ('sending', 'paused', 'stopped')`),
    index('alerts_by_rule')
      .on(t.byRuleOf)
      .where(sql`by_rule_of is not null`),
    // What the public feeds are made of, asked every second while anybody reads them.
    index('alerts_real')
      .on(t.expires)
      .where(sql`status = 'Actual' and dispatched_at is not null`),
    index('alerts_corrections')
      .on(t.dispatchedAt)
      .where(sql`status = 'Actual' and msg_type <> 'Alert' and dispatched_at is not null`),
    check('alerts_state', oneOf('state', ALERT_STATES)),
    check('alerts_mode', oneOf('mode', MODES)),
    check('alerts_exercise_mode', sql`exercise_id is null or mode = 'exercise'`),
    check('alerts_delivery', oneOf('delivery', ['at-least-once', 'at-most-once'])),
    check('alerts_plan_state', oneOf('plan_state', ['pending', 'running', 'done'])),
    // What was signed stays: only a draft or what was rejected may lack its bytes.
    check('alerts_frozen', sql`content is not null or state in ('draft', 'rejected')`),
    check(
      'alerts_recipients_fixed',
      sql`recipients is not null or state not in ('sending', 'paused', 'sent')`,
    ),
  ],
)

/** By which those on duty are told of an alert, as approved with it; each once. */
export const escalations = pgTable(
  'escalations',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    /** Its place among the alert's, from 0. */
    ruleNo: smallint('rule_no').notNull(),
    /** What it asks, as it was signed: what is acted upon is read from there. */
    terms: jsonb('terms').notNull(),
    /** Looked at from then on. */
    dueAt: at('due_at').notNull(),
    /** It can't apply any more, and nobody was told. */
    isClosed: boolean('is_closed').notNull().default(false),
    /** The alert that told those on duty. */
    escalationId: uuid('escalation_id'),
    escalatedAt: at('escalated_at'),
    /** One of them answered that they have it. */
    takenAt: at('taken_at'),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.ruleNo] }),
    index('escalations_due')
      .on(t.dueAt)
      .where(sql`not is_closed and escalation_id is null`),
    index('escalations_untaken')
      .on(t.alertId)
      .where(sql`escalation_id is not null and taken_at is null`),
    check('escalations_told', sql`(escalation_id is null) = (escalated_at is null)`),
    check('escalations_taken', sql`taken_at is null or escalation_id is not null`),
  ],
)

/** CAP messages that were taken in, and which alert each became: so that none becomes two. */
export const importedMessages = pgTable(
  'imported_messages',
  {
    sender: text('sender').notNull(),
    identifier: text('identifier').notNull(),
    sent: at('sent').notNull(),
    /** SHA-256 of the message in the form in which we write it, hex: the same name may come with other words. */
    digest: text('digest').notNull(),
    /** Null once the draft was thrown away. */
    alertId: uuid('alert_id').references(() => alerts.id, { onDelete: 'set null' }),
    /** The feed that brought it first; null: somebody handed it in. */
    feedId: uuid('feed_id'),
    at: at('at').notNull(),
  },
  t => [
    primaryKey({ columns: [t.sender, t.identifier, t.sent, t.digest] }),
    index('imported_messages_alert').on(t.alertId),
  ],
)

/** CAP XML that was signed for an alert's content, as it goes out. */
export const capExports = pgTable(
  'cap_exports',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    contentDigest: text('content_digest').notNull(),
    xml: bytea('xml').notNull(),
    signedAt: at('signed_at').notNull(),
  },
  t => [primaryKey({ columns: [t.alertId, t.contentDigest] })],
)

export const signatures = pgTable(
  'signatures',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    revision: integer('revision').notNull(),
    role: text('role').notNull(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    kid: text('kid').notNull(),
    jws: text('jws').notNull(),
    at: at('at').notNull(),
    /** What a passkey answered to what the JWS signs. */
    passkey: jsonb('passkey').$type<KeptAssertion>(),
    /** Set when the alert went back to draft or was rejected. */
    voidedAt: at('voided_at'),
  },
  t => [
    primaryKey({ columns: [t.alertId, t.revision, t.role] }),
    check('signatures_role', oneOf('role', ['author', 'approver', 'breakGlass'])),
    // Somebody approved it, or somebody did without.
    uniqueIndex('signatures_second')
      .on(t.alertId, t.revision)
      .where(sql`role <> 'author'`),
  ],
)

/** Who did what to an alert: its story, and the list of those who had a hand in it. */
export const alertHistory = pgTable(
  'alert_history',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    at: at('at').notNull(),
    /** Null: the system itself. */
    operatorId: uuid('operator_id'),
    action: text('action').notNull(),
    from: text('from'),
    to: text('to'),
    detail: text('detail'),
  },
  t => [index('alert_history_alert').on(t.alertId, t.id)],
)
