/**
 * The planner: takes an alert that was dispatched, checks once more that it is what was signed, counts its
 * audience, and lays it out in blocks and ranges.
 *
 * An alert that is held is laid out at once, so that all of it is ready when the hold is over, unless whom it reaches
 * may still change by then, as those of an earlier one do.
 *
 * The audience is read in one snapshot: a first small slice at once, so that the first message leaves while the
 * database is still getting ready for the rest; then everybody else as they stream in, slice by slice. If the
 * planner dies, another one takes the alert when the lease ends, reads the audience anew and
 * plans those whom the dead one had not, unless a group or a geocode has come to mean something else.
 */
import { assertAudienceAsSigned, assertDefinedAsSigned, audienceOf } from '../alerts/audience.ts'
import { countRecipients } from '../alerts/reached.ts'
import { verifyForSending } from '../alerts/verify.ts'
import {
  copyAudience,
  openFirstRecipients,
  streamsLate,
  type AudienceSink,
  type ReachedAlike,
} from '../audience/recipients.ts'
import { resolveAudience, type ResolvedAudience } from '../audience/resolve.ts'
import type { AlertContent } from '../cap/content.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import { describeError, log } from '../log.ts'
import {
  notify,
  transact,
  type Database,
  type OpenDatabase,
  type Session,
} from '../store/database.ts'
import { areAtRest } from '../store/follow-ups.ts'
import { inSnapshot } from '../store/shared-snapshot.ts'
import {
  claimPlan,
  finishPlan,
  fixRecipients,
  PlanLost,
  plannedPhones,
  planSlice,
  releasePlan,
  renewPlan,
  stagePlanned,
  type PlanClaim,
} from '../store/plan.ts'
import { createLayout, type Layout } from './layout.ts'
import { planReached } from './plan-reached.ts'
import { isRefusal, refuseToSend } from './refuse.ts'

/**
 * Recipients of the first slices: a few at once, so that the first message need not wait for more; and, where the
 * rest is long in coming, as many as keep the carriers busy until it does, about a second of their work. Elsewhere
 * they would hold the rest up: one takes 25 µs so, and few from the stream.
 */
const FIRST_SLICE = { atOnce: 300, least: 500, most: 2_500 }
/** Several times within a planner's lease. */
const RENEW_MS = 2_000
/** What follows alerts that have not come to rest is looked at again after this. */
const NEXT_TURN_SECONDS = 0.1
/** One that has to wait for the end of its hold is looked at as often: it may be stopped. */
const HELD_TURN_SECONDS = 1
/** A plan that has failed, and not for what the alert is, is tried again after this. */
const TRY_AGAIN_SECONDS = 1

/** Plans one waiting alert, if there is one. @returns whether there was */
export async function planNext(
  database: OpenDatabase,
  planner: string,
  accounts: readonly CarrierConfig[],
  now: () => Date,
): Promise<boolean> {
  const { db } = database
  const claim = await claimPlan(db, planner)
  if (claim === undefined) return false
  const startedAt = performance.now()
  // Slices renew the lease as well, but the first of a large alert may be long in coming.
  const renewing = setInterval(() => {
    renewPlan(db, planner, claim.alertId).catch((error: unknown) => {
      log.warn({ alertId: claim.alertId, code: describeError(error) }, 'a plan was not kept')
    })
  }, RENEW_MS)
  try {
    await plan(database, planner, claim, accounts, now)
    log.info({ alertId: claim.alertId, ms: Math.round(performance.now() - startedAt) }, 'planned')
  } catch (error) {
    if (isRefusal(error)) {
      await refuseToSend(db, claim.alertId, error, now())
    } else {
      log.error(
        { alertId: claim.alertId, code: describeError(error) },
        'planning failed, trying again',
      )
      await releasePlan(db, planner, claim.alertId, TRY_AGAIN_SECONDS)
    }
  } finally {
    clearInterval(renewing)
  }
  return true
}

async function plan(
  database: OpenDatabase,
  planner: string,
  claim: PlanClaim,
  accounts: readonly CarrierConfig[],
  now: () => Date,
): Promise<void> {
  const { db } = database
  const { alertId, planned } = claim
  const content = await verifyForSending(db, alertId)
  const followed = (content.reached ?? []).map(({ id }) => id)
  if (followed.length > 0 && claim.heldSeconds > 0) {
    return releasePlan(db, planner, alertId, Math.min(HELD_TURN_SECONDS, claim.heldSeconds))
  }
  // Asked before anybody is read: whom these may still reach afterwards is for another turn.
  const isLastTurn =
    followed.length === 0 || content.only === 'noReply' || (await areAtRest(db, followed))
  if (!isLastTurn && planned > 0) return releasePlan(db, planner, alertId, NEXT_TURN_SECONDS)
  let written = planned
  const heldUntil = performance.now() + claim.heldSeconds * 1000
  const layout = createLayout(content, accounts, now(), planned, async slice => {
    written = await transact(db, tx => planSlice(tx, { planner, alertId, planned: written }, slice))
    // Lanes have nothing of it to claim before.
    if (performance.now() >= heldUntil) await notify(db, 'ranges', alertId)
  })
  const firstSlices = firstSlicesOf(accounts)
  try {
    if (content.correction === undefined && content.only === undefined) {
      await planAudience(database, content, claim, layout, firstSlices)
    }
    if (followed.length > 0) await planReached(db, content, layout, firstSlices)
  } catch (error) {
    if (error instanceof PlanLost) return
    throw error
  }
  if (!isLastTurn) return releasePlan(db, planner, alertId, NEXT_TURN_SECONDS)
  await finishPlan(db, planner, alertId, followed.length > 0 ? 'planned' : 'counted')
  await notify(db, 'work', alertId)
}

async function planAudience(
  database: OpenDatabase,
  content: AlertContent,
  claim: PlanClaim,
  layout: Layout,
  firstSlices: readonly number[],
): Promise<void> {
  const { db } = database
  // By the sets that it was signed for: a newer version was refused at dispatch, or came after it. And by the hours as
  // they were at the dispatch, however long a hold or a planner's death has kept it: so it was counted.
  const { geocodeSets } = content
  const resolved = await resolveAudience(db, {
    ...audienceOf(content, claim.dispatchedAt),
    geocodeSets,
  })
  const name = claim.planned > 0 ? undefined : claim.snapshot
  await database.session(session =>
    inSnapshot(session, name, (snapshot, which) =>
      claim.planned > 0
        ? planTheRest(db, session, snapshot, resolved, content, claim, layout)
        : planFirst(db, session, snapshot, resolved, content, layout, {
            alertId: claim.alertId,
            counted: which === 'shared' ? claim.recipients : undefined,
            firstSlices: streamsLate(resolved) ? firstSlices : firstSlices.slice(0, 1),
          }),
    ),
  )
}

/** Counts, where that was not done in the same snapshot; plans first slices at once, then everybody else. */
async function planFirst(
  db: Database,
  session: Session,
  snapshot: Database,
  resolved: ResolvedAudience,
  content: AlertContent,
  layout: Layout,
  of: {
    readonly alertId: string
    readonly counted: number | undefined
    readonly firstSlices: readonly number[]
  },
): Promise<void> {
  const recipients = of.counted ?? (await countRecipients(snapshot, content, resolved))
  assertAudienceAsSigned(content, resolved, recipients)
  if (of.counted === undefined) await fixRecipients(db, of.alertId, recipients)
  const first = await openFirstRecipients(snapshot, resolved)
  const known = new Map<string, ReachedAlike>()
  for (const size of of.firstSlices) {
    for (const { contactId, phone, ...reached } of await first.take(size)) {
      const key = JSON.stringify(reached)
      const alike = known.get(key) ?? reached
      known.set(key, alike)
      const id = Buffer.from(contactId.replaceAll('-', ''), 'hex')
      layout.take(alike, id, 0, Number(phone))
    }
    await layout.flush()
  }
  await copyAudience(session, snapshot, resolved, { ids: await first.close() }, layout)
  await layout.flush()
}

/**
 * Everybody who is not planned yet, of the audience as it is now: after a planner's death, a fault of the database, or a
 * turn that was not the last. What it is made of must still mean what was signed; all of them together are held to the
 * ceiling.
 */
async function planTheRest(
  db: Database,
  session: Session,
  snapshot: Database,
  resolved: ResolvedAudience,
  content: AlertContent,
  claim: PlanClaim,
  layout: Layout,
): Promise<void> {
  assertDefinedAsSigned(content, resolved)
  await stagePlanned(snapshot, claim.alertId)
  // By their phones too: who was planned on the phone of somebody who is gone may be another contact by now.
  const planned = await PhoneSet.read(plannedPhones(db, claim.alertId))
  const others = (sink: AudienceSink): AudienceSink => ({
    take(alike, octets, idAt, phone) {
      if (planned.has(phone)) return
      sink.take(alike, octets, idAt, phone)
    },
    drain: () => sink.drain(),
  })
  let left = 0
  const counting = { take: () => void left++, drain: () => undefined }
  await copyAudience(session, snapshot, resolved, 'planned', others(counting))
  await fixRecipients(db, claim.alertId, claim.planned + left)
  await copyAudience(session, snapshot, resolved, 'planned', others(layout))
  await layout.flush()
}

function firstSlicesOf(accounts: readonly CarrierConfig[]): number[] {
  const rate = accounts.reduce((sum, account) => sum + account.segmentsPerSecond, 0)
  const { atOnce, least, most } = FIRST_SLICE
  return [atOnce, Math.min(most, Math.max(least, rate)) - atOnce]
}
