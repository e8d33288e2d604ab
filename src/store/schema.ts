/**
 * Every table. PostgreSQL holds the truth: queue, state, fence, tally, audit.
 *
 * States are words in one list (`*_STATES`), and a CHECK refuses any other. What moves with every message is
 * packed, hundreds of recipients a row (`blocks`), or narrow and without an index on a column that changes, so
 * that an update stays on its page (HOT); storage and fillfactor are set in the migrations.
 */
export * from './schema/organisation.ts'
export * from './schema/sessions.ts'
export * from './schema/contacts.ts'
export * from './schema/exercises.ts'
export * from './schema/carriers.ts'
export * from './schema/alerts.ts'
export * from './schema/cap-feeds.ts'
export * from './schema/fan-out.ts'
export * from './schema/letters.ts'
export * from './schema/reports.ts'
export * from './schema/inbound.ts'
export * from './schema/counters.ts'
export * from './schema/subscribers.ts'
export * from './schema/templates.ts'
export * from './schema/evidence.ts'
export * from './schema/version.ts'
