/** Reports that go out by mail at their time, what operators are written, and what is counted of ended alerts. */
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
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
import { alerts } from './alerts.ts'
import { at, bytea, oneOf } from './columns.ts'
import { contacts } from './contacts.ts'
import { LETTER_STATES } from './letters.ts'
import { MODES, operators } from './organisation.ts'

export const REPORT_KINDS = ['statistics', 'acknowledgement'] as const
export const REPORT_PERIODS = ['week', 'month'] as const

/** Which report goes to which operators, and when. */
export const reportSchedules = pgTable(
  'report_schedules',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    kind: text('kind').notNull(),
    /** Of statistics: what they are of, and how often they go. */
    every: text('every'),
    /** Of an acknowledgement report: so long after nothing of its alert was left to send. */
    hoursAfterEnd: smallint('hours_after_end'),
    /** CAP `status` of the alerts that it is of. */
    statuses: text('statuses').array().notNull(),
    operatorIds: uuid('operator_ids').array().notNull(),
    language: text('language').notNull(),
    enabled: boolean('enabled').notNull(),
    /** Since it was last switched on: what had ended before is not reported. */
    activeSince: at('active_since').notNull(),
    /** Of statistics: when the next are due. */
    dueAt: at('due_at'),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => operators.id),
    createdAt: at('created_at').notNull(),
    revision: integer('revision').notNull().default(1),
  },
  () => [
    check('report_schedules_kind', oneOf('kind', REPORT_KINDS)),
    check('report_schedules_every', oneOf('every', REPORT_PERIODS)),
    check(
      'report_schedules_when',
      sql`(kind = 'statistics') = (every is not null) and (kind = 'statistics') = (due_at is not null)
        and (kind = 'acknowledgement') = (hours_after_end is not null)`,
    ),
  ],
)

/**
 * A report whose time has come: one a schedule and period or alert, whoever finds it due. Whoever makes it claims it
 * under a lease with a fence, and its letters are written in the transaction that says that it is made.
 */
export const dueReports = pgTable(
  'due_reports',
  {
    id: uuid('id').primaryKey(),
    scheduleId: uuid('schedule_id')
      .notNull()
      .references(() => reportSchedules.id, { onDelete: 'cascade' }),
    /** The alert's id, or the period's end. */
    key: text('key').notNull(),
    alertId: uuid('alert_id').references(() => alerts.id, { onDelete: 'cascade' }),
    since: at('since'),
    until: at('until'),
    at: at('at').notNull(),
    attempts: smallint('attempts').notNull().default(0),
    /** Rises at every claim: an owner that comes back late writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** The next attempt; while there is one, the end of its lease. */
    dueAt: at('due_at').notNull(),
    madeAt: at('made_at'),
    /** Why it was given up. */
    failure: text('failure'),
  },
  t => [
    uniqueIndex('due_reports_once').on(t.scheduleId, t.key),
    index('due_reports_waiting')
      .on(t.dueAt)
      .where(sql`made_at is null and failure is null`),
    check('due_reports_of', sql`(alert_id is null) = (since is not null and until is not null)`),
  ],
)

/** A letter to an operator: none of an alert to the public, and under nobody's opt-out. */
export const operatorLetters = pgTable(
  'operator_letters',
  {
    /** UUIDv7. */
    id: uuid('id').primaryKey(),
    /** The report that it brings. */
    reportId: uuid('report_id').references(() => dueReports.id, { onDelete: 'cascade' }),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    /** The operator's, as it was when the letter was written. */
    address: text('address').notNull(),
    mode: text('mode').notNull(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    /** BCP 47. */
    language: text('language').notNull(),
    attachmentName: text('attachment_name'),
    /** Dropped once the letter has ended. */
    attachment: bytea('attachment'),
    state: text('state').notNull().default('waiting'),
    attempts: smallint('attempts').notNull().default(0),
    possibleDuplicate: boolean('possible_duplicate').notNull().default(false),
    reason: text('reason'),
    carrierId: uuid('carrier_id'),
    /** Rises at every claim: an owner that comes back late writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** The next attempt; while it is leased, the end of the lease. */
    dueAt: at('due_at').notNull().defaultNow(),
    expires: at('expires').notNull(),
    settledAt: at('settled_at'),
  },
  t => [
    index('operator_letters_open')
      .on(t.dueAt)
      .where(sql`state in ('waiting', 'leased')`),
    index('operator_letters_report').on(t.reportId),
    check('operator_letters_state', oneOf('state', LETTER_STATES)),
    check('operator_letters_mode', oneOf('mode', MODES)),
  ],
)

/** Ended alerts whose recipients were gone through: again while receipts come in. */
export const countedAlerts = pgTable('counted_alerts', {
  alertId: uuid('alert_id')
    .primaryKey()
    .references(() => alerts.id, { onDelete: 'cascade' }),
  countedAt: at('counted_at').notNull(),
  /** The alert's counters then: where they have not moved, nothing has. */
  figures: text('figures').notNull(),
})

/** What became of an ended alert's recipients, by the first signed area that holds them. */
export const areaOutcomes = pgTable(
  'area_outcomes',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    /** −1: reached through groups, outside the areas. */
    areaNo: smallint('area_no').notNull(),
    areaDesc: text('area_desc'),
    recipients: integer('recipients').notNull(),
    delivered: integer('delivered').notNull(),
    unconfirmed: integer('unconfirmed').notNull(),
    failed: integer('failed').notNull(),
    unknown: integer('unknown').notNull(),
    expired: integer('expired').notNull(),
    cancelled: integer('cancelled').notNull(),
    replied: integer('replied').notNull(),
    optedOut: integer('opted_out').notNull(),
  },
  t => [primaryKey({ columns: [t.alertId, t.areaNo] })],
)

/** What was counted of an alert's recipients before they were deleted. */
export const keptOutcomes = pgTable(
  'kept_outcomes',
  {
    alertId: uuid('alert_id')
      .primaryKey()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    /** `KeptOutcomes` of the reports' room. */
    outcomes: jsonb('outcomes').notNull(),
    /** Some of the recipients' rows may be left. */
    isDeleting: boolean('is_deleting').notNull().default(true),
  },
  t => [
    index('kept_outcomes_deleting')
      .on(t.alertId)
      .where(sql`is_deleting`),
  ],
)

/** Deliveries that failed, of contacts whom none after it has reached. */
export const failedDeliveries = pgTable(
  'failed_deliveries',
  {
    contactId: uuid('contact_id')
      .notNull()
      .references(() => contacts.id, { onDelete: 'cascade' }),
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    /** When the alert was dispatched. */
    at: at('at').notNull(),
    reason: text('reason'),
  },
  t => [
    primaryKey({ columns: [t.contactId, t.alertId] }),
    index('failed_deliveries_at').on(t.at),
    index('failed_deliveries_alert').on(t.alertId),
  ],
)

/** Contacts to whom a delivery has failed, with how many have since one reached them. */
export const unreachedContacts = pgTable(
  'unreached_contacts',
  {
    contactId: uuid('contact_id')
      .primaryKey()
      .references(() => contacts.id, { onDelete: 'cascade' }),
    failures: integer('failures').notNull().default(0),
    /** Of the latest that did; null: none has since the first that failed. */
    reachedAt: at('reached_at'),
  },
  t => [index('unreached_contacts_failures').on(t.failures.desc(), t.contactId)],
)
