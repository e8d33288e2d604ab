/** Feeds of CAP that an administrator enters: where they are, whose signatures count, in whose name drafts are written. */
import { X509Certificate } from 'node:crypto'
import { v7 as uuid } from 'uuid'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { mayBePrivate, urlFault } from '../network/origin.ts'
import type { Operator } from '../operators/operator.ts'
import {
  deleteFeed,
  type FeedRow,
  findFeed,
  forgetItems,
  insertFeed,
  listFeeds,
  lockFeed,
  updateFeed,
} from '../store/cap-feeds.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, refuseTaken, transact } from '../store/database.ts'
import { findFeedRule } from '../store/feed-rules.ts'
import { findOperator, updateOperator } from '../store/operators.ts'
import { dropRule, noFeed } from './rules.ts'

export interface FeedDraft {
  readonly url: string
  readonly description: string
  /** An author: drafts are written in their name, and no farther than they may go. */
  readonly authorId: string
  /** CAP `status` of what is taken; anything else is passed over. */
  readonly statuses: readonly string[]
  readonly roster: string | null
  /** PEM; empty: messages may be unsigned. */
  readonly certificates: readonly string[]
  readonly maxOctets: number
  readonly intervalSeconds: number
  readonly enabled: boolean
}

/** What is left out stays. */
export type FeedEdit = { readonly [Field in keyof FeedDraft]?: FeedDraft[Field] | undefined }

interface By {
  readonly operator: Operator
  readonly now: Date
}

/** @throws AppError `invalid_feed` naming every fault, `already_exists` */
export async function createFeed(
  db: Database,
  privateHosts: readonly string[],
  by: By,
  draft: FeedDraft,
): Promise<FeedRow> {
  await refuseFaulty(db, privateHosts, draft)
  return refuseTakenUrl(() =>
    transact(db, async tx => {
      const certificatesBy = draft.certificates.length === 0 ? null : by.operator.id
      const row = await insertFeed(tx, {
        ...columnsOf(draft),
        certificatesBy,
        id: uuid(),
        createdAt: by.now,
      })
      await tell(tx, by, 'feed.created', row.id)
      return row
    }),
  )
}

/**
 * @param target `revision`: what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, and as `createFeed`
 */
export async function changeFeed(
  db: Database,
  privateHosts: readonly string[],
  by: By,
  target: { readonly id: string; readonly revision: number | undefined },
  edit: FeedEdit,
): Promise<FeedRow> {
  const { id, revision } = target
  return refuseTakenUrl(() =>
    transact(db, async tx => {
      const current = await lockFeed(tx, id)
      if (current === undefined) throw noFeed()
      if (revision !== undefined && revision !== current.revision) {
        throw new AppError(
          'stale_revision',
          'the feed was changed since you read it: read it again',
        )
      }
      const given = Object.fromEntries(
        Object.entries(edit).filter(([, value]) => value !== undefined),
      )
      const draft: FeedDraft = { ...current, ...given }
      const rule = await findFeedRule(tx, id)
      const isPinnedAnew = draft.certificates.join() !== current.certificates.join()
      const isHeld = rule !== undefined && isPinnedAnew
      const held = isHeld ? [faultAt('/certificates', 'certificates_held')] : []
      await refuseFaulty(tx, privateHosts, draft, held)
      // Asked anew, and whole: what it was told before may have been for other settings.
      const afresh = { dueAt: by.now, etag: null, lastModified: null, failures: 0 }
      await forgetItems(tx, id)
      // Whoever sends the same ones says so of them, where nobody knows who did.
      const isVouched = edit.certificates !== undefined && current.certificatesBy === null
      const certificatesBy = isPinnedAnew || isVouched ? by.operator.id : current.certificatesBy
      const row = await updateFeed(tx, id, { ...columnsOf(draft), ...afresh, certificatesBy })
      // It writes under the feed's name.
      if (rule !== undefined) await updateOperator(tx, rule.operatorId, { name: row.description })
      await tell(tx, by, 'feed.changed', id, { fields: Object.keys(given).sort() })
      return row
    }),
  )
}

/** Its drafts stay, and what its rule has submitted becomes drafts. @throws AppError `not_found` */
export async function removeFeed(db: Database, by: By, id: string): Promise<void> {
  await transact(db, async tx => {
    if ((await lockFeed(tx, id)) === undefined) throw noFeed()
    const rule = await findFeedRule(tx, id)
    if (rule !== undefined) await dropRule(tx, rule, by.operator, by.now)
    await deleteFeed(tx, id)
    await tell(tx, by, 'feed.deleted', id)
  })
}

/** @throws AppError `not_found` */
export async function getFeed(db: Database, id: string): Promise<FeedRow> {
  const row = await findFeed(db, id)
  if (row === undefined) throw noFeed()
  return row
}

/** In the order in which they were entered, after the one given. */
export async function getFeeds(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<FeedRow[]> {
  return listFeeds(db, page)
}

function columnsOf(draft: FeedDraft) {
  const { url, description, authorId, roster, maxOctets, intervalSeconds, enabled } = draft
  const [statuses, certificates] = [[...draft.statuses], [...draft.certificates]]
  return {
    url,
    description,
    authorId,
    roster,
    maxOctets,
    intervalSeconds,
    enabled,
    statuses,
    certificates,
  }
}

async function refuseFaulty(
  db: Database,
  privateHosts: readonly string[],
  { url, authorId, certificates }: FeedDraft,
  held: readonly Fault[] = [],
): Promise<void> {
  const faults: Fault[] = [...held]
  const ofUrl = urlFault(url, mayBePrivate(url, privateHosts))
  if (ofUrl !== undefined) faults.push({ pointer: '/url', detail: ofUrl })
  const author = await findOperator(db, authorId)
  const isAuthor = author?.roles.includes('author') === true && author.feedId === undefined
  if (!isAuthor || author.disabledAt !== undefined) {
    faults.push({ pointer: '/authorId', detail: 'is no operator with the role author' })
  }
  for (const [no, pem] of certificates.entries()) {
    const detail = certificateFault(pem)
    if (detail !== undefined) faults.push({ pointer: `/certificates/${no}`, detail })
  }
  if (faults.length > 0)
    throw new AppError('invalid_feed', 'this feed can not be asked', { faults })
}

function certificateFault(pem: string): string | undefined {
  try {
    const { publicKey } = new X509Certificate(pem)
    return publicKey.asymmetricKeyType === 'rsa' ? undefined : 'is not of an RSA key'
  } catch {
    return 'is no certificate in PEM'
  }
}

/** Tells the trail; a URL may hold a secret, so it is not in it. */
async function tell(
  tx: Database,
  { operator }: By,
  action: string,
  id: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await recordAudit(tx, { operatorId: operator.id, action, subject: id, detail })
}

function refuseTakenUrl<T>(work: () => Promise<T>): Promise<T> {
  const fault = { pointer: '/url', detail: 'belongs to another feed' }
  return refuseTaken('cap_feeds_url_unique', fault, 'a feed with this URL exists', work)
}
