/**
 * Whom an alert reaches beside its own audience: those whom the alerts that it follows may have reached. An Update
 * names these in what is signed; a correction reaches them and nobody else.
 */
import { estimateReached, type SentBefore } from '../audience/reached.ts'
import { countAudience, phonesIn } from '../audience/count.ts'
import type { ResolvedAudience } from '../audience/resolve.ts'
import type { AlertDraft } from '../cap/alert.ts'
import { type AlertContent, digestOfBytes, type ReachedAlert, readContent } from '../cap/content.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import { AppError } from '../errors.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import type { InTwo } from '../store/in-two.ts'
import { leftOf, readProgress } from '../store/progress.ts'

/**
 * As it is signed now: alerts whose recipients are still known. A drill reaches its roster, and nobody whom an earlier
 * one had, but to remind them.
 */
export async function signReached(
  db: Database,
  { status, audience }: Pick<AlertDraft, 'status' | 'audience'>,
  references: readonly string[],
): Promise<ReachedAlert[]> {
  if (status !== 'Actual' && audience.only !== 'noReply') return []
  return (await followed(db, references)).flatMap(
    ({ id, contentDigest, recipientsDeletedAt: deletedAt }) =>
      contentDigest === null || deletedAt !== null ? [] : [{ id, contentDigest }],
  )
}

/** @throws AppError `recipients_deleted` where nobody can say any more whom one of the alerts reached */
export async function assertRecipientsKnown(
  db: Database,
  reached: readonly Pick<ReachedAlert, 'id'>[],
): Promise<void> {
  const alerts = await followed(
    db,
    reached.map(({ id }) => id),
  )
  for (const alert of alerts) assertKeepsRecipients(alert)
}

/** @throws AppError `recipients_deleted` */
export function assertKeepsRecipients({
  recipientsDeletedAt: at,
}: Pick<AlertRow, 'recipientsDeletedAt'>): void {
  if (at === null) return
  const when = at.toISOString()
  throw new AppError(
    'recipients_deleted',
    `whom the alert reached was deleted at ${when}, as retention.deliveriesDays says: write a new alert`,
  )
}

/**
 * Whether those whom an earlier alert reached count by its areas and groups, as what was approved with it has them too.
 * Whatever else follows it has its own, and they are in none of these.
 */
export function keepsLabels({
  correction,
  reminder,
}: Pick<AlertContent, 'correction' | 'reminder'>): boolean {
  return correction !== undefined || reminder !== undefined
}

/**
 * The alerts that signed content names, as far as it matters how they were sent.
 *
 * @throws AppError `integrity_violation` where one of them is not what it was
 */
export async function sentBefore(
  db: Database,
  reached: readonly ReachedAlert[],
): Promise<SentBefore[]> {
  const sent: SentBefore[] = []
  for (const { id, contentDigest } of reached) {
    const bytes = (await findAlert(db, id))?.content
    if (bytes == null || digestOfBytes(bytes) !== contentDigest) {
      throw new AppError('integrity_violation', 'an alert that this one follows is not what it was')
    }
    sent.push({ id, languages: readContent(bytes).texts.map(({ language }) => language) })
  }
  return sent
}

/**
 * How many an alert would reach now.
 *
 * @param audience its own, resolved @param inTwo how two questions are asked of `db`
 */
export async function countRecipients(
  db: Database,
  { reached = [], only }: Pick<AlertContent, 'reached' | 'only'>,
  audience: ResolvedAudience,
  inTwo?: InTwo,
): Promise<number> {
  if (only !== undefined) {
    const sent = await sentBefore(db, reached)
    const nobody = PhoneSet.of([])
    const { kinds } = await estimateReached(db, sent, audience.optOuts, nobody, [], only)
    return kinds.reduce((sum, kind) => sum + kind.recipients, 0)
  }
  const own = await countAudience(db, audience, inTwo)
  if (reached.length === 0) return own
  const alerts = await sentBefore(db, reached)
  const anyway = await phonesIn(db, audience)
  const { kinds } = await estimateReached(db, alerts, audience.optOuts, anyway, [])
  return own + kinds.reduce((sum, kind) => sum + kind.recipients, 0)
}

/** How many more the alerts that are followed may reach until they are stopped. */
export async function countStillToReach(
  db: Database,
  references: readonly string[],
): Promise<number> {
  let count = 0
  for (const { id, state, recipients } of await followed(db, references)) {
    if (state !== 'sending' && state !== 'paused') continue
    count += Math.max(0, (recipients ?? 0) - leftOf(await readProgress(db, id)))
  }
  return count
}

async function followed(db: Database, references: readonly string[]): Promise<AlertRow[]> {
  const rows: AlertRow[] = []
  for (const id of references) {
    const row = await findAlert(db, id)
    if (row !== undefined) rows.push(row)
  }
  return rows
}
