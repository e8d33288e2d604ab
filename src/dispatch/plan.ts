/**
 * The planner: takes an alert that was dispatched, checks once more that it is what was signed, counts its
 * audience, and lays it out as deliveries and ranges.
 *
 * The audience is read in one snapshot: a first small slice at once, so that the first message leaves while
 * the rest is still being frozen into a temporary table; then slice after slice from there. If the planner
 * dies, another one takes the alert when the lease ends, reads the audience anew and plans those whom the
 * dead one had not.
 */
import { assertAudienceAsSigned, audienceOf } from '../alerts/audience.ts'
import { verifyForSending } from '../alerts/verify.ts'
import {
  countAudience,
  materialiseAudience,
  resolveAudience,
  takeFirstRecipients,
  type ResolvedAudience,
} from '../audience/resolve.ts'
import type { AlertContent } from '../cap/content.ts'
import { chooseText } from '../cap/texts.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { routePrefixes, servesClass } from '../carriers/routes.ts'
import { measureText } from '../encoding/segments.ts'
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
  type PlannedRecipient,
} from '../store/plan.ts'
import { textExpiry } from './expiry.ts'
import { isRefusal, refuseToSend } from './refuse.ts'

/** Recipients of the first slice: about a second of the carriers' work, planned in some 50 ms. */
const FIRST_SLICE = { least: 500, most: 5_000 }
/** Recipients a later slice: 20,000 take about 150 ms, so that a stop is heeded well within a second. */
const SLICE = 20_000
/**
 * A range is about half a second of its slowest lane's work, within these bounds: what a slow lane holds when the
 * others have run out is what the alert ends later by.
 */
const RANGE = { seconds: 0.5, least: 20, most: 5_000 }

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
    if (isRefusal(error)) {
      await refuseToSend(db, claim.alertId, error, now())
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
  const content = await verifyForSending(db, alertId)
  const resolved = await resolveAudience(db, audienceOf(content))
  const context = contextOf(planner, alertId, content, accounts, now())

  await database.session(async session => {
    await dropAudience(session.db)
    try {
      const rest = await session.db.transaction(
        async snapshot =>
          claim.planned > 0
            ? planAfterDeath(db, snapshot, resolved, claim)
            : planFirst(db, snapshot, resolved, content, context),
        { isolationLevel: 'repeatable read' },
      )
      await createTextChoices(
        session.db,
        (await restCombinations(session.db)).map(combination => ({
          ...combination,
          textNo: chooseText(content, combination),
        })),
      )
      // On the session's connection, for the frozen rest is a temporary table of it.
      for (let after = 0; after < rest; after += SLICE) {
        const slice = await session.db.transaction(tx =>
          planRest(tx, context, after, after + SLICE),
        )
        if (slice === 'lost') return
        await notify(db, 'work', alertId)
      }
    } finally {
      await dropAudience(session.db)
    }
  })
  await finishPlan(db, planner, alertId)
  await notify(db, 'work', alertId)
}

/** Counts, plans a first slice at once, freezes everybody else. @returns the last number of the rest */
async function planFirst(
  db: Database,
  snapshot: Database,
  resolved: ResolvedAudience,
  content: AlertContent,
  context: PlanContext,
): Promise<number> {
  const { alertId } = context
  const recipients = await countAudience(snapshot, resolved)
  assertAudienceAsSigned(content, resolved, recipients)
  await fixRecipients(db, alertId, recipients)
  const first = await takeFirstRecipients(snapshot, resolved, context.firstSlice)
  const planned = first.map((recipient): PlannedRecipient => ({
    ...recipient,
    textNo: chooseText(content, {
      areaNos: recipient.areaNos,
      viaGroup: recipient.groupNos.length > 0,
      language: recipient.language,
    }),
  }))
  await transact(db, tx => planRecipients(tx, context, planned))
  await notify(db, 'work', alertId)
  return materialiseAudience(
    snapshot,
    resolved,
    first.map(recipient => recipient.contactId),
  )
}

/** Everybody whom the planner that died had not planned, as the audience is now. */
async function planAfterDeath(
  db: Database,
  snapshot: Database,
  resolved: ResolvedAudience,
  claim: PlanClaim,
): Promise<number> {
  const last = await materialiseAudience(snapshot, resolved, [])
  const left = await dropPlanned(snapshot, claim.alertId)
  await fixRecipients(db, claim.alertId, claim.planned + left)
  return last
}

function contextOf(
  planner: string,
  alertId: string,
  content: AlertContent,
  accounts: readonly CarrierConfig[],
  now: Date,
): PlanContext {
  const prefixes = routePrefixes(accounts)
  return {
    planner,
    alertId,
    texts: content.texts.map(text => ({
      no: text.no,
      segments: measureText(text.sms).segments,
      expires: textExpiry(text, now),
    })),
    routePrefixes: prefixes,
    rangeSizes: prefixes.map(prefix => {
      const rates = accounts
        .filter(account => servesClass(account, prefix))
        .map(account => account.segmentsPerSecond)
      const slowest = rates.length === 0 ? RANGE.most : Math.min(...rates)
      return Math.min(RANGE.most, Math.max(RANGE.least, Math.ceil(slowest * RANGE.seconds)))
    }),
    firstSlice: Math.min(
      FIRST_SLICE.most,
      Math.max(
        FIRST_SLICE.least,
        accounts.reduce((sum, account) => sum + account.segmentsPerSecond, 0),
      ),
    ),
  }
}
