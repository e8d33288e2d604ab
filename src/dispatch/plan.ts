/**
 * The planner: takes an alert that was dispatched, checks once more that it is what was signed, counts its
 * audience, and lays it out as deliveries and ranges.
 *
 * The audience is read in one snapshot: a first small slice at once, so that the first message leaves while
 * the rest is still being frozen into a temporary table; then slice after slice from there. If the planner
 * dies, another one takes the alert when the lease ends, reads the audience anew and plans those whom the
 * dead one had not.
 */
import { chooseText } from '../cap/texts.ts'
import type { AlertContent } from '../cap/content.ts'
import { audienceOf } from '../alerts/audience.ts'
import { refuseToSend, verifyForSending } from '../alerts/dispatch.ts'
import {
  countAudience,
  materialiseAudience,
  resolveAudience,
  takeFirstRecipients,
  type ResolvedAudience,
} from '../audience/resolve.ts'
import { routePrefixes, servesClass } from '../carriers/routes.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { measureText } from '../encoding/segments.ts'
import { isAppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { notify, transact, type Database, type OpenDatabase } from '../store/database.ts'
import {
  claimPlan,
  createTextChoices,
  dropAudience,
  dropPlanned,
  finishPlan,
  fixRecipients,
  planRecipients,
  planRest,
  releasePlan,
  restCombinations,
  type PlanClaim,
  type PlanContext,
  type SliceResult,
} from '../store/plan.ts'

/** Recipients of the first slice: about a second of the carriers' work, planned in some 50 ms. */
const FIRST_SLICE = { least: 500, most: 5_000 }
/** Recipients a later slice: 20,000 take about 150 ms, so that a stop is heeded well within a second. */
const SLICE = 20_000
/** A range is about two seconds of its slowest lane's work, within these bounds. */
const RANGE = { seconds: 2, least: 50, most: 5_000 }

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
  try {
    await plan(database, planner, claim, accounts, now)
    log.info({ alertId: claim.alertId, ms: Math.round(performance.now() - startedAt) }, 'planned')
  } catch (error) {
    if (isAppError(error) && error.code !== 'timeout' && error.code !== 'unavailable') {
      log.error({ alertId: claim.alertId, code: error.code }, 'refused to send')
      await refuseToSend(db, planner, claim.alertId, { code: error.code, detail: error.message })
    } else {
      log.error(
        { alertId: claim.alertId, code: describeError(error) },
        'planning failed, trying again',
      )
      await releasePlan(db, planner, claim.alertId)
    }
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
  const { alertId } = claim
  const content = await verifyForSending(db, alertId, now())
  const resolved = await resolveAudience(db, audienceOf(content))
  const context = contextOf(planner, alertId, content, accounts)
  const slice = (work: (tx: Database) => Promise<SliceResult>) => planSlice(db, context, work)

  await database.session(async session => {
    await dropAudience(session.db)
    try {
      const rest = await session.db.transaction(
        snapshot => planFirst(db, snapshot, { content, resolved, context, claim, slice }),
        { isolationLevel: 'repeatable read' },
      )
      const combinations = await restCombinations(session.db)
      await createTextChoices(
        session.db,
        combinations.map(combination => ({
          ...combination,
          textNo: chooseText(content, combination),
        })),
      )
      for (let after = 0; after < rest; after += SLICE) {
        // On the session's connection, for the frozen rest is a temporary table of it.
        const done = await planSlice(session.db, context, tx =>
          planRest(tx, context, after, after + SLICE),
        )
        if (done === 'lost') return
      }
    } finally {
      await dropAudience(session.db)
    }
  })
  await finishPlan(db, planner, alertId)
  await notify(db, 'work', alertId)
}

/** Counts, plans the first slice, freezes the rest. @returns how far the rest is numbered */
async function planFirst(
  db: Database,
  snapshot: Database,
  it: {
    content: AlertContent
    resolved: ResolvedAudience
    context: PlanContext
    claim: PlanClaim
    slice: (work: (tx: Database) => Promise<SliceResult>) => Promise<SliceResult>
  },
): Promise<number> {
  const { content, resolved, context, claim, slice } = it
  const { alertId } = claim
  if (claim.planned > 0) {
    const numbered = await materialiseAudience(snapshot, resolved, [])
    const left = await dropPlanned(snapshot, alertId)
    await fixRecipients(db, alertId, claim.planned + left)
    return numbered
  }
  const recipients = await countAudience(snapshot, resolved)
  await refuseOverCeiling(db, content, recipients)
  await fixRecipients(db, alertId, recipients)
  const first = await takeFirstRecipients(snapshot, resolved, firstSlice(context))
  await slice(tx =>
    planRecipients(
      tx,
      context,
      first.map(recipient => ({
        ...recipient,
        textNo: chooseText(content, {
          areaNos: recipient.areaNos,
          viaGroup: recipient.groupNos.length > 0,
          language: recipient.language,
        }),
      })),
    ),
  )
  return materialiseAudience(
    snapshot,
    resolved,
    first.map(recipient => recipient.contactId),
  )
}
