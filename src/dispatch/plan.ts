/**
 * The planner: takes an alert that was dispatched, checks once more that it is what was signed, counts its
 * audience, and lays it out in blocks and ranges.
 *
 * The audience is read in one snapshot: a first small slice at once, so that the first message leaves while the
 * database is still getting ready for the rest; then everybody else as they stream in, slice by slice. If the
 * planner dies, another one takes the alert when the lease ends, reads the audience anew and plans those whom
 * the dead one had not.
 */
import { assertAudienceAsSigned, audienceOf } from '../alerts/audience.ts'
import { verifyForSending } from '../alerts/verify.ts'
import {
  copyAudience,
  countAudience,
  resolveAudience,
  openFirstRecipients,
  type AudienceSink,
  type ReachedAlike,
  type ResolvedAudience,
} from '../audience/resolve.ts'
import type { AlertContent } from '../cap/content.ts'
import { chooseText } from '../cap/texts.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { routePrefixes, servesClass } from '../carriers/routes.ts'
import { measureText } from '../encoding/segments.ts'
import { AppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import {
  notify,
  transact,
  type Database,
  type OpenDatabase,
  type Session,
} from '../store/database.ts'
import { Bin, type PackedBlock } from '../store/packing.ts'
import { inSnapshot } from '../store/shared-snapshot.ts'
import {
  claimPlan,
  finishPlan,
  fixRecipients,
  planSlice,
  releasePlan,
  renewPlan,
  stagePlanned,
  type PlanClaim,
} from '../store/plan.ts'
import { textExpiry } from './expiry.ts'
import { isRefusal, refuseToSend } from './refuse.ts'

/**
 * Recipients of the first slices: a few at once, so that the first message need not wait for more, and as many as
 * keep the carriers busy until the rest begins to stream, about a second of their work.
 */
const FIRST_SLICE = { atOnce: 300, least: 500, most: 2_500 }
/** Recipients a later slice: laying out more at once would keep the lanes of this process waiting for long. */
const SLICE = 5_000
/** Several times within a planner's lease. */
const RENEW_MS = 2_000
/**
 * A block, and the range that it is leased by at first, is about half a second of its slowest lane's work, within
 * these bounds: what a slow lane holds when the others have run out is what the alert ends later by.
 */
const BLOCK = { seconds: 0.5, least: 20, most: 500 }

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
      await releasePlan(db, planner, claim.alertId)
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
  const { alertId } = claim
  const content = await verifyForSending(db, alertId)
  // By the sets that it was signed for: a newer version was refused at dispatch, or came after it.
  const { geocodeSets } = content
  const resolved = await resolveAudience(db, { ...audienceOf(content), geocodeSets })
  const layout = createLayout(content, accounts, now(), async slice => {
    const outcome = await transact(db, tx => planSlice(tx, planner, alertId, slice))
    if (outcome === 'lost') throw new PlanLost()
    await notify(db, 'work', alertId)
  })
  try {
    await database.session(session =>
      inSnapshot(session, claim.planned > 0 ? undefined : claim.snapshot, (snapshot, which) =>
        claim.planned > 0
          ? planAfterDeath(db, session, snapshot, resolved, claim, layout)
          : planFirst(db, session, snapshot, resolved, content, layout, {
              alertId,
              counted: which === 'shared' ? claim.recipients : undefined,
              firstSlices: firstSlicesOf(accounts),
            }),
      ),
    )
  } catch (error) {
    if (error instanceof PlanLost) return
    throw error
  }
  await finishPlan(db, planner, alertId)
  await notify(db, 'work', alertId)
}

/** Another planner has the alert: it goes on, from what this one has written. */
class PlanLost extends Error {}

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
  const recipients = of.counted ?? (await countAudience(snapshot, resolved))
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
      layout.take(alike, Buffer.concat([id, Buffer.from(phone)]), 0, 16, 16 + phone.length)
    }
    await layout.flush()
  }
  await copyAudience(session, snapshot, resolved, { ids: await first.close() }, layout)
  await layout.flush()
}

/** Everybody whom the planner that died had not planned, as the audience is now. */
async function planAfterDeath(
  db: Database,
  session: Session,
  snapshot: Database,
  resolved: ResolvedAudience,
  claim: PlanClaim,
  layout: Layout,
): Promise<void> {
  await stagePlanned(snapshot, claim.alertId)
  let left = 0
  const counting = { take: () => void left++, drain: () => undefined }
  await copyAudience(session, snapshot, resolved, 'planned', counting)
  await fixRecipients(db, claim.alertId, claim.planned + left)
  await copyAudience(session, snapshot, resolved, 'planned', layout)
  await layout.flush()
}

interface Layout extends AudienceSink {
  /** Writes whatever has been taken. */
  flush(): Promise<void>
}

/** Gathers recipients by text and route class, and writes them slice by slice. */
function createLayout(
  content: AlertContent,
  accounts: readonly CarrierConfig[],
  now: Date,
  write: (slice: readonly PackedBlock[]) => Promise<void>,
): Layout {
  const prefixes = routePrefixes(accounts)
  const blockSizes = prefixes.map(prefix => blockSizeOf(prefix, accounts))
  const inOctets = prefixes.map(prefix => Buffer.from(prefix, 'latin1'))
  const binsOf = new Map(
    content.texts.map(text => [
      text.no,
      prefixes.map(
        (routeClass, classNo) =>
          new Bin({
            routeClass,
            textNo: text.no,
            segments: measureText(text.sms).segments,
            expires: textExpiry(text, now),
            blockSize: blockSizes[classNo]!,
          }),
      ),
    ]),
  )
  const binsFor = new Map<ReachedAlike, readonly Bin[]>()
  let waiting = 0
  let taken = 0

  const binsOfAlike = (alike: ReachedAlike): readonly Bin[] => {
    let bins = binsFor.get(alike)
    if (bins === undefined) {
      const textNo = chooseText(content, {
        areaNos: alike.areaNos,
        viaGroup: alike.groupNos.length > 0,
        language: alike.language,
      })
      binsFor.set(alike, (bins = binsOf.get(textNo)!))
    }
    return bins
  }

  // One slice is written while the next is gathered.
  let writing: Promise<void> = Promise.resolve()
  const writeSlice = async (which: 'whole blocks' | 'everybody') => {
    waiting = 0
    await writing
    const blocks = [...binsOf.values()].flat().flatMap(bin => bin.cut(which === 'everybody'))
    if (blocks.length === 0) return
    writing = write(blocks)
    writing.catch(() => undefined)
  }

  return {
    take(alike, octets, idAt, phoneAt, phoneEnd) {
      // Whatever was counted before: the sender stops itself rather than pass the ceiling.
      if (++taken > content.maxRecipients) {
        throw new AppError('audience_changed', 'there are more than the signed ceiling allows')
      }
      waiting++
      let classNo = 0
      while (!beginsWith(octets, phoneAt, inOctets[classNo]!)) classNo++
      binsOfAlike(alike)[classNo]!.add(
        octets,
        idAt,
        numberAt(octets, phoneAt, phoneEnd),
        alike.areaNos[0] ?? -1,
        alike.groupNos,
      )
    },
    drain: () => (waiting < SLICE ? undefined : writeSlice('whole blocks')),
    async flush() {
      await writeSlice('everybody')
      await writing
    },
  }
}

/** The last prefix is empty and fits everyone. */
function beginsWith(octets: Buffer, at: number, prefix: Buffer): boolean {
  for (let i = 0; i < prefix.length; i++) if (octets[at + i] !== prefix[i]) return false
  return true
}

/** E.164's digits, behind the plus. */
function numberAt(octets: Buffer, phoneAt: number, phoneEnd: number): number {
  let number = 0
  for (let at = phoneAt + 1; at < phoneEnd; at++) number = number * 10 + octets[at]! - 0x30
  return number
}

function blockSizeOf(prefix: string, accounts: readonly CarrierConfig[]): number {
  const rates = accounts
    .filter(account => servesClass(account, prefix))
    .map(account => account.segmentsPerSecond)
  const slowest = rates.length === 0 ? BLOCK.most : Math.min(...rates)
  return Math.min(BLOCK.most, Math.max(BLOCK.least, Math.ceil(slowest * BLOCK.seconds)))
}

function firstSlicesOf(accounts: readonly CarrierConfig[]): number[] {
  const rate = accounts.reduce((sum, account) => sum + account.segmentsPerSecond, 0)
  const { atOnce, least, most } = FIRST_SLICE
  return [atOnce, Math.min(most, Math.max(least, rate)) - atOnce]
}
