/** Lists of an alert's recipients, once these are deleted: empty, and they say since when and why. */
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { readDeletedAt } from '../store/deleted-recipients.ts'
import type { Page } from './pages.ts'
import { timeSchema } from './resources.ts'

export const deletedSchema = z
  .object({ at: timeSchema, reason: z.enum(['retention']) })
  .nullable()
  .meta({
    description:
      'The recipients were deleted then, `retention.deliveriesDays` after the end of the alert: the list is empty for good',
  })

type Deleted = z.infer<typeof deletedSchema>

/** Of a CSV, which has no room for it. */
export const DELETED_HEADER = 'Tocsin-Recipients-Deleted'

/** @throws AppError `not_found` */
export async function deletionOf(db: Database, alertId: string): Promise<Deleted> {
  const at = await readDeletedAt(db, alertId)
  if (at === undefined) throw new AppError('not_found', 'there is no such alert')
  return at && { at: at.toISOString(), reason: 'retention' }
}

/**
 * Called once the page is read: rows go only after this is said, so a page that was read before is whole.
 *
 * @throws AppError `not_found`
 */
export async function unlessDeleted<Item>(
  db: Database,
  alertId: string,
  page: Page<Item>,
): Promise<Page<Item> & { deleted: Deleted }> {
  const deleted = await deletionOf(db, alertId)
  return deleted === null ? { ...page, deleted } : { items: [], nextCursor: null, deleted }
}
