import { and, asc, desc, eq, gt, lt, or, sql } from 'drizzle-orm'
import { CHAIN_START, chainHash, type ChainLink } from '../signing/hash-chain.ts'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import type { Database } from './database.ts'
import { audit } from './schema.ts'

/**
 * Something that somebody did. `detail` holds ids, states and numbers: no phone number, text or secret; the one text is
 * the reason of whoever sent an alert without an approver, which whoever reads the trail must find there.
 */
export interface AuditEvent {
  /** Null: the system itself. */
  readonly operatorId: string | null
  /** What was done, as subject and past participle: `alert.approved`, `carrier.created`. */
  readonly action: string
  /** The id of what it was done to. */
  readonly subject: string
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface AuditEntry extends Required<AuditEvent> {
  readonly seq: number
  readonly at: Date
  readonly previousHash: string
  readonly hash: string
}

/**
 * Appends to the trail, inside the transaction that does the thing: both stand or neither does.
 *
 * Call it as the last step. Its lock is held until the commit, for the next entry hashes this one; whoever
 * took it first and then waited for a row would make every other audited transaction wait too. The
 * transaction must be READ COMMITTED (the default), or it would not see the entry before.
 */
export async function recordAudit(db: Database, event: AuditEvent): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.audit})`)
  const [last] = await db
    .select({ seq: audit.seq, hash: audit.hash })
    .from(audit)
    .orderBy(desc(audit.seq))
    .limit(1)
  const { operatorId, action, subject, detail = {} } = event
  const entry = { seq: (last?.seq ?? 0) + 1, at: new Date(), operatorId, action, subject, detail }
  const previous = last === undefined ? CHAIN_START : Buffer.from(last.hash, 'hex')
  await db.insert(audit).values({
    ...entry,
    previousHash: Buffer.from(previous).toString('hex'),
    hash: Buffer.from(chainHash(previous, hashed(entry))).toString('hex'),
  })
}

/** What an entry's hash covers: all of it but the hashes. */
function hashed(entry: Omit<AuditEntry, 'previousHash' | 'hash'>) {
  const { seq, at, operatorId, action, subject, detail } = entry
  return { seq, at: at.toISOString(), operatorId, action, subject, detail }
}

export interface AuditFilter {
  readonly operatorId?: string | undefined
  readonly subject?: string | undefined
  /** What was done, or the kind of thing that it was done to: `carrier` is all of `carrier.…`. */
  readonly action?: string | undefined
}

/** Newest first, before the one given. */
export async function listAudit(
  db: Database,
  { operatorId, subject, action }: AuditFilter,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(audit)
    .where(
      and(
        before === undefined ? undefined : lt(audit.seq, before),
        operatorId === undefined ? undefined : eq(audit.operatorId, operatorId),
        subject === undefined ? undefined : eq(audit.subject, subject),
        action === undefined
          ? undefined
          : or(eq(audit.action, action), sql`starts_with(${audit.action}, ${`${action}.`})`),
      ),
    )
    .orderBy(desc(audit.seq))
    .limit(limit)
  return rows.map(entryFromRow)
}

/** What was done to one thing, in order. */
export async function listAuditOf(db: Database, subject: string): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(audit)
    .where(eq(audit.subject, subject))
    .orderBy(asc(audit.seq))
  return rows.map(entryFromRow)
}

/**
 * When an alert was signed, as the trail has it: by its author at each submit, and by whoever sent it without an
 * approver. An entry that does not hash to what it says is left out.
 */
export async function listSignedOf(db: Database, alertId: string): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(audit)
    // As it stands in the index `audit_signed`: with parameters a plan made once would not know it.
    .where(and(eq(audit.subject, alertId), sql`action in ('alert.submitted', 'alert.brokeGlass')`))
    .orderBy(asc(audit.seq))
  return rows.map(entryFromRow).filter(entry => {
    const hash = chainHash(Buffer.from(entry.previousHash, 'hex'), hashed(entry))
    return Buffer.from(hash).toString('hex') === entry.hash
  })
}

/** The whole trail in order, a thousand entries at a time, as `verifyChain` reads it. */
export async function* readAuditChain(db: Database): AsyncGenerator<ChainLink> {
  let previous = Buffer.from(CHAIN_START).toString('hex')
  for (let after = 0; ;) {
    const rows = await db
      .select()
      .from(audit)
      .where(gt(audit.seq, after))
      .orderBy(asc(audit.seq))
      .limit(1000)
    for (const row of rows) {
      const entry = entryFromRow(row)
      // The link to the entry before is shown to readers, so it must be true as well.
      const hash = entry.previousHash === previous ? entry.hash : ''
      yield { seq: entry.seq, hash: Buffer.from(hash, 'hex'), entry: hashed(entry) }
      previous = entry.hash
    }
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.seq
  }
}

function entryFromRow(row: typeof audit.$inferSelect): AuditEntry {
  return { ...row, detail: row.detail as Record<string, unknown> }
}
