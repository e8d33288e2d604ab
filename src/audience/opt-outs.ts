/**
 * What operators decide of people's opt-outs: somebody rang, or wrote in words that no machine should judge. Each
 * needs a reason, and is on the trail. "Nothing at all, not even of an emergency" is only set when it was asked for
 * and confirmed (CARRIERS.md, Compliance): no text message can say it.
 */
import { CATEGORIES } from '../cap/alert.ts'
import { normalisePhone } from '../encoding/phone.ts'
import { AppError, type Fault } from '../errors.ts'
import { recordAudit } from '../store/audit.ts'
import { findCarrier } from '../store/carriers.ts'
import {
  heedUnjudged,
  liftOptOut,
  setOptOut,
  type Decision,
  type OptOutScope,
} from '../store/consents.ts'
import { transact, type Database } from '../store/database.ts'
import { endReview, type ReplyRow } from '../store/inbound.ts'
import { readOrganisation } from '../store/organisation.ts'

/** As an operator gives it. */
export interface OptOutRequest {
  /** E.164, or as in the organisation's country. */
  readonly phone: string
  readonly scope: OptOutScope
  /** CAP category; with scope `category`. */
  readonly category?: string | undefined
  /** CAP categories that the person still wants, beside emergencies; with scope `otherCategories`. */
  readonly categories?: readonly string[] | undefined
  /** Whose block it is; with scope `carrier`, which is only ever lifted. */
  readonly carrierId?: string | undefined
  readonly reason: string
  /** The person has said again that they want no warning either; with scope `all`. */
  readonly confirmed?: boolean | undefined
}

/** @throws AppError `invalid_contact` naming every fault */
export async function recordOptOut(
  db: Database,
  operatorId: string,
  request: OptOutRequest,
): Promise<void> {
  await transact(db, async tx => {
    const decision = await checked(tx, operatorId, request, 'set')
    const proof = await setOptOut(tx, decision)
    if (proof !== undefined) await audit(tx, 'optOut.set', proof, decision)
  })
}

/** @throws AppError `invalid_contact` naming every fault; `not_found` where there is none to lift */
export async function recordOptIn(
  db: Database,
  operatorId: string,
  request: OptOutRequest,
): Promise<void> {
  await transact(db, async tx => {
    const decision = await checked(tx, operatorId, request, 'lifted')
    const proof = await liftOptOut(tx, decision)
    if (proof === undefined) throw new AppError('not_found', 'there is no such opt-out')
    await audit(tx, 'optOut.lifted', proof, decision)
  })
}

/**
 * Says what a text that may be an opt-out is: then it is one of all that is no emergency, with these words as its
 * proof, or it is nothing.
 *
 * @throws AppError `not_found` where nothing is to be said of such a text
 */
export async function reviewReply(
  db: Database,
  operatorId: string,
  { id, isOptOut, reason }: { id: string; isOptOut: boolean; reason: string | undefined },
): Promise<ReplyRow> {
  return transact(db, async tx => {
    const reply = await endReview(tx, id)
    if (reply === undefined) throw new AppError('not_found', 'nobody has to judge such a reply')
    const decision = {
      phone: reply.phone,
      scope: 'nonEmergency' as const,
      category: '',
      operatorId,
      reason: reason ?? null,
      words: reply.text,
      number: reply.to,
      carrierId: reply.carrierId,
      ...(reply.alertId !== null && { alertId: reply.alertId }),
    }
    const proof = isOptOut ? await setOptOut(tx, decision) : undefined
    await recordAudit(tx, {
      operatorId,
      action: 'reply.reviewed',
      subject: id,
      detail: { isOptOut, ...(proof !== undefined && { consentId: proof }) },
    })
    return reply
  })
}

/** 47 CFR 64.1200(a)(10) gives ten business days; so many days are fewer, whatever holidays there are. */
const JUDGED_WITHIN_DAYS = 9
const AT_ONCE = 500

/** What nobody has judged in time is an opt-out: for whoever asks to be left alone must be. */
export async function heedOverdueReviews(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - JUDGED_WITHIN_DAYS * 86_400_000)
  const heed = () => transact(db, tx => heedUnjudged(tx, { before, limit: AT_ONCE }))
  while ((await heed()) === AT_ONCE);
}

async function checked(
  tx: Database,
  operatorId: string,
  request: OptOutRequest,
  what: 'set' | 'lifted',
): Promise<Decision> {
  const { scope, category, categories, carrierId, reason, confirmed } = request
  const { country } = await readOrganisation(tx)
  const phone = normalisePhone(request.phone, country)
  const faults: Fault[] = []
  const refuse = (pointer: string, detail: string) => void faults.push({ pointer, detail })
  if ('refused' in phone) {
    refuse('/phone', `is no phone that could be alerted: ${phone.refused.replaceAll('_', ' ')}`)
  }
  if (scope === 'category' && !CATEGORIES.some(one => one === category)) {
    refuse('/category', 'must be a CAP category')
  }
  if (scope !== 'category' && category !== undefined) refuse('/category', 'is for scope category')
  if (scope !== 'otherCategories' && categories !== undefined) {
    refuse('/categories', 'is for scope otherCategories')
  }
  if (scope === 'otherCategories') {
    const wanted = categories ?? []
    for (const [no, one] of wanted.entries()) {
      if (!CATEGORIES.some(known => known === one))
        refuse(`/categories/${no}`, 'is no CAP category')
    }
    if (wanted.length === 0) refuse('/categories', 'must name those that are still wanted')
    else if (CATEGORIES.every(one => wanted.includes(one))) {
      refuse('/categories', 'names all: then nothing is opted out of')
    }
  }
  if (scope === 'carrier') {
    if (what === 'set') refuse('/scope', 'only a carrier can say that it blocks a phone')
    else if (carrierId === undefined || (await findCarrier(tx, carrierId)) === undefined) {
      refuse('/carrierId', 'must be a carrier')
    }
  } else if (carrierId !== undefined) refuse('/carrierId', 'is for scope carrier')
  if (scope === 'all' && what === 'set' && confirmed !== true) {
    refuse('/confirmed', 'must be true: the person confirmed that they want no warnings either')
  }
  if ((scope !== 'all' || what === 'lifted') && confirmed !== undefined) {
    refuse('/confirmed', 'is for an opt-out of scope all')
  }
  if (faults.length > 0 || 'refused' in phone) {
    throw new AppError('invalid_contact', `the opt-out can not be ${what}`, { faults })
  }
  return {
    phone: phone.phone,
    scope,
    category: category ?? carrierId ?? listOf(categories ?? []),
    operatorId,
    reason,
  }
}

/** The same list for the same categories, however they were named. */
function listOf(categories: readonly string[]): string {
  return CATEGORIES.filter(one => categories.includes(one)).join()
}

async function audit(
  tx: Database,
  action: string,
  subject: string,
  { operatorId, scope, category }: Decision,
): Promise<void> {
  await recordAudit(tx, { operatorId, action, subject, detail: { scope, category } })
}
